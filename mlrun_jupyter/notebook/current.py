"""The notebook that code runs in: its file, by what Jupyter, VS Code and the kernel tell, and its unsaved cells.

Nothing is opened here but the notebook and the servers' own notes of where they listen; asking a server is the
caller's, through ``fetch``.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from mlrun_jupyter.errors import MlrunError, NotFoundError
from mlrun_jupyter.notebook.cells import Cell, Notebook, from_cells, read_notebook
from mlrun_jupyter.notebook.diagnostics import Diagnostic

Fetch = Callable[[str, str], bytes]
"""``fetch(address, token)``: the body of a GET; raises any ``OSError`` or ``MlrunError`` when there is none."""

_SIMILAR: Final = 0.6


class CurrentNotebook(msgspec.Struct, kw_only=True):
    """What was found.

    Parameters
    ----------
    notebook
        Its cells, with what was run but not saved in place of what the file holds.
    path
        The file; empty when there is none.
    how
        ``given``, ``environment``, ``vscode``, ``session``, ``server``, ``history`` or ``live``.
    warnings
        What to tell: a file that is older than what was run.
    """

    notebook: Notebook
    path: str = ""
    how: str = ""
    warnings: list[Diagnostic] = []


class _Server(msgspec.Struct):
    url: str = ""
    token: str = ""
    root_dir: str = ""
    notebook_dir: str = ""
    pid: int = 0


class _Kernel(msgspec.Struct):
    id: str = ""


class _Session(msgspec.Struct):
    path: str = ""
    kernel: _Kernel | None = None


def find_current(
    explicit: str = "",
    *,
    environ: Mapping[str, str] | None = None,
    variables: Mapping[str, Any] | None = None,
    kernel_id: str = "",
    fetch: Fetch | None = None,
    live: Sequence[Mapping[str, Any]] | None = None,
    executed: Mapping[str, str] | None = None,
) -> CurrentNotebook:
    """Find the notebook.

    Parameters
    ----------
    explicit
        A file that the user named.
    environ
        The environment: ``JUPYTER_NOTEBOOK_FILE_NAME``, ``JPY_SESSION_NAME``, ``JUPYTER_RUNTIME_DIR``.
    variables
        The kernel's variables: ``__vsc_ipynb_file__`` of VS Code, and ``In``, what was run.
    kernel_id
        This kernel's id, by which a server knows its notebook.
    fetch
        Asks a server.
    live
        The cells of the open document, when a front end gave them; nothing is fresher.
    executed
        Cell id to the source that was last run, in the order it was run.

    Raises
    ------
    NotFoundError
        No notebook, and nothing was run.
    ConversionError, InvalidArgumentError
        A file that cannot be read.
    """
    environ = os.environ if environ is None else environ
    variables = variables or {}
    path, how = _path(explicit, environ, variables, kernel_id, fetch)
    if live is not None:
        return CurrentNotebook(
            notebook=from_cells(live, name=os.path.basename(path), path=path),  # noqa: PTH119 - may be an address
            path=path,
            how="live",
        )
    history = _history(variables, executed)
    if not path:
        if not history:
            raise NotFoundError(
                "which notebook this is cannot be told",
                hint="give filename='train.ipynb', or set JUPYTER_NOTEBOOK_FILE_NAME",
            )
        return CurrentNotebook(notebook=from_cells(history), how="history", warnings=[_only_history()])
    saved = read_notebook(path)
    return _with_unsaved(saved, path, how, history, executed or {})


def servers(environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """``url``, ``token`` and ``root`` of the Jupyter servers of this user, the newest first."""
    for folder in _runtime_folders(environ):
        try:
            files = sorted(folder.glob("*server-*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
        except OSError:
            continue
        for file in files:
            try:
                found = msgspec.json.decode(file.read_bytes(), type=_Server)
            except (OSError, msgspec.DecodeError, UnicodeError):
                continue
            if found.url:
                yield {"url": found.url, "token": found.token, "root": found.root_dir or found.notebook_dir}


def _path(
    explicit: str, environ: Mapping[str, str], variables: Mapping[str, Any], kernel_id: str, fetch: Fetch | None
) -> tuple[str, str]:
    if explicit:
        return explicit, "given"
    if named := environ.get("JUPYTER_NOTEBOOK_FILE_NAME", ""):
        return named, "environment"
    if editor := variables.get("__vsc_ipynb_file__"):
        return str(editor), "vscode"
    session = environ.get("JPY_SESSION_NAME", "")
    if session.endswith(".ipynb") and (path := _existing(session)):
        return path, "session"
    if fetch is not None and kernel_id and (path := _ask_servers(environ, kernel_id, fetch)):
        return path, "server"
    return "", ""


def _existing(session: str) -> str:
    """The server names a notebook by its own path, which is this machine's or relative to the working folder."""
    for candidate in (session, os.path.basename(session)):  # noqa: PTH119 - a server's path, with its slashes
        try:
            if Path(candidate).is_file():
                return candidate
        except (OSError, ValueError):
            continue
    return ""


