"""A Jupyter server of its own, with our front end as it was built, and a browser that is signed in to it."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import nbformat
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).parents[3]
BUILT = ROOT / "mlrun_jupyter" / "_labextension"
TOKEN = "secret-of-this-test"
SETTINGS = {
    "apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension:plugin": {"autosave": False},
}

SEED = """
import math, sys
import pandas as pd
import mlrun_jupyter as m

def train(context, eta: float = 0.3, depth: int = 4, steps: int = 60):
    print("\\x1b[32mreading\\x1b[0m iris.csv \\x1b]0;title\\x07")
    for step in range(steps):
        context.log_metrics({"accuracy": 0.98 * (1 - math.exp(-5 * step / steps)) - abs(eta - 0.3) / 10}, step=step)
    context.log_result("accuracy", round(0.98 - abs(eta - 0.3) / 10, 4))
    context.log_result("loss", round(0.05 + eta / 10, 4))
    context.log_dataset("iris", df=pd.DataFrame({"length": [5.1, 4.9, 6.3], "kind": ["a", "b", "c"]}), stats=True)
    page = "<p id=where></p><script>where.textContent = 'script of ' + origin; try { parent.hacked = 1 } catch (e) {}</script>"
    context.log_artifact("report", body=page, local_path="report.html")

def broken(context, depth: int = 3):
    raise ValueError("found <b>4</b> classes")

def sweep(context, eta: float, depth: int):
    context.log_result("accuracy", 0.9 + eta / 10 - abs(depth - 5) / 100)

for eta in (0.3, 0.2):
    m.run_local(m.new_task(params={"eta": eta}), handler=train)
m.run_local(m.new_task(hyperparams={"eta": [0.1, 0.3], "depth": [3, 4, 5, 6]}, selector="max.accuracy"), handler=sweep)
try:
    m.run_local(handler=broken)
except m.RunError:
    pass
"""


class Jupyter(NamedTuple):
    """A running server: where it answers, its folder of notebooks, its store, and its environment."""

    url: str
    folder: Path
    environ: dict[str, str]

    def address(self, path: str) -> str:
        return f"{self.url}/{path}{'&' if '?' in path else '?'}token={TOKEN}"

    def end_kernels(self) -> None:
        """Shut down what notebooks started: kernels that nobody looks at any more only slow the next test down."""
        headers = {"Authorization": f"token {TOKEN}"}
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/api/sessions", headers=headers)) as answer:
            sessions = json.load(answer)
        for session in sessions:
            path = f"{self.url}/api/sessions/{session['id']}"
            with contextlib.suppress(urllib.error.HTTPError):  # it ended by itself
                urllib.request.urlopen(urllib.request.Request(path, headers=headers, method="DELETE")).close()

    def python(self, code: str) -> None:
        """Run code as a process of the same user."""
        file = self.folder.parent / "seeded.py"
        file.write_text(code)
        done = subprocess.run([sys.executable, file], cwd=self.folder, env=self.environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def trust(self, name: str) -> None:
        """Sign a notebook as one that its user has run."""
        self.python(
            "import nbformat, sys\nfrom nbformat.sign import NotebookNotary\n"
            f"NotebookNotary().sign(nbformat.read({name!r}, as_version=4))"
        )


@pytest.fixture(scope="session")
def jupyter(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    """JupyterLab and Notebook on one server, with four runs in the store."""
    if not (BUILT / "package.json").is_file():
        pytest.skip("the front end is not built: make setup")
    home = tmp_path_factory.mktemp("jupyter")
    environ = _environment(home)
    server = Jupyter(f"http://127.0.0.1:{_port()}", home / "work", environ)
    server.folder.mkdir()
    server.python(SEED)
    log = (home / "server.log").open("wb")
    port = server.url.rpartition(":")[2]
    process = subprocess.Popen(
        [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
            "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={server.folder}",
            "--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True",
        ],
        cwd=server.folder, env=environ, stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        _wait(server, process, home / "server.log")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _environment(home: Path) -> dict[str, str]:
    """Our extension from where it was built, whatever is installed; everything else as it is."""
    extensions = home / "share" / "labextensions"
    extensions.mkdir(parents=True)
    (extensions / "mlrun-jupyter").symlink_to(BUILT)
    config = home / "config"
    (config / "jupyter_server_config.d").mkdir(parents=True)
    shutil.copy(ROOT / "labextension" / "server-config.json", config / "jupyter_server_config.d" / "mlrun_jupyter.json")
    settings = config / "lab" / "user-settings" / "@jupyterlab"
    for name, values in SETTINGS.items():
        folder, _, plugin = name.partition(":")
        (settings / folder).mkdir(parents=True, exist_ok=True)
        (settings / folder / f"{plugin}.jupyterlab-settings").write_text(json.dumps(values))
    return {
        **os.environ,
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_PATH": str(home / "share"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "MLRUN_DBPATH": str(home / "db"),
    }


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(server: Jupyter, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(server.address("mlrun-jupyter/api/runs")) as answer:
                assert answer.status == 200
                return
        except urllib.error.URLError:
            assert process.poll() is None, log.read_text()[-3000:]
            time.sleep(0.1)
    raise AssertionError(f"the server does not answer\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def browser(chromium: Browser) -> BrowserContext:
    """One for all tests, which share its cache; what they open is theirs alone."""
    return chromium.new_context(viewport={"width": 1500, "height": 1000})


@pytest.fixture
def page(browser: BrowserContext, jupyter: Jupyter, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of its own; what goes wrong in our scripts fails the test.

    UI_SCREENSHOTS names a folder for a picture of each test's end.
    """
    opened = browser.new_page()
    opened.set_default_timeout(90_000)  # ms: on a busy machine a page takes long, and is none the worse
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(f"{error}\n{error.stack}"))
    yield opened
    if folder := os.environ.get("UI_SCREENSHOTS"):
        opened.screenshot(path=Path(folder) / f"{request.node.name[:60]}.png")
    opened.close()
    jupyter.end_kernels()
    assert [error for error in errors if "mlrun-jupyter" in error] == []


