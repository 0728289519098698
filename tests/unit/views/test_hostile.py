"""Whatever stands in a record: nothing of it becomes markup, an address, a control of the terminal, or broken JSON."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest

from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runs.compare import compare
from mlrun_jupyter.views import mime, terminal, text
from mlrun_jupyter.views.artifacts import artifacts_view
from mlrun_jupyter.views.base import View
from mlrun_jupyter.views.dataset import artifact_view
from mlrun_jupyter.views.functions import functions_view
from mlrun_jupyter.views.run import run_view
from mlrun_jupyter.views.runs import runs_view

PAYLOADS = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title></textarea></noscript><img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' autofocus onfocus='alert(1)",
    "` onclick=`alert(1)",
    "<!--<script>-->alert(1)<!--</script>-->",
    "<a href=javascript:alert(1)>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<math><mtext></mtext><mglyph><style></math><img src onerror=alert(1)>",
    "</div></details></table><form action=//evil><button>go",
    "<base href=//evil><meta http-equiv=refresh content=0>",
    "<link rel=stylesheet href=//evil>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "\x3cimg src=x onerror=alert(1)\x3e\x00",
    "<img\x0bsrc=x\x0conerror=alert(1)>",
    "<\x00script>alert(1)</script>",
    "\x1b[31mred\x1b[0m\x1b]8;;http://evil\x07link\x1b]52;c;ZXZpbA==\x07",
    "\r\n\x08\x08\x08overwritten\x7f\x9b31m",
    "left\u202eright\u2066inner\u2069\u202c",
    "\u2028\u2029\ufeff\u0000\ufffe",
    "\ud800<b>lone\udfff",
    "{{constructor.constructor('alert(1)')()}}${alert(1)}",
    "<bdi></bdi></td></tr></tbody></table><style>*{display:none}</style>",
    "x" * 10_000 + "<script>",
    "\u0645\u0631\u062d\u0628\u0627 <b>",
]
TAGS = {"div", "style", "strong", "span", "code", "time", "p", "pre", "b", "bdi", "br", "i", "svg", "path"}
TAGS |= {"table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary"}
ATTRIBUTES = {"class", "style", "title", "datetime", "role", "aria-label", "aria-level", "scope", "colspan", "open"}
ATTRIBUTES |= {"width", "height", "viewbox", "preserveaspectratio", "d", "data-t", "vector-effect"}


class Page(HTMLParser):
    """The elements, attributes and text of a card."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self.styles = 0
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.styles += tag == "style"
        if tag != "br":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.words += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl!r}")


def hostile_run(payload: str) -> RunRecord:
    """The payload as every text of a run, bypassing the checks of who reads documents."""
    run = RunRecord.from_dict({"metadata": {"labels": {"a": "b"}}})
    run.metadata.name = run.metadata.uid = run.metadata.project = payload
    run.metadata.labels = {payload: payload, "kind": payload}
    run.metadata.annotations = {"notebook": payload, "cell": payload}
    run.spec.parameters = {
        payload: payload,
        "nested": {payload: [payload]},
        "bytes": payload.encode("utf-8", "replace"),
    }
    run.spec.inputs = {payload: payload, "list": [payload], "document": {"path": payload, "kind": payload}}
    run.spec.function = f"{payload}@{payload}"
    run.spec.selector = f"max.{payload}"
    run.status.state = run.status.status_text = run.status.start_time = run.status.end_time = payload
    run.status.error = run.status.reason = run.status.host = payload
    run.status.traceback = f'  File "{payload}", line 3, in {payload}\n    {payload}\n{payload}'
    run.status.results = {payload: 1.5, "text": payload}
    run.status.metrics = {payload: {"last": payload, "min": payload, "count": payload}}
    run.status.artifacts = [
        {
            "kind": payload,
            "metadata": {"key": payload, "hash": payload},
            "spec": {"target_path": payload, "framework": payload},
        },
        {"key": payload, "kind": "model", "target_path": payload, "size": payload},
    ]
    run.status.extra = {"where": payload, "code": payload, "git": {"commit": payload}}
    return run


def hostile_sweep(payload: str) -> RunRecord:
    run = hostile_run(payload)
    head = ["state", "iter", f"param.{payload}", f"output.{payload}"]
    run.status.iterations = [head, [payload, 1, payload, 0.5], ["completed", payload, 3, payload]]
    run.spec.hyperparams = {payload: [payload]}
    return run


