"""Data on the web: read by http(s), and written where a host takes PUT."""

from __future__ import annotations

import contextlib
import hashlib
import io
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, Any, Final, TypeVar

from mlrun_jupyter.datastore import pieces, resumed
from mlrun_jupyter.datastore.base import FileStat, Progress, Secrets
from mlrun_jupyter.datastore.local import content_type
from mlrun_jupyter.errors import DataError, StoreUnavailableError
from mlrun_jupyter.safety import credentials, files, urls

T = TypeVar("T")

_TRIES: Final = 3
_PUTS: Final = 6
"""How often a file is sent: a host that is started anew is back within seconds."""
_PAUSE: Final = 0.2
"""Seconds before the second try; each further one waits twice as long."""


class WebStorage:
    """Paths are whole addresses. ``HTTP_TOKEN`` among the secrets is sent as a bearer token; below a service that this
    process has opened, its token.

    TLS is always verified. A host that is busy or breaks off is tried three times; a download goes on where it broke, and so
    does a large file that is sent to a service of ours.
    """

    def __init__(self, kind: str, secrets: Secrets) -> None:
        self.kind = kind
        self._token = secrets.given("HTTP_TOKEN")

    def read(self, path: str, size: int | None = None, offset: int = 0) -> bytes:
        if size == 0:
            return b""

        def attempt() -> bytes:
            with self._get(path, offset, size) as response:
                skip = offset if response.status != 206 else 0
                return _take(response, skip, size)

        return _tried(attempt)

    def write(self, path: str, data: bytes, *, append: bool = False) -> None:
        if append:
            data = self.read(path) + data
        headers = {**self._headers(path), "Content-Type": "application/octet-stream"}
        if credentials.token_for(path):
            headers["X-Content-SHA256"] = hashlib.sha256(data).hexdigest()
        _tried(lambda: urls.open_url(path, method="PUT", body=data, headers=headers, timeout=60.0).close(), tries=_PUTS)

    def open(self, path: str, mode: str, **options: Any) -> IO[Any]:
        if mode not in ("r", "rb", "rt"):
            raise DataError("a web address is opened for reading only", where=_shown(path), hint="use put()")
        raw = io.BufferedReader(_tried(lambda: self._get(path, 0, None)), files.CHUNK)
        return raw if mode == "rb" else io.TextIOWrapper(raw, **{"encoding": "utf-8", **options})

    def stat(self, path: str) -> FileStat:
        try:
            response = _tried(lambda: urls.open_url(path, method="HEAD", headers=self._headers(path), redirects=5))
        except DataError:  # hosts that know no HEAD
            response = _tried(lambda: self._get(path, 0, 1))
        with response:
            told = response.headers
        size = told.get("content-range", "").rpartition("/")[2] or told.get("content-length", "")
        return FileStat(
            int(size) if size.isdecimal() else 0,
            _moment(told),
            told.get("content-type", "").partition(";")[0] or content_type(path),
        )

    def list(self, path: str) -> list[str]:
        raise DataError("a web address has no list of files", where=_shown(path))

    def delete(self, path: str) -> None:
        urls.open_url(path, method="DELETE", headers=self._headers(path)).close()

    def download(self, path: str, target: str, *, progress: Progress | None = None) -> None:
        files.write_atomic(target, lambda file: self._copy(path, file, progress), sync=False)

    def upload(self, path: str, source: str, *, progress: Progress | None = None) -> None:
        if Path(source).is_dir():
            raise DataError("a folder cannot be put to a web address", where=_shown(path))
        headers = {**self._headers(path), "Content-Type": "application/octet-stream"}
        if credentials.token_for(path):  # a service of ours
            digest = files.hash_file(source)
            headers["X-Content-SHA256"] = digest.sha256
            if digest.size >= resumed.LARGE and resumed.send(path, source, headers, digest, progress):
                return

        def attempt() -> None:
            with pieces.of(source, progress) as (size, body):
                told = {**headers, "Content-Length": str(size)}
                urls.open_url(path, method="PUT", body=body, headers=told, timeout=60.0).close()

        _tried(attempt, tries=_PUTS)

    def _copy(self, path: str, file: files.HashingFile, progress: Progress | None) -> None:
        buffer = memoryview(bytearray(files.CHUNK))
        for attempt in range(_TRIES):
            try:
                with self._get(path, file.tell(), None) as response:
                    resumed = response.status == 206
                    if file.tell() and not resumed:
                        _skip(response, file.tell())
                    total = _total(response.headers, file.tell() if resumed else 0)
                    while count := response.readinto(buffer):
                        file.write(buffer[:count])
                        if progress is not None:
                            progress(file.tell(), total)
                return
            except StoreUnavailableError:
                if attempt == _TRIES - 1:
                    raise
                time.sleep(_PAUSE * 2**attempt)

    def _get(self, path: str, offset: int, size: int | None) -> urls.Response:
        headers = self._headers(path)
        if offset or size is not None:
            headers["Range"] = f"bytes={offset}-" + ("" if size is None else str(offset + size - 1))
        return urls.open_url(path, headers=headers, max_bytes=None, redirects=5, timeout=30.0)

    def _headers(self, path: str) -> dict[str, str]:
        token = self._token or credentials.token_for(path)
        return {"Authorization": f"Bearer {token}"} if token else {}


def _tried(attempt: Callable[[], T], *, tries: int = _TRIES) -> T:
    for count in range(tries - 1):
        with contextlib.suppress(StoreUnavailableError):
            return attempt()
        time.sleep(_PAUSE * 2**count)
    return attempt()


def _take(response: urls.Response, skip: int, size: int | None) -> bytes:
    _skip(response, skip)
    if size is None:
        return response.readall()
    return b"".join(_pieces(response, size))


def _pieces(response: urls.Response, size: int) -> Iterator[bytes]:
    while size and (piece := response.read(min(size, files.CHUNK))):
        size -= len(piece)
        yield piece


def _skip(response: urls.Response, count: int) -> None:
    for _piece in _pieces(response, count):
        pass


def _total(headers: dict[str, str], offset: int) -> int | None:
    size = headers.get("content-length", "")
    return offset + int(size) if size.isdecimal() else None


def _moment(headers: dict[str, str]) -> float:
    with contextlib.suppress(ValueError, TypeError):
        return parsedate_to_datetime(headers.get("last-modified", "")).timestamp()
    return 0.0


def _shown(path: str) -> str:
    return urls.without_credentials(path)
