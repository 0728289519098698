"""What a front end asks about functions: pages of them, one with its code and versions, and what changed between two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlrun_jupyter.db.query import FunctionQuery
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.functions import versions
from mlrun_jupyter.views import catalog
from mlrun_jupyter.views.catalog import FunctionChange, FunctionPage, FunctionSummary, FunctionView

if TYPE_CHECKING:
    from mlrun_jupyter.db.base import RunDB
    from mlrun_jupyter.model.function import FunctionRecord

MAX_ROWS: Final = 500
LATEST: Final = "latest"


def page(
    db: RunDB, *, project: str = "", name: str = "", kind: str = "", limit: int = 100, after: str = ""
) -> FunctionPage:
    """A page of functions, the newest version of each."""
    query = FunctionQuery(project=project, name=name, kind=kind, limit=max(1, min(limit, MAX_ROWS)), after=after)
    found = db.list_functions(query)
    return FunctionPage([catalog.function_summary(each) for each in found.rows], found.after)


def view(db: RunDB, project: str, name: str, *, hash: str = "") -> FunctionView:
    """A version of a function, the latest by default. Raises ``NotFoundError``."""
    kept = _versions(db, project, name)
    record = db.read_function(project, name, hash=hash or kept[0].hash)
    return catalog.function_view(record, code=_code(record), versions=kept)


def change(db: RunDB, project: str, name: str, *, old: str, new: str) -> FunctionChange:
    """What differs between two versions, by their hashes. Raises ``NotFoundError``."""
    before, after = db.read_function(project, name, hash=old), db.read_function(project, name, hash=new)
    found = versions.compare(before, after)
    return catalog.function_change(
        catalog.function_summary(before), catalog.function_summary(after), code=found.code, fields=found.fields
    )


def _versions(db: RunDB, project: str, name: str) -> list[FunctionSummary]:
    rows = db.list_functions(FunctionQuery(project=project, name=f"={name}", tag="*", limit=MAX_ROWS)).rows
    if not rows:
        raise NotFoundError("no such function", where=name)
    try:
        latest = db.read_function(project, name, tag=LATEST).metadata.hash
    except NotFoundError:
        latest = ""
    return [catalog.function_summary(each, tag=LATEST if each.metadata.hash == latest else "") for each in rows]


def _code(record: FunctionRecord) -> str:
    try:
        return record.code
    except InvalidArgumentError as error:
        return f"# {error.message}"
