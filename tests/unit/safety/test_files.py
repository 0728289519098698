"""Files are whole or not there."""

import errno
import hashlib
import os
import signal
import subprocess
import sys
import time

import pytest

from mlrun_jupyter.errors import DataError, NotFoundError, StoreUnavailableError
from mlrun_jupyter.safety import files


@pytest.mark.parametrize("sync", [True, False])
@pytest.mark.parametrize(
    "content",
    [b"abc", "abc", bytearray(b"abc"), memoryview(b"abc"), lambda file: [file.write(b"a"), file.write(b"bc")]],
)
def test_content_of_every_kind(tmp_path, content, sync):
    path = tmp_path / "new" / "file"
    digest = files.write_atomic(path, content, sync=sync)
    assert path.read_bytes() == b"abc"
    assert digest == (3, hashlib.sha256(b"abc").hexdigest())
    assert files.hash_file(path) == digest
    assert [each.name for each in path.parent.iterdir()] == ["file"]


def test_replacing_or_not(tmp_path):
    path = tmp_path / "file"
    files.write_atomic(path, b"1")
    files.write_atomic(path, b"2")
    with pytest.raises(FileExistsError):
        files.write_atomic(path, b"3", replace=False)
    assert path.read_bytes() == b"2"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_failing_writer_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    files.write_atomic(path, b"old")

    def fail(file):
        file.write(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        files.write_atomic(path, fail)
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_copies_are_hashed(tmp_path):
    data = os.urandom(3_000_001)
    (tmp_path / "a").write_bytes(data)
    assert files.copy_atomic(tmp_path / "a", tmp_path / "b" / "c").sha256 == hashlib.sha256(data).hexdigest()
    assert (tmp_path / "b" / "c").read_bytes() == data
    with pytest.raises(NotFoundError):
        files.copy_atomic(tmp_path / "missing", tmp_path / "d")
    with pytest.raises(DataError):
        files.copy_atomic(tmp_path, tmp_path / "d")
    assert not (tmp_path / "d").exists()


def test_what_the_system_refuses_is_told_with_the_place(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreUnavailableError, match=str(tmp_path)):
        files.write_atomic(tmp_path / "file" / "below", b"")
    with pytest.raises(StoreUnavailableError, match="cannot be written"):
        files.write_atomic("/proc/nothing/file", b"")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StoreUnavailableError, match="no space is left"):
        files.write_atomic(tmp_path / "big", lambda file: full())
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreUnavailableError, match="no space is left"):
        files.write_atomic(tmp_path / "big", b"")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_killed_writer_leaves_only_what_can_be_removed(tmp_path):
    code = f"""
import sys, time
from mlrun_jupyter.safety import files
def slow(file):
    file.write(b"x" * 100_000); print("half", flush=True); time.sleep(60)
files.write_atomic({str(tmp_path / "file")!r}, slow)
"""
    writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    assert not (tmp_path / "file").exists()
    assert files.remove_leftovers(tmp_path, older_than=0) == 0
    assert files.remove_leftovers(tmp_path, older_than=time.time() + 1) == 1
    assert not list(tmp_path.iterdir())
