"""What lists can be asked for. One meaning for each filter, the same in every store.

- ``project``: exact; ``""`` is the default project, ``"*"`` all that the caller may see.
- ``name``: part of the name, in any case; ``=text`` the whole name, exactly; ``*`` and ``?`` make it a glob of the
  whole name, in any case. ``%`` and ``_`` are letters like others.
- ``labels``: ``k=v``, ``k!=v`` (also without ``k``), ``k~=part`` (in any case), ``k`` (present); all must hold.
- ``states``: one of these.
- ``where``: ``results.accuracy > 0.9``: fields ``params.x``, ``results.x`` and ``metrics.x`` (its last value) against
  a number or text, with ``= != > >= < <=``; a run without the field does not match, ``!=`` included; all must hold.
- times: ``from`` included, ``to`` excluded.
- ``iterations``: parents only unless asked; with ``uid`` set, the children of that run.
- ``sort``: ``start``, ``update``, ``name``, ``state`` or a field as in ``where``; ``-`` in front for descending;
  newest first, by arrival in the store, when nothing is asked. Numbers come before texts, runs without the field
  last in either direction. Ties: newest first.
- pages: ``limit`` rows after the token ``after`` of the page before; a row that is written meanwhile neither repeats
  nor hides another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from mlrun_jupyter.errors import InvalidArgumentError

T = TypeVar("T")

ALL_PROJECTS = "*"
MAX_LIMIT = 100_000


class LabelCondition(msgspec.Struct, frozen=True):
    """``key op value`` with op ``=``, ``!=``, ``~=`` or ``""`` (present)."""

    key: str
    op: str = ""
    value: str = ""

    @classmethod
    def parse(cls, text: str) -> LabelCondition:
        """Example: ``LabelCondition.parse("owner!=ann")``. Raises ``InvalidArgumentError`` when there is no key."""
        match = re.fullmatch(r"\s*([^=!~\s]+)\s*(?:(!=|~=|=)\s*(.*?))?\s*", text, re.DOTALL)
        if not match:
            raise InvalidArgumentError(f"not a label condition: {text!r}", hint="write k=v, k!=v, k~=part or k")
        return cls(match[1], match[2] or "", match[3] or "")


class Comparison(msgspec.Struct, frozen=True):
    """``field op value``; ``field`` starts with ``params.``, ``results.`` or ``metrics.``."""

    field: str
    op: str
    value: float | str

    @classmethod
    def parse(cls, text: str) -> Comparison:
        """Example: ``Comparison.parse("results.accuracy >= 0.9")``. A quoted value is text, an unquoted number a number."""
        match = re.fullmatch(
            r"\s*((?:params|results|metrics)\.[^\s=!<>]+)\s*(!=|>=|<=|==|=|>|<)\s*(.*?)\s*", text, re.DOTALL
        )
        if not match:
            raise InvalidArgumentError(
                f"not a comparison: {text!r}", hint="write results.accuracy > 0.9, params.depth = 4 or metrics.loss < 1"
            )
        return cls(match[1], "=" if match[2] == "==" else match[2], _operand(match[3]))


def _operand(text: str) -> float | str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    if text.casefold() in ("true", "false"):
        return text.capitalize()
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


class RunQuery(msgspec.Struct, kw_only=True):
    """A question about runs; see the module."""

    project: str = ""
    name: str = ""
    uid: str = ""
    labels: tuple[LabelCondition, ...] = ()
    states: tuple[str, ...] = ()
    where: tuple[Comparison, ...] = ()
    start_from: float | None = None
    start_to: float | None = None
    update_from: float | None = None
    update_to: float | None = None
    iterations: bool = False
    sort: tuple[str, ...] = ()
    limit: int = MAX_LIMIT
    after: str = ""


class ArtifactQuery(msgspec.Struct, kw_only=True):
    """A question about artifacts: ``name`` is matched against ``key`` and ``db_key``; ``tag`` ``"*"`` = every version,
    ``""`` = ``latest``, else versions with that tag; newest first."""

    project: str = ""
    name: str = ""
    tag: str = ""
    kind: str = ""
    tree: str = ""
    iter: int | None = None
    hash: str = ""
    labels: tuple[LabelCondition, ...] = ()
    update_from: float | None = None
    update_to: float | None = None
    limit: int = MAX_LIMIT
    after: str = ""


class FunctionQuery(msgspec.Struct, kw_only=True):
    """A question about functions; ``tag`` as for artifacts; newest first."""

    project: str = ""
    name: str = ""
    tag: str = ""
    kind: str = ""
    hash: str = ""
    labels: tuple[LabelCondition, ...] = ()
    limit: int = MAX_LIMIT
    after: str = ""


class Page(msgspec.Struct, Generic[T]):
    """Rows, and the token that the next page starts ``after`` (empty at the end)."""

    rows: list[T]
    after: str = ""


def labels(conditions: str | Iterable[str] | Mapping[str, Any] | None) -> tuple[LabelCondition, ...]:
    """Conditions from a text, a list of texts or a mapping (every pair must hold).

    Example
    -------
    >>> labels({"owner": "ann"}) == labels("owner=ann") == labels(["owner=ann"])
    True
    """
    if not conditions:
        return ()
    if isinstance(conditions, Mapping):
        return tuple(
            LabelCondition(key, "" if value is None else "=", "" if value is None else str(value))
            for key, value in conditions.items()
        )
    texts: Sequence[str] = [conditions] if isinstance(conditions, str) else list(conditions)
    return tuple(LabelCondition.parse(text) for text in texts)
