"""The whole code of a handler that was defined in a notebook: the cell, and what it needs from the cells before."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

from mlrun_jupyter.errors import MlrunError

_MARK = re.compile(r"\s*%%(?:mlrun|nuclio)\b(?!\s+run\b)")
_CAPTURED = "captured"
_found: dict[CodeType, str] = {}


def module_of(handler: Callable[..., Any]) -> str:
    """A module with the handler, and the imports, constants and definitions that it reaches; empty outside a kernel.

    It is what makes a run of a notebook's function one that can be run again months later. Taken from the cells that
    were executed, once for each definition; cells that no module can hold give nothing.
    """
    code = getattr(handler, "__code__", None)
    if not isinstance(code, CodeType) or handler.__module__ != "__main__":
        return ""
    if code not in _found:
        _found[code] = _module(handler.__name__)
    return _found[code]


def _module(name: str) -> str:
    from mlrun_jupyter.notebook.extract import extract

    cells = _executed()
    defines = re.compile(rf"^(?:async\s+)?def\s+{re.escape(name)}\b", re.MULTILINE)
    last = max((number for number, source in enumerate(cells) if defines.search(source)), default=-1)
    if last < 0:
        return ""
    plain = [_unmarked(source) for source in cells[: last + 1]]
    plain[last] = f"%%mlrun {_CAPTURED}\n{plain[last]}"
    try:
        return extract(plain, _CAPTURED).code
    except MlrunError:  # the handler runs here all the same; only running it elsewhere is not to be had
        return ""


def _executed() -> list[str]:
    """The sources of the cells of this kernel, in the order they were executed."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None and hasattr(module, "get_ipython") else None
    history = getattr(shell, "user_ns", {}).get("In") if shell is not None else None
    return [source for source in history or [] if isinstance(source, str)]


def _unmarked(source: str) -> str:
    """A cell without the mark on its first line: every cell before the handler's is one that it may need."""
    first, _, rest = source.partition("\n")
    return rest if _MARK.match(first) else source
