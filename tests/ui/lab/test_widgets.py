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


def run_table(open_lab: Callable[[str], Page], jupyter: Jupyter, name: str) -> Page:
    """A notebook whose cell has shown the widgets."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(TABLE)], metadata=kernel)
    nbformat.write(book, jupyter.folder / name)
    page = open_lab(name)
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel != null", timeout=60_000
    )
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.info.then(() => null)")
    page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    page.locator(".mj-card .mj-tbl tbody tr").first.wait_for(timeout=60_000)
    return page


def test_a_choice_in_the_table_reaches_the_kernel(open_lab: Callable[[str], Page], jupyter: Jupyter) -> None:
    page = run_table(open_lab, jupyter, "widgets.ipynb")
    rows = page.locator(".mj-card .mj-tbl tbody tr")
    rows.nth(0).click()
    page.wait_for_selector(".widget-html:has-text('chosen: [0.97]')")
    rows.nth(1).click(modifiers=["Control"])
    page.wait_for_selector(".widget-html:has-text('chosen: [0.97, 0.98]')")
    page.locator(".mj-items .mj-link:has-text('iris')").click()  # answered by the kernel
    page.locator(".mj-artifact .mj-sides .mj-btn:has-text('Rows')").click()
    page.wait_for_selector(".mj-content td:has-text('5.1')")


def test_widgets_of_a_saved_notebook_are_there_without_their_kernel(
    open_lab: Callable[[str], Page], jupyter: Jupyter
) -> None:
    page = run_table(open_lab, jupyter, "kept.ipynb")
    page.evaluate(
        "window.jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState').then(() => null)"
    )
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save').then(() => null)")
    jupyter.end_kernels()
    page = open_lab("kept.ipynb")
    page.wait_for_selector(".mj-card .mj-tbl tbody tr")
    assert page.locator(".widget-html").inner_text() == "nothing chosen"
    assert page.locator(".mj-kpi b").first.inner_text() == "0.97"
    page.locator(".mj-items .mj-link:has-text('iris')").click()
    page.wait_for_selector(".mj-artifact .mj-trouble:has-text('run the cell again')")
