"""The tables: made at once or by migrations they are the same; newer, damaged and foreign files are refused."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter.db import doctor, migrations, opening
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.db.sql import schema, sqlite
from mlrun_jupyter.errors import StoreDamagedError, StoreUnavailableError, StoreVersionError
from mlrun_jupyter.model import values
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey

KEY = RunKey("p", "u")
OPEN = JournalRecord(1, "open", KEY, 1, 0.0, {"run": {"metadata": {"name": "kept"}}})
THIS, NEXT = schema.HEAD, "0099"
FURTHER = f"""
from alembic import op
revision = "{NEXT}"
down_revision = "{THIS}"
def upgrade():
    op.execute("ALTER TABLE projects ADD COLUMN colour TEXT")
    op.execute("UPDATE projects SET colour = 'red'")
"""


def tables(connection: sqlite3.Connection) -> dict[str, str]:
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
    return {name: re.sub(r"\s+", "", sql) for name, sql in found}


def test_made_at_once_and_by_migrations_is_the_same(tmp_path: Path) -> None:
    at_once, stepwise = (sqlite3.connect(tmp_path / name, isolation_level=None) for name in ("a", "b"))
    for statement in schema.statements("sqlite"):
        at_once.execute(statement)
    migrations.upgrade("sqlite", lambda: stepwise, begin="BEGIN IMMEDIATE")
    assert tables(at_once) == tables(stepwise)
    assert len(tables(at_once)) > 20
    versions = [each.execute("SELECT version_num FROM alembic_version").fetchall() for each in (at_once, stepwise)]
    assert versions == [[(schema.HEAD,)]] * 2
    at_once.close()
    stepwise.close()


def test_made_at_once_and_by_migrations_is_the_same_in_postgresql(postgres: Any) -> None:
    import psycopg

    found = []
    for name in ("at_once", "stepwise"):
        with psycopg.connect(postgres.url) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            connection.execute(f"CREATE SCHEMA {name}")
            connection.execute(f"SET search_path TO {name}")
            if name == "at_once":
                for statement in schema.statements("postgresql"):
                    connection.execute(statement.encode())
            else:
                connection.commit()
                migrations.upgrade("postgresql+psycopg", lambda it=connection: it, begin="SELECT 1")
            columns = connection.execute(
                "SELECT table_name, column_name, data_type, is_nullable, is_identity FROM information_schema.columns "
                "WHERE table_schema = %s ORDER BY 1, 2",
                (name,),
            ).fetchall()
            indexes = connection.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = %s", (name,)).fetchall()
            version = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        found.append((columns, sorted(text.replace(name, "") for (text,) in indexes), version))
    assert found[0] == found[1]
    assert len(found[0][0]) > 60


def test_head_is_the_newest_revision() -> None:
    files = sorted(path.name for path in (migrations.FOLDER / "versions").glob("[0-9]*.py"))
    assert files[-1].startswith(schema.HEAD)


def test_an_up_to_date_store_is_opened_without_sqlalchemy(tmp_path: Path) -> None:
    opening._embedded(tmp_path).close()
    code = (
        "import sys; from mlrun_jupyter.db import open_db; db = open_db(sys.argv[1]); db.list_projects();"
        "print([name for name in ('sqlalchemy', 'alembic', 'numpy', 'pandas', 'psycopg') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Revisions that go one further than the package."""
    folder = tmp_path / "revisions"
    (folder / "versions").mkdir(parents=True)
    for path in (migrations.FOLDER / "versions").glob("[0-9]*.py"):
        (folder / "versions" / path.name).write_text(path.read_text())
    (folder / "versions" / f"{NEXT}_further.py").write_text(FURTHER)
    monkeypatch.setattr(migrations, "FOLDER", folder)
    return folder


