"""The list of runs, its tabs and its commands, in JupyterLab and Notebook."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.ui.lab.conftest import Jupyter

pytestmark = pytest.mark.browser
Notebook = Callable[..., str]
Open = Callable[[str], "Page"]

ROW = ".mlrun-panel .mj-row"
ANOTHER = """
import mlrun_jupyter as m

def another(context):
    context.log_result("rows", 150)

m.run_local(handler=another, name="{name}")
"""


@pytest.fixture
def panel(notebook: Notebook, open_lab: Open, request: pytest.FixtureRequest) -> Page:
    """JupyterLab with the list of runs open."""
    page = open_lab(notebook(f"{request.node.name[:40]}.ipynb", "runs['train']"))
    page.locator("[data-id=mlrun-jupyter-runs]").first.click()
    page.wait_for_selector(ROW)
    return page


def find(panel: Page, name: str) -> Locator:
    """The newest run of a name, wherever the list stands: other tests add runs of theirs."""
    panel.locator(".mj-search input").fill(f"name:{name}")
    panel.wait_for_function(
        "([rows, name]) => { const found = [...document.querySelectorAll(rows)];"
        " return found.length > 0 && found.every(row => row.textContent.includes(name)) }",
        arg=[ROW, name],
    )
    return panel.locator(ROW).first


def test_runs_are_listed_with_state_and_results(panel: Page) -> None:
    row = find(panel, "train")
    assert row.get_by_role("img").get_attribute("aria-label") == "completed"
    assert "accuracy 0.97" in row.inner_text()
    assert "ValueError: found <b>4</b> classes" in find(panel, "broken").inner_text()


def test_a_new_run_appears_by_itself(panel: Page, jupyter: Jupyter) -> None:
    jupyter.python(ANOTHER.format(name="fresh"))
    panel.wait_for_selector(f"{ROW}:has-text('fresh')", timeout=5_000)


def test_a_filter_narrows_the_list_and_says_how_it_was_understood(panel: Page) -> None:
    panel.locator(".mj-search input").fill("name:train accuracy > 0.975 state:completed")
    panel.wait_for_selector(".mj-understood:has-text('results.accuracy > 0.975')")
    panel.wait_for_function(f"document.querySelectorAll('{ROW}').length === 1")
    panel.locator(".mj-search input").fill("stat:completed")
    panel.wait_for_selector(".mj-search .mj-trouble:has-text('did you mean state?')")


def test_the_keyboard_moves_chooses_and_opens(panel: Page) -> None:
    panel.locator(".mj-search input").fill("name:train")
    panel.wait_for_function(f"document.querySelectorAll('{ROW}').length === 2")
    panel.locator(".mj-rows").focus()
    panel.keyboard.press("ArrowDown")
    panel.keyboard.press("Shift+ArrowDown")
    assert panel.locator(f"{ROW}[aria-selected=true]").count() == 2
    panel.keyboard.press("Enter")
    panel.wait_for_selector(".mlrun-tab .mj-tabs")


def test_a_double_click_opens_the_run_in_a_tab(panel: Page) -> None:
    find(panel, "sweep").dblclick()
    panel.wait_for_selector(".mlrun-tab .mj-parallel")
    panel.locator(".mlrun-tab [role=tab]:has-text('Log')").click()
    panel.wait_for_selector(".mlrun-tab .mj-log")


def test_the_log_has_colours_and_nothing_else_of_what_terminals_obey(panel: Page) -> None:
    find(panel, "train").dblclick()
    panel.locator(".mlrun-tab [role=tab]:has-text('Log')").click()
    line = panel.locator(".mlrun-tab .mj-log-line").first
    line.wait_for()
    assert line.locator(".mj-a2").inner_text() == "reading"
    assert "␛]0;title␇" in line.inner_text()


def test_the_panel_and_every_tab_can_be_used_by_everybody(
    panel: Page, faults: Callable[[Page, str], list[str]]
) -> None:
    assert faults(panel, ".mlrun-panel") == []
    find(panel, "train").dblclick()
    for tab in panel.locator(".mlrun-tab [role=tab]").all():
        tab.click()
        assert faults(panel, ".mlrun-tab") == []


def test_chosen_runs_are_compared_from_the_menu(panel: Page) -> None:
    panel.locator(".mj-search input").fill("name:train")
    panel.wait_for_function(f"document.querySelectorAll('{ROW}').length === 2")
    panel.locator(ROW).nth(0).click()
    panel.locator(ROW).nth(1).click(modifiers=["Shift"])
    panel.locator(ROW).nth(1).click(button="right")
    panel.locator(".lm-Menu-item:has-text('Compare Runs')").click()
    panel.wait_for_selector(".mlrun-tab .mj-cmp")
    assert panel.locator(".mlrun-tab .mj-cmp tbody th[scope=row]").all_inner_texts() == ["eta", "accuracy", "loss"]


def test_the_menu_inserts_a_cell_that_loads_the_run(panel: Page) -> None:
    find(panel, "train").click(button="right")
    panel.locator(".lm-Menu-item:has-text('Insert Cell')").click()
    cell = panel.locator(".jp-Notebook .jp-Cell .cm-content", has_text="get_run_db")
    cell.wait_for()
    assert 'read_run("' in cell.inner_text()


def test_deleting_can_be_taken_back(panel: Page, jupyter: Jupyter) -> None:
    jupyter.python(ANOTHER.format(name="doomed"))
    row = panel.locator(ROW, has_text="doomed").first
    row.click(button="right")
    panel.locator(".lm-Menu-item:has-text('Delete')").click()
    panel.locator(".jp-toast-button:has-text('Undo')").click()
    panel.wait_for_timeout(7000)
    assert row.is_visible()
    row.click(button="right")
    panel.locator(".lm-Menu-item:has-text('Delete')").click()
    row.wait_for(state="detached", timeout=15_000)


def test_notebook_7_lists_runs_and_opens_each_on_a_page_of_its_own(
    notebook: Notebook, page: Page, jupyter: Jupyter
) -> None:
    name = notebook("seven.ipynb", "runs['train']")
    page.goto(jupyter.address(f"notebooks/{name}"))
    page.wait_for_selector(".jp-Notebook .mj-kpi b", timeout=60_000)
    search = page.locator(".jp-ModalCommandPalette .lm-CommandPalette-input")
    while not search.is_visible():  # keys do nothing before the page has its shortcuts
        page.locator(".jp-Notebook .jp-InputPrompt").first.click()
        page.keyboard.press("Control+Shift+C")
        page.wait_for_timeout(1000)
    search.fill("Show Runs")
    page.locator(".jp-ModalCommandPalette [data-command='mlrun-jupyter:show-runs']").click()
    page.wait_for_selector(ROW)
    with page.expect_popup() as opened:
        find(page, "sweep").dblclick()
    opened.value.wait_for_selector(".mj-dash .mj-parallel")
    assert "/mlrun-jupyter/#/runs/" in opened.value.url
    opened.value.close()


def test_the_dashboard_of_a_jupyter_server_can_do_what_a_service_s_can(page: Page, jupyter: Jupyter) -> None:
    jupyter.python(ANOTHER.format(name="spare"))
    page.goto(jupyter.address("mlrun-jupyter/"))
    row = page.locator(".mj-grid tbody tr", has_text="spare")
    row.get_by_role("checkbox").check()
    page.locator(".mj-deeds .mj-btn:has-text('Rerun')").click()
    command = page.locator(".mj-toast code").inner_text()
    assert command.startswith("mlrun rerun ") and "--db" not in command
    page.locator(".mj-deeds .mj-btn:has-text('Delete')").click()
    row.wait_for(state="detached", timeout=20_000)
