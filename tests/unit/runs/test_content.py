"""What an artifact holds: viewers by kind and ending, and those of other packages."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from mlrun_jupyter import datastore
from mlrun_jupyter.errors import NotFoundError, UnsafeError
from mlrun_jupyter.runs import content


@pytest.fixture
def folder(tmp_path: Path) -> datastore.DataItem:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "notes.md").write_text("# Notes")
    (tmp_path / "scan.nii").write_bytes(b"\0\1")
    return datastore.resolve(f"{tmp_path}/")


def test_a_file_of_a_folder_is_shown_by_its_own_ending(folder: datastore.DataItem) -> None:
    assert content.within(folder, "dir", "", {}).files == ["below/notes.md", "scan.nii"]
    shown = content.within(folder, "dir", "", {"file": "below/notes.md"})
    assert (shown.form, shown.language, shown.text) == ("text", "markdown", "# Notes")


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "below/../../x", "below%2f..%2fx"])
def test_a_path_does_not_leave_its_artifact(folder: datastore.DataItem, path: str) -> None:
    with pytest.raises((UnsafeError, NotFoundError)):
        content.within(folder, "dir", "", {"file": path})


def scan(item: datastore.DataItem, shown: content.Shown) -> content.Content:
    return content.Content("text", text=f"a scan of {item.stat().size} bytes")


def broken(item: datastore.DataItem, shown: content.Shown) -> content.Content:
    raise RuntimeError("no such plane")


def test_a_package_adds_a_viewer_and_a_broken_one_is_told_of(
    folder: datastore.DataItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def entry(name: str, function: str) -> EntryPoint:
        return EntryPoint(name, f"{__name__}:{function}", content.ENTRY_POINTS)

    monkeypatch.setattr(
        content, "_entry_points", lambda: {".nii": entry(".nii", "scan"), ".md": entry(".md", "broken")}
    )
    assert content.within(folder, "dir", "", {"file": "scan.nii"}).text == "a scan of 2 bytes"
    shown = content.within(folder, "dir", "", {"file": "below/notes.md"})
    assert shown.text == "# Notes" and "no such plane" in shown.note
    monkeypatch.setattr(
        content, "_entry_points", lambda: {".md": EntryPoint(".md", "gone_package:viewer", content.ENTRY_POINTS)}
    )
    assert "gone_package" in content.within(folder, "dir", "", {"file": "below/notes.md"}).note
