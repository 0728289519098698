"""A service over a store with two projects, and requests as an attacker writes them."""

from __future__ import annotations

import hashlib
import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from mlrun_jupyter.db import opening
from mlrun_jupyter.model import journal
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey
from mlrun_jupyter.service.background import Background, serving

CANARY = "canary-7f3a"


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


class Service:
    """Sends exactly what it is told to, with the owner's token unless another, or none, is given."""

    def __init__(self, background: Background, store: Any) -> None:
        self.background = background
        self.store = store
        parts = urlsplit(background.url)
        assert parts.hostname is not None
        assert parts.port is not None
        self.host, self.port = parts.hostname, parts.port

    def request(
        self,
        method: str,
        path: str,
        *,
        token: str | None = "",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        type: str = "application/json",
    ) -> Answer:
        """``token`` None sends none."""
        given = dict(headers or {})
        if token is not None and "authorization" not in given:
            given["authorization"] = f"Bearer {token or self.background.token}"
        if body is not None and type:
            given["content-type"] = type
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host="host" in given, skip_accept_encoding=True)
            for name, value in given.items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return Answer(response.status, {n.lower(): v for n, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def fingerprint(self) -> str:
        """Of everything that the store holds."""
        with self.store._engine.read() as session:
            tables = [
                row[0]
                for row in session.all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
                if not row[0].startswith("sqlite_")
            ]
            rows = [(table, session.all(f"SELECT * FROM {table}")) for table in tables]
        return hashlib.sha256(repr(rows).encode()).hexdigest()


def fill(store: Any, project: str) -> RunKey:
    """A run with everything, an artifact, a function and an object; every text holds the canary of the project."""
    key = RunKey(project, f"{project}-run")
    text = f"{CANARY}-{project}"
    document = {"metadata": {"name": text, "labels": {"l": text}}, "status": {"state": "running"}}
    ops: list[tuple[str, Any]] = [
        (journal.OPEN, {**key._asdict(), "attempt": 1, "run": document}),
        (journal.RESULT, {"accuracy": 0.5, "text": text}),
        (journal.METRIC, [0, {"loss": 0.5}]),
        (journal.LOG, text),
        (journal.OBJECT, {"kind": "code", "hash": f"hash-{project}", "body": text}),
        (journal.ANNOTATION, {"code": f"hash-{project}"}),
        (journal.CLOSE, {"state": "completed"}),
    ]
    records = [JournalRecord(n + 1, op, key, 1, 1000.0 + n, payload) for n, (op, payload) in enumerate(ops)]
    store.apply(f"maker-{project}", records)
    store.store_artifact(
        ArtifactRecord.from_dict(
            {"metadata": {"key": "art", "project": project}, "spec": {"inline": text}, "status": {"stats": {"t": text}}}
        ),
        tags=("latest", f"tag-{project}"),
    )
    store.store_function(
        FunctionRecord.from_dict(
            {"kind": "job", "metadata": {"name": "fun", "project": project}, "spec": {"command": text}}
        )
    )
    return key


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with the store in it, and files around that nobody may reach."""
    (tmp_path / "secret.txt").write_text(CANARY)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "artifacts-evil").mkdir()
    (tmp_path / "store" / "artifacts-evil" / "secret.txt").write_text(CANARY)
    return tmp_path


@pytest.fixture
def service(root: Path) -> Iterator[Service]:
    store = opening._embedded(root / "store")
    for project in ("mine", "theirs"):
        fill(store, project)
    with serving(store) as background:
        yield Service(background, store)
    store.close()
