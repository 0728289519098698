"""Iguazio's object store by its HTTP contract: ``v3io://<host>/<container>/<path>``, or ``v3io:///<container>/<path>``.

``V3IO_API`` (host, for addresses without one) and ``V3IO_ACCESS_KEY`` come from secrets or the environment.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import IO, Any
from urllib.parse import quote, urlsplit

from mlrun_jupyter.datastore import pieces
from mlrun_jupyter.datastore.base import FileStat, Progress, Secrets
from mlrun_jupyter.datastore.local import content_type
from mlrun_jupyter.errors import DataError, InvalidArgumentError, NotFoundError
from mlrun_jupyter.safety import documents, files, urls


class V3ioStorage:
    """Objects by GET, PUT and DELETE, lists by prefix; the access key goes in a header."""

    kind = "v3io"

    def __init__(self, secrets: Secrets) -> None:
        self._api = secrets.get("V3IO_API").removeprefix("https://").removeprefix("http://").rstrip("/")
        self._scheme = "http" if secrets.get("V3IO_API").startswith("http://") else "https"
        self._key = secrets.get("V3IO_ACCESS_KEY")

    def read(self, path: str, size: int | None = None, offset: int = 0) -> bytes:
        more = {}
        if offset or size is not None:
            more["Range"] = f"bytes={offset}-" + ("" if size is None else str(offset + size - 1))
        with self._call("GET", path, headers=more) as response:
            data = response.readall()
        return data if response.status == 206 or not more else data[offset : None if size is None else offset + size]

    def write(self, path: str, data: bytes, *, append: bool = False) -> None:
        self._call("PUT", path, body=data, headers={"Range": "-1"} if append else {}).close()

    def open(self, path: str, mode: str, **options: Any) -> IO[Any]:
        if mode not in ("r", "rb", "rt"):
            raise DataError("a v3io object is opened for reading only", where=path, hint="use put()")
        raw = io.BufferedReader(self._call("GET", path), files.CHUNK)
        return raw if mode == "rb" else io.TextIOWrapper(raw, **{"encoding": "utf-8", **options})

    def stat(self, path: str) -> FileStat:
        with self._call("HEAD", path) as response:
            size = response.headers.get("content-length", "0")
        return FileStat(int(size) if size.isdecimal() else 0, content_type=content_type(path))

    def list(self, path: str) -> list[str]:
        container, name = self._parts(path)
        prefix = name.strip("/") + "/" if name.strip("/") else ""
        with self._call(
            "GET", f"{container}/?prefix={quote(prefix)}", whole=True, headers={"Accept": "application/json"}
        ) as response:
            listing = documents.load_json(response.readall(), where=path)
        contents = listing.get("Contents", []) if isinstance(listing, dict) else []
        names = [str(each.get("Key", "")) for each in contents if isinstance(each, dict)]
        return sorted(each[len(prefix) :] for each in names if each.startswith(prefix) and each != prefix)

    def delete(self, path: str) -> None:
        self._call("DELETE", path).close()

    def download(self, path: str, target: str, *, progress: Progress | None = None) -> None:
        def copy(file: files.HashingFile) -> None:
            buffer = memoryview(bytearray(files.CHUNK))
            with self._call("GET", path) as response:
                while count := response.readinto(buffer):
                    file.write(buffer[:count])
                    if progress is not None:
                        progress(file.tell(), None)

        files.write_atomic(target, copy, sync=False)

    def upload(self, path: str, source: str, *, progress: Progress | None = None) -> None:
        with pieces.of(source, progress) as (size, body):
            self._call("PUT", path, body=body, headers={"Content-Length": str(size)}).close()

    def _parts(self, path: str) -> tuple[str, str]:
        """The container's address, and the path in it."""
        found = urlsplit(path)
        host = found.netloc or self._api
        if not host:
            raise InvalidArgumentError(
                "the address names no host", where=path, hint="set V3IO_API, or write v3io://host/container/path"
            )
        container, _slash, name = found.path.lstrip("/").partition("/")
        if not container:
            raise InvalidArgumentError("the address names no container", where=path)
        return f"{self._scheme}://{host}/{quote(container)}", name

    def _call(
        self,
        method: str,
        path: str,
        *,
        whole: bool = False,
        body: bytes | Iterable[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> urls.Response:
        if not self._key:
            raise DataError("no credentials", where=path, hint="give V3IO_ACCESS_KEY as a secret or in the environment")
        container, name = (path, "") if whole else self._parts(path)
        address = path if whole else f"{container}/{quote(name)}"
        try:
            return urls.open_url(
                address,
                method=method,
                body=body,
                headers={"X-v3io-session-key": self._key, **(headers or {})},
                max_bytes=None,
                timeout=60.0,
            )
        except NotFoundError:
            raise NotFoundError("no such object", where=path) from None
