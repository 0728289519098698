/** The columns of a data set with what is known of their values. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import * as React from 'react';

import type { IRunClient, RequestError } from '../client';
import { useUi } from '../context';
import { count, cut } from '../format';
import { useLater } from '../hooks';
import { Label, More, Trouble } from '../parts';
import type { IArtifactItem, IColumnPage, IColumnView, IDatasetView } from '../types';

/** Columns that are read at once. */
const PAGE = 100;

/** Those of a view, and where they are more than it carries, the others by page and name. */
export function Columns(props: { view: IDatasetView }): React.ReactElement {
  const { view } = props;
  const { client } = useUi();
  return view.more > 0 && client && view.item.project ? (
    <PagedColumns item={view.item} />
  ) : (
    <>
      <ColumnTable columns={view.columns} />
      <More amount={view.more} noun="columns" />
    </>
  );
}

function PagedColumns(props: { item: IArtifactItem }): React.ReactElement {
  const { client, trans } = useUi();
  const [typed, setTyped] = React.useState('');
  const [offset, setOffset] = React.useState(0);
  const find = useLater(typed, 200);
  const query = useQuery<IColumnPage, RequestError>({
    queryKey: ['columns', props.item, offset, find],
    queryFn: ({ signal }) => (client as IRunClient).columns(props.item, { offset, find }, signal),
    placeholderData: keepPreviousData,
    retry: false
  });
  const page = query.data;
  return (
    <>
      <div className="mj-tools">
        <input
          type="search"
          className="mj-input"
          placeholder={trans.__('Find a column')}
          aria-label={trans.__('Find a column')}
          value={typed}
          onChange={event => {
            setTyped(event.target.value);
            setOffset(0);
          }}
        />
        {page && (
          <span className="mj-dim mj-tab">
            {page.matching > PAGE
              ? trans.__(
                  '%1–%2 of %3',
                  page.offset + 1,
                  page.offset + page.columns.length,
                  count(page.matching, 'column')
                )
              : count(page.matching, 'column')}
          </span>
        )}
        <button
          type="button"
          className="mj-btn"
          aria-label={trans.__('Columns before')}
          disabled={offset === 0}
          onClick={() => setOffset(Math.max(0, offset - PAGE))}
        >
          ‹
        </button>
        <button
          type="button"
          className="mj-btn"
          aria-label={trans.__('Columns after')}
          disabled={!page || offset + PAGE >= page.matching}
          onClick={() => setOffset(offset + PAGE)}
        >
          ›
        </button>
      </div>
      {query.error && <Trouble error={query.error} retry={() => void query.refetch()} />}
      {page ? <ColumnTable columns={page.columns} /> : <p className="mj-quiet">{trans.__('Loading …')}</p>}
    </>
  );
}

export function ColumnTable(props: { columns: readonly IColumnView[] }): React.ReactElement {
  const { trans } = useUi();
  return (
    <div className="mj-scroll mj-page" tabIndex={0}>
      <table className="mj-tbl">
        <thead>
          <tr>
            <th scope="col">{trans.__('column')}</th>
            <th scope="col">{trans.__('distribution')}</th>
            <th scope="col" className="mj-num">
              {trans.__('nulls')}
            </th>
            <th scope="col" className="mj-num">
              {trans.__('distinct')}
            </th>
            <th scope="col">{trans.__('range')}</th>
            <th scope="col">{trans.__('mean ± std')}</th>
          </tr>
        </thead>
        <tbody>
          {props.columns.map((column, index) => (
            <Column key={index} column={column} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Column(props: { column: IColumnView }): React.ReactElement {
  const { column } = props;
  return (
    <tr>
      <th scope="row">
        <Label text={column.name} /> <span className="mj-faint mj-type">{cut(column.type, 24)}</span>
      </th>
      <td>
        <Distribution column={column} />
      </td>
      <td className={`mj-num${column.nulls_text && column.nulls_text !== '0' ? ' mj-warn' : ''}`}>
        {column.nulls_text}
      </td>
      <td className="mj-num">{column.distinct_text}</td>
      <td className="mj-mono mj-dim" title={column.top.join(', ') || undefined}>
        <bdi>{column.range_text}</bdi>
      </td>
      <td className="mj-mono">
        <bdi>{column.spread_text}</bdi>
      </td>
    </tr>
  );
}

/** Bars of a histogram, or of the most frequent values. */
export function Distribution(props: { column: IColumnView }): React.ReactElement | null {
  const { column } = props;
  const counts = column.histogram.length ? column.histogram : (column.top_counts ?? []); // cards saved before have none
  return <Histogram counts={counts} named={!column.histogram.length} />;
}

export function Histogram(props: { counts: readonly number[]; named?: boolean }): React.ReactElement | null {
  const { counts } = props;
  const most = Math.max(0, ...counts.filter(Number.isFinite));
  if (most <= 0) {
    return null;
  }
  const step = Math.min(16, 96 / counts.length);
  const bars = counts
    .map((count, index) => {
      const height = count > 0 ? Math.max(1, (count / most) * 22) : 0;
      return height
        ? `M${(index * step).toFixed(1)} 22v-${height.toFixed(1)}h${Math.max(0.6, step - 1).toFixed(1)}V22z`
        : '';
    })
    .join('');
  return (
    <svg className="mj-hist" width={96} height={22} viewBox="0 0 96 22" aria-hidden="true">
      <path className={props.named ? 'mj-bars mj-bars-named' : 'mj-bars'} d={bars} />
    </svg>
  );
}
