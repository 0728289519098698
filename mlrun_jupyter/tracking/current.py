"""The run that code is in: found, not handed around.

A process that a runtime starts for a run is told so by ``MLRUN_EXEC_CONFIG``, the run's document as JSON. Secrets
travel through a pipe whose number is in ``MLRUN_SECRETS_FD``: neither the environment nor the command line shows them.
"""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import os
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import msgspec

from mlrun_jupyter.db import open_db
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model import states, values
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.tracking import tracker
from mlrun_jupyter.tracking.context import RunContext
from mlrun_jupyter.tracking.provenance import describe_process
from mlrun_jupyter.tracking.secrets import Secrets

CONFIG = "MLRUN_EXEC_CONFIG"
SECRETS = "MLRUN_SECRETS_FD"

_active: contextvars.ContextVar[RunContext | None] = contextvars.ContextVar("mlrun_context", default=None)
_own: RunContext | None = None  # the run of this whole process: supervised, or begun by get_or_create_ctx


@contextlib.contextmanager
def active(context: RunContext) -> Iterator[None]:
    """Within the block, ``context`` is the current one."""
    token = _active.set(context)
    try:
        yield
    finally:
        _active.reset(token)


def current() -> RunContext | None:
    """The context of the run that this code is in, or None."""
    return _active.get() or _own


def get_or_create_ctx(
    name: str,
    event: Any = None,
    spec: dict[str, Any] | str | None = None,
    with_env: bool = True,
    rundb: str = "",
    project: str = "",
) -> RunContext:
    """The context of the run that this code is part of; without one, a new run that ends with the process.

    Parameters
    ----------
    name
        The new run's name.
    event
        An event whose ``body`` is a run's document, as HTTP functions get it.
    spec
        A run's document, as a mapping or JSON text.
    with_env
        Look at the environment for the run that this process was started for.
    rundb
        Where to record; the configured store by default.

    Raises
    ------
    InvalidArgumentError
        A document that is no run.
    StoreUnavailableError
        A new run could not be recorded.

    Example
    -------
    ::

        with get_or_create_ctx("train") as context:
            context.log_result("accuracy", 0.97)
    """
    global _own
    body = spec or getattr(event, "body", None)
    if not body and (found := current()) is not None and found.state not in states.TERMINAL:
        return found
    text = os.environ.get(CONFIG, "") if with_env and not body else ""
    if text:
        _own = _supervised(_document(text, CONFIG), rundb)
        return _own
    run = RunRecord.from_dict(_document(body, "spec")) if body else RunRecord()
    run.metadata.name = run.metadata.name or name
    run.metadata.project = run.metadata.project or project
    db = open_db(rundb)
    db.admit(run.metadata.project)
    _own = RunContext(run, tracker.of(db))
    describe_process(_own)
    _own.start()
    _end_with_process(_own)
    return _own


def _document(body: Any, where: str) -> dict[str, Any]:
    if isinstance(body, (str, bytes)):
        try:
            body = values.decode(body)
        except msgspec.DecodeError as error:
            raise InvalidArgumentError("not the document of a run", where=where, hint=str(error)) from None
    if not isinstance(body, dict):
        raise InvalidArgumentError("not the document of a run", where=where, hint="a mapping is expected")
    return body


def _supervised(document: dict[str, Any], rundb: str) -> RunContext:
    """The context of a process that was started for a run: whoever started it records its beginning, log and end."""
    run = RunRecord.from_dict(document)
    context = RunContext(run, tracker.of(open_db(rundb)), secrets=_secrets(run))
    context.join()
    _end_with_process(context)
    return context


def _secrets(run: RunRecord) -> Secrets:
    number = os.environ.pop(SECRETS, "")
    if not number:
        return Secrets.of([each for each in run.spec.secret_sources if each.get("kind") != "inline"])
    with open(int(number), "rb") as pipe:  # noqa: PTH123 - a descriptor, not a path
        return Secrets(msgspec.json.decode(pipe.read()))


def _end_with_process(context: RunContext) -> None:
    """A run that is the whole process is over when it is: completed, or in error by the exception that ended it."""
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        context.fail(error.with_traceback(trace))
        before(kind, error, trace)

    sys.excepthook = hook
    atexit.register(context.finish)
