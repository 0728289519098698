"""What travels between stores, piece by piece: nothing is ever held whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from mlrun_jupyter.artifacts.content import Content
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.project import ProjectRecord
from mlrun_jupyter.model.run import RunRecord


class Function(NamedTuple):
    """A version of a function, and the tags that point at it."""

    record: FunctionRecord
    tags: tuple[str, ...]


class Shared(NamedTuple):
    """Something that runs refer to by its hash: code, an environment."""

    hash: str
    kind: str
    body: Any


class Artifact(NamedTuple):
    """A version of an artifact, the tags that point at it, and its bytes; ``Nothing`` leaves them where they lie."""

    record: ArtifactRecord
    tags: tuple[str, ...]
    content: Content


class Curve(NamedTuple):
    """Points of one metric, or some of them, in order."""

    name: str
    steps: list[int]
    times: list[float]
    values: list[float]


class Run(NamedTuple):
    """A run's document, and what is kept apart from it: points and the log's text, each in order."""

    record: RunRecord
    parts: Iterator[Curve | str]


Item = ProjectRecord | Function | Shared | Artifact | Run


class Source(Protocol):
    """Somewhere that projects come from."""

    name: str
    """The same for the same content, so that a load that broke off goes on where it was; letters, digits and dots."""

    own: bool
    """Whether paths in records mean files of this machine that its user has written down."""

    def items(self) -> Iterator[Item]:
        """Everything, oldest first: what runs refer to before the runs.

        An item's parts and bytes can be read until the next item is asked for.
        """
