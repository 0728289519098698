"""Lists of what the store has, for the verbs that print them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlrun_jupyter.cli.session import Session

if TYPE_CHECKING:
    from mlrun_jupyter.model.record import Record
    from mlrun_jupyter.runs.lists import ArtifactList, FunctionList, RecordList, RunList


def runs(
    session: Session,
    name: str = "",
    *,
    project: str = "",
    labels: tuple[str, ...] = (),
    state: tuple[str, ...] = (),
    where: tuple[str, ...] = (),
    sort: tuple[str, ...] = (),
    last: int = 0,
    iterations: bool = False,
    uid: str = "",
    db: str = "",
) -> RunList:
    """Runs by the filters of ``RunDatabase.list_runs``."""
    return session.db(db).list_runs(
        name, uid, project, list(labels), state, list(sort) or True, last, iterations or bool(uid), where=where
    )


def artifacts(
    session: Session,
    name: str = "",
    *,
    project: str = "",
    labels: tuple[str, ...] = (),
    tag: str = "",
    kind: str = "",
    uid: str = "",
    db: str = "",
) -> ArtifactList:
    """Artifacts by the filters of ``RunDatabase.list_artifacts``; ``uid`` is that of the run that made them."""
    return session.db(db).list_artifacts(name, project, tag, list(labels), kind=kind, tree=uid)


def functions(
    session: Session, name: str = "", *, project: str = "", labels: tuple[str, ...] = (), tag: str = "", db: str = ""
) -> FunctionList:
    """Functions by the filters of ``RunDatabase.list_functions``."""
    return session.db(db).list_functions(name, project, tag, list(labels))


def formed(found: RecordList[Any], form: str) -> Any:
    """The list itself, or its documents or names as text."""
    if not form:
        return found
    return text(found.records, form)


def text(records: list[Any], form: str) -> str:
    """Documents as YAML or JSON, or a name on each line."""
    if form == "name":
        return "\n".join(_name(each) for each in records)
    documents = [each.to_dict() for each in records]
    if form == "json":
        import msgspec

        from mlrun_jupyter.model import values

        return msgspec.json.format(values.encode(documents), indent=2).decode()
    from mlrun_jupyter.safety.documents import dump_yaml

    return dump_yaml(documents).rstrip()


def _name(record: Record) -> str:
    metadata: Any = getattr(record, "metadata", None)
    name = getattr(metadata, "key", "") or metadata.name
    uid = getattr(metadata, "uid", "")
    return f"{name}@{uid}" if uid and not hasattr(metadata, "key") else str(name)
