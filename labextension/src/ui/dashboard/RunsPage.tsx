/** The list of runs: narrowed by chips, one by one or in groups, and what can be done with those that are chosen. */
import * as React from 'react';

import { type IRunRef, refKey } from '../client';
import { useUi } from '../context';
import { toRef } from '../pages';
import { Trouble } from '../parts';
import type { IRunsState } from '../places';
import { symbolOf } from '../state';
import type { IRunSummary } from '../types';
import { useAsked } from './asked';
import { ColumnChoice } from './ColumnChoice';
import { firstFew, joined } from './columns';
import { useDeeds } from './deeds';
import { FilterBar } from './FilterBar';
import { Empty, PageHead } from './frame';
import { GroupsTable } from './GroupsTable';
import { type IRows, useRunRows } from './rows';
import { RunsTable } from './RunsTable';
import { inOrder, totalOf } from './States';
import { statesOf, withState } from './terms';

const MOST_COMPARED = 100;

export function RunsPage(props: {
  state: IRunsState;
  change: (state: IRunsState) => void;
}): React.ReactElement {
  const { state, change } = props;
  const { host, trans } = useUi();
  const deeds = useDeeds();
  const [offered, setOffered] = React.useState<string[]>([]);
  const columns = React.useMemo(() => state.columns ?? firstFew(offered), [state.columns, offered]);
  const line = [state.filter, state.sort && `sort:"${state.sort.replace(/"/g, '')}"`]
    .filter(Boolean)
    .join(' ');
  const rows = useRunRows({ filter: line, project: state.project, columns, within: state.within });
  const { head } = rows;
  React.useEffect(() => {
    if (head) {
      setOffered(before => joined(before, head.offered));
    }
  }, [head]);
  const [chosen, setChosen] = React.useState<ReadonlySet<string>>(new Set());
  React.useEffect(() => setChosen(new Set()), [state.filter, state.project, state.within, state.group]);
  const picked = usePicked(rows, chosen);
  const field = React.useRef<HTMLInputElement>(null);
  const bad = rows.error?.status === 400;
  const refs = picked.map(toRef);
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const held = event.ctrlKey || event.metaKey;
    if (held && event.key === 'a') {
      event.preventDefault();
      setChosen(new Set(allOf(rows).map(run => refKey(toRef(run)))));
    } else if (event.key === 'Escape') {
      setChosen(new Set());
    } else if (event.key === 'Delete' && refs.length) {
      deeds.remove(refs);
      setChosen(new Set());
    } else if (event.key === 'c' && !held && refs.length > 1) {
      host.openCompare?.(refs.slice(0, MOST_COMPARED));
    }
  };
  return (
    <div className="mj-dash-page">
      <PageHead title={trans.__('Runs')}>
        <GroupChoice state={state} change={change} offered={offered} />
        {!state.group && (
          <ColumnChoice
            offered={joined(offered, columns)}
            columns={columns}
            choose={next => change({ ...state, columns: next })}
          />
        )}
      </PageHead>
      <FilterBar
        ref={field}
        filter={state.filter}
        change={filter => change({ ...state, filter })}
        within={state.within}
        leave={() => change({ ...state, within: '' })}
        bad={bad}
      />
      {rows.error && <Trouble error={rows.error} retry={bad ? undefined : rows.retry} />}
      <div className="mj-strap">
        {refs.length > 0 ? (
          <Deeds picked={picked} refs={refs} clear={() => setChosen(new Set())} />
        ) : (
          <StateChoice state={state} change={change} rows={rows} />
        )}
      </div>
      {state.group ? (
        <GroupsTable state={state} by={state.group} />
      ) : (
        <RunsTable
          rows={rows}
          columns={head?.columns.length === columns.length ? columns : []}
          projects={state.project === '*'}
          sort={state.sort}
          sortBy={sort => change({ ...state, sort })}
          chosen={chosen}
          select={setChosen}
          going={deeds.going}
          onKeyDown={onKeyDown}
          empty={
            rows.pending ? (
              <p className="mj-quiet">{trans.__('Loading …')}</p>
            ) : rows.error ? null : line || state.within ? (
              <p className="mj-quiet">{trans.__('No run matches.')}</p>
            ) : (
              <Empty />
            )
          }
        />
      )}
    </div>
  );
}

function allOf(rows: Pick<IRows, 'row' | 'count'>): IRunSummary[] {
  const found: IRunSummary[] = [];
  for (let index = 0; index < rows.count; index++) {
    const run = rows.row(index);
    if (run) {
      found.push(run);
    }
  }
  return found;
}

