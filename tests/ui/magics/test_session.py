"""A session in JupyterLab: complete, run, interrupt, put a slip right from its message, and read the quickstart."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from mlrun_jupyter import get_run_db

pytestmark = pytest.mark.browser
CARD = ".mj-card, .mlrun-card"
"""The card of a run, by our front end or as plain HTML."""
QUICKSTART = Path(__file__).parents[3] / "notebooks" / "quickstart.ipynb"
TRAIN = """%%mlrun
import time

def train(context, depth: int = 3, eta: float = 0.1):
    context.log_result("accuracy", depth * eta)

def slow(context):
    print("begun")
    time.sleep(120)
"""


@pytest.fixture
def open_book(page, lab) -> Callable:
    from tests.ui.magics.conftest import opened

    return lambda name: opened(page, lab, name)


def test_a_session_by_hand(open_book, page, lab) -> None:
    cells = [nbformat.v4.new_code_cell(text) for text in ("%load_ext mlrun_jupyter", TRAIN, "")]
    kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernelspec}), lab.folder / "hand.ipynb"
    )
    book = open_book("hand.ipynb")
    book.finished(book.run())
    book.finished(book.run())

    # the popup offers our commands, and nothing else; a choice is written into the cell
    book.write("%mlrun r")
    page.keyboard.press("Tab")
    popup = page.locator(".jp-Completer:not(.lm-mod-hidden)")
    popup.wait_for()
    matches = popup.locator(".jp-Completer-match")
    assert matches.all_inner_texts() == ["requirements", "rerun", "run", "runs"]
    book.shot("completer")
    matches.get_by_text("run", exact=True).click()
    page.keyboard.insert_text(" trian -p depth=5")

    # a slip is one red line that says how it is put right
    cell = book.run()
    told = book.finished(cell).inner_text().strip()
    assert told == "UsageError: there is no function 'trian': did you mean train?"
    book.shot("slip")
    cell.locator(".cm-content").click()
    book.write("%mlrun run train -p dep")
    page.keyboard.press("Tab")
    matches.get_by_text("depth=3").wait_for()
    book.shot("parameter")
    page.keyboard.press("Enter")
    cell = book.run()
    book.finished(cell)
    card = cell.locator(CARD).first
    card.wait_for()
    assert "completed" in card.inner_text() and "train" in card.inner_text()
    book.shot("card")

    # the toolbar's button ends a run
    book.write("%mlrun run slow")
    cell = book.run()
    cell.get_by_text("begun").wait_for()
    page.locator("[data-command='notebook:interrupt-kernel'], [data-jp-item-name='interrupt']").first.click()
    assert "UsageError: interrupted" in book.finished(cell).inner_text()
    book.shot("interrupted")
    states: dict[str, str] = {}
    for _ in range(100):  # the kernel's recorder puts it into the store a moment later
        states = {run.name: run.state() for run in get_run_db(str(lab.store)).list_runs()}
        if states.get("slow") != "running":
            break
        page.wait_for_timeout(100)
    assert states == {"train": "completed", "slow": "aborted"}


@pytest.mark.slow
def test_the_quickstart_is_read_and_run_cell_by_cell(open_book, page, lab) -> None:
    shutil.copy(QUICKSTART, lab.folder / "quickstart.ipynb")
    book = open_book("quickstart.ipynb")
    count = len(nbformat.read(QUICKSTART, as_version=4).cells)
    for number in range(count):
        cell = book.cell(number)
        cell.scroll_into_view_if_needed()
        is_code = "jp-CodeCell" in (cell.get_attribute("class") or "")
        book.run()
        if is_code:
            outputs = book.finished(cell, timeout=120)
            assert "Error" not in outputs.inner_text(), outputs.inner_text()
            book.shot(f"quickstart-{number}")
    cards = page.locator(CARD).all_inner_texts()
    assert any(re.search("train-eta", text) for text in cards) and len(cards) >= 3
    assert not page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count()


def test_what_is_typed_and_neither_run_nor_saved_is_converted(open_book, page, lab) -> None:
    texts = ("%%mlrun\ndef train(context):\n    return 'as saved'", "%load_ext mlrun_jupyter", "%mlrun convert train")
    kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    cells = [nbformat.v4.new_code_cell(text) for text in texts]
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernelspec}), lab.folder / "typed.ipynb"
    )
    book = open_book("typed.ipynb")
    book.write("%%mlrun\ndef train(context):\n    return 'as typed 🙂'")
    book.cell(1).locator(".cm-content").click()
    book.finished(book.run())
    shown = book.finished(book.run()).inner_text()
    book.shot("typed")
    assert "as typed" in shown and "as saved" not in shown
    assert "as saved" in (lab.folder / "typed.ipynb").read_text()  # nothing was saved behind the reader's back
