"""How records change a run's document. Pure: plain dictionaries in, plain dictionaries out.

The document keeps the shape of :class:`~mlrun_jupyter.model.run.RunRecord` in its written form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model import journal, states, times, values
from mlrun_jupyter.model.artifact import link as short_form
from mlrun_jupyter.model.record import Record
from mlrun_jupyter.model.run import RunRecord, RunStatus
from mlrun_jupyter.model.task import TaskMetadata, TaskSpec

Document = dict[str, Any]

SECTIONS: Final[tuple[tuple[str, type[Record]], ...]] = (
    ("metadata", TaskMetadata),
    ("spec", TaskSpec),
    ("status", RunStatus),
)
_MERGED: Final = {
    journal.PARAM: ("spec", "parameters"),
    journal.RESULT: ("status", "results"),
    journal.LABEL: ("metadata", "labels"),
    journal.ANNOTATION: ("metadata", "annotations"),
}
_TEXT: Final = frozenset({journal.LABEL, journal.ANNOTATION})
_MAPPINGS: Final = frozenset(
    {"metadata.labels", "metadata.annotations", "spec.parameters", "status.results", "status.metrics"}
)
_ATTEMPT_FIELDS: Final = (
    *("reason", "error", "traceback", "end_time", "start_time", "status_text", "progress"),
    *("results", "artifacts", "metrics", "iterations"),
)
_WRITTEN_BY_STORE: Final = frozenset({("status", "last_update"), ("metadata", "project")})


def section(document: Document, name: str) -> dict[str, Any]:
    """A section of the document, made when it is missing."""
    found = document.get(name)
    if not isinstance(found, dict):
        found = document[name] = {}
    return found


def copied(document: Mapping[str, Any]) -> Document:
    """A copy that can be edited by this module without touching the original."""
    return {
        name: {key: dict(item) if isinstance(item, dict) else item for key, item in value.items()}
        if isinstance(value, dict)
        else value
        for name, value in document.items()
    }


def joined(document: Document, newer: Mapping[str, Any]) -> None:
    """Put ``newer`` over the document: fields replace fields, mappings inside them are merged by key."""
    for name, value in copied(newer).items():
        present = document.get(name)
        if not isinstance(value, dict) or not isinstance(present, dict):
            document[name] = value
            continue
        for key, item in value.items():
            held = present.get(key)
            if isinstance(item, dict) and isinstance(held, dict):
                held.update(item)
            else:
                present[key] = item


def begin_attempt(document: Document, newer: Mapping[str, Any]) -> None:
    """A newer attempt starts afresh: what the older one left in the status goes, labels and parameters stay."""
    status = section(document, "status")
    for name in _ATTEMPT_FIELDS:
        status.pop(name, None)
    joined(document, newer)


def resumed(newer: Mapping[str, Any]) -> bool:
    """Whether an attempt is begun because somebody asked for the run to go on, which may take back an abort."""
    status = newer.get("status")
    return isinstance(status, dict) and bool(status.get("resumed"))


def lose(document: Document) -> None:
    """End a document whose process is gone: as aborted where that was asked for, else in error."""
    aborted = state(document) == states.ABORTING
    section(document, "status").update(
        state=states.ABORTED if aborted else states.ERROR, reason="user" if aborted else "lost"
    )


def revive(document: Document) -> None:
    """Take back a presumed end: the attempt has been heard of."""
    status = section(document, "status")
    for name in ("reason", "end_time"):
        status.pop(name, None)
    status["state"] = states.RUNNING


def edit(document: Document, op: str, payload: Mapping[str, Any]) -> None:
    """Apply one ``param``, ``result``, ``label``, ``annotation``, ``status``, ``spec`` or ``close`` record."""
    place = _MERGED.get(op)
    if place is not None:
        target = section(section(document, place[0]), place[1])
        target.update({key: str(value) for key, value in payload.items()} if op in _TEXT else payload)
    elif op == journal.SPEC:
        section(document, "spec").update(payload)
    else:
        status = section(document, "status")
        held = status.get("state")
        status.update(payload)
        if op == journal.CLOSE:
            status.setdefault("state", states.COMPLETED)
        elif held == states.ABORTING and status["state"] not in states.TERMINAL:
            status["state"] = held  # whoever asked for the end is still waiting for it


def link(document: Document, artifacts: Iterable[Mapping[str, Any]]) -> None:
    """Name artifacts in the run's status, each in place of an older one of the same key.

    All at once: a run may have ten thousand, and looking through them for each would take ten thousand times as long.
    """
    newer = short_forms(artifacts)
    if newer:
        status = section(document, "status")
        status["artifacts"] = linked(status.get("artifacts", ()), newer)


def short_forms(artifacts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a run's status says of artifacts."""
    return [short_form(each) for each in artifacts]


def linked(held: Iterable[Any], newer: Iterable[dict[str, Any]]) -> list[Any]:
    """The entries of a run's status with newer ones, each in place of an older one of the same key."""
    added: dict[Any, dict[str, Any]] = {}
    for entry in newer:
        key = _key(entry)
        added.pop(key, None)
        added[key] = entry
    return [*(each for each in held if _key(each) not in added), *added.values()]


