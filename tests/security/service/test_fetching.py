"""The service fetches nothing: whatever address stands in a record, nobody is asked for it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

HOSTS = (
    "127.0.0.1", "localhost", "LOCALHOST", "127.1", "127.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "0.0.0.0",
    "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "127.0.0.1.", "localhost.", "127.127.127.127",
    "user:word@127.0.0.1", "127.0.0.1%2f@127.0.0.1", "localhost.localdomain",
)  # fmt: skip
SCHEMES = (
    "http://{}",
    "https://{}",
    "simplecache::http://{}",
    "filecache::http://{}",
    "zip://x::http://{}",
    "HTTP://{}",
)
OTHERS = (
    "ftp://{}",
    "sftp://{}",
    "webhdfs://{}",
    "v3io://{}",
    "git://{}",
    "smb://{}",
    "s3://{}",
    "dask://{}",
    "gopher://{}",
    "//{}",
)


class Listener:
    """Counts who comes."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.hits = 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.hits += 1
            connection.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


def addresses(port: int) -> list[str]:
    found = [SCHEMES[n % len(SCHEMES)].format(f"{host}:{port}/x.csv") for n, host in enumerate(HOSTS * 3)]
    return [*found, *(other.format(f"127.0.0.1:{port}/x.csv") for other in OTHERS)]


def documents(url: str, number: int) -> list[tuple[str, str, Any]]:
    """Requests that put an address into every field that could be one."""
    name = f"trick{number}"
    source = {"target_path": url, "src_path": url, "url": url, "spec_uri": url, "preview": url, "parent_uri": url}
    artifact = {
        "kind": "dataset",
        "metadata": {"key": name, "tree": name},
        "spec": {"db_key": name, "format": "csv", **source},
    }
    code = {"command": url, "image": url, "build": {"source": url, "code_origin": url, "functionSourceCode": url}}
    function = {"kind": "job", "metadata": {"name": name}, "spec": {**code, "workdir": url}}
    run = {
        "metadata": {"name": name, "uid": name, "project": "mine", "labels": {"url": url}},
        "spec": {
            "inputs": {"data": url},
            "output_path": url,
            "input_path": url,
            "function": url,
            "notifications": [{"url": url}],
        },
        "status": {"state": "completed", "results": {"url": url}, "artifacts": [artifact], "artifact_uris": {"x": url}},
    }
    project = {"metadata": {"name": "mine"}, "spec": {"source": url, "artifact_path": url, "origin_url": url}}
    quoted = quote(url, safe="")
    return [
        ("POST", "/api/native/v1/projects/mine/artifacts", artifact),
        ("PUT", f"/api/v2/projects/mine/artifacts/{name}", artifact),
        ("POST", "/api/native/v1/projects/mine/functions", function),
        ("POST", f"/api/v1/projects/mine/functions/{name}", function),
        ("PUT", f"/api/native/v1/projects/mine/runs/{name}", run),
        ("PUT", f"/api/v1/projects/mine/runs/{name}", run),
        ("PUT", "/api/native/v1/projects/mine", project),
        ("POST", "/api/v1/build/function", {"function": function, "url": url}),
        ("POST", "/api/v1/submit_job", {"task": run, "functionUrl": url}),
        ("GET", f"/api/native/v1/projects/mine/artifacts/{name}/content", None),
        ("GET", f"/api/native/v1/projects/mine/files/{quoted}", None),
        ("GET", f"/api/v1/projects/mine/files?path={quoted}", None),
        ("GET", f"/api/v1/projects/mine/filestat?path={quoted}", None),
        ("GET", f"/mlrun-jupyter/api/artifacts/mine/{name}", None),
        ("GET", f"/mlrun-jupyter/api/artifacts/mine/{name}/content", None),
        ("GET", f"/mlrun-jupyter/api/functions/mine/{name}", None),
        ("GET", f"/mlrun-jupyter/api/runs/mine/{name}/0", None),
        ("GET", f"/api/v2/projects/mine/artifacts/{name}", None),
    ]


def test_nobody_is_asked_for_an_address_of_a_record(service: Any, listener: Listener) -> None:
    urls = addresses(listener.port)
    assert len(set(urls)) >= 60
    statuses: dict[str, list[int]] = {}
    for number, url in enumerate(urls):
        for method, path, document in documents(url, number):
            body = None if document is None else json.dumps(document).encode()
            status = service.request(method, path, body=body).status
            assert status < 500 or status == 501, (method, path, url)
            statuses.setdefault(f"{method} {path}".replace(f"trick{number}", "N"), []).append(status)
    assert set(statuses["POST /api/native/v1/projects/mine/artifacts"]) == {200}
    assert set(statuses["GET /api/native/v1/projects/mine/artifacts/N/content"]) == {404}
    for path in ("artifacts/mine/N", "artifacts/mine/N/content", "runs/mine/N/0", "functions/mine/N"):
        assert 200 in statuses[f"GET /mlrun-jupyter/api/{path}"]
    assert listener.hits == 0


def test_the_listener_would_notice(listener: Listener) -> None:
    with socket.create_connection(("127.0.0.1", listener.port)) as connection:
        connection.recv(1)
    assert listener.hits == 1
