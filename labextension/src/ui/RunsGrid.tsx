/** Runs as a table: columns that one chooses, sorted by the store, as long as it may be. */
import { useVirtualizer } from '@tanstack/react-virtual';
import * as React from 'react';

import { type IRunRef, refKey } from './client';
import { useUi } from './context';
import { cut, duration, elapsed, when } from './format';
import { useLater, useNow } from './hooks';
import { useChanges, useRuns } from './live';
import { toRef } from './pages';
import { Label, Trouble } from './parts';
import { about } from './RunRow';
import { NONE, press, type Selection } from './selection';
import { StateMark } from './state';
import type { IRunSummary } from './types';

/** What a table shows; the whole of it stands in the page's address. */
export interface IGridState {
  filter: string;
  project: string;
  /** null: the first few that the runs have. */
  columns: string[] | null;
  /** `-results.accuracy`, `name` ...; empty: newest first. */
  sort: string;
}

export interface IRunsGridProps {
  state: IGridState;
  change: (state: IGridState) => void;
  remove?: (refs: readonly IRunRef[]) => void;
}

const ROW = 32;
const FIRST_RESULTS = 4;
const FIRST_PARAMETERS = 4;
const FIXED = [
  { key: 'name', label: 'name', sort: 'name' },
  { key: 'start', label: 'start', sort: 'start' },
  { key: 'duration', label: 'duration', sort: '' }
];

export function RunsGrid(props: IRunsGridProps): React.ReactElement {
  const { state, change } = props;
  const { trans } = useUi();
  const [typed, setTyped] = React.useState(state.filter);
  const settled = useLater(typed.trim(), 250);
  React.useEffect(() => setTyped(state.filter), [state.filter]);
  React.useEffect(() => {
    if (settled !== state.filter.trim() && settled === typed.trim()) {
      change({ ...state, filter: settled });
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only what was typed moves the state
  }, [settled]);
  useChanges(true);
  const [offered, setOffered] = React.useState<string[]>([]);
  const columns = React.useMemo(() => state.columns ?? firstFew(offered), [state.columns, offered]);
  const line = [state.filter, state.sort && `sort:"${state.sort.replace(/"/g, '')}"`]
    .filter(Boolean)
    .join(' ');
  const query = useRuns({ filter: line, project: state.project, columns }, true);
  const pages = query.data?.pages;
  React.useEffect(() => {
    if (pages) {
      setOffered(before => joined(before, pages[0].offered));
    }
  }, [pages]);
  const rows = React.useMemo(() => pages?.flatMap(page => page.rows) ?? [], [pages]);
  const [selection, setSelection] = React.useState<Selection>(NONE);
  const chosen = rows.map(toRef).filter(ref => selection.keys.has(refKey(ref)));
  const badFilter = query.error?.status === 400;
  return (
    <div className="mj-grid-page">
      <div className="mj-grid-bar">
        <input
          type="search"
          className={`mj-input${badFilter ? ' mj-bad' : ''}`}
          placeholder={trans.__('accuracy > 0.95 state:completed name:train label:team=ops')}
          aria-label={trans.__('Filter runs')}
          aria-invalid={badFilter}
          spellCheck={false}
          value={typed}
          onChange={event => setTyped(event.target.value)}
        />
        <ColumnChoice
          offered={joined(offered, columns)}
          columns={columns}
          choose={next => change({ ...state, columns: next })}
        />
        <Deeds chosen={chosen} remove={props.remove} clear={() => setSelection(NONE)} />
      </div>
      {query.error ? (
        <Trouble error={query.error} retry={badFilter ? undefined : () => void query.refetch()} />
      ) : (
        <p className="mj-understood">
          {(pages?.[0]?.understood ?? []).map((each, index) => (
            <span key={index} className="mj-tag">
              <bdi>{each}</bdi>
            </span>
          ))}
        </p>
      )}
      <Table
        rows={rows}
        columns={pages?.[0]?.columns.length === columns.length ? columns : []}
        sort={state.sort}
        sortBy={sort => change({ ...state, sort })}
        selection={selection}
        select={setSelection}
        more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
        empty={
          query.isPending
            ? trans.__('Loading …')
            : line
              ? trans.__('No run matches.')
              : trans.__('No runs yet.')
        }
      />
    </div>
  );
}

export function firstFew(offered: readonly string[]): string[] {
  const of = (section: string, most: number): string[] =>
    offered.filter(name => name.startsWith(`${section}.`)).slice(0, most);
  return [...of('results', FIRST_RESULTS), ...of('params', FIRST_PARAMETERS)];
}

function joined(before: string[], more: readonly string[]): string[] {
  const added = more.filter(name => !before.includes(name));
  return added.length ? [...before, ...added] : before;
}

function Deeds(props: {
  chosen: readonly IRunRef[];
  remove?: (refs: readonly IRunRef[]) => void;
  clear: () => void;
}): React.ReactElement | null {
  const { host, trans } = useUi();
  const { chosen, remove } = props;
  if (!chosen.length) {
    return null;
  }
  return (
    <span className="mj-actions">
      <span className="mj-dim">{trans.__('%1 chosen', chosen.length)}</span>
      {host.openCompare && chosen.length > 1 && (
        <button type="button" className="mj-btn" onClick={() => host.openCompare?.(chosen)}>
          {trans.__('Compare')}
        </button>
      )}
      {remove && (
        <button
          type="button"
          className="mj-btn"
          onClick={() => {
            remove(chosen);
            props.clear();
          }}
        >
          {trans.__('Delete')}
        </button>
      )}
    </span>
  );
}

function ColumnChoice(props: {
  offered: readonly string[];
  columns: readonly string[];
  choose: (columns: string[]) => void;
}): React.ReactElement {
  const { trans } = useUi();
  const { offered, columns } = props;
  return (
    <details className="mj-choice">
      <summary className="mj-btn">{trans.__('Columns')}</summary>
      <div className="mj-choice-list">
        {offered.map(name => (
          <label key={name} className="mj-check">
            <input
              type="checkbox"
              checked={columns.includes(name)}
              onChange={event =>
                props.choose(
                  event.target.checked ? [...columns, name] : columns.filter(each => each !== name)
                )
              }
            />
            <Label text={name} limit={48} />
          </label>
        ))}
      </div>
    </details>
  );
}

interface ITableProps {
  rows: readonly IRunSummary[];
  columns: readonly string[];
  sort: string;
  sortBy: (sort: string) => void;
  selection: Selection;
  select: (selection: Selection) => void;
  more?: () => void;
  empty: string;
}

function Table(props: ITableProps): React.ReactElement {
  const { rows, columns, more, selection, select } = props;
  const { host, trans } = useUi();
  const box = React.useRef<HTMLDivElement>(null);
  const now = useNow();
  const keys = React.useMemo(() => rows.map(row => refKey(toRef(row))), [rows]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 12
  });
  const items = virtual.getVirtualItems();
  const last = items.length ? items[items.length - 1].index : -1;
  React.useEffect(() => {
    if (more && last >= rows.length - 30) {
      more();
    }
  }, [more, last, rows.length]);
  const above = items.length ? items[0].start : 0;
  const below = items.length ? virtual.getTotalSize() - items[items.length - 1].end : 0;
  return (
    <div className="mj-grid" ref={box}>
      <table className="mj-tbl" aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            <th scope="col" aria-label={trans.__('chosen')} />
            <th scope="col" aria-label={trans.__('state')} />
            {FIXED.map(column => (
              <Head
                key={column.key}
                label={column.label}
                by={column.sort}
                sort={props.sort}
                sortBy={props.sortBy}
              />
            ))}
            {columns.map(name => (
              <Head
                key={name}
                label={name.slice(name.indexOf('.') + 1)}
                by={sortable(name)}
                sort={props.sort}
                sortBy={props.sortBy}
                numeric
              />
            ))}
            <th scope="col" aria-label={trans.__('remarks')} />
          </tr>
        </thead>
        <tbody>
          {above > 0 && <tr aria-hidden="true" style={{ height: above }} />}
          {items.map(item => (
            <Row
              key={keys[item.index]}
              run={rows[item.index]}
              index={item.index}
              columns={columns.length}
              now={now}
              chosen={selection.keys.has(keys[item.index])}
              press={(range, toggle) => select(press(selection, keys, item.index, { range, toggle }))}
              open={host.openRun && (() => host.openRun?.(toRef(rows[item.index])))}
            />
          ))}
          {below > 0 && <tr aria-hidden="true" style={{ height: below }} />}
        </tbody>
      </table>
      {rows.length === 0 && <p className="mj-quiet">{props.empty}</p>}
    </div>
  );
}

