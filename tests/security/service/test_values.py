"""Odd values and odd questions: kept as they are or refused, and the same as without a service."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.http import HTTPRunDB
from mlrun_jupyter.db.query import LabelCondition, RunQuery
from mlrun_jupyter.errors import InvalidArgumentError, MlrunError
from mlrun_jupyter.model.run import RunKey, RunRecord

VALUES = [
    math.nan, math.inf, -math.inf, -0.0, 0.1 + 0.2, 5e-324, 1e308, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**200, "nul\0",
    "\U0001f600", "é", "e\u0301", "\u202e\u2066", "", " ", "a" * 5_000_000, None, True, False, [], {}, [[1, [2.5]]],
    {"__proto__": 1, "constructor": 2, "__class__": 3}, {"$number": "nan"}, {"": {"": ""}}, "{{run.uid}}", "'; DROP TABLE runs; --",
]  # fmt: skip


def document(value: Any) -> RunRecord:
    plain = value if value is not None else None
    return RunRecord.from_dict(
        {
            "metadata": {"project": "p", "uid": "u"},
            "spec": {"parameters": {"v": plain}},
            "status": {"results": {"v": plain}},
        }
    )


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:30])
def test_values_come_back_as_they_were(service: Any, value: Any) -> None:
    remote = HTTPRunDB(service.background.address)
    direct: Any = open_db("memory://odd-values")
    for db in (remote, direct):
        db.store_run(document(value))
        run = db.read_run(RunKey("p", "u"))
        assert repr(run.spec.parameters["v"]) == repr(value)
        assert repr(run.status.results["v"]) == repr(value)
    remote.close()


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_text_that_is_none_is_refused(service: Any, text: str) -> None:
    remote = HTTPRunDB(service.background.address)
    for place in (text, {text: 1}):
        with pytest.raises(InvalidArgumentError):
            remote.store_run(document(place))
    remote.close()
    body = b'{"metadata": {"project": "mine", "uid": "u", "name": "\\ud800"}}'
    assert service.request("PUT", "/api/native/v1/projects/mine/runs/u", body=body).status == 400


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"NaN", b"Infinity", b"01", b"0x10", b"1_000", b"--1", b"1."])
def test_what_json_has_not_is_refused(service: Any, number: bytes) -> None:
    body = b'{"metadata": {"project": "mine", "uid": "odd"}, "status": {"results": {"x": %b}}}' % number
    answer = service.request("PUT", "/api/native/v1/projects/mine/runs/odd", body=body)
    assert answer.status == 400


# questions

INJECTIONS = [
    "'", "''", '"', "';--", "' OR '1'='1", "') OR 1=1--", "1; DROP TABLE runs", "%", "_", "%%", "\\", "\\%", "[a-z]", "*", "?",
    "a*", "NULL", "x' UNION SELECT name FROM sqlite_master--", "\0", "\n", "é", "${x}", "{{7*7}}", "$where", "__proto__", "(", "(?:a+)+$",
    "a" * 5000, "-1", "1e309", "0x1", "null", "true", "[]", "{}", "[1]", '["a"]', "=", "!=", "~=", "==", "=x=y", "k=", "=v", "k!=%",
    "k~=_", "k~=%", "results.x", "results.x > ", "results.x > 'a", "results. > 1", "params.x ; 1", "metrics.loss>1 OR 1", "start",
    "-start", "--start", "start,name", "status.state", "results.accuracy DESC", "rowid", "1", "start; DROP TABLE runs",
]  # fmt: skip
PARAMETERS = (
    "name",
    "label",
    "where",
    "sort",
    "state",
    "uid",
    "after",
    "project",
    "start_from",
    "limit",
    "columns",
    "kind",
    "tag",
    "tree",
)
LISTS = ("/api/native/v1/runs", "/api/native/v1/runs/count", "/api/native/v1/artifacts", "/api/native/v1/functions")


@pytest.mark.parametrize("path", LISTS)
def test_no_question_breaks_anything(service: Any, path: str) -> None:
    from urllib.parse import quote

    before = service.fingerprint()
    asked = 0
    for text in INJECTIONS:
        for name in PARAMETERS:
            answer = service.request("GET", f"{path}?{name}={quote(text)}")
            assert answer.status in (200, 304, 400, 404), (name, text, answer)
            asked += 1
    assert asked > 700
    assert service.fingerprint() == before


def test_no_question_of_the_other_apis_breaks_anything(service: Any) -> None:
    from urllib.parse import quote

    before = service.fingerprint()
    for text in INJECTIONS:
        for path, names in (
            (
                "/api/v1/projects/mine/runs",
                ("name", "label", "states", "page-token", "start_time_from", "partition-by", "page", "uid"),
            ),
            ("/api/v2/projects/mine/artifacts", ("name", "label", "tag", "iter", "since", "page-token", "category")),
            ("/api/v1/projects/mine/functions", ("name", "label", "tag", "hash_key")),
            ("/mlrun-jupyter/api/runs", ("filter", "project", "columns", "after", "limit")),
            ("/mlrun-jupyter/api/compare", ("runs",)),
            ("/mlrun-jupyter/api/artifacts", ("name", "kind", "project")),
        ):
            for name in names:
                answer = service.request("GET", f"{path}?{name}={quote(text)}")
                assert answer.status in (200, 400, 404), (path, name, text, answer)
    assert service.fingerprint() == before


@pytest.mark.parametrize("text", [text for text in INJECTIONS if len(text) < 100])
def test_filters_mean_the_same_with_and_without_a_service(service: Any, text: str) -> None:
    remote = HTTPRunDB(service.background.address)
    for name in ("100%", "a_b", "axb", "it's", "x"):
        service.store.store_run(
            RunRecord.from_dict(
                {"metadata": {"project": "odd", "uid": f"u-{name.encode().hex()}", "name": name, "labels": {"k": name}}}
            )
        )
    for query in (
        RunQuery(project="odd", name=text),
        RunQuery(project="odd", labels=(LabelCondition("k", "~=", text),)),
        RunQuery(project="odd", labels=(LabelCondition("k", "!=", text),)),
        RunQuery(project="odd", labels=(LabelCondition(text or "k"),)),
        RunQuery(project="odd", uid=text),
        RunQuery(project="odd", sort=(text,)),
    ):
        found = []
        for db in (remote, service.store):
            try:
                found.append([run.metadata.uid for run in db.list_runs(query).rows])
            except MlrunError as error:
                found.append(type(error).__name__)
        assert found[0] == found[1], query
    remote.close()


def test_percent_and_underline_are_letters(service: Any) -> None:
    for name in ("100%", "1000", "a_b", "axb"):
        service.store.store_run(
            RunRecord.from_dict({"metadata": {"project": "odd", "uid": name.encode().hex(), "name": name}})
        )
    for text, count in (("%", 1), ("_", 1), ("a_b", 1), ("100%", 1)):
        from urllib.parse import quote

        body = json.loads(service.request("GET", f"/api/native/v1/runs?project=odd&name={quote(text)}").body)
        assert len(body["rows"]) == count, text


# what is sent back

KINDS = [
    "html", "htm", "xhtml", "svg", "xml", "js", "mjs", "css", "json", "pdf", "png", "jpg", "jpeg", "gif", "webp", "bmp", "ico", "swf",
    "csv", "txt", "md", "parquet", "pkl", "joblib", "npy", "zip", "tar.gz", "ipynb", "wasm", "", "png.html", "html.png", "PNG", "HTML",
]  # fmt: skip
POLYGLOT = b"GIF89a/*<html><script>alert(1)</script><svg onload=alert(1)>%PDF-1.4 \x89PNG*/=1"


@pytest.mark.parametrize("kind", KINDS)
def test_files_are_never_a_part_of_the_service(service: Any, kind: str) -> None:
    path = f"/api/native/v1/projects/mine/files/some.{kind}" if kind else "/api/native/v1/projects/mine/files/some"
    assert service.request("PUT", path, body=POLYGLOT, type="text/html").status == 201
    answer = service.request("GET", path)
    headers = answer.headers
    assert answer.body == POLYGLOT
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert headers["x-frame-options"] == "DENY"
    shown = kind.lower().rpartition(".")[2] in ("png", "jpg", "jpeg", "gif", "webp")
    assert headers["content-disposition"].startswith("inline" if shown else "attachment")
    assert headers["content-type"].startswith("image/" if shown else "application/octet-stream")


def test_a_files_name_cannot_write_headers(service: Any) -> None:
    for name in ('a";x="b.html', "a%0d%0aset-cookie:x", "a%22.png", "\u202egpj.exe"):
        from urllib.parse import quote

        path = f"/api/native/v1/projects/mine/files/{quote(name, safe='%')}"
        service.request("PUT", path, body=b"x", type="application/octet-stream")
        answer = service.request("GET", path)
        assert "set-cookie" not in answer.headers
        assert answer.status in (200, 400, 404)
        if answer.status == 200:
            assert answer.headers["content-disposition"].count('"') == 2
            assert answer.headers["content-disposition"].isascii()


def test_every_answer_has_closed_headers(service: Any) -> None:
    for path in (
        "/health",
        "/",
        "/api/native/v1/runs",
        "/api/native/v1/nothing",
        "/api/v1/x",
        "/mlrun-jupyter/api/runs",
        "/api/native/v1/metrics",
    ):
        for token in ("", None):
            headers = service.request("GET", path, token=token).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert headers["referrer-policy"] == "no-referrer"
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "server" not in headers
            assert not [name for name in headers if name.startswith("access-control-")]
