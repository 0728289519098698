"""Large files sent to a service of ours: what has arrived is not sent again when the line breaks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

import msgspec

from mlrun_jupyter.datastore import pieces
from mlrun_jupyter.datastore.base import Progress
from mlrun_jupyter.errors import DataError, StoreUnavailableError
from mlrun_jupyter.safety import files, urls

LARGE: Final = 8 * 2**20
"""Bytes from which on it is worth asking how many have arrived."""
_TRIES: Final = 6
_ASKS: Final = 3
_PAUSE: Final = 0.2
"""Seconds before the second try; each further one waits twice as long."""


class _Received(msgspec.Struct):
    """``received`` bytes of an upload that goes on, or the ``sha256`` of one that is whole."""

    received: int = -1
    sha256: str = ""


def send(
    path: str, source: str, headers: Mapping[str, str], digest: files.Digest, progress: Progress | None = None
) -> bool:
    """Send a file in as many tries as it takes, up to six in a row that bring nothing.

    Parameters
    ----------
    headers
        Those of every request, ``X-Content-SHA256`` among them.
    digest
        Of the file.

    Returns False where the service takes no files in pieces: nothing was sent then.

    Raises
    ------
    StoreUnavailableError
        The service cannot be reached.
    DataError
        It refuses the file.
    """
    arrived, failed = -1, 0
    while True:
        try:
            received = _received(path, headers, digest)
            if received is None:
                return False
            if received == digest.size:  # whole: only the answer to it was lost
                return True
            if received > arrived:
                arrived, failed = received, 0
            _put(path, source, headers, received, progress)
            return True
        except (StoreUnavailableError, DataError) as error:
            failed += 1
            # what is refused stays refused, but for a try before that has not ended there yet
            if failed == _TRIES or (isinstance(error, DataError) and failed > 2):
                raise
            time.sleep(_PAUSE * 2 ** (failed - 1))


def _received(path: str, headers: Mapping[str, str], digest: files.Digest) -> int | None:
    """How many bytes of it have arrived; None where that cannot be asked."""
    asked = {**headers, "Content-Range": f"bytes */{digest.size}"}
    for count in range(_ASKS):
        try:
            with urls.open_url(path, method="PUT", body=b"", headers=asked, timeout=60.0) as response:
                told = msgspec.json.decode(response.readall(), type=_Received)
            if told.received >= 0:
                return told.received
            return digest.size if told.sha256 == digest.sha256 else None
        except (DataError, msgspec.MsgspecError):  # a try that broke off may not have ended there
            time.sleep(_PAUSE * 2**count)
    return None


def _put(path: str, source: str, headers: Mapping[str, str], start: int, progress: Progress | None) -> None:
    with pieces.of(source, progress, start=start) as (size, body):
        told = {
            **headers,
            "Content-Range": f"bytes {start}-{size - 1}/{size}",
            "Content-Length": str(size - start),
        }
        urls.open_url(path, method="PUT", body=body, headers=told, timeout=60.0).close()
