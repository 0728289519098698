/** What an artifact holds: its card, and its content by form. */
import { useQuery } from '@tanstack/react-query';
import * as React from 'react';

import type { IRunClient, RequestError } from './client';
import { useUi } from './context';
import { count, cut, size } from './format';
import { Frame } from './Frame';
import { EntryTable, isNumeric, kindMark, Label, More, Trouble } from './parts';
import type { IArtifactItem, IColumnView, IContent, IDatasetView } from './types';

const PAGE = 50;

/** An artifact below the card that it was chosen in. */
export function ArtifactPanel(props: { item: IArtifactItem; close: () => void }): React.ReactElement {
  const { item } = props;
  const { trans } = useUi();
  const [columns, setColumns] = React.useState(false);
  return (
    <section className="mj-artifact" aria-label={cut(item.key, 80)}>
      <div className="mj-artifact-head">
        <span className="mj-icon" aria-hidden="true">
          {kindMark(item.kind)}
        </span>
        <b>
          <Label text={item.key} />
        </b>
        <span className="mj-dim">{item.about}</span>
        {item.hash && <code className="mj-faint">{cut(item.hash.slice(0, 8))}</code>}
        <span className="mj-grow" />
        {item.kind === 'dataset' && (
          <button
            type="button"
            className="mj-btn"
            aria-pressed={columns}
            onClick={() => setColumns(!columns)}
          >
            {columns ? trans.__('Rows') : trans.__('Columns')}
          </button>
        )}
        <button type="button" className="mj-btn" onClick={props.close} aria-label={trans.__('Close')}>
          ✕
        </button>
      </div>
      {columns ? <ColumnsOf item={item} /> : <ContentOf item={item} />}
    </section>
  );
}

function ColumnsOf(props: { item: IArtifactItem }): React.ReactElement {
  const { client } = useUi();
  const query = useQuery<IDatasetView, RequestError>({
    queryKey: ['artifact', props.item],
    queryFn: ({ signal }) => (client as IRunClient).artifact(props.item, signal),
    enabled: client !== null,
    retry: false
  });
  if (query.error) {
    return <Trouble error={query.error} retry={() => void query.refetch()} />;
  }
  return query.data ? <ColumnTable view={query.data} /> : <Waiting />;
}

export function ContentOf(props: { item: IArtifactItem }): React.ReactElement {
  const { client } = useUi();
  const [offset, setOffset] = React.useState(0);
  const query = useQuery<IContent, RequestError>({
    queryKey: ['content', props.item, offset],
    queryFn: ({ signal }) => (client as IRunClient).content(props.item, offset, signal),
    enabled: client !== null,
    placeholderData: before => before,
    retry: false
  });
  if (query.error) {
    return <Trouble error={query.error} retry={() => void query.refetch()} />;
  }
  return query.data ? <Content content={query.data} title={props.item.key} page={setOffset} /> : <Waiting />;
}

function Waiting(): React.ReactElement {
  const { trans } = useUi();
  return <p className="mj-quiet">{trans.__('Loading …')}</p>;
}

/** The viewer of each form; a form that nobody knows is shown as what it says about itself. */
export function Content(props: {
  content: IContent;
  title: string;
  page: (offset: number) => void;
}): React.ReactElement {
  const { content } = props;
  const { trans } = useUi();
  return (
    <div className="mj-content">
      {content.note && <p className="mj-quiet">{cut(content.note, 300)}</p>}
      {content.form === 'table' && <TablePage content={content} page={props.page} />}
      {content.form === 'image' && (
        <img
          className="mj-image"
          src={`data:${content.media};base64,${content.data}`}
          alt={cut(props.title, 80)}
        />
      )}
      {(content.form === 'html' || content.form === 'svg') && (
        <Frame page={content.text ?? ''} title={cut(props.title, 80)} />
      )}
      {(content.form === 'text' || content.form === 'vega' || content.form === 'plotly') && (
        <pre className="mj-pre" tabIndex={0}>
          {readable(content)}
        </pre>
      )}
      {content.form === 'folder' && (
        <ul className="mj-files" tabIndex={0}>
          {(content.files ?? []).map((file, index) => (
            <li key={index}>
              <bdi>{cut(file, 300)}</bdi>
            </li>
          ))}
        </ul>
      )}
      {content.form === 'binary' && (
        <p className="mj-quiet">{trans.__('%1 of binary data', size(content.size))}</p>
      )}
      {content.cut && content.form === 'text' && <p className="mj-more">{trans.__('… cut here')}</p>}
    </div>
  );
}

