"""Where a run was started from: a notebook's cell, or a command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any


def origin() -> dict[str, Any]:
    """``{notebook, cell, execution}`` in a kernel, ``{command}`` elsewhere; what is not known is left out.

    The notebook's name is what the server told the kernel at its start; the cell's id is what the front end sends with
    each execution.
    """
    shell = _shell()
    if shell is None:
        return {"command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])} if sys.argv and sys.argv[0] else {}
    found: dict[str, Any] = {}
    name = os.environ.get("JPY_SESSION_NAME") or str(getattr(shell, "user_ns", {}).get("__vsc_ipynb_file__", ""))
    if name:
        found["notebook"] = Path(name).name
    cell = _cell(shell)
    if cell:
        found["cell"] = cell
    cells = getattr(shell, "user_ns", {}).get("In")
    if isinstance(cells, list) and len(cells) > 1:
        found["execution"] = len(cells) - 1  # the shell's own counter is ahead while a cell runs
    return found


def _shell() -> Any:
    """The IPython shell, if this process is one; IPython is not loaded to find out."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None and hasattr(module, "get_ipython") else None


def _cell(shell: Any) -> str:
    kernel = getattr(shell, "kernel", None)
    try:
        parent = kernel.get_parent("shell") if kernel is not None else {}
    except (AttributeError, TypeError, LookupError):
        return ""
    return str((parent or {}).get("metadata", {}).get("cellId") or "")
