/** What can be done with runs: every deed is a command. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, ICommandPalette, Notification } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';

import type { IRunRef } from '../ui/client';
import { CommandIDs, PluginIDs } from './ids';
import { loadCode, rerunCode } from './python';
import { argRefs, RUN_ARGS, RUNS_ARGS } from './refs';
import { selected } from './selected';
import { IStore } from './store';

/** Milliseconds in which a deletion can be taken back. */
const UNDO = 6000;

export const commands: JupyterFrontEndPlugin<void> = {
  id: PluginIDs.commands,
  description: 'Commands on runs: rerun, abort, delete, copy, insert.',
  autoStart: true,
  requires: [IStore],
  optional: [INotebookTracker, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    store: IStore,
    notebooks: INotebookTracker | null,
    palette: ICommandPalette | null
  ): void => {
    const { trans } = store;
    const runs = (args: Parameters<typeof argRefs>[0]): readonly IRunRef[] =>
      args.uid || args.runs ? argRefs(args) : selected(store);
    const inNotebook = (): boolean => Boolean(notebooks?.currentWidget);

    app.commands.addCommand(CommandIDs.copyUid, {
      label: trans.__('Copy Uid'),
      caption: trans.__('Copy the uid of a run'),
      describedBy: { args: RUN_ARGS },
      isEnabled: args => runs(args).length > 0,
      execute: args =>
        Clipboard.copyToSystem(
          runs(args)
            .map(ref => ref.uid)
            .join('\n')
        )
    });
    app.commands.addCommand(CommandIDs.insertCell, {
      label: trans.__('Insert Cell that Loads It'),
      caption: trans.__('Insert a cell below the active one that loads a run'),
      describedBy: { args: RUN_ARGS },
      isEnabled: args => inNotebook() && runs(args).length > 0,
      execute: args => insert(notebooks, runs(args).map(loadCode).join('\n'))
    });
    app.commands.addCommand(CommandIDs.rerun, {
      label: trans.__('Rerun'),
      caption: trans.__('Insert a cell below the active one that runs the same again'),
      describedBy: { args: RUN_ARGS },
      isEnabled: args => inNotebook() && runs(args).length > 0,
      execute: args => {
        if (!inNotebook()) {
          Notification.info(trans.__('Open a notebook first: a run is run again in its kernel.'));
          return;
        }
        insert(notebooks, runs(args).map(rerunCode).join('\n'));
      }
    });
    app.commands.addCommand(CommandIDs.abortRun, {
      label: trans.__('Abort'),
      caption: trans.__('Ask a run to end'),
      describedBy: { args: RUN_ARGS },
      isEnabled: args => runs(args).length > 0,
      execute: async args => {
        const asked = await Promise.allSettled(runs(args).map(ref => store.client.abort(ref)));
        tell(asked);
        await store.queries.invalidateQueries();
      }
    });
    app.commands.addCommand(CommandIDs.deleteRuns, {
      label: trans.__('Delete'),
      caption: trans.__('Delete runs with their metrics and logs; their artifacts stay'),
      describedBy: { args: RUNS_ARGS },
      isEnabled: args => runs(args).length > 0,
      execute: args => remove(store, [...runs(args)])
    });

    for (const command of [
      CommandIDs.showPanel,
      CommandIDs.openDashboard,
      CommandIDs.refresh,
      CommandIDs.compareRuns
    ]) {
      palette?.addItem({ command, category: trans.__('Runs') });
    }
  }
};

function insert(notebooks: INotebookTracker | null, source: string): void {
  const panel = notebooks?.currentWidget;
  if (!panel) {
    return;
  }
  NotebookActions.insertBelow(panel.content);
  panel.content.activeCell?.model.sharedModel.setSource(source);
  panel.content.activate();
}

/** Delete after a while in which it can be taken back. */
function remove(store: IStore, refs: IRunRef[]): void {
  const { trans } = store;
  let taken = false;
  const timer = setTimeout(() => {
    if (!taken) {
      void Promise.allSettled(refs.map(ref => store.client.remove(ref))).then(asked => {
        tell(asked);
        return store.queries.invalidateQueries();
      });
    }
  }, UNDO);
  Notification.info(
    trans.__('Deleting %1 …', refs.length === 1 ? refs[0].uid.slice(0, 6) : `${refs.length} runs`),
    {
      autoClose: UNDO,
      actions: [
        {
          label: trans.__('Undo'),
          callback: () => {
            taken = true;
            clearTimeout(timer);
          }
        }
      ]
    }
  );
}

function tell(asked: readonly PromiseSettledResult<unknown>[]): void {
  const failed = asked.find((each): each is PromiseRejectedResult => each.status === 'rejected');
  if (failed) {
    Notification.error(failed.reason instanceof Error ? failed.reason.message : String(failed.reason));
  }
}
