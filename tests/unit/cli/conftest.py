"""The command as its caller sees it: words in; exit code, output and errors out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from mlrun_jupyter.cli.program import execute


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


Mlrun = Callable[..., Outcome]


@pytest.fixture
def mlrun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Mlrun:
    """Run ``mlrun`` in a folder of its own, with a store of its own."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "db"))

    def call(*words: str) -> Outcome:
        capfd.readouterr()
        code = execute(list(words))
        out, err = capfd.readouterr()
        return Outcome(code, out, err)

    return call


@pytest.fixture
def training(mlrun: Mlrun) -> Path:
    """A training file in the working folder."""
    path = Path("training.py").absolute()
    path.write_text(
        "from mlrun_jupyter import get_or_create_ctx\n\n\n"
        "def train(context, p1=1, p2='x'):\n"
        "    print('p2 is', p2)\n"
        "    context.log_result('loss', p1 * 3)\n\n\n"
        "if __name__ == '__main__':\n"
        "    context = get_or_create_ctx('train')\n"
        "    print('key', context.get_secret('ACCESS_KEY'))\n"
        "    train(context, context.get_param('p1', 1), context.get_param('p2', 'x'))\n"
    )
    return path
