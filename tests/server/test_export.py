"""*Save and Export Notebook As* in JupyterLab: what its menu asks for, and what the server makes of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse


@pytest.fixture
def fetch(jp_fetch: Any, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Callable[..., HTTPResponse]:
    return lambda *parts, **options: jp_asyncio_loop.run_until_complete(jp_fetch(*parts, **options))


def save(root: Path, *sources: str) -> None:
    cells = [{"cell_type": "code", "id": f"c{n}", "source": text, "metadata": {}, "outputs": [], "execution_count": None}
             for n, text in enumerate(sources)]  # fmt: skip
    (root / "train.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


def test_the_menu_lists_the_exporter(fetch: Callable[..., HTTPResponse]) -> None:
    assert json.loads(fetch("api", "nbconvert").body)["mlrun"] == {"output_mimetype": "text/x-python"}


def test_what_is_downloaded_is_the_module(fetch: Callable[..., HTTPResponse], jp_root_dir: Path) -> None:
    save(jp_root_dir, "import os, sys", "%%mlrun function train\ndef train(context):\n    return os\n", "train(None)")
    answer = fetch("nbconvert", "mlrun", "train.ipynb", params={"download": "true"})
    assert answer.body.decode() == (
        "# Made by mlrun_jupyter from train.ipynb\n\nimport os, sys\n\ndef train(context):\n    return os\n"
    )
    assert answer.headers["Content-Type"].startswith("text/x-python")
    assert "train.py" in answer.headers["Content-Disposition"]


def test_what_cannot_be_a_module_is_told_by_cell_and_line(
    fetch: Callable[..., HTTPResponse], jp_root_dir: Path
) -> None:
    save(jp_root_dir, "x = (", "y = 1", "z = )")
    with pytest.raises(HTTPClientError) as caught:
        fetch("nbconvert", "mlrun", "train.ipynb")
    assert caught.value.response is not None
    page = caught.value.response.body.decode()
    assert "cell 1 line 1: " in page and "cell 3 line 1: " in page
