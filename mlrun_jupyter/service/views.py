"""What the front end asks, by the same addresses and with the same answers as on a Jupyter server."""

from __future__ import annotations

import time
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from mlrun_jupyter.db.remote import wire
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model.run import RunKey
from mlrun_jupyter.safety.paths import inside
from mlrun_jupyter.service.native import about, files
from mlrun_jupyter.service.operation import ANYBODY, CHECKED, PATH, Call, Operation, check_part, writes
from mlrun_jupyter.service.reply import VIEWS, Reply

_RUN: Final = "runs/{project}/{uid}/{iteration}"
_ARTIFACT: Final = "artifacts/{project}/{artifact}"
_FUNCTION: Final = "functions/{project}/{function}"
_SECONDS: Final = 20


def _answer(view: Any) -> Reply:
    return Reply(msgspec.json.encode(view))


def _key(call: Call) -> RunKey:
    return _run_key(call.project, call.path["uid"], call.path["iteration"])


def _run_key(project: str, uid: str, iteration: str) -> RunKey:
    if not (iteration.isascii() and iteration.isdigit() and len(iteration) <= 9):
        raise InvalidArgumentError(f"not an iteration: {iteration[:40]!a}")
    return RunKey(project, wire.unquote_uid(uid), int(iteration))


def view_projects(call: Call) -> Reply:
    """Names of projects."""
    from mlrun_jupyter.runs import browse

    return _answer(browse.projects(call.db))


def view_runs(call: Call) -> Reply:
    """A page of runs; ``filter`` is a line as people type it."""
    from mlrun_jupyter.runs import browse

    columns = [name for name in call.text("columns").split(",") if name]
    asked = {name: call.text(name) for name in ("filter", "project", "within", "after")}
    return _answer(browse.runs(call.db, **asked, columns=columns, limit=call.number("limit", 100)))


def view_overview(call: Call) -> Reply:
    """Projects with their runs by state."""
    from mlrun_jupyter.runs import overview

    return _answer(overview.projects(call.db))


def view_count(call: Call) -> Reply:
    """Runs by state, where that takes no reading of all of them."""
    from mlrun_jupyter.runs import browse, overview

    query = browse.asked(call.db, filter=call.text("filter"), project=call.text("project"))
    return _answer(overview.count(call.db, query))


def view_groups(call: Call) -> Reply:
    """Runs put together ``by`` name, sweep or label."""
    from mlrun_jupyter.runs import browse, overview

    query = browse.asked(call.db, filter=call.text("filter"), project=call.text("project"))
    return _answer(overview.groups(call.db, query, call.text("by")))


def view_run(call: Call) -> Reply:
    """The card of a run."""
    from mlrun_jupyter.runs import browse

    return _answer(browse.run(call.db, _key(call)))


def view_delete(call: Call) -> Reply:
    """Delete a run with its iterations, metrics and log."""
    from mlrun_jupyter.runs import browse

    return _answer(browse.delete(call.db, [_key(call)]))


def view_log(call: Call) -> Reply:
    """A part of a log; a negative ``offset`` counts from the end."""
    from mlrun_jupyter.runs import browse

    offset, size = call.number("offset", 0), call.number("size", browse.MAX_LOG)
    return _answer(browse.log(call.db, _key(call), offset=offset, size=size))


def view_series(call: Call) -> Reply:
    """Curves of a run."""
    from mlrun_jupyter.runs import browse

    names, points = call.params.get("name", []), call.number("points", 200)
    return _answer(browse.series(call.db, _key(call), names, points=points))


def view_abort(call: Call) -> Reply:
    """Ask a run to end."""
    from mlrun_jupyter.runs import browse

    return _answer(browse.abort(call.db, _key(call)))


def view_compare(call: Call) -> Reply:
    """Runs beside one another: ``runs=project/uid/iteration,...``."""
    from mlrun_jupyter.runs import browse

    named = [[unquote(part) for part in each.split("/")] for each in call.text("runs").split(",") if each]
    if any(len(each) != 3 for each in named):
        raise InvalidArgumentError("runs are written project/uid/iteration")
    for project, _uid, _iteration in named:
        check_part("project", project)
    keys = [_run_key(*each) for each in named]
    return _answer(browse.compared(call.db, keys, everything=call.flag("everything")))


def view_artifacts(call: Call) -> Reply:
    """A page of artifacts, the newest version of each."""
    from mlrun_jupyter.runs import browse

    asked = {name: call.text(name) for name in ("project", "name", "kind", "after")}
    return _answer(browse.artifacts(call.db, **asked, limit=call.number("limit", 100)))


def view_functions(call: Call) -> Reply:
    """A page of functions, the newest version of each."""
    from mlrun_jupyter.functions import catalog

    asked = {name: call.text(name) for name in ("project", "name", "kind", "after")}
    return _answer(catalog.page(call.db, **asked, limit=call.number("limit", 100)))


def view_function(call: Call) -> Reply:
    """A version of a function with its code."""
    from mlrun_jupyter.functions import catalog

    return _answer(catalog.view(call.db, call.project, call.path["function"], hash=call.text("hash")))


