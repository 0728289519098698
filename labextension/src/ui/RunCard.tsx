/** The card of a run: what came of it, at a glance; everything else folded. */
import * as React from 'react';

import { ArtifactPanel } from './Artifact';
import { Chart, type ICurve, Sparkline } from './Chart';
import { type IRunRef, refOf } from './client';
import { useUi } from './context';
import { count, cut, duration, elapsed, number, when } from './format';
import { useElapsed, useLiveRun } from './live';
import { LogView } from './LogView';
import { Entries, EntryTable, Fold, Items, Label, Labels, More, Trouble } from './parts';
import { StateChip } from './state';
import { Sweep, sweepLine } from './Sweep';
import type { IArtifactItem, IErrorView, IRunView, ISeriesView } from './types';

/** A run as it was when it was shown, followed while it goes on. */
export function LiveRunCard(props: { view: IRunView }): React.ReactElement {
  const { view, error, retry } = useLiveRun(props.view);
  return <RunCard view={view} trouble={error ? <Stale error={error} retry={retry} /> : null} />;
}

function Stale(props: { error: Error & { status: number }; retry: () => void }): React.ReactElement {
  const { trans } = useUi();
  const gone = props.error.status === 404;
  return (
    <Trouble error={props.error} retry={props.retry}>
      {gone
        ? trans.__('This run is not in the store any more; shown is what was saved.')
        : trans.__('Not up to date:')}
    </Trouble>
  );
}

export function RunCard(props: {
  view: IRunView;
  trouble?: React.ReactNode;
  /** Shown where everything of the run is shown already. */
  opened?: boolean;
}): React.ReactElement {
  const { view } = props;
  const [opened, setOpened] = React.useState<IArtifactItem | null>(null);
  const { client } = useUi();
  return (
    <article className="mj-card" aria-label={cut(view.name, 80)}>
      <Head view={view} opened={props.opened} />
      {props.trouble}
      <Progress view={view} />
      {view.error && <ErrorBlock error={view.error} />}
      <Kpis view={view} />
      {view.sweep && view.sweep.rows.length > 0 && <SweepBlock view={view} />}
      <Columns
        view={view}
        opened={opened}
        open={client ? item => setOpened(item === opened ? null : item) : undefined}
      />
      {opened && <ArtifactPanel item={opened} close={() => setOpened(null)} />}
      <Foot view={view} />
    </article>
  );
}

function SweepBlock(props: { view: IRunView }): React.ReactElement | null {
  const { host } = useUi();
  const ref = refOf(props.view);
  const { openRun } = host;
  return props.view.sweep ? (
    <Sweep
      sweep={props.view.sweep}
      open={openRun && ref ? iteration => openRun({ ...ref, iteration }) : undefined}
    />
  ) : null;
}

export function Head(props: { view: IRunView; large?: boolean; opened?: boolean }): React.ReactElement {
  const { view } = props;
  const { host, trans } = useUi();
  const seconds = useElapsed(view);
  const planned = view.sweep ? view.sweep.total || view.sweep.recorded : 0;
  const where = [view.start ? when(view.start) : '', view.message, ...view.where].filter(Boolean).join(' · ');
  return (
    <header className="mj-head">
      <StateChip state={view.state} />
      <h3 className="mj-name">
        <Label text={view.name || 'run'} limit={props.large ? 120 : 48} />
      </h3>
      {view.iteration > 0 && <span className="mj-dim">{trans.__('iteration %1', view.iteration)}</span>}
      {view.sweep && (
        <span className="mj-dim">{planned ? trans.__('sweep of %1', planned) : trans.__('sweep')}</span>
      )}
      {seconds !== null && (
        <span className="mj-dim mj-tab">{view.live ? elapsed(seconds) : duration(seconds)}</span>
      )}
      {view.uid && <Uid uid={view.uid} copy={host.copy} />}
      {where && <span className="mj-faint mj-where">{cut(where, 140)}</span>}
      <Actions view={view} opened={props.opened || props.large} />
    </header>
  );
}

function Uid(props: { uid: string; copy?: (text: string) => void }): React.ReactElement {
  const { trans } = useUi();
  const { uid, copy } = props;
  const shown = cut(uid.slice(0, 6));
  return copy ? (
    <button
      type="button"
      className="mj-link mj-uid"
      title={trans.__('Copy %1', cut(uid, 64))}
      onClick={() => copy(uid)}
    >
      {shown}
    </button>
  ) : (
    <code className="mj-uid" title={cut(uid, 64)}>
      {shown}
    </code>
  );
}

