"""The service itself: what it is, what changed, what it counts."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

import msgspec

from mlrun_jupyter.db import paging
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.db.remote import wire
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model import times
from mlrun_jupyter.service import reply
from mlrun_jupyter.service.gate import BODY
from mlrun_jupyter.service.narrowed import listed
from mlrun_jupyter.service.native.runs import MAX_PAGE
from mlrun_jupyter.service.operation import Call
from mlrun_jupyter.service.reply import Reply
from mlrun_jupyter.service.version import version

LONGEST = 60.0
"""Seconds that a question for changes waits."""
_LOOK = 0.05
_LOOK_DEEP = 0.5
_OVERLAP = 2.0
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
    number = call.service.changes.number()
    since = call.text("since")
    if not since:
        return reply.of({"token": _token(call, number, time.time()), "runs": []})
    moment, seen = _position(since)
    timeout = call.number("timeout", 25)
    if not 0 <= timeout <= LONGEST:
        raise InvalidArgumentError(f"a question waits for at most {LONGEST:.0f} seconds", where="parameter timeout")
    gone = asyncio.ensure_future(call.scope[BODY].gone())
    try:
        return await _wait(call, moment, seen, time.monotonic() + timeout, gone)
    finally:
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone


async def _wait(call: Call, moment: float, seen: Any, deadline: float, gone: asyncio.Future[None]) -> Reply:
    loop = asyncio.get_running_loop()
    service = call.service
    exact = service.changes.exact
    while True:
        number, now = service.changes.number(), time.time()
        moved = seen != _identity(call, number)
        runs: list[Any] = []
        if moved or not exact:
            runs = await loop.run_in_executor(service.threads, _changed, call, moment)
        if moved or runs or time.monotonic() >= deadline or gone.done():
            newest = max([moment, *(times.seconds(run.status.last_update) for run in runs)])
            token = _token(call, number, newest if runs or exact else max(moment, now - _OVERLAP))
            rows = msgspec.Raw(b"[%b]" % b",".join(map(wire.encode_record, runs)))
            return Reply(msgspec.json.encode({"token": token, "runs": rows}))
        await asyncio.wait([gone], timeout=_LOOK if exact else _LOOK_DEEP)


def _changed(call: Call, moment: float) -> list[Any]:
    since = moment - _OVERLAP if call.service.changes.exact else moment + 1e-6
    query = RunQuery(
        project=call.text("project"),
        update_from=since,
        iterations=call.flag("iterations"),
        limit=MAX_PAGE,
    )
    return listed(call, query, call.db.list_runs).rows


def _token(call: Call, number: tuple[int, int], moment: float) -> str:
    return paging.token([moment, _identity(call, number)])


def _identity(call: Call, number: tuple[int, int]) -> list[Any]:
    """The number means something in this process only."""
    return [id(call.service.changes) & 0xFFFFFFFF, *number]


def _position(text: str) -> tuple[float, Any]:
    held = paging.position(text)
    if not isinstance(held, list) or len(held) != 2 or not isinstance(held[0], (int, float)):
        raise InvalidArgumentError("not a token of this question", where="parameter since")
    return float(held[0]), held[1]