def view_function_change(call: Call) -> Reply:
    """What changed from the version ``old`` of a function to ``new``."""
    from mlrun_jupyter.functions import catalog

    old, new = call.text("old"), call.text("new")
    return _answer(catalog.change(call.db, call.project, call.path["function"], old=old, new=new))


def view_artifact(call: Call) -> Reply:
    """The card of an artifact."""
    from mlrun_jupyter.runs import browse

    tag, tree, uid = call.text("tag"), call.text("tree"), call.text("uid")
    return _answer(browse.artifact(call.db, call.project, call.path["artifact"], tag=tag, tree=tree, uid=uid))


def view_versions(call: Call) -> Reply:
    """The versions of an artifact with their tags."""
    from mlrun_jupyter.runs import browse

    return _answer(browse.versions(call.db, call.project, call.path["artifact"]))


def view_drift(call: Call) -> Reply:
    """How far the version ``new`` of a data set is from ``old``."""
    from mlrun_jupyter.runs import browse

    old, new = call.text("old"), call.text("new")
    return _answer(browse.drift(call.db, call.project, call.path["artifact"], old=old, new=new))


def view_content(call: Call) -> Reply:
    """What an artifact holds, as JSON; only of data that is with the service, which fetches nothing."""
    from mlrun_jupyter import datastore
    from mlrun_jupyter.runs import content

    tag, tree, uid = call.text("tag"), call.text("tree"), call.text("uid")
    artifact = call.db.read_artifact(call.project, call.path["artifact"], tag=tag, tree=tree, uid=uid)
    spec = artifact.spec
    target = spec.target_path
    if not target:
        inline: Any = _Inline(artifact)
        return _answer(content.content(inline, call.project, spec.db_key))
    root = call.service.artifact_root
    try:
        if root is None:
            raise NotFoundError("the data is not with the service", hint="read it where the record says")
        item = datastore.resolve(str(inside(root, files.below(call, target))), key=artifact.metadata.key)
        shown = content.within(item, artifact.kind, spec.format, _given(call))
    except NotFoundError as error:
        shown = content.Content("missing", note=str(error))
    return _answer(shown)


def _given(call: Call) -> dict[str, str]:
    return {name: call.text(name) for name in call.params}


def _version(call: Call) -> dict[str, str]:
    return {name: call.text(name) for name in ("tag", "tree", "uid")}


def view_columns(call: Call) -> Reply:
    """The columns of a data set, with what is known of their values."""
    from mlrun_jupyter.runs import browse

    return _answer(browse.columns(call.db, call.project, call.path["artifact"], _given(call), **_version(call)))


class _Inline:
    """A store of one artifact whose data is in its record."""

    def __init__(self, artifact: Any) -> None:
        artifact.spec.src_path = ""
        self._artifact = artifact

    def read_artifact(self, *_place: Any, **_version: Any) -> Any:
        return self._artifact


def view_library(call: Call) -> Reply:
    """The script that draws charts of a kind in a closed frame."""
    from mlrun_jupyter.runs import libraries

    return _answer(libraries.read(call.path["library"]))


async def view_changes(call: Call) -> Reply | None:
    """Answers when the store is not any more what it was at ``seen``."""
    seen, seconds = call.text("seen"), max(0, min(call.number("seconds", _SECONDS), _SECONDS))
    token = await about.wait(call, seen, time.monotonic() + seconds)
    return _answer({"token": token, "changed": bool(seen) and token != seen})


def _of(method: str, path: str, function: Any, *, on: str = PATH, stream: bool = False) -> Operation:
    return Operation(
        method=method, path=VIEWS + path, summary=function.__doc__ or "", role=writes(method), on=on,
        **{"stream" if stream else "handler": function},
    )  # fmt: skip


def operations() -> list[Operation]:
    """All of them."""
    return [
        _of("GET", "projects", view_projects, on=CHECKED),
        _of("GET", "overview", view_overview, on=CHECKED),
        _of("GET", "runs", view_runs, on=CHECKED),
        _of("GET", "runs/count", view_count, on=CHECKED),
        _of("GET", "runs/groups", view_groups, on=CHECKED),
        _of("GET", _RUN, view_run),
        _of("DELETE", _RUN, view_delete),
        _of("GET", f"{_RUN}/log", view_log),
        _of("GET", f"{_RUN}/series", view_series),
        _of("POST", f"{_RUN}/abort", view_abort),
        _of("GET", "compare", view_compare, on=CHECKED),
        _of("GET", "changes", view_changes, on=CHECKED, stream=True),
        _of("GET", "artifacts", view_artifacts, on=CHECKED),
        _of("GET", _ARTIFACT, view_artifact),
        _of("GET", f"{_ARTIFACT}/content", view_content),
        _of("GET", f"{_ARTIFACT}/versions", view_versions),
        _of("GET", f"{_ARTIFACT}/drift", view_drift),
        _of("GET", f"{_ARTIFACT}/columns", view_columns),
        _of("GET", "libraries/{library}", view_library, on=ANYBODY),
        _of("GET", "functions", view_functions, on=CHECKED),
        _of("GET", _FUNCTION, view_function),
        _of("GET", f"{_FUNCTION}/changes", view_function_change),
    ]