function Actions(props: { view: IRunView; opened?: boolean }): React.ReactElement | null {
  const { client, host, trans } = useUi();
  const [asked, setAsked] = React.useState(false);
  const ref = refOf(props.view);
  if (!ref || !client) {
    return null;
  }
  const stop = (): void => {
    setAsked(true);
    client.abort(ref).catch(() => setAsked(false));
  };
  const deeds: [string, ((ref: IRunRef) => void) | undefined][] = [
    [trans.__('Open'), props.opened ? undefined : host.openRun],
    [trans.__('Rerun'), props.view.live ? undefined : host.rerun]
  ];
  return (
    <span className="mj-actions">
      {props.view.live && (
        <button
          type="button"
          className="mj-btn"
          disabled={asked || props.view.state === 'aborting'}
          onClick={stop}
        >
          {asked ? trans.__('Stopping') : trans.__('Stop')}
        </button>
      )}
      {deeds.map(
        ([label, deed]) =>
          deed && (
            <button key={label} type="button" className="mj-btn" onClick={() => deed(ref)}>
              {label}
            </button>
          )
      )}
    </span>
  );
}

function Progress(props: { view: IRunView }): React.ReactElement | null {
  const { view } = props;
  const sweep = view.sweep;
  const [done, total] = sweep
    ? [sweep.done + sweep.failed, sweep.total]
    : [view.progress?.done ?? 0, view.progress?.total ?? 0];
  if (!view.live && !sweep) {
    return null;
  }
  if (!sweep && !view.progress) {
    return <div className="mj-bar mj-bar-open" aria-hidden="true" />;
  }
  const text = sweep ? sweepLine(sweep) : total ? `${number(done)} / ${number(total)}` : number(done);
  return (
    <>
      {(sweep || view.live) && <p className="mj-line-text">{text}</p>}
      {view.live && total > 0 && (
        <div
          className="mj-bar"
          role="progressbar"
          aria-valuemin={0}
          aria-valuemax={total}
          aria-valuenow={done}
        >
          <i style={{ width: `${Math.min(100, (100 * done) / total)}%` }} />
        </div>
      )}
    </>
  );
}

export function ErrorBlock(props: { error: IErrorView }): React.ReactElement {
  const { error } = props;
  const { trans } = useUi();
  const [open, setOpen] = React.useState(false);
  const place = [error.where, error.reason].filter(Boolean).join(' · ');
  return (
    <div className="mj-error" role="alert">
      <p className="mj-message">
        {error.type && <strong>{cut(error.type, 80)} </strong>}
        {error.message}
      </p>
      {place && <p className="mj-dim">{cut(place, 300)}</p>}
      {error.source && <pre className="mj-source">{error.source}</pre>}
      {error.traceback.length > 0 && (
        <>
          <Fold
            title={trans.__('Traceback')}
            aside={count(error.traceback_lines, 'line')}
            open={open}
            toggle={() => setOpen(!open)}
          />
          {open && (
            <pre className="mj-pre" tabIndex={0}>
              {error.traceback.join('\n')}
            </pre>
          )}
        </>
      )}
    </div>
  );
}

function Kpis(props: { view: IRunView }): React.ReactElement | null {
  const { view } = props;
  const curves = new Map(view.series.map(each => [each.key, each]));
  if (!view.kpis.length) {
    return null;
  }
  return (
    <div className="mj-kpis">
      {view.kpis.map((kpi, index) => {
        const series = curves.get(kpi.series);
        return (
          <div key={index} className="mj-kpi">
            <span className="mj-kpi-name">
              <Label text={kpi.name} />
            </span>
            <b title={kpi.cell.full || undefined}>{kpi.cell.text}</b>
            {series && series.values.length > 1 && <Sparkline curve={curve(series)} />}
          </div>
        );
      })}
    </div>
  );
}

export function curve(series: ISeriesView): ICurve {
  return { name: series.key, steps: series.steps, values: series.values };
}

