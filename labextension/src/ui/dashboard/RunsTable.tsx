/** Runs as a table: chosen by click and keyboard, sorted by the store. */
import * as React from 'react';

import { refKey } from '../client';
import { useUi } from '../context';
import { ago, cut, duration, elapsed, when } from '../format';
import { useNow } from '../hooks';
import { toRef } from '../pages';
import { Label } from '../parts';
import { addressOf } from '../places';
import { about } from '../RunRow';
import { StateMark } from '../state';
import type { IRunSummary } from '../types';
import type { IRows } from './rows';
import { ROW, rowStyle, VirtualTable } from './VirtualTable';

/** Rows that may come in above one between two looks at it. */
const DRIFT = 500;
const FIXED = [
  { key: 'name', label: 'name', sort: 'name' },
  { key: 'start', label: 'started', sort: 'start' },
  { key: 'duration', label: 'duration', sort: '', secondary: true }
];

export interface IRunsTableProps {
  rows: IRows;
  columns: readonly string[];
  /** Whether the project is worth a column: more than one is listed. */
  projects: boolean;
  sort: string;
  sortBy: (sort: string) => void;
  chosen: ReadonlySet<string>;
  select: (chosen: ReadonlySet<string>) => void;
  going: ReadonlySet<string>;
  onKeyDown: (event: React.KeyboardEvent) => void;
  empty: React.ReactNode;
}

export function RunsTable(props: IRunsTableProps): React.ReactElement {
  const { rows, columns, chosen, select } = props;
  const { host, trans } = useUi();
  const now = useNow();
  const [cursor, setCursor] = React.useState({ index: -1, key: '' });
  const anchor = React.useRef({ index: -1, key: '' });
  const keyAt = (index: number): string => {
    const run = rows.row(index);
    return run ? refKey(toRef(run)) : '';
  };
  /** Where a row is now: new runs have pushed it down. */
  const found = (was: { index: number; key: string }): number => {
    for (let step = 0; was.key && step <= DRIFT; step++) {
      if (keyAt(was.index + step) === was.key) {
        return was.index + step;
      }
    }
    return was.index;
  };
  const active = found(cursor);
  const choose = (index: number, range: boolean, toggle: boolean): void => {
    const key = keyAt(index);
    if (!key) {
      return;
    }
    setCursor({ index, key });
    const from = found(anchor.current);
    if (range && from >= 0) {
      const [low, high] = [Math.min(from, index), Math.max(from, index)];
      const keys = Array.from({ length: high - low + 1 }, (_, at) => keyAt(low + at)).filter(Boolean);
      select(new Set(toggle ? [...chosen, ...keys] : keys));
      return;
    }
    anchor.current = { index, key };
    const next = new Set(toggle ? chosen : []);
    if (toggle && chosen.has(key)) {
      next.delete(key);
    } else {
      next.add(key);
    }
    select(next);
  };
  const chooser = React.useRef(choose);
  chooser.current = choose;
  const press = React.useCallback(
    (index: number, range: boolean, toggle: boolean) => chooser.current(index, range, toggle),
    []
  );
  const move = (to: number, range: boolean): void => {
    const index = Math.max(0, Math.min(rows.count - 1, to));
    if (range) {
      if (anchor.current.index < 0) {
        anchor.current = { index: active, key: keyAt(active) };
      }
      choose(index, true, false);
    } else {
      setCursor({ index, key: keyAt(index) });
    }
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(event.currentTarget.clientHeight / ROW) - 2);
    const steps: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      j: active + 1,
      k: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: rows.count - 1
    };
    const held = event.ctrlKey || event.metaKey || event.altKey;
    const run = rows.row(active);
    if (event.key in steps && !held) {
      event.preventDefault();
      move(steps[event.key], event.shiftKey);
    } else if (event.key === ' ' && active >= 0 && event.target === event.currentTarget) {
      event.preventDefault();
      choose(active, event.shiftKey, true);
    } else if (event.key === 'Enter' && run && event.target === event.currentTarget) {
      host.openRun?.(toRef(run));
    } else {
      props.onKeyDown(event);
    }
  };
  const at = rows.row(active);
  return (
    <>
      <VirtualTable
        count={rows.count}
        total={rows.more ? -1 : rows.count + 1}
        label={trans.__('Runs')}
        layout={`${props.projects} ${columns.join()}`}
        seen={rows.seen}
        active={active}
        onKeyDown={onKeyDown}
        empty={props.empty}
        head={
          <tr role="row">
            <th role="columnheader" scope="col" className="mj-tight" aria-label={trans.__('chosen')} />
            <th role="columnheader" scope="col" className="mj-tight" aria-label={trans.__('state')} />
            {FIXED.map(column => (
              <Head
                key={column.key}
                label={column.label}
                by={column.sort}
                secondary={column.secondary}
                {...props}
              />
            ))}
            {props.projects && <Head label={trans.__('project')} by="" {...props} />}
            {columns.map(name => (
              <Head
                key={name}
                label={name.slice(name.indexOf('.') + 1)}
                hint={name}
                by={name.startsWith('labels.') ? '' : name}
                sort={props.sort}
                sortBy={props.sortBy}
                numeric
              />
            ))}
            <th role="columnheader" scope="col" aria-label={trans.__('remarks')} />
          </tr>
        }
        row={(index, top) => (
          <Row
            top={top}
            run={rows.row(index)}
            index={index}
            columns={columns.length}
            projects={props.projects}
            now={now}
            chosen={chosen.has(keyAt(index))}
            active={index === active}
            going={props.going.has(keyAt(index))}
            choose={press}
          />
        )}
      />
      <span className="mj-unseen" aria-live="polite">
        {at ? `${at.name}, ${at.state}` : ''}
      </span>
    </>
  );
}

