/** Runs and comparisons in tabs of the main area; in Notebook, which has none, on pages of their own. */
import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import * as React from 'react';

import { type IRunRef, refKey } from '../ui/client';
import { Compare } from '../ui/CompareCard';
import { addressOf, type IPlace } from '../ui/places';
import { Root } from '../ui/Root';
import { RunDetails } from '../ui/RunDetails';
import { runsIcon } from './icon';
import { CommandIDs, PluginIDs } from './ids';
import { Mount } from './mount';
import { argRefs, RUN_ARGS, RUNS_ARGS } from './refs';
import { selected } from './selected';
import { IStore } from './store';

class Tab extends Mount {
  constructor(
    private readonly store: IStore,
    readonly runs: readonly IRunRef[]
  ) {
    super();
    this.addClass('mlrun-tab');
    this.draw();
  }

  protected element(): React.ReactElement {
    const { ui, queries } = this.store;
    const children =
      this.runs.length === 1
        ? React.createElement(RunDetails, { run: this.runs[0] })
        : React.createElement(Compare, { refs: this.runs });
    return React.createElement(Root, { ui, queries, children });
  }
}

export const tabs: JupyterFrontEndPlugin<void> = {
  id: PluginIDs.tabs,
  description: 'Opens runs and comparisons.',
  autoStart: true,
  requires: [IStore],
  optional: [ILabShell, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    store: IStore,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null
  ): void => {
    const { trans } = store;
    const tracker = new WidgetTracker<MainAreaWidget<Tab>>({ namespace: 'mlrun-jupyter-tabs' });
    const page = (place: IPlace): void => {
      const { baseUrl } = app.serviceManager.serverSettings;
      window.open(`${baseUrl.replace(/\/*$/, '/')}mlrun-jupyter/#${addressOf(place)}`, '_blank', 'noopener');
    };
    const open = (runs: readonly IRunRef[]): void => {
      if (!labShell) {
        page(runs.length === 1 ? { view: 'run', run: runs[0] } : { view: 'compare', runs });
        return;
      }
      const id = `mlrun-jupyter:${runs.map(refKey).join('+')}`;
      let widget = tracker.find(each => each.id === id);
      if (!widget) {
        const content = new Tab(store, runs);
        widget = new MainAreaWidget({ content });
        widget.id = id;
        widget.title.icon = runsIcon;
        widget.title.closable = true;
        widget.title.label = trans.__('Compare %1 runs', runs.length);
        if (runs.length === 1) {
          widget.title.label = runs[0].uid.slice(0, 6);
          void label(store, runs[0], widget);
        }
        void tracker.add(widget);
        app.shell.add(widget, 'main', { type: 'Run' });
      }
      app.shell.activateById(widget.id);
    };
    app.commands.addCommand(CommandIDs.openRun, {
      label: trans.__('Open Run'),
      caption: trans.__('Open everything that is known of a run'),
      icon: runsIcon,
      describedBy: { args: RUN_ARGS },
      execute: args =>
        argRefs(args)
          .concat(args.uid ? [] : selected(store))
          .forEach(ref => open([ref]))
    });
    app.commands.addCommand(CommandIDs.compareRuns, {
      label: trans.__('Compare Runs'),
      caption: trans.__('Put runs beside one another: only what differs'),
      describedBy: { args: RUNS_ARGS },
      isEnabled: args => (args.runs ? argRefs(args) : selected(store)).length > 1,
      execute: args => open(args.runs ? argRefs(args) : selected(store))
    });
    app.commands.addCommand(CommandIDs.openDashboard, {
      label: trans.__('Open Dashboard'),
      caption: trans.__('Open projects, runs, artifacts and functions on a page of their own'),
      icon: runsIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => page({ view: 'projects' })
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.openRun,
      args: widget => ({ ...widget.content.runs[0] }),
      name: widget => widget.id
    });
  }
};

/** Name the tab after its run. */
async function label(store: IStore, run: IRunRef, widget: MainAreaWidget<Tab>): Promise<void> {
  try {
    const view = await store.queries.fetchQuery({
      queryKey: ['run', refKey(run)],
      queryFn: ({ signal }) => store.client.run(run, signal)
    });
    widget.title.label = `${view.name || 'run'}${run.iteration ? ` #${run.iteration}` : ''}`;
    widget.title.caption = `${view.name} ${run.uid}`;
  } catch {
    // the tab itself says why
  }
}
