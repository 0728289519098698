"""The artifact as a user makes it; the other kinds build on it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, ClassVar

from mlrun_jupyter.artifacts.content import Content, Data, Nothing, Source
from mlrun_jupyter.errors import InvalidArgumentError, UnknownArgumentError, nearest
from mlrun_jupyter.model.artifact import ArtifactRecord

ATTRIBUTES = (
    "viewer",
    "format",
    "labels",
    "description",
    "tag",
    "local_path",
    "src_path",
    "target_path",
    "extra_data",
    "sources",
)


class Artifact:
    """Bytes or a file, with a name.

    Parameters
    ----------
    key
        Its name: letters, digits, ``-``, ``_`` and ``.``.
    body
        The data: bytes, text, or anything with the buffer protocol. Without it, ``local_path`` names a file.
    viewer, format
        How it is shown, and what it is; the ending of the file tells by default.
    labels
        Marks to find it by.
    local_path
        A local file to store, or, with a body, the name that the stored file gets.
    target_path
        Where the data goes, or lies already; a place of its own for each run by default.
    more
        ``description, tag, src_path, extra_data, sources``.

    Example
    -------
    >>> Artifact("notes", body="It works.", labels={"by": "ann"}).kind
    'artifact'
    """

    kind: ClassVar[str] = "artifact"
    default_suffix: ClassVar[str] = ""
    default_viewer: ClassVar[str] = ""

    def __init__(
        self,
        key: str = "",
        body: Any = None,
        *,
        viewer: str = "",
        format: str = "",
        labels: Mapping[str, Any] | None = None,
        local_path: str | os.PathLike[str] = "",
        target_path: str = "",
        **more: Any,
    ) -> None:
        self.key = key
        self.body = body
        self.viewer = viewer
        self.format = format
        self.labels: dict[str, Any] = dict(labels or {})
        self.local_path: str | os.PathLike[str] = local_path
        self.target_path = target_path
        self.description = ""
        self.tag = ""
        self.src_path: str | os.PathLike[str] = ""
        self.extra_data: dict[str, Any] = {}
        self.sources: list[dict[str, Any]] = []
        self.set(**more)

    def set(self, **attributes: Any) -> None:
        """Set attributes by name; empty values leave them as they are.

        Raises :class:`UnknownArgumentError` for a name that the kind does not have, with the nearest.
        """
        for name, value in attributes.items():
            if name not in vars(self) or name.startswith("_"):
                known = [each for each in vars(self) if not each.startswith("_")]
                raise UnknownArgumentError(f"{self.kind} artifacts have no {name!r}", hint=nearest(name, known))
            if value is None or (isinstance(value, (str, Mapping, list)) and not value):
                continue
            setattr(self, name, value)

    # what the writer asks

    def content(self) -> Content:
        """The bytes to store."""
        if self.body is not None:
            return Data(as_bytes(self.body, self.key))
        path = self.source()
        return Source(path) if path else Nothing()

    def source(self) -> str:
        """The local file to store, or nothing."""
        path = os.fspath(self.src_path or self.local_path)
        return os.path.expanduser(path) if path else ""  # noqa: PTH111 - text, as the writer wants it

    def file_name(self) -> str:
        """The stored file's name: that of the local path, else the key with the kind's ending."""
        path = os.fspath(self.local_path or self.src_path).replace("\\", "/")
        if path:
            return within(path)
        ending = f".{self.format}" if self.format and self.format.isalnum() else self.default_suffix
        return self.key if not ending or self.key.endswith(ending) else self.key + ending

    def describe(self, record: ArtifactRecord) -> None:
        """Fill in what only this kind knows; called when the bytes are stored."""

    def __repr__(self) -> str:
        return f"<{self.kind} {self.key}>"


def within(path: str) -> str:
    """The part of a local path that its stored copy keeps: a relative path that stays below the working folder keeps
    its folders, any other only its name.

    Example
    -------
    >>> within("plots/roc.png"), within("/tmp/x/roc.png"), within("../roc.png"), within("./roc.png")
    ('plots/roc.png', 'roc.png', 'roc.png', 'roc.png')
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    outside = path.startswith(("/", "~")) or ".." in parts or path[1:2] == ":"
    return parts[-1] if outside and parts else "/".join(parts)


def as_bytes(body: Any, key: str) -> Any:
    """The buffer of a body. Raises :class:`InvalidArgumentError` for what is neither bytes nor text."""
    if isinstance(body, str):
        try:
            return body.encode()
        except UnicodeEncodeError:
            raise InvalidArgumentError("the text holds a lone surrogate", where=f"artifact {key!r}") from None
    if isinstance(body, (bytes, bytearray)):
        return body
    try:
        view = memoryview(body)
    except TypeError:
        raise InvalidArgumentError(
            f"the body of an artifact is bytes or text, not {type(body).__name__}",
            where=f"artifact {key!r}",
            hint="use log_dataset for frames, log_model for models, or give a file by local_path",
        ) from None
    return view if view.contiguous else view.tobytes()
