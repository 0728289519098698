/** A run with everything that is known of it, in tabs. */
import { useQuery } from '@tanstack/react-query';
import * as React from 'react';

import { ArtifactPanel } from './Artifact';
import { Chart } from './Chart';
import { type IRunClient, type IRunRef, refKey, type RequestError } from './client';
import { useUi } from './context';
import { count, cut, size } from './format';
import { useRun } from './live';
import { LogView } from './LogView';
import { Entries, Heading, Items, kindMark, Label, Labels, More, Trouble } from './parts';
import { Code, curve, Environment, Head, RunCard } from './RunCard';
import { Sweep } from './Sweep';
import type { IArtifactItem, ILogPart, IRunView, ISeriesView } from './types';

/** Letters of a log that are kept: its end. */
const KEPT = 20_000_000;

type Tab =
  | 'overview'
  | 'parameters'
  | 'metrics'
  | 'iterations'
  | 'artifacts'
  | 'inputs'
  | 'log'
  | 'code'
  | 'environment';

export function RunDetails(props: { run: IRunRef }): React.ReactElement {
  const { trans } = useUi();
  const query = useRun(props.run);
  if (query.error && !query.data) {
    return <Trouble error={query.error} retry={() => void query.refetch()} />;
  }
  if (!query.data) {
    return <p className="mj-quiet">{trans.__('Loading …')}</p>;
  }
  const trouble = query.error ? <Trouble error={query.error} retry={() => void query.refetch()} /> : null;
  return <Tabs run={props.run} view={query.data} trouble={trouble} />;
}

function Tabs(props: { run: IRunRef; view: IRunView; trouble: React.ReactNode }): React.ReactElement {
  const { run, view } = props;
  const { trans } = useUi();
  const [chosen, setTab] = React.useState<Tab>('overview');
  const tabs = tabsOf(view, trans);
  const tab = tabs.some(([name]) => name === chosen) ? chosen : 'overview';
  const turn = (event: React.KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step) {
      const at = tabs.findIndex(([name]) => name === tab);
      setTab(tabs[(at + step + tabs.length) % tabs.length][0]);
      (event.currentTarget.children[(at + step + tabs.length) % tabs.length] as HTMLElement).focus();
    }
  };
  return (
    <div className="mj-details">
      {tab !== 'overview' && <Head view={view} large />}
      {props.trouble}
      <div className="mj-tabs" role="tablist" onKeyDown={turn}>
        {tabs.map(([name, label, amount]) => (
          <button
            key={name}
            type="button"
            role="tab"
            aria-selected={tab === name}
            tabIndex={tab === name ? 0 : -1}
            className="mj-tab-button"
            onClick={() => setTab(name)}
          >
            {label}
            {amount > 0 && <span className="mj-faint"> {amount}</span>}
          </button>
        ))}
      </div>
      <div className="mj-tab-body" role="tabpanel">
        {tab === 'overview' && <RunCard view={view} opened />}
        {tab === 'parameters' && <Parameters view={view} />}
        {tab === 'metrics' && <Metrics run={run} view={view} />}
        {tab === 'iterations' && view.sweep && <Iterations run={run} view={view} />}
        {tab === 'artifacts' && <ArtifactsTab view={view} />}
        {tab === 'inputs' && <Inputs view={view} />}
        {tab === 'log' && <LogTab run={run} view={view} />}
        {tab === 'code' && <Code view={view} />}
        {tab === 'environment' && <Environment view={view} />}
      </div>
    </div>
  );
}

function tabsOf(view: IRunView, trans: ReturnType<typeof useUi>['trans']): [Tab, string, number][] {
  const parameters = view.parameters.entries.length + view.results.entries.length;
  const artifacts = view.artifacts.items.length + view.artifacts.more;
  const inputs = view.inputs.items.length + view.inputs.more;
  const tabs: [Tab, string, number, boolean][] = [
    ['overview', trans.__('Overview'), 0, true],
    ['parameters', trans.__('Parameters and results'), 0, parameters > 0],
    ['metrics', trans.__('Metrics'), view.series.length, view.series.length > 0],
    ['iterations', trans.__('Iterations'), view.sweep?.recorded ?? 0, view.sweep !== null],
    ['artifacts', trans.__('Artifacts'), artifacts, artifacts > 0],
    ['inputs', trans.__('Inputs'), inputs, inputs > 0],
    ['log', trans.__('Log'), 0, true],
    ['code', trans.__('Code'), 0, Boolean(view.code?.text)],
    ['environment', trans.__('Environment'), 0, view.environment !== null]
  ];
  return tabs.filter(each => each[3]).map(([name, label, amount]) => [name, label, amount]);
}

function Parameters(props: { view: IRunView }): React.ReactElement {
  const { view } = props;
  const { trans } = useUi();
  return (
    <div className="mj-cols mj-card">
      <div className="mj-col">
        <Entries title={trans.__('Parameters')} section={view.parameters} />
        <Labels title={trans.__('Labels')} section={view.labels} />
      </div>
      <div className="mj-col">
        <Entries title={trans.__('Results')} section={view.results} />
      </div>
    </div>
  );
}

