/** Runs beside one another: what differs, the best marked, the rest as differences. */
import { useQuery } from '@tanstack/react-query';
import * as React from 'react';

import { type IRunClient, type IRunRef, refKey, refOf, type RequestError } from './client';
import { useUi } from './context';
import { count, cut } from './format';
import { Beside } from './Beside';
import { Parallel } from './Parallel';
import { Label, More, Trouble } from './parts';
import { StateMark } from './state';
import type { ICompareView, IComparedField, IComparedRun } from './types';

const SIDE_BY_SIDE = 6;

/** A comparison that is read from the store. */
export function Compare(props: { refs: readonly IRunRef[] }): React.ReactElement {
  const { client, trans } = useUi();
  const [everything, setEverything] = React.useState(false);
  const query = useQuery<ICompareView, RequestError>({
    queryKey: ['compare', everything, ...props.refs.map(refKey)],
    queryFn: ({ signal }) => (client as IRunClient).compare(props.refs, everything, signal),
    enabled: client !== null,
    placeholderData: before => before,
    retry: false
  });
  if (query.error) {
    return <Trouble error={query.error} retry={() => void query.refetch()} />;
  }
  if (!query.data) {
    return <p className="mj-quiet">{trans.__('Loading …')}</p>;
  }
  return <CompareCard view={query.data} everything={everything} setEverything={setEverything} />;
}

export function CompareCard(props: {
  view: ICompareView;
  everything?: boolean;
  setEverything?: (everything: boolean) => void;
}): React.ReactElement {
  const { view, everything = false, setEverything } = props;
  const { trans } = useUi();
  const total = view.runs.length + view.more_runs;
  return (
    <article className="mj-card" aria-label={trans.__('Compare %1 runs', total)}>
      <header className="mj-head">
        <h3 className="mj-name">{trans.__('Compare %1', count(total, 'run'))}</h3>
        <span className="mj-dim">{noteOf(view)}</span>
        {setEverything && (
          <span className="mj-actions">
            <button
              type="button"
              className="mj-btn"
              aria-pressed={everything}
              onClick={() => setEverything(!everything)}
            >
              {everything ? trans.__('Only differences') : trans.__('All fields')}
            </button>
          </span>
        )}
      </header>
      {view.runs.length > SIDE_BY_SIDE ? <AsRows view={view} /> : <AsColumns view={view} />}
      <More amount={view.more_fields} noun={trans.__('fields')} />
      <More amount={view.more_runs} noun={trans.__('runs')} />
      <Beside view={view} />
    </article>
  );
}

function noteOf(view: ICompareView): string {
  if (!view.fields) {
    return 'nothing to compare';
  }
  if (!view.differing && !view.shown.length) {
    return `all ${count(view.fields, 'field')} are the same`;
  }
  const which = view.shown.length <= view.differing ? 'only what differs' : 'all fields';
  return `showing ${view.shown.length} of ${count(view.fields, 'field')}, ${which}`;
}

function AsColumns(props: { view: ICompareView }): React.ReactElement {
  const { view } = props;
  const deltas = view.shown.some(field => field.deltas.some(Boolean));
  return (
    <div className="mj-scroll mj-page mj-top" tabIndex={0}>
      <table className="mj-tbl mj-cmp mj-pinned">
        <thead>
          <tr>
            <td />
            {view.runs.map((run, index) => (
              <th key={index} scope="col" className="mj-num">
                <RunTitle run={run} />
                {deltas && <span className="mj-delta" />}
              </th>
            ))}
          </tr>
        </thead>
        {sectionsOf(view.shown).map(([section, fields]) => (
          <tbody key={section}>
            <tr>
              <th scope="rowgroup" colSpan={view.runs.length + 1} className="mj-group">
                {section}
              </th>
            </tr>
            {fields.map((field, index) => (
              <tr key={index} className={field.differs ? undefined : 'mj-same'}>
                <th scope="row">
                  <Label text={field.name} />
                </th>
                {view.runs.map((_, at) => (
                  <Compared key={at} field={field} at={at} spaced={deltas} />
                ))}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

function AsRows(props: { view: ICompareView }): React.ReactElement {
  const { view } = props;
  const [pointed, setPointed] = React.useState<number | null>(null);
  const fields = view.shown.filter(field => field.section === 'parameters' || field.section === 'results');
  const axes = fields.slice(0, 9);
  const names = React.useMemo(() => axes.map(field => field.name), [view]); // eslint-disable-line react-hooks/exhaustive-deps -- made from it
  const values = React.useMemo(
    () => view.runs.map((run, at) => [at, run.state, null, ...axes.map(field => field.cells[at]?.value)]),
    [view] // eslint-disable-line react-hooks/exhaustive-deps -- made from it
  );
  const best = axes.find(field => field.best !== null)?.best ?? null;
  return (
    <>
      {axes.length > 1 && (
        <div className="mj-col mj-wide mj-top">
          <Parallel names={names} values={values} best={best} pointed={pointed} />
        </div>
      )}
      <div className="mj-scroll mj-page mj-top" tabIndex={0}>
        <table className="mj-tbl mj-pinned">
          <thead>
            <tr>
              <th scope="col">run</th>
              {view.shown.map((field, index) => (
                <th key={index} scope="col" className="mj-num">
                  <Label text={field.name} limit={20} />
                  {field.deltas.some(Boolean) && <span className="mj-delta" />}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {view.runs.map((run, at) => (
              <tr key={at} onPointerEnter={() => setPointed(at)} onPointerLeave={() => setPointed(null)}>
                <th scope="row">
                  <RunTitle run={run} />
                </th>
                {view.shown.map((field, index) => (
                  <Compared key={index} field={field} at={at} spaced={field.deltas.some(Boolean)} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function RunTitle(props: { run: IComparedRun }): React.ReactElement {
  const { run } = props;
  const { host } = useUi();
  const ref = refOf(run);
  const { openRun } = host;
  const text = (
    <>
      <Label text={run.name} limit={24} /> <code className="mj-faint">{cut(run.uid.slice(0, 6))}</code>
      {run.iteration > 0 && <span className="mj-faint"> #{run.iteration}</span>}
    </>
  );
  return (
    <>
      {run.state !== 'completed' && <StateMark state={run.state} />}{' '}
      {ref && openRun ? (
        <button type="button" className="mj-link" onClick={() => openRun(ref)}>
          {text}
        </button>
      ) : (
        text
      )}
    </>
  );
}

/** `spaced`: with room for a difference, so that figures stand below one another. */
function Compared(props: { field: IComparedField; at: number; spaced: boolean }): React.ReactElement {
  const { field, at } = props;
  const cell = field.cells[at];
  if (!cell) {
    return <td />;
  }
  const best = field.best === at;
  const delta = field.deltas[at];
  return (
    <td className={`mj-num${best ? ' mj-best' : ''}`} title={cell.full || undefined}>
      <bdi>{cell.text}</bdi>
      {best && <span title="best"> ★</span>}
      {props.spaced && <span className="mj-delta"> {delta}</span>}
    </td>
  );
}

function sectionsOf(fields: readonly IComparedField[]): [string, IComparedField[]][] {
  const found = new Map<string, IComparedField[]>();
  for (const field of fields) {
    found.set(field.section, [...(found.get(field.section) ?? []), field]);
  }
  return [...found];
}
