/** The UI as an anywidget: for VS Code, Colab, marimo, and for layouts of widgets. The kernel is its store. */
import type { AnyModel } from './anywidget';
import * as React from 'react';
import { createRoot } from 'react-dom/client';

import { type IRunRef } from './ui/client';
import { ENGLISH, type IUi } from './ui/context';
import { HttpClient } from './ui/http';
import { canShow, Card, newQueries, Root } from './ui/Root';
import { TableCard } from './ui/TableCard';
import type { ITableView } from './ui/types';

interface IModel extends Record<string, unknown> {
  view: unknown;
  selection: IRunRef[];
}

interface IReply {
  id: number;
  status: number;
  body: string;
}

/** Milliseconds until a kernel that says nothing is told of: it executes a cell, or there is none. */
const PATIENCE = 10_000;

const queries = newQueries();

const SILENT = JSON.stringify({
  message: 'The kernel does not answer.',
  hint: 'It is busy, or it is not the one that made this: run the cell again.'
});

/** Requests that the kernel answers. */
function kernelClient(model: AnyModel<IModel>): HttpClient {
  let last = 0;
  return new HttpClient(
    (path, { method, signal }) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        const end = (): void => {
          model.off('msg:custom', listen);
          clearTimeout(waiting);
        };
        const listen = (reply: IReply): void => {
          if (reply?.id === id) {
            end();
            resolve(new Response(reply.body, { status: reply.status }));
          }
        };
        const waiting = setTimeout(() => {
          end();
          resolve(new Response(SILENT, { status: 503 }));
        }, PATIENCE);
        signal?.addEventListener('abort', () => {
          end();
          reject(new DOMException('Aborted', 'AbortError'));
        });
        model.on('msg:custom', listen);
        model.send({ id, method, path });
      })
  );
}

function render({ model, el }: { model: AnyModel<IModel>; el: HTMLElement }): () => void {
  const ui: IUi = {
    client: kernelClient(model),
    host: { copy: text => void navigator.clipboard?.writeText(text) },
    trans: ENGLISH
  };
  const root = createRoot(el);
  const select = (refs: readonly IRunRef[]): void => {
    model.set('selection', [...refs]);
    model.save_changes();
  };
  const draw = (): void => {
    const view = model.get('view');
    root.render(
      <Root ui={ui} queries={queries}>
        {!canShow(view) ? (
          <p className="mj-quiet">This was written by a newer version of mlrun_jupyter.</p>
        ) : view.kind === 'runs' ? (
          <TableCard view={view as unknown as ITableView} select={select} />
        ) : (
          <Card view={view} />
        )}
      </Root>
    );
  };
  model.on('change:view', draw);
  draw();
  return () => {
    model.off('change:view', draw);
    root.unmount();
  };
}

export default { render };
