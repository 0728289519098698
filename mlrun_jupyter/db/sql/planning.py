"""How a question about runs becomes SQL.

There are two ways to answer. Either an index gives the runs in the order asked for and each is checked, until there are
enough; or the most selective condition gives a few runs, which are checked and then sorted. Which one is cheaper is
estimated by looking a little way into the indexes. Every run is checked once more against its document
(:func:`mlrun_jupyter.db.match.run_test`), so the SQL may let through too much, but never too little.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from mlrun_jupyter.db.match import name_test
from mlrun_jupyter.db.query import Comparison, LabelCondition, RunQuery
from mlrun_jupyter.db.sql import codec
from mlrun_jupyter.db.sql.engine import Session
from mlrun_jupyter.db.sql.vocabulary import Vocabulary
from mlrun_jupyter.model import states

_LOOK: Final = 2000  # entries that an estimate looks at
_NAMES: Final = 20_000  # names that are looked through
_NAMES_LISTED: Final = 200  # names that are listed in a statement
_CHECK: Final = 8.0  # reading and checking a run costs so many times passing over it in an index


RUN: Final = "<run>"
"""Stands in :attr:`Plan.points` for the number of the run, as the statement around has it first."""


class Condition(NamedTuple):
    """A condition as an index sees it: ``d`` is the entry, in ``table``. ``point``: it can be looked up for one run.
    ``field``: what it compares."""

    table: str
    sql: str
    bound: tuple[Any, ...]
    point: bool = False
    field: str = ""


class Plan(NamedTuple):
    """``columns`` decide by a run's row, ``points`` by a look into an index; ``driver`` is the condition to begin with,
    None when the order asked for begins. ``empty``: nothing can match."""

    columns: str
    column_values: tuple[Any, ...]
    points: str
    point_values: tuple[Any, ...]
    driver: Condition | None
    empty: bool = False


_NOTHING: Final = Plan("", (), "", (), None, empty=True)


def plan(session: Session, vocabulary: Vocabulary, scope: int, query: RunQuery, sorted_by: str) -> Plan:
    """The plan for one scope; ``sorted_by`` is the field of the first sort key, if it is one."""
    names = _names(session, scope, query.name) if query.name else None
    if names is not None and not names:
        return _NOTHING
    conditions: list[Condition] = []
    for label in query.labels:
        if label.op != "!=":
            field = vocabulary.known_field(session, scope, "labels." + label.key)
            if field is None:
                return _NOTHING
            conditions.append(_label(field, label))
    for comparison in query.where:
        if comparison.op != "!=":
            field = vocabulary.known_field(session, scope, comparison.field)
            if field is None:
                return _NOTHING
            conditions.append(comparison_condition(field, comparison))
    columns, column_values = _columns(query, names)
    points = [each for each in conditions if each.point]
    driver = _driver(session, scope, query, names, conditions, sorted_by)
    return Plan(
        columns,
        column_values,
        "".join(
            f" AND EXISTS (SELECT 1 FROM {each.table} x WHERE {each.sql.replace('d.', 'x.')} AND x.run_id = {RUN})"  # noqa: S608 - made of constants
            for each in points
            if each is not driver
        ),
        tuple(value for each in points if each is not driver for value in each.bound),
        driver,
    )


def _names(session: Session, scope: int, pattern: str) -> list[int] | None:
    """The numbers of the names that match; None when there are too many names to look through."""
    if pattern.startswith("="):
        row = session.one("SELECT id FROM names WHERE scope = ? AND name = ?", (scope, pattern[1:].encode()))
        return [row[0]] if row else []
    rows = session.all("SELECT id, name FROM names WHERE scope = ? LIMIT ?", (scope, _NAMES + 1))
    if len(rows) > _NAMES:
        return None
    test = name_test(pattern)
    return [id for id, name in rows if test(bytes(name).decode())]


def _label(field: int, condition: LabelCondition) -> Condition:
    if condition.op == "=":
        return Condition("run_texts", "d.field_id = ? AND d.value = ?", (field, codec.prefix(condition.value)), True)
    return Condition("run_texts", "d.field_id = ?", (field,))


def comparison_condition(field: int, comparison: Comparison) -> Condition:
    """``= > >= < <=`` over an index, inclusive where the index cannot tell values apart."""
    value = comparison.value
    if isinstance(value, str):
        table, bound = "run_texts", codec.prefix(value)  # type: tuple[str, Any]
        exact = len(bound) < codec.PREFIX
    else:
        table, bound = "run_numbers", codec.as_float(value)
        exact = abs(bound) < codec.EXACT
    op = comparison.op if exact or comparison.op == "=" else comparison.op[0] + "="
    return Condition(table, f"d.field_id = ? AND d.value {op} ?", (field, bound), op == "=", comparison.field)


def _columns(query: RunQuery, names: Sequence[int] | None) -> tuple[str, tuple[Any, ...]]:
    """What can be decided by a run's row, as SQL that begins with `` AND``."""
    sql, bound = "", []  # type: tuple[str, list[Any]]
    if query.uid:
        sql += " AND coalesce(r.uid, NULL) = ?"  # no index is to be used for it: the driver or the order goes first
        bound.append(codec.pack_uid(query.uid))
    if query.states:
        known = state_numbers(query)
        sql += f" AND r.state IN ({_places(known)})"
        bound += known
    if names is not None and len(names) <= _NAMES_LISTED:
        sql += f" AND r.name_id IN ({_places(names)})"
        bound += names
    for column, edge, value in (
        ("started", ">=", query.start_from),
        ("started", "<", query.start_to),
        ("updated", ">=", query.update_from),
        ("updated", "<", query.update_to),
    ):
        if value is not None:
            sql += f" AND r.{column} {edge} ?"
            bound.append(round(value * 1e6))
    return sql, tuple(bound)


