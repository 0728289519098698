/** How far a data set is from another of its versions, column by column, the most changed first. */
import { useQuery } from '@tanstack/react-query';
import * as React from 'react';

import type { IRunClient, RequestError } from '../client';
import { useUi } from '../context';
import { ago, cut, number } from '../format';
import { Label, More, Trouble } from '../parts';
import type {
  IArtifactItem,
  IArtifactPage,
  IArtifactSummary,
  IColumnDrift,
  IColumnView,
  IDatasetDrift
} from '../types';
import { Distribution } from './Columns';

export function Drift(props: { item: IArtifactItem }): React.ReactElement {
  const { item } = props;
  const { client, trans } = useUi();
  const [chosen, setChosen] = React.useState('');
  const versions = useQuery<IArtifactPage, RequestError>({
    queryKey: ['versions', item.project, item.db_key || item.key],
    queryFn: ({ signal }) => (client as IRunClient).versions(item, signal),
    enabled: client !== null,
    retry: false
  });
  if (versions.error) {
    return <Trouble error={versions.error} retry={() => void versions.refetch()} />;
  }
  if (!versions.data) {
    return <p className="mj-quiet">{trans.__('Loading …')}</p>;
  }
  const { rows, more: older } = versions.data;
  const at = Math.max(
    0,
    rows.findIndex(row => row.uid === item.uid)
  );
  const others = rows.filter((_, index) => index !== at);
  const old = chosen || rows[at + 1]?.uid || others[0]?.uid || '';
  if (!old) {
    return (
      <p className="mj-quiet">{trans.__('This is the only version; there is nothing to compare it with.')}</p>
    );
  }
  return (
    <>
      <div className="mj-tools">
        <label>
          {trans.__('against')}{' '}
          <select
            className="mj-select mj-framed"
            value={old}
            onChange={event => setChosen(event.target.value)}
          >
            {rows.map((row, index) =>
              index === at ? null : (
                <option key={row.uid} value={row.uid}>
                  {nameOf(row, rows.length + older - index)}
                </option>
              )
            )}
          </select>
        </label>
      </div>
      <Moved item={item} old={old} now={rows[at]?.uid ?? item.uid ?? ''} />
    </>
  );
}

function nameOf(row: IArtifactSummary, place: number): string {
  const tags = (row.tags ?? []).slice(0, 2).join(', ');
  return [`v${place}`, tags, row.about, row.updated ? ago(row.updated) : '']
    .filter(Boolean)
    .map(text => cut(text ?? '', 30))
    .join(' · ');
}

export function Moved(props: { item: IArtifactItem; old: string; now: string }): React.ReactElement {
  const { item, old, now } = props;
  const { client, trans } = useUi();
  const query = useQuery<IDatasetDrift, RequestError>({
    queryKey: ['drift', item.project, item.db_key || item.key, old, now],
    queryFn: ({ signal }) => (client as IRunClient).drift(item, old, now, signal),
    enabled: client !== null,
    retry: false
  });
  if (query.error) {
    return <Trouble error={query.error} retry={() => void query.refetch()} />;
  }
  return query.data ? <DriftTable drift={query.data} /> : <p className="mj-quiet">{trans.__('Loading …')}</p>;
}

const WORDS: Record<string, string> = {
  large: 'large',
  moderate: 'moderate',
  none: 'none',
  added: 'added',
  removed: 'removed',
  changed: 'other type',
  unknown: 'not known'
};

export function DriftTable(props: { drift: IDatasetDrift }): React.ReactElement {
  const { drift } = props;
  const { trans } = useUi();
  return (
    <div className="mj-scroll mj-page mj-top" tabIndex={0}>
      <table className="mj-tbl">
        <thead>
          <tr>
            <th scope="col">{trans.__('column')}</th>
            <th scope="col">{trans.__('drift')}</th>
            <th scope="col" className="mj-num">
              PSI
            </th>
            <th scope="col">{trans.__('before')}</th>
            <th scope="col">{trans.__('now')}</th>
            <th scope="col">{trans.__('what moved')}</th>
          </tr>
        </thead>
        <tbody>
          {drift.columns.map((column, index) => (
            <Line key={index} column={column} />
          ))}
        </tbody>
      </table>
      <More amount={drift.more} noun={trans.__('columns')} />
    </div>
  );
}

function Line(props: { column: IColumnDrift }): React.ReactElement {
  const { column } = props;
  return (
    <tr>
      <th scope="row">
        <Label text={column.name} />{' '}
        <span className="mj-faint mj-type">{cut((column.new ?? column.old)?.type ?? '', 24)}</span>
      </th>
      <td>
        <span className={`mj-verdict mj-verdict-${WORDS[column.verdict] ? column.verdict : 'unknown'}`}>
          {WORDS[column.verdict] ?? cut(column.verdict, 20)}
        </span>
      </td>
      <td className="mj-num">
        {column.psi === null || column.psi === undefined ? '' : number(Number(column.psi.toFixed(3)))}
      </td>
      <Side column={column.old} />
      <Side column={column.new} />
      <td className="mj-dim">
        <bdi>{column.about}</bdi>
      </td>
    </tr>
  );
}

function Side(props: { column?: IColumnView | null }): React.ReactElement {
  const { column } = props;
  return (
    <td title={column?.range_text || undefined}>
      {column ? (
        <span className="mj-before">
          <Distribution column={column} /> <bdi className="mj-mono mj-dim">{column.spread_text}</bdi>
        </span>
      ) : (
        <span className="mj-faint">–</span>
      )}
    </td>
  );
}