def hostile_artifact(payload: str) -> ArtifactRecord:
    stats = {
        "mean": 1.0,
        "std": payload,
        "min": payload,
        "max": payload,
        "top": [payload, [payload, 3]],
        "hist": [[1], payload],
    }
    return ArtifactRecord.from_dict(
        {
            "kind": payload,
            "metadata": {
                "key": payload,
                "hash": payload,
                "tag": payload,
                "updated": payload,
                "labels": {payload: payload},
            },
            "spec": {
                "target_path": payload,
                "format": payload,
                "length": 3,
                "header": [payload],
                "schema": {"fields": [{"name": payload, "type": payload}]},
                "producer": {"name": payload},
                "framework": payload,
                "metrics": {payload: payload},
            },
            "status": {"preview": [[payload, payload]], "stats": {payload: stats}},
        }
    )


def hostile_function(payload: str) -> FunctionRecord:
    code = base64.b64encode(payload.encode("utf-8", "replace")).decode()
    return FunctionRecord.from_dict(
        {
            "kind": payload,
            "metadata": {"name": payload, "tag": payload, "hash": payload, "updated": payload, "project": payload},
            "spec": {
                "default_handler": payload,
                "image": payload,
                "description": payload,
                "build": {"functionSourceCode": code},
            },
            "status": {"state": payload},
        }
    )


def views(payload: str) -> Iterator[View]:
    curve = SimpleNamespace(steps=[0, 1, 2], values=[0.1, float("nan"), 0.3])
    run, function = hostile_run(payload), hostile_function(payload)
    environment = {payload: payload, "packages": {payload: payload}}
    yield run_view(run, log=payload + "\n", series={payload: curve}, function=function, environment=environment)
    yield run_view(hostile_sweep(payload), children=[hostile_run(payload), hostile_run(payload)])
    yield run_view(hostile_sweep(payload))
    yield runs_view([run, RunRecord()])
    yield artifacts_view([hostile_artifact(payload)])
    yield functions_view([function])
    yield artifact_view(hostile_artifact(payload))
    other = hostile_run(payload)
    other.status.results[payload] = 2.5
    yield compare([run, other, RunRecord()]).view
    yield compare([run, *[RunRecord()] * 9], hide_identical=False).view


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_html_holds_only_our_own_elements_and_attributes(payload: str) -> None:
    for view in views(payload):
        html = mime.bundle(view)["text/html"]
        page = Page(html)
        assert set(page.tags) <= TAGS and page.styles == 1
        assert {name for name, _ in page.attributes} <= ATTRIBUTES
        for name, value in page.attributes:
            if name == "style":
                assert re.fullmatch(r"(width|top):-?[\d.]+%", value)
            elif name == "d":
                assert re.fullmatch(r"[MLHVhvz\d. -]*", value)
            elif name == "class":
                assert re.fullmatch(r"[a-z0-9 -]+", value)
        html.encode("utf-8")


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_html_controls_neither_the_page_nor_the_direction_of_its_neighbours(payload: str) -> None:
    for view in views(payload):
        page = Page(mime.bundle(view)["text/html"])
        for shown in [page.words, *(value for _, value in page.attributes)]:
            assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", shown)
            opened = [letter for letter in shown if letter in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"]
            closed = [letter for letter in shown if letter in "\u202c\u2069"]
            assert len(opened) == len(closed)


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_text_holds_no_control_characters(payload: str) -> None:
    for view in views(payload):
        shown = text.render(view, width=100)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", shown)
        assert all(terminal.length(line) <= 100 for line in shown.split("\n"))
        shown.encode("utf-8")


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_json_is_strict(payload: str) -> None:
    for view in views(payload):
        data = mime.bundle(view)[mime.mime_type(view.kind)]
        json.dumps(data, allow_nan=False, ensure_ascii=False).encode("utf-8")
        assert len(json.dumps(data)) < 2_000_000


def test_a_payload_is_shown_as_what_it_is() -> None:
    payload = "<script>alert(1)</script>"
    page = Page(mime.bundle(run_view(hostile_run(payload)))["text/html"])
    assert page.words.count(payload) >= 8


def test_a_card_of_huge_values_stays_small() -> None:
    run = RunRecord()
    run.spec.parameters = {f"p{number}": "z" * 1_000_000 for number in range(20)}
    run.status.results = {f"r{number}": list(range(100_000)) for number in range(5)}
    bundle: dict[str, Any] = mime.bundle(run_view(run, log="l" * 5_000_000))
    assert sum(len(json.dumps(part)) for part in bundle.values()) < 1_500_000


def test_a_card_of_many_entries_says_how_many_are_left_out() -> None:
    run = RunRecord()
    run.spec.parameters = {f"p{number}": number for number in range(5_000)}
    run.metadata.labels = {f"l{number}": "x" for number in range(5_000)}
    run.status.artifacts = [{"key": f"a{number}"} for number in range(5_000)]
    bundle = mime.bundle(run_view(run))
    assert Page(bundle["text/html"]).words.count("… and 4,800 more") == 3
    assert bundle["text/plain"].count("… and 4,800 more") == 3
