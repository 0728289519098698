"""The questions of a front end as requests, answered from a store: for whoever has no router of its own.

The Jupyter extension answers the same paths; here they serve widgets, whose kernel is asked, and a service's page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, unquote

import msgspec

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.errors import ConflictError, InvalidArgumentError, MlrunError, NotFoundError, UnsafeError
from mlrun_jupyter.model.run import RunKey
from mlrun_jupyter.runs import browse, content, libraries, overview

Parts = Mapping[str, str]


class Failure(msgspec.Struct):
    """The body of an answer that is no success."""

    message: str
    hint: str = ""
    where: str = ""
    code: str = ""


class Answer(NamedTuple):
    """An HTTP status and a body of JSON."""

    status: int
    body: bytes


def answer(db: RunDB, method: str, address: str) -> Answer:
    """Answer a request; trouble is an answer too.

    Parameters
    ----------
    db
        The store, narrowed to what the asker may see and do: nobody is refused here.
    method
        ``GET`` reads and changes nothing; ``POST`` and ``DELETE`` change a run.
    address
        The path below the place where these questions are answered, encoded, with its query.

    Example
    -------
    >>> from mlrun_jupyter.db import open_db
    >>> answer(open_db("memory://example"), "GET", "projects").status
    200
    """
    path, _, query = address.partition("?")
    given = {name: values[-1] for name, values in parse_qs(query).items()}
    try:
        for verb, pattern, question in _ROUTES:
            match = re.fullmatch(pattern, path) if verb == method else None
            if match:
                parts = {name: unquote(part) for name, part in match.groupdict().items()}
                return Answer(200, msgspec.json.encode(question(db, parts, given)))
        raise NotFoundError("no such question", where=path[:200])
    except MlrunError as error:
        return Answer(status(error), msgspec.json.encode(failure(error)))


def status(error: MlrunError) -> int:
    """The HTTP status of an error."""
    return next((code for kind, code in _STATUS if isinstance(error, kind)), 503)


def failure(error: MlrunError) -> Failure:
    """The body that says what went wrong."""
    return Failure(error.message, error.hint, error.where, type(error).__name__)


def number(given: Parts, name: str, otherwise: int) -> int:
    """An argument that is a whole number. Raises ``InvalidArgumentError``."""
    try:
        return int(given.get(name) or otherwise)
    except ValueError:
        raise InvalidArgumentError(f"{name} is no whole number", where=given[name][:40]) from None


def keys(text: str) -> list[RunKey]:
    """Runs written ``project/uid/iteration``, separated by commas. Raises ``InvalidArgumentError``."""
    found = [[unquote(part) for part in each.split("/")] for each in text.split(",") if each]
    if any(len(each) != 3 or not each[2].isdecimal() for each in found):
        raise InvalidArgumentError("these are no runs", hint="write project/uid/iteration, separated by commas")
    return [RunKey(project, uid, int(iteration)) for project, uid, iteration in found]


def _key(parts: Parts) -> RunKey:
    return RunKey(parts["project"], parts["uid"], int(parts["iteration"]))


def _runs(db: RunDB, _parts: Parts, given: Parts) -> Any:
    return browse.runs(
        db,
        filter=given.get("filter", ""),
        project=given.get("project", ""),
        columns=[name for name in given.get("columns", "").split(",") if name],
        within=given.get("within", ""),
        limit=number(given, "limit", 100),
        after=given.get("after", ""),
    )


def _log(db: RunDB, parts: Parts, given: Parts) -> Any:
    return browse.log(db, _key(parts), offset=number(given, "offset", 0), size=number(given, "size", browse.MAX_LOG))


def _compare(db: RunDB, _parts: Parts, given: Parts) -> Any:
    return browse.compared(db, keys(given.get("runs", "")), everything=given.get("everything") == "1")


def _asked(db: RunDB, given: Parts) -> RunQuery:
    return browse.asked(db, filter=given.get("filter", ""), project=given.get("project", ""))


def _artifacts(db: RunDB, _parts: Parts, given: Parts) -> Any:
    wanted = {name: given.get(name, "") for name in ("project", "name", "kind", "after")}
    return browse.artifacts(db, **wanted, limit=number(given, "limit", 100))


def _version(given: Parts) -> dict[str, str]:
    return {name: given.get(name, "") for name in ("tag", "tree", "uid")}


def _artifact(db: RunDB, parts: Parts, given: Parts) -> Any:
    return browse.artifact(db, parts["project"], parts["db_key"], **_version(given))


def _content(db: RunDB, parts: Parts, given: Parts) -> Any:
    return content.content(db, parts["project"], parts["db_key"], given, **_version(given))


def _columns(db: RunDB, parts: Parts, given: Parts) -> Any:
    return browse.columns(db, parts["project"], parts["db_key"], given, **_version(given))


def _drift(db: RunDB, parts: Parts, given: Parts) -> Any:
    return browse.drift(db, parts["project"], parts["db_key"], old=given.get("old", ""), new=given.get("new", ""))


_RUN: Final = r"runs/(?P<project>[^/]+)/(?P<uid>[^/]+)/(?P<iteration>\d{1,9})"
_ARTIFACT: Final = r"artifacts/(?P<project>[^/]+)/(?P<db_key>[^/]+)"
_ROUTES: Final[list[tuple[str, str, Callable[[RunDB, Parts, Parts], Any]]]] = [
    ("GET", "projects", lambda db, _, __: browse.projects(db)),
    ("GET", "overview", lambda db, _, __: overview.projects(db)),
    ("GET", "runs", _runs),
    ("GET", "runs/count", lambda db, _, given: overview.count(db, _asked(db, given))),
    ("GET", "runs/groups", lambda db, _, given: overview.groups(db, _asked(db, given), given.get("by", ""))),
    ("GET", _RUN, lambda db, parts, _: browse.run(db, _key(parts))),
    ("DELETE", _RUN, lambda db, parts, _: browse.delete(db, [_key(parts)])),
    ("GET", _RUN + "/log", _log),
    (
        "GET",
        _RUN + "/series",
        lambda db, parts, given: browse.series(db, _key(parts), points=number(given, "points", 200)),
    ),
    ("POST", _RUN + "/abort", lambda db, parts, _: browse.abort(db, _key(parts))),
    ("GET", "compare", _compare),
    ("GET", "artifacts", _artifacts),
    ("GET", _ARTIFACT, _artifact),
    ("GET", _ARTIFACT + "/content", _content),
    ("GET", _ARTIFACT + "/versions", lambda db, parts, _: browse.versions(db, parts["project"], parts["db_key"])),
    ("GET", _ARTIFACT + "/drift", _drift),
    ("GET", _ARTIFACT + "/columns", _columns),
    ("GET", r"libraries/(?P<library>\w+)", lambda _db, parts, _: libraries.read(parts["library"])),
]
_STATUS: Final[tuple[tuple[type[MlrunError], int], ...]] = (
    (UnsafeError, 403),
    (NotFoundError, 404),
    (ConflictError, 409),
    (InvalidArgumentError, 400),
)
