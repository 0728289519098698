"""JupyterLab in real Chromium, with a home, a store and a folder of notebooks of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

TOKEN = "a-token-of-this-test"
SHOTS = os.environ.get("MLRUN_TEST_SHOTS", "")
"""A folder for pictures of what was seen, to look at them."""


class Lab(NamedTuple):
    """A server: where it answers, and its notebooks."""

    url: str
    folder: Path
    store: Path


class Book:
    """An open notebook, as its reader handles it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def active(self) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell.jp-mod-active")

    def cell(self, number: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number)

    def write(self, text: str) -> None:
        """Replace the text of the active cell."""
        self.active.locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def run(self) -> Locator:
        """Shift+Enter; returns the cell that runs."""
        number = self.page.locator(".jp-Notebook .jp-Cell").evaluate_all(
            "cells => cells.findIndex(each => each.classList.contains('jp-mod-active'))"
        )
        self.page.keyboard.press("Shift+Enter")
        return self.cell(number)

    def finished(self, cell: Locator, timeout: float = 60) -> Locator:
        """Wait until a cell has its number, and return its outputs."""
        prompt = cell.locator(".jp-InputPrompt")
        end = time.monotonic() + timeout
        while not any(each.isdigit() for each in prompt.inner_text()):
            if time.monotonic() > end:
                self.shot("unfinished")
            assert time.monotonic() < end, f"the cell still runs: {cell.inner_text()}"
            self.page.wait_for_timeout(50)
        return cell.locator(".jp-Cell-outputArea")

    def shot(self, name: str) -> None:
        if SHOTS:
            self.page.screenshot(path=Path(SHOTS, f"{name}.png"))


@pytest.fixture(scope="session")
def lab(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    home = tmp_path_factory.mktemp("lab")
    settings = home / "config" / "lab" / "user-settings" / "@jupyterlab"
    for name, values in (
        ("apputils-extension/notification", {"fetchNews": "false", "checkForUpdates": False}),
        ("docmanager-extension/plugin", {"autosave": False}),
        ("notebook-extension/tracker", {"windowingMode": "none"}),  # every cell is there, seen or not
    ):
        file = settings / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(values))
    folder = home / "work"
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {
        **os.environ,
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "MLRUN_DBPATH": str(home / "db"),
    }
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}",
    ]  # fmt: skip
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(f"http://127.0.0.1:{port}/api/status?token={TOKEN}", process, home / "server.log")
            yield Lab(f"http://127.0.0.1:{port}", folder, home / "db")
        finally:
            process.terminate()
            process.wait(30)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address):
                return
        except urllib.error.URLError:
            assert process.poll() is None, log.read_text()[-2000:]
            time.sleep(0.1)
    raise AssertionError(log.read_text()[-2000:])


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    opened = chromium.new_page(viewport={"width": 1300, "height": 1000})
    opened.set_default_timeout(90_000)  # ms: on a busy machine a page takes long, and is none the worse
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    opened.close()
    assert errors == []


def opened(page: Page, lab: Lab, name: str) -> Book:
    """Open a notebook of the server's folder, its kernel ready."""
    page.goto(f"{lab.url}/lab/workspaces/{Path(name).stem}/tree/{name}?reset&token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    # the notebook's own indicator says idle before there is a kernel
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    page.locator(".jp-Notebook .jp-Cell .cm-content, .jp-Notebook .jp-MarkdownCell").first.click()
    return Book(page)
