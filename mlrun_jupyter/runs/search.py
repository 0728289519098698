"""The one-line filter of panels and lists: ``accuracy > 0.95 state:completed name:train label:team=ops``.

- ``accuracy > 0.95``: a result, or a parameter or metric of that name where no run has such a result; ``params.depth = 4``,
  ``results.loss < 1`` and ``metrics.loss < 1`` say which. Operators ``= != > >= < <=``; text in quotes.
- ``state:running,error``; ``state:live`` are all that go on.
- ``name:train``, or plain words: part of the name, ``*`` and ``?`` as wildcards.
- ``label:team=ops``, ``label:team!=ops``, ``label:team~=op``, ``label:gpu``.
- ``project:churn`` (``project:*`` for all), ``since:2h``, ``before:2026-11-01``, ``sort:-accuracy``.

Everything must hold.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

import msgspec

from mlrun_jupyter.db.query import Comparison, LabelCondition, RunQuery
from mlrun_jupyter.errors import InvalidArgumentError, nearest
from mlrun_jupyter.model import states, times

_TERM: Final = re.compile(
    r"""\s*(?:
        (?P<field>[^\s:<>=!"',]+)\s*(?P<op>!=|>=|<=|==|=|>|<)\s*(?P<value>"[^"]*"|'[^']*'|[^\s"']+)?
      | (?P<key>[A-Za-z]+):(?P<word>(?:"[^"]*"|[^\s"])*)
      | (?P<text>"[^"]*"|\S+)
    )""",
    re.VERBOSE,
)
_AGO: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d|w)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_KEYS: Final = ("state", "name", "label", "project", "since", "before", "sort", "uid")
_COLUMNS: Final = ("start", "update", "name", "state")
_SYNONYMS: Final = {
    "live": tuple(state for state in states.ALL if state not in states.TERMINAL and state != states.UNKNOWN),
    "failed": (states.ERROR,),
    "done": (states.COMPLETED,),
}
_SECTIONS: Final = {
    "result": "results", "results": "results", "output": "results",
    "param": "params", "params": "params", "parameter": "params", "parameters": "params",
    "metric": "metrics", "metrics": "metrics",
}  # fmt: skip
MAX_LENGTH: Final = 2_000

Where = Callable[[str], str]
"""From a bare name to the section (``results``, ``params`` or ``metrics``) it is looked up in."""


def parse(text: str, *, where: Where = lambda _name: "results", now: float | None = None) -> RunQuery:
    """The question that a filter line asks.

    Parameters
    ----------
    text
        The line; see the module.
    where
        Decides for names without a section.
    now
        Seconds since 1970 that ``since:2h`` counts from.

    Raises
    ------
    InvalidArgumentError
        A part that cannot be read; names it.

    Example
    -------
    >>> query = parse("train accuracy > 0.95 state:failed")
    >>> query.name, query.states, query.where[0].field
    ('train', ('error',), 'results.accuracy')
    """
    if len(text) > MAX_LENGTH:
        raise InvalidArgumentError(f"a filter has at most {MAX_LENGTH:,} characters")
    query, words, at = RunQuery(), [], 0  # type: tuple[RunQuery, list[str], int]
    line = text.strip()
    while at < len(line):
        match = _TERM.match(line, at)
        if match is None:
            break
        at = match.end()
        if match["op"]:
            query.where += (_comparison(match["field"], match["op"], match["value"], where),)
        elif match["key"]:
            _keyed(query, match["key"].lower(), match["word"], words, where, time.time() if now is None else now)
        else:
            words.append(match["text"].strip('"'))
    query.name = "*" + "*".join(words) + "*" if len(words) > 1 else "".join(words)
    return query


def field(name: str, where: Where) -> str:
    """``results.accuracy`` for ``accuracy``, ``result.accuracy`` or ``results.accuracy``."""
    section, dot, rest = name.partition(".")
    if dot and rest and section.lower() in _SECTIONS:
        return f"{_SECTIONS[section.lower()]}.{rest}"
    return f"{where(name)}.{name}"


def _comparison(name: str, op: str, value: str | None, where: Where) -> Comparison:
    if not value:
        raise InvalidArgumentError(f"{name} {op} what?", hint=f"write {name} {op} 0.9, or text in quotes")
    return Comparison.parse(f"{field(name, where)} {op} {value}")


def _keyed(query: RunQuery, key: str, word: str, words: list[str], where: Where, now: float) -> None:
    value = word.replace('"', "")
    if key not in _KEYS:
        raise InvalidArgumentError(f"no filter {key!r}", hint=nearest(key, _KEYS))
    if not value:
        raise InvalidArgumentError(f"{key}: what?", hint=_EXAMPLES[key])
    match key:
        case "state":
            query.states += tuple(state for each in value.split(",") if each for state in _states(each))
        case "name":
            words.append(value)
        case "label":
            query.labels += (LabelCondition.parse(value),)
        case "project":
            query.project = value
        case "uid":
            query.uid = value
        case "since":
            query.start_from = _moment(value, now)
        case "before":
            query.start_to = _moment(value, now)
        case "sort":
            bare = value.lstrip("-")
            sign = "-" if value.startswith("-") else ""
            query.sort += (sign + (bare if bare in _COLUMNS else field(bare, where)),)


_EXAMPLES: Final = {
    "state": "write state:completed or state:running,error",
    "name": "write name:train",
    "label": "write label:team=ops",
    "project": "write project:churn, or project:* for all",
    "uid": "write the whole uid",
    "since": "write since:2h or since:2026-11-01",
    "before": "write before:2d or before:2026-11-01",
    "sort": "write sort:-accuracy or sort:start",
}


def _states(word: str) -> tuple[str, ...]:
    word = word.lower()
    if word in _SYNONYMS:
        return _SYNONYMS[word]
    if word not in states.ALL:
        raise InvalidArgumentError(f"no state {word!r}", hint=nearest(word, (*states.ALL, *_SYNONYMS)))
    return (word,)


def _moment(text: str, now: float) -> float:
    if match := _AGO.fullmatch(text):
        return now - float(match[1]) * _SECONDS[match[2]]
    return times.seconds(text)


def written(query: RunQuery) -> list[str]:
    """The conditions as they were understood, one text each: what a filter box shows as chips.

    Example
    -------
    >>> written(parse("acc>0.9 state:done"))
    ['results.acc > 0.9', 'state completed']
    """
    found = [f"name {query.name.strip('*') or query.name}"] if query.name else []
    found += [f"{each.field} {each.op} {_operand(each.value)}" for each in query.where]
    found += [f"state {' or '.join(query.states)}"] if query.states else []
    found += [f"label {each.key}{each.op}{each.value}" for each in query.labels]
    found += [f"since {times.iso(query.start_from)[:16]}"] if query.start_from is not None else []
    found += [f"before {times.iso(query.start_to)[:16]}"] if query.start_to is not None else []
    found += [f"sorted by {each}" for each in query.sort]
    return found


def _operand(value: float | str) -> str:
    return f"{value:g}" if isinstance(value, float) else msgspec.json.encode(value).decode()
