/** The kernel hears what the notebook holds, saved or not, before it runs a cell that may convert it. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { type INotebookModel, INotebookTracker, NotebookActions } from '@jupyterlab/notebook';

import { PluginIDs } from './ids';
import { text } from './python';

/** Cells with any of these may read their own notebook. */
const CONVERTS = /mlrun|nuclio|code_to_function|function_to_module/;

export const openDocument: JupyterFrontEndPlugin<void> = {
  id: PluginIDs.document,
  description: 'Gives the open notebook to its kernel before a cell that may convert it is run.',
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_app: JupyterFrontEnd, notebooks: INotebookTracker): void => {
    NotebookActions.executionScheduled.connect((_, { notebook, cell }) => {
      const panel = notebooks.find(each => each.content === notebook);
      const kernel = panel?.sessionContext.session?.kernel;
      const model = panel?.content.model;
      if (kernel && model && speaksPython(model) && CONVERTS.test(cell.model.sharedModel.getSource())) {
        // queued right before the cell itself, on the same channel
        void kernel
          .requestExecute({
            code: tell(model, panel.title.label),
            silent: true,
            store_history: false,
            stop_on_error: false
          })
          .done.catch(() => undefined);
      }
    });
  }
};

function speaksPython(model: INotebookModel): boolean {
  return ['', 'python', 'ipython'].includes(model.defaultKernelLanguage);
}

/** One expression that binds no name; nothing happens in a kernel that does not know this package. */
function tell(model: INotebookModel, name: string): string {
  const cells = Array.from(model.cells, ({ type, id, sharedModel, metadata }) => ({
    cell_type: type,
    id,
    source: sharedModel.getSource(),
    metadata: { tags: metadata.tags, mlrun: metadata.mlrun }
  }));
  const home = "__import__('mlrun_jupyter.functions.open_notebook', fromlist=['note_live'])";
  const known = "__import__('importlib.util', fromlist=['find_spec']).find_spec('mlrun_jupyter')";
  return `${known} and ${home}.note_live(${text(JSON.stringify(cells))}, ${text(name)})`;
}
