"""The store behind a service: the contract of every other store, over HTTP."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from mlrun_jupyter import config
from mlrun_jupyter.db import recovery
from mlrun_jupyter.db.base import Series
from mlrun_jupyter.db.document import lenient
from mlrun_jupyter.db.query import ALL_PROJECTS, MAX_LIMIT, ArtifactQuery, FunctionQuery, Page, RunQuery
from mlrun_jupyter.db.remote import address as addresses
from mlrun_jupyter.db.remote import faults, questions, wire
from mlrun_jupyter.db.remote.courier import BusyError, Courier
from mlrun_jupyter.db.remote.transport import READ_SECONDS, Transport
from mlrun_jupyter.errors import StoreDeniedError, StoreUnavailableError, StoreVersionError
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.project import ProjectRecord
from mlrun_jupyter.model.record import Record
from mlrun_jupyter.model.run import RunKey, RunRecord
from mlrun_jupyter.safety import credentials
from mlrun_jupyter.safety.names import MAX_KEY, check_name

APPLY_SECONDS: Final = 2.0
"""As long as applying may hold up whoever waits for it; what did not arrive stays in the journal and is sent again."""
_PAGE: Final = 1000

T = TypeVar("T")
R = TypeVar("R", bound=Record)
Q = TypeVar("Q", RunQuery, ArtifactQuery, FunctionQuery)


class HTTPRunDB:
    """A :class:`~mlrun_jupyter.db.base.RunDB` at a service.

    What runs record waits in a spool folder of this machine until the service has it, so runs go on while it cannot be
    reached; :meth:`recover`, which opening does, sends what earlier processes left there.

    Parameters
    ----------
    url
        ``http(s)://host:port``; may carry a token as ``http://:token@host``.
    spool
        The folder for journals; one for each service below ``~/.mlrun/spool`` by default.
    transport
        The seam for tests.

    Example
    -------
    ::

        db = HTTPRunDB("http://localhost:8080")
        db.list_runs(RunQuery(project="*", limit=50)).rows
    """

    def __init__(self, url: str, *, spool: Path | None = None, transport: Transport | None = None) -> None:
        parsed = addresses.parse(url)
        self.url = parsed.url
        self._address = url.rstrip("/")
        self._spool = spool or _home() / "spool" / hashlib.sha256(self.url.encode()).hexdigest()[:16]
        self._transport = transport or Transport(parsed)
        self._courier = Courier()
        self._pid = os.getpid()
        credentials.remember(f"{self.url}{wire.PREFIX}/projects", self._transport.token)

    @property
    def address(self) -> str:
        return self._address

    @property
    def spool(self) -> Path | None:
        return self._spool

    @property
    def artifact_path(self) -> str:
        """As the service says: an object store, or its own folder, directly where it is on this machine and through
        the service where not. While it cannot be reached: a folder of this machine."""
        local = str(_home() / "artifacts")
        try:
            told = str(self._transport.about(tries=1).get("artifact_path") or "")
        except StoreUnavailableError:
            return local
        if "://" in told:
            return told
        here = Path(told)
        if told and self._transport.address.loopback and os.access(here if here.exists() else here.parent, os.W_OK):
            return told
        return f"{self.url}{wire.PREFIX}/projects/{{{{run.project}}}}/files" if told else local

    def close(self) -> None:
        self._courier.close()
        self._transport.close()

    # the way in for everything that a run records
    def admit(self, project: str) -> None:
        """Raises ``StoreDeniedError`` for a token that may not write there, ``StoreVersionError`` for a service of another
        version. While the service cannot be reached a run may begin: its records wait in the spool."""
        project = project or config.current().default_project
        try:
            grants = self._transport.grants or self._timed(self._transport.asked_grants, APPLY_SECONDS)
        except (StoreDeniedError, StoreVersionError):
            raise
        except StoreUnavailableError:
            return
        if not {grants.get(project), grants.get(ALL_PROJECTS)} & {"write", "admin"}:
            raise StoreDeniedError(
                f"the token may not record runs in the project {project!r}", where=self.url, hint=faults.ROLE_HINT
            )

    def apply(self, writer: str, records: Sequence[JournalRecord], *, durable: bool = False) -> int:
        return self._apply(writer, records, durable=durable, seconds=APPLY_SECONDS)

    def _apply(self, writer: str, records: Sequence[JournalRecord], *, durable: bool, seconds: float) -> int:
        seq = 0
        path = f"/journals/{_part('writer', writer)}/records"
        bodies = iter(wire.batches(records))
        body: bytes | None = next(bodies)
        while body is not None:
            following = next(bodies, None)
            params = [("durable", "1")] if durable and following is None else []
            seq = self._timed(_Post(self._transport, path, params, body, seconds), seconds)
            body = following
        return seq

    def _timed(self, action: Callable[[], T], seconds: float) -> T:
        try:
            return self._own_courier().call(action, seconds=seconds)
        except TimeoutError:
            raise StoreUnavailableError("the service does not answer", where=self.url) from None
        except BusyError:
            raise StoreUnavailableError("the service has not answered yet", where=self.url) from None

    def _own_courier(self) -> Courier:
        if self._pid != os.getpid():  # a forked child has no threads of its parent's
            self._courier, self._pid = Courier(), os.getpid()
        return self._courier

    def applied(self, writer: str) -> int:
        return int(self._transport.get(f"/journals/{_part('writer', writer)}")["seq"])

    def forget_writer(self, writer: str) -> None:
        self._transport.send("DELETE", f"/journals/{_part('writer', writer)}", b"")

    def recover(self) -> int:
        return self.sync().ended

    def sync(self) -> recovery.Outcome:
        return recovery.recover(_Pushing(self))

    # runs
    def read_run(self, key: RunKey) -> RunRecord:
        return lenient(self._transport.get(_run(key), _iteration(key)))

    def list_runs(self, query: RunQuery) -> Page[RunRecord]:
        return self._list("/runs", query, lenient)

    def count_runs(self, query: RunQuery) -> dict[str, int]:
        found: dict[str, int] = self._transport.get("/runs/count", questions.to_params(query))
        return found

    def store_run(self, run: RunRecord, *, create: bool = False) -> None:
        params = [*_iteration(run.key), *([("create", "1")] if create else [])]
        self._transport.send("PUT", _run(run.key), wire.encode_record(run), params)

    def update_run(self, key: RunKey, updates: dict[str, Any]) -> None:
        self._transport.send("PATCH", _run(key), updates, _iteration(key))

    def delete_runs(self, query: RunQuery) -> int:
        return int(self._transport.send("DELETE", "/runs", b"", questions.to_params(query))["deleted"])

    # what is kept apart from the run's document
    def read_log(self, key: RunKey, offset: int = 0, size: int = -1) -> bytes:
        params = [*_iteration(key), ("offset", str(offset)), ("size", str(size))]
        return self._transport.call("GET", f"{_run(key)}/log", params)

    def append_log(self, key: RunKey, text: bytes) -> None:
        self._transport.call(
            "POST",
            f"{_run(key)}/log",
            _iteration(key),
            content=text,
            media="application/octet-stream",
            repeatable=False,
        )

    def read_series(self, key: RunKey, name: str, *, points: int = 0) -> Series:
        params = [*_iteration(key), ("name", name), ("points", str(points))]
        return msgspec.convert(self._transport.get(f"{_run(key)}/points", params), Series)

    def list_series(self, key: RunKey) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self._transport.get(f"{_run(key)}/series", _iteration(key))
        return found

    # artifacts
    def store_artifact(self, artifact: ArtifactRecord, *, tags: Sequence[str] = ("latest",)) -> ArtifactRecord:
        path = f"/projects/{_project(artifact.metadata.project)}/artifacts"
        stored = self._transport.send("POST", path, wire.encode_record(artifact), [("tag", tag) for tag in tags])
        return ArtifactRecord.from_dict(stored)

    def read_artifact(
        self, project: str, db_key: str, *, tag: str = "", tree: str = "", iter: int | None = None, uid: str = ""
    ) -> ArtifactRecord:
        given = {"tag": tag, "tree": tree, "iter": "" if iter is None else str(iter), "uid": uid}
        params = [(name, value) for name, value in given.items() if value]
        return ArtifactRecord.from_dict(self._transport.get(_artifact(project, db_key), params))

    def list_artifacts(self, query: ArtifactQuery) -> Page[ArtifactRecord]:
        return self._list("/artifacts", query, ArtifactRecord.from_dict)

    def delete_artifacts(self, query: ArtifactQuery) -> int:
        return int(self._transport.send("DELETE", "/artifacts", b"", questions.to_params(query))["deleted"])

    def tag_artifact(self, project: str, db_key: str, uid: str, tag: str) -> None:
        self._transport.send("PUT", f"{_artifact(project, db_key)}/tags/{_part('tag', tag)}", {"uid": uid})

    def list_artifact_tags(self, project: str) -> list[str]:
        found: list[str] = self._transport.get("/artifact-tags", [("project", project)])
        return found

    # functions
    def store_function(self, function: FunctionRecord, *, tag: str = "latest") -> str:
        path = f"/projects/{_project(function.metadata.project)}/functions"
        return str(self._transport.send("POST", path, wire.encode_record(function), [("tag", tag)])["hash"])

    def read_function(self, project: str, name: str, *, tag: str = "", hash: str = "") -> FunctionRecord:
        params = [(field, value) for field, value in (("tag", tag), ("hash", hash)) if value]
        path = f"/projects/{_project(project)}/functions/{_part('function', name)}"
        return FunctionRecord.from_dict(self._transport.get(path, params))

    def list_functions(self, query: FunctionQuery) -> Page[FunctionRecord]:
        return self._list("/functions", query, FunctionRecord.from_dict)

    def delete_functions(self, query: FunctionQuery) -> int:
        return int(self._transport.send("DELETE", "/functions", b"", questions.to_params(query))["deleted"])

    def list_function_tags(self, project: str) -> list[str]:
        found: list[str] = self._transport.get("/function-tags", [("project", project)])
        return found

    # shared objects
    def read_object(self, hash: str) -> dict[str, Any]:
        found: dict[str, Any] = self._transport.get(f"/objects/{_part('hash', hash)}")
        return found

    # projects
    def store_project(self, project: ProjectRecord) -> None:
        self._transport.send("PUT", f"/projects/{_part('project', project.metadata.name)}", wire.encode_record(project))

    def read_project(self, name: str) -> ProjectRecord:
        return ProjectRecord.from_dict(self._transport.get(f"/projects/{_project(name)}"))

    def list_projects(self) -> list[ProjectRecord]:
        return [ProjectRecord.from_dict(row) for row in self._transport.get("/projects")["rows"]]

    def delete_project(self, name: str) -> None:
        self._transport.send("DELETE", f"/projects/{_project(name)}", b"")

    def _list(self, path: str, query: Q, read: Callable[[dict[str, Any]], R]) -> Page[R]:
        """A page as long as asked for: the service gives shorter ones."""
        rows: list[R] = []
        after, limit = query.after, min(query.limit, MAX_LIMIT)
        while True:
            part = msgspec.structs.replace(query, limit=min(limit - len(rows), _PAGE), after=after)
            answer = self._transport.get(path, questions.to_params(part))
            rows += map(read, answer["rows"])
            after = answer["after"]
            if not after or len(rows) >= limit:
                return Page(rows, after)


class _Post:
    """One batch on its way. ``seconds`` bounds each try of the connection, the courier the whole."""

    def __init__(
        self, transport: Transport, path: str, params: list[tuple[str, str]], content: bytes, seconds: float
    ) -> None:
        self._arguments = transport, path, params, content, seconds

    def __call__(self) -> int:
        transport, path, params, content, seconds = self._arguments
        body = transport.call("POST", path, params, content=content, tries=1, seconds=seconds)
        return int(wire.decode(body)["seq"])


class _Pushing:
    """The store as recovery sees it: nobody waits for it, so it may take its time."""

    def __init__(self, db: HTTPRunDB) -> None:
        self._db = db

    @property
    def spool(self) -> Path | None:
        return self._db.spool

    def apply(self, writer: str, records: Sequence[JournalRecord], *, durable: bool = False) -> int:
        return self._db._apply(writer, records, durable=durable, seconds=READ_SECONDS)

    def forget_writer(self, writer: str) -> None:
        self._db.forget_writer(writer)

    def live_writers(self) -> dict[str, float]:
        """The service itself watches over the rest."""
        return {}

    def end_lost(self, writer: str, *, presumed: bool) -> int:
        params = [("presumed", "1")] if presumed else []
        answer = self._db._transport.send("POST", f"/journals/{_part('writer', writer)}/end", {}, params)
        return int(answer["ended"])


def _home() -> Path:
    return Path("~/.mlrun").expanduser()


def _part(kind: str, text: str) -> str:
    """A part of a path. Raises ``InvalidArgumentError`` for what is no name."""
    return quote(check_name(kind, text, max_length=MAX_KEY), safe="")


def _project(name: str) -> str:
    return _part("project", name or config.current().default_project)


def _run(key: RunKey) -> str:
    return f"/projects/{_project(key.project)}/runs/{wire.quote_uid(key.uid)}"


def _iteration(key: RunKey) -> list[tuple[str, str]]:
    return [("iteration", str(key.iteration))] if key.iteration else []


def _artifact(project: str, db_key: str) -> str:
    return f"/projects/{_project(project)}/artifacts/{_part('artifact', db_key)}"
