"""Cards in notebooks, in JupyterLab, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import nbformat
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.ui.lab.conftest import Jupyter

pytestmark = pytest.mark.browser
Notebook = Callable[..., str]
Open = Callable[[str], "Page"]

LIVE = """\
import threading, time
import mlrun_jupyter as m

def slow(context):
    for step in range(40):
        context.log_metrics({"accuracy": step / 40}, step=step)
        time.sleep(0.1)
    context.log_result("accuracy", 0.975)

work = threading.Thread(target=lambda: m.run_local(handler=slow))
work.start()
while not (found := m.get_run_db().list_runs(name="=slow", state="running")):
    time.sleep(0.1)
found[0].show()
work.join()
"""


def test_a_reopened_notebook_shows_its_cards_without_a_kernel(
    notebook: Notebook, open_lab: Open, jupyter: Jupyter
) -> None:
    name = notebook(
        "saved.ipynb", "runs['train']", "runs['sweep']", "db.list_runs()", "db.list_runs(name='=train').compare()"
    )
    page = open_lab(name)
    page.wait_for_selector(".mlrun-ui .mj-kpi b")
    assert page.locator(".mj-card").first.locator(".mj-chip").inner_text() == "✓ completed"
    assert page.locator(".mj-kpi b").all_inner_texts()[:2] == ["0.98", "0.08"]
    assert page.locator(".jp-RenderedHTML .mlrun-card").count() == 0


def test_a_card_follows_its_run_while_the_cell_blocks(open_lab: Open, jupyter: Jupyter) -> None:
    cell = nbformat.v4.new_code_cell(LIVE)
    book = nbformat.v4.new_notebook(
        cells=[cell], metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    nbformat.write(book, jupyter.folder / "live.ipynb")
    page = open_lab("live.ipynb")
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel != null", timeout=60_000
    )
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.info.then(() => null)")
    page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector(".mj-chip:has-text('running')", timeout=30_000)
    first = page.locator(".mj-key b").first.inner_text()
    page.wait_for_function("text => document.querySelector('.mj-key b')?.textContent !== text", arg=first)
    assert page.locator(".jp-InputPrompt").first.inner_text() == "[*]:"
    page.wait_for_selector(".mj-chip:has-text('completed')", timeout=30_000)
    page.wait_for_selector(".mj-kpi b:has-text('0.975')")


def test_a_notebook_that_nobody_trusts_asks_the_server_nothing(
    notebook: Notebook, page: Page, jupyter: Jupyter
) -> None:
    name = notebook("stranger.ipynb", "runs['train']", trusted=False, state="running")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/mlrun-jupyter/api/" in request.url else None)
    page.goto(jupyter.address(f"lab/workspaces/stranger/tree/{name}?reset"))
    page.wait_for_selector(".mj-chip:has-text('running')", timeout=60_000)
    page.wait_for_timeout(2500)
    assert asked == []
    assert page.locator(".mj-card .mj-btn").count() == 0


def test_a_run_that_is_gone_stays_as_it_was_saved_and_says_so(
    notebook: Notebook, open_lab: Open, jupyter: Jupyter
) -> None:
    name = notebook("gone.ipynb", "runs['train']", state="running")
    path = jupyter.folder / name
    path.write_text(path.read_text().replace('"uid": "', '"uid": "0'))
    jupyter.trust(name)
    page = open_lab(name)
    page.wait_for_selector(".mj-trouble")
    assert "what was saved" in page.locator(".mj-trouble").inner_text()
    assert page.locator(".mj-card .mj-name").first.inner_text() == "train"


def test_a_page_among_the_artifacts_runs_in_an_origin_of_its_own(notebook: Notebook, open_lab: Open) -> None:
    page = open_lab(notebook("artifact.ipynb", "runs['train']"))
    page.locator(".mj-items .mj-link:has-text('report')").click()
    frame = page.frame_locator(".mj-frame").frame_locator("iframe")
    frame.locator("#where:has-text('script of null')").wait_for()
    assert page.evaluate("window.hacked === undefined")
    assert page.locator(".mj-frame").get_attribute("sandbox") == "allow-scripts"


def test_a_data_set_is_put_in_order_and_searched(notebook: Notebook, open_lab: Open) -> None:
    page = open_lab(notebook("dataset.ipynb", "runs['train']"))
    page.locator(".mj-items .mj-link:has-text('iris')").click()
    page.wait_for_selector(".mj-artifact .mj-hist")
    page.locator(".mj-artifact .mj-sides .mj-btn:has-text('Rows')").click()
    page.wait_for_selector(".mj-content td:has-text('5.1')")
    page.locator(".mj-virtual .mj-sort:has-text('length')").click()
    page.wait_for_selector(".mj-virtual tbody tr:first-child td:has-text('4.9')")
    page.locator(".mj-table .mj-btn:has-text('Filter')").click()
    page.locator(".mj-conditions input").first.fill("> 5")
    page.wait_for_selector(".mj-table :text('2 matching rows')")
    page.locator(".mj-artifact .mj-sides .mj-btn:has-text('Drift')").click()
    page.wait_for_selector(".mj-verdict")


def test_an_error_is_text_whatever_it_holds(notebook: Notebook, open_lab: Open) -> None:
    page = open_lab(notebook("error.ipynb", "runs['broken']"))
    message = page.locator(".mj-message")
    message.wait_for()
    assert message.inner_text() == "ValueError found <b>4</b> classes"
    assert message.locator("b").count() == 0


def test_every_kind_of_card_can_be_used_by_everybody(
    notebook: Notebook, open_lab: Open, faults: Callable[[Page, str], list[str]]
) -> None:
    page = open_lab(
        notebook(
            "access.ipynb", "runs['train']", "runs['sweep']", "runs['broken']", "db.list_runs()",
            "db.list_runs(name='=train').compare()",
        )
    )  # fmt: skip
    page.wait_for_selector(".mj-kpi b")
    page.locator(".mj-fold:has-text('Log')").first.click()
    page.locator(".mj-items .mj-link:has-text('iris')").first.click()
    page.locator(".mj-artifact .mj-sides .mj-btn:has-text('Rows')").first.click()
    page.wait_for_selector(".mj-content td:has-text('5.1')")
    assert faults(page, ".mlrun-ui") == []


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"])
def test_text_can_be_read_in_every_theme(notebook: Notebook, open_lab: Open, theme: str) -> None:
    page = open_lab(notebook(f"theme-{theme.split()[-1]}.ipynb", "runs['train']"))
    page.wait_for_selector(".mj-kpi b")
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
    page.wait_for_selector(f"body[data-jp-theme-name='{theme}']", state="attached")
    low = page.evaluate(_CONTRAST)
    assert low == []


_CONTRAST = """() => {
  const parse = text => text.match(/[\\d.]+/g).map((part, i) => part * (text.startsWith('color(') && i < 3 ? 255 : 1));
  const part = value => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const color = parse(getComputedStyle(node).backgroundColor);
      if (color.length < 4 || color[3] > 0.9) return color;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const node of document.querySelectorAll('.mlrun-ui *')) {
    const own = [...node.childNodes].some(each => each.nodeType === 3 && each.textContent.trim());
    if (!own || node.closest('svg')) continue;
    const [one, other] = [light(parse(getComputedStyle(node).color)), light(behind(node))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) bad.push([node.className, node.textContent.slice(0, 20), ratio]);
  }
  return bad;
}"""
