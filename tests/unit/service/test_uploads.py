"""Uploads go on where they broke off, and are whole or not there."""

from __future__ import annotations

import errno
import hashlib
import os
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mlrun_jupyter import datastore
from mlrun_jupyter.datastore import resumed
from mlrun_jupyter.db.http import HTTPRunDB
from mlrun_jupyter.safety.files import PARTIAL
from mlrun_jupyter.service import reaper
from mlrun_jupyter.service.background import Background, serving

DATA = bytes(range(256)) * 40
FILE = "/projects/p/files/run/model.bin"


def piece(native: httpx2.Client, start: int, end: int, *, data: bytes = DATA, digest: str = "") -> httpx2.Response:
    told = "*" if start < 0 else f"{start}-{end - 1}"
    headers = {
        "content-range": f"bytes {told}/{len(DATA)}",
        "x-content-sha256": digest or hashlib.sha256(DATA).hexdigest(),
        "content-type": "application/octet-stream",
    }
    return native.put(FILE, content=b"" if start < 0 else data[start:end], headers=headers)


def test_a_file_comes_in_pieces(native: httpx2.Client) -> None:
    assert piece(native, -1, 0).json()["received"] == 0
    assert piece(native, 0, 4000).json()["received"] == 4000
    assert native.get(FILE).status_code == 404
    assert piece(native, -1, 0).json()["received"] == 4000
    assert piece(native, 5000, 6000).status_code == 409
    done = piece(native, 4000, len(DATA))
    assert (done.status_code, done.json()["sha256"]) == (201, hashlib.sha256(DATA).hexdigest())
    assert native.get(FILE).content == DATA


def test_an_upload_whose_last_answer_was_lost_is_known_to_be_whole(native: httpx2.Client) -> None:
    piece(native, 0, len(DATA))
    told = piece(native, -1, 0)
    assert (told.status_code, told.json()["sha256"]) == (201, hashlib.sha256(DATA).hexdigest())
    assert piece(native, -1, 0, digest="a" * 64).json()["received"] == 0


def test_asking_leaves_nothing_behind(native: httpx2.Client, store: Any) -> None:
    assert piece(native, -1, 0).json()["received"] == 0
    assert piece(native, 5000, 6000).status_code == 409
    assert not list(Path(store.artifact_path).rglob("*"))


def test_a_full_disk_is_told_where_a_folder_has_no_room_either(
    native: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("mlrun_jupyter.service.native.uploads._open_folder", full)
    assert native.put(FILE, content=DATA, headers={"content-type": "application/octet-stream"}).status_code == 507


def test_other_bytes_than_were_meant_are_forgotten(native: httpx2.Client, store: Any) -> None:
    piece(native, 0, 4000)
    assert piece(native, 4000, len(DATA), data=bytes(len(DATA))).status_code == 409
    assert piece(native, -1, 0).json()["received"] == 0
    assert native.get(FILE).status_code == 404


@pytest.mark.parametrize(
    ("told", "digest"),
    [
        ("bytes 0-9/5", "a" * 64),
        ("bytes 5-3/10", "a" * 64),
        ("bytes 0-9/*", "a" * 64),
        ("bytes 0-9/10", "a"),
        ("bytes 0-9/10", ""),
        ("lines 0-9/10", "a" * 64),
        (f"bytes 0-9/{10**14}", "a" * 64),
    ],
)
def test_pieces_that_mean_nothing_are_refused(native: httpx2.Client, told: str, digest: str) -> None:
    headers = {"content-range": told, "content-type": "application/octet-stream", "x-content-sha256": digest}
    assert native.put(FILE, content=b"0123456789", headers=headers).status_code == 400


def test_a_piece_brings_no_more_than_it_says(native: httpx2.Client) -> None:
    headers = {
        "content-range": "bytes 0-3/4",
        "x-content-sha256": "a" * 64,
        "content-type": "application/octet-stream",
    }
    assert native.put(FILE, content=b"0123456789", headers=headers).status_code == 413


@pytest.fixture
def broken(service: Background, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Connections end after four megabytes of a body, twice; the sizes that came are told."""
    from mlrun_jupyter.service.gate import Body, RefusedError

    starts: list[int] = []
    receive = Body.receive

    async def breaking(self: Body) -> Any:
        if self.size == 0:
            starts.append(0)
        if self.size > 4 * 2**20 and len(starts) < 6:
            raise RefusedError(503, "the line breaks", [(b"connection", b"close")])
        return await receive(self)

    monkeypatch.setattr(Body, "receive", breaking)
    return starts


def test_a_large_file_is_not_sent_twice(
    service: Background, remote: HTTPRunDB, tmp_path: Path, broken: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = os.urandom(12 * 2**20)
    (tmp_path / "big").write_bytes(data)
    begun: list[int] = []
    put = resumed._put

    def noted(path: str, source: str, headers: Any, start: int, progress: Any) -> None:
        begun.append(start)
        put(path, source, headers, start, progress)

    monkeypatch.setattr(resumed, "_put", noted)
    address = f"{service.url}/api/native/v1/projects/p/files/big"
    datastore.resolve(address).upload(tmp_path / "big")
    assert datastore.resolve(address).get() == data
    assert begun[0] == 0
    assert begun == sorted(begun)
    assert begun[-1] > 4 * 2**20


def test_what_nobody_went_on_with_is_deleted(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(store.artifact_path) / "p"
    folder.mkdir(parents=True)
    old, new = folder / f"{PARTIAL}old", folder / f"{PARTIAL}new"
    for each in (old, new):
        each.write_bytes(b"x")
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    monkeypatch.setattr(reaper, "INTERVAL", 0.02)
    with serving(store, reaping=True):
        end = time.monotonic() + 20
        while old.exists() and time.monotonic() < end:
            time.sleep(0.02)
    assert (old.exists(), new.exists()) == (False, True)
