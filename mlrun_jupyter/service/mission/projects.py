"""Projects."""

from __future__ import annotations

from typing import Any

from mlrun_jupyter.db.match import label_holds
from mlrun_jupyter.db.query import ArtifactQuery, FunctionQuery, RunQuery
from mlrun_jupyter.errors import ConflictError, InvalidArgumentError, NotFoundError
from mlrun_jupyter.model.project import ProjectRecord
from mlrun_jupyter.service.access import WRITE
from mlrun_jupyter.service.mission.form import answer, conditions, document, nothing, record
from mlrun_jupyter.service.operation import Call, check_part
from mlrun_jupyter.service.reply import Reply


def listing(call: Call) -> Reply:
    """The projects that the caller may see: names, or documents."""
    wanted = conditions(call)
    found = [
        project
        for project in call.db.list_projects()
        if all(label_holds(project.metadata.labels, condition) for condition in wanted)
    ]
    if call.text("format") in ("", "name_only"):
        return answer({"projects": [project.metadata.name for project in found]})
    return answer({"projects": [as_document(project) for project in found]})


def create(call: Call) -> Reply:
    """A project that is not there yet."""
    project = record(ProjectRecord, document(call))
    name = project.metadata.name
    check_part("project", name)
    call.require(WRITE, name)
    if _exists(call, name):
        raise ConflictError("the project exists", where=name)
    call.db.store_project(project)
    return answer(as_document(call.db.read_project(name)), status=201)


def store(call: Call) -> Reply:
    """Write a project's document."""
    project = record(ProjectRecord, document(call))
    project.metadata.name = call.project
    call.db.store_project(project)
    return answer(as_document(call.db.read_project(call.project)))


def patch(call: Call) -> Reply:
    """Put fields over those of a project."""
    held = call.db.read_project(call.project).to_dict()
    for section, fields in document(call).items():
        if not isinstance(fields, dict):
            raise InvalidArgumentError("a section of a project is a mapping", where=section)
        present = held.setdefault(section, {})
        for field, value in fields.items():
            if isinstance(value, dict) and isinstance(present.get(field), dict):
                present[field] = {**present[field], **value}
            else:
                present[field] = value
    project = record(ProjectRecord, held)
    project.metadata.name = call.project
    call.db.store_project(project)
    return answer(as_document(call.db.read_project(call.project)))


def read(call: Call) -> Reply:
    """A project's document."""
    return answer(as_document(call.db.read_project(call.project)))


def delete(call: Call) -> Reply:
    """Delete a project: an empty one, or with everything in it when the client says ``cascade``."""
    if not _exists(call, call.project):
        return nothing()
    strategy = call.headers.get(b"x-mlrun-deletion-strategy", b"restrict").decode("latin-1")
    if strategy in ("check", "restrict", "restricted"):
        if held := _contents(call):
            raise ConflictError(f"the project still holds {held}", where=call.project, hint="delete with cascade")
        if strategy == "check":
            return nothing()
    elif strategy not in ("cascade", "cascading"):
        raise InvalidArgumentError(f"no such deletion strategy: {strategy[:40]!r}")
    call.db.delete_project(call.project)
    return nothing()


def summary(call: Call) -> Reply:
    """What a project holds, in numbers."""
    call.db.read_project(call.project)
    states = call.db.count_runs(RunQuery(project=call.project))
    return answer(
        {
            "name": call.project,
            "files_count": _rows(call, ""),
            "feature_sets_count": 0,
            "models_count": _rows(call, "model"),
            "documents_count": 0,
            "llm_prompts_count": 0,
            "runs_completed_recent_count": states.get("completed", 0),
            "runs_failed_recent_count": states.get("error", 0) + states.get("aborted", 0),
            "runs_running_count": states.get("running", 0),
        }
    )


def _rows(call: Call, kind: str) -> int:
    return len(call.db.list_artifacts(ArtifactQuery(project=call.project, kind=kind)).rows)


def _contents(call: Call) -> str:
    project = call.project
    held = {
        "runs": any(call.db.count_runs(RunQuery(project=project)).values()),
        "artifacts": bool(call.db.list_artifacts(ArtifactQuery(project=project, tag="*", limit=1)).rows),
        "functions": bool(call.db.list_functions(FunctionQuery(project=project, tag="*", limit=1)).rows),
    }
    return ", ".join(name for name, there in held.items() if there)


def _exists(call: Call, name: str) -> bool:
    try:
        call.db.read_project(name)
    except NotFoundError:
        return False
    return True


def as_document(project: ProjectRecord) -> dict[str, Any]:
    """A project as the client expects it: there, and online."""
    value = project.to_dict()
    value.setdefault("spec", {})
    status = value.setdefault("status", {})
    if isinstance(status, dict):
        status["state"] = "online"
    return value
