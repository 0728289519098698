"""Every handler and every verb: nobody without a token, no forged request, nobody whom the authorizer refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from jupyter_server.auth import Authorizer
from jupyter_server.base.handlers import JupyterHandler
from tornado.httpclient import HTTPClientError
from traitlets.config import Config

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.model.run import RunKey
from mlrun_jupyter.server.extension import MlrunExtension
from mlrun_jupyter.server.handler import StoreHandler

A = "a" * 32
ROUTES = [
    ("GET", "projects"),
    ("GET", "overview"),
    ("GET", "runs"),
    ("GET", "runs/count"),
    ("GET", "runs/groups"),
    ("GET", f"runs/p/{A}/0"),
    ("DELETE", f"runs/p/{A}/0"),
    ("GET", f"runs/p/{A}/0/log"),
    ("GET", f"runs/p/{A}/0/series"),
    ("POST", f"runs/p/{A}/0/abort"),
    ("GET", "compare"),
    ("GET", "changes"),
    ("GET", "artifacts"),
    ("GET", "artifacts/p/train_notes"),
    ("GET", "artifacts/p/train_notes/content"),
    ("GET", "artifacts/p/train_notes/versions"),
    ("GET", "artifacts/p/train_notes/drift"),
    ("GET", "libraries/vega"),
    ("GET", "artifacts/p/train_notes/columns"),
    ("GET", "functions"),
    ("GET", "functions/p/trainer"),
    ("GET", "functions/p/trainer/changes"),
]
VERBS = ("get", "head", "post", "put", "patch", "delete")


class Nobody(Authorizer):
    """Refuses what concerns runs, and notes what it was asked."""

    asked: list[tuple[str, str]] = []

    def is_authorized(self, handler: JupyterHandler, user: Any, action: str, resource: str) -> bool:
        self.asked.append((action, resource))
        return resource != "mlrun-jupyter"


@pytest.fixture
def fetch(http_server_client: Any, jp_asyncio_loop: asyncio.AbstractEventLoop, jp_base_url: str) -> Callable[..., int]:
    """The status of an answer to a request without the server's token."""

    def call(method: str, path: str, **headers: str) -> int:
        request = http_server_client.fetch(
            f"{jp_base_url}mlrun-jupyter/api/{path}",
            method=method,
            headers=headers,
            follow_redirects=False,
            allow_nonstandard_methods=True,
        )
        try:
            return int(jp_asyncio_loop.run_until_complete(request).code)
        except HTTPClientError as error:
            return error.code

    return call


@pytest.fixture
def cookies(
    http_server_client: Any, jp_serverapp: Any, jp_asyncio_loop: asyncio.AbstractEventLoop, jp_base_url: str
) -> dict[str, str]:
    """Those of a browser that has signed in."""
    found = SimpleCookie()
    for page in ("login", f"login?token={jp_serverapp.identity_provider.token}"):
        request = http_server_client.fetch(f"{jp_base_url}{page}", follow_redirects=False, raise_error=False)
        for each in jp_asyncio_loop.run_until_complete(request).headers.get_list("Set-Cookie"):
            found.load(each)
    return {name: morsel.value for name, morsel in found.items()}


@pytest.fixture
def signed_in(cookies: dict[str, str]) -> str:
    """The cookie that says who asks, without the one that a page of ours would send along."""
    return "; ".join(f"{name}={value}" for name, value in cookies.items() if name != "_xsrf")


@pytest.fixture
def unchanged(store: RunDB, runs: list[RunKey]) -> Iterator[None]:
    before = [each.to_dict() for each in store.list_runs(RunQuery(project="p")).rows]
    yield
    assert [each.to_dict() for each in store.list_runs(RunQuery(project="p")).rows] == before


def handlers() -> dict[str, type]:
    extension = MlrunExtension()
    extension.handlers = []
    extension.initialize_handlers()
    return {route[0]: route[1] for route in extension.handlers if issubclass(route[1], StoreHandler)}


