/** Cards in notebooks: what `run.show()` left in an output, drawn, and followed while the run goes on. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import * as React from 'react';

import { canShow, Card, type Kind, KINDS, mimeType, Root } from '../ui/Root';
import { PluginIDs } from './ids';
import { Mount } from './mount';
import { IStore } from './store';

/** Ahead of HTML, which the same output carries for hosts without us. */
const RANK = 40;

class CardRenderer extends Mount implements IRenderMime.IRenderer {
  private data: unknown = null;
  private trusted = false;

  constructor(
    private readonly type: string,
    private readonly store: IStore
  ) {
    super();
    this.addClass('mlrun-output');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.data = model.data[this.type];
    this.trusted = model.trusted;
    this.draw();
    return Promise.resolve();
  }

  /** A notebook that nobody trusts is shown and no more: nothing is asked, nothing can be done. */
  protected element(): React.ReactElement {
    const { ui, inert, queries } = this.store;
    const view = this.data;
    return React.createElement(Root, {
      ui: this.trusted ? ui : inert,
      queries,
      children: canShow(view)
        ? React.createElement(Card, { view })
        : React.createElement(
            'p',
            { className: 'mj-quiet' },
            this.store.trans.__('Written by a newer version of mlrun_jupyter.')
          )
    });
  }
}

export const renderers: JupyterFrontEndPlugin<void> = {
  id: PluginIDs.renderers,
  description: 'Shows runs, lists, data sets and comparisons in the outputs of notebooks.',
  autoStart: true,
  requires: [IRenderMimeRegistry, IStore],
  activate: (_app: JupyterFrontEnd, registry: IRenderMimeRegistry, store: IStore): void => {
    for (const kind of KINDS) {
      registry.addFactory(factory(kind, store), RANK);
    }
  }
};

function factory(kind: Kind, store: IStore): IRenderMime.IRendererFactory {
  return {
    safe: true, // text nodes only, and inert where the notebook is not trusted
    mimeTypes: [mimeType(kind)],
    createRenderer: options => new CardRenderer(options.mimeType, store)
  };
}
