"""Bytes through the service, and the pages that it shows."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mlrun_jupyter.db import opening
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.safety.files import PARTIAL
from mlrun_jupyter.service import pages
from mlrun_jupyter.service.background import serving

BYTES = {"content-type": "application/octet-stream"}
FILE = "/projects/p/files/run/model.bin"


def put(native: httpx2.Client, content: bytes, path: str = FILE, **headers: str) -> httpx2.Response:
    return native.put(path, content=content, headers={**BYTES, **headers})


def test_a_file_is_stored_and_hashed(native: httpx2.Client, store: Any) -> None:
    answer = put(native, b"abc")
    digest = hashlib.sha256(b"abc").hexdigest()
    assert answer.json() == {"path": "p/run/model.bin", "size": 3, "sha256": digest}
    assert Path(store.artifact_path, "p/run/model.bin").read_bytes() == b"abc"
    assert native.get(FILE).content == b"abc"
    assert put(native, b"abcd").status_code == 201
    assert native.get(FILE).content == b"abcd"


def test_bytes_that_are_not_those_meant_are_not_stored(native: httpx2.Client, store: Any) -> None:
    put(native, b"before")
    answer = put(native, b"abc", **{"x-content-sha256": hashlib.sha256(b"xyz").hexdigest()})
    assert (answer.status_code, answer.json()["error"]["kind"]) == (409, "ConflictError")
    assert native.get(FILE).content == b"before"
    assert [path.name for path in Path(store.artifact_path).rglob("*") if path.is_file()] == ["model.bin"]


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ("bytes=2-4", 206, b"234"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-3", 206, b"789"),
        ("bytes=0-999", 206, b"0123456789"),
        ("bytes=10-", 416, None),
        ("bytes=-", 416, None),
        ("bytes=5-2", 416, None),
        ("bytes=0-1,3-4", 416, None),
        ("lines=1-2", 416, None),
    ],
)
def test_any_part_of_a_file(native: httpx2.Client, asked: str, status: int, content: bytes | None) -> None:
    put(native, b"0123456789")
    answer = native.get(FILE, headers={"range": asked})
    assert answer.status_code == status
    if content is not None:
        assert answer.content == content
        assert answer.headers["content-range"].endswith("/10")


def test_a_file_that_changed_meanwhile_is_sent_whole(native: httpx2.Client) -> None:
    put(native, b"0123456789")
    tag = native.get(FILE).headers["etag"]
    assert native.get(FILE, headers={"range": "bytes=5-", "if-range": tag}).status_code == 206
    put(native, b"other bytes")
    answer = native.get(FILE, headers={"range": "bytes=5-", "if-range": tag})
    assert (answer.status_code, answer.content) == (200, b"other bytes")


def test_a_large_file_is_streamed(native: httpx2.Client) -> None:
    piece = bytes(range(256)) * 4096

    def pieces() -> Any:
        for _ in range(20):  # more than a body may have elsewhere
            yield piece

    answer = native.put(FILE, content=pieces(), headers=BYTES)
    assert answer.json()["size"] == 20 * len(piece)
    assert hashlib.sha256(native.get(FILE).content).hexdigest() == answer.json()["sha256"]


def test_a_head_tells_the_size(native: httpx2.Client) -> None:
    put(native, b"abc")
    answer = native.head(FILE)
    assert (answer.headers["content-length"], answer.content) == ("3", b"")


def test_a_file_is_deleted_once(native: httpx2.Client) -> None:
    put(native, b"abc")
    assert native.delete(FILE).status_code == 200
    assert native.delete(FILE).status_code == 404
    assert native.get(FILE).status_code == 404
    assert native.delete("/projects/p/files/run").status_code == 400


def test_names_of_unfinished_files_are_the_services_own(native: httpx2.Client) -> None:
    assert put(native, b"x", f"/projects/p/files/{PARTIAL}1").status_code == 400


def test_an_upload_over_a_folder_or_below_a_file_is_refused(native: httpx2.Client) -> None:
    put(native, b"abc")
    assert put(native, b"x", "/projects/p/files/run").status_code == 503
    assert put(native, b"x", f"{FILE}/below").status_code == 400


def record(store: Any, **spec: Any) -> None:
    store.store_artifact(ArtifactRecord.from_dict({"metadata": {"key": "a", "project": "p"}, "spec": spec}))


def test_the_content_of_an_artifact_with_the_service(native: httpx2.Client, store: Any) -> None:
    put(native, b"abc")
    record(store, target_path=str(Path(store.artifact_path, "p/run/model.bin")))
    assert native.get("/projects/p/artifacts/a/content").content == b"abc"
    record(store, target_path=f"{native.base_url}projects/p/files/run/model.bin")
    assert native.get("/projects/p/artifacts/a/content").content == b"abc"
    record(store, inline="text")
    assert native.get("/projects/p/artifacts/a/content").content == b"text"


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "s3://bucket/x", "http://169.254.169.254/", "file:///etc/passwd", "../x", "memory://x"]
)
def test_the_content_of_what_is_elsewhere_is_not_fetched(
    native: httpx2.Client, client: httpx2.Client, store: Any, target: str
) -> None:
    record(store, target_path=target)
    assert native.get("/projects/p/artifacts/a/content").status_code == 404
    shown = client.get("/mlrun-jupyter/api/artifacts/p/a/content").json()
    assert shown["form"] == "missing"


# pages


def test_without_a_dashboard_there_is_a_plain_page(client: httpx2.Client, store: Any) -> None:
    record(store, inline="x")
    answer = client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    assert "script" not in answer.text
    assert "<p>p</p>" in answer.text


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>the dashboard</title>")
    (folder / "frame.html").write_text("the page around pages")
    (folder / "assets" / "main.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(pages, "built_page", lambda: folder)
    return folder


def test_the_dashboard_has_deep_links_and_closed_headers(built: Path, tmp_path: Path) -> None:
    from mlrun_jupyter.service.access import TokenBook

    store = opening._embedded(tmp_path / "store")
    with serving(store, page=pages.built_page()) as service:
        assert isinstance(service.book, TokenBook)
        with httpx2.Client(base_url=service.url, auth=("", service.token)) as client:
            for path in ("/", "/projects/iris/runs/abc", "/compare"):
                answer = client.get(path)
                assert "the dashboard" in answer.text
                policy = answer.headers["content-security-policy"]
                assert "default-src 'none'" in policy
                assert "frame-ancestors 'none'" in policy
                assert "unsafe-eval" not in policy
            around = client.get("/frame.html").headers["content-security-policy"]
            assert around.startswith("sandbox allow-scripts; default-src 'none'") and "frame-src 'none'" in around
            assert "allow-same-origin" not in around and "connect-src" not in around
            script = client.get("/assets/main.js")
            assert (script.text, script.headers["content-type"]) == ("1", "text/javascript; charset=utf-8")
            held = {"if-none-match": script.headers["etag"]}
            assert client.get("/assets/main.js", headers=held).status_code == 304
            (built / "assets" / "main.js").write_text("12")
            assert client.get("/assets/main.js", headers=held).text == "12"
            for path in ("/assets/other.js", "/%2e%2e/secret.txt", "/assets/..%2f..%2f..%2fsecret.txt", "/api/x"):
                answer = client.get(path)
                assert answer.status_code == 404, path
                assert "secret" not in answer.text
            anonymous = httpx2.get(service.url)
            assert (anonymous.status_code, "dashboard" in anonymous.text) == (401, False)
    store.close()
