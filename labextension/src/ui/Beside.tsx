/** What of compared runs does not fit a table: their curves over one another, how their code and their data differ. */
import { useQueries } from '@tanstack/react-query';
import * as React from 'react';

import { Chart, type ICurve } from './Chart';
import { type IRunClient, type IRunRef, refKey, refOf, type RequestError } from './client';
import { useUi } from './context';
import { count, cut } from './format';
import { Fold, Heading, More, Trouble } from './parts';
import type { ICompareView, IRunView, ISeriesView } from './types';
import { Moved } from './viewers/Drift';

/** Runs whose curves can be told apart. */
const CURVES = 6;

type Part = 'curves' | 'code' | 'data';

export function Beside(props: { view: ICompareView }): React.ReactElement | null {
  const { view } = props;
  const { client, trans } = useUi();
  const [open, setOpen] = React.useState<Part | null>(null);
  const refs = React.useMemo(
    () => view.runs.map(refOf).filter((ref): ref is IRunRef => ref !== null),
    [view.runs]
  );
  const changes = view.changes ?? [];
  const parts: [Part, string, string, boolean][] = [
    ['curves', trans.__('Curves'), '', client !== null && refs.length > 1],
    ['code', trans.__('Code'), changes.length ? count(changes.length, 'change') : '', changes.length > 0],
    ['data', trans.__('Data sets'), trans.__('drift'), client !== null && refs.length > 1]
  ];
  const there = parts.filter(part => part[3]);
  return there.length ? (
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
      {open === 'curves' && <Curves view={view} refs={refs} />}
      {open === 'code' && <Changes view={view} />}
      {open === 'data' && <Data refs={refs} />}
    </footer>
  ) : null;
}

function Curves(props: { view: ICompareView; refs: readonly IRunRef[] }): React.ReactElement {
  const { client, trans } = useUi();
  const shown = props.refs.slice(0, CURVES);
  const found = useQueries({
    queries: shown.map(ref => ({
      queryKey: ['series', refKey(ref)],
      queryFn: ({ signal }: { signal: AbortSignal }) => (client as IRunClient).series(ref, signal),
      enabled: client !== null,
      retry: false
    }))
  });
  const failed = found.find(each => each.error);
  if (failed) {
    return <Trouble error={failed.error} retry={() => void failed.refetch()} />;
  }
  const names = new Map(props.view.runs.map(run => [run.uid, `${run.name} ${run.uid.slice(0, 6)}`]));
  const metrics = new Map<string, ICurve[]>();
  found.forEach((each, at) => {
    for (const series of (each.data as ISeriesView[] | undefined) ?? []) {
      const curve = {
        name: names.get(shown[at].uid) ?? shown[at].uid.slice(0, 6),
        steps: series.steps,
        values: series.values
      };
      metrics.set(series.key, [...(metrics.get(series.key) ?? []), curve]);
    }
  });
  if (!metrics.size) {
    return (
      <p className="mj-quiet">
        {found.some(each => each.isPending) ? trans.__('Loading …') : trans.__('No metric was recorded.')}
      </p>
    );
  }
  return (
    <>
      {props.refs.length > CURVES && (
        <p className="mj-quiet">{trans.__('The first %1 of %2', CURVES, count(props.refs.length, 'run'))}</p>
      )}
      <div className="mj-charts">
        {[...metrics].map(([name, curves]) => (
          <section key={name} className="mj-card mj-chart-card">
            <Heading>
              <bdi>{cut(name, 60)}</bdi>
            </Heading>
            <Chart curves={curves} />
          </section>
        ))}
      </div>
    </>
  );
}

function Changes(props: { view: ICompareView }): React.ReactElement {
  const { view } = props;
  const { trans } = useUi();
  const nameOf = (at: number): string =>
    `${cut(view.runs[at]?.name ?? '', 24)} ${cut((view.runs[at]?.uid ?? '').slice(0, 6))}`;
  return (
    <>
      {view.changes.map(change => (
        <section key={change.run} className="mj-change">
          <p className="mj-quiet">{trans.__('%1 against %2', nameOf(change.run), nameOf(change.against))}</p>
          <pre className="mj-pre" tabIndex={0}>
            {change.diff.split('\n').map((line, index) => (
              <span key={index} className={`mj-diff-line ${SIGNS[line.charAt(0)] ?? ''}`}>
                {line || ' '}
              </span>
            ))}
          </pre>
          <More amount={change.more} noun={trans.__('lines')} />
        </section>
      ))}
    </>
  );
}

const SIGNS: Record<string, string> = { '+': 'mj-plus', '-': 'mj-minus', '@': 'mj-place' };

/** Data sets that the first two runs both logged, the second's against the first's. */
function Data(props: { refs: readonly IRunRef[] }): React.ReactElement {
  const { client, trans } = useUi();
  const found = useQueries({
    queries: props.refs.slice(0, 2).map(ref => ({
      queryKey: ['run', refKey(ref)],
      queryFn: ({ signal }: { signal: AbortSignal }): Promise<IRunView> =>
        (client as IRunClient).run(ref, signal),
      enabled: client !== null,
      retry: false
    }))
  });
  const failed = found.find(each => each.error);
  if (failed) {
    return <Trouble error={failed.error as RequestError} retry={() => void failed.refetch()} />;
  }
  const [one, other] = found.map(each => each.data?.artifacts.items ?? []);
  const pairs = one.flatMap(item => {
    const now = other.find(
      each => each.kind === 'dataset' && item.kind === 'dataset' && each.key === item.key
    );
    return now && item.uid && now.uid && item.db_key === now.db_key ? [{ old: item.uid, now }] : [];
  });
  if (!pairs.length) {
    const waiting = found.some(each => each.isPending);
    return (
      <p className="mj-quiet">
        {waiting ? trans.__('Loading …') : trans.__('The first two runs have no data set in common.')}
      </p>
    );
  }
  return (
    <>
      {pairs.map(({ old, now }) => (
        <section key={now.key} className="mj-change">
          <p className="mj-quiet">
            <bdi>{cut(now.key, 60)}</bdi> · {trans.__('the second run against the first')}
          </p>
          {old === now.uid ? (
            <p className="mj-quiet">{trans.__('The same version.')}</p>
          ) : (
            <Moved item={now} old={old} now={now.uid ?? ''} />
          )}
        </section>
      ))}
    </>
  );
}
