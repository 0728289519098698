"""The notebook that this kernel serves, asked of the kernel, its editor and the servers of this user."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final

from mlrun_jupyter.notebook.current import CurrentNotebook, find_current

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SECONDS: Final = 2.0
_LIMIT: Final = 8_000_000

_executed: dict[str, str] = {}
"""Cell id to the source that was last run, as the kernel's front end names cells."""


def note_executed(cell_id: str, source: str) -> None:
    """Remember what was run in a cell, so that it counts before it is saved; called by the magics before each cell."""
    _executed.pop(cell_id, None)
    _executed[cell_id] = source


def open_notebook(explicit: str = "", *, live: list[dict[str, Any]] | None = None) -> CurrentNotebook:
    """Find it; see :func:`mlrun_jupyter.notebook.current.find_current` for how, and for what is raised."""
    return find_current(
        explicit,
        variables=_variables(),
        kernel_id=_kernel_id(),
        fetch=_fetch,
        live=live,
        executed=dict(_executed),
    )


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
