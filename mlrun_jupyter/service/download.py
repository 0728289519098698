"""Sending files: in pieces, from any byte on, and never so that a browser takes them for a part of the service."""

from __future__ import annotations

import asyncio
import os
import re
from typing import Final

from mlrun_jupyter.service.gate import RefusedError
from mlrun_jupyter.service.operation import Call

PIECE: Final = 2**18
SHOWN: Final = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}
"""What may be shown where it is; everything else is for saving."""
SANDBOX: Final = (b"content-security-policy", b"sandbox; default-src 'none'; frame-ancestors 'none'")
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_PLAIN: Final = re.compile(r"[^A-Za-z0-9._-]+")


async def send_file(call: Call, fd: int, name: str) -> None:
    """Answer with an open file, or the part that ``Range`` asks for; closes it."""
    try:
        stat = os.fstat(fd)
        size = stat.st_size
        tag = b'"%x-%x"' % (stat.st_mtime_ns, size)
        start, stop, status = 0, size, 200
        asked = call.headers.get(b"range")
        if asked is not None and call.headers.get(b"if-range", tag) == tag:
            start, stop = _part(asked.decode("latin-1"), size)
            status = 206
        headers = [
            (b"content-type", _media(name).encode()),
            (b"content-length", b"%d" % (stop - start)),
            (b"content-disposition", _disposition(name)),
            (b"accept-ranges", b"bytes"),
            (b"etag", tag),
            SANDBOX,
        ]
        if status == 206:
            headers.append((b"content-range", b"bytes %d-%d/%d" % (start, stop - 1, size)))
        await _send(call, fd, start, stop, status, headers)
    finally:
        os.close(fd)


async def _send(call: Call, fd: int, start: int, stop: int, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    _receive, send = call.scope["mlrun.transport"]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    loop = asyncio.get_running_loop()
    while start < stop and call.scope["method"] != "HEAD":
        piece = await loop.run_in_executor(call.service.threads, os.pread, fd, min(PIECE, stop - start), start)
        if not piece:
            break  # it has become shorter; the length tells the client
        start += len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _part(text: str, size: int) -> tuple[int, int]:
    """The bytes of a range. Raises :class:`RefusedError` for one that the file does not have."""
    match = _RANGE.fullmatch(text)
    if match and (match[1] or match[2]):
        if not match[1]:
            start, stop = max(0, size - int(match[2])), size
        else:
            start, stop = int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)
        if start < stop:
            return start, stop
    raise RefusedError(416, "the file does not have these bytes", [(b"content-range", b"bytes */%d" % size)])


def _media(name: str) -> str:
    return SHOWN.get(os.path.splitext(name)[1].lower(), "application/octet-stream")  # noqa: PTH122 - only text


def _disposition(name: str) -> bytes:
    shown = os.path.splitext(name)[1].lower() in SHOWN  # noqa: PTH122
    safe = _PLAIN.sub("_", name)[-100:] or "data"
    return f'{"inline" if shown else "attachment"}; filename="{safe}"'.encode()
