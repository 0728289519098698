/** Names of plugins, commands and places; what others may refer to. */

export const PLUGIN = 'mlrun-jupyter';

export const PluginIDs = {
  store: `${PLUGIN}:store`,
  renderers: `${PLUGIN}:renderers`,
  tabs: `${PLUGIN}:tabs`,
  runsPanel: `${PLUGIN}:runs-panel`,
  commands: `${PLUGIN}:commands`,
  document: `${PLUGIN}:document`
} as const;

export const CommandIDs = {
  openRun: `${PLUGIN}:open-run`,
  compareRuns: `${PLUGIN}:compare-runs`,
  rerun: `${PLUGIN}:rerun`,
  abortRun: `${PLUGIN}:abort-run`,
  deleteRuns: `${PLUGIN}:delete-runs`,
  copyUid: `${PLUGIN}:copy-uid`,
  insertCell: `${PLUGIN}:insert-cell`,
  openDashboard: `${PLUGIN}:open-dashboard`,
  showPanel: `${PLUGIN}:show-runs`,
  refresh: `${PLUGIN}:refresh-runs`
} as const;

/** The class that context menus select rows by. */
export const ROW_SELECTOR = '.mlrun-panel .mj-row';
