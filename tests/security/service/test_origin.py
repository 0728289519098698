"""Pages of other sites can neither read nor change anything, whatever name they give to this machine."""

from __future__ import annotations

import socket
from typing import Any

import pytest

PATHS = ("/health", "/", "/api/native/v1/projects", "/api/v1/projects", "/mlrun-jupyter/api/projects")
ALLOWED = ("localhost", "LOCALHOST", "localhost:1", "127.0.0.1", "127.0.0.1:65535", "[::1]", "[::1]:8080")
FOREIGN = (
    "evil.example.org", "localhost.evil.example.org", "evil.example.org:8080", "localhost.", "localhost..", ".localhost",
    "localhos", "xlocalhost", "localhost:port", "localhost:", "localhost:123456", "user@localhost", "user:pw@localhost",
    "localhost@evil.example.org", "localhost/", "localhost?", "localhost#", "localhost\\evil", "127.0.0.1.evil.org",
    "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.01", "0.0.0.0", "10.0.0.1", "192.168.0.1", "169.254.169.254",
    "[::]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]", "::1", "[::1", "[::1]x", "[::1%25lo]", "", " ", "local host",
    "localhost,evil.example.org", "localhost;evil", "*", "null", "http://localhost",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_only_names_of_ours_are_served(service: Any, path: str) -> None:
    for host in ALLOWED:
        assert service.request("GET", path, headers={"host": host}).status == 200, host
    for host in FOREIGN:
        assert service.request("GET", path, headers={"host": host}).status in (400, 421), host


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_name_is_looked_at_for_every_method(service: Any, method: str) -> None:
    before = service.fingerprint()
    answer = service.request(
        method, "/api/native/v1/projects/mine", headers={"host": "evil.example.org"}, body=b'{"metadata": {}}'
    )
    assert answer.status == 421
    assert service.fingerprint() == before


@pytest.mark.parametrize(
    "head",
    [
        "GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example.org\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: evil.example.org\r\nHost: localhost\r\n\r\n",
        "GET http://evil.example.org/health HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET http://localhost/health HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET //evil.example.org/health HTTP/1.1\r\nHost: evil.example.org\r\n\r\n",
        "GET /health HTTP/1.1\r\n\r\n",
        "GET /health HTTP/1.0\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: evil.example.org\r\nX-Forwarded-Host: localhost\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost : localhost\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
    ids=lambda head: head.replace("\r\n", "|")[:60],
)
def test_a_name_that_is_said_in_two_ways_is_refused(service: Any, head: str) -> None:
    with socket.create_connection((service.host, service.port), timeout=10) as connection:
        connection.sendall(head.encode())
        status = int(connection.recv(4096).split()[1])
    assert status in (400, 421)


ORIGINS = (
    "http://evil.example.org", "https://evil.example.org", "null", "NULL", "", "http://localhost.evil.example.org",
    "http://evil-localhost", "http://localhost:1", "http://localhost", "https://localhost", "http://127.0.0.1", "file://",
    "http://[::1]", "chrome-extension://abc", "vscode-webview://abc", "http://user@{host}", "http://{host}/", "http://{host}.evil.org",
    "http://evil.org/{host}", "http://evil.org?{host}", "http://evil.org#{host}", "{host}", "//{host}", "ws://{host}",
    "http:{host}", "http://{host} http://evil.org", "http://{host},http://evil.org", "HTTP://{host}", "http:// {host}", "javascript://{host}",
)  # fmt: skip


@pytest.mark.parametrize("origin", ORIGINS)
def test_other_origins_change_nothing_and_read_nothing(service: Any, origin: str) -> None:
    host = f"127.0.0.1:{service.port}"
    before = service.fingerprint()
    headers = {"host": host, "origin": origin.format(host=host)}
    for method, path, body in (
        ("GET", "/api/native/v1/runs?project=*", None),
        ("POST", "/api/native/v1/journals/w/records", b"[]"),
        ("PUT", "/api/native/v1/projects/mine", b"{}"),
        ("PATCH", "/api/v1/projects/mine", b"{}"),
        ("DELETE", "/api/native/v1/runs?project=mine", None),
        ("OPTIONS", "/api/native/v1/runs", None),
        ("DELETE", "/mlrun-jupyter/api/runs/mine/mine-run/0", None),
    ):
        answer = service.request(method, path, headers=headers, body=body)
        assert answer.status == 403, (method, path)
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert b"canary" not in answer.body
    assert service.fingerprint() == before


def test_the_services_own_pages_are_not_foreign(service: Any) -> None:
    host = f"127.0.0.1:{service.port}"
    for headers in ({"origin": f"http://{host}"}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {}):
        assert service.request("GET", "/api/native/v1/projects", headers={"host": host, **headers}).status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "anything"])
def test_what_a_browser_marks_as_foreign_is_refused(service: Any, site: str) -> None:
    answer = service.request("GET", "/api/native/v1/projects", headers={"sec-fetch-site": site})
    assert answer.status == 403


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "TEXT/PLAIN; charset=utf-8"],
)
def test_what_a_form_can_send_changes_nothing(service: Any, kind: str) -> None:
    before = service.fingerprint()
    for method, path in (
        ("POST", "/api/native/v1/journals/w/records"),
        ("PUT", "/api/native/v1/projects/new"),
        ("POST", "/api/v1/projects"),
    ):
        assert service.request(method, path, body=b'{"metadata": {"name": "new"}}', type=kind).status == 415
    assert service.fingerprint() == before


def test_a_browser_has_to_name_the_type(service: Any) -> None:
    headers = {"sec-fetch-site": "same-origin"}
    answer = service.request("PUT", "/api/native/v1/projects/new", body=b"{}", type="", headers=headers)
    assert answer.status == 415


def test_reading_changes_nothing(service: Any) -> None:
    from mlrun_jupyter.service import table

    before = service.fingerprint()
    for each in table.operations():
        if each.method == "GET":
            path = each.path.replace("{project}", "mine").replace("{uid}", "mine-run").replace("{iteration}", "0")
            path = path.replace("{artifact}", "art").replace("{function}", "fun").replace("{file:path}", "x")
            path = path.replace("{writer}", "w").replace("{hash}", "hash-mine").replace("{tag}", "latest")
            assert service.request("GET", path).status in (200, 400, 404, 501), path
            assert service.request("HEAD", path).body == b""
    assert service.fingerprint() == before
