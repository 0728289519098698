"""Widgets on a real kernel, in JupyterLab."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import nbformat
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.ui.lab.conftest import Jupyter

pytestmark = pytest.mark.browser

TABLE = """\
from ipywidgets import HTML, VBox
import mlrun_jupyter as m
from mlrun_jupyter.widgets import RunsTable, RunView

runs = m.get_run_db().list_runs(name="=train")
table, told = RunsTable(runs), HTML("nothing chosen")
def choose(change):
    told.value = f"chosen: {[run.results['accuracy'] for run in table.selected]}"
table.observe(choose, "selection")
VBox([table, told, RunView(runs[0])])
"""


def test_a_choice_in_the_table_reaches_the_kernel(open_lab: Callable[[str], Page], jupyter: Jupyter) -> None:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(TABLE)], metadata=kernel)
    nbformat.write(book, jupyter.folder / "widgets.ipynb")
    page = open_lab("widgets.ipynb")
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel != null", timeout=60_000
    )
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.info.then(() => null)")
    page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    rows = page.locator(".mj-card .mj-tbl tbody tr")
    rows.first.wait_for(timeout=60_000)
    rows.nth(0).click()
    page.wait_for_selector(".widget-html:has-text('chosen: [0.97]')")
    rows.nth(1).click(modifiers=["Control"])
    page.wait_for_selector(".widget-html:has-text('chosen: [0.97, 0.98]')")
    page.locator(".mj-items .mj-link:has-text('iris')").click()  # answered by the kernel
    page.locator(".mj-artifact .mj-sides .mj-btn:has-text('Rows')").click()
    page.wait_for_selector(".mj-content td:has-text('5.1')")
