"""Nothing is answered without a token, whatever the address and the method."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter.service import operation, table
from mlrun_jupyter.service.access import ADMIN, READ, WRITE, TokenBook
from mlrun_jupyter.service.app import build
from mlrun_jupyter.service.background import Background
from mlrun_jupyter.service.gate import PUBLIC, Gate
from mlrun_jupyter.service.operation import ANYBODY, CHECKED, EVERYWHERE, PATH, QUERY, Operation
from mlrun_jupyter.service.origin import Hosts

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND")
CHECKED_BY_THEMSELVES = {
    "applied", "apply_records", "end_lost", "forget_writer", "list_projects", "read_object",
    "view_artifacts", "view_changes", "view_compare", "view_count", "view_functions", "view_groups", "view_overview",
    "view_projects", "view_runs",
    "mission.projects.create", "mission.projects.listing",
}  # fmt: skip
"""Operations whose right depends on what is sent or stored; ``test_isolation`` holds each of them to it."""


def filled(path: str) -> str:
    return re.sub(r"\{file:path\}", "x/y", re.sub(r"\{(\w+)\}", "mine", path))


def requests() -> Iterator[tuple[str, str]]:
    for path in sorted({filled(each.path) for each in table.operations()}):
        for method in METHODS:
            yield method, path


def test_what_is_public_is_one_address_and_exists() -> None:
    assert len(PUBLIC) <= 2
    assert {each.path for each in table.operations()} >= PUBLIC


def test_every_operation_says_who_may_call_it() -> None:
    for each in table.operations():
        assert each.role in (READ, WRITE, ADMIN), each.path
        assert each.on in (PATH, QUERY, CHECKED, EVERYWHERE, ANYBODY), each.path
        assert (each.handler is None) != (each.stream is None), each.path
        if each.on == PATH:
            assert "{project}" in each.path, each.path
        if each.method not in ("GET", "HEAD"):
            assert each.role != READ or each.name.endswith("unsupported"), each.path


def test_the_list_of_those_that_check_themselves_is_whole_and_not_stale() -> None:
    assert {each.name for each in table.operations() if each.on == CHECKED} == CHECKED_BY_THEMSELVES


def test_everything_that_is_routed_is_in_the_table(service: Any) -> None:
    from mlrun_jupyter.service.state import Service

    tokens = TokenBook(Path("/nonexistent"))
    app = build(Service(service.store, tokens=tokens, hosts=Hosts()), reaping=False)
    assert isinstance(app, Gate)
    routed = {route.path for route in app._app.routes}  # type: ignore[attr-defined]  # a router
    assert routed == {each.path for each in table.operations()}


@pytest.mark.parametrize("token", [None, "wrong", "", "owner", "x" * 43], ids=repr)
def test_without_a_token_everything_is_refused(service: Any, token: str | None) -> None:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    before = service.fingerprint()
    refused = 0
    for method, path in requests():
        answer = service.request(method, path, token=None, headers=headers)
        if path in PUBLIC and method in ("GET", "HEAD"):
            assert answer.status == 200
            continue
        assert answer.status == 401 or (method in ("CONNECT",) and answer.status in (400, 401)), (method, path)
        assert b"canary" not in answer.body
        refused += 1
    assert refused > 500
    assert service.fingerprint() == before


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "bearer\t{}",
        "Token {}",
        "{}",
        "Bearer {}x",
        "Bearer x{}",
        "Basic {}",
        "Bearer {} {}",
        "Negotiate {}",
    ],
)
def test_a_token_is_taken_in_two_forms_only(service: Any, header: str) -> None:
    token = service.background.token
    answer = service.request(
        "GET", "/api/native/v1/projects", token=None, headers={"authorization": header.format(token, token)}
    )
    assert answer.status == 401


@pytest.mark.parametrize("name", ["token", "access_token", "api_key", "authorization", "auth"])
def test_a_token_in_the_address_opens_nothing(service: Any, name: str) -> None:
    path = f"/api/native/v1/projects?{name}={service.background.token}"
    assert service.request("GET", path, token=None).status == 401


def test_a_token_in_a_cookie_opens_nothing(service: Any) -> None:
    for name in ("token", "session", "Authorization"):
        headers = {"cookie": f"{name}={service.background.token}"}
        assert service.request("GET", "/api/native/v1/projects", token=None, headers=headers).status == 401


def test_an_expired_or_withdrawn_token_opens_nothing(service: Any) -> None:
    book = service.background.book
    expired, withdrawn = book.add("old", {"*": ADMIN}, days=-1), book.add("gone", {"*": ADMIN})
    assert service.request("GET", "/api/native/v1/projects", token=withdrawn).status == 200
    book.remove("gone")
    for token in (expired, withdrawn):
        assert service.request("GET", "/api/native/v1/projects", token=token).status == 401


def test_two_authorizations_are_refused(service: Any) -> None:
    import socket

    raw = (
        f"GET /api/native/v1/projects HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {service.background.token}\r\n"
        "Authorization: Bearer other\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((service.host, service.port)) as connection:
        connection.sendall(raw.encode())
        assert b" 400 " in connection.recv(4096)


def test_a_websocket_is_refused(service: Any) -> None:
    headers = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    assert service.request("GET", "/api/native/v1/projects", token=None, headers=headers).status == 401
    assert service.request("GET", "/api/native/v1/projects", headers=headers).status == 200  # an ordinary answer


def test_an_operation_that_forgets_to_say_is_closed(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    forgetful = Operation(
        method="GET", path="/forgotten", summary="", role=READ, on="", handler=lambda _call: pytest.fail("served")
    )
    monkeypatch.setattr(table, "operations", lambda: (forgetful,))
    from mlrun_jupyter.service.background import serving

    with serving(service.store) as other:
        assert type(service)(other, service.store).request("GET", "/forgotten").status == 403
    assert isinstance(other, Background)


@pytest.mark.parametrize("role", [READ, WRITE])
def test_a_role_allows_no_more_than_it_says(service: Any, role: str) -> None:
    token = service.background.book.add("some", {"*": role})
    before = service.fingerprint()
    order = (READ, WRITE, ADMIN)
    tried = 0
    for each in table.operations():
        if order.index(each.role) <= order.index(role) or each.on == ANYBODY:
            continue
        answer = service.request(each.method, filled(each.path), token=token, body=b'{"metadata": {"name": "mine"}}')
        assert answer.status in (403, 404), (each.method, each.path, answer)
        tried += 1
    assert tried >= (2 if role == WRITE else 20)
    assert service.fingerprint() == before


def test_the_guard_of_the_store_holds_where_an_operation_forgets(service: Any) -> None:
    from mlrun_jupyter.db.base import RunDB
    from mlrun_jupyter.service.guarded import GuardedStore

    guarded = {name for name in vars(GuardedStore) if not name.startswith("_")}
    assert {name for name in vars(RunDB) if not name.startswith("_")} <= guarded | {"url"}
    assert operation.Call.db.fget is not None
