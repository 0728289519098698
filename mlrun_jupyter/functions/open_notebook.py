"""The notebook that this kernel serves, asked of the kernel, its editor and the servers of this user."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from mlrun_jupyter.notebook.current import CurrentNotebook, find_current, is_current
from mlrun_jupyter.notebook.diagnostics import Diagnostic
from mlrun_jupyter.notebook.unsaved import Ran

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SECONDS: Final = 2.0
_LIMIT: Final = 8_000_000

_executed: list[Ran] = []
_since = 0


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


def open_notebook(explicit: str = "", *, live: list[dict[str, Any]] | None = None) -> CurrentNotebook:
    """Find it; see :func:`mlrun_jupyter.notebook.current.find_current` for how, and for what is raised."""
    return find_current(
        explicit,
        variables=_variables(),
        kernel_id=_kernel_id(),
        fetch=_fetch,
        live=live,
        executed=_executed,
        since=_since,
    )


def unsaved(path: str) -> list[Diagnostic]:
    """What there is to tell when the file of this very notebook is converted, and what was run is younger than it."""
    variables = _variables()
    if not variables or not is_current(path, variables=variables):
        return []
    stale = open_notebook(path).warnings
    message = f"{Path(path).name} is not saved: the file is older than what was run, and is taken as it is"
    return [Diagnostic(code="stale-file", message=message, hint="save it, or leave filename out")] if stale else []


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
