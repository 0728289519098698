/** A saved list of runs, artifacts or functions: sorted by a click, opened by a double click. */
import * as React from 'react';

import { type IRunRef, refKey, refOf } from './client';
import { useUi } from './context';
import { cut } from './format';
import { Label, More } from './parts';
import { NONE, press, type Selection } from './selection';
import { StateMark } from './state';
import { type ISort, order } from './tableModel';
import type { ICell, IColumn, IRow, ITableView } from './types';

export function TableCard(props: {
  view: ITableView;
  /** Makes rows of runs choosable, and is told of every choice. */
  select?: (refs: readonly IRunRef[]) => void;
}): React.ReactElement {
  const { view, select } = props;
  const { host, trans } = useUi();
  const [selection, setSelection] = React.useState<Selection>(NONE);
  const [sort, setSort] = React.useState<ISort | null>(null);
  const rows = React.useMemo(() => order(view.rows, sort), [view.rows, sort]);
  const groups = groupsOf(view.columns);
  const { openRun } = host;
  const refs = React.useMemo(
    () => rows.map(row => (view.kind === 'runs' ? refOf(row.ref) : null)),
    [rows, view.kind]
  );
  const keys = refs.map((ref, index) => (ref ? refKey(ref) : String(index)));
  const choose = (index: number, event: React.MouseEvent | React.KeyboardEvent): void => {
    const next = press(selection, keys, index, {
      range: event.shiftKey,
      toggle: event.ctrlKey || event.metaKey
    });
    setSelection(next);
    select?.(refs.filter((ref, at): ref is IRunRef => ref !== null && next.keys.has(keys[at])));
  };
  return (
    <article className="mj-card" aria-label={cut(view.title, 80)}>
      <header className="mj-head">
        <h3 className="mj-name">{cut(view.title, 80)}</h3>
        {view.total > view.rows.length && (
          <span className="mj-dim">{trans.__('%1 shown', view.rows.length)}</span>
        )}
      </header>
      <div className="mj-scroll mj-page mj-top" tabIndex={0}>
        <table className="mj-tbl">
          <thead>
            {groups.some(group => group.name) && (
              <tr>
                {groups.map((group, index) => (
                  <th key={index} colSpan={group.span} scope="colgroup" className="mj-group">
                    {group.name}
                  </th>
                ))}
              </tr>
            )}
            <tr>
              {view.columns.map((column, index) => (
                <ColumnHead key={index} column={column} index={index} sort={sort} setSort={setSort} />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => {
              const ref = refs[index];
              const chosen = select !== undefined && selection.keys.has(keys[index]);
              return (
                <tr
                  key={keys[index]}
                  className={[chosen ? 'mj-selected' : '', ref && (openRun || select) ? 'mj-opens' : ''].join(
                    ' '
                  )}
                  aria-selected={select ? chosen : undefined}
                  tabIndex={select ? 0 : undefined}
                  onClick={select && (event => choose(index, event))}
                  onKeyDown={
                    select && (event => event.key === ' ' && (event.preventDefault(), choose(index, event)))
                  }
                  onDoubleClick={ref && openRun ? () => openRun(ref) : undefined}
                >
                  {view.columns.map((column, at) => (
                    <Cell key={at} row={row} cell={row.cells[at]} column={column} />
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <More amount={view.total - view.rows.length} />
      <More amount={view.hidden.length} noun={trans.__('columns')} />
    </article>
  );
}

function ColumnHead(props: {
  column: IColumn;
  index: number;
  sort: ISort | null;
  setSort: (sort: ISort | null) => void;
}): React.ReactElement {
  const { column, index, sort, setSort } = props;
  const mine = sort?.column === index ? sort : null;
  const next = mine
    ? mine.descending
      ? { column: index, descending: false }
      : null
    : { column: index, descending: true };
  return (
    <th
      scope="col"
      className={column.numeric ? 'mj-num' : undefined}
      aria-sort={mine ? (mine.descending ? 'descending' : 'ascending') : undefined}
    >
      <button type="button" className="mj-sort" onClick={() => setSort(next)}>
        <Label text={column.label} limit={24} />
        <span aria-hidden="true">{mine ? (mine.descending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
}

function Cell(props: { row: IRow; cell: ICell | undefined; column: IColumn }): React.ReactElement {
  const { row, cell, column } = props;
  if (!cell) {
    return <td />;
  }
  if (column.key === 'state') {
    return (
      <td>
        <StateMark state={row.state ?? cell.text} /> {cell.text}
      </td>
    );
  }
  const quiet = column.key === 'uid' || column.key === 'start';
  const kind = column.numeric
    ? 'mj-num'
    : column.key === 'error'
      ? 'mj-told'
      : quiet
        ? 'mj-faint mj-tab'
        : undefined;
  return (
    <td className={kind} title={cell.full || undefined}>
      <bdi>{cell.text}</bdi>
    </td>
  );
}

function groupsOf(columns: readonly IColumn[]): { name: string; span: number }[] {
  const groups: { name: string; span: number }[] = [];
  for (const column of columns) {
    const last = groups[groups.length - 1];
    if (last && last.name === (column.group ?? '')) {
      last.span += 1;
    } else {
      groups.push({ name: column.group ?? '', span: 1 });
    }
  }
  return groups;
}
