"""Which place a text means."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlrun_jupyter.datastore.location import Location, join, locate
from mlrun_jupyter.datastore.templates import NAMES, expand, names_in
from mlrun_jupyter.errors import InvalidArgumentError, UnsafeError


@pytest.mark.parametrize(
    ("text", "scheme", "path"),
    [
        ("/data/a.csv", "file", "/data/a.csv"),
        ("file:///data/a.csv", "file", "/data/a.csv"),
        ("file://localhost/data/a.csv", "file", "/data/a.csv"),
        ("FILE:///data/a%20b.csv", "file", "/data/a b.csv"),
        ("/data/../a.csv", "file", "/a.csv"),
        ("/data/50%.csv", "file", "/data/50%.csv"),
        ("C:\\data\\a.csv", "file", "C:\\data\\a.csv"),
        ("d:/data/a.csv", "file", "d:/data/a.csv"),
        ("s3://bucket/a b/c.csv", "s3", "s3://bucket/a b/c.csv"),
        ("S3://Bucket/A", "s3", "s3://Bucket/A"),
        ("https://host/x?y=1", "https", "https://host/x?y=1"),
        ("memory://x/y", "memory", "memory://x/y"),
    ],
)
def test_spellings(text, scheme, path):
    assert locate(text) == Location(scheme, path)


def test_relative_paths_and_home(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ann")
    assert locate("a/b.csv").path == str(tmp_path / "a" / "b.csv")
    assert locate("./a").path == str(tmp_path / "a")
    assert locate(Path("a")).path == str(tmp_path / "a")
    assert locate("file://a/b").path == str(tmp_path / "a" / "b")
    assert locate("~/a").path == "/home/ann/a"
    assert locate("a", base="/in").path == "/in/a"
    assert locate("a", base="in").path == str(tmp_path / "in" / "a")
    assert locate("a", base="~/in").path == "/home/ann/in/a"
    assert locate("a", base="s3://b/in/").path == "s3://b/in/a"
    assert locate("/a", base="s3://b/in").path == "/a"
    assert locate("gs://c/a", base="s3://b/in").path == "gs://c/a"


def test_refused():
    for text in ("", "a\0b"):
        with pytest.raises(InvalidArgumentError):
            locate(text)
    for text in ("simplecache::s3://b/k", "filecache::/etc/passwd", "zip::file:///x"):
        with pytest.raises(UnsafeError):
            locate(text)


def test_join():
    places = {
        "s3://b": "s3://b/x/y",
        "s3://b/": "s3://b/x/y",
        "memory://": "memory://x/y",
        "/d/": "/d/x/y",
        "d": "d/x/y",
    }
    for base, expected in places.items():
        assert join(base, "x", "y") == expected


VALUES = {
    "run.uid": "a1",
    "run.project": "iris",
    "run.name": "train",
    "project": "iris",
    "run.iteration": "2",
    "workflow.uid": "w",
}


def test_templates_are_filled_literally():
    assert expand("s3://b/{{run.project}}/{{ run.uid }}/{{run.name}}", VALUES) == "s3://b/iris/a1/train"
    assert expand("{{project}}{{run.uid}}", {"project": "{{run.uid}}", "run.uid": "x"}) == "{{run.uid}}x"
    assert expand("{run.uid} %s $HOME {{{}}}", VALUES) == "{run.uid} %s $HOME {{{}}}"
    assert names_in("a/{{run.uid}}/{{project}}") == ["run.uid", "project"]


@pytest.mark.parametrize(
    "name", ["run.uuid", "run.uid.__class__", "config", "self", "run['uid']", "7*7", "run.uid|upper"]
)
def test_unknown_names_are_refused(name):
    with pytest.raises(InvalidArgumentError, match="nothing to fill in"):
        expand(f"/a/{{{{{name}}}}}", VALUES)


@given(st.text("{}run.uidproject \n", max_size=30))
def test_nothing_else_is_evaluated(text):
    try:
        filled = expand(text, VALUES)
    except InvalidArgumentError:
        return
    for name in NAMES:
        assert "{{" + name + "}}" not in filled


@given(st.text(max_size=30))
def test_every_text_is_a_place_or_a_typed_error(text):
    try:
        found = locate(text)
    except InvalidArgumentError:
        return
    assert found.scheme != "file" or Path(found.path).is_absolute() or found.path[1] == ":"
