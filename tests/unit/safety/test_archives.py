"""Archives of strangers: nothing is written outside, nothing is left behind, honest ones come out whole."""

import gzip
import io
import struct
import tarfile
import zipfile

import pytest

from mlrun_jupyter.errors import ConflictError, DataError, NotFoundError, UnsafeError
from mlrun_jupyter.safety.archives import Limits, extract
from mlrun_jupyter.safety.files import PARTIAL


def _tar(path, entries, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, data, fields in entries:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for field, value in fields.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(data))
    return path


def _zip(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, fields in entries:
            info = zipfile.ZipInfo("x")
            info.filename = info.orig_filename = name
            info.compress_type = zipfile.ZIP_DEFLATED
            for field, value in fields.items():
                setattr(info, field, value)
            with pytest.warns(UserWarning, match="Duplicate") if name in archive.NameToInfo else _nothing():
                archive.writestr(info, data)
    return path


class _nothing:  # noqa: N801 - stands for a function
    def __enter__(self):
        pass

    def __exit__(self, *exc):
        pass


GOOD = [
    ("pkg/", b"", {"type": tarfile.DIRTYPE}),
    ("pkg/a.py", b"print(1)\n", {"mode": 0o4755}),
    ("b.txt", b"", {}),
    ("./c/d", b"x", {}),
]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_honest_tars_come_out_whole(tmp_path, mode):
    folder = extract(_tar(tmp_path / "code", GOOD, mode), tmp_path / "out")
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == {"pkg/a.py": b"print(1)\n", "b.txt": b"", "c/d": b"x"}
    assert (folder / "pkg/a.py").stat().st_mode & 0o7777 == 0o755
    assert [path.name for path in tmp_path.iterdir()] and not [
        path for path in tmp_path.iterdir() if PARTIAL in path.name
    ]


def test_honest_zips_come_out_whole(tmp_path):
    path = _zip(
        tmp_path / "code.zip",
        [("pkg/a.py", b"1", {"external_attr": 0o100755 << 16}), ("long/", b"", {}), ("b", b"2" * 10_000, {})],
    )
    folder = extract(path, tmp_path / "deep" / "out")
    assert (folder / "pkg/a.py").read_bytes() == b"1"
    assert (folder / "b").stat().st_size == 10_000


SLIPS = [
    "../canary", "a/../../canary", "/tmp/canary", "a/./b", "a//b", "..", "\\..\\canary", "C:\\canary", "c:canary", "a\x01b",
    "..\\canary", "a/%2e%2e/canary", "%2e%2e%2fcanary", "a\nb", "x" * 300, "/".join("a" * 70), "a/..", "... ", " ",
]  # fmt: skip


@pytest.mark.parametrize("name", SLIPS)
@pytest.mark.parametrize("make", [_tar, _zip])
def test_names_that_leave_are_refused(tmp_path, name, make):
    folder = tmp_path / "in"
    folder.mkdir()
    path = make(folder / "archive", [("fine", b"1", {}), (name, b"canary", {})])
    with pytest.raises((UnsafeError, DataError)):
        extract(path, folder / "out")
    assert [each.name for each in folder.iterdir()] == ["archive"]
    assert [each.name for each in tmp_path.iterdir()] == ["in"]


def _linked(**fields):
    return [("link", b"", fields), ("link/canary", b"x", {})]


TARS = {
    "symlink": _linked(type=tarfile.SYMTYPE, linkname="/tmp"),
    "symlink inside": [("a", b"", {}), ("b", b"", {"type": tarfile.SYMTYPE, "linkname": "a"})],
    "hard link": _linked(type=tarfile.LNKTYPE, linkname="/etc/passwd"),
    "character device": [("dev", b"", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3})],
    "block device": [("dev", b"", {"type": tarfile.BLKTYPE})],
    "fifo": [("fifo", b"", {"type": tarfile.FIFOTYPE})],
    "contiguous": [("c", b"x", {"type": tarfile.CONTTYPE})],
    "sparse": [("s", b"", {"type": tarfile.GNUTYPE_SPARSE})],
    "twice": [("a", b"1", {}), ("a", b"2", {})],
    "twice in another case": [("Readme", b"1", {}), ("README", b"2", {})],
    "file and folder": [("a", b"1", {}), ("a/b", b"2", {})],
    "folder and file": [("a/b", b"1", {}), ("a", b"2", {})],
    "long chain of links": [
        *((f"{'d' * 200}/{i}", b"", {"type": tarfile.SYMTYPE, "linkname": "../" * 40}) for i in range(16)),
        ("x", b"", {}),
    ],
}


