"""Runs, lists, artifacts and comparisons as ipywidgets: to be put into layouts, and observed.

Example
-------
::

    from ipywidgets import VBox
    from mlrun_jupyter.widgets import RunsTable, RunView

    table = RunsTable(get_run_db().list_runs())
    table.observe(lambda change: print(change.new), "selection")
    VBox([table, RunView(run)])
"""

from __future__ import annotations

from mlrun_jupyter.widgets.cards import ArtifactView, CompareView, DatasetView, RunsTable, RunView

__all__ = ["ArtifactView", "CompareView", "DatasetView", "RunView", "RunsTable"]
