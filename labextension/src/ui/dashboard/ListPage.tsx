/** Data sets, models, all artifacts, or functions: a list to look through. */
import type { InfiniteData } from '@tanstack/react-query';
import * as React from 'react';

import { useUi } from '../context';
import { ago, cut, size, when } from '../format';
import { useNow } from '../hooks';
import { kindMark, Label, Trouble } from '../parts';
import { addressOf, type IListState, type List } from '../places';
import type { IArtifactSummary, IFunctionSummary } from '../types';
import { type IPage, usePages } from './asked';
import { PageHead, Search } from './frame';
import { rowStyle, VirtualTable } from './VirtualTable';

type Row = IArtifactSummary | IFunctionSummary;

interface IColumnOf {
  label: string;
  numeric?: boolean;
  show: (row: Row, now: number) => React.ReactNode;
}

const TITLES: Record<List, string> = {
  datasets: 'Data sets',
  models: 'Models',
  artifacts: 'Artifacts',
  functions: 'Functions'
};
const KIND: Partial<Record<List, string>> = { datasets: 'dataset', models: 'model' };
const METRICS = 4;

export function ListPage(props: {
  list: List;
  state: IListState;
  change: (state: IListState) => void;
}): React.ReactElement {
  const { list, state, change } = props;
  const { trans } = useUi();
  const now = useNow();
  const query = usePages<Row>([list, state.project, state.name, state.kind], (catalog, after, signal) => {
    const asked = { project: state.project, name: state.name, kind: KIND[list] ?? state.kind, after };
    return list === 'functions' ? catalog.functions(asked, signal) : catalog.artifacts(asked, signal);
  });
  const rows = React.useMemo(() => flat(query.data), [query.data]);
  const columns = React.useMemo(() => columnsOf(list, rows, state.project), [list, rows, state.project]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const seen = React.useCallback(
    (_first: number, last: number) => {
      if (hasNextPage && !isFetchingNextPage && last >= rows.length - 30) {
        void fetchNextPage();
      }
    },
    [hasNextPage, isFetchingNextPage, fetchNextPage, rows.length]
  );
  const title = trans.__(TITLES[list]);
  return (
    <div className="mj-dash-page">
      <PageHead title={title} aside={query.data && amount(rows.length, hasNextPage)}>
        <Search
          text={state.name}
          label={trans.__('Find by name')}
          change={name => change({ ...state, name })}
        />
      </PageHead>
      {query.error && <Trouble error={query.error} retry={() => void query.refetch()} />}
      <VirtualTable
        count={rows.length}
        label={title}
        layout={columns.map(column => column.label).join()}
        seen={seen}
        head={
          <tr role="row">
            {columns.map(column => (
              <th
                key={column.label}
                role="columnheader"
                scope="col"
                className={column.numeric ? 'mj-num' : undefined}
              >
                <Label text={column.label} limit={22} />
              </th>
            ))}
          </tr>
        }
        row={(index, top) => (
          <tr role="row" style={rowStyle(top)}>
            {columns.map(column => (
              <td key={column.label} role="cell" className={column.numeric ? 'mj-num' : undefined}>
                {column.show(rows[index], now)}
              </td>
            ))}
          </tr>
        )}
        empty={
          query.error ? null : (
            <p className="mj-quiet">
              {query.isPending
                ? trans.__('Loading …')
                : state.name
                  ? trans.__('Nothing of that name.')
                  : trans.__('None yet.')}
            </p>
          )
        }
      />
    </div>
  );
}

function flat(data: InfiniteData<IPage<Row>, string> | undefined): Row[] {
  return data?.pages.flatMap(page => page.rows) ?? [];
}

function amount(rows: number, more: boolean): string {
  return `${rows.toLocaleString('en-US')}${more ? '+' : ''}`;
}

function columnsOf(list: List, rows: readonly Row[], project: string): IColumnOf[] {
  const where: IColumnOf[] =
    project === '*' ? [{ label: 'project', show: row => <Label text={row.project ?? ''} limit={24} /> }] : [];
  const updated: IColumnOf = { label: 'updated', show: (row, now) => <Moment at={row.updated} now={now} /> };
  if (list === 'functions') {
    return [
      { label: 'function', show: row => <FunctionLink row={row as IFunctionSummary} /> },
      ...where,
      { label: 'kind', show: row => row.kind },
      { label: 'handlers', show: row => <Quiet text={(row as IFunctionSummary).handlers?.join(', ')} /> },
      { label: 'image', show: row => <Quiet text={(row as IFunctionSummary).image} /> },
      { label: 'version', show: row => <code className="mj-faint">{(row.hash ?? '').slice(0, 8)}</code> },
      updated
    ];
  }
  const made: IColumnOf = { label: 'made by', show: row => <Maker row={row as IArtifactSummary} /> };
  const key: IColumnOf = { label: 'name', show: row => <ArtifactLink row={row as IArtifactSummary} /> };
  if (list === 'datasets') {
    return [
      key,
      ...where,
      { label: 'rows', numeric: true, show: row => grouped((row as IArtifactSummary).rows) },
      { label: 'columns', numeric: true, show: row => grouped((row as IArtifactSummary).columns) },
      { label: 'size', numeric: true, show: row => size((row as IArtifactSummary).size) },
      { label: 'format', show: row => <Quiet text={(row as IArtifactSummary).format} /> },
      made,
      updated
    ];
  }
  if (list === 'models') {
    return [
      key,
      ...where,
      { label: 'framework', show: row => <Quiet text={(row as IArtifactSummary).framework} /> },
      ...metricsOf(rows as readonly IArtifactSummary[]),
      { label: 'size', numeric: true, show: row => size((row as IArtifactSummary).size) },
      made,
      updated
    ];
  }
  return [
    key,
    ...where,
    { label: 'kind', show: row => row.kind || 'file' },
    { label: 'about', show: row => <Quiet text={(row as IArtifactSummary).about} /> },
    made,
    updated
  ];
}

/** The metrics that most models have, each as a column. */
function metricsOf(rows: readonly IArtifactSummary[]): IColumnOf[] {
  const counted = new Map<string, number>();
  for (const row of rows) {
    for (const metric of row.metrics ?? []) {
      counted.set(metric.name, (counted.get(metric.name) ?? 0) + 1);
    }
  }
  const names = [...counted].sort((one, other) => other[1] - one[1]).slice(0, METRICS);
  return names.map(([name]) => ({
    label: name,
    numeric: true,
    show: row => (row as IArtifactSummary).metrics?.find(each => each.name === name)?.cell.text ?? ''
  }));
}

function grouped(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : value.toLocaleString('en-US');
}

function Quiet(props: { text: string | undefined }): React.ReactElement {
  return (
    <span className="mj-dim">
      <Label text={props.text ?? ''} limit={48} />
    </span>
  );
}

export function Moment(props: { at: string | undefined; now: number }): React.ReactElement | null {
  return props.at ? (
    <time className="mj-dim mj-tab" dateTime={props.at} title={when(props.at, props.now)}>
      {ago(props.at, props.now)}
    </time>
  ) : null;
}

function ArtifactLink(props: { row: IArtifactSummary }): React.ReactElement {
  const { row } = props;
  const address = addressOf({
    view: 'artifact',
    project: row.project ?? '',
    key: row.db_key || row.key,
    uid: row.iteration ? (row.uid ?? '') : ''
  });
  return (
    <>
      <span className="mj-icon" aria-hidden="true">
        {kindMark(row.kind)}
      </span>
      <a className="mj-link" href={`#${address}`}>
        <Label text={row.key} limit={48} />
      </a>
      {row.iteration ? <span className="mj-faint"> #{row.iteration}</span> : null}
    </>
  );
}

function FunctionLink(props: { row: IFunctionSummary }): React.ReactElement {
  const { project, name } = props.row;
  return (
    <>
      <span className="mj-icon" aria-hidden="true">
        λ
      </span>
      <a
        className="mj-link"
        href={`#${addressOf({ view: 'function', project, name, hash: '', against: '' })}`}
      >
        <Label text={name} limit={48} />
      </a>
    </>
  );
}

/** The run that an artifact comes from. */
export function Maker(props: { row: IArtifactSummary }): React.ReactElement | null {
  const { row } = props;
  if (!row.run) {
    return row.producer ? <Quiet text={row.producer} /> : null;
  }
  const run = { project: row.project ?? '', uid: row.run, iteration: row.iteration ?? 0 };
  return (
    <a className="mj-link mj-dim" href={`#${addressOf({ view: 'run', run })}`}>
      <Label text={row.producer || 'run'} limit={32} />{' '}
      <code className="mj-faint">{cut(row.run.slice(0, 6))}</code>
    </a>
  );
}
