"""The table of operations: everything that the service does."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import msgspec

from mlrun_jupyter.db.remote.wire import MAX_BODY, PREFIX
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.project import ProjectRecord
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.service import openapi, pages, views
from mlrun_jupyter.service.access import ADMIN, READ
from mlrun_jupyter.service.mission import table as mission
from mlrun_jupyter.service.native import about, artifacts, files, functions, journals, projects, runs, uploads
from mlrun_jupyter.service.operation import (
    ANYBODY,
    CHECKED,
    EVERYWHERE,
    PATH,
    QUERY,
    Call,
    Handler,
    Operation,
    Stream,
    writes,
)
from mlrun_jupyter.service.reply import JSON, Reply

_RUN: Final = "/projects/{project}/runs/{uid}"
_ARTIFACT: Final = "/projects/{project}/artifacts/{artifact}"
_FILE: Final = "/projects/{project}/files/{file:path}"
_JOURNAL: Final = "/journals/{writer}"
_FILTERS: Final = {
    "project": "exact; empty is the default project, * all that the token may see",
    "name": "part of the name; =whole; or a glob with * and ?",
    "label": "k=v, k!=v, k~=part or k; may be repeated, all must hold",
    "limit": "rows at most, up to 1000",
    "after": "the token of the page before",
}
_RUN_FILTERS: Final = {
    **_FILTERS,
    "uid": "exact",
    "state": "one of these; may be repeated",
    "where": "results.accuracy > 0.9, params.depth = 4, metrics.loss < 1; may be repeated, all must hold",
    "start_from": "seconds since 1970, included",
    "start_to": "seconds since 1970, excluded",
    "update_from": "seconds since 1970, included",
    "update_to": "seconds since 1970, excluded",
    "iterations": "true: the children of sweeps, too",
    "sort": "start, update, name, state, or a field as in where; - in front for descending; may be repeated",
}
_ARTIFACT_FILTERS: Final = {
    **_FILTERS,
    "tag": "empty is latest, * every version",
    "kind": "exact",
    "tree": "the producer",
    "iter": "the iteration",
    "hash": "SHA-256 of the bytes",
    "update_from": "seconds since 1970, included",
    "update_to": "seconds since 1970, excluded",
}
_FUNCTION_FILTERS: Final = {**_FILTERS, "tag": "empty is latest, * every version", "kind": "exact", "hash": "exact"}
_ITERATION: Final = {"iteration": "of a sweep; 0 is the run itself"}

_CHANGES: Final = {
    "since": "the token of the answer before",
    "timeout": "seconds",
    "project": "of the runs",
    "iterations": "true: the children of sweeps, too",
}


def _native(method: str, path: str, handler: Handler, *, role: str = "", on: str = PATH, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=PREFIX + path,
        summary=_summary(handler),
        role=role or writes(method),
        on=on,
        handler=handler,
        **more,
    )


def _streamed(method: str, path: str, stream: Stream, *, on: str = PATH, **more: Any) -> Operation:
    return Operation(
        method=method, path=PREFIX + path, summary=_summary(stream), role=writes(method), on=on, stream=stream, **more
    )


def _summary(function: Any) -> str:
    return (function.__doc__ or "").partition("\n\n")[0].replace("\n", " ").replace("    ", "")


def _native_operations() -> list[Operation]:
    return [
        _native("GET", "/service", about.about, on=ANYBODY),
        _streamed("GET", "/changes", about.changes, on=QUERY, params=_CHANGES),
        _native("GET", "/metrics", about.counters, on=EVERYWHERE),
        _native("GET", "/openapi.json", document, on=ANYBODY),
        # runs
        _native(
            "GET", "/runs", runs.list_runs, on=QUERY, kept=True, quick=runs.is_quick,
            params={**_RUN_FILTERS, "columns": "sections or fields"},
        ),
        _native("DELETE", "/runs", runs.delete_runs, on=QUERY, params=_RUN_FILTERS),
        _native("GET", "/runs/count", runs.count_runs, on=QUERY, kept=True, params=_RUN_FILTERS),
        _native("GET", _RUN, runs.read_run, answer=RunRecord, params=_ITERATION, quick=lambda _call: True),
        _native("PUT", _RUN, runs.store_run, body=RunRecord, params={**_ITERATION, "create": "1: only if it is new"}),
        _native("PATCH", _RUN, runs.update_run, body=dict, params=_ITERATION),
        _native("GET", f"{_RUN}/log", runs.read_log, params={**_ITERATION, "offset": "bytes", "size": "bytes; -1 is all"}),
        _native("POST", f"{_RUN}/log", runs.append_log, raw_body=True, params=_ITERATION),
        _native("GET", f"{_RUN}/series", runs.list_series, params=_ITERATION),
        _native(
            "GET", f"{_RUN}/points", runs.read_series,
            params={**_ITERATION, "name": "of the metric", "points": "about so many; 0 is all"},
        ),
        # artifacts
        _native("GET", "/artifacts", artifacts.list_artifacts, on=QUERY, kept=True, params=_ARTIFACT_FILTERS),
        _native("DELETE", "/artifacts", artifacts.delete_artifacts, on=QUERY, params=_ARTIFACT_FILTERS),
        _native("GET", "/artifact-tags", artifacts.list_artifact_tags, on=QUERY, params={"project": _FILTERS["project"]}),
        _native(
            "POST", "/projects/{project}/artifacts", artifacts.store_artifact, body=ArtifactRecord, answer=ArtifactRecord,
            params={"tag": "to move to this version; may be repeated"},
        ),
        _native(
            "GET", _ARTIFACT, artifacts.read_artifact, answer=ArtifactRecord,
            params={"tag": "its tag", "tree": "its producer", "iter": "its iteration", "uid": "the version"},
        ),
        _native("PUT", f"{_ARTIFACT}/tags/{{tag}}", artifacts.tag_artifact, body=dict),
        _streamed("GET", f"{_ARTIFACT}/content", files.read_content, params={"tag": "its tag", "tree": "", "iter": "", "uid": ""}),
        _streamed("GET", _FILE, files.read_file),
        _streamed("PUT", _FILE, uploads.write_file, max_body=uploads.MAX_FILE, raw_body=True, statuses=(200, 201)),
        _native("DELETE", _FILE, files.delete_file),
        # functions
        _native("GET", "/functions", functions.list_functions, on=QUERY, kept=True, params=_FUNCTION_FILTERS),
        _native("DELETE", "/functions", functions.delete_functions, on=QUERY, params=_FUNCTION_FILTERS),
        _native(
            "POST", "/projects/{project}/functions", functions.store_function, body=FunctionRecord,
            params={"tag": "to move to this version"},
        ),
        _native(
            "GET", "/projects/{project}/functions/{function}", functions.read_function, answer=FunctionRecord,
            params={"tag": "its tag", "hash": "the version"},
        ),
        _native("GET", "/function-tags", functions.list_function_tags, on=QUERY, params={"project": _FILTERS["project"]}),
        _native("GET", "/objects/{hash}", functions.read_object, on=CHECKED),
        # projects
        _native("GET", "/projects", projects.list_projects, on=CHECKED),
        _native("GET", "/projects/{project}", projects.read_project, answer=ProjectRecord),
        _native("PUT", "/projects/{project}", projects.store_project, body=ProjectRecord),
        _native("DELETE", "/projects/{project}", projects.delete_project, role=ADMIN),
        # journals
        _native(
            "POST", f"{_JOURNAL}/records", journals.apply_records, on=CHECKED, body=list, max_body=MAX_BODY,
            params={"durable": "1: on the disk"},
        ),
        _native("GET", _JOURNAL, journals.applied, on=CHECKED),
        _native("DELETE", _JOURNAL, journals.forget_writer, on=CHECKED),
        _native("POST", f"{_JOURNAL}/end", journals.end_lost, on=CHECKED, params={"presumed": "1: further records undo it"}),
    ]  # fmt: skip


def document(call: Call) -> Reply:
    """The description of all that is here."""
    del call
    return Reply(_description(), media=JSON)


@lru_cache(maxsize=1)
def _description() -> bytes:
    return msgspec.json.encode(openapi.document(operations()))


@lru_cache(maxsize=1)
def operations() -> tuple[Operation, ...]:
    """All of them."""
    health = Operation(
        method="GET", path="/health", summary="Whether it answers.", role=READ, on=ANYBODY, stream=about.health
    )
    return (health, *_native_operations(), *views.operations(), *mission.operations(), *pages.operations())
