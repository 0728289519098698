"""The dashboard as a page of a Jupyter server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from jupyter_server.auth import Authorizer
from tornado.httpclient import HTTPResponse

from mlrun_jupyter.server import page

Fetch = Callable[..., HTTPResponse]


@pytest.fixture
def fetch(http_server_client: Any, jp_asyncio_loop: asyncio.AbstractEventLoop, jp_base_url: str) -> Fetch:
    if not (page.FOLDER / "index.html").is_file():
        pytest.skip("the front end is not built: make setup")

    def call(name: str, **headers: str) -> HTTPResponse:
        request = http_server_client.fetch(
            f"{jp_base_url}mlrun-jupyter/{name}", headers=headers, follow_redirects=False, raise_error=False
        )
        answer: HTTPResponse = jp_asyncio_loop.run_until_complete(request)
        return answer

    return call


@pytest.fixture
def signed_in(jp_serverapp: Any) -> dict[str, str]:
    return {"Authorization": f"token {jp_serverapp.identity_provider.token}"}


def test_it_and_its_parts_are_for_those_who_have_signed_in(fetch: Fetch, signed_in: dict[str, str]) -> None:
    for name, kind in (("", "text/html"), ("page.js", "text/javascript"), ("page.css", "text/css")):
        stranger = fetch(name)
        assert stranger.code == 302 and "login" in stranger.headers["Location"]
        answer = fetch(name, **signed_in)
        assert answer.code == 200 and answer.headers["Content-Type"].startswith(kind)
        assert "script-src 'self';" in answer.headers["Content-Security-Policy"]


def test_pages_of_users_stand_in_a_page_of_no_origin(fetch: Fetch, signed_in: dict[str, str]) -> None:
    answer = fetch("frame.html", **signed_in)
    policy = answer.headers["Content-Security-Policy"]
    assert answer.code == 200 and policy.startswith("sandbox allow-scripts; default-src 'none'")
    assert "allow-same-origin" not in policy and "connect-src" not in policy and "frame-src 'none'" in policy


@pytest.mark.parametrize("name", ["other.js", "..", "%2e%2e%2fextension.py", "..%2fserver%2fpage.py", "page.py"])
def test_nothing_else_is_served(fetch: Fetch, signed_in: dict[str, str], name: str) -> None:
    answer = fetch(name, **signed_in)
    assert answer.code in (302, 404) and b"import" not in answer.body


def test_nobody_sees_it_whom_the_authorizer_refuses(
    fetch: Fetch, signed_in: dict[str, str], jp_serverapp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Nobody(Authorizer):
        def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
            return resource != "mlrun-jupyter"

    monkeypatch.setitem(jp_serverapp.web_app.settings, "authorizer", Nobody(parent=jp_serverapp))
    assert fetch("", **signed_in).code == 403
