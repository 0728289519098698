"""The notebook that code runs in: its file, by what Jupyter, VS Code and the kernel tell, and its unsaved cells.

Nothing is opened here but the notebook and the servers' own notes of where they listen; asking a server is the
caller's, through ``fetch``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec

from mlrun_jupyter.errors import MlrunError, NotFoundError
from mlrun_jupyter.notebook.cells import Notebook, from_cells
from mlrun_jupyter.notebook.diagnostics import Diagnostic
from mlrun_jupyter.notebook.reading import read_notebook
from mlrun_jupyter.notebook.unsaved import Ran, join

Fetch = Callable[[str, str], bytes]
"""``fetch(address, token)``: the body of a GET; raises any ``OSError`` or ``MlrunError`` when there is none."""


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
    live_name: str = "",
    executed: Sequence[Ran] = (),
    since: int = 0,
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
    live_name
        The document's name, should its file not be found.
    executed
        What was run, each cell as it was run last.
    since
        The execution count from which on ``executed`` knows every cell; before it, ``In`` does.

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
            notebook=from_cells(live, name=os.path.basename(path) or live_name, path=path),  # noqa: PTH119 - may be an address
            path=path,
            how="live",
        )
    history = _history(variables, executed, since)
    if not path:
        if not history:
            raise NotFoundError(
                "which notebook this is cannot be told",
                hint="give filename='train.ipynb', or set JUPYTER_NOTEBOOK_FILE_NAME",
            )
        return CurrentNotebook(
            notebook=from_cells(ran.source for ran in history), how="history", warnings=[_only_history()]
        )
    saved_at = _saved_at(path)
    saved = read_notebook(path)
    return CurrentNotebook(notebook=saved, path=path, how=how, warnings=join(saved, history, saved_at))


def is_current(path: str, *, environ: Mapping[str, str] | None = None, variables: Mapping[str, Any]) -> bool:
    """Whether a file is the notebook that this kernel serves, by what the kernel and its editor say themselves."""
    own, _how = _path("", os.environ if environ is None else environ, variables, "", None)
    try:
        return bool(own) and Path(own).samefile(path)
    except (OSError, ValueError):
        return False


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


def _history(variables: Mapping[str, Any], executed: Sequence[Ran], since: int) -> list[Ran]:
    """What was run, in order: what is known of each cell, and before that the kernel's own list, each text once."""
    listed = variables.get("In")
    sources = listed if isinstance(listed, list) else []
    if executed:
        sources = sources[:since]
    texts = [item for item in sources if isinstance(item, str) and item.strip()]
    last = {source: number for number, source in enumerate(texts)}
    early = [Ran(source) for number, source in enumerate(texts) if last[source] == number]
    return [*early, *executed]


def _saved_at(path: str) -> float:
    try:
        return Path(path).stat().st_mtime
    except (OSError, ValueError):
        return 0.0


def _only_history() -> Diagnostic:
    return Diagnostic(
        code="unsaved-notebook",
        message="no file of this notebook was found: its code is what was run so far, in the order it was run",
        hint="save the notebook and give filename=...",
    )