function readable(content: IContent): string {
  const text = content.text ?? '';
  if (content.language !== 'json' || content.cut) {
    return text;
  }
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function TablePage(props: { content: IContent; page: (offset: number) => void }): React.ReactElement {
  const { content } = props;
  const { trans } = useUi();
  const rows = content.rows ?? [];
  const offset = content.offset ?? 0;
  const total = content.total ?? null;
  const numeric = (content.header ?? []).map((_, index) =>
    rows.some(row => row[index] && isNumeric(row[index]))
  );
  const range = `${(offset + 1).toLocaleString('en-US')} – ${(offset + rows.length).toLocaleString('en-US')}`;
  return (
    <>
      <div className="mj-scroll mj-page" tabIndex={0}>
        <table className="mj-tbl">
          <thead>
            <tr>
              <th scope="col" className="mj-num mj-faint" aria-label={trans.__('row')} />
              {(content.header ?? []).map((name, index) => (
                <th key={index} scope="col" className={numeric[index] ? 'mj-num' : undefined}>
                  <Label text={name} limit={28} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                <th scope="row" className="mj-num mj-faint">
                  {offset + index}
                </th>
                {row.map((cell, column) => (
                  <td
                    key={column}
                    className={numeric[column] ? 'mj-num' : undefined}
                    title={cell.full || undefined}
                  >
                    <bdi>{cell.text}</bdi>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="mj-pager">
        <button
          type="button"
          className="mj-btn"
          disabled={offset === 0}
          onClick={() => props.page(Math.max(0, offset - PAGE))}
        >
          ‹
        </button>
        <span className="mj-dim mj-tab">
          {rows.length ? range : trans.__('no rows')}
          {total !== null ? ` ${trans.__('of %1', total.toLocaleString('en-US'))}` : ''}
        </span>
        <button
          type="button"
          className="mj-btn"
          disabled={!content.cut}
          onClick={() => props.page(offset + PAGE)}
        >
          ›
        </button>
        {(content.more_columns ?? 0) > 0 && (
          <span className="mj-faint">
            {trans.__('%1 not shown', count(content.more_columns ?? 0, 'column'))}
          </span>
        )}
      </div>
    </>
  );
}

/** A data set's columns with what is known of their values. */
export function ColumnTable(props: { view: IDatasetView }): React.ReactElement {
  const { view } = props;
  const { trans } = useUi();
  if (!view.columns.length) {
    return (
      <div className="mj-facts">
        <EntryTable entries={view.facts.entries} />
      </div>
    );
  }
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
          {view.columns.map((column, index) => (
            <Column key={index} column={column} />
          ))}
        </tbody>
      </table>
      <More amount={view.more} noun={trans.__('columns')} />
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
        <Histogram counts={column.histogram} />
      </td>
      <td className={`mj-num${column.nulls_text && column.nulls_text !== '0' ? ' mj-warn' : ''}`}>
        {column.nulls_text}
      </td>
      <td className="mj-num">{column.distinct_text}</td>
      <td className="mj-mono mj-dim">
        <bdi>{column.range_text}</bdi>
      </td>
      <td className="mj-mono">
        <bdi>{column.spread_text}</bdi>
      </td>
    </tr>
  );
}

export function Histogram(props: { counts: readonly number[] }): React.ReactElement | null {
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
      <path className="mj-bars" d={bars} />
    </svg>
  );
}

/** A data set, model or other artifact as its own card. */
export function DatasetCard(props: { view: IDatasetView }): React.ReactElement {
  const { view } = props;
  const { client, trans } = useUi();
  const [rows, setRows] = React.useState(false);
  const { item } = view;
  const canRead = client !== null && Boolean(item.project);
  return (
    <article className="mj-card" aria-label={cut(item.key, 80)}>
      <header className="mj-head">
        <h3 className="mj-name">
          <span className="mj-icon" aria-hidden="true">
            {kindMark(item.kind)}
          </span>
          <Label text={item.key} />
        </h3>
        <span className="mj-dim">{[item.kind, item.about, item.tag].filter(Boolean).join(' · ')}</span>
        {item.hash && <code className="mj-faint">{cut(item.hash.slice(0, 8))}</code>}
        {canRead && (
          <span className="mj-actions">
            <button type="button" className="mj-btn" aria-pressed={rows} onClick={() => setRows(!rows)}>
              {rows ? trans.__('Columns') : trans.__('Content')}
            </button>
          </span>
        )}
      </header>
      {rows ? <ContentOf item={item} /> : <ColumnTable view={view} />}
      {!rows && view.columns.length > 0 && view.facts.entries.length > 0 && (
        <details className="mj-facts">
          <summary>{trans.__('Details')}</summary>
          <EntryTable entries={view.facts.entries} />
        </details>
      )}
    </article>
  );
}