def _ask_servers(environ: Mapping[str, str], kernel_id: str, fetch: Fetch) -> str:
    for server in servers(environ):
        try:
            body = fetch(server["url"].rstrip("/") + "/api/sessions", server["token"])
            sessions = msgspec.json.decode(body, type=list[_Session])
        except (OSError, MlrunError, msgspec.DecodeError, UnicodeError, ValueError):
            continue
        for session in sessions:
            if session.kernel and session.kernel.id == kernel_id and session.path:
                return str(Path(server["root"] or ".", unquote(session.path)))
    return ""


def _runtime_folders(environ: Mapping[str, str]) -> list[Path]:
    if given := environ.get("JUPYTER_RUNTIME_DIR", ""):
        return [Path(given)]
    home = Path(environ.get("HOME", "") or environ.get("USERPROFILE", "") or "~").expanduser()
    if data := environ.get("JUPYTER_DATA_DIR", ""):
        return [Path(data, "runtime")]
    if sys.platform == "darwin":
        return [home / "Library" / "Jupyter" / "runtime"]
    if sys.platform == "win32":
        return [Path(environ.get("APPDATA", "") or home, "jupyter", "runtime")]
    return [Path(environ.get("XDG_DATA_HOME", "") or home / ".local" / "share", "jupyter", "runtime")]


def _history(variables: Mapping[str, Any], executed: Mapping[str, str] | None) -> list[str]:
    """What was run, in order, a cell that was run twice at its last place."""
    if executed:
        return list(executed.values())
    listed = variables.get("In")
    sources = [item for item in listed if isinstance(item, str) and item.strip()] if isinstance(listed, list) else []
    last = {source: number for number, source in enumerate(sources)}
    return [source for number, source in enumerate(sources) if last[source] == number]


def _with_unsaved(
    saved: Notebook, path: str, how: str, history: list[str], executed: Mapping[str, str]
) -> CurrentNotebook:
    """The saved cells, with what was run since in their places."""
    known = {_key(cell.source) for cell in saved.code_cells}
    fresh = [source for source in history if _key(source) not in known]
    if not fresh:
        return CurrentNotebook(notebook=saved, path=path, how=how)
    by_id = {cell.id: cell for cell in saved.code_cells}
    if executed and any(identity in by_id for identity in executed):
        added = _update_by_id(saved, by_id, executed, known)
        said = "is not saved: what was run is taken in place of what the file holds"
    else:
        added = _update_by_likeness(saved, fresh)
        said = "is not saved: cells that were run are taken from the kernel, and matched to the file by their text"
    message = f"{saved.name} {said}"
    if added:
        message += f" ({added} {'cell is' if added == 1 else 'cells are'} new, and put at the end)"
    warning = Diagnostic(code="unsaved-notebook", message=message, hint="save it, then convert again")
    return CurrentNotebook(notebook=saved, path=path, how=how, warnings=[warning])


def _update_by_id(saved: Notebook, by_id: dict[str, Cell], executed: Mapping[str, str], known: set[str]) -> int:
    added = 0
    for identity, source in executed.items():
        if identity in by_id:
            by_id[identity].source = source
        elif _key(source) not in known:
            _append(saved, source)
            added += 1
    return added


def _update_by_likeness(saved: Notebook, fresh: list[str]) -> int:
    added = 0
    free = list(saved.code_cells)
    for source in fresh:
        best = max(free, key=lambda cell: _likeness(cell.source, source), default=None)
        if best is not None and _likeness(best.source, source) >= _SIMILAR:
            best.source = source
            free.remove(best)
        else:
            _append(saved, source)
            added += 1
    return added


def _likeness(one: str, other: str) -> float:
    matcher = difflib.SequenceMatcher(None, one[:5000], other[:5000], autojunk=False)
    if matcher.real_quick_ratio() < _SIMILAR or matcher.quick_ratio() < _SIMILAR:
        return 0.0
    return matcher.ratio()


def _append(notebook: Notebook, source: str) -> None:
    index = len(notebook.cells) + 1
    notebook.cells.append(Cell(index=index, id=f"unsaved-{index}", kind="code", source=source))


def _key(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().replace("\r\n", "\n").split("\n"))


def _only_history() -> Diagnostic:
    return Diagnostic(
        code="unsaved-notebook",
        message="no file of this notebook was found: its code is what was run so far, in the order it was run",
        hint="save the notebook and give filename=...",
    )
