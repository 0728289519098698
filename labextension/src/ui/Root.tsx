/** What hosts mount. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import * as React from 'react';

import { DatasetCard } from './Artifact';
import { CompareCard } from './CompareCard';
import { type IUi, UiProvider } from './context';
import { LiveRunCard } from './RunCard';
import { TableCard } from './TableCard';
import type { ICompareView, IDatasetView, IRunView, ITableView } from './types';

/** Versions of the views that this UI can show. */
export const VERSION = 1;

/** One for all parts of a page, so that they share what was read. */
export function newQueries(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { refetchOnWindowFocus: false, staleTime: 500 } } });
}

export function Root(props: {
  ui: IUi;
  queries: QueryClient;
  children: React.ReactNode;
}): React.ReactElement {
  return (
    <QueryClientProvider client={props.queries}>
      <UiProvider value={props.ui}>
        <Fence>
          <div className="mlrun-ui">{props.children}</div>
        </Fence>
      </UiProvider>
    </QueryClientProvider>
  );
}

/** A view that cannot be shown is said to be one, and takes nothing else with it. */
export class Fence extends React.Component<{ children: React.ReactNode }, { failed: Error | null }> {
  override state: { failed: Error | null } = { failed: null };

  static getDerivedStateFromError(failed: Error): { failed: Error } {
    return { failed };
  }

  override render(): React.ReactNode {
    return this.state.failed ? (
      <div className="mlrun-ui">
        <p className="mj-quiet" role="alert">
          This cannot be shown: {this.state.failed.message.slice(0, 200)}
        </p>
      </div>
    ) : (
      this.props.children
    );
  }
}

/** The kinds of views that have a card; the last part of their MIME type. */
export const KINDS = ['run', 'runs', 'artifacts', 'functions', 'dataset', 'artifact', 'compare'] as const;
export type Kind = (typeof KINDS)[number];

export function mimeType(kind: Kind): string {
  return `application/vnd.mlrun-jupyter.${kind}+json`;
}

/** Whether a document from a notebook or a message is a view that a card can be made of. */
export function canShow(data: unknown): data is { kind: Kind } {
  if (typeof data !== 'object' || data === null) {
    return false;
  }
  const { kind, version } = data as { kind?: unknown; version?: unknown };
  return KINDS.includes(kind as Kind) && typeof version === 'number' && version <= VERSION;
}

/** The card of a view; `kind` decides which. */
export function Card(props: { view: { kind: Kind } }): React.ReactElement {
  const view: unknown = props.view;
  switch (props.view.kind) {
    case 'run':
      return <LiveRunCard view={view as IRunView} />;
    case 'dataset':
    case 'artifact':
      return <DatasetCard view={view as IDatasetView} />;
    case 'compare':
      return <CompareCard view={view as ICompareView} />;
    default:
      return <TableCard view={view as ITableView} />;
  }
}
