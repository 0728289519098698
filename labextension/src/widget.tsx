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

const queries = newQueries();

/** Requests that the kernel answers. */
function kernelClient(model: AnyModel<IModel>): HttpClient {
  let last = 0;
  return new HttpClient(
    (path, { method, signal }) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        const listen = (reply: IReply): void => {
          if (reply?.id === id) {
            model.off('msg:custom', listen);
            resolve(new Response(reply.body, { status: reply.status }));
          }
        };
        signal?.addEventListener('abort', () => {
          model.off('msg:custom', listen);
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
