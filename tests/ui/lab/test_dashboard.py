"""The dashboard of a service, in a real browser."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from tests.ui.lab.conftest import Jupyter

pytestmark = pytest.mark.browser
EXPECTED = ("(Bad Request)", "Content Security Policy", "sandboxed", "net::ERR_FAILED")
"""What a browser says of questions that are refused or cut off, and of pages of users that are held back."""
LINK = ".mj-grid tbody a.mj-link"

LIVE = """
import mlrun_jupyter as m
from mlrun_jupyter.db import open_db
from mlrun_jupyter.model.run import RunRecord
import os
run = {"metadata": {"name": "endless", "uid": "e" * 32, "project": "default"}, "status": {"state": "running"}}
open_db(os.environ["MLRUN_DBPATH"]).store_run(RunRecord.from_dict(run))
"""
VERSIONS = """
import mlrun_jupyter as m
for times in (2, 3):
    open("trainer.py", "w").write(f"def train(context, eta=1):\\n    return eta * {times}\\n")
    m.code_to_function("trainer", filename="trainer.py", kind="job", handler="train", image="python:3.12").save()
"""


TRIES = """<p id=out></p><script>
const say = text => out.append(text + ' ');
for (const [name, attempt] of Object.entries({
  parent: () => parent.parent.document.title, cookie: () => document.cookie, storage: () => localStorage.length,
})) { try { attempt(); say('REACHED ' + name) } catch { say('no ' + name) } }
fetch(ADDRESS + '/mlrun-jupyter/api/projects').then(() => say('REACHED fetch'), () => say('no fetch'));
</script>"""
DRAWN = """
import json, sys
import mlrun_jupyter as m

def paint(context):
    marks = {{"a": {{"field": "a", "type": "nominal"}}, "b": {{"field": "b", "type": "quantitative"}}}}
    bars = {{"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "data": {{"values": [{{"a": "x", "b": 2}}]}},
        "mark": "bar", "encoding": {{"x": marks["a"], "y": marks["b"]}}}}
    lines = {{"data": [{{"x": [1, 2], "y": [3, 1]}}], "layout": {{"title": {{"text": "<img src=x>"}}}}}}
    context.log_artifact("bars", body=json.dumps(bars), local_path="bars.json")
    context.log_artifact("lines", body=json.dumps(lines), local_path="lines.json")
    context.log_artifact("solid", body=json.dumps({{"data": [{{"type": "scatter3d"}}], "layout": {{}}}}), local_path="solid.json")
    context.log_artifact("page", body={page!r}, local_path="page.html")

