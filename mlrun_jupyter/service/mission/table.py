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


def _of(method: str, path: str, handler: Handler, *, role: str = "", on: str = PATH, **more: Any) -> Operation:
    summary = (handler.__doc__ or "").partition("\n")[0]
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
        _of("GET", f"{_V1}/projects", projects.listing, on=CHECKED),
        _of("POST", f"{_V1}/projects", projects.create, on=CHECKED),
        _of("GET", f"{_V1}{_PROJECT}", projects.read),
        _of("PUT", f"{_V1}{_PROJECT}", projects.store),
        _of("PATCH", f"{_V1}{_PROJECT}", projects.patch),
        _of("DELETE", f"{_V1}{_PROJECT}", projects.delete, role=ADMIN),
        _of("DELETE", f"{_V2}{_PROJECT}", projects.delete, role=ADMIN),
        _of("GET", f"{_V1}/project-summaries/{{project}}", projects.summary),
        # runs
        _of("GET", f"{_V1}{_PROJECT}/runs", runs.listing, many=True),
        _of("DELETE", f"{_V1}{_PROJECT}/runs", runs.delete_many),
        _of("POST", f"{_V1}{_PROJECT}/runs/{{uid}}", runs.store),
        _of("PUT", f"{_V1}{_PROJECT}/runs/{{uid}}", runs.store),
        _of("PATCH", f"{_V1}{_PROJECT}/runs/{{uid}}", runs.update),
        _of("GET", f"{_V1}{_PROJECT}/runs/{{uid}}", runs.read),
        _of("DELETE", f"{_V1}{_PROJECT}/runs/{{uid}}", runs.delete),
        _of("POST", f"{_V1}{_PROJECT}/runs/{{uid}}/abort", runs.abort),
        _of("POST", f"{_V1}{_PROJECT}/logs/{{uid}}", runs.store_log, raw_body=True),
        _of("GET", f"{_V1}{_PROJECT}/logs/{{uid}}", runs.read_log),
        _of("GET", f"{_V1}{_PROJECT}/logs/{{uid}}/size", runs.log_size),
        # artifacts
        _of("GET", f"{_V1}{_PROJECT}/artifact-tags", artifacts.tags),
        _of("PUT", f"{_V1}{_PROJECT}/tags/{{tag}}", artifacts.tag),
        _of("POST", f"{_V1}{_PROJECT}/tags/{{tag}}", artifacts.tag),
        _of("GET", f"{_V2}{_PROJECT}/artifacts", artifacts.listing, many=True),
        _of("POST", f"{_V2}{_PROJECT}/artifacts", artifacts.create),
        _of("DELETE", f"{_V2}{_PROJECT}/artifacts", artifacts.delete_many),
        _of("GET", f"{_V2}{_PROJECT}/artifacts/{{artifact}}", artifacts.read),
        _of("PUT", f"{_V2}{_PROJECT}/artifacts/{{artifact}}", artifacts.store),
        _of("DELETE", f"{_V2}{_PROJECT}/artifacts/{{artifact}}", artifacts.delete),
        # functions
        _of("GET", f"{_V1}{_PROJECT}/functions", functions.listing, many=True),
        _of("POST", f"{_V1}{_PROJECT}/functions/{{function}}", functions.store),
        _of("GET", f"{_V1}{_PROJECT}/functions/{{function}}", functions.read),
        _of("DELETE", f"{_V1}{_PROJECT}/functions/{{function}}", functions.delete),
        _of("DELETE", f"{_V2}{_PROJECT}/functions/{{function}}", functions.delete),
    ]
    for version in (_V1, _V2):
        found += [_of(method, f"{version}/{{file:path}}", about.unsupported, on=ANYBODY) for method in _METHODS]
    return found
