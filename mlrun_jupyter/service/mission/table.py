"""The operations of the other system's API."""

from __future__ import annotations

from typing import Any, Final

from mlrun_jupyter.service.access import ADMIN
from mlrun_jupyter.service.mission import about, artifacts, functions, projects, runs
from mlrun_jupyter.service.operation import ANYBODY, CHECKED, PATH, Handler, Operation, writes

_V1: Final = "/api/v1"
_V2: Final = "/api/v2"
_PROJECT: Final = "/projects/{project}"
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_PAGE: Final = {
    "page": "its number, from 1",
    "page-size": "rows of it",
    "page-token": "of the page before: the whole question, going on",
}
_LABELED: Final = {"name": "whole; ~part in any case", "label": "k=v or k; may be repeated, all must hold"}
_RUNS: Final = {
    **_LABELED,
    "state": "one of these; may be repeated",
    "iter": "true: the children of sweeps, too",
    "start_time_from": "ISO 8601, included",
    "start_time_to": "ISO 8601, excluded",
    "last_update_time_from": "ISO 8601, included",
    "last_update_time_to": "ISO 8601, excluded",
}
_VERSION: Final = {"tag": "its tag", "tree": "its producer", "iter": "its iteration", "object-uid": "the version"}
_ARTIFACTS: Final = {
    **_LABELED,
    "tag": "empty is every version",
    "kind": "exact",
    "category": "model, dataset, document or other",
    "tree": "the producer",
    "iter": "the iteration",
}
_FUNCTIONS: Final = {**_LABELED, "tag": "empty is every version", "kind": "exact", "hash_key": "exact"}
_ITER: Final = {"iter": "of a sweep; 0 is the run itself"}
_PARTITIONS: Final = {
    "partition-by": "project_and_name: the first rows of each name",
    "partition-sort-by": "created or updated",
    "partition-order": "desc or asc",
    "rows-per-partition": "of each name",
    "max-partitions": "names; 0 is all",
}


def _of(method: str, path: str, handler: Handler, *, role: str = "", on: str = PATH, **more: Any) -> Operation:
    """What brings something brings a document, where nothing else is said."""
    summary = (handler.__doc__ or "").partition("\n")[0]
    if method in ("POST", "PUT", "PATCH") and "raw_body" not in more:
        more.setdefault("body", dict)
    return Operation(
        method=method, path=path, summary=summary, role=role or writes(method), on=on, handler=handler,
        label=f"mission.{handler.__module__.rpartition('.')[2]}.{handler.__name__}", **more,
    )  # fmt: skip


def operations() -> list[Operation]:
    """All of them; what is left over comes last."""
    found = [
        _of("GET", f"{_V1}/client-spec", about.client_spec, on=ANYBODY),
        _of("GET", f"{_V1}/frontend-spec", about.frontend_spec, on=ANYBODY),
        _of("GET", f"{_V1}/healthz", about.healthz, on=ANYBODY),
        # projects
        _of("GET", f"{_V1}/projects", projects.listing, on=CHECKED, params={"format": "name_only, or whole documents"}),
        _of("POST", f"{_V1}/projects", projects.create, on=CHECKED, statuses=(201,)),
        _of("GET", f"{_V1}{_PROJECT}", projects.read),
        _of("PUT", f"{_V1}{_PROJECT}", projects.store),
        _of("PATCH", f"{_V1}{_PROJECT}", projects.patch),
        _of("DELETE", f"{_V1}{_PROJECT}", projects.delete, role=ADMIN, statuses=(204,)),
        _of("DELETE", f"{_V2}{_PROJECT}", projects.delete, role=ADMIN, statuses=(204,)),
        _of("GET", f"{_V1}/project-summaries/{{project}}", projects.summary),
        # runs
        _of("GET", f"{_V1}{_PROJECT}/runs", runs.listing, many=True, params={**_RUNS, **_PAGE, **_PARTITIONS}),
        _of(
            "DELETE",
            f"{_V1}{_PROJECT}/runs",
            runs.delete_many,
            params={**_RUNS, "days_ago": "those that started since"},
            statuses=(204,),
        ),
        _of("POST", f"{_V1}{_PROJECT}/runs/{{uid}}", runs.store, params=_ITER),
        _of("PUT", f"{_V1}{_PROJECT}/runs/{{uid}}", runs.store, params=_ITER),
        _of("PATCH", f"{_V1}{_PROJECT}/runs/{{uid}}", runs.update, params=_ITER),
        _of("GET", f"{_V1}{_PROJECT}/runs/{{uid}}", runs.read, params=_ITER),
        _of("DELETE", f"{_V1}{_PROJECT}/runs/{{uid}}", runs.delete, params=_ITER, statuses=(204,)),
        _of("POST", f"{_V1}{_PROJECT}/runs/{{uid}}/abort", runs.abort, params=_ITER, body=None),
        _of(
            "POST",
            f"{_V1}{_PROJECT}/logs/{{uid}}",
            runs.store_log,
            raw_body=True,
            params={"append": "yes: behind what is there"},
        ),
        _of(
            "GET",
            f"{_V1}{_PROJECT}/logs/{{uid}}",
            runs.read_log,
            params={"offset": "bytes", "size": "bytes; -1 is all"},
        ),
        _of("GET", f"{_V1}{_PROJECT}/logs/{{uid}}/size", runs.log_size),
        # artifacts
        _of("GET", f"{_V1}{_PROJECT}/artifact-tags", artifacts.tags),
        _of("PUT", f"{_V1}{_PROJECT}/tags/{{tag}}", artifacts.tag),
        _of("POST", f"{_V1}{_PROJECT}/tags/{{tag}}", artifacts.tag),
        _of("GET", f"{_V2}{_PROJECT}/artifacts", artifacts.listing, many=True, params={**_ARTIFACTS, **_PAGE}),
        _of("POST", f"{_V2}{_PROJECT}/artifacts", artifacts.create, statuses=(201,)),
        _of("DELETE", f"{_V2}{_PROJECT}/artifacts", artifacts.delete_many, params=_ARTIFACTS, statuses=(204,)),
        _of("GET", f"{_V2}{_PROJECT}/artifacts/{{artifact}}", artifacts.read, params=_VERSION),
        _of("PUT", f"{_V2}{_PROJECT}/artifacts/{{artifact}}", artifacts.store, params=_VERSION),
        _of("DELETE", f"{_V2}{_PROJECT}/artifacts/{{artifact}}", artifacts.delete, params=_VERSION, statuses=(204,)),
        # functions
        _of("GET", f"{_V1}{_PROJECT}/functions", functions.listing, many=True, params={**_FUNCTIONS, **_PAGE}),
        _of(
            "POST",
            f"{_V1}{_PROJECT}/functions/{{function}}",
            functions.store,
            params={"tag": "to move to this version"},
        ),
        _of(
            "GET",
            f"{_V1}{_PROJECT}/functions/{{function}}",
            functions.read,
            params={"tag": "its tag", "hash_key": "the version"},
        ),
        _of("DELETE", f"{_V1}{_PROJECT}/functions/{{function}}", functions.delete, statuses=(204,)),
        _of("DELETE", f"{_V2}{_PROJECT}/functions/{{function}}", functions.delete, statuses=(204,)),
    ]
    for version in (_V1, _V2):
        found += [_of(method, f"{version}/{{file:path}}", about.unsupported, on=ANYBODY) for method in _METHODS]
    return found