/** Labels are not what stores sort by. */
function sortable(name: string): string {
  return name.startsWith('labels.') ? '' : name;
}

function Head(props: {
  label: string;
  by: string;
  sort: string;
  sortBy: (sort: string) => void;
  numeric?: boolean;
}): React.ReactElement {
  const { by, sort } = props;
  const way = by && sort === by ? 'ascending' : by && sort === `-${by}` ? 'descending' : undefined;
  const next = way === 'descending' ? by : way === 'ascending' ? '' : `-${by}`;
  return (
    <th scope="col" className={props.numeric ? 'mj-num' : undefined} aria-sort={way}>
      {by ? (
        <button type="button" className="mj-sort" onClick={() => props.sortBy(next)}>
          <Label text={props.label} limit={22} />
          <span aria-hidden="true">{way === 'descending' ? ' ↓' : way === 'ascending' ? ' ↑' : ''}</span>
        </button>
      ) : (
        <Label text={props.label} limit={22} />
      )}
    </th>
  );
}

function Row(props: {
  run: IRunSummary;
  index: number;
  columns: number;
  now: number;
  chosen: boolean;
  press: (range: boolean, toggle: boolean) => void;
  open?: () => void;
}): React.ReactElement {
  const { run, open } = props;
  const { trans } = useUi();
  const values = run.values ?? [];
  return (
    <tr
      className={props.chosen ? 'mj-selected' : undefined}
      aria-rowindex={props.index + 2}
      style={{ height: ROW }}
      onDoubleClick={open}
    >
      <td>
        <input
          type="checkbox"
          checked={props.chosen}
          aria-label={trans.__('Choose %1', cut(run.name, 40))}
          onChange={() => undefined}
          onClick={event => props.press(event.shiftKey, true)}
        />
      </td>
      <td>
        <StateMark state={run.state} />
      </td>
      <td>
        <button type="button" className="mj-link" onClick={open} disabled={!open}>
          <Label text={run.name || 'run'} limit={36} />
        </button>{' '}
        <code className="mj-faint">{cut(run.uid.slice(0, 6))}</code>
      </td>
      <td className="mj-dim mj-tab">{run.start ? when(run.start, props.now) : ''}</td>
      <td className="mj-dim mj-tab">
        {run.duration === null || run.duration === undefined
          ? ''
          : run.live
            ? elapsed(run.duration)
            : duration(run.duration)}
      </td>
      {Array.from({ length: props.columns }, (_, index) => (
        <td key={index} className="mj-num" title={values[index]?.full || undefined}>
          <bdi>{values[index]?.text ?? ''}</bdi>
        </td>
      ))}
      <td className={run.error ? 'mj-told' : 'mj-dim'}>
        {run.error || run.live || run.sweep ? cut(about(run), 60) : ''}
      </td>
    </tr>
  );
}
