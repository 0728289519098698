"""Too large, too slow, too deep, too many: refused soon, and others stay served."""

from __future__ import annotations

import contextlib
import gzip
import json
import resource
import socket
import threading
import time
from typing import Any

import pytest

from mlrun_jupyter.service import gate, protocol

RUN = "/api/native/v1/projects/mine/runs/new"


def timed(service: Any, *arguments: Any, **options: Any) -> Any:
    start = time.monotonic()
    answer = service.request(*arguments, **options)
    assert time.monotonic() - start < 10
    return answer


def raw(service: Any, head: str) -> socket.socket:
    connection = socket.create_connection((service.host, service.port), timeout=30)
    connection.sendall(head.replace("\n", "\r\n").encode())
    return connection


def head(service: Any, method: str, path: str, more: str = "") -> str:
    return (
        f"{method} {path} HTTP/1.1\nHost: localhost\nAuthorization: Bearer {service.background.token}\n"
        f"Content-Type: application/json\n{more}\n"
    )


def test_a_declared_size_over_the_limit_is_refused_before_a_byte_is_read(service: Any) -> None:
    with raw(service, head(service, "PUT", RUN, f"Content-Length: {gate.MAX_BODY + 1}\n")) as connection:
        assert b" 413 " in connection.recv(4096)


def test_a_body_without_a_length_is_counted(service: Any) -> None:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    piece = b"%x\r\n%b\r\n" % (2**20, b" " * 2**20)
    answer = b""
    with raw(service, head(service, "PUT", RUN, "Transfer-Encoding: chunked\n")) as connection:
        with contextlib.suppress(OSError):
            for _ in range(200):
                connection.sendall(piece)
        with contextlib.suppress(OSError):
            answer = connection.recv(4096)
    assert b" 413 " in answer or answer == b""  # reset while we still wrote
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 100 * 1024
    assert service.request("GET", RUN).status == 404


def test_a_length_and_chunks_together_are_refused(service: Any) -> None:
    with raw(service, head(service, "PUT", RUN, "Content-Length: 5\nTransfer-Encoding: chunked\n")) as connection:
        connection.sendall(b"0\r\n\r\n")
        assert b" 400 " in connection.recv(4096)


@pytest.mark.parametrize("size", [gate.MAX_HEADERS + 1, 2**20])
def test_large_headers_are_refused(service: Any, size: int) -> None:
    with socket.create_connection((service.host, service.port), timeout=30) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * size)
            connection.sendall(b"\r\n\r\n")
        try:
            assert b" 431 " in connection.recv(4096)
        except ConnectionResetError:
            assert size == 2**20


def test_many_small_headers_are_large_together(service: Any) -> None:
    headers = {f"x-{n}": "y" * 30 for n in range(1000)}
    assert timed(service, "GET", "/health", headers=headers).status == 431


def test_packed_bodies_are_not_taken(service: Any) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    for encoding in ("gzip", "br", "deflate", "identity, gzip", "x"):
        answer = timed(service, "PUT", RUN, body=bomb, headers={"content-encoding": encoding})
        assert answer.status == 415


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 100_000 + b"]" * 100_000, 400),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 400),
        (json.dumps({"metadata": {"labels": {str(n): "x" for n in range(1_000_000)}}}).encode()[: 15 * 2**20], 400),
        (
            json.dumps(
                {"metadata": {"project": "mine", "uid": "new", "labels": {str(n): "x" for n in range(300_000)}}}
            ).encode(),
            400,
        ),
        (b"1" * 5_000_000, 400),
        (b'"' + b"a" * 10_000_000 + b'"', 400),
        (b"\xff" * 1000, 400),
        (b"", 400),
    ],
    ids=["deep lists", "deep mappings", "cut off", "many labels", "a long number", "a long text", "no text", "nothing"],
)
def test_documents_that_are_traps_are_refused(service: Any, body: bytes, status: int) -> None:
    assert timed(service, "PUT", RUN, body=body).status == status
    assert timed(service, "POST", "/api/v1/projects/mine/runs/new", body=body or b"[]").status == status
    assert timed(service, "POST", "/api/native/v1/journals/w/records", body=body or b"{}").status == status
    assert service.request("GET", RUN).status == 404


def test_a_page_has_an_end(service: Any) -> None:
    answer = service.request("GET", "/api/native/v1/runs?project=mine&limit=100000000")
    assert answer.status == 200
    assert service.request("GET", "/api/v1/projects/mine/runs?page-size=100000000").status == 200
    many = "&".join(f"label=a{n}" for n in range(2000))
    assert service.request("GET", f"/api/native/v1/runs?project=mine&{many}").status == 400


def test_who_sends_no_end_of_headers_is_let_go(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEADER_PATIENCE", 0.3)
    with socket.create_connection((service.host, service.port), timeout=10) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: local")
        assert connection.recv(100) == b""
    with socket.create_connection((service.host, service.port), timeout=10) as connection:
        assert connection.recv(100) == b""  # who says nothing at all, too


def test_who_drips_headers_is_let_go_as_well(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEADER_PATIENCE", 0.5)
    start = time.monotonic()
    with socket.create_connection((service.host, service.port), timeout=10) as connection, contextlib.suppress(OSError):
        for letter in b"GET /health HTTP/1.1\r\nX: " * 10:
            connection.sendall(bytes([letter]))
            time.sleep(0.05)
    assert time.monotonic() - start < 5


def test_who_sends_no_end_of_a_body_is_let_go(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "PATIENCE", 0.3)
    with raw(service, head(service, "PUT", RUN, "Content-Length: 100\n")) as connection:
        connection.sendall(b'{"a"')
        assert b" 408 " in connection.recv(4096)


def test_slow_connections_keep_nobody_waiting(service: Any) -> None:
    slow = []
    for _ in range(200):
        connection = socket.create_connection((service.host, service.port), timeout=30)
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: ")
        slow.append(connection)
    waited = []
    for _ in range(50):
        start = time.monotonic()
        assert service.request("GET", "/api/native/v1/runs?project=mine").status == 200
        waited.append(time.monotonic() - start)
    assert sorted(waited)[-2] < 1
    for connection in slow:
        connection.close()


def test_many_who_wait_for_changes_keep_nobody_waiting(service: Any) -> None:
    token = json.loads(service.request("GET", "/api/native/v1/changes?project=mine").body)["token"]
    statuses: list[int] = []

    def wait() -> None:
        statuses.append(service.request("GET", f"/api/native/v1/changes?project=mine&since={token}&timeout=3").status)

    threads = [threading.Thread(target=wait) for _ in range(50)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    start = time.monotonic()
    for _ in range(20):
        assert service.request("GET", "/api/native/v1/runs?project=mine").status == 200
    assert time.monotonic() - start < 10
    for thread in threads:
        thread.join(30)
    assert statuses == [200] * 50


def test_an_upload_that_breaks_off_leaves_nothing(service: Any, root: Any) -> None:
    path = "/api/native/v1/projects/mine/files/big.bin"
    with raw(
        service, head(service, "PUT", path, "Content-Length: 1000000\n").replace("json", "octet-stream")
    ) as connection:
        connection.sendall(b"x" * 10_000)
        time.sleep(0.3)
    for _ in range(50):
        left = [found for found in (root / "store" / "artifacts").rglob("*") if found.is_file()]
        if not left:
            break
        time.sleep(0.1)
    assert left == []
