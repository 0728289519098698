"""One function decides which path inside a root is meant."""

import os
import threading
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlrun_jupyter.errors import NotFoundError, UnsafeError
from mlrun_jupyter.safety.paths import components, contains, inside, open_inside

_DOTS = [
    "..",
    ".",
    "...",
    ".. ",
    "..;",
    "..\\",
    "%2e%2e",
    "%252e%252e",
    "..%2f",
    "..%5c",
    "..%00",
    "%c0%ae%c0%ae",
    "\uff0e\uff0e",
]
PAYLOADS = sorted(
    {
        *(f"{dots}/canary" for dots in _DOTS),
        *(f"a/{dots}/{dots}/canary" for dots in _DOTS),
        *(f"a{separator}..{separator}..{separator}canary" for separator in ("/", "\\", "//", "/./", "%2f", "%5c", "\u2215")),
        *(f"{start}canary" for start in ("/", "//", "\\", "\\\\host\\", "C:", "c:\\", "C:/", "/tmp/", "../root-other/", "~/../")),
        *(f"..{quote(mark, safe='')}canary" for mark in "/\\;?#\0"),
        *(f"a{code}b" for code in ("\0", "\n", "\r", "\x1f", "\x7f", "%00", "%2F", "%5C", "%2e", "%25")),
        *("../" * depth + "canary" for depth in range(1, 12)),
        *("a/" * depth + "../" * (depth + 1) + "canary" for depth in range(1, 12)),
        "a//b", "a/", "/", "./a", "a/.", "a/..", "..", ".", " ", "x" * 256, "é" * 128, "/".join("a" * 65), "a/\ud800", "file:///canary"[5:],
    }
)  # fmt: skip


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "file").write_text("fine")
    (tmp_path / "canary").write_text("canary")
    (tmp_path / "root-other").mkdir()
    (tmp_path / "root-other" / "canary").write_text("canary")
    return folder


@pytest.mark.parametrize("text", PAYLOADS)
def test_no_payload_leaves_the_root(root, text):
    for open_it in (inside, open_inside):
        try:
            found = open_it(root, text)
        except (UnsafeError, NotFoundError) as error:
            assert str(root) not in str(error)
            continue
        assert open_it is inside, text  # nothing of that name exists below the root
        assert contains(root, found)
        assert not found.exists()


def test_honest_paths(root):
    assert inside(root, "a/file").read_text() == "fine"
    assert inside(root, "") == root.resolve()
    assert inside(root, "new/deep/file.tar.gz").parent.name == "deep"
    with os.fdopen(open_inside(root, "a/file")) as file:
        assert file.read() == "fine"
    with pytest.raises(NotFoundError):
        open_inside(root, "a/missing")
    os.close(open_inside(root, "new", os.O_WRONLY | os.O_CREAT))
    assert (root / "new").exists()


def test_links_out_are_refused(root, tmp_path):
    (root / "file").symlink_to(tmp_path / "canary")
    (root / "folder").symlink_to(tmp_path)
    (root / "chain").symlink_to(root / "folder")
    (root / "loop").symlink_to(root / "loop")
    for text in ("file", "folder/canary", "chain/canary", "folder", "loop", "loop/x"):
        with pytest.raises(UnsafeError):
            inside(root, text)
        with pytest.raises(UnsafeError):
            open_inside(root, text)


def test_what_is_no_file_is_not_opened(root):
    os.mkfifo(root / "fifo")
    with pytest.raises(UnsafeError):
        open_inside(root, "fifo")


def test_a_racer_gets_nothing(root, tmp_path):
    """A folder is swapped for a link and back while it is read."""
    (root / "spot").mkdir()
    (root / "spot" / "canary").write_text("fine")
    (root / "link").symlink_to(tmp_path)
    stop = threading.Event()

    def swap():
        while not stop.is_set():
            for old, new in (("spot", "away"), ("link", "spot"), ("spot", "link"), ("away", "spot")):
                (root / old).rename(root / new)

    racer = threading.Thread(target=swap)
    racer.start()
    seen = set()
    try:
        for _ in range(3000):
            try:
                with os.fdopen(open_inside(root, "spot/canary")) as file:
                    seen.add(file.read())
            except (UnsafeError, NotFoundError):
                continue
    finally:
        stop.set()
        racer.join()
    assert seen <= {"fine"}


def test_components_are_compared_not_prefixes():
    assert contains("/data/root", "/data/root/x")
    assert contains("/data/root", "/data/root")
    assert not contains("/data/root", "/data/root-other/x")
    assert not contains("/data/root", "/data/root/../x")
    assert not contains("/data/root", "/data")


@given(st.text(max_size=40))
def test_accepted_components_stay_below(text):
    try:
        parts = components(text)
    except UnsafeError:
        return
    assert "/".join(parts) == text
    assert contains("/r", os.path.normpath("/".join(["/r", *parts])))