def state_numbers(query: RunQuery) -> list[int]:
    return [states.ALL.index(state) for state in dict.fromkeys(query.states) if state in states.ALL]


def _places(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values)) or "NULL"


def _driver(
    session: Session,
    scope: int,
    query: RunQuery,
    names: Sequence[int] | None,
    conditions: Sequence[Condition],
    sorted_by: str,
) -> Condition | None:
    """The condition to begin with, where that is cheaper than beginning with the order."""
    if query.uid:
        own = Condition("runs", "d.uid = ? AND d.scope = ?", (codec.pack_uid(query.uid), scope))
        return None if sorted_by and _size(session, own) >= _LOOK else own  # of a large sweep, the order gives a page
    candidates = [each for each in conditions if not each.field or each.field != sorted_by]
    candidates += _row_conditions(scope, query, names)
    if not candidates:
        return None
    sizes = [_size(session, each) for each in candidates]
    smallest = min(sizes)
    if smallest >= _LOOK:
        return None
    row = session.one("SELECT max(id) FROM runs")
    total = (row[0] or 0) if row else 0
    best = candidates[sizes.index(smallest)]
    passed = min(total, (query.limit + 1) * total / max(smallest, 1))
    decided = best.point or best.table == "runs"  # by the index or the row, without reading the document
    return best if smallest * _CHECK <= passed * (1.0 if decided else _CHECK) else None


def _row_conditions(scope: int, query: RunQuery, names: Sequence[int] | None) -> list[Condition]:
    found = []
    if query.states:
        known = state_numbers(query)
        found.append(Condition("runs", f"d.scope = ? AND d.state IN ({_places(known)})", (scope, *known)))
    if names is not None and len(names) <= _NAMES_LISTED:
        found.append(Condition("runs", f"d.name_id IN ({_places(names)})", tuple(names)))
    for column, since, until in (
        ("started", query.start_from, query.start_to),
        ("updated", query.update_from, query.update_to),
    ):
        edges = [(edge, value) for edge, value in ((">=", since), ("<", until)) if value is not None]
        if edges:
            sql = "".join(f" AND d.{column} {edge} ?" for edge, _value in edges)
            found.append(
                Condition("runs", "d.scope = ?" + sql, (scope, *(round(value * 1e6) for _edge, value in edges)))
            )
    return found


def _size(session: Session, condition: Condition) -> int:
    """How many entries a condition has, looking at no more than a few."""
    row = session.one(
        f"SELECT count(*) FROM (SELECT 1 FROM {condition.table} d WHERE {condition.sql} LIMIT {_LOOK}) few",  # noqa: S608 - made of constants
        condition.bound,
    )
    return int(row[0]) if row else 0
