"""The notebook that this kernel serves, asked of the kernel, its editor and the servers of this user."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from mlrun_jupyter.notebook.cells import Notebook, from_cells
from mlrun_jupyter.notebook.current import CurrentNotebook, find_current, is_current
from mlrun_jupyter.notebook.diagnostics import Diagnostic
from mlrun_jupyter.notebook.reading import read_notebook
from mlrun_jupyter.notebook.unsaved import Ran
from mlrun_jupyter.safety import documents

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SECONDS: Final = 2.0
_LIMIT: Final = 8_000_000

_executed: list[Ran] = []
_since = 0


class _Live(NamedTuple):
    """The cells of the open document, and how many inputs the kernel had when they came."""

    cells: list[dict[str, Any]]
    name: str
    inputs: int


_live = _Live([], "", -2)  # before any input


def note_executed(cells: Iterable[Ran], *, since: int) -> None:
    """Remember what was run, so that it counts before it is saved; the magics call it before a cell that may convert.

    Parameters
    ----------
    cells
        Every cell, as it was run last.
    since
        The execution count from which on ``cells`` knows of every cell.
    """
    global _since
    _executed[:] = cells
    _since = since


def note_live(cells: str, name: str = "") -> None:
    """Take in the document as it is on the screen; the front end calls it right before a cell that may convert.

    It counts for that cell only: after it the document may be another one.

    Parameters
    ----------
    cells
        The cells as nbformat has them, as JSON.
    name
        The notebook's name.
    """
    global _live
    found = documents.load_json(cells)
    if isinstance(found, list) and all(isinstance(cell, dict) for cell in found):
        _live = _Live(found, name, _inputs())


def _live_now() -> list[dict[str, Any]] | None:
    """The document, if it came right before the cell that is running."""
    return _live.cells if _live.inputs == _inputs() - 1 else None


def _inputs() -> int:
    return len(_variables().get("In") or ())


def open_notebook(explicit: str = "") -> CurrentNotebook:
    """Find it; see :func:`mlrun_jupyter.notebook.current.find_current` for how, and for what is raised."""
    live = None if explicit else _live_now()
    return find_current(
        explicit,
        variables=_variables(),
        kernel_id=_kernel_id(),
        fetch=_fetch,
        live=live,
        live_name=_live.name,
        executed=_executed,
        since=_since,
    )


def unsaved(path: str) -> list[Diagnostic]:
    """What there is to tell when the file of this very notebook is converted, and what was run is younger than it."""
    variables = _variables()
    if not variables or not is_current(path, variables=variables):
        return []
    live = _live_now()
    if live is None:
        stale, than = bool(open_notebook(path).warnings), "what was run"
    else:
        stale, than = _code(from_cells(live)) != _code(read_notebook(path)), "what is on the screen"
    message = f"{Path(path).name} is not saved: the file is older than {than}, and is taken as it is"
    return [Diagnostic(code="stale-file", message=message, hint="save it, or leave filename out")] if stale else []


def _code(notebook: Notebook) -> list[str]:
    return [cell.source for cell in notebook.code_cells if cell.source.strip()]


def _variables() -> Mapping[str, Any]:
    interactive = sys.modules.get("IPython")
    shell = interactive.get_ipython() if interactive is not None else None
    found: Mapping[str, Any] = getattr(shell, "user_ns", {}) if shell is not None else {}
    return found


def _kernel_id() -> str:
    """From the name of the kernel's connection file, ``kernel-<id>.json``."""
    kernel = sys.modules.get("ipykernel.kernelapp")
    application = getattr(kernel, "IPKernelApp", None)
    if application is None or not application.initialized():
        return ""
    name = str(application.instance().connection_file).replace("\\", "/").rpartition("/")[2]
    return name.removeprefix("kernel-").removesuffix(".json")


def _fetch(address: str, token: str) -> bytes:
    """Ask a server of this machine; the token goes nowhere else, and no redirect is followed."""
    import http.client
    from urllib.parse import urlsplit

    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or parts.hostname not in _LOOPBACK:
        raise ConnectionError(f"not a server of this machine: {parts.hostname}")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        connection.request("GET", parts.path, headers={"Authorization": f"token {token}"} if token else {})
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise ConnectionError(f"the server answered {answer.status}")
        return answer.read(_LIMIT)
    except http.client.HTTPException as error:
        raise ConnectionError(str(error)) from None
    finally:
        connection.close()
