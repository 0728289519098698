/** An artifact: a data set, a model, a chart, a file, a folder. Its card, and the panel below the card of its run. */
import { useQuery } from '@tanstack/react-query';
import * as React from 'react';

import type { IRunClient, RequestError } from './client';
import { useUi } from './context';
import { cut } from './format';
import { EntryTable, kindMark, Label, Labels, Trouble } from './parts';
import type { IArtifactItem, IContent, IDatasetView } from './types';
import { Columns } from './viewers/Columns';
import { Drift } from './viewers/Drift';
import { Folder } from './viewers/Folder';
import { Model } from './viewers/Model';
import { viewerOf } from './viewers/registry';
import { firstQuestion } from './viewers/Rows';

type Side = 'columns' | 'model' | 'content' | 'drift' | 'about';

/** An artifact below the card that it was chosen in. */
export function ArtifactPanel(props: { item: IArtifactItem; close?: () => void }): React.ReactElement {
  const { item } = props;
  const { trans } = useUi();
  return (
    <section className="mj-artifact" aria-label={cut(item.key, 80)}>
      <Artifact key={keyOf(item)} item={item}>
        {props.close && (
          <button type="button" className="mj-btn" onClick={props.close} aria-label={trans.__('Close')}>
            ✕
          </button>
        )}
      </Artifact>
    </section>
  );
}

/** A data set, model or other artifact as its own card. */
export function DatasetCard(props: { view: IDatasetView }): React.ReactElement {
  const { item } = props.view;
  return (
    <article className="mj-card" aria-label={cut(item.key, 80)}>
      <Artifact key={keyOf(item)} item={item} view={props.view} />
    </article>
  );
}

function keyOf(item: IArtifactItem): string {
  return [item.project, item.db_key || item.key, item.uid ?? item.tag].join('/');
}

function Artifact(props: {
  item: IArtifactItem;
  view?: IDatasetView;
  children?: React.ReactNode;
}): React.ReactElement {
  const { item, view } = props;
  const { client } = useUi();
  const sides = sidesOf(item, view, client !== null && Boolean(item.project));
  const [chosen, setSide] = React.useState<Side>(sides[0]);
  const side = sides.includes(chosen) ? chosen : sides[0];
  return (
    <>
      <header className="mj-head">
        <h3 className="mj-name">
          <span className="mj-icon" aria-hidden="true">
            {kindMark(item.kind)}
          </span>
          <Label text={item.key} />
        </h3>
        <span className="mj-dim">{[item.kind, item.about, item.tag].filter(Boolean).join(' · ')}</span>
        {item.hash && <code className="mj-faint">{cut(item.hash.slice(0, 8))}</code>}
        <span className="mj-actions">
          <Sides sides={sides} side={side} choose={setSide} />
          {props.children}
        </span>
      </header>
      {side === 'content' ? (
        <ContentOf item={item} />
      ) : side === 'drift' ? (
        <Drift item={item} />
      ) : (
        <Told item={item} view={view} side={side} />
      )}
    </>
  );
}

function sidesOf(item: IArtifactItem, view: IDatasetView | undefined, readable: boolean): Side[] {
  const more: Side[] = readable ? ['content'] : [];
  if (item.kind === 'model' || view?.model) {
    return ['model', ...more];
  }
  if (view?.columns.length || (item.kind === 'dataset' && (!view || readable))) {
    const drift: Side[] = readable ? ['drift'] : [];
    return [view && !view.columns.length ? 'about' : 'columns', ...more, ...drift, 'about'].filter(
      (each, at, all) => all.indexOf(each) === at
    ) as Side[];
  }
  return [...more, 'about'];
}

function Sides(props: {
  sides: readonly Side[];
  side: Side;
  choose: (side: Side) => void;
}): React.ReactElement | null {
  const { trans } = useUi();
  const names: Record<Side, string> = {
    columns: trans.__('Columns'),
    model: trans.__('Model'),
    content: trans.__('Content'),
    drift: trans.__('Drift'),
    about: trans.__('About')
  };
  if (props.sides.includes('columns')) {
    names.content = trans.__('Rows');
  }
  if (props.sides.includes('model')) {
    names.content = trans.__('Files');
  }
  return props.sides.length > 1 ? (
    <span className="mj-sides" role="group">
      {props.sides.map(side => (
        <button
          key={side}
          type="button"
          className="mj-btn"
          aria-pressed={side === props.side}
          onClick={() => props.choose(side)}
        >
          {names[side]}
        </button>
      ))}
    </span>
  ) : null;
}

/** What is known of it without its data; read from the store where it did not come along. */
function Told(props: { item: IArtifactItem; view?: IDatasetView; side: Side }): React.ReactElement {
  const { item, side } = props;
  const { client } = useUi();
  const query = useQuery<IDatasetView, RequestError>({
    queryKey: ['artifact', item],
    queryFn: ({ signal }) => (client as IRunClient).artifact(item, signal),
    enabled: client !== null && props.view === undefined,
    retry: false
  });
  const view = props.view ?? query.data;
  if (query.error) {
    return <Trouble error={query.error} retry={() => void query.refetch()} />;
  }
  if (!view) {
    return <Waiting />;
  }
  if (side === 'model' && view.model) {
    return <Model view={view} model={view.model} />;
  }
  if (side === 'columns' && view.columns.length) {
    return <Columns view={view} />;
  }
  return (
    <div className="mj-facts">
      <EntryTable entries={view.facts.entries} />
      <Labels title="Labels" section={view.labels} />
    </div>
  );
}

/** The content of an artifact, or of a file in it, by the viewer of its form. */
export function ContentOf(props: { item: IArtifactItem; file?: string }): React.ReactElement {
  const { item, file } = props;
  const { client, trans } = useUi();
  const asked = firstQuestion(file);
  const query = useQuery<IContent, RequestError>({
    queryKey: ['content', item, asked],
    queryFn: ({ signal }) => (client as IRunClient).content(item, asked, signal),
    enabled: client !== null,
    staleTime: 60_000,
    retry: false
  });
  if (query.error) {
    return <Trouble error={query.error} retry={() => void query.refetch()} />;
  }
  const content = query.data;
  if (!content) {
    return <Waiting />;
  }
  const Viewer = viewerOf(content.form);
  return (
    <div className="mj-content">
      {content.note && (
        <p className="mj-quiet">
          {cut(content.note, 300)}{' '}
          {content.form === 'missing' && (
            <button type="button" className="mj-btn" onClick={() => void query.refetch()}>
              {trans.__('Retry')}
            </button>
          )}
        </p>
      )}
      {content.form === 'folder' ? (
        <Folder
          item={item}
          content={content}
          open={path => <ContentOf key={path} item={item} file={path} />}
        />
      ) : (
        <Viewer item={item} content={content} file={file} />
      )}
    </div>
  );
}

function Waiting(): React.ReactElement {
  const { trans } = useUi();
  return <p className="mj-quiet">{trans.__('Loading …')}</p>;
}
