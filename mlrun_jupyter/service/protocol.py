"""HTTP as uvicorn speaks it, with the limits that it leaves to a proxy: how long and how large headers may be."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mlrun_jupyter.service.gate import MAX_HEADERS

HEADER_PATIENCE: Final = 30.0
"""Seconds for the headers of a request, and for the first byte of a connection."""
_MOST: Final = MAX_HEADERS + 64 * 2**10  # what one read may bring along beyond the headers
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class LimitedProtocol(HttpToolsProtocol):
    """Closes connections that send no end of headers, or none at all; takes no address but a path."""

    _timer: asyncio.TimerHandle | None = None
    _reading_headers = False
    _header_bytes = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if connection is not None:  # asyncio does so only for sockets that name their protocol, and ours does not
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._headers_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._reading_headers:
            self._header_bytes += len(data)
            if self._header_bytes > _MOST and not self.transport.is_closing():
                self.transport.write(_TOO_LARGE)
                self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_headers()

    def on_headers_complete(self) -> None:
        self._headers_came()
        if not self.url.startswith(b"/"):
            raise ValueError("an address in absolute form names a host of its own")
        super().on_headers_complete()

    def _await_headers(self) -> None:
        self._headers_came()
        self._reading_headers, self._header_bytes = True, 0
        self._timer = self.loop.call_later(HEADER_PATIENCE, self._give_up)

    def _headers_came(self) -> None:
        self._reading_headers = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
