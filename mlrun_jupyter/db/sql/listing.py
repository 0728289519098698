"""Finding runs: streams in the order asked for, pages of them, and counts."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, islice
from typing import Any, Final, NamedTuple

from mlrun_jupyter.db import paging
from mlrun_jupyter.db.match import Rank, SortKey, Value, run_test, sort_keys, sort_runs
from mlrun_jupyter.db.paging import Position
from mlrun_jupyter.db.query import Page, RunQuery
from mlrun_jupyter.db.sql import codec, links, planning
from mlrun_jupyter.db.sql.codec import SELECT_RUN, RunRow
from mlrun_jupyter.db.sql.engine import Session
from mlrun_jupyter.db.sql.planning import Condition, Plan
from mlrun_jupyter.db.sql.vocabulary import Vocabulary, children, parents
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunRecord

# CROSS JOIN keeps SQLite to the order written: first the index that drives, then the run, then its name
_RUNS: Final = f"{SELECT_RUN} FROM runs r CROSS JOIN names n WHERE n.id = r.name_id"
_DRIVEN: Final = (
    "{select} FROM {table} d CROSS JOIN runs r CROSS JOIN names n WHERE {sql} AND r.id = d.{key} AND n.id = r.name_id"
)

_TOGETHER: Final = 500  # runs that are fetched by their numbers at once


class Found(NamedTuple):
    """A run that matches."""

    row: RunRow
    project: str
    run: RunRecord


class Search:
    """One question within one transaction."""

    def __init__(self, session: Session, vocabulary: Vocabulary, query: RunQuery) -> None:
        self._session = session
        self._vocabulary = vocabulary
        self._query = query
        self._keys = sort_keys(query.sort)
        self._limit = paging.bounded(query.limit)
        self._after = Position.parse(query.after, len(self._keys))

    def page(self, projects: Sequence[tuple[int, str]]) -> Page[RunRecord]:
        """A page of the runs that match in some projects."""
        found = list(islice(self.found(projects), self._limit + 1))
        rows = found[: self._limit]
        token = ""
        if len(found) > self._limit and rows:
            last = rows[-1]
            token = paging.token([*(key.value(last.run) for key in self._keys), last.row.id])
        return Page([links.filled(self._session, each.row, each.run) for each in rows], token)

    def found(self, projects: Sequence[tuple[int, str]]) -> Iterator[Found]:
        """What matches, in the order asked for, from behind the position on."""
        scopes = [(scope, name) for id, name in projects for scope in self._scopes(id)]
        streams = [self._stream(scope, name) for scope, name in scopes]
        if len(streams) == 1:
            return streams[0]
        return heapq.merge(*streams, key=self._order)

    def counted(self, projects: Sequence[tuple[int, str]]) -> dict[str, int]:
        """How many match, by state."""
        if self._query == RunQuery(
            project=self._query.project, iterations=self._query.iterations, states=self._query.states
        ):
            return self._counted_by_index(projects)
        counted: dict[str, int] = {}
        for each in self.found(projects):
            state = each.run.status.state
            counted[state] = counted.get(state, 0) + 1
        return counted

    def _counted_by_index(self, projects: Sequence[tuple[int, str]]) -> dict[str, int]:
        counted: dict[str, int] = {}
        for scope in (scope for id, _name in projects for scope in self._scopes(id)):
            for number, count in self._session.all(
                "SELECT state, count(*) FROM runs WHERE scope = ? GROUP BY state", (scope,)
            ):
                state = states.ALL[number]
                if not self._query.states or state in self._query.states:
                    counted[state] = counted.get(state, 0) + count
        return counted

    def _scopes(self, project_id: int) -> list[int]:
        if not self._query.iterations:
            return [parents(project_id)]
        return [children(project_id)] if self._query.uid else [parents(project_id), children(project_id)]

    # order
    def _order(self, found: Found) -> tuple[Any, ...]:
        return self._order_of([key.value(found.run) for key in self._keys], found.row.id)

    def _order_of(self, values: Sequence[Value | None], id: int) -> tuple[Any, ...]:
        return (*(Rank(value, key.descending) for key, value in zip(self._keys, values, strict=True)), -id)

    def _sorted(self, found: Iterable[Found]) -> list[Found]:
        return sort_runs(found, self._keys, lambda each: each.run, lambda each: each.row.id)

    def _behind(self, found: Iterable[Found]) -> Iterator[Found]:
        """Those behind the position."""
        if self._after is None:
            return iter(found)
        start = self._order_of(*self._after)
        return (each for each in found if start < self._order(each))

    # one scope
    def _stream(self, scope: int, project: str) -> Iterator[Found]:
        first = self._keys[0] if self._keys else None
        plan = planning.plan(self._session, self._vocabulary, scope, self._query, first.name if first else "")
        if plan.empty:
            return iter(())
        source = _Source(self._session, scope, project, self._query, plan)
        if plan.driver is not None:
            if self._query.uid and first is None:
                return source.latest(plan.driver, self._after.id if self._after else None)
            return self._behind(self._sorted(source.driven()))
        if first is None:
            return source.newest(self._after.id if self._after else None)
        exact = len(self._keys) == 1
        found = _Ordered(source, self._vocabulary, first, self._after, exact=exact).found()
        if exact:
            return found
        groups = (
            sorted(group, key=self._order) for _value, group in groupby(found, key=lambda each: first.value(each.run))
        )
        return self._behind(chain.from_iterable(groups))


class _Source:
    """Runs of one scope that match, from an index."""

    def __init__(self, session: Session, scope: int, project: str, query: RunQuery, plan: Plan) -> None:
        self.session = session
        self.scope = scope
        self.query = query
        self._project = project
        self._plan = plan
        self._test = run_test(query)

    def driven(self) -> Iterator[Found]:
        """By the condition that the plan begins with, in no order."""
        driver = self._plan.driver
        assert driver is not None  # noqa: S101 - the caller's
        return self.by_index(driver.table, driver.sql, driver.bound)

    def latest(self, driver: Condition, before: int | None) -> Iterator[Found]:
        """By arrival, of a condition on the row: a few at a time, for there may be many and few may be asked for."""
        size = min(self.query.limit + 1, _TOGETHER)
        while True:
            where, bound = ("", ()) if before is None else (" AND d.id < ?", (before,))
            numbers = [
                id
                for (id,) in self.session.all(
                    f"SELECT d.id FROM runs d WHERE {driver.sql}{where} ORDER BY d.id DESC LIMIT {size}",  # noqa: S608 - made of constants
                    (*driver.bound, *bound),
                )
            ]
            if numbers:
                yield from self.by_row(f"r.id IN ({', '.join('?' * len(numbers))})", numbers, "r.id DESC")
            if len(numbers) < size:
                return
            before = numbers[-1]

    def newest(self, before: int | None = None, where: str = "", bound: Sequence[Any] = ()) -> Iterator[Found]:
        """By arrival."""
        if before is not None:
            where, bound = where + " AND r.id < ?", (*bound, before)
        return self.by_row("r.scope = ?" + where, (self.scope, *bound), "r.id DESC")

    def by_row(self, sql: str, bound: Sequence[Any], order: str) -> Iterator[Found]:
        return self._checked(f"{_RUNS} AND {sql}", bound, order, number="r.id")

    def by_index(self, table: str, sql: str, bound: Sequence[Any], order: str = "") -> Iterator[Found]:
        key = "id" if table == "runs" else "run_id"
        text = _DRIVEN.format(select=SELECT_RUN, table=table, sql=sql, key=key)
        return self._checked(text, bound, order, number=f"d.{key}")

    def _checked(self, sql: str, bound: Sequence[Any], order: str, *, number: str) -> Iterator[Found]:
        plan, project, test, record = self._plan, self._project, self._test, codec.record
        text = f"{sql}{plan.columns}{plan.points.replace(planning.RUN, number)}{' ORDER BY ' + order if order else ''}"
        for values in self.session.stream(text, (*bound, *plan.column_values, *plan.point_values)):
            row = RunRow._make(values)
            run = record(row, project)
            if test is None or test(run):
                yield Found(row, project, run)


class _Ordered:
    """Runs of one scope in the order of one sort key, from an index, ties newest first.

    ``exact``: rows up to the position are left out; else those of its value are given once more, for further keys to
    tell apart.
    """

    def __init__(
        self, source: _Source, vocabulary: Vocabulary, key: SortKey, after: Position | None, *, exact: bool
    ) -> None:
        self._source = source
        self._vocabulary = vocabulary
        self._key = key
        self._after = after
        self._exact = exact
        self._way = "DESC" if key.descending else "ASC"
        self._beyond = "<" if key.descending else ">"

    def found(self) -> Iterator[Found]:
        if self._key.name == "state":
            return self._by_state()
        if self._key.name == "name":
            return self._by_name()
        if self._key.name in ("start", "update"):
            return self._by_time("started" if self._key.name == "start" else "updated")
        return self._by_field()

    @property
    def _position(self) -> Any:
        """The first value of the position: None also where it is absent there."""
        return self._after.values[0] if self._after else None

    def _group(self, same: bool) -> tuple[str, tuple[int, ...]]:
        """What restricts the rows of one value, ``same`` being whether it is the position's."""
        return (" AND r.id < ?", (self._after.id,)) if same and self._exact and self._after else ("", ())

    def _by_state(self) -> Iterator[Found]:
        for state in sorted(states.ALL, reverse=self._key.descending):
            position = str(self._position)
            if self._after is not None and (state > position if self._key.descending else state < position):
                continue
            where, bound = self._group(self._after is not None and state == position)
            yield from self._source.newest(None, " AND r.state = ?" + where, (states.ALL.index(state), *bound))

    def _by_name(self) -> Iterator[Found]:
        where, bound = "", []  # type: tuple[str, list[Any]]
        if self._after is not None:
            where, bound = f" AND name {self._beyond}= ?", [str(self._position).encode()]
        names = self._source.session.stream(
            f"SELECT id, name FROM names WHERE scope = ?{where} ORDER BY name {self._way}",  # noqa: S608 - made of constants
            (self._source.scope, *bound),
        )
        for id, name in names:
            more, values = self._group(bytes(name).decode() == self._position)
            yield from self._source.by_row("r.name_id = ?" + more, (id, *values), "r.id DESC")

    def _by_time(self, column: str) -> Iterator[Found]:
        order = f"r.{column} {self._way}, r.id DESC"
        after = codec.to_micros(self._position)
        if self._after is None:
            yield from self._source.by_row(f"r.scope = ? AND r.{column} IS NOT NULL", (self._source.scope,), order)
        elif after is not None:
            where, bound = self._group(True)
            yield from self._source.newest(None, f" AND r.{column} = ?{where}", (after, *bound))
            yield from self._source.by_row(
                f"r.scope = ? AND r.{column} {self._beyond} ?", (self._source.scope, after), order
            )
        where, bound = self._group(after is None)
        yield from self._source.newest(None, f" AND r.{column} IS NULL{where}", bound)

    def _by_field(self) -> Iterator[Found]:
        field = self._vocabulary.known_field(self._source.session, self._source.scope, self._key.name)
        position = self._position
        if field is not None and (self._after is None or position is not None):
            tables = [("run_numbers", False), ("run_texts", True)]
            for table, text in reversed(tables) if self._key.descending else tables:
                here = position is not None and isinstance(position, str) == text
                passed = position is not None and not here and isinstance(position, str) != self._key.descending
                if not passed:
                    yield from self._by_value(table, field, position if here else None)
        if any(comparison.field == self._key.name for comparison in self._source.query.where):
            return  # a run without the field satisfies no comparison
        absent = self._after is not None and position is None
        for each in self._source.newest(self._after.id if absent and self._exact and self._after else None):
            if self._key.value(each.run) is None:
                yield each

    def _by_value(self, table: str, field: int, position: Value | None) -> Iterator[Found]:
        """The runs that have the field in one of the two indexes."""
        restriction, bound = self._restriction(table, field)
        if restriction is None:
            return
        value = None
        if position is not None:
            value = codec.prefix(position) if isinstance(position, str) else codec.as_float(position)
            yield from self._of_value(table, field, value, position)
        if self._key.descending:
            where, values = (" AND d.value < ?", (value,)) if value is not None else ("", ())
            found = self._source.by_index(
                table,
                f"d.field_id = ?{restriction}{where}",
                (field, *bound, *values),
                "d.value DESC, d.run_id DESC",
            )
            yield from self._told_apart(found)
            return
        while True:
            where, values = (" AND d.value > ?", (value,)) if value is not None else ("", ())
            row = self._source.session.one(
                f"SELECT d.value FROM {table} d WHERE d.field_id = ?{restriction}{where} ORDER BY d.value LIMIT 1",  # noqa: S608 - made of constants
                (field, *bound, *values),
            )
            if row is None:
                return
            value = row[0]
            yield from self._of_value(table, field, value)

    def _restriction(self, table: str, field: int) -> tuple[str | None, tuple[Any, ...]]:
        """Comparisons of the same field bound the part of the index that is passed over; None: they leave nothing."""
        sql, bound = "", ()  # type: tuple[str, tuple[Any, ...]]
        for comparison in self._source.query.where:
            if comparison.field == self._key.name and comparison.op != "!=":
                condition = planning.comparison_condition(field, comparison)
                if condition.table != table:
                    return None, ()
                sql += " AND " + condition.sql
                bound += condition.bound
        return sql, bound

    def _of_value(self, table: str, field: int, value: Any, position: Value | None = None) -> Iterator[Found]:
        """The runs of one value of the index, newest first; from behind the position, where that is here."""
        where, bound = "", ()  # type: tuple[str, tuple[int, ...]]
        if position is not None and self._exact and not _blurred(value):
            where, bound = " AND d.run_id < ?", (self._after.id if self._after else 0,)
        found = self._source.by_index(
            table, f"d.field_id = ? AND d.value = ?{where}", (field, value, *bound), "d.run_id DESC"
        )
        if not _blurred(value):
            yield from found
            return
        ranked = sorted(found, key=self._rank)
        if position is not None and self._exact and self._after:
            start = Rank(position, self._key.descending), -self._after.id
            ranked = [each for each in ranked if start < self._rank(each)]
        yield from ranked

    def _told_apart(self, found: Iterator[Found]) -> Iterator[Found]:
        """Values that the index holds as one are sorted by what the documents say."""

        def held(each: Found) -> tuple[bool, Any]:
            value = self._key.value(each.run)
            indexed = codec.prefix(value) if isinstance(value, str) else codec.as_float(value or 0)
            return (True, indexed) if _blurred(indexed) else (False, each.row.id)  # else each is a group of its own

        for _value, group in groupby(found, key=held):
            same = list(group)
            yield from same if len(same) == 1 else sorted(same, key=self._rank)

    def _rank(self, each: Found) -> tuple[Rank, int]:
        return Rank(self._key.value(each.run), self._key.descending), -each.row.id


def _blurred(value: Any) -> bool:
    """Whether several values share this entry of an index."""
    return len(value) >= codec.PREFIX if isinstance(value, bytes) else abs(value) >= codec.EXACT


def family(session: Session, id: int) -> list[RunRow]:
    """The run as it is now and, of a parent, its iterations."""
    row = session.one(f"{_RUNS} AND r.id = ?", (id,))
    if row is None:
        return []
    run = RunRow._make(row)
    if run.iter:
        return [run]
    found = session.all(f"{_RUNS} AND r.uid = ? AND r.scope = ?", (run.uid, run.scope + 1))
    return [run, *(RunRow._make(values) for values in found)]
