"""Folders and links."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from mlrun_jupyter.artifacts.base import Artifact
from mlrun_jupyter.artifacts.content import Content, Folder, Source
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.safety.files import PARTIAL


class DirArtifact(Artifact):
    """A folder with all its files, those of folders below included; links to elsewhere are left out.

    Example
    -------
    >>> DirArtifact("plots", local_path="out/plots").kind
    'dir'
    """

    kind = "dir"

    def content(self) -> Content:
        if self.body is not None:
            raise InvalidArgumentError(
                "a dir artifact has no body", where=f"artifact {self.key!r}", hint="give local_path="
            )
        return Folder(files_of(self.source()))

    def file_name(self) -> str:
        return self.key

    def describe(self, record: ArtifactRecord) -> None:
        record.spec.format = "dir"


class LinkArtifact(Artifact):
    """Another name for an artifact: of an iteration, of another run, or under another key.

    Parameters
    ----------
    link_iteration, link_key, link_tree
        What it stands for; the link's own key and tree where they are left out.
    """

    kind = "link"

    def __init__(
        self,
        key: str = "",
        target_path: str = "",
        *,
        link_iteration: int | None = None,
        link_key: str = "",
        link_tree: str = "",
        **more: Any,
    ) -> None:
        super().__init__(key, target_path=target_path)
        self.link_iteration = link_iteration
        self.link_key = link_key
        self.link_tree = link_tree
        self.set(**more)

    def content(self) -> Content:
        from mlrun_jupyter.artifacts.content import Nothing

        return Nothing()

    def describe(self, record: ArtifactRecord) -> None:
        fields = {"link_iteration": self.link_iteration, "link_key": self.link_key, "link_tree": self.link_tree}
        record.spec.extra.update({name: value for name, value in fields.items() if value not in (None, "")})


def files_of(path: str | os.PathLike[str]) -> Mapping[str, Source]:
    """The files below a folder by their relative paths.

    Raises :class:`NotFoundError` when there is no such folder, :class:`InvalidArgumentError` when it is a file.
    """
    root = os.path.expanduser(os.fspath(path))  # noqa: PTH111 - text: folders may hold many files
    if not root or not os.path.exists(root):  # noqa: PTH110
        raise NotFoundError("no such folder", where=root, hint="give local_path=")
    if not os.path.isdir(root):  # noqa: PTH112
        raise InvalidArgumentError("a file, not a folder", where=root)
    real = os.path.realpath(root)
    found: dict[str, Source] = {}
    for base, _folders, names in os.walk(real):
        for name in names:
            full = os.path.join(base, name)  # noqa: PTH118
            inside = os.path.realpath(full).startswith(real + os.sep)
            if name.startswith(PARTIAL) or not inside or not os.path.isfile(full):  # noqa: PTH113
                continue
            found[os.path.relpath(full, real).replace(os.sep, "/")] = Source(full)
    return found