function Head(props: {
  label: string;
  hint?: string;
  by: string;
  sort: string;
  sortBy: (sort: string) => void;
  numeric?: boolean;
  /** Left out where there is little room. */
  secondary?: boolean;
}): React.ReactElement {
  const { by, sort } = props;
  const way = by && sort === by ? 'ascending' : by && sort === `-${by}` ? 'descending' : undefined;
  const next = way === 'descending' ? by : way === 'ascending' ? '' : `-${by}`;
  return (
    <th
      role="columnheader"
      scope="col"
      className={props.numeric ? 'mj-num' : props.secondary ? 'mj-secondary' : undefined}
      aria-sort={way}
      title={props.hint}
    >
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

interface IRowProps {
  run: IRunSummary | null;
  index: number;
  top: number | null;
  columns: number;
  projects: boolean;
  now: number;
  chosen: boolean;
  active: boolean;
  going: boolean;
  choose: (index: number, range: boolean, toggle: boolean) => void;
}

const Row = React.memo(function Row(props: IRowProps): React.ReactElement {
  const { run, index } = props;
  const { host, trans } = useUi();
  if (!run) {
    return (
      <tr role="row" style={rowStyle(props.top)} aria-rowindex={index + 2}>
        <td role="cell" colSpan={6 + props.columns} className="mj-faint">
          …
        </td>
      </tr>
    );
  }
  const values = run.values ?? [];
  const ref = toRef(run);
  const classes = [
    props.chosen ? 'mj-selected' : '',
    props.active ? 'mj-active' : '',
    props.going ? 'mj-going' : ''
  ];
  return (
    <tr
      role="row"
      className={classes.filter(Boolean).join(' ') || undefined}
      aria-rowindex={index + 2}
      style={rowStyle(props.top)}
      onMouseDown={event => {
        if (event.shiftKey) {
          event.preventDefault(); // choosing rows, not text
        }
      }}
      onClick={event => {
        if (!(event.target as Element).closest('a, input') && !getSelection()?.toString()) {
          props.choose(index, event.shiftKey, event.ctrlKey || event.metaKey);
        }
      }}
      onDoubleClick={() => host.openRun?.(ref)}
    >
      <td role="cell" className="mj-tight">
        <input
          type="checkbox"
          checked={props.chosen}
          aria-label={trans.__('Choose %1', cut(run.name, 40))}
          onChange={() => undefined}
          onClick={event => props.choose(index, event.shiftKey, true)}
        />
      </td>
      <td role="cell" className="mj-tight">
        <StateMark state={run.state} />
      </td>
      <td role="cell">
        <a className="mj-link" href={`#${addressOf({ view: 'run', run: ref })}`}>
          <Label text={run.name || 'run'} limit={36} />
        </a>
        {run.sweep && <span className="mj-dim"> · sweep</span>}{' '}
        <code className="mj-faint mj-secondary">
          {cut(run.uid.slice(0, 6))}
          {ref.iteration > 0 && ` #${ref.iteration}`}
        </code>
      </td>
      <td role="cell" className="mj-dim mj-tab" title={run.start ? when(run.start, props.now) : undefined}>
        {run.start ? ago(run.start, props.now) : ''}
      </td>
      <td role="cell" className="mj-dim mj-tab mj-secondary">
        {run.duration === null || run.duration === undefined
          ? ''
          : run.live
            ? elapsed(run.duration)
            : duration(run.duration)}
      </td>
      {props.projects && (
        <td role="cell" className="mj-dim">
          <Label text={run.project} limit={20} />
        </td>
      )}
      {Array.from({ length: props.columns }, (_, column) => (
        <td role="cell" key={column} className="mj-num" title={values[column]?.full || undefined}>
          <bdi>{values[column]?.text ?? ''}</bdi>
        </td>
      ))}
      <td role="cell" className={run.error ? 'mj-told' : 'mj-dim'} title={run.error}>
        {run.error || run.live || run.sweep ? cut(about(run), 60) : ''}
      </td>
    </tr>
  );
});
