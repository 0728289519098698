"""``*`` for somebody who may see some projects only: each is asked, and the answers are merged in the order asked for."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from mlrun_jupyter.db import paging
from mlrun_jupyter.db.match import Rank, sort_keys
from mlrun_jupyter.db.query import ArtifactQuery, FunctionQuery, Page, RunQuery
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model.record import Record

R = TypeVar("R", bound=Record)
Q = TypeVar("Q", RunQuery, ArtifactQuery, FunctionQuery)

_END: Final = "-"


def merged(query: Q, projects: Sequence[str], ask: Callable[[Q], Page[R]]) -> Page[R]:
    """A page of several projects. Its token says, for each of them, where the next page begins."""
    if len(projects) == 1:
        return ask(msgspec.structs.replace(query, project=projects[0]))
    tokens = _tokens(query.after, projects)
    order = _order(query)
    limit = paging.bounded(query.limit)
    pages = {
        name: ask(msgspec.structs.replace(query, project=name, after=tokens[name]))
        for name in projects
        if tokens[name] != _END
    }
    entries = [[(order(row), name, row) for row in page.rows] for name, page in pages.items()]
    taken = [(name, row) for _rank, name, row in heapq.merge(*entries, key=lambda entry: entry[0])][:limit]
    used = {name: sum(each == name for each, _row in taken) for name in pages}
    if all(used[name] == len(page.rows) and not page.after for name, page in pages.items()):
        return Page([row for _name, row in taken])
    for name, page in pages.items():
        if used[name] == len(page.rows):
            tokens[name] = page.after or _END
        elif used[name]:
            part = msgspec.structs.replace(query, project=name, after=tokens[name], limit=used[name])
            tokens[name] = ask(part).after or _END
    return Page([row for _name, row in taken], paging.token(tokens))


def _tokens(after: str, projects: Sequence[str]) -> dict[str, str]:
    if not after:
        return dict.fromkeys(projects, "")
    held = paging.position(after)
    if not isinstance(held, dict) or not all(isinstance(each, str) for each in held.values()):
        raise InvalidArgumentError("not a page token of this list")
    return {name: held.get(name, _END) for name in projects}


def _order(query: RunQuery | ArtifactQuery | FunctionQuery) -> Callable[[Any], tuple[Any, ...]]:
    if not isinstance(query, RunQuery):
        return lambda row: (Rank(row.metadata.updated or None, descending=True),)
    keys = sort_keys(query.sort)

    def rank(run: Any) -> tuple[Any, ...]:
        return (
            *(Rank(key.value(run), key.descending) for key in keys),
            Rank(run.status.start_time or None, descending=True),
        )

    return rank
