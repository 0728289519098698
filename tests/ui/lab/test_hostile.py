"""Hostile text in every place where text is shown, and hostile pages among artifacts."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.ui.lab.conftest import Jupyter

pytestmark = pytest.mark.browser
Notebook = Callable[..., str]
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


def many() -> list[str]:
    """A hundred: the hand-written ones, and every way in with every kind of call."""
    events = (
        "onerror",
        "onload",
        "onfocus autofocus tabindex=0",
        "onmouseenter",
        "onanimationstart",
        "ontoggle",
        "onpointerover",
    )
    elements = ("img src=x", "svg", "video src=x", "audio src=x", "input", "details open", "object data=x", "marquee")
    written = [f"<{element} {event.replace(' ', '=alert(1) ', 1) if ' ' in event else event + '=alert(1)'}>"
               for element in elements for event in events]  # fmt: skip
    hidden = [
        "<a href='java&#115;cript:alert(1)'>x</a>", "<a href='java\tscript:alert(1)'>x</a>", "<a href='\x01javascript:alert(1)'>x</a>",
        "<a href=data:text/html,<script>alert(1)</script>>x</a>", "<iframe src=javascript:alert(1)>", "<embed src=javascript:alert(1)>",
        "<form action=javascript:alert(1)><input type=submit></form>", "<button formaction=javascript:alert(1)>x</button>",
        "<base href=javascript:alert(1)//>", "<link rel=stylesheet href=javascript:alert(1)>", "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
        "<svg><animate onbegin=alert(1) attributeName=x dur=1s>", "<svg><use href='data:image/svg+xml,<svg id=x onload=alert(1)/>#x'>",
        "<svg><a xlink:href=javascript:alert(1)><text y=20>x</text></a></svg>", "<table background=javascript:alert(1)>",
        "<ScRiPt>alert(1)</sCrIpT>", "<scr<script>ipt>alert(1)</scr</script>ipt>", "<img src=x onerror=&#97;lert(1)>", "<img/src=x/onerror=alert(1)>",
        "<!--><img src=x onerror=alert(1)>-->", "<![CDATA[<img src=x onerror=alert(1)>]]>", "<template><img src=x onerror=alert(1)></template>",
        "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>", "&lt;img src=x onerror=alert(1)&gt;", "[x](javascript:alert(1))", "![x](x onerror=alert(1))", "$\\href{javascript:alert(1)}{x}$",
    ]  # fmt: skip
    return list(dict.fromkeys([*PAYLOADS, *written, *hidden]))[:100]


if os.environ.get("MLRUN_TEST_TIER") == "full":
    PAYLOADS = many()

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


def test_a_page_of_an_artifact_reaches_neither_us_nor_the_network(
    page: Page, open_lab: Open, jupyter: Jupyter, notebook: Notebook, canary: tuple[str, list[str]]
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
""")
    name = notebook("page.ipynb", "db.list_runs(project='pages')[0]")
    open_lab(name).locator(".mj-items .mj-link:has-text('page')").click()
    inner = page.frame_locator(".mj-frame").frame_locator("iframe")
    inner.locator("#out:has-text('no fetch')").wait_for()
    said = inner.locator("#out").inner_text()
    inner.locator("#out").evaluate("() => dispatchEvent(new Event('leave'))")  # read first: it may be gone afterwards
    page.wait_for_timeout(3500)
    assert "REACHED" not in said and "no parent" in said
    assert page.evaluate("window.hacked === undefined")
    assert reached == []


def test_no_cell_of_a_data_set_and_no_picture_runs(
    page: Page, open_lab: Open, jupyter: Jupyter, notebook: Notebook
) -> None:
    jupyter.python(f"""
import pandas as pd
import mlrun_jupyter as m
payloads = {PAYLOADS!r}

def make(context):
    context.log_dataset("rows", df=pd.DataFrame({{"text": payloads, payloads[0]: payloads[::-1]}}), stats=True)
    body = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1);parent.alert(1);top.alert(1)'><script>top.alert(1)</script></svg>"
    context.log_artifact("picture", body=body, local_path="picture.svg")
    context.log_artifact("text", body="\\n".join(payloads), local_path="text.md")

m.run_local(handler=make, project="cells")
""")
    name = notebook("cells.ipynb", "db.list_runs(project='cells')[0]")
    page.add_init_script(HOOK)
    open_lab(name).locator(".mj-items .mj-link:has-text('rows')").click()
    page.locator(".mj-artifact .mj-sides .mj-btn:has-text('Rows')").click()
    page.locator(".mj-content td").nth(1).wait_for()
    for key in ("picture", "text"):
        page.locator(f".mj-items .mj-link:has-text('{key}')").click()
        page.wait_for_timeout(1500)
    assert page.evaluate("window.hits") == []
    assert [frame.url for frame in page.frames if frame.url not in ("about:blank", "about:srcdoc", page.url)] == []
