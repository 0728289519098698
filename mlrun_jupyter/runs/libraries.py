"""The libraries that draw charts in a front end's closed frames: files of ours, read when a chart is looked at."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from mlrun_jupyter.errors import NotFoundError

NAMES: Final = ("vega", "plotly")
_FOLDER: Final = Path(__file__).parents[1] / "_static" / "libraries"


class Library(msgspec.Struct):
    """``text`` is a script that offers a page the function ``mlrunDraw``."""

    text: str


@lru_cache(maxsize=len(NAMES))
def read(name: str) -> Library:
    """One of :data:`NAMES`.

    Raises :class:`NotFoundError` for another, and where the front end is not built.
    """
    file = _FOLDER / f"{name}.js"
    if name not in NAMES or not file.is_file():
        raise NotFoundError("no such library here", where=name[:40], hint="the chart's source can be read instead")
    return Library(file.read_text(encoding="utf-8"))