function Columns(props: {
  view: IRunView;
  open?: (item: IArtifactItem) => void;
  opened: IArtifactItem | null;
}): React.ReactElement | null {
  const { view } = props;
  const { trans } = useUi();
  const rest = new Set(view.rest);
  const others = view.results.entries.filter(entry => rest.has(entry.name));
  const curves = React.useMemo(() => charted(view), [view]);
  const left = view.parameters.entries.length + others.length + view.labels.entries.length > 0;
  const right = view.artifacts.items.length + view.inputs.items.length > 0;
  if (!left && !right && !curves.length) {
    return null;
  }
  return (
    <div className="mj-cols">
      {left && (
        <div className="mj-col">
          <Entries title={trans.__('Parameters')} section={view.parameters} />
          <Entries title={trans.__('Results')} section={{ entries: others, more: view.results.more }} />
          <Labels title={trans.__('Labels')} section={view.labels} />
        </div>
      )}
      {curves.length > 0 && (
        <div className="mj-col mj-wide">
          <Chart curves={curves} />
        </div>
      )}
      {right && (
        <div className="mj-col">
          <Items
            title={trans.__('Artifacts')}
            artifacts={view.artifacts}
            open={props.open}
            opened={props.opened}
          />
          <Items title={trans.__('Inputs')} artifacts={view.inputs} />
        </div>
      )}
    </div>
  );
}

/** The series of the card's chart, in the order in which they matter. */
export function charted(view: IRunView): ICurve[] {
  const known = new Map(view.series.map(each => [each.key, each]));
  return view.charted.flatMap(key => {
    const found = known.get(key);
    return found && found.values.length > 1 ? [curve(found)] : [];
  });
}

type Part = 'log' | 'code' | 'environment';

function Foot(props: { view: IRunView }): React.ReactElement | null {
  const { view } = props;
  const { trans } = useUi();
  const [open, setOpen] = React.useState<Part | null>(null);
  const logged = view.log.lines.length + view.log.skipped;
  const parts: [Part, string, string, boolean][] = [
    ['log', trans.__('Log'), count(logged, 'line'), logged > 0],
    ['code', trans.__('Code'), codeLine(view), Boolean(view.code?.text)],
    ['environment', trans.__('Environment'), environmentLine(view), view.environment !== null]
  ];
  const there = parts.filter(part => part[3]);
  if (!there.length) {
    return null;
  }
  return (
    <footer className="mj-foot">
      <div className="mj-foot-bar">
        {there.map(([part, title, aside]) => (
          <Fold
            key={part}
            title={title}
            aside={aside}
            open={open === part}
            toggle={() => setOpen(open === part ? null : part)}
          />
        ))}
      </div>
      {open === 'log' && (
        <LogView text={view.log.lines.join('\n')} skipped={view.log.skipped} live={view.live} />
      )}
      {open === 'code' && <Code view={view} />}
      {open === 'environment' && <Environment view={view} />}
    </footer>
  );
}

function codeLine(view: IRunView): string {
  const name = view.code?.name ?? '';
  return cut(view.code?.version ? `${name} @ ${view.code.version.slice(0, 6)}` : name, 60);
}

function environmentLine(view: IRunView): string {
  const facts = view.environment?.facts.entries ?? [];
  const python = facts.find(entry => entry.name === 'python' || entry.name === 'python_version');
  const packages = (view.environment?.packages.length ?? 0) + (view.environment?.more ?? 0);
  return [python ? `python ${python.cell.text}` : '', packages ? count(packages, 'package') : '']
    .filter(Boolean)
    .join(' · ');
}

export function Code(props: { view: IRunView }): React.ReactElement | null {
  const { trans } = useUi();
  const code = props.view.code;
  if (!code) {
    return null;
  }
  return (
    <>
      <pre className="mj-pre mj-code" tabIndex={0}>
        {code.text}
      </pre>
      {code.cut && <More amount={code.lines - code.text.split('\n').length} noun={trans.__('lines')} />}
    </>
  );
}

export function Environment(props: { view: IRunView }): React.ReactElement | null {
  const found = props.view.environment;
  if (!found) {
    return null;
  }
  return (
    <div className="mj-env">
      <EntryTable entries={found.facts.entries} />
      {found.packages.length > 0 && (
        <p className="mj-packages" tabIndex={0}>
          {found.packages.join(' ')}
        </p>
      )}
      <More amount={found.more} noun="packages" />
    </div>
  );
}
