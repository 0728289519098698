"""Requests and answers in the other system's form: its JSON has NaN, its lists have pages by token, its times offsets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec

from mlrun_jupyter.db import paging
from mlrun_jupyter.db.query import ArtifactQuery, FunctionQuery, LabelCondition, Page, RunQuery, labels
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model import times
from mlrun_jupyter.model.record import Record
from mlrun_jupyter.safety.documents import Limits, load_json
from mlrun_jupyter.service.gate import MAX_BODY
from mlrun_jupyter.service.operation import MAX_VALUES, Call
from mlrun_jupyter.service.reply import Reply

Q = TypeVar("Q", RunQuery, ArtifactQuery, FunctionQuery)
R = TypeVar("R", bound=Record)

PAGE: Final = 200
MAX_PAGE: Final = 1000
_LIMITS: Final = Limits(size=MAX_BODY, nodes=MAX_VALUES)


def answer(value: Any, *, status: int = 200) -> Reply:
    """A plain value as the client reads it; a number that JSON has not is written as Python does."""
    return Reply(json.dumps(value, ensure_ascii=False, default=str).encode(errors="backslashreplace"), status)


def nothing() -> Reply:
    """Done, and nothing to say."""
    return Reply(b"", 204)


def document(call: Call) -> dict[str, Any]:
    """The body as a mapping."""
    value = load_json(call.body, limits=_LIMITS) if call.body else {}
    if not isinstance(value, dict):
        raise InvalidArgumentError("the body is not a JSON object")
    return value


def record(kind: type[R], value: Mapping[str, Any]) -> R:
    """A document of that kind. Raises ``InvalidArgumentError`` when it does not fit."""
    try:
        return kind.from_dict(dict(value))
    except msgspec.ValidationError as error:
        raise InvalidArgumentError("the document does not fit", hint=str(error)) from None


def name(text: str) -> str:
    """``~part`` in any case, otherwise the whole name."""
    return "" if not text else text[1:] if text.startswith("~") else f"={text}"


def conditions(call: Call) -> tuple[LabelCondition, ...]:
    """The labels asked for."""
    return labels(call.params.get("label", ()))


def moment(call: Call, parameter: str) -> float | None:
    """A time of the parameters."""
    text = call.text(parameter)
    return times.seconds(text.replace(" ", "+")) if text else None  # a + that came as it is has become a space


def pages(call: Call, query: Q, ask: Callable[[Q], Page[R]]) -> tuple[list[R], dict[str, Any]]:
    """A page of rows, and what the client needs for the next: a token that holds the whole question."""
    held = call.text("page-token")
    if held:
        return _next(query, held, ask)
    size = _size(call)
    number = call.number("page", 1)
    if number < 1:
        raise InvalidArgumentError("pages count from 1", where="parameter page")
    before = (number - 1) * size
    while before:  # in long strides: whoever asks for a distant page of short ones keeps nobody waiting
        query.limit = min(before, MAX_PAGE)
        page = ask(query)
        if not page.after:
            return [], _pagination(number, size, "")
        before -= len(page.rows)
        query.after = page.after
    query.limit = size
    page = ask(query)
    return page.rows, _pagination(number, size, _token(query, number, page.after))


def _next(query: Q, held: str, ask: Callable[[Q], Page[R]]) -> tuple[list[R], dict[str, Any]]:
    try:
        number, fields = paging.position(held)
        question = msgspec.convert(fields, type(query))
        number = int(number)
    except (msgspec.MsgspecError, ValueError, TypeError):
        raise InvalidArgumentError("not a page token of this list") from None
    if question.project != query.project:
        raise InvalidArgumentError("the page token is of another project")
    question.limit = min(question.limit, MAX_PAGE)
    page = ask(question)
    return page.rows, _pagination(number, question.limit, _token(question, number, page.after))


def _token(query: Any, number: int, after: str) -> str:
    if not after:
        return ""
    return paging.token([number + 1, msgspec.to_builtins(msgspec.structs.replace(query, after=after))])


def _pagination(number: int, size: int, token: str) -> dict[str, Any]:
    return {"page": number, "page-size": size, "page-token": token or None}


def _size(call: Call) -> int:
    size = call.number("page-size", PAGE)
    if size < 1:
        raise InvalidArgumentError("a page has at least one row", where="parameter page-size")
    return min(size, MAX_PAGE)


def every(query: Q, ask: Callable[[Q], Page[R]]) -> Iterator[R]:
    """All rows, page by page."""
    query.limit = MAX_PAGE
    while True:
        page = ask(query)
        yield from page.rows
        if not page.after:
            return
        query.after = page.after