def test_every_route_and_verb_is_among_those_tested_here() -> None:
    served = {(verb.upper(), handler) for handler in handlers().values() for verb in VERBS if verb in vars(handler)}
    assert len(served) == len(ROUTES)
    assert {method for method, _ in served} == {"GET", "POST", "DELETE"}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nothing_is_answered_without_a_token(fetch: Callable[..., int], method: str, path: str) -> None:
    assert fetch(method, path) == 403


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_wrong_token_is_none(fetch: Callable[..., int], method: str, path: str) -> None:
    assert fetch(method, path, Authorization="token wrong") == 403


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[0] != "GET"])
def test_a_cookie_without_its_xsrf_token_changes_nothing(
    fetch: Callable[..., int], signed_in: str, method: str, path: str
) -> None:
    assert fetch(method, path, Cookie=signed_in) == 403


def test_a_cookie_with_its_xsrf_token_does(
    fetch: Callable[..., int], signed_in: str, cookies: dict[str, str], runs: list[RunKey], store: RunDB
) -> None:
    cookie = f"{signed_in}; _xsrf={cookies['_xsrf']}"
    path = f"runs/p/{'c' * 32}/0/abort"
    assert fetch("POST", path, Cookie=cookie, **{"X-XSRFToken": cookies["_xsrf"]}) == 200
    assert store.read_run(runs[2]).status.state == "aborting"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_another_origin_is_refused(
    fetch: Callable[..., int], signed_in: str, cookies: dict[str, str], method: str, path: str
) -> None:
    cookie = f"{signed_in}; _xsrf={cookies['_xsrf']}"
    headers = {"Origin": "https://elsewhere.example", "X-XSRFToken": cookies["_xsrf"]}
    assert fetch(method, path, Cookie=cookie, **headers) in (403, 404)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "GET"])
def test_reading_changes_nothing(ask: Callable[..., Any], runs: list[RunKey], path: str) -> None:
    assert ask(*path.split("/"), params={"seconds": "0"}).status < 500
    assert len(runs) == 3


class TestOfAService:
    """The store is a service that cannot be reached: its address, token and all, is in everything that goes wrong."""

    TOKEN = "token-of-the-service-0123456789"

    @pytest.fixture
    def jp_server_config(self) -> Config:
        return Config(
            {
                "ServerApp": {"jpserver_extensions": {"mlrun_jupyter": True}},
                "MlrunExtension": {"dbpath": f"http://:{self.TOKEN}@127.0.0.1:1"},
            }
        )

    @pytest.mark.parametrize(("method", "path"), [ROUTES[0], ROUTES[2], ROUTES[6]])
    def test_its_token_never_reaches_the_browser(self, ask: Callable[..., Any], method: str, path: str) -> None:
        answer = ask(*path.split("/"), method=method)
        assert answer.status == 503
        assert "127.0.0.1:1" in str(answer.body)
        assert self.TOKEN not in str(answer)


class TestAuthorizer:
    @pytest.fixture
    def jp_server_config(self, store: RunDB) -> Config:
        Nobody.asked = []
        return Config(
            {
                "ServerApp": {"jpserver_extensions": {"mlrun_jupyter": True}, "authorizer_class": Nobody},
                "MlrunExtension": {"dbpath": store.address},
            }
        )

    @pytest.mark.usefixtures("unchanged")
    @pytest.mark.parametrize(("method", "path"), ROUTES)
    def test_is_asked_before_anything_is_done(self, ask: Callable[..., Any], method: str, path: str) -> None:
        assert ask(*path.split("/"), method=method).status == 403
        assert Nobody.asked == [("read" if method == "GET" else "write", "mlrun-jupyter")]


class TestBaseUrl:
    @pytest.fixture
    def jp_base_url(self) -> str:
        return "/user/ann/"

    def test_is_respected(self, ask: Callable[..., Any], runs: list[RunKey]) -> None:
        assert len(ask("runs", params={"project": "p"}).body["rows"]) == 3
