"""What can stand where the cursor is; the shell's completion and the notebook's ask here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from mlrun_jupyter.cli.session import session_of
from mlrun_jupyter.errors import MlrunError

LIMIT: Final = 50
"""Suggestions at most: who sees more types on."""


def files(start: str, suffixes: tuple[str, ...]) -> list[CompletionItem]:
    """Files and folders whose path begins with ``start``; folders end in a slash."""
    folder, _, name = start.rpartition("/")
    place = Path(folder + "/" if folder or start.startswith("/") else ".").expanduser()
    try:
        entries = sorted(place.iterdir())
    except OSError:
        return []
    found = []
    for entry in entries:
        if not entry.name.startswith(name) or (entry.name.startswith(".") and not name):
            continue
        path = f"{folder}/{entry.name}" if folder or start.startswith("/") else entry.name
        if entry.is_dir():
            found.append(CompletionItem(path + "/", help="folder"))
        elif not suffixes or entry.suffix in suffixes:
            found.append(CompletionItem(path, help="file"))
    return found[:LIMIT]


def handlers(context: click.Context, start: str) -> list[CompletionItem]:
    """Functions that can be run here, and files."""
    known = session_of(context).handlers()
    found = [CompletionItem(name, help="function") for name in known if name.startswith(start)]
    return [*found, *files(start, (".py", ".ipynb", ".yaml"))][:LIMIT]


def parameters(context: click.Context, start: str) -> list[CompletionItem]:
    """``name=default`` for the parameters of the handler that the command names."""
    import inspect

    from mlrun_jupyter.runtimes import binding

    handler = _handler(context)
    if handler is None or "=" in start:
        return []
    try:
        arguments = binding.signature(handler).arguments
    except MlrunError:
        return []
    found = []
    for each in arguments:
        if each.name.startswith(start):
            needed = each.default is inspect.Parameter.empty
            default = "" if needed else _told(each.default)
            found.append(CompletionItem(f"{each.name}={default}", help="needed" if needed else "default"))
    return found


def _handler(context: click.Context) -> Callable[..., Any] | None:
    session = session_of(context)
    handlers = session.handlers()
    # an option that still waits for its value hides the words before it from click
    for name in (context.params.get("handler"), context.params.get("target"), *session.line):
        if isinstance(name, str) and name in handlers:
            return handlers[name]
    return None


def _told(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 40 and not any(each.isspace() for each in text) else ""


def runs(context: click.Context, start: str) -> list[CompletionItem]:
    """The newest runs whose name, or uid, begins with ``start``, as ``name@uid``."""
    from mlrun_jupyter.cli.references import short

    name, at, uid = start.partition("@")

    def ask() -> Iterable[CompletionItem]:
        db = session_of(context).db(context.params.get("db") or "")
        pattern = f"={name}" if at else f"{name}*"
        project = context.params.get("project") or ""
        found = db.list_runs(pattern, project=project, last=LIMIT)
        for run in found:
            if run.uid().startswith(uid):
                yield CompletionItem(short(run), help=f"{run.status.state} {run.status.start_time[:16]}")

    return _asked(ask)


def projects(context: click.Context, start: str) -> list[CompletionItem]:
    """Projects by name."""

    def ask() -> Iterable[CompletionItem]:
        known = session_of(context).db().list_projects()
        return (CompletionItem(each.metadata.name) for each in known if each.metadata.name.startswith(start))

    return _asked(ask)


def run_names(context: click.Context, start: str) -> list[CompletionItem]:
    """Names of runs, each once, the newest first."""
    names = dict.fromkeys(str(each.value).partition("@")[0] for each in runs(context, start))
    return [CompletionItem(name, help="run") for name in names]


def outputs(context: click.Context, start: str) -> list[CompletionItem]:
    """Keys of the artifacts of the run that the command names."""
    from mlrun_jupyter.cli.references import find_run

    def ask() -> Iterable[CompletionItem]:
        db = session_of(context).db(context.params.get("db") or "")
        run = find_run(db, context.params.get("run") or "", context.params.get("project") or "")
        for entry in run.status.artifacts:
            key = entry["metadata"]["key"]
            if key.startswith(start):
                yield CompletionItem(key, help=str(entry.get("kind") or "artifact"))

    return _asked(ask)


def artifacts(context: click.Context, start: str) -> list[CompletionItem]:
    """Keys of artifacts, each once, the newest first."""

    def ask() -> Iterable[CompletionItem]:
        db = session_of(context).db(context.params.get("db") or "")
        found = db.list_artifacts(f"{start}*", project=context.params.get("project") or "", limit=LIMIT)
        kinds = {each.spec.db_key or each.metadata.key: each.kind for each in found.records}
        return (CompletionItem(key, help=kind or "artifact") for key, kind in kinds.items())

    return _asked(ask)


def functions(context: click.Context, start: str) -> list[CompletionItem]:
    """Functions of the project by name."""

    def ask() -> Iterable[CompletionItem]:
        db = session_of(context).db(context.params.get("db") or "")
        found = db.list_functions(f"{start}*", project=context.params.get("project") or "")
        kinds = {each.metadata.name: each.kind for each in found.records}
        return (CompletionItem(name, help=kind or "function") for name, kind in kinds.items())

    return _asked(ask)


def sources(context: click.Context, start: str, suffixes: tuple[str, ...]) -> list[CompletionItem]:
    """Functions that the notebook marks, functions of the store, and files."""
    marked = [name for name in sorted(session_of(context).marked()) if name.startswith(start)]
    stored = [each for each in functions(context, start) if each.value not in marked]
    return [*(CompletionItem(name, help="marked here") for name in marked), *stored, *files(start, suffixes)][:LIMIT]


def settings(context: click.Context, start: str) -> list[CompletionItem]:
    """Settings, each with its value."""
    del context
    from mlrun_jupyter import config

    known = config.current().items()
    return [CompletionItem(key, help=_told(value)) for key, value in known.items() if key.startswith(start)]


def _asked(ask: Callable[[], Iterable[CompletionItem]]) -> list[CompletionItem]:
    """What the store says; a store that cannot be read suggests nothing."""
    try:
        return list(ask())[:LIMIT]
    except MlrunError:
        return []
