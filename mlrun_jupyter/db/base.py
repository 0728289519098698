"""The store's contract. Four stores keep it: SQLite, PostgreSQL, a service over HTTP, and memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import msgspec

from mlrun_jupyter.db.query import ArtifactQuery, FunctionQuery, Page, RunQuery
from mlrun_jupyter.db.recovery import Outcome
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.project import ProjectRecord
from mlrun_jupyter.model.run import RunKey, RunRecord


class Series(msgspec.Struct):
    """The points of one metric in the order of their steps: ``steps``, ``times`` (seconds) and ``values``, equally long.

    ``count`` is how many points the series has; fewer are here when it was downsampled.
    """

    key: str
    count: int
    steps: Sequence[int]
    times: Sequence[float]
    values: Sequence[float]


@runtime_checkable
class RunDB(Protocol):
    """Where runs, artifacts, functions, projects, metrics and logs are kept.

    Every write is one transaction: done when the call returns, or not at all. Reading what is not there raises
    ``NotFoundError``; a store that cannot be reached, is read-only or full raises ``StoreUnavailableError``.
    Implementations may be used from several threads.
    """

    url: str
    """The store's address without a password; the same store has the same."""

    @property
    def address(self) -> str:
        """What ``open_db`` takes to open this store in another process; may hold a password."""

    @property
    def spool(self) -> Path | None:
        """The folder for the journals of this store's writers; None: ``apply`` is called without a journal."""

    @property
    def artifact_path(self) -> str:
        """Where artifacts go when nobody says."""

    # the way in for everything that a run records
    def admit(self, project: str) -> None:
        """Called before a run is begun: raises ``StoreUnavailableError`` where it is known that nothing of it could ever
        be kept. A store that merely cannot be reached just now does not raise: the journal waits for it."""

    def apply(self, writer: str, records: Sequence[JournalRecord], *, durable: bool = False) -> int:
        """Apply a writer's records in order, skipping those with a seq already applied.

        Records of an attempt older than the run's current one, or that come after its end, are kept aside and change
        nothing. ``durable``: on the disk when the call returns (the journal may then be deleted).
        Returns the last seq applied for the writer.
        """

    def applied(self, writer: str) -> int:
        """The last seq applied for the writer, 0 for an unknown one."""

    def forget_writer(self, writer: str) -> None:
        """The writer's journals are gone and will not come again."""

    def recover(self) -> int:
        """Apply the journals of processes that are gone, end their unfinished runs as ``error`` with reason ``lost``,
        and delete those journals. Returns how many runs were ended."""

    def sync(self) -> Outcome:
        """:meth:`recover`, telling all that was found."""

    # runs
    def read_run(self, key: RunKey) -> RunRecord: ...
    def list_runs(self, query: RunQuery) -> Page[RunRecord]: ...
    def count_runs(self, query: RunQuery) -> dict[str, int]:
        """How many match, by state."""

    def store_run(self, run: RunRecord) -> None:
        """Write a whole document; a run of the same key is replaced unless its state is final and the new one's is not."""

    def update_run(self, key: RunKey, updates: dict[str, Any]) -> None:
        """Set fields by dotted path, as in ``{"status.state": "aborted", "metadata.labels.owner": "ann"}``.

        Raises ``ConflictError`` for a change of a final state."""

    def delete_runs(self, query: RunQuery) -> int:
        """Delete runs with their iterations, metrics and logs; artifacts stay. Returns how many runs."""

    # what is kept apart from the run's document
    def read_log(self, key: RunKey, offset: int = 0, size: int = -1) -> bytes: ...
    def append_log(self, key: RunKey, text: bytes) -> None: ...
    def read_series(self, key: RunKey, name: str, *, points: int = 0) -> Series:
        """A metric's points; ``points`` > 0: at most about that many, downsampled so that extremes stay."""

    def list_series(self, key: RunKey) -> dict[str, dict[str, Any]]:
        """Series name to ``{last, min, max, mean, count, step}``."""

    # artifacts
    def store_artifact(self, artifact: ArtifactRecord, *, tags: Sequence[str] = ("latest",)) -> ArtifactRecord:
        """Add a version (same key, tree, iteration and content: the same version) and move the tags to it."""

    def read_artifact(
        self, project: str, db_key: str, *, tag: str = "", tree: str = "", iter: int | None = None, uid: str = ""
    ) -> ArtifactRecord: ...
    def list_artifacts(self, query: ArtifactQuery) -> Page[ArtifactRecord]: ...
    def delete_artifacts(self, query: ArtifactQuery) -> int: ...
    def tag_artifact(self, project: str, db_key: str, uid: str, tag: str) -> None:
        """Move ``tag`` to the version ``uid``, atomically."""

    def list_artifact_tags(self, project: str) -> list[str]: ...

    # functions
    def store_function(self, function: FunctionRecord, *, tag: str = "latest") -> str:
        """Keep a version under its content hash, move the tag to it, and return the hash."""

    def read_function(self, project: str, name: str, *, tag: str = "", hash: str = "") -> FunctionRecord: ...
    def list_functions(self, query: FunctionQuery) -> Page[FunctionRecord]: ...
    def delete_functions(self, query: FunctionQuery) -> int: ...
    def list_function_tags(self, project: str) -> list[str]: ...

    # shared objects named by hash: environments, code
    def read_object(self, hash: str) -> dict[str, Any]:
        """``{kind, body}``."""

    # projects
    def store_project(self, project: ProjectRecord) -> None: ...
    def read_project(self, name: str) -> ProjectRecord: ...
    def list_projects(self) -> list[ProjectRecord]: ...
    def delete_project(self, name: str) -> None:
        """With everything in it."""

    def close(self) -> None: ...
