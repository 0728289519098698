"""What the filters of :mod:`mlrun_jupyter.db.query` mean, decided on a whole record; every store asks here."""

from __future__ import annotations

import fnmatch
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

from mlrun_jupyter.db.query import Comparison, LabelCondition, RunQuery
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model.run import RunRecord

T = TypeVar("T")
Value = float | int | str
"""What comparisons and sorts see of a parameter, result or metric."""

COLUMNS: Final = ("start", "update", "name", "state")
"""What runs can be sorted by besides fields."""

_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@lru_cache(maxsize=256)
def name_test(pattern: str) -> Callable[[str], bool]:
    """The test of a name: part of it in any case, ``=whole`` exactly, or a glob of the whole in any case.

    Example
    -------
    >>> name_test("tr*n")("Train"), name_test("ai")("Train"), name_test("=train")("Train")
    (True, True, False)
    """
    if pattern.startswith("="):
        whole = pattern[1:]
        return lambda name: name == whole
    folded = pattern.casefold()
    if "*" in folded or "?" in folded:
        # brackets have no meaning of their own here
        escaped = folded.replace("[", "[[]")
        matches = re.compile(fnmatch.translate(escaped)).match
        return lambda name: matches(name.casefold()) is not None
    return lambda name: folded in name.casefold()


def label_holds(labels: Mapping[str, Any], condition: LabelCondition) -> bool:
    """Whether the labels satisfy one condition."""
    present = condition.key in labels
    if condition.op == "!=":
        return not present or str(labels[condition.key]) != condition.value
    if not present:
        return False
    if condition.op == "=":
        return str(labels[condition.key]) == condition.value
    if condition.op == "~=":
        return condition.value.casefold() in str(labels[condition.key]).casefold()
    return True


def comparable(value: Any) -> Value | None:
    """The number or text that comparisons see; None for what counts as absent (null, NaN, lists, mappings).

    Truth values are the texts ``True`` and ``False``.
    """
    kind = type(value)
    if kind is float:
        return value if value == value else None
    if kind is int or kind is str:
        return value  # type: ignore[no-any-return]  # the two kinds just named
    return str(value) if kind is bool else None


def field_value(run: RunRecord, field: str) -> Value | None:
    """The comparable value of ``params.x``, ``results.x`` or ``metrics.x`` in a run."""
    section, _, name = field.partition(".")
    if section == "params":
        return comparable(run.spec.parameters.get(name))
    if section == "results":
        return comparable(run.status.results.get(name))
    return comparable(run.status.metrics.get(name, {}).get("last"))


def holds(value: Value | None, condition: Comparison) -> bool:
    """Whether a value satisfies a comparison; numbers compare with numbers, text with text."""
    if value is None:
        return False
    if isinstance(value, str) != isinstance(condition.value, str):
        return condition.op == "!="
    return _COMPARE[condition.op](value, condition.value)


class SortKey:
    """One key of a sort: a column or a field, ascending or descending.

    Raises ``InvalidArgumentError`` for something that runs cannot be sorted by.
    """

    __slots__ = ("descending", "name")

    def __init__(self, text: str) -> None:
        self.descending = text.startswith("-")
        self.name = text.removeprefix("-")
        if self.name not in COLUMNS and not re.match(r"(params|results|metrics)\..", self.name, re.DOTALL):
            raise InvalidArgumentError(
                f"runs cannot be sorted by {self.name!r}",
                hint=f"known: {', '.join(COLUMNS)}, params.x, results.x and metrics.x, with '-' in front for descending",
            )

    def value(self, run: RunRecord) -> Value | None:
        """What of the run is compared, None where it is absent."""
        if self.name == "name":
            return run.metadata.name
        if self.name == "state":
            return run.status.state
        if self.name == "start":
            return run.status.start_time or None
        if self.name == "update":
            return run.status.last_update or None
        return field_value(run, self.name)


class Rank:
    """An ordering of values for one sort key: absent last, numbers before texts, reversed when descending."""

    __slots__ = ("descending", "group", "value")

    def __init__(self, value: Value | None, descending: bool) -> None:
        self.value = value
        self.descending = descending
        self.group = 2 if value is None else int(isinstance(value, str)) ^ int(descending)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rank) and self.group == other.group and self.value == other.value

    def __lt__(self, other: Rank) -> bool:
        if self.group != other.group:
            return self.group < other.group
        if self.value is None or other.value is None:
            return False
        mine, its = (other.value, self.value) if self.descending else (self.value, other.value)
        return mine < its  # type: ignore[operator]  # one group, so both are numbers or both are texts

    __hash__ = None  # type: ignore[assignment]  # compared, never looked up


def sort_keys(sort: Sequence[str]) -> tuple[SortKey, ...]:
    """The parsed keys of ``RunQuery.sort``."""
    return tuple(SortKey(text) for text in sort)


def run_test(query: RunQuery) -> Callable[[RunRecord], bool] | None:
    """The test of a run for every condition of a query but its project, iterations and times; None: all pass."""
    tests: list[Callable[[RunRecord], bool]] = []
    if query.uid:
        tests.append(lambda run: run.metadata.uid == query.uid)
    if query.states:
        tests.append(lambda run: run.status.state in query.states)
    if query.name:
        named = name_test(query.name)
        tests.append(lambda run: named(run.metadata.name))
    for label in query.labels:
        tests.append(lambda run, label=label: label_holds(run.metadata.labels, label))  # type: ignore[misc]  # a bound name
    for comparison in query.where:
        tests.append(lambda run, it=comparison: holds(field_value(run, it.field), it))  # type: ignore[misc]  # a bound name
    if len(tests) < 2:
        return tests[0] if tests else None
    return lambda run: all(test(run) for test in tests)


def sort_runs(
    found: Iterable[T], keys: Sequence[SortKey], run_of: Callable[[T], RunRecord], id_of: Callable[[T], int]
) -> list[T]:
    """Sorted by the keys, ties newest first; faster than comparing :class:`Rank` by :class:`Rank`."""
    rows = sorted(found, key=id_of, reverse=True)
    for key in reversed(keys):
        # a stable sort for each key; reversed sorts keep the order of equals too
        absent = -1 if key.descending else 2

        def place(row: T, key: SortKey = key, absent: int = absent) -> tuple[int, Value]:
            value = key.value(run_of(row))
            return (absent, 0) if value is None else (int(isinstance(value, str)), value)

        rows.sort(key=place, reverse=key.descending)
    return rows
