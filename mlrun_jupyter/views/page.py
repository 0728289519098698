"""Which card renders which view."""

from __future__ import annotations

from mlrun_jupyter.views.base import View
from mlrun_jupyter.views.compare import CompareView
from mlrun_jupyter.views.compare_html import compare_card
from mlrun_jupyter.views.dataset import DatasetView
from mlrun_jupyter.views.dataset_html import artifact_card
from mlrun_jupyter.views.html import Html, card, element
from mlrun_jupyter.views.run import RunView
from mlrun_jupyter.views.run_html import run_card
from mlrun_jupyter.views.table import TableView
from mlrun_jupyter.views.table_html import table_card


def render(view: View) -> Html:
    """The view as one ``<div class="mlrun-card">`` with its style."""
    if isinstance(view, RunView):
        return run_card(view)
    if isinstance(view, TableView):
        return table_card(view)
    if isinstance(view, DatasetView):
        return artifact_card(view)
    if isinstance(view, CompareView):
        return compare_card(view)
    return card(element("p", view.kind))