@pytest.fixture
def open_lab(page: Page, jupyter: Jupyter) -> Callable[[str], Page]:
    """Open a notebook in JupyterLab, in a workspace of its own."""

    def call(name: str) -> Page:
        page.goto(jupyter.address(f"lab/workspaces/{Path(name).stem}/tree/{name}?reset"))
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        return page

    return call


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


@pytest.fixture
def faults() -> Callable[[Page, str], list[str]]:
    """What axe finds serious below a selector."""
    source = ROOT / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
    if not source.is_file():
        pytest.skip("axe-core is not installed: make setup")

    def call(page: Page, selector: str) -> list[str]:
        page.add_script_tag(path=source)
        found = page.evaluate("selector => axe.run(selector)", selector)
        return [
            f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes'][:3]]}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
        ]

    return call


@pytest.fixture
def notebook(jupyter: Jupyter) -> Callable[..., str]:
    """Write a notebook with cells that were executed by an expression each; ``trusted`` signs it."""

    def call(name: str, *expressions: str, trusted: bool = True, state: str = "") -> str:
        code = f"EXPRESSIONS = {expressions!r}\nNAME = {name!r}\nSTATE = {state!r}\n" + _WRITE
        jupyter.python(code)
        if trusted:
            jupyter.trust(name)
        return name

    return call


_WRITE = """
import nbformat
import mlrun_jupyter as m
from mlrun_jupyter.views import mime
db = m.get_run_db()
runs = {run.name: run for run in db.list_runs()}
book = nbformat.v4.new_notebook()
book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
for number, text in enumerate(EXPRESSIONS, start=1):
    data = eval(text)._repr_mimebundle_()
    if STATE:
        for view in data.values():
            if isinstance(view, dict):
                view.update(state=STATE, live=True)
    output = nbformat.v4.new_output("execute_result", data, execution_count=number)
    book.cells.append(nbformat.v4.new_code_cell(text, outputs=[output], execution_count=number))
nbformat.write(book, NAME)
"""


def write(folder: Path, name: str, cells: list[Any]) -> None:
    """Write a notebook of ready cells."""
    book = nbformat.v4.new_notebook(cells=cells)
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(book, folder / name)