function Metrics(props: { run: IRunRef; view: IRunView }): React.ReactElement {
  const { client, trans } = useUi();
  const [smoothing, setSmoothing] = React.useState(0);
  const [log, setLog] = React.useState(false);
  const query = useQuery<ISeriesView[], RequestError>({
    queryKey: ['series', refKey(props.run)],
    queryFn: ({ signal }) => (client as IRunClient).series(props.run, signal),
    enabled: client !== null,
    refetchInterval: props.view.live ? 2000 : false,
    retry: false
  });
  const series = query.data ?? props.view.series;
  return (
    <>
      <div className="mj-tools">
        <label>
          {trans.__('Smoothing')}{' '}
          <input
            type="range"
            min={0}
            max={0.98}
            step={0.02}
            value={smoothing}
            onChange={event => setSmoothing(Number(event.target.value))}
          />
        </label>
        <label className="mj-check">
          <input type="checkbox" checked={log} onChange={event => setLog(event.target.checked)} />
          {trans.__('Logarithmic')}
        </label>
      </div>
      <div className="mj-charts">
        {series.map(each => (
          <section key={each.key} className="mj-card mj-chart-card">
            <Heading aside={count(each.count, 'point')}>
              <bdi>{each.key}</bdi>
            </Heading>
            <SeriesChart series={each} smoothing={smoothing} log={log} />
          </section>
        ))}
      </div>
    </>
  );
}

const SeriesChart = React.memo(function SeriesChart(props: {
  series: ISeriesView;
  smoothing: number;
  log: boolean;
}): React.ReactElement {
  const curves = React.useMemo(() => [curve(props.series)], [props.series]);
  return <Chart curves={curves} smoothing={props.smoothing} log={props.log} />;
});

function Iterations(props: { run: IRunRef; view: IRunView }): React.ReactElement {
  const { host } = useUi();
  const { openRun } = host;
  const open = openRun ? (iteration: number) => openRun({ ...props.run, iteration }) : undefined;
  return (
    <div className="mj-card">{props.view.sweep && <Sweep sweep={props.view.sweep} open={open} tall />}</div>
  );
}

function ArtifactsTab(props: { view: IRunView }): React.ReactElement {
  const { view } = props;
  const { trans } = useUi();
  const [opened, setOpened] = React.useState<IArtifactItem | null>(view.artifacts.items[0] ?? null);
  return (
    <div className="mj-cols mj-card">
      <div className="mj-col mj-narrow">
        <Items title={trans.__('Artifacts')} artifacts={view.artifacts} open={setOpened} opened={opened} />
      </div>
      <div className="mj-col mj-wide mj-flush">
        {opened && <ArtifactPanel key={opened.key} item={opened} />}
      </div>
    </div>
  );
}

/** What went in; what is an artifact of the store can be looked into. */
function Inputs(props: { view: IRunView }): React.ReactElement {
  const { items, more } = props.view.inputs;
  const { trans } = useUi();
  const [opened, setOpened] = React.useState<IArtifactItem | null>(null);
  return (
    <div className="mj-card">
      <div className="mj-scroll">
        <table className="mj-tbl">
          <thead>
            <tr>
              <th scope="col">{trans.__('input')}</th>
              <th scope="col">{trans.__('from')}</th>
              <th scope="col" className="mj-num">
                {trans.__('size')}
              </th>
              <th scope="col">{trans.__('version')}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((item, index) => (
              <tr key={index}>
                <th scope="row">
                  <span className="mj-icon" aria-hidden="true">
                    {kindMark(item.kind)}
                  </span>
                  {item.project && item.uid ? (
                    <button
                      type="button"
                      className="mj-link"
                      aria-expanded={opened === item}
                      onClick={() => setOpened(opened === item ? null : item)}
                    >
                      <Label text={item.key} />
                    </button>
                  ) : (
                    <Label text={item.key} />
                  )}
                </th>
                <td className="mj-mono mj-dim">
                  <bdi>{cut(item.path ?? '', 200)}</bdi>
                </td>
                <td className="mj-num">{size(item.size)}</td>
                <td>
                  <code className="mj-faint">{cut((item.hash ?? '').slice(0, 8))}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <More amount={more} noun={trans.__('inputs')} />
      {opened && <ArtifactPanel item={opened} close={() => setOpened(null)} />}
    </div>
  );
}

/** The whole log, read in parts as it grows. */
function LogTab(props: { run: IRunRef; view: IRunView }): React.ReactElement {
  const { client } = useUi();
  const [text, setText] = React.useState('');
  const [error, setError] = React.useState<unknown>(null);
  const [turn, setTurn] = React.useState(0);
  const key = refKey(props.run);
  const run = React.useMemo(() => props.run, [key]); // eslint-disable-line react-hooks/exhaustive-deps -- `key` says all about it
  React.useEffect(() => {
    const stop = new AbortController();
    let end = 0;
    setText('');
    setError(null);
    const read = async (): Promise<void> => {
      while (client && !stop.signal.aborted) {
        const part: ILogPart = await client.log(run, end, stop.signal);
        end = part.end;
        if (part.text) {
          setText(before => (before + part.text).slice(-KEPT));
        }
        if (part.final) {
          return;
        }
        await new Promise(resolve => setTimeout(resolve, part.text ? 300 : 1000));
      }
    };
    read().catch(reason => {
      if (!stop.signal.aborted) {
        setError(reason);
      }
    });
    return () => stop.abort();
  }, [client, run, turn]);
  return (
    <>
      {error !== null && <Trouble error={error} retry={() => setTurn(turn + 1)} />}
      <LogView text={text} live={props.view.live} fill />
    </>
  );
}
