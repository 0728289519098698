"""The ASGI application: the gate, the table of operations, and what stands between."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.routing import Match, Route, Router

from mlrun_jupyter.errors import InvalidArgumentError, MlrunError
from mlrun_jupyter.service import reply
from mlrun_jupyter.service.gate import BODY, OPERATION, PRINCIPAL, App, Gate, Receive, RefusedError, Scope, Send
from mlrun_jupyter.service.kept import KeptAnswers
from mlrun_jupyter.service.operation import Call, Operation
from mlrun_jupyter.service.reaper import Reaper
from mlrun_jupyter.service.reply import Reply
from mlrun_jupyter.service.state import Service

log = logging.getLogger(__name__)
access = logging.getLogger("mlrun_jupyter.service.access")

_MAX_PARAMS: Final = 1000
_TURN: Final = 0.001
"""Seconds after which a thread that works lets the one that answers go on."""


def build(service: Service, *, reaping: bool = True) -> App:
    """The application of a service."""
    from mlrun_jupyter.service.table import operations

    sys.setswitchinterval(_TURN)
    kept = KeptAnswers(service)
    by_path: dict[str, list[Operation]] = {}
    for operation in operations():
        by_path.setdefault(operation.path, []).append(operation)
    routes = [
        Route(path, _Endpoint(service, each, kept), methods=[operation.method for operation in each])
        for path, each in by_path.items()
    ]
    router = Router(
        routes=routes, redirect_slashes=False, default=_Nothing(routes), lifespan=_lifespan(service, reaping)
    )
    return Gate(router, tokens=service.tokens, hosts=service.hosts, finished=_finished(service))


def _lifespan(service: Service, reaping: bool) -> Any:
    @contextlib.asynccontextmanager
    async def lifespan(_app: Router) -> AsyncIterator[None]:
        reaper = Reaper(service) if reaping else None
        task = asyncio.create_task(reaper.run()) if reaper else None
        try:
            yield
        finally:
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            service.close()

    return lifespan


def _finished(service: Service) -> Any:
    def finished(scope: Scope, status: int, seconds: float) -> None:
        operation = scope.get(OPERATION, "none")
        service.counters.request(operation, status, seconds)
        if access.isEnabledFor(logging.INFO):
            principal = scope.get(PRINCIPAL)
            access.info(
                "%s %s %d",
                scope["method"],
                scope["path"],
                status,
                extra={
                    "operation": operation,
                    "seconds": round(seconds, 6),
                    "token": principal.name if principal is not None else "",
                },
            )

    return finished


class _Endpoint:
    """All operations of one path."""

    def __init__(self, service: Service, operations: Sequence[Operation], kept: KeptAnswers) -> None:
        self._service = service
        self._kept = kept
        self._by_method = {operation.method: operation for operation in operations}
        if "GET" in self._by_method:
            self._by_method.setdefault("HEAD", self._by_method["GET"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation = self._by_method[scope["method"]]
        scope[OPERATION] = operation.name
        try:
            answer = await self._answer(operation, scope, receive, send)
        except MlrunError as error:
            answer = reply.failure(scope["path"], error)
            if answer.status == 500:
                log.error("%s: %s", operation.name, error)
        except (RefusedError, asyncio.CancelledError):
            raise
        except Exception:
            log.exception("%s failed", operation.name)
            answer = reply.refusal(scope["path"], 500, "the service made a mistake; its log tells more")
        if answer is not None:
            await _send(answer, scope, send)

    async def _answer(self, operation: Operation, scope: Scope, receive: Receive, send: Send) -> Reply | None:
        call = _call(self._service, scope)
        operation.admit(call)
        body = scope[BODY]
        body.limit = operation.max_body
        if operation.stream is not None:
            scope["mlrun.transport"] = receive, send
            return await operation.stream(call)
        assert operation.handler is not None  # noqa: S101 - one of the two
        key = None
        if operation.kept and (key := self._kept.key(call)) and (held := self._kept.get(key, call)):
            return held
        if scope["method"] not in ("GET", "HEAD"):
            call.body = await body.read()
        number = self._service.changes.number() if key else None
        if operation.quick is not None and self._service.changes.exact and operation.quick(call):
            answer = operation.handler(call)
        else:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._service.threads, operation.handler, call)
        if scope["method"] not in ("GET", "HEAD"):
            self._service.changes.note()
            await self._service.lasting.settle()
        if key and number is not None:
            return self._kept.keep(key, call, number, answer)
        return answer


def _call(service: Service, scope: Scope) -> Call:
    query = scope["query_string"]
    if query:
        try:
            params = parse_qs(
                query.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_PARAMS, errors="strict"
            )
        except ValueError:
            raise InvalidArgumentError("the parameters of the address cannot be read") from None
    else:
        params = {}
    return Call(
        service,
        scope[PRINCIPAL],
        path=scope.get("path_params", {}),
        params=params,
        headers=dict(scope["headers"]),
        scope=scope,
    )


async def _send(answer: Reply, scope: Scope, send: Send) -> None:
    headers = [
        (b"content-type", answer.media.encode()),
        (b"content-length", b"%d" % len(answer.body)),
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})


class _Nothing:
    """What is answered where there is no such path, or not by this method."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        others = any(route.matches(scope)[0] != Match.NONE for route in self._routes)
        text = "not by this method" if others else "no such address"
        await _send(reply.refusal(scope["path"], 405 if others else 404, text), scope, send)
