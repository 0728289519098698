"""Which place a text means: a local path in any spelling, or an address of another store."""

from __future__ import annotations

import os
import re
from typing import Final, NamedTuple
from urllib.parse import unquote

from mlrun_jupyter.errors import InvalidArgumentError, UnsafeError

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]")
_CHAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*::")


class Location(NamedTuple):
    """``scheme`` ``file`` and an absolute path, or another scheme and the whole address."""

    scheme: str
    path: str


def locate(text: str | os.PathLike[str], *, base: str = "") -> Location:
    """Tell local paths from addresses.

    Relative paths stand below ``base`` (a path or an address; the working folder when empty), ``~`` is the user's
    home, ``file://`` and drive letters are local.

    Raises
    ------
    InvalidArgumentError
        An empty text, or a NUL in it.
    UnsafeError
        A chain of addresses (``zip::file://...``).

    Example
    -------
    >>> locate("S3://bucket/a.csv")
    Location(scheme='s3', path='s3://bucket/a.csv')
    >>> locate("a.csv", base="s3://bucket/in")
    Location(scheme='s3', path='s3://bucket/in/a.csv')
    """
    name = os.fspath(text)
    if not name or "\0" in name:
        raise InvalidArgumentError("a path or address is needed", where=repr(name))
    if _CHAIN.match(name):
        raise UnsafeError(
            "a chain of addresses is not followed", where=name, hint="give the address of the data itself"
        )
    match = _SCHEME.match(name)
    if match:
        scheme = match[1].lower()
        rest = name[match.end() :]
        if scheme != "file":
            return Location(scheme, f"{scheme}://{rest}")
        name = unquote(rest)
        if name.startswith("localhost/"):
            name = name[len("localhost") :]
        if re.match(r"/[A-Za-z]:[\\/]", name):  # file:///C:/data
            name = name[1:]
        return Location("file", os.path.abspath(name))  # noqa: PTH100 - a Path costs more than the read it names
    if _DRIVE.match(name):
        return Location("file", name)
    if name[0] == "~":
        name = os.path.expanduser(name)  # noqa: PTH111 - as above
    if not os.path.isabs(name) and base:  # noqa: PTH117
        return locate(join(base, name))
    return Location("file", os.path.abspath(name))  # noqa: PTH100


def join(base: str, *parts: str) -> str:
    """``parts`` below ``base``, which may be a path or an address.

    Example
    -------
    >>> join("s3://bucket/", "run", "model.bst")
    's3://bucket/run/model.bst'
    """
    if _SCHEME.match(base):
        head = base if base.endswith("://") else base.rstrip("/") + "/"
        return head + "/".join(parts)
    return os.path.join(base, *parts)  # noqa: PTH118 - as above
