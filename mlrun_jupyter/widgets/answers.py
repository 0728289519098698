"""What a widget's front end asks its kernel: the paths of the server extension, answered from the store at hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, unquote

import msgspec

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import InvalidArgumentError, MlrunError, NotFoundError
from mlrun_jupyter.model.run import RunKey
from mlrun_jupyter.runs import browse, content

Query = Mapping[str, str]


class Answer(NamedTuple):
    """An HTTP status and a body of JSON."""

    status: int
    body: str


def answer(db: RunDB, method: str, address: str) -> Answer:
    """Answer a request; trouble is an answer too."""
    path, _, query = address.partition("?")
    given = {name: values[-1] for name, values in parse_qs(query).items()}
    try:
        for verb, pattern, question in _ROUTES:
            match = re.fullmatch(pattern, path) if verb == method else None
            if match:
                found = question(db, {name: unquote(part) for name, part in match.groupdict().items()}, given)
                return Answer(200, msgspec.json.encode(found).decode())
        raise NotFoundError("no such question", where=path)
    except (MlrunError, ValueError) as error:
        status = 404 if isinstance(error, NotFoundError) else 400 if isinstance(error, ValueError) else 503
        known = error if isinstance(error, MlrunError) else InvalidArgumentError(str(error))
        told = {"message": known.message, "hint": known.hint, "where": known.where, "code": type(error).__name__}
        return Answer(status, msgspec.json.encode(told).decode())


def _key(path: Mapping[str, str]) -> RunKey:
    return RunKey(path["project"], path["uid"], int(path["iteration"]))


def _compare(db: RunDB, _path: Mapping[str, str], query: Query) -> Any:
    named = [each.split("/") for each in query.get("runs", "").split(",") if each]
    keys = [RunKey(unquote(project), unquote(uid), int(iteration)) for project, uid, iteration in named]
    return browse.compared(db, keys, everything=query.get("everything") == "1")


def _content(db: RunDB, path: Mapping[str, str], query: Query) -> Any:
    tag, tree, uid = (query.get(name, "") for name in ("tag", "tree", "uid"))
    offset = int(query.get("offset", 0))
    return content.content(db, path["project"], path["db_key"], tag=tag, tree=tree, uid=uid, offset=offset)


def _artifact(db: RunDB, path: Mapping[str, str], query: Query) -> Any:
    tag, tree, uid = (query.get(name, "") for name in ("tag", "tree", "uid"))
    return browse.artifact(db, path["project"], path["db_key"], tag=tag, tree=tree, uid=uid)


_RUN: Final = r"runs/(?P<project>[^/]+)/(?P<uid>[^/]+)/(?P<iteration>\d{1,9})"
_ARTIFACT: Final = r"artifacts/(?P<project>[^/]+)/(?P<db_key>[^/]+)"
_ROUTES: Final[list[tuple[str, str, Callable[[RunDB, Mapping[str, str], Query], Any]]]] = [
    ("GET", _RUN, lambda db, path, _: browse.run(db, _key(path))),
    ("GET", _RUN + "/log", lambda db, path, query: browse.log(db, _key(path), offset=int(query.get("offset", 0)))),
    (
        "GET",
        _RUN + "/series",
        lambda db, path, query: browse.series(db, _key(path), points=int(query.get("points", 200))),
    ),
    ("POST", _RUN + "/abort", lambda db, path, _: browse.abort(db, _key(path))),
    ("GET", "compare", _compare),
    ("GET", _ARTIFACT, _artifact),
    ("GET", _ARTIFACT + "/content", _content),
]
