"""What an artifact hands over to be stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from mlrun_jupyter.safety.files import HashingFile


class Data(msgspec.Struct, frozen=True):
    """Bytes in memory."""

    data: Any  # anything with the buffer protocol


class Source(msgspec.Struct, frozen=True):
    """A local file, which is copied."""

    path: str


class Stream(msgspec.Struct, frozen=True):
    """A function that writes the bytes to the file that it is given, front to back."""

    write: Callable[[HashingFile], None]


class Folder(msgspec.Struct, frozen=True):
    """Files by their paths relative to the folder, ``/`` between the parts."""

    files: Mapping[str, Data | Source | Stream]


class Nothing(msgspec.Struct, frozen=True):
    """No bytes of its own: the data lies where it lies."""


File = Data | Source | Stream
Content = Data | Source | Stream | Folder | Nothing
