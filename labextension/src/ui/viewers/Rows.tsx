/** The rows of a table of any size: what can be seen is read, in the order and choice that its head says. */
import { useQueries } from '@tanstack/react-query';
import * as React from 'react';

import type { IContentQuestion, IRunClient } from '../client';
import { useUi } from '../context';
import { count } from '../format';
import { useLater } from '../hooks';
import { isNumeric, Label, Trouble } from '../parts';
import type { IArtifactItem, ICell, IContent } from '../types';
import { firstRow, pagesOf, ROW, scrollHeight, turned, widths } from './rowsModel';

/** Rows that are read at once. */
export const PAGE = 100;
/** Columns that are shown at once. */
export const COLUMNS = 50;

/** The first question of every table: the card asks it too. */
export function firstQuestion(file?: string): IContentQuestion {
  return {
    offset: 0,
    rows: PAGE,
    first: 0,
    columns: COLUMNS,
    sort: '',
    where: {},
    ...(file ? { file } : {})
  };
}

export function Rows(props: { item: IArtifactItem; content: IContent; file?: string }): React.ReactElement {
  const { item, file } = props;
  const { trans } = useUi();
  const [sort, setSort] = React.useState('');
  const [typed, setTyped] = React.useState<Record<string, string>>({});
  const [filtering, setFiltering] = React.useState(false);
  const [first, setFirst] = React.useState(0);
  const settled = useLater(JSON.stringify(typed), 300);
  const where = React.useMemo(() => JSON.parse(settled) as Record<string, string>, [settled]);
  const asked = { ...firstQuestion(file), first, sort, where };
  const table = useTable(item, asked, props.content);
  const chosen = Object.values(where).some(text => text.trim());
  return (
    <div className="mj-table">
      <div className="mj-tools">
        <span className="mj-dim mj-tab">
          {table.total === null
            ? trans.__('%1 or more', count(table.rows, 'row'))
            : count(table.total, chosen ? 'matching row' : 'row')}
          {table.width > 0 && ` × ${count(table.width, 'column')}`}
        </span>
        <span className="mj-grow" />
        {table.width > COLUMNS && (
          <ColumnPager first={first} shown={table.header.length} width={table.width} turn={setFirst} />
        )}
        <button
          type="button"
          className="mj-btn"
          aria-pressed={filtering}
          onClick={() => {
            setFiltering(!filtering);
            setTyped({});
          }}
        >
          {trans.__('Filter')}
        </button>
      </div>
      {table.error && <Trouble error={table.error} retry={table.retry} />}
      <Grid
        table={table}
        sort={sort}
        setSort={setSort}
        conditions={filtering ? typed : null}
        setCondition={(name, text) => setTyped({ ...typed, [name]: text })}
      />
    </div>
  );
}

function ColumnPager(props: {
  first: number;
  shown: number;
  width: number;
  turn: (first: number) => void;
}): React.ReactElement {
  const { first, shown, width, turn } = props;
  const { trans } = useUi();
  return (
    <span className="mj-pager">
      <button
        type="button"
        className="mj-btn"
        disabled={first === 0}
        aria-label={trans.__('Columns before')}
        onClick={() => turn(Math.max(0, first - COLUMNS))}
      >
        ‹
      </button>
      <span className="mj-dim mj-tab">
        {trans.__('columns %1–%2 of %3', first + 1, first + shown, width.toLocaleString('en-US'))}
      </span>
      <button
        type="button"
        className="mj-btn"
        disabled={first + shown >= width}
        aria-label={trans.__('Columns after')}
        onClick={() => turn(first + COLUMNS)}
      >
        ›
      </button>
    </span>
  );
}

interface ITable {
  header: readonly string[];
  width: number;
  total: number | null;
  /** How many rows there are as far as anybody knows. */
  rows: number;
  /** A row's cells and its number in the file; undefined until it is read. */
  row(index: number): { cells: readonly ICell[]; number: number } | undefined;
  see(first: number, last: number): void;
  error: Error | null;
  retry(): void;
}

function useTable(item: IArtifactItem, asked: IContentQuestion, start: IContent): ITable {
  const { client } = useUi();
  const [pages, setPages] = React.useState<readonly number[]>([0]);
  const found = useQueries({
    queries: [...new Set([0, ...pages])].map(page => {
      const question = { ...asked, offset: page * PAGE };
      return {
        queryKey: ['content', item, question],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          (client as IRunClient).content(item, question, signal),
        enabled: client !== null,
        staleTime: 60_000,
        retry: false
      };
    })
  });
  const read = new Map<number, IContent>();
  for (const query of found) {
    if (query.data) {
      read.set((query.data.offset ?? 0) / PAGE, query.data);
    }
  }
  const head = read.get(0);
  const last = React.useRef(start);
  if (head) {
    last.current = head;
  }
  const shown = last.current;
  const ends = [...read.values()].map(each => (each.offset ?? 0) + (each.rows?.length ?? 0));
  const known = Math.max(0, ...ends);
  const total = shown.total ?? ([...read.values()].find(each => !each.cut) ? known : null);
  const failed = found.find(query => query.error);
  return {
    header: shown.header ?? [],
    width: shown.width ?? shown.header?.length ?? 0,
    total,
    rows: total ?? known + PAGE,
    row: index => {
      const page = read.get(Math.floor(index / PAGE));
      const cells = page?.rows?.[index % PAGE];
      return cells && { cells, number: page?.numbers?.[index % PAGE] ?? index };
    },
    see: React.useCallback((from: number, to: number) => {
      setPages(before => {
        const wanted = pagesOf(from, to, PAGE);
        return wanted.every(page => before.includes(page)) && before.length <= 8 ? before : wanted;
      });
    }, []),
    error: failed?.error ?? null,
    retry: () => void failed?.refetch()
  };
}