def test_an_older_store_is_backed_up_and_brought_up_to_date(
    tmp_path: Path, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = opening._embedded(tmp_path / "store")
    old.apply("w", [OPEN])
    old.close()
    monkeypatch.setattr(schema, "HEAD", NEXT)
    new = opening._embedded(tmp_path / "store")
    assert new.read_run(KEY).metadata.name == "kept"
    with new._engine.read() as session:  # type: ignore[attr-defined]  # the embedded store's
        assert session.all("SELECT colour FROM projects") == [("red",)]
        assert session.all("SELECT version_num FROM alembic_version") == [(NEXT,)]
    new.close()
    with sqlite3.connect(tmp_path / "store" / f"mlrun.db.{THIS}.backup") as backup:
        assert backup.execute("SELECT name FROM projects").fetchall() == [("p",)]
        assert "colour" not in tables(backup)["projects"]
    backup.close()


def test_an_older_postgresql_store_is_brought_up_to_date(
    empty_postgres: Any, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening._postgres(empty_postgres.url).close()
    monkeypatch.setattr(schema, "HEAD", NEXT)
    new = opening._postgres(empty_postgres.url)
    with new._engine.write() as session:  # type: ignore[attr-defined]  # the SQL store's
        assert session.all("SELECT colour FROM projects") == []
        assert session.all("SELECT version_num FROM alembic_version") == [(NEXT,)]
        session.run("ALTER TABLE projects DROP COLUMN colour")
        session.run("UPDATE alembic_version SET version_num = ?", (THIS,))
    new.close()


def test_a_store_of_the_first_revision_keeps_its_runs_and_takes_many_artifacts(tmp_path: Path) -> None:
    """As the first release of the tables left it, with a run that is going on."""
    old = opening._embedded(tmp_path / "store")
    old.apply("w", [OPEN, *artifacts(range(2, 152))])
    old.close()
    with sqlite3.connect(tmp_path / "store" / "mlrun.db") as connection:
        pieces = connection.execute("SELECT body FROM run_artifacts").fetchall()
        (document,) = connection.execute("SELECT doc FROM runs").fetchone()
        whole = values.decode(document)
        assert whole.pop("$pieces") == len(pieces) > 0
        for (body,) in pieces:
            whole["status"]["artifacts"] += values.decode(zlib.decompress(body))
        connection.execute("UPDATE runs SET doc = ?", (values.encode(whole),))
        connection.execute("DROP TABLE run_artifacts")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    assert [each.text for each in doctor.check(tmp_path / "store") if each.level == doctor.ERROR] == []
    assert doctor.repair(tmp_path / "store").lost == []
    new = opening._embedded(tmp_path / "store")
    assert len(new.read_run(KEY).status.artifacts) == 150
    new.apply("w", artifacts(range(152, 162)))
    assert [each["metadata"]["key"] for each in new.read_run(KEY).status.artifacts] == [f"a{n}" for n in range(2, 162)]
    new.close()


def artifacts(numbers: Iterable[int]) -> list[JournalRecord]:
    made = [(n, {"kind": "artifact", "metadata": {"key": f"a{n}", "uid": f"u{n}"}, "spec": {}}) for n in numbers]
    return [JournalRecord(number, "artifact", KEY, 1, 0.0, document) for number, document in made]


def test_a_newer_store_is_refused_unchanged(tmp_path: Path) -> None:
    opening._embedded(tmp_path).close()
    path = tmp_path / "mlrun.db"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreVersionError, match=r"9999.*update mlrun-jupyter"):
        opening._embedded(tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"", b"not a database", b"SQLite format 3\0" + b"\0" * 4080, bytes(range(256)) * 64]
)
def test_what_is_no_store_is_refused_unchanged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mlrun.db"
    path.write_bytes(content)
    with pytest.raises(StoreDamagedError, match=r"mlrun\.db"):
        opening._embedded(tmp_path)
    assert path.read_bytes() == content


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "mlrun.db") as connection:
        connection.execute("CREATE TABLE runs (id)")
    connection.close()
    with pytest.raises(StoreDamagedError, match="no store of ours"):
        opening._embedded(tmp_path)


def test_a_log_without_its_file_is_not_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "mlrun.db-wal").write_bytes(b"x" * 4096)
    with pytest.raises(StoreDamagedError, match="log"):
        opening._embedded(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mlrun.db-lock", "mlrun.db-wal"]


def test_a_file_that_is_removed_in_use_is_told(tmp_path: Path) -> None:
    db = opening._embedded(tmp_path)
    db.apply("w", [OPEN])
    (tmp_path / "mlrun.db").unlink()
    with pytest.raises(StoreUnavailableError, match="removed or replaced"):
        db.apply("w", [OPEN])
    db.close()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "file" / "store"):
        with pytest.raises(StoreUnavailableError, match="cannot be made"):
            opening._embedded(folder)


def test_closed_is_closed(tmp_path: Path) -> None:
    db = opening._embedded(tmp_path)
    db.close()
    db.close()
    for use in (lambda: db.list_runs(RunQuery()), lambda: db.apply("w", [OPEN])):
        with pytest.raises(StoreUnavailableError, match="closed"):
            use()


def test_the_log_is_copied_into_the_file_when_it_is_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_WAL_LIMIT", 100_000)
    monkeypatch.setattr(sqlite, "_CHECKPOINT_EVERY", 5)
    db = opening._embedded(tmp_path)
    wal = tmp_path / "mlrun.db-wal"
    sizes = []
    for seq in range(1, 40):
        db.apply("w", [JournalRecord(seq, "open", RunKey("p", f"u{seq}"), 1, 0.0, {"run": {}})])
        sizes.append(wal.stat().st_size)
    assert min(sizes[10:]) == 0 < max(sizes)
    db.close()
    assert not wal.exists()
