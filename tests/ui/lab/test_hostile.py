"""Hostile text in every place where text is shown, and hostile pages among artifacts."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.ui.lab.conftest import Jupyter

pytestmark = pytest.mark.browser
Open = Callable[[str], "Page"]

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "<details open ontoggle=alert(1)>",
    "<body onload=alert(1)>",
    "<style>@import 'javascript:alert(1)'</style>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "</title></textarea></script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<button data-commandlinker-command='apputils:run-all-enabled' data-commandlinker-args='{}'>x</button>",
    "<form id=jupyter-config-data><input name=token></form>",
    "{{constructor.constructor('alert(1)')()}}",
    "javascript:alert(1)//",
    "\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07\x1b[31mred",
    "\u202egnp.exe\u2066<img src=x onerror=alert(1)>\ud7ff\ufffe",
]

SEED = f"""
import mlrun_jupyter as m
from mlrun_jupyter.model.run import RunRecord
payloads = {PAYLOADS!r}
store = m.get_run_db().store
for number, text in enumerate(payloads):
    store.store_run(RunRecord.from_dict({{
        "metadata": {{"uid": f"{{number:032x}}", "project": "hostile", "name": text, "labels": {{text[:60]: text}}}},
        "spec": {{"parameters": {{text: text, "nested": {{text: [text]}}}}, "inputs": {{text: text}}}},
        "status": {{
            "state": "error" if number % 2 else "completed", "status_text": text, "error": f"ValueError: {{text}}",
            "traceback": text, "results": {{text: text, "number": float(number)}},
            "artifacts": [{{"kind": text, "metadata": {{"key": text}}, "spec": {{"target_path": text}}}}],
            "metrics": {{text: {{"last": 1.0, "min": 0.0, "max": 1.0, "mean": 0.5, "count": 2, "step": 1}}}},
        }},
    }}))
    store.append_log(next(iter(store.list_runs(m.db.query.RunQuery(project="hostile", uid=f"{{number:032x}}")).rows)).key, (text + "\\n").encode())
"""

WRITE = """
import nbformat
import mlrun_jupyter as m
runs = m.get_run_db().list_runs(project="hostile")
book = nbformat.v4.new_notebook()
book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
for shown in [*runs, runs, runs.compare()]:
    data = shown._repr_mimebundle_()
    book.cells.append(nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("execute_result", data, execution_count=1)]))
nbformat.write(book, "hostile.ipynb")
"""

HOOK = "window.hits = []; window.alert = text => window.hits.push(String(text));"


@pytest.fixture
def hostile(jupyter: Jupyter) -> str:
    jupyter.python("import mlrun_jupyter.db.query\n" + SEED)
    jupyter.python(WRITE)
    jupyter.trust("hostile.ipynb")
    return "hostile.ipynb"


def test_no_text_runs_anywhere(hostile: str, page: Page, open_lab: Open) -> None:
    page.add_init_script(HOOK)
    open_lab(hostile)
    page.wait_for_selector(".jp-Notebook .mlrun-ui .mj-card")
    cells = page.locator(".jp-Notebook .jp-Cell")
    for number in range(0, cells.count(), 4):
        cells.nth(number).scroll_into_view_if_needed()
        page.wait_for_timeout(100)
    page.locator("[data-id=mlrun-jupyter-runs]").first.click()
    page.locator(".mj-search input").fill("project:hostile")
    page.wait_for_selector(".mlrun-panel .mj-row")
    page.locator(".mlrun-panel .mj-row").first.hover()
    page.locator(".mlrun-panel .mj-row").first.dblclick()
    for tab in page.locator(".mlrun-tab [role=tab]").all():
        tab.click()
        page.wait_for_timeout(50)
    assert page.evaluate("window.hits") == []
    added = "img, iframe, script, form, [data-commandlinker-command], a[href], [id=jupyter-config-data]"
    assert page.evaluate("query => document.querySelectorAll('.mlrun-ui').length && "
                         "[...document.querySelectorAll('.mlrun-ui')].filter(each => each.querySelector(query)).length", added) == 0  # fmt: skip


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """A listener that nobody may reach, and what reached it."""
    reached: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            reached.append(self.path)
            self.send_response(204)
            self.end_headers()

        do_GET = do_POST = answer  # noqa: N815 - the names that the base class looks for

        def log_message(self, *_arguments: Any) -> None:
            """Nothing is printed."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", reached
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_page_of_an_artifact_reaches_neither_us_nor_the_network(
    page: Page, open_lab: Open, jupyter: Jupyter, canary: tuple[str, list[str]]
) -> None:
    address, reached = canary
    body = f"""<img src={address}/img><p id=out>
    <form action={address}/form><input name=x></form><link rel=prefetch href={address}/prefetch>
    <script>
    const say = text => out.append(text + ' ');
    const tries = {{
      parent: () => parent.document.title, top: () => {{ top.hacked = 1 }}, cookie: () => document.cookie,
      open: () => {{ if (!open('{address}/open')) throw 1 }}, storage: () => localStorage.length,
    }};
    for (const [name, attempt] of Object.entries(tries)) {{ try {{ attempt(); say('REACHED ' + name) }} catch {{ say('no ' + name) }} }}
    fetch('{address}/fetch').then(() => say('REACHED fetch'), () => say('no fetch'));
    navigator.sendBeacon('{address}/beacon');
    document.forms[0].submit();
    parent.postMessage({{mlrunFrameHeight: 'x'}}, '*'); top.postMessage({{command: 'x'}}, '*');
    addEventListener('leave', () => {{
      document.head.insertAdjacentHTML('beforeend', '<meta http-equiv=refresh content="1;url={address}/refresh">');
      setTimeout(() => {{ location.href = '{address}/led' }}, 1500);
    }});
    </script>"""
    jupyter.python(f"""
import mlrun_jupyter as m

def paint(context):
    context.log_artifact("page", body={body!r}, local_path="page.html")

m.run_local(handler=paint, project="pages")
import nbformat
run = m.get_run_db().list_runs(project="pages")[0]
book = nbformat.v4.new_notebook()
book.metadata.kernelspec = {{"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
output = nbformat.v4.new_output("execute_result", run._repr_mimebundle_(), execution_count=1)
book.cells.append(nbformat.v4.new_code_cell("x", outputs=[output]))
nbformat.write(book, "page.ipynb")
""")
    jupyter.trust("page.ipynb")
    open_lab("page.ipynb").locator(".mj-items .mj-link:has-text('page')").click()
    inner = page.frame_locator(".mj-frame").frame_locator("iframe")
    inner.locator("#out:has-text('no fetch')").wait_for()
    said = inner.locator("#out").inner_text()
    inner.locator("#out").evaluate("() => dispatchEvent(new Event('leave'))")  # read first: it may be gone afterwards
    page.wait_for_timeout(3500)
    assert "REACHED" not in said and "no parent" in said
    assert page.evaluate("window.hacked === undefined")
    assert reached == []
