/** An artifact: what it is, and its versions. */
import { useQuery } from '@tanstack/react-query';
import * as React from 'react';

import { DatasetCard } from '../Artifact';
import type { IRunClient, RequestError } from '../client';
import { useUi } from '../context';
import { count, cut, size } from '../format';
import { useNow } from '../hooks';
import { Heading, More, Trouble } from '../parts';
import { addressOf } from '../places';
import type { IArtifactSummary, IDatasetView } from '../types';
import { useAsked } from './asked';
import { Maker, Moment } from './ListPage';

export function ArtifactPage(props: { project: string; artifact: string; uid: string }): React.ReactElement {
  const { project, artifact, uid } = props;
  const { client, trans } = useUi();
  const item = React.useMemo(
    () => ({ key: artifact, db_key: artifact, project, ...(uid ? { uid } : {}) }),
    [artifact, project, uid]
  );
  const card = useQuery<IDatasetView, RequestError>({
    queryKey: ['artifact', item],
    queryFn: ({ signal }) => (client as IRunClient).artifact(item, signal),
    enabled: client !== null,
    retry: false
  });
  const versions = useAsked(['versions', project, artifact], (catalog, signal) =>
    catalog.versions({ key: artifact, project }, signal)
  );
  if (card.error) {
    return <Trouble error={card.error} retry={() => void card.refetch()} />;
  }
  if (!card.data) {
    return <p className="mj-quiet">{trans.__('Loading …')}</p>;
  }
  const rows = versions.data?.rows ?? [];
  const older = versions.data?.more ?? 0;
  const current = uid || card.data.item.uid || rows[0]?.uid || '';
  return (
    <div className="mj-stack">
      <DatasetCard key={current} view={card.data} />
      {versions.error && <Trouble error={versions.error} retry={() => void versions.refetch()} />}
      {rows.length > 0 && <Versions rows={rows} older={older} current={current} place={props} />}
    </div>
  );
}

function Versions(props: {
  rows: readonly IArtifactSummary[];
  /** How many are not among the rows. */
  older: number;
  current: string;
  place: { project: string; artifact: string };
}): React.ReactElement {
  const { rows, older, current, place } = props;
  const { trans } = useUi();
  const now = useNow();
  return (
    <section>
      <Heading aside={count(rows.length + older, 'version')}>{trans.__('Versions')}</Heading>
      <div className="mj-scroll">
        <table className="mj-tbl mj-lines">
          <thead>
            <tr>
              <th scope="col">{trans.__('version')}</th>
              <th scope="col">{trans.__('tags')}</th>
              <th scope="col">{trans.__('about')}</th>
              <th scope="col" className="mj-num">
                {trans.__('size')}
              </th>
              <th scope="col">{trans.__('made by')}</th>
              <th scope="col">{trans.__('updated')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={row.uid} aria-current={row.uid === current ? 'true' : undefined}>
                <th scope="row">
                  <a
                    className="mj-link"
                    href={`#${addressOf({ view: 'artifact', project: place.project, key: place.artifact, uid: row.uid ?? '' })}`}
                  >
                    {`v${rows.length + older - index}`}{' '}
                    <code className="mj-faint">{cut((row.hash ?? '').slice(0, 8))}</code>
                  </a>
                  {row.iteration ? <span className="mj-faint"> #{row.iteration}</span> : null}
                </th>
                <td>
                  {(row.tags ?? []).map(tag => (
                    <span key={tag} className="mj-chip">
                      <bdi>{cut(tag, 24)}</bdi>
                    </span>
                  ))}
                </td>
                <td className="mj-dim">{row.about}</td>
                <td className="mj-num">{size(row.size)}</td>
                <td>
                  <Maker row={row} />
                </td>
                <td>
                  <Moment at={row.updated} now={now} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <More amount={older} noun={trans.__('versions')} />
    </section>
  );
}