def _key(entry: Any) -> Any:
    metadata = entry.get("metadata") if isinstance(entry, dict) else None
    return metadata.get("key") if isinstance(metadata, dict) else None


def state(document: Document) -> str:
    """The state of the document, ``unknown`` for one that we do not know."""
    found = document.get("status", {}).get("state", states.CREATED)
    return found if found in states.ALL else states.UNKNOWN


def settle(document: Document, ended: float) -> None:
    """Complete the times of a document whose state is final: there is an end, and it is not before the start."""
    status = section(document, "status")
    start = moment(status.get("start_time"))
    end = moment(status.get("end_time"))
    if end is None:
        end = ended
    elif start is None or end >= start:
        return
    status["end_time"] = times.iso(end if start is None else max(start, end))


def moment(text: Any) -> float | None:
    """Seconds since 1970 of a time in a document, None where there is none."""
    try:
        return times.seconds(text) if text else None
    except (InvalidArgumentError, TypeError, OverflowError):
        return None


def update(document: Document, updates: Mapping[str, Any]) -> None:
    """Set fields by dotted path; None removes the field.

    In labels, annotations, parameters, results and metrics all that follows the second dot is one key.
    Raises ``InvalidArgumentError`` for a path that leads through something that is no mapping, and for a document that no
    store could work with afterwards.
    """
    for path, value in updates.items():
        steps = path.split(".", 2) if ".".join(path.split(".", 2)[:2]) in _MAPPINGS else path.split(".")
        target = document
        for step in steps[:-1]:
            target = target.setdefault(step, {})
            if not isinstance(target, dict):
                raise InvalidArgumentError(f"cannot set {path!r}", where=f"{step!r} is no mapping")
        plain = values.plain(value)
        values.encode(plain)  # raises for text that no store holds
        if plain is None:
            target.pop(steps[-1], None)
        else:
            target[steps[-1]] = plain
    check(document)


def check(document: Mapping[str, Any]) -> None:
    """Raises ``InvalidArgumentError`` for a document that no store can work with."""
    if found := problem(document):
        raise InvalidArgumentError(f"not the document of a run: {found}")


def problem(document: Mapping[str, Any]) -> str:
    """What of a document would stop the store that works with it, or the run that goes on; empty for a sound one."""
    for name, _kind in SECTIONS:
        if not isinstance(document.get(name, {}), dict):
            return f"{name} is no mapping"
    for path in sorted(_MAPPINGS):
        name, _, field = path.partition(".")
        if not isinstance(document.get(name, {}).get(field) or {}, dict):
            return f"{path} is no mapping"
    status = document.get("status", {})
    if not isinstance(status.get("artifacts") or [], list):
        return "status.artifacts is no list"
    if type(status.get("attempt", 1)) is not int:
        return "status.attempt is no whole number"
    for name, summary in (status.get("metrics") or {}).items():
        if summary != {} and not _sums_up(summary):  # nothing is known of it yet
            return f"status.metrics.{name} sums up no metric"
    return ""


def _sums_up(summary: Any) -> bool:
    return (
        isinstance(summary, dict)
        and all(type(summary.get(name)) in (int, float) for name in ("last", "min", "max", "mean"))
        and all(type(summary.get(name, 0)) is int for name in ("count", "step", "nan"))
        and {"count", "step"} <= summary.keys()
    )


def fields(document: Document) -> Iterator[tuple[str, Any]]:
    """What of a run can be compared and sorted by: ``params.x``, ``results.x``, ``metrics.x``, with its value."""
    for name, value in (document.get("spec", {}).get("parameters") or {}).items():
        yield "params." + name, value
    status = document.get("status", {})
    for name, value in (status.get("results") or {}).items():
        yield "results." + name, value
    for name, summary in (status.get("metrics") or {}).items():
        yield "metrics." + name, summary.get("last") if isinstance(summary, dict) else None


def outdated(held: Document, newer: Document) -> bool:
    """Whether a whole document must not replace the held one: it is of an older attempt, or takes back an end."""
    had, has = held.get("status", {}).get("attempt", 1), newer.get("status", {}).get("attempt", 1)
    return has < had or (state(held) in states.TERMINAL and state(newer) not in states.TERMINAL)


def content(document: Document) -> Document:
    """What makes two documents of one run equal: all but what the store itself writes."""
    return {
        name: {
            key: value
            for key, value in section.items()
            if (name, key) not in _WRITTEN_BY_STORE and value is not None and value not in ("", {}, [])
        }
        if isinstance(section, dict)
        else section
        for name, section in document.items()
    }


def lenient(document: Document) -> RunRecord:
    """The run of a document whose fields may have wrong types: those are kept as unknown fields."""
    try:
        return RunRecord.from_dict(document)
    except msgspec.ValidationError:
        pass
    run = RunRecord()
    for name, kind in SECTIONS:
        section = kind()
        for field, value in (document.get(name) or {}).items():
            try:
                part = kind.from_dict({field: value})
            except msgspec.ValidationError:
                section.extra = {**section.extra, field: value}
                continue
            if part.extra:
                section.extra = {**section.extra, **part.extra}
            else:
                setattr(section, field, getattr(part, field))
        setattr(run, name, section)
    sections = {name for name, _kind in SECTIONS}
    run.extra = {key: value for key, value in document.items() if key not in sections and key != "kind"}
    return run
