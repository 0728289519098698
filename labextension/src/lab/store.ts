/** What our plugins share: the store behind the server, what was read from it, and what the host can do. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { Token } from '@lumino/coreutils';
import type { QueryClient } from '@tanstack/react-query';

import type { IHost, IRunClient, IRunRef } from '../ui/client';
import type { IUi } from '../ui/context';
import { HttpClient } from '../ui/http';
import { newQueries } from '../ui/Root';
import { serverSend } from './connection';
import { CommandIDs, PluginIDs } from './ids';

export interface IStore {
  client: IRunClient;
  queries: QueryClient;
  trans: TranslationBundle;
  /** Everything that a part of the UI can reach. */
  ui: IUi;
  /** The same without the server: for what nobody has trusted. */
  inert: IUi;
}

export const IStore = new Token<IStore>('mlrun-jupyter:IStore', 'The runs that the Jupyter server can reach');

export const store: JupyterFrontEndPlugin<IStore> = {
  id: PluginIDs.store,
  description:
    'Gives the other plugins of mlrun_jupyter access to the runs that the Jupyter server can reach.',
  autoStart: true,
  provides: IStore,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null): IStore => {
    const trans = (translator ?? nullTranslator).load('mlrun_jupyter');
    const client = new HttpClient(serverSend(app.serviceManager.serverSettings));
    const host = hostOf(app);
    return {
      client,
      queries: newQueries(),
      trans,
      ui: { client, host, trans },
      inert: { client: null, host: {}, trans }
    };
  }
};

function hostOf(app: JupyterFrontEnd): IHost {
  const does =
    (command: string) =>
    (ref: IRunRef): void => {
      void app.commands.execute(command, { ...ref });
    };
  return {
    openRun: does(CommandIDs.openRun),
    rerun: does(CommandIDs.rerun),
    openCompare: refs =>
      void app.commands.execute(CommandIDs.compareRuns, { runs: refs.map(ref => ({ ...ref })) }),
    copy: text => Clipboard.copyToSystem(text)
  };
}