/** The chosen runs, those included whose rows were put away since. */
function usePicked(rows: IRows, chosen: ReadonlySet<string>): IRunSummary[] {
  const { row, count } = rows;
  const known = React.useRef(new Map<string, IRunSummary>());
  return React.useMemo(() => {
    const before = known.current;
    known.current = new Map();
    for (const run of chosen.size ? allOf({ row, count }) : []) {
      before.set(refKey(toRef(run)), run);
    }
    for (const key of chosen) {
      const run = before.get(key);
      if (run) {
        known.current.set(key, run);
      }
    }
    return [...known.current.values()];
  }, [row, count, chosen]);
}

/** What can be done with the chosen runs. */
function Deeds(props: {
  picked: readonly IRunSummary[];
  refs: readonly IRunRef[];
  clear: () => void;
}): React.ReactElement {
  const { host, trans } = useUi();
  const deeds = useDeeds();
  const { picked, refs, clear } = props;
  const live = picked.filter(run => run.live);
  const many = refs.length > MOST_COMPARED;
  return (
    <div className="mj-deeds" role="toolbar" aria-label={trans.__('Chosen runs')}>
      <b>{trans.__('%1 chosen', refs.length)}</b>
      {refs.length > 1 && (
        <button
          type="button"
          className="mj-btn"
          disabled={many}
          title={many ? trans.__('At most %1 at once', MOST_COMPARED) : undefined}
          onClick={() => host.openCompare?.(refs)}
        >
          {trans.__('Compare')}
        </button>
      )}
      {refs.length === 1 && (
        <button type="button" className="mj-btn" onClick={() => deeds.rerun(refs[0])}>
          {trans.__('Rerun')}
        </button>
      )}
      {live.length > 0 && (
        <button type="button" className="mj-btn" onClick={() => deeds.abort(live.map(toRef))}>
          {live.length > 1 ? trans.__('Abort %1', live.length) : trans.__('Abort')}
        </button>
      )}
      <button
        type="button"
        className="mj-btn"
        onClick={() => deeds.copy(refs.map(ref => ref.uid).join('\n'), trans.__('Copied.'))}
      >
        {refs.length > 1 ? trans.__('Copy uids') : trans.__('Copy uid')}
      </button>
      <button
        type="button"
        className="mj-btn"
        onClick={() => {
          deeds.remove(refs);
          clear();
        }}
      >
        {trans.__('Delete')}
      </button>
      <button type="button" className="mj-link mj-dim" onClick={clear}>
        {trans.__('Clear')}
      </button>
    </div>
  );
}

/** How many runs are in which state; pressing one narrows the list to it. */
function StateChoice(props: {
  state: IRunsState;
  change: (state: IRunsState) => void;
  rows: IRows;
}): React.ReactElement {
  const { state, change, rows } = props;
  const { trans } = useUi();
  const asked = statesOf(state.filter);
  const query = useAsked(['count', state.project], (catalog, signal) =>
    catalog.count({ filter: '', project: state.project }, signal)
  );
  const states = query.data?.states ?? {};
  const understood = (rows.head?.understood ?? []).filter(each => !/^(sorted|state|project)\b/.test(each));
  return (
    <div className="mj-facets">
      <span className="mj-dim mj-tab">{trans.__('%1 in all', totalOf(states).toLocaleString('en-US'))}</span>
      {inOrder(states).map(([name, amount]) => {
        const [symbol, kind] = symbolOf(name);
        return (
          <button
            key={name}
            type="button"
            className="mj-facet"
            aria-pressed={asked.includes(name)}
            onClick={() => change({ ...state, filter: withState(state.filter, name) })}
          >
            <span className={`mj-${kind}`} aria-hidden="true">
              {symbol}
            </span>{' '}
            {name} <span className="mj-tab mj-dim">{amount.toLocaleString('en-US')}</span>
          </button>
        );
      })}
      {understood.length > 0 && (
        <span className="mj-faint">
          {trans.__('read as')} {understood.join(' · ')}
        </span>
      )}
    </div>
  );
}

/** One by one, or put together by name, sweep or a label. */
function GroupChoice(props: {
  state: IRunsState;
  change: (state: IRunsState) => void;
  offered: readonly string[];
}): React.ReactElement {
  const { state, change, offered } = props;
  const { trans } = useUi();
  const labels = offered.filter(name => name.startsWith('labels.')).map(name => `label:${name.slice(7)}`);
  const known = ['name', 'sweep', ...labels];
  const all = state.group && !known.includes(state.group) ? [...known, state.group] : known;
  return (
    <label className="mj-group-choice">
      <span className="mj-dim">{trans.__('Group by')}</span>{' '}
      <select
        className="mj-select"
        value={state.group}
        onChange={event => change({ ...state, group: event.target.value, within: '' })}
      >
        <option value="">{trans.__('nothing')}</option>
        {all.map(name => (
          <option key={name} value={name}>
            {name.replace(/^label:/, `${trans.__('label')} `)}
          </option>
        ))}
      </select>
    </label>
  );
}
