"""The outermost layer: nothing behind it sees a request that is not addressed to us, too large, or from nobody.

Everything is closed unless its path is in :data:`PUBLIC`. Sizes are counted on what is received, whatever the headers
say.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

from mlrun_jupyter.service.access import Principal, TokenBook, presented
from mlrun_jupyter.service.origin import Hosts, foreign

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Finished = Callable[[Scope, int, float], None]

PUBLIC: Final = frozenset({"/health"})
"""Paths that are answered to everybody, for GET and HEAD."""
MAX_BODY: Final = 16 * 2**20
MAX_HEADERS: Final = 32 * 2**10
PATIENCE: Final = 30.0
"""Seconds without a byte of the body after which a request is given up."""

PRINCIPAL: Final = "mlrun.principal"
BODY: Final = "mlrun.body"
OPERATION: Final = "mlrun.operation"

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_SAFE: Final = frozenset({"GET", "HEAD"})
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_CLOSED: Final = (b"content-security-policy", b"sandbox; default-src 'none'; frame-ancestors 'none'")
_NOT_KEPT: Final = (b"cache-control", b"no-store")


class RefusedError(Exception):
    """A request that goes no further; ``status`` and ``text`` are the answer."""

    def __init__(self, status: int, text: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = tuple(headers)


class Body:
    """A request's body as it comes in, counted; whoever reads it may raise ``limit`` (bytes) before."""

    def __init__(self, receive: Receive, declared: int | None) -> None:
        self._receive = receive
        self._declared = declared
        self.limit = MAX_BODY
        self.size = 0
        self.ended = False

    async def receive(self) -> Message:
        """The next message; raises :class:`RefusedError` when it is too much or too late."""
        if self._declared is not None and self._declared > self.limit:
            raise self._too_large()
        try:
            message = await asyncio.wait_for(self._receive(), PATIENCE)
        except TimeoutError:
            raise RefusedError(408, "the body does not come", [(b"connection", b"close")]) from None
        if message["type"] == "http.request":
            self.size += len(message.get("body", b""))
            self.ended = not message.get("more_body", False)
            if self.size > self.limit:
                raise self._too_large()
        return message

    async def read(self) -> bytes:
        """The whole body."""
        parts = []
        while not self.ended:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise RefusedError(400, "the client went away")
            parts.append(message.get("body", b""))
        return b"".join(parts)

    async def gone(self) -> None:
        """Returns when the client has gone away."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def _too_large(self) -> RefusedError:
        return RefusedError(413, f"the body is larger than {self.limit:,} bytes", [(b"connection", b"close")])


class Gate:
    """An ASGI application around another.

    Parameters
    ----------
    app
        What is behind.
    tokens, hosts
        Who may come in, and under which names the service is reached.
    finished
        Called after each answer with the scope, the status and the seconds it took.
    """

    def __init__(self, app: App, *, tokens: TokenBook, hosts: Hosts, finished: Finished | None = None) -> None:
        self._app = app
        self._tokens = tokens
        self._hosts = hosts
        self._finished = finished

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _guarded(message["headers"])
            await send(message)

        try:
            self._admit(scope, receive)
            await self._app(scope, scope[BODY].receive, answer)
        except RefusedError as refused:
            if not status:
                await _refuse(scope, refused, answer)
        finally:
            if self._finished is not None:
                self._finished(scope, status, time.perf_counter() - begun)

    def _admit(self, scope: Scope, receive: Receive) -> None:
        """Raise :class:`RefusedError`, or leave principal and body in the scope."""
        headers = _single(scope["headers"])
        host = headers.get(b"host", "")
        server = scope.get("server")
        if not self._hosts.serves(host, local=server[0] if server else ""):
            raise RefusedError(421, "no service of that name here")
        if foreign(host=host, origin=headers.get(b"origin"), site=headers.get(b"sec-fetch-site")):
            raise RefusedError(403, "not for other sites")
        method = scope["method"]
        scope[PRINCIPAL] = self._identify(scope["path"], method, headers.get(b"authorization", ""))
        if method not in _METHODS:
            raise RefusedError(405, "no such method")
        declared = _declared(headers)
        if method not in _SAFE:
            _check_type(headers, declared)
        scope[BODY] = Body(receive, declared)

    def _identify(self, path: str, method: str, authorization: str) -> Principal | None:
        if path in PUBLIC and method in _SAFE:
            return None
        token = presented(authorization)
        principal = self._tokens.find(token) if token else None
        if principal is None:
            raise RefusedError(
                401, "a token is needed", [(b"www-authenticate", b'Basic realm="mlrun", charset="UTF-8"')]
            )
        return principal


def _single(raw: Iterable[tuple[bytes, bytes]]) -> dict[bytes, str]:
    """The headers by name; those that decide about access may not be given twice."""
    found: dict[bytes, str] = {}
    size = 0
    for name, value in raw:
        size += len(name) + len(value) + 4
        if name in found and name in _ONCE:
            raise RefusedError(400, f"the header {name.decode('latin-1')} is given twice")
        found[name] = value.decode("latin-1")
    if size > MAX_HEADERS:
        raise RefusedError(431, "the headers are too large", [(b"connection", b"close")])
    return found


_ONCE: Final = frozenset(
    {b"host", b"origin", b"authorization", b"content-length", b"content-type", b"content-encoding", b"sec-fetch-site"}
)
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


def _declared(headers: dict[bytes, str]) -> int | None:
    text = headers.get(b"content-length")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit():
        raise RefusedError(400, "the length is no number")
    return int(text[:20])


def _check_type(headers: dict[bytes, str], declared: int | None) -> None:
    """What a browser sends without asking first is no way to change anything; nor is what unpacks to something larger.

    Programs may leave the type out, as some clients do.
    """
    if headers.get(b"content-encoding", "identity").lower() != "identity":
        raise RefusedError(415, "send the body as it is, without an encoding")
    kind = headers.get(b"content-type", "").partition(";")[0].strip().lower()
    from_browser = b"origin" in headers or b"sec-fetch-site" in headers or b"cookie" in headers
    if kind in _FORMS or (from_browser and not kind and (declared or b"transfer-encoding" in headers)):
        raise RefusedError(415, "send application/json, or application/octet-stream for bytes")


def _guarded(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    given = list(headers)
    names = {name for name, _value in given}
    given += _HEADERS
    given += [header for header in (_CLOSED, _NOT_KEPT) if header[0] not in names]
    return given


async def _refuse(scope: Scope, refused: RefusedError, send: Send) -> None:
    from mlrun_jupyter.service.reply import refusal

    reply = refusal(scope["path"], refused.status, refused.text)
    length = (b"content-length", b"%d" % len(reply.body))
    headers = [(b"content-type", reply.media.encode()), length, *refused.headers]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else reply.body})
