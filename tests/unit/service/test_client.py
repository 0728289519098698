"""The client when the service is not what it should be: errors, retries, limits, versions, tokens."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mlrun_jupyter import config
from mlrun_jupyter.db.http import HTTPRunDB
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.db.remote import address, faults
from mlrun_jupyter.db.remote.courier import BusyError, Courier
from mlrun_jupyter.db.remote.transport import Transport
from mlrun_jupyter.errors import (
    ConflictError,
    InvalidArgumentError,
    NotFoundError,
    StoreDamagedError,
    StoreUnavailableError,
    StoreVersionError,
    UnsafeError,
)
from mlrun_jupyter.model.run import RunKey
from mlrun_jupyter.service import reply

URL = "http://runs.example.org:8080"
ABOUT = {"service": "mlrun-jupyter", "version": "0.1.0", "api": {"oldest": 1, "newest": 1}, "artifact_path": "s3://x"}


class Script:
    """Answers in turn; the last one goes on for ever. The question who it is, is answered rightly."""

    def __init__(self, *answers: Any, about: Any = ABOUT) -> None:
        self.answers = list(answers)
        self.about = about
        self.requests: list[httpx2.Request] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/service"):
            return self.about if isinstance(self.about, httpx2.Response) else httpx2.Response(200, json=self.about)
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer

    def db(self, url: str = URL) -> HTTPRunDB:
        transport = Transport(
            address.parse(url),
            client=lambda: httpx2.Client(transport=httpx2.MockTransport(self)),
            sleep=self.pauses.append,
        )
        return HTTPRunDB(url, transport=transport)


def ok(value: Any = None) -> Callable[[], httpx2.Response]:
    return lambda: httpx2.Response(200, json={"rows": [], "after": ""} if value is None else value)


QUERY = RunQuery(project="p")


@pytest.mark.parametrize(
    "error",
    [
        NotFoundError("no such run", where="p@u", hint="look again"),
        ConflictError("the run has ended"),
        InvalidArgumentError("not a comparison"),
        UnsafeError("a path may not leave its folder"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_arrives_as_the_error_that_it_was(error: Any) -> None:
    told = reply.failure("/api/native/v1/x", error)
    db = Script(httpx2.Response(told.status, content=told.body, headers={"content-type": told.media})).db()
    with pytest.raises(type(error)) as caught:
        db.list_runs(QUERY)
    assert (caught.value.message, caught.value.where, caught.value.hint) == (error.message, error.where, error.hint)


def test_a_damaged_store_is_told_and_a_mistake_of_the_service_is_no_users_mistake() -> None:
    told = {"error": {"kind": "StoreDamagedError", "message": "the store is damaged"}}
    assert isinstance(faults.from_wire(500, told, where=URL), StoreDamagedError)
    told["error"]["kind"] = "InvalidArgumentError"
    assert isinstance(faults.from_wire(500, told, where=URL), StoreUnavailableError)


@pytest.mark.parametrize(
    "passing",
    [
        httpx2.ConnectError("refused"),
        httpx2.ReadTimeout("slow"),
        httpx2.RemoteProtocolError("cut off"),
        httpx2.Response(502, text="<html>bad gateway</html>"),
        httpx2.Response(503, json={"error": {"kind": "StoreUnavailableError", "message": "busy"}}),
        httpx2.Response(429, headers={"retry-after": "1"}),
    ],
    ids=str,
)
def test_what_passes_is_tried_again(passing: Any) -> None:
    script = Script(passing, passing, ok())
    assert script.db().list_runs(QUERY).rows == []
    assert len(script.requests) == 3
    assert len(script.pauses) == 2


def test_pauses_grow_and_differ() -> None:
    script = Script(httpx2.ConnectError("refused"))
    with pytest.raises(StoreUnavailableError, match="cannot be reached: refused"):
        script.db().list_runs(QUERY)
    assert len(script.requests) == 4
    assert all(0.05 * 2**n <= pause <= 0.15 * 2**n for n, pause in enumerate(script.pauses))


def test_the_service_says_how_long_to_wait() -> None:
    script = Script(httpx2.Response(503, headers={"retry-after": "1.5"}), ok())
    script.db().list_runs(QUERY)
    assert script.pauses == [1.5]


def test_what_cannot_be_repeated_is_sent_once() -> None:
    script = Script(httpx2.ReadError("cut off"))
    with pytest.raises(StoreUnavailableError):
        script.db().append_log(RunKey("p", "u"), b"x")
    assert len(script.requests) == 1
    script = Script(httpx2.ConnectError("refused"), ok({}))
    script.db().append_log(RunKey("p", "u"), b"x")
    assert len(script.requests) == 2


def test_applying_is_left_to_the_journal_to_repeat() -> None:
    script = Script(httpx2.ConnectError("refused"))
    with pytest.raises(StoreUnavailableError):
        script.db().apply("w", [])
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(200, text="<html>sign in</html>"),
        httpx2.Response(200, text='{"rows": ['),
        httpx2.Response(302, headers={"location": "http://elsewhere.example.org/"}),
        httpx2.Response(404, text="<html>not here</html>"),
        httpx2.Response(500, json={"detail": "other"}),
        httpx2.Response(200, content=b"[" * 100_000),
        httpx2.Response(200, content=gzip.compress(b"{}"), headers={"content-encoding": "gzip"}),
    ],
    ids=["page", "cut", "redirect", "foreign 404", "foreign 500", "deep", "packed"],
)
def test_what_is_no_answer_of_ours_is_told_with_the_address(answer: httpx2.Response) -> None:
    script = Script(answer)
    with pytest.raises(StoreUnavailableError, match=r"runs\.example\.org"):
        script.db().list_runs(QUERY)
    assert {request.url.host for request in script.requests} == {"runs.example.org"}


def test_an_endless_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlrun_jupyter.db.remote.transport.MAX_ANSWER", 1000)

    class Endless(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b"x" * 100

    with pytest.raises(StoreUnavailableError, match="larger than 1,000"):
        Script(lambda: httpx2.Response(200, stream=Endless())).db().list_runs(QUERY)


@pytest.mark.parametrize(("oldest", "newest", "where"), [(2, 3, "here"), (0, 0, "where the service runs")])
def test_versions_that_do_not_match_are_both_named(oldest: int, newest: int, where: str) -> None:
    about = {**ABOUT, "version": "7.8.9", "api": {"oldest": oldest, "newest": newest}}
    script = Script(ok(), about=about)
    with pytest.raises(StoreVersionError, match=rf"7\.8\.9 .*API {oldest} to {newest}.*API 1.*{where}"):
        script.db().list_runs(QUERY)
    assert script.requests == []


@pytest.mark.parametrize("about", [{}, [], {"api": {}}, {"api": {"oldest": "1", "newest": "1"}}], ids=str)
def test_another_service_is_not_spoken_to(about: Any) -> None:
    with pytest.raises(StoreUnavailableError, match="not as a service of ours"):
        Script(ok(), about=about).db().list_runs(QUERY)


# tokens


def test_the_token_of_the_address_goes_as_a_header_and_nowhere_else() -> None:
    script = Script(ok())
    db = script.db("http://:s3cret-token@runs.example.org:8080")
    db.list_runs(QUERY)
    (request,) = script.requests
    assert request.headers["authorization"] == "Bearer s3cret-token"
    assert "s3cret" not in str(request.url)
    assert db.url == URL
    assert "s3cret" not in repr(db)


def test_the_token_of_the_settings_or_of_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("from-the-file\n")
    monkeypatch.setenv("MLRUN_HTTPDB__TOKEN_FILE", str(tmp_path / "token"))
    config.reset()
    assert address.find_token(address.parse(URL)) == "from-the-file"
    monkeypatch.setenv("MLRUN_HTTPDB__TOKEN", "from-the-environment")
    config.reset()
    assert address.find_token(address.parse(URL)) == "from-the-environment"


def test_a_token_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLRUN_HTTPDB__TOKEN_FILE", "/nowhere/token")
    config.reset()
    with pytest.raises(NotFoundError, match="/nowhere/token"):
        address.find_token(address.parse(URL))


def test_the_token_of_a_service_here_is_found_only_for_the_process_that_listens(
    tmp_path: Path, monkeypatch: Any
) -> None:
    from mlrun_jupyter.service.instance import Claim

    monkeypatch.setenv("MLRUN_HTTPDB__DIRPATH", str(tmp_path))
    config.reset()
    with Claim(tmp_path) as claim:
        (tmp_path / "service" / "token").write_text("mine\n")
        claim.tell("http://127.0.0.1:8123", "0")
        assert address.find_token(address.parse("http://localhost:8123")) == "mine"
        assert address.find_token(address.parse("http://localhost:8124")) == ""
        assert address.find_token(address.parse("http://runs.example.org:8123")) == ""
    assert address.find_token(address.parse("http://localhost:8123")) == ""


def test_a_token_that_was_replaced_is_looked_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLRUN_HTTPDB__TOKEN", "old")
    config.reset()
    script = Script(ok(), httpx2.Response(401, json={"error": {"kind": "Refused", "message": "no"}}), ok())
    db = script.db()
    db.list_runs(QUERY)
    monkeypatch.setenv("MLRUN_HTTPDB__TOKEN", "new")
    config.reset()
    db.list_runs(QUERY)
    assert [request.headers["authorization"] for request in script.requests] == [
        "Bearer old",
        "Bearer old",
        "Bearer new",
    ]


def test_a_token_that_is_refused_says_what_to_set() -> None:
    script = Script(httpx2.Response(401, json={"error": {"kind": "Refused", "message": "no"}}))
    with pytest.raises(StoreUnavailableError, match="MLRUN_HTTPDB__TOKEN"):
        script.db().list_runs(QUERY)
    assert len(script.requests) == 2


@pytest.mark.parametrize(
    "url",
    ["http://", "http:///x", "http://h:99999", "http://h/?token=x", "http://h/#token=x", "ftp://h", "http://[::1"],
)
def test_what_is_no_address_of_a_service_is_refused(url: str) -> None:
    with pytest.raises(InvalidArgumentError):
        HTTPRunDB(url)


# waiting


def test_a_call_that_does_not_come_back_holds_nobody_up() -> None:
    courier = Courier()
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        courier.call(lambda: time.sleep(1.0), seconds=0.05)
    with pytest.raises(BusyError):
        courier.call(lambda: None, seconds=5)
    assert time.monotonic() - start < 0.9
    courier.close()


def test_a_call_that_hangs_for_long_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlrun_jupyter.db.remote.courier.STUCK", 0.0)
    courier = Courier()
    with pytest.raises(TimeoutError):
        courier.call(lambda: time.sleep(0.5), seconds=0.01)
    assert courier.call(lambda: "next", seconds=5) == "next"
    courier.close()


def test_errors_of_a_call_come_back() -> None:
    courier = Courier()
    with pytest.raises(ConflictError):
        courier.call(lambda: (_ for _ in ()).throw(ConflictError("x")), seconds=5)
    assert courier.call(lambda: 3, seconds=5) == 3
    courier.close()


# artifacts and pages


def test_where_artifacts_go(tmp_path: Path) -> None:
    assert Script(ok()).db().artifact_path == "s3://x"
    there = Script(ok(), about={**ABOUT, "artifact_path": str(tmp_path)})
    assert there.db("http://localhost:1").artifact_path == str(tmp_path)
    assert there.db().artifact_path == f"{URL}/api/native/v1/projects/{{{{run.project}}}}/files"  # of another machine
    down = Script(ok(), about=httpx2.Response(500))
    assert down.db().artifact_path.endswith(".mlrun/artifacts")


def test_a_long_list_is_fetched_page_by_page() -> None:
    rows = [{"metadata": {"uid": str(n), "project": "p"}} for n in range(5)]
    script = Script(ok({"rows": rows[:3], "after": "t"}), ok({"rows": rows[3:], "after": "more"}))
    page = script.db().list_runs(RunQuery(project="p", limit=5))
    assert [run.metadata.uid for run in page.rows] == list("01234")
    assert page.after == "more"
    assert [request.url.params["limit"] for request in script.requests] == ["5", "2"]
    assert script.requests[1].url.params["after"] == "t"


def test_importing_the_client_loads_no_http_library() -> None:
    import subprocess
    import sys

    code = "import mlrun_jupyter.db.http, sys; print('httpx2' in sys.modules, 'starlette' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False False\n"
