"""A kernel finds its own notebook: under a Jupyter Server, under nbclient, and before anything is saved."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.kernel.conftest import Kernel

SOURCES = ["import os", "%%mlrun function train\ndef train(context):\n    return os.getcwd()"]
ASK = """
from mlrun_jupyter.functions.open_notebook import open_notebook
from mlrun_jupyter import code_to_function
found = open_notebook()
print(found.how, found.path, [warning.code for warning in found.warnings])
print(list(code_to_function(kind="job").spec.entry_points))
"""


def write(path: Path, sources: list[str]) -> None:
    cells = [
        {"cell_type": "code", "id": f"c{n}", "source": text, "metadata": {}, "outputs": [], "execution_count": None}
        for n, text in enumerate(sources)
    ]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """A Jupyter Server on a free port; calling it asks its REST interface."""
    runtime, root = tmp_path / "runtime", tmp_path / "root"
    runtime.mkdir()
    root.mkdir()
    token = secrets.token_hex(16)
    options = [
        "--ServerApp.port=0",
        "--ServerApp.ip=127.0.0.1",
        "--no-browser",
        "--allow-root",
        f"--ServerApp.root_dir={root}",
    ]
    environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(runtime), "JUPYTER_TOKEN": token}
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server", *options],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            if list(runtime.glob("jpserver-*.json")):
                break
            time.sleep(0.05)
        address = json.loads(next(runtime.glob("jpserver-*.json")).read_text())["url"]

        def ask(path: str, body: Any = None) -> Any:
            request = urllib.request.Request(
                f"{address}api/{path}",
                data=json.dumps(body).encode() if body else None,
                headers={"Authorization": f"token {token}"},
            )
            for attempt in range(100):
                try:
                    with urllib.request.urlopen(request, timeout=30) as answer:
                        return json.loads(answer.read())
                except urllib.error.URLError as error:
                    if attempt == 99 or not isinstance(error.reason, ConnectionRefusedError):
                        raise
                    time.sleep(0.05)  # the note of where it listens is written before it does
            raise ConnectionRefusedError(address)

        ask.runtime, ask.root = runtime, root  # type: ignore[attr-defined]
        yield ask
    finally:
        process.terminate()
        process.wait(20)


def output(connection_file: Path, *sources: str) -> list[str]:
    """What a kernel prints for the last of the sources."""
    from jupyter_client import BlockingKernelClient

    client = BlockingKernelClient(connection_file=str(connection_file))
    client.load_connection_file()
    client.hb_channel.time_to_dead = 30.0  # a kernel that is still starting is not dead
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        printed: list[str] = []
        for source in sources:
            printed.clear()

            def hear(message: dict[str, Any]) -> None:
                content = message["content"]
                if content.get("name") == "stderr":  # warnings of the conversion are not what is asked for here
                    return
                printed.append(content.get("text", "") or "\n".join(content.get("traceback", [])))

            client.execute_interactive(source, timeout=60, output_hook=hear)
        return "".join(printed).splitlines()
    finally:
        client.stop_channels()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("hint", ["the server's word", "the environment"])
def test_under_a_server_it_is_the_sessions_notebook(server: Any, hint: str) -> None:
    (server.root / "deep").mkdir()
    write(server.root / "deep" / "my train.ipynb", SOURCES)
    session = server(
        "sessions",
        {"path": "deep/my train.ipynb", "type": "notebook", "name": "my train.ipynb", "kernel": {"name": "python3"}},
    )
    file = server.runtime / f"kernel-{session['kernel']['id']}.json"
    prepare = "import os\nos.environ.pop('JPY_SESSION_NAME', None)" if hint == "the server's word" else "import os"
    first, entries = output(file, prepare, ASK)
    how, found = first.split(" ", 1)
    assert how == ("server" if hint == "the server's word" else "session")
    assert "my train.ipynb ['unsaved-notebook']" in found  # what was just asked is not in the file
    assert entries == "['train']"


CONVERT = """
import warnings
from mlrun_jupyter import code_to_function
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    function = code_to_function(%r, kind="job"%s)
import base64
print(base64.b64decode(function.spec.build.functionSourceCode).decode().split("\\n\\n", 1)[1])
print([str(each.message) for each in told])
"""


def test_what_was_run_and_not_saved_is_converted_as_jupyterlab_runs_it(
    kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JupyterLab names each cell that it runs; some of these were edited, added, or deleted and saved since."""
    file = tmp_path / "train.ipynb"
    write(file, ["import os", "def train(context):\n    return os.sep", "x = 1"])
    kernel.run(f"import os; os.environ['JPY_SESSION_NAME'] = {str(file)!r}", cellId="c-setup")
    kernel.run("print('deleted before it was saved')", cellId="gone")
    os.utime(file, (time.time() + 3600,) * 2)  # saved now, after all that was run so far
    assert kernel.run(CONVERT % ("t", ""), cellId="ask").stream().split("[")[0] == (
        "import os\n\ndef train(context):\n    return os.sep\n\nx = 1\n\n"
    )
    os.utime(file, (1, 1))
    kernel.run("%reset -f\n%unload_ext mlrun_jupyter")
    kernel.run("%load_ext mlrun_jupyter")
    kernel.run("import os", cellId="c0")
    kernel.run("def train(context):\n    return os.linesep", cellId="c1")  # edited, and not saved
    code = kernel.run(CONVERT % ("t", ""), cellId="ask").stream()
    assert "return os.linesep" in code and "return os.sep" not in code
    assert "train.ipynb is not saved: cell 2 is taken as it was run" in code
    code = kernel.run(CONVERT % ("t", f", filename={str(file)!r}"), cellId="ask").stream()
    assert "return os.sep" in code and "the file is older than what was run, and is taken as it is" in code


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_under_nbclient_it_is_what_was_run(tmp_path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(text) for text in ["%load_ext mlrun_jupyter", *SOURCES, ASK]]
    )
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    told = [item for item in book.cells[-1].outputs if item.get("name") == "stdout"]
    printed = "".join(item.text for item in told).splitlines()
    assert printed == ["history  ['unsaved-notebook']", "['train']"]


def test_the_document_on_the_screen_counts_for_the_cell_that_it_came_with(kernel: Kernel, tmp_path: Path) -> None:
    """JupyterLab sends it right before a cell that may convert: what was edited, never run and never saved is in it."""
    file = tmp_path / "seen.ipynb"
    write(file, ["def train(context):\n    return 1"])
    kernel.run(f"import os; os.environ['JPY_SESSION_NAME'] = {str(file)!r}")
    cells = [{"cell_type": "code", "id": "c0", "source": "def train(context):\n    return 2", "metadata": {}}]
    home = "__import__('mlrun_jupyter.functions.open_notebook', fromlist=['note_live'])"
    kernel.client.execute(f"{home}.note_live({json.dumps(json.dumps(cells))})", silent=True, store_history=False)
    assert "return 2" in kernel.run(CONVERT % ("t", "")).stream()
    assert "return 2" not in kernel.run(CONVERT % ("t", "")).stream()  # another cell: the document may have changed
    kernel.client.execute(f"{home}.note_live({json.dumps(json.dumps(cells))})", silent=True, store_history=False)
    code = kernel.run(CONVERT % ("t", f", filename={str(file)!r}")).stream()
    assert "return 1" in code and "the file is older than what is on the screen, and is taken as it is" in code
