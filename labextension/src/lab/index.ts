/** The plugins of the JupyterLab and Notebook extension. Each can be switched off by itself. */
import { commands } from './commands';
import { openDocument } from './document';
import { runsPanel } from './panel';
import { renderers } from './renderers';
import { store } from './store';
import { tabs } from './tabs';

export { IStore } from './store';

export default [store, renderers, tabs, runsPanel, commands, openDocument];