function Grid(props: {
  table: ITable;
  sort: string;
  setSort: (sort: string) => void;
  conditions: Record<string, string> | null;
  setCondition: (name: string, text: string) => void;
}): React.ReactElement {
  const { table, sort, setSort, conditions } = props;
  const { trans } = useUi();
  const box = React.useRef<HTMLDivElement>(null);
  const [top, setTop] = React.useState(0);
  const [height, setHeight] = React.useState(420);
  const head = conditions ? 68 : 34;
  const room = Math.max(ROW, height - head);
  const visible = Math.min(table.rows, Math.ceil(room / ROW) + 1);
  const start = firstRow(top, room, table.rows);
  const { see } = table;
  React.useEffect(() => see(start, start + visible), [see, start, visible]);
  React.useLayoutEffect(() => setHeight(box.current?.clientHeight || 420), [table.rows]);
  React.useEffect(() => {
    if (box.current) {
      box.current.scrollTop = 0;
    }
    setTop(0);
  }, [sort, conditions]);
  const rows = Array.from(
    { length: Math.max(0, Math.min(visible, table.rows - start)) },
    (_, at) => start + at
  );
  const sample = rows.slice(0, 30).map(index => table.row(index)?.cells ?? []);
  const numeric = table.header.map((_, at) => sample.some(cells => cells[at] && isNumeric(cells[at])));
  const fixed = React.useRef<{ key: string; widths: number[] }>({ key: '', widths: [] });
  const key = table.header.join('\u0000');
  if (fixed.current.key !== key && sample.some(cells => cells.length)) {
    fixed.current = { key, widths: widths(table.header, sample) };
  }
  const letters = Math.max(10, Math.ceil(1.3 * String(table.rows).length) + 5);
  const width = fixed.current.widths.reduce((sum, each) => sum + each, letters);
  return (
    <div
      className="mj-virtual"
      ref={box}
      tabIndex={0}
      role="region"
      aria-label={trans.__('Rows')}
      onScroll={event => setTop(event.currentTarget.scrollTop)}
      style={{ height: Math.min(420, table.rows * ROW + head + 14) }}
    >
      <div
        className="mj-virtual-all"
        style={{ height: scrollHeight(table.rows) + head, minWidth: `${width}ch` }}
      >
        <table className="mj-tbl mj-fixed" aria-rowcount={table.total === null ? -1 : table.total + 1}>
          <colgroup>
            <col style={{ width: `${letters}ch` }} />
            {table.header.map((_, at) => (
              <col key={at} style={{ width: `${fixed.current.widths[at] ?? 12}ch` }} />
            ))}
          </colgroup>
          <thead>
            <tr>
              <th scope="col" className="mj-num" aria-label={trans.__('row')} />
              {table.header.map((name, at) => {
                const mine = sort === name ? 'ascending' : sort === `-${name}` ? 'descending' : undefined;
                return (
                  <th key={at} scope="col" className={numeric[at] ? 'mj-num' : undefined} aria-sort={mine}>
                    <button type="button" className="mj-sort" onClick={() => setSort(turned(sort, name))}>
                      <Label text={name} limit={28} />
                      <span aria-hidden="true">{mine ? (mine === 'ascending' ? ' ↑' : ' ↓') : ''}</span>
                    </button>
                  </th>
                );
              })}
            </tr>
            {conditions && (
              <tr className="mj-conditions">
                <td />
                {table.header.map((name, at) => (
                  <td key={at}>
                    <input
                      type="search"
                      className="mj-input"
                      aria-label={trans.__('Filter %1', name.slice(0, 60))}
                      placeholder={numeric[at] ? '> 3' : '= a, part'}
                      value={conditions[name] ?? ''}
                      onChange={event => props.setCondition(name, event.target.value)}
                    />
                  </td>
                ))}
              </tr>
            )}
          </thead>
          <tbody>
            {rows.map(index => (
              <Row key={index} index={index} row={table.row(index)} numeric={numeric} />
            ))}
          </tbody>
        </table>
        {table.rows === 0 && <p className="mj-quiet">{trans.__('no rows')}</p>}
      </div>
    </div>
  );
}

function Row(props: {
  index: number;
  row: { cells: readonly ICell[]; number: number } | undefined;
  numeric: readonly boolean[];
}): React.ReactElement {
  const { index, row, numeric } = props;
  return (
    <tr aria-rowindex={index + 2} style={{ height: ROW }}>
      <th scope="row" className="mj-num mj-faint">
        {(row?.number ?? index).toLocaleString('en-US')}
      </th>
      {numeric.map((right, at) => {
        const cell = row?.cells[at];
        return (
          <td key={at} className={right ? 'mj-num' : undefined} title={cell?.full || undefined}>
            {cell ? <bdi className={cell.type === 'null' ? 'mj-faint' : undefined}>{cell.text}</bdi> : '·'}
          </td>
        );
      })}
    </tr>
  );
}
