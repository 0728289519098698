"""What was answered is on the disk, and many who write wait for the disk together."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from mlrun_jupyter.service import lasting
from mlrun_jupyter.service.background import serving


class Disk:
    """Counts what is put on the disk, before it is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self.seconds = 0.0
        self.broken = False
        self._sync: Callable[[int], None] = os.fdatasync
        monkeypatch.setattr(lasting.os, "fdatasync", self)

    def __call__(self, fd: int) -> None:
        if self.broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self.sizes.append(os.fstat(fd).st_size)
        time.sleep(self.seconds)
        self._sync(fd)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def put(native: httpx2.Client, uid: str) -> int:
    document = {"metadata": {"uid": uid, "project": "p"}, "status": {"state": "completed"}}
    return native.put(f"/projects/p/runs/{uid}", json=document).status_code


def test_what_was_written_is_on_the_disk_before_it_is_answered(
    disk: Disk, native: httpx2.Client, tmp_path: Path
) -> None:
    for number in range(3):
        assert put(native, f"run{number}") == 200
        assert disk.sizes[-1] == (tmp_path / "store" / "mlrun.db-wal").stat().st_size
    native.get("/runs?project=p")
    assert len(disk.sizes) == 3


def test_those_who_write_at_once_wait_together(disk: Disk, native: httpx2.Client, store: object) -> None:
    disk.seconds = 0.1
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda number: put(native, f"run{number}"), range(32))) == {200}
    assert len(disk.sizes) < 20


def test_a_disk_that_has_failed_is_not_believed_again(disk: Disk, native: httpx2.Client) -> None:
    disk.broken = True
    assert put(native, "run1") == 503
    disk.broken = False
    assert put(native, "run2") == 503
    assert native.get("/runs?project=p").status_code == 200


def test_a_store_without_a_folder_is_not_waited_for(disk: Disk) -> None:
    from mlrun_jupyter.db.memory import MemoryStore

    with serving(MemoryStore("memory://lasting")) as service:
        headers = {"authorization": f"Bearer {service.token}"}
        with httpx2.Client(base_url=f"{service.url}/api/native/v1", headers=headers) as client:
            assert put(client, "run1") == 200
    assert disk.sizes == []
