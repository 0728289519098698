"""No path leads out of its folder: a few hundred ways of writing one, at every address that takes one."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from mlrun_jupyter.service import table

UP = (
    "..", "%2e%2e", "%252e%252e", "%2e.", ".%2e", "..%00", "..;", "..;x=y", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae", "..%20",
    "..%09", "%ef%bc%8e%ef%bc%8e", "%uff0e%uff0e", "...", "....//", "..\\", "..%5c", "..%255c",
)  # fmt: skip
SLASH = ("/", "%2f", "%252f", "\\", "%5c", "%255c", "%c0%af", "/./", "//", "%00/", "%e2%88%95")
TARGETS = ("secret.txt", "artifacts-evil/secret.txt")
WHOLE = (
    "/etc/passwd", "//etc/passwd", "%2fetc%2fpasswd", "%252fetc%252fpasswd", "file:///etc/passwd",
    "file:%2f%2f%2fetc/passwd", "C:/Windows/win.ini", "C:%5cWindows", "c:secret.txt", "~/secret.txt", "~root/.bashrc",
    "$HOME/x", "a/../../secret.txt", "a/b/../../../secret.txt", "a%00/../../secret.txt", "./../secret.txt",
    "a/./../../secret.txt", "mine/../../secret.txt", "a//../../secret.txt", "zip://x::file:///etc/passwd",
    "simplecache::file:///etc/passwd", "%2e%2e%2f%2e%2e%2fsecret.txt", "..%2f..%2fsecret.txt", "....//....//secret.txt",
    "..../..../secret.txt", ".%2e/%2e./secret.txt", "a/..%2f..%2f..%2fsecret.txt", "%ff%fe", "a" * 300,
    "/".join("a" * 80), "con", "nul.txt/../../secret.txt", "a\r\nX: y", "a%0d%0aX: y",
)  # fmt: skip


def payloads() -> list[str]:
    found = list(WHOLE)
    for up in UP:
        for slash in SLASH:
            for depth in (1, 3):
                found += [(up + slash) * depth + target for target in TARGETS]
    return list(dict.fromkeys(found))


def sent(text: str) -> str:
    """As an address can carry it: what may not stand in a request line is quoted, what is quoted stays."""
    return quote(text, safe="/%:;=$~\\.,@!*'()[]+&{}|^`")


def contents(root: Any) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "mlrun.db" not in path.name and "/store/artifacts/" not in str(path)
    }


def test_there_are_many_payloads() -> None:
    assert len(payloads()) >= 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_files_stay_in_their_project(service: Any, root: Any, method: str) -> None:
    before = contents(root)
    body = b"written" if method == "PUT" else None
    for payload in payloads():
        for prefix in ("/api/native/v1/projects/mine/files/", "/api/native/v1/projects/mine/files/sub/", "/"):
            answer = service.request(method, prefix + sent(payload), body=body, type="application/octet-stream")
            assert answer.status < 500 or answer.status == 503, (payload, answer)
            assert b"canary-7f3a" not in answer.body.replace(b"canary-7f3a-", b""), payload
            assert b"root:" not in answer.body, payload
    assert contents(root) == before
    written = [path for path in (root / "store").rglob("*") if path.is_file() and path.read_bytes() == b"written"]
    assert all((root / "store" / "artifacts" / "mine") in path.parents for path in written)


def test_names_in_addresses_are_names(service: Any, root: Any) -> None:
    before, stored = contents(root), service.fingerprint()
    some = payloads()[::7]
    for each in table.operations():
        for part in ("project", "uid", "artifact", "function", "tag", "writer", "hash", "iteration"):
            if f"{{{part}}}" not in each.path or each.method not in ("GET", "DELETE", "PUT"):
                continue
            for payload in some[:12]:
                path = each.path.replace(f"{{{part}}}", sent(payload)).replace("{file:path}", "x")
                for other in ("project", "uid", "artifact", "function", "tag", "writer", "hash", "iteration"):
                    path = path.replace(f"{{{other}}}", "absent")
                body = b'{"uid": "x"}' if each.method == "PUT" else None
                answer = service.request(each.method, path, body=body)
                assert answer.status in (200, 204, 400, 404, 405, 501), (each.method, path, answer)
                assert b"root:" not in answer.body
    assert contents(root) == before
    assert service.fingerprint() == stored


def test_records_name_no_file_that_the_service_would_read(service: Any, root: Any) -> None:
    before = contents(root)
    for payload in [
        *payloads()[::5],
        f"{root}/secret.txt",
        f"{root}/store/artifacts-evil/secret.txt",
        f"{root}/store/artifacts/../../secret.txt",
    ]:
        body = json.dumps(
            {"metadata": {"key": "trick"}, "spec": {"target_path": payload, "src_path": payload}}
        ).encode()
        service.request("POST", "/api/native/v1/projects/mine/artifacts", body=body)
        for path in (
            "/api/native/v1/projects/mine/artifacts/trick/content",
            "/mlrun-jupyter/api/artifacts/mine/trick/content",
        ):
            answer = service.request("GET", path)
            assert answer.status < 500, (payload, answer)
            assert b"canary-7f3a" not in answer.body
            assert b"root:" not in answer.body
    assert contents(root) == before


def test_links_are_not_followed(service: Any, root: Any) -> None:
    folder = root / "store" / "artifacts" / "mine"
    folder.mkdir(parents=True)
    (folder / "file").symlink_to(root / "secret.txt")
    (folder / "folder").symlink_to(root)
    (folder / "chain").symlink_to(folder / "folder")
    for path in ("file", "folder/secret.txt", "chain/secret.txt"):
        for method in ("GET", "PUT", "DELETE"):
            body = b"x" if method == "PUT" else None
            address = f"/api/native/v1/projects/mine/files/{path}"
            answer = service.request(method, address, body=body, type="application/octet-stream")
            assert b"canary" not in answer.body
        assert (root / "secret.txt").read_text() == "canary-7f3a"


def test_errors_do_not_tell_where_things_are(service: Any, root: Any) -> None:
    for path in ("x", "../x", "%2e%2e/x", "a/b/c"):
        answer = service.request("GET", f"/api/native/v1/projects/mine/files/{path}")
        assert str(root).encode() not in answer.body
