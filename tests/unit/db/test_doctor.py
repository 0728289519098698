"""What the doctor finds, saves and copies."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter.db import backups, doctor, opening
from mlrun_jupyter.db.query import Comparison, RunQuery, labels
from mlrun_jupyter.errors import ConflictError, NotFoundError, StoreDamagedError
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey


def levels(found: list[doctor.Finding]) -> dict[str, set[str]]:
    by_level: dict[str, set[str]] = {}
    for finding in found:
        by_level.setdefault(finding.level, set()).add(finding.topic)
    return by_level


@pytest.fixture
def store(tmp_path: Path) -> Any:
    db = opening._embedded(tmp_path / "store")
    records, seq = [], 0
    for number in range(300):
        key = RunKey("p", f"run{number}")
        document = {
            "metadata": {"name": f"n{number % 7}", "labels": {"odd": str(number % 2)}},
            "spec": {"x": "y" * 300},
        }
        for op, payload in (
            ("open", {"run": document}),
            ("result", {"number": number}),
            ("metric", [None, {"m": float(number)}]),
            ("log", f"log of {number}"),
            ("close", {"state": "completed"}),
        ):
            seq += 1
            records.append(JournalRecord(seq, op, key, 1, float(seq), payload))
    db.apply("w", records)
    yield db
    db.close()


def test_a_sound_store(store: Any) -> None:
    found = doctor.check(store.url)
    assert doctor.ERROR not in levels(found)
    assert {"package", "python", "space", "revision", "integrity", "contents"} <= levels(found)[doctor.OK]
    assert any("300 runs" in finding.text for finding in found)


def test_no_store(tmp_path: Path) -> None:
    assert doctor.check(tmp_path)[-1].topic == "store"
    for look in (doctor.repair, lambda folder: backups.backup(folder, tmp_path / "b")):
        with pytest.raises(NotFoundError):
            look(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"nonsense" * 600])
def test_what_is_no_store(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mlrun.db"
    path.write_bytes(content)
    assert doctor.ERROR in levels(doctor.check(tmp_path))
    with pytest.raises(StoreDamagedError):
        doctor.repair(tmp_path)
    assert [each.name for each in tmp_path.iterdir() if each.suffix != ".db-lock"] == ["mlrun.db"]
    assert path.read_bytes() == content


def test_a_backup_is_a_store(store: Any, tmp_path: Path) -> None:
    target = backups.backup(store.url, tmp_path / "copy" / "mlrun.db")
    copy = opening._embedded(target.parent)
    assert copy.count_runs(RunQuery(project="p")) == {"completed": 300}
    copy.close()
    with pytest.raises(ConflictError):
        backups.backup(store.url, target)


def test_what_can_be_read_of_a_damaged_store_is_saved(store: Any) -> None:
    folder = Path(store.url)
    store.close()
    path = folder / "mlrun.db"
    with sqlite3.connect(path) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        numbers = [
            row[0]
            for row in connection.execute("SELECT rootpage FROM sqlite_master WHERE name IN ('run_numbers', 'late')")
        ]
    connection.close()
    data = bytearray(path.read_bytes())
    for page in {*numbers, pages // 2}:
        data[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    assert doctor.ERROR in levels(doctor.check(folder))
    with pytest.raises(StoreDamagedError):
        backups.backup(folder, folder / "copy.db")
    saved = doctor.repair(folder, replace=True)
    assert saved.path == str(path)
    assert saved.rows["runs"] >= 280
    kept = min(folder.glob("mlrun.db.damaged-*"), key=lambda path: len(path.name))
    assert kept.read_bytes() == bytes(data)
    db = opening._embedded(folder)
    assert sum(db.count_runs(RunQuery(project="*")).values()) == saved.rows["runs"]
    best = db.list_runs(
        RunQuery(
            project="*",
            limit=3,
            where=(Comparison.parse("results.number >= 5"),),
            labels=labels("odd=1"),
            sort=("results.number",),
        )
    )
    assert [run.status.results["number"] for run in best.rows] == [5, 7, 9]
    db.close()
    assert doctor.ERROR not in levels(doctor.check(folder))


def test_a_sound_store_is_repaired_to_the_same(store: Any) -> None:
    saved = doctor.repair(store.url)
    assert (saved.rows["runs"], saved.rows["logs"], saved.lost) == (300, 300, [])
    with sqlite3.connect(saved.path) as new, sqlite3.connect(Path(store.url) / "mlrun.db") as old:
        for table in ("runs", "names", "points", "logs", "writers"):
            query = f"SELECT * FROM {table} ORDER BY 1, 2, 3"
            assert new.execute(query).fetchall() == old.execute(query).fetchall()
        entries = (
            "SELECT f.name, n.value, n.run_id FROM run_numbers n JOIN fields f ON f.id = n.field_id ORDER BY 1, 2, 3"
        )
        assert new.execute(entries).fetchall() == old.execute(entries).fetchall()
    new.close()
    old.close()
