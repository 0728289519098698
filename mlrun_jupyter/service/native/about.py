"""The service itself: what it is, what changed, what it counts."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any, Final

import msgspec

from mlrun_jupyter.db import paging
from mlrun_jupyter.db.query import ALL_PROJECTS, RunQuery
from mlrun_jupyter.db.remote import wire
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model import times
from mlrun_jupyter.service import reply
from mlrun_jupyter.service.gate import BODY
from mlrun_jupyter.service.native.runs import MAX_PAGE
from mlrun_jupyter.service.operation import Call
from mlrun_jupyter.service.reply import Reply
from mlrun_jupyter.service.version import version

LONGEST: Final = 60
"""Seconds that a question for changes waits."""
_LOOK: Final = 0.05
_LOOK_DEEP: Final = 0.5
"""Seconds between two looks where every look asks the store."""
_OVERLAP: Final = 2.0
"""Seconds: transactions become visible a little after the time that they carry."""


def about(call: Call) -> Reply:
    """Versions, and where artifacts go."""
    return reply.of(
        {
            "service": "mlrun-jupyter",
            "version": version(),
            "api": {"oldest": wire.API, "newest": wire.API},
            "artifact_path": call.service.artifact_path,
            "token": {"name": call.principal.name, "grants": dict(call.principal.grants)},
        }
    )


async def health(call: Call) -> Reply:
    """Whether the service answers."""
    del call
    return Reply(b'{"status":"ok"}')


def counters(call: Call) -> Reply:
    """What the service counts, as Prometheus reads it."""
    return Reply(call.service.counters.text().encode(), media="text/plain; version=0.0.4; charset=utf-8")


async def changes(call: Call) -> Reply:
    """Wait until something changes after ``since`` (a token of the answer before), at most ``timeout`` seconds, and tell
    which runs did. Without ``since`` it answers at once, with a token to begin with."""
    since = call.text("since")
    if not since:
        state = await _state(call)
        return _changed([time.time() - _OVERLAP, state], [])
    moment, seen = _position(since)
    timeout = call.number("timeout", 25)
    if not 0 <= timeout <= LONGEST:
        raise InvalidArgumentError(f"a question waits for at most {LONGEST} seconds", where="parameter timeout")
    state = await wait(call, seen, time.monotonic() + timeout)
    if state == seen:
        return _changed([moment, state], [])
    query = RunQuery(
        project=call.text("project"), update_from=moment, iterations=call.flag("iterations"), limit=MAX_PAGE
    )
    loop = asyncio.get_running_loop()
    runs = (await loop.run_in_executor(call.service.threads, call.db.list_runs, query)).rows
    newest = max((times.seconds(run.status.last_update) for run in runs), default=moment)
    return _changed([max(moment, newest - _OVERLAP), state], runs)


async def wait(call: Call, seen: str, deadline: float) -> str:
    """The store's state: the first that is not ``seen``, or the same at the deadline, or when the client has gone."""
    gone = asyncio.ensure_future(call.scope[BODY].gone())
    pause = _LOOK if call.service.changes.exact else _LOOK_DEEP
    try:
        while True:
            state = await _state(call)
            if state != seen or time.monotonic() >= deadline or gone.done():
                return state
            await asyncio.wait([gone], timeout=min(pause, max(0.0, deadline - time.monotonic())))
    finally:
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone


async def _state(call: Call) -> str:
    """A short text that is another one after every change; it means something to this process only."""
    watched = call.service.changes
    number = watched.number()
    text = f"{id(watched) & 0xFFFFFFFF:x}-{number[0]:x}-{number[1]:x}"
    if not watched.exact:
        loop = asyncio.get_running_loop()
        text += await loop.run_in_executor(call.service.threads, _newest, call)
    return text


def _newest(call: Call) -> str:
    """What others than this service changed: the newest update tells."""
    rows = call.service.db.list_runs(RunQuery(project=ALL_PROJECTS, sort=("-update",), limit=1)).rows
    return f"-{rows[0].status.last_update}" if rows else "-"


def _changed(position: list[Any], runs: list[Any]) -> Reply:
    rows = msgspec.Raw(b"[%b]" % b",".join(map(wire.encode_record, runs)))
    return Reply(msgspec.json.encode({"token": paging.token(position), "runs": rows}))


def _position(text: str) -> tuple[float, str]:
    held = paging.position(text)
    if (
        not isinstance(held, list)
        or len(held) != 2
        or not isinstance(held[0], (int, float))
        or not isinstance(held[1], str)
    ):
        raise InvalidArgumentError("not a token of this question", where="parameter since")
    return float(held[0]), held[1]
