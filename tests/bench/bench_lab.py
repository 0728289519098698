"""What JupyterLab costs more with us: its start, a saved card, and the panel over 100,000 runs.

The store is filled by ``bench_store``'s runs; ``MLRUN_BENCH_STORE`` names one that is filled already.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
from bench_dashboard import FRAME_COUNT, FRAMES, RUNS, fill, memory, scrolling
from measure import report, scratch
from playwright.sync_api import Browser, Page, sync_playwright

from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.runs.run import Run

TOKEN = secrets.token_hex(16)
STARTED = """() => new Promise(done => {
  const look = () => document.querySelector('.jp-Launcher-sectionHeader, .jp-LauncherCard')
    ? requestAnimationFrame(() => done(performance.now())) : requestAnimationFrame(look);
  look();
})"""
OPENED = """([path, shown]) => new Promise(async done => {
  const start = performance.now();
  void window.jupyterapp.commands.execute('docmanager:open', {path});
  const look = () => {
    const widget = window.jupyterapp.shell.currentWidget;
    const there = widget?.context?.path === path && widget.node.querySelector(shown);
    there ? requestAnimationFrame(() => done(performance.now() - start)) : requestAnimationFrame(look);
  };
  look();
})"""
LISTED = """() => new Promise(done => {
  const start = performance.now();
  window.jupyterapp.shell.activateById('mlrun-jupyter-runs');
  const look = () => document.querySelectorAll('.mlrun-panel .mj-row').length > 8 || performance.now() > start + 20000
    ? requestAnimationFrame(() => done(performance.now() - start)) : requestAnimationFrame(look);
  look();
})"""


@contextlib.contextmanager
def lab(folder: Path, store: str, *, ours: bool) -> Iterator[str]:
    """The address of a JupyterLab, with our extensions or without them."""
    config = folder / "config"
    (config / "labconfig").mkdir(parents=True)
    if not ours:
        (config / "labconfig" / "page_config.json").write_text(
            json.dumps({"disabledExtensions": {"mlrun-jupyter": True}})
        )
        off = {"ServerApp": {"jpserver_extensions": {"mlrun_jupyter": False}}}
        (config / "jupyter_server_config.json").write_text(json.dumps(off))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = {"HOME": str(folder), "JUPYTER_CONFIG_DIR": str(config), "JUPYTER_DATA_DIR": str(folder / "data")}
    environ = {
        **os.environ,
        **home,
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "MLRUN_DBPATH": store,
        "MLRUN_DEFAULT_PROJECT": "bench",
    }
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", f"--IdentityProvider.token={TOKEN}"]
    command = [sys.executable, "-m", "jupyterlab", *options, "--LabApp.expose_app_in_browser=True"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with contextlib.suppress(urllib.error.URLError):
                urllib.request.urlopen(f"{address}/api?token={TOKEN}").close()
                break
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(60)


def start(browser: Browser, address: str) -> float:
    """Milliseconds from navigation until the launcher stands there; the median of seven, the browser's cache warm."""
    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    took = []
    for number in range(8):
        page.goto("about:blank")
        page.goto(f"{address}/lab/workspaces/w{number}?token={TOKEN}&reset", wait_until="commit")
        took.append(float(page.evaluate(STARTED)))
    page.close()
    return statistics.median(took[1:])


def book(path: Path, data: dict[str, object]) -> None:
    """A notebook whose one cell has this output, and which starts no kernel that would be in the way."""
    output = nbformat.v4.new_output("execute_result", data, execution_count=1)
    cell = nbformat.v4.new_code_cell("x", outputs=[output], execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)


def opened(page: Page, folder: Path, data: dict[str, object], shown: str) -> float:
    """Milliseconds from the command that opens a notebook until its output is painted; the median of five."""
    took = []
    for _ in range(5):
        name = f"{secrets.token_hex(4)}.ipynb"
        book(folder / name, data)
        took.append(float(page.evaluate(OPENED, [name, shown])))
        page.wait_for_timeout(300)
        with contextlib.suppress(Exception):  # the question which kernel, if it came
            page.locator(".jp-Dialog .jp-mod-reject").click(timeout=500)
    return statistics.median(took)


def main() -> None:
    chromium = next(found for name in ("chromium", "google-chrome") if (found := shutil.which(name)))
    with scratch() as folder, sync_playwright() as playwright:
        store = os.environ.get("MLRUN_BENCH_STORE", "")
        if not store:
            store = str(folder / "store")
            fill(store, RUNS)
        with_us, without = folder / "with", folder / "without"
        with_us.mkdir()
        without.mkdir()
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        with lab(without, store, ours=False) as bare, lab(with_us, store, ours=True) as address:
            pairs = [(start(browser, address), start(browser, bare)) for _ in range(2)]
            took, floor = (min(pair[at] for pair in pairs) for at in (0, 1))
            report("start of JupyterLab", took, floor, "ms", floor_is="without us", target="at most 100 ms more")
            page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
            page.goto(f"{address}/lab/workspaces/bench?token={TOKEN}&reset")
            page.evaluate(STARTED)
            run = Run(open_db(store).list_runs(RunQuery(project="bench", limit=1)).rows[0], open_db(store))
            plain = opened(page, with_us, {"text/plain": "x"}, ".jp-OutputArea-output pre")
            card = opened(page, with_us, run._repr_mimebundle_(), ".mj-card .mj-name")
            report("a saved card is painted", card, plain, "ms", floor_is="a line of text", target="at most 300 ms")
            bare_memory = memory(page)
            report("first rows of the panel", float(page.evaluate(LISTED)), 0, "ms", target="at most 300 ms")
            page.wait_for_timeout(1000)
            empty = page.evaluate(FRAMES, {"selector": "html", "step": 0, "frames": FRAME_COUNT})
            scrolling(page, "scrolling the panel", empty, selector=".mlrun-panel .mj-rows")
            report("memory with the panel", memory(page), bare_memory, "MB", floor_is="before", target="under 150 MB")
        browser.close()


if __name__ == "__main__":
    main()
