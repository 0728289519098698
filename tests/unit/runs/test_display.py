from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.testing.globalipapp import start_ipython
from IPython.utils.capture import capture_output

from mlrun_jupyter import config
from mlrun_jupyter.runs import display
from mlrun_jupyter.views.base import View
from mlrun_jupyter.views.run import RunView

VIEW = RunView(name="train", state="completed", uid="7f3a9c")


@pytest.fixture
def renderers() -> Iterator[list[tuple[str, str]]]:
    shown: list[tuple[str, str]] = []

    def render(view: View, display_id: str) -> bool:
        shown.append((view.kind, display_id))
        return True

    forget = display.register(render)
    yield shown
    forget()


def test_outside_notebooks_text_is_written(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython")
    display.show(VIEW)
    assert capsys.readouterr().out == "✓ completed  train  7f3a9c\n"
    assert not display.in_shell() and not display.in_notebook()


def test_an_update_is_written_once_only(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython")
    display.show(VIEW, display_id="a")
    display.show(VIEW, display_id="a", update=True)
    assert capsys.readouterr().out.count("train") == 1


def test_nothing_is_shown_unasked_when_the_setting_is_off(capsys: pytest.CaptureFixture[str]) -> None:
    config.current().set("display.auto", False)
    display.show(VIEW, auto=True)
    assert capsys.readouterr().out == ""
    display.show(VIEW)
    assert "train" in capsys.readouterr().out


def test_a_registered_renderer_is_asked_first(renderers: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    display.show(VIEW, display_id="x")
    assert renderers == [("run", "x")] and capsys.readouterr().out == ""


def test_a_renderer_that_declines_or_is_gone_is_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    forget = display.register(lambda _view, _id: False)
    display.show(VIEW)
    forget()
    forget()
    display.show(VIEW)
    assert capsys.readouterr().out.count("train") == 2


def test_a_terminal_of_few_letters_gets_what_it_knows() -> None:
    code = (
        "from mlrun_jupyter.runs import display\nfrom mlrun_jupyter.views.run import RunView\n"
        "display.show(RunView(name='train', state='completed'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env={"PYTHONIOENCODING": "ascii"}
    )
    assert done.stdout.decode("ascii").rstrip() == "? completed  train"


@pytest.fixture(scope="module")
def shell() -> Iterator[InteractiveShell]:
    found = start_ipython() or InteractiveShell.instance()
    yield found
    found.clear_instance()


def test_in_ipython_the_whole_bundle_is_published(shell: InteractiveShell) -> None:
    assert display.in_shell()
    with capture_output(display=True) as captured:
        display.show(VIEW, display_id="card")
        display.show(VIEW, display_id="card", update=True)
    first, second = captured.outputs
    assert set(first.data) == {"application/vnd.mlrun-jupyter.run+json", "text/html", "text/plain"}
    assert first.update is False and second.update is True


def test_a_view_as_the_last_expression_shows_itself(shell: InteractiveShell) -> None:
    data, _ = shell.display_formatter.format(VIEW)
    assert data["text/html"].startswith('<div class="mlrun-card') and data["text/plain"].startswith("✓ completed")
