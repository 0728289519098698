/** The list of runs in the side bar. */
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import type { IRunRef } from '../ui/client';
import { Root } from '../ui/Root';
import { RunsPanel } from '../ui/RunsPanel';
import { runsIcon } from './icon';
import { CommandIDs, PluginIDs } from './ids';
import { Mount } from './mount';
import { addSelection } from './selected';
import { IStore } from './store';

class RunsWidget extends Mount {
  private shown = false;
  private project = '*';

  constructor(
    private readonly store: IStore,
    private readonly onSelect: (refs: readonly IRunRef[]) => void
  ) {
    super();
    const { trans } = store;
    this.id = 'mlrun-jupyter-runs';
    this.addClass('mlrun-panel');
    this.title.icon = runsIcon;
    this.title.caption = trans.__('Runs');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Runs'));
    this.draw();
  }

  set projects(project: string) {
    this.project = project;
    this.draw();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.setShown(true);
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.setShown(this.isVisible);
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.setShown(false);
  }

  protected override onBeforeDetach(message: Message): void {
    super.onBeforeDetach(message);
    this.setShown(false);
  }

  private setShown(shown: boolean): void {
    this.shown = shown;
    this.draw();
  }

  protected element(): React.ReactElement {
    const { ui, queries } = this.store;
    const panel = React.createElement(RunsPanel, {
      visible: this.shown,
      project: this.project,
      onSelect: this.onSelect
    });
    return React.createElement(Root, { ui, queries, children: panel });
  }
}

export const runsPanel: JupyterFrontEndPlugin<void> = {
  id: PluginIDs.runsPanel,
  description: 'Lists runs in the side bar, live.',
  autoStart: true,
  requires: [IStore],
  optional: [ILayoutRestorer, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    store: IStore,
    restorer: ILayoutRestorer | null,
    settings: ISettingRegistry | null
  ): void => {
    const { trans } = store;
    const panel = new RunsWidget(store, addSelection(store));
    app.shell.add(panel, 'left', { rank: 450, type: 'Runs' });
    restorer?.add(panel, panel.id);
    app.commands.addCommand(CommandIDs.showPanel, {
      label: trans.__('Show Runs'),
      caption: trans.__('Show the list of runs in the side bar'),
      icon: runsIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => app.shell.activateById(panel.id)
    });
    app.commands.addCommand(CommandIDs.refresh, {
      label: trans.__('Refresh Runs'),
      caption: trans.__('Read the list of runs again'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => store.queries.invalidateQueries({ queryKey: ['runs'] })
    });
    if (settings) {
      void follow(settings, panel);
    }
  }
};

async function follow(registry: ISettingRegistry, panel: RunsWidget): Promise<void> {
  try {
    const settings = await registry.load(PluginIDs.runsPanel);
    const apply = (): void => {
      panel.projects = String(settings.get('project').composite ?? '*') || '*';
    };
    settings.changed.connect(apply);
    apply();
  } catch (error) {
    console.warn('The settings of the runs panel cannot be read:', error);
  }
}
