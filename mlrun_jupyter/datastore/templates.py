"""``{{run.uid}}`` and the like in paths: a fixed list of names, replaced literally."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from mlrun_jupyter.errors import InvalidArgumentError, nearest

NAMES: Final = ("run.uid", "run.project", "run.name", "run.iteration", "project", "workflow.uid")
_PLACE: Final = re.compile(r"\{\{\s*([^{}\s][^{}]{0,100}?)\s*\}\}")


def expand(text: str, values: Mapping[str, str]) -> str:
    """``text`` with the places filled in; a name without a value is filled with nothing.

    Nothing is evaluated, and what is filled in is not looked at again.

    Raises
    ------
    InvalidArgumentError
        A name that is not in :data:`NAMES`, with the nearest one.

    Example
    -------
    >>> expand("s3://bucket/{{project}}/{{run.uid}}", {"project": "iris", "run.uid": "a1"})
    's3://bucket/iris/a1'
    """
    if "{{" not in text:
        return text

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name not in NAMES:
            raise InvalidArgumentError(f"nothing to fill in for {{{{{name}}}}}", where=text, hint=nearest(name, NAMES))
        return values.get(name, "")

    return _PLACE.sub(fill, text)


def names_in(text: str) -> list[str]:
    """The names that ``text`` asks for."""
    return [match[1] for match in _PLACE.finditer(text)] if "{{" in text else []
