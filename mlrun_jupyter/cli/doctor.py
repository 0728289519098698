"""``mlrun doctor``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mlrun_jupyter import config
from mlrun_jupyter.cli import options
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.errors import MlrunError, StoreError

if TYPE_CHECKING:
    from mlrun_jupyter.db.doctor import Finding

_SIGNS: Final = {"ok": "ok   ", "note": "note ", "warning": "WARN ", "error": "BAD  "}


@click.command("doctor")
@options.db
@click.pass_obj
def command(session: Session, /, db: str) -> str:
    """Check the store and this installation; ends with exit code 1 when something is wrong.

    \b
    Examples
      mlrun doctor
      mlrun doctor --db ./runs
    """
    from mlrun_jupyter.db import doctor

    address = db or config.current().dbpath or config.DEFAULT_FOLDER
    found = [] if "://" in address else doctor.check(Path(address))
    return report(session, [*findings(found), *_runs(session, db)])


class Line:
    """A finding on a line, and what can be done about it."""

    def __init__(self, level: str, topic: str, text: str, hint: str = "") -> None:
        self.bad = level == "error"
        self.text = f"{_SIGNS[level]}{topic:<13} {text}" + (f": {hint}" if hint else "")


def findings(found: Iterable[Finding]) -> list[Line]:
    """What a check of a store found, as lines."""
    return [Line(each.level, each.topic, each.text, each.hint) for each in found]


def report(session: Session, lines: list[Line]) -> str:
    """All lines; raises ``StoreError``, with the lines told before, when one of them is bad."""
    text = "\n".join(line.text for line in lines)
    if any(line.bad for line in lines):
        session.note(text)
        raise StoreError("something is wrong", hint="the lines above with BAD say what")
    return text


def _runs(session: Session, db: str) -> list[Line]:
    """Whether runs can be read, and how they stand."""
    from mlrun_jupyter.db.query import ALL_PROJECTS, RunQuery

    try:
        counted = session.db(db).store.count_runs(RunQuery(project=ALL_PROJECTS))
    except MlrunError as error:
        return [Line("error", "runs", " ".join(str(error).split()))]
    return [Line("ok", "runs", ", ".join(f"{count} {state}" for state, count in sorted(counted.items())) or "none yet")]