@pytest.mark.parametrize("entries", TARS.values(), ids=TARS)
def test_hostile_tars_leave_nothing(tmp_path, entries):
    path = _tar(tmp_path / "a.tar.gz", entries)
    with pytest.raises((UnsafeError, DataError)):
        extract(path, tmp_path / "out")
    assert [each.name for each in tmp_path.iterdir()] == ["a.tar.gz"]


ZIPS = {
    "symlink": [("link", b"/tmp", {"external_attr": 0o120777 << 16})],
    "device": [("dev", b"", {"external_attr": 0o020666 << 16})],
    "socket": [("s", b"", {"external_attr": 0o140666 << 16})],
    "twice": [("a", b"1", {}), ("a", b"2", {})],
    "twice, decomposed": [("\u00e9", b"1", {}), ("e\u0301", b"2", {})],
    "file and folder": [("a", b"1", {}), ("a/b", b"2", {})],
}


@pytest.mark.parametrize("entries", ZIPS.values(), ids=ZIPS)
def test_hostile_zips_leave_nothing(tmp_path, entries):
    path = _zip(tmp_path / "a.zip", entries)
    with pytest.raises(UnsafeError):
        extract(path, tmp_path / "out")
    assert [each.name for each in tmp_path.iterdir()] == ["a.zip"]


def test_bombs_end_early(tmp_path):
    zeros = b"\0" * (40 << 20)
    tar, zipped = _tar(tmp_path / "a.tgz", [("zeros", zeros, {})]), _zip(tmp_path / "a.zip", [("zeros", zeros, {})])
    for path in (tar, zipped):
        with pytest.raises(UnsafeError, match="more than is allowed"):
            extract(path, tmp_path / "out")
    with pytest.raises(UnsafeError, match="more than is allowed"):
        extract(tar, tmp_path / "out", limits=Limits(size=1000, ratio=10**6))
    assert extract(tar, tmp_path / "out", limits=Limits(ratio=10**6)).is_dir()


def test_a_bomb_in_a_header_is_not_read(tmp_path):
    info = tarfile.TarInfo("x")
    info.type = tarfile.XHDTYPE
    info.size = 5 << 30
    path = tmp_path / "a.tgz"
    with gzip.open(path, "wb") as file:
        file.write(info.tobuf())
        for _ in range(64):
            file.write(b"\0" * (1 << 20))
    with pytest.raises(UnsafeError):
        extract(path, tmp_path / "out")


def test_many_entries_are_refused(tmp_path):
    with pytest.raises(UnsafeError, match="more than 10,000 entries"):
        extract(_tar(tmp_path / "a.tar", [(f"f{i}", b"", {}) for i in range(10_001)], "w"), tmp_path / "out")
    path = tmp_path / "a.zip"
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0x21, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"x"
    directory = entry * 1_000_000
    path.write_bytes(directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(directory), 0, 0))
    with pytest.raises(UnsafeError, match="too many entries"):
        extract(path, tmp_path / "out")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        b"PK\x03\x04junk",
        b"\x1f\x8bjunk",
        b"BZhjunk",
        b"\xfd7zXZ\x00junk",
        b"not an archive" * 100,
        b"\x1f\x8b\x08\x00" + b"\0" * 20,
    ],
)
def test_no_archive_is_a_typed_error(tmp_path, data):
    path = tmp_path / "a"
    path.write_bytes(data)
    with pytest.raises((DataError, UnsafeError)):
        extract(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_truncated_archives_leave_nothing(tmp_path):
    whole = _tar(tmp_path / "a.tgz", [("a", bytes(range(256)) * 400, {}), ("b", b"2" * 5000, {})]).read_bytes()
    for size in range(20, len(whole) - 30, 97):
        (tmp_path / "cut").write_bytes(whole[:size])
        with pytest.raises(DataError):
            extract(tmp_path / "cut", tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_the_target_must_be_free(tmp_path):
    path = _tar(tmp_path / "a.tar", GOOD, "w")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("keep")
    with pytest.raises(ConflictError):
        extract(path, tmp_path / "out")
    assert (tmp_path / "out" / "mine").read_text() == "keep"
    with pytest.raises(NotFoundError):
        extract(tmp_path / "missing", tmp_path / "other")