m.run_local(handler=paint, project="drawn")
"""


@pytest.fixture(scope="module")
def service(jupyter: Jupyter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address and token of `mlrun db` over the runs that JupyterLab shows."""
    token, file = secrets.token_hex(24), tmp_path_factory.mktemp("service") / "token"
    file.write_text(token)
    file.chmod(0o600)
    log = (file.parent / "log").open("w+")
    command = [sys.executable, "-m", "mlrun_jupyter", "db", "-p", "0", "-d", jupyter.environ["MLRUN_DBPATH"]]
    process = subprocess.Popen(
        [*command, "--token-file", str(file)], env=jupyter.environ, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        yield _address(process, file.parent / "log"), token
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(300):
        text = log.read_text()
        if "http://" in text:
            address = "http://" + text.split("http://", 1)[1].split(";")[0].split()[0].rstrip("/")
            try:
                urlopen(f"{address}/health").close()
                return address
            except (HTTPError, URLError):
                pass
        assert process.poll() is None, text
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture
def open_page(browser: BrowserContext, service: tuple[str, str]) -> Iterator[Callable[..., Page]]:
    """Open the dashboard as somebody who has a token; what goes wrong in its scripts fails the test."""
    address, token = service
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def call(**options: Any) -> Page:
        assert browser.browser is not None
        credentials: Any = {"username": "anybody", "password": token}
        contexts.append(browser.browser.new_context(http_credentials=credentials, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(90_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda told: (
                errors.append(told.text)
                if told.type == "error" and not any(each in told.text for each in EXPECTED)
                else None
            ),
        )
        page.goto(address)
        page.wait_for_selector(LINK)
        return page

    yield call
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def dashboard(open_page: Callable[..., Page]) -> Page:
    return open_page(viewport={"width": 1400, "height": 900})


def count(page: Page, wanted: int) -> None:
    from playwright.sync_api import expect

    expect(page.locator(LINK)).to_have_count(wanted, timeout=30_000)


def narrow(page: Page, term: str) -> None:
    page.locator(".mj-filter-input").fill(term)
    page.keyboard.press("Enter")


def test_runs_are_listed_with_their_results_and_sorted_by_them(dashboard: Page) -> None:
    head = dashboard.locator(".mj-grid th .mj-sort:has-text('accuracy')")
    head.click()
    dashboard.wait_for_selector("th[aria-sort=descending]")
    dashboard.wait_for_function("!document.querySelector('.mj-grid tbody tr').innerText.includes('broken')")
    column = dashboard.locator(".mj-grid thead th").all_inner_texts().index("accuracy ↓")
    shown = [row.locator("td").nth(column).inner_text() for row in dashboard.locator(".mj-grid tbody tr").all()]
    values = [float(text) for text in shown if text]
    assert len(values) > 2 and values == sorted(values, reverse=True)


def test_what_is_looked_at_stands_in_the_address(dashboard: Page) -> None:
    narrow(dashboard, "name:train")
    dashboard.wait_for_url("**/#/runs?filter=name%3Atrain*")
    count(dashboard, 2)
    dashboard.reload()
    count(dashboard, 2)
    dashboard.locator(LINK).first.click()
    dashboard.wait_for_selector(".mj-kpi b")
    dashboard.reload()
    dashboard.wait_for_selector(".mj-kpi b")
    dashboard.go_back()
    count(dashboard, 2)


def test_a_service_that_is_away_is_said_and_nothing_is_called_empty(dashboard: Page) -> None:
    dashboard.route("**/mlrun-jupyter/api/**", lambda route: route.abort())
    dashboard.evaluate("location.hash = '#/models'")
    dashboard.wait_for_selector(".mj-trouble:has-text('does not answer')")
    assert dashboard.get_by_text("None yet.").count() == 0
    dashboard.unroute("**/mlrun-jupyter/api/**")
    dashboard.locator(".mj-trouble .mj-btn").click()
    dashboard.get_by_text("None yet.").wait_for()
    assert dashboard.locator(".mj-trouble").count() == 0


def test_chosen_runs_are_compared(dashboard: Page) -> None:
    narrow(dashboard, "name:train")
    count(dashboard, 2)
    for box in dashboard.locator(".mj-grid tbody input[type=checkbox]").all():
        box.click()
    dashboard.locator(".mj-deeds .mj-btn:has-text('Compare')").click()
    dashboard.wait_for_selector(".mj-cmp")


def test_a_chip_is_taken_off_and_a_state_is_one_too(dashboard: Page) -> None:
    narrow(dashboard, "name:train")
    count(dashboard, 2)
    dashboard.get_by_role("button", name="Remove name:train").click()
    dashboard.locator(".mj-facet:has-text('error')").click()
    dashboard.wait_for_url("**/#/runs?filter=state%3Aerror*")
    assert dashboard.locator(".mj-term").locator(".mj-term-text").all_inner_texts() == ["state:error"]
    count(dashboard, 1)
    narrow(dashboard, "stat:running")
    dashboard.wait_for_selector(".mj-trouble:has-text('did you mean state?')")


def test_groups_lead_to_their_runs(dashboard: Page) -> None:
    dashboard.get_by_label("Group by").select_option("name")
    group = dashboard.locator(".mj-grid tbody tr", has_text="train").first
    assert "✓" in group.inner_text() and "0.98" in group.inner_text()
    group.locator("a").click()
    count(dashboard, 2)
    dashboard.get_by_label("Leave the group").click()
    dashboard.wait_for_selector(f"{LINK}:has-text('broken')")


def test_rows_are_chosen_by_range_and_by_key(dashboard: Page) -> None:
    rows = dashboard.locator(".mj-grid tbody tr")
    rows.nth(0).locator("td").nth(3).click()
    rows.nth(2).locator("td").nth(3).click(modifiers=["Shift"])
    dashboard.wait_for_selector(".mj-deeds:has-text('3 chosen')")
    dashboard.locator(".mj-grid").focus()
    dashboard.keyboard.press("Escape")
    dashboard.keyboard.press("Home")
    dashboard.keyboard.press("Space")
    dashboard.keyboard.press("Shift+ArrowDown")
    dashboard.wait_for_selector(".mj-deeds:has-text('2 chosen')")
    dashboard.keyboard.press("c")
    dashboard.wait_for_url("**/#/compare/**")
    dashboard.keyboard.press("g")
    dashboard.keyboard.press("p")
    dashboard.wait_for_url("**/#/projects")
    dashboard.keyboard.press("?")
    dashboard.wait_for_selector("dialog[open]:has-text('Compare the chosen')")


def test_deleting_can_be_taken_back_or_is_done(dashboard: Page, jupyter: Jupyter) -> None:
    jupyter.python("import mlrun_jupyter as m\nm.run_local(handler=lambda context: None, name='doomed')")
    row = dashboard.locator(".mj-grid tbody tr", has_text="doomed")
    for undo in (True, False):
        row.get_by_role("checkbox").check()
        dashboard.locator(".mj-deeds .mj-btn:has-text('Delete')").click()
        dashboard.wait_for_selector(".mj-going:has-text('doomed')")
        if undo:
            dashboard.locator(".mj-toast .mj-btn:has-text('Undo')").click()
            dashboard.wait_for_timeout(6500)
            assert row.is_visible()
    row.wait_for(state="detached", timeout=20_000)


def test_a_run_that_goes_on_is_asked_to_stop(dashboard: Page, jupyter: Jupyter) -> None:
    jupyter.python(LIVE)
    row = dashboard.locator(".mj-grid tbody tr", has_text="endless")
    row.get_by_role("checkbox").check()
    dashboard.locator(".mj-deeds .mj-btn:has-text('Abort')").click()
    row.get_by_role("img", name="aborting").wait_for()


def test_versions_of_a_data_set_lead_to_one_another(dashboard: Page) -> None:
    dashboard.locator(".mj-nav a:has-text('Data sets')").click()
    dashboard.locator(LINK, has_text="iris").first.click()
    dashboard.locator("a.mj-link:has-text('v1')").click()
    dashboard.wait_for_url("**uid=*")
    dashboard.wait_for_selector("tr[aria-current] a:has-text('v1')")
    dashboard.locator(".mj-sides .mj-btn:has-text('Rows')").click()
    rows = dashboard.locator(".mj-virtual tbody tr")
    rows.nth(2).wait_for()
    tops = [row.bounding_box()["y"] for row in rows.all()[:3]]
    assert tops == sorted(set(tops))
    dashboard.locator("tr[aria-current] a:has-text('train')").click()
    dashboard.wait_for_selector(".mj-kpi b")


def test_what_changed_between_versions_of_a_function_is_shown(dashboard: Page, jupyter: Jupyter) -> None:
    jupyter.python(VERSIONS)
    dashboard.locator(".mj-nav a:has-text('Functions')").click()
    dashboard.locator(LINK, has_text="trainer").click()
    dashboard.locator(".mj-versions a:has-text('Changes')").click()
    dashboard.wait_for_selector(".mj-diff-added:has-text('eta * 3')")
    assert "eta * 2" in dashboard.locator(".mj-diff-removed").inner_text()
    assert "against=" in dashboard.url


def test_charts_and_pages_are_drawn_without_reaching_anything(
    dashboard: Page, jupyter: Jupyter, service: tuple[str, str]
) -> None:
    page = TRIES.replace("ADDRESS", repr(service[0]))
    jupyter.python(DRAWN.format(page=page))
    dashboard.locator(LINK, has_text="paint").first.click()
    dashboard.locator("[role=tab]", has_text="Artifacts").click()
    inner = dashboard.frame_locator(".mj-frame").frame_locator("iframe")
    inner.locator("svg .mark-rect path").first.wait_for()
    dashboard.locator(".mj-items .mj-link", has_text="lines").click()
    inner.locator(".plotly .scatterlayer path.js-line").wait_for()
    assert inner.locator("img").count() == 0
    dashboard.get_by_role("button", name="Source").click()
    dashboard.locator(".mj-source-text", has_text='"layout"').wait_for()
    dashboard.locator(".mj-items .mj-link", has_text="solid").click()
    inner.locator("[role=alert]", has_text="scatter3d cannot be drawn here").wait_for()
    dashboard.locator(".mj-items .mj-link", has_text="page").click()
    said = inner.locator("#out", has_text="no fetch")
    said.wait_for()
    assert "REACHED" not in said.inner_text()
    said.evaluate("(_, address) => { setTimeout(() => { location.href = address }) }", f"{service[0]}/led")
    dashboard.wait_for_timeout(800)
    assert [frame.url for frame in dashboard.frames if frame.url.endswith("/led")] == []


def test_it_fits_a_telephone(open_page: Callable[..., Page]) -> None:
    page = open_page(viewport={"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(LINK).first.click()
    page.wait_for_selector(".mj-head")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("scheme", ["light", "dark", "contrast"])
def test_it_can_be_used_by_everybody(
    open_page: Callable[..., Page], faults: Callable[[Page, str], list[str]], scheme: str
) -> None:
    look = {"contrast": "more"} if scheme == "contrast" else {"color_scheme": scheme}
    page = open_page(bypass_csp=True, **look)  # the policy would keep the examiner out
    assert faults(page, "body") == []
    page.locator(LINK, has_text="train").first.click()
    page.wait_for_selector(".mj-kpi b")
    for tab in page.locator("[role=tab]").all() if scheme == "dark" else []:
        tab.click()
        page.wait_for_selector("text=Loading", state="detached")
        assert faults(page, "body") == [], tab.inner_text()
    page.locator(".mj-nav a", has_text="Runs").click()
    page.locator(LINK, has_text="sweep").first.click()
    page.locator("[role=tab]", has_text="Iterations").click()
    page.wait_for_selector(".mj-weights")
    assert faults(page, "body") == []
    page.locator(".mj-nav a", has_text="Runs").click()
    for box in page.locator(".mj-grid tbody input[type=checkbox]").all()[:3]:
        box.click()
    page.locator(".mj-deeds .mj-btn:has-text('Compare')").click()
    page.wait_for_selector(".mj-cmp")
    assert faults(page, "body") == []
    page.locator(".mj-nav a", has_text="Runs").click()
    page.get_by_label("Group by").select_option("sweep")
    page.wait_for_selector(".mj-shares")
    assert faults(page, "body") == []
    for section in ("Projects", "Data sets", "Models", "Artifacts", "Functions"):
        page.locator(".mj-nav a", has_text=section).click()
        page.wait_for_selector(f".mj-title:has-text('{section}')")
        page.wait_for_selector("text=Loading", state="detached")
        assert faults(page, "body") == [], section
