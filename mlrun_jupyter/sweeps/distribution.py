"""The values that a hyper-parameter may take: a list, or a distribution written as plain data.

================================  ===================================================
``[0.1, 0.3]``, ``{"choice": [...]}``  one of these
``{"int": [1, 9]}``               a whole number, both ends included
``{"range": [0, 100, 5]}``        as Python's ``range``: the end is not included
``{"uniform": [0, 1]}``           a number between the two
``{"log_uniform": [1e-5, 1e-1]}``  the same, its logarithm uniform
``{"log_int": [1, 1024]}``        a whole number, its logarithm uniform
``{"normal": [0, 1]}``            mean and standard deviation
================================  ===================================================
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mlrun_jupyter import config
from mlrun_jupyter.errors import InvalidArgumentError, nearest

DISCRETE = ("choice", "int", "range")
"""Kinds whose values can be counted and gone through."""
CONTINUOUS = ("uniform", "log_uniform", "log_int", "normal")
_ALIASES = {"loguniform": "log_uniform", "randint": "int", "logint": "log_int", "values": "choice"}
WRITTEN_OUT = 1_000
"""A ``range`` longer than this is kept as such, not as a list."""


class Distribution(NamedTuple):
    """A checked one. ``values`` are the choices of a discrete one, the two numbers of a continuous one.

    Example
    -------
    >>> Distribution.of("depth", {"int": [1, 9]}).values
    range(1, 10)
    """

    kind: str
    values: Sequence[Any]

    @classmethod
    def of(cls, name: str, given: Any) -> Distribution:
        """From what the task says for the parameter ``name``.

        Raises
        ------
        InvalidArgumentError
            No list, an empty one, an unknown distribution, or bounds that do not fit it.
        """
        where = f"hyper-parameter {name!r}"
        if not isinstance(given, Mapping):
            return cls("choice", _listed(given, where))
        if len(given) != 1:
            raise InvalidArgumentError(f"{given!r} is no list of values", where=where, hint='as in {"uniform": [0, 1]}')
        (kind, bounds), *_ = given.items()
        kind = _ALIASES.get(str(kind), str(kind))
        if kind not in (*DISCRETE, *CONTINUOUS):
            raise InvalidArgumentError(
                f"no such distribution of values: {kind!r}", where=where, hint=nearest(kind, (*DISCRETE, *CONTINUOUS))
            )
        if kind == "choice":
            return cls(kind, _listed(bounds, where))
        return cls(kind, _bounds(kind, bounds, where))

    @property
    def discrete(self) -> bool:
        return self.kind in DISCRETE

    def draw(self, source: random.Random) -> Any:
        """A value by chance."""
        if self.discrete:
            return self.values[source.randrange(len(self.values))]
        low, high = self.values
        if self.kind == "normal":
            return source.gauss(low, high)
        if self.kind == "uniform":
            return source.uniform(low, high)
        drawn = math.exp(source.uniform(math.log(low), math.log(high)))
        return min(max(round(drawn), low), high) if self.kind == "log_int" else min(max(drawn, low), high)

    def written(self) -> Any:
        """As a record shows it, and :meth:`of` reads it again."""
        if not self.discrete:
            return {self.kind: list(self.values)}
        if isinstance(self.values, range) and len(self.values) > WRITTEN_OUT:
            return {"range": [self.values.start, self.values.stop, self.values.step]}
        return list(self.values)


def _listed(values: Any, where: str) -> Sequence[Any]:
    if isinstance(values, Mapping) or not isinstance(values, Iterable):
        raise InvalidArgumentError(f"{values!r} is no list of values", where=where, hint="as in [1, 2, 3]")
    if isinstance(values, Sequence):
        found: Sequence[Any] = values
    elif hasattr(values, "tolist"):
        found = values.tolist()
    elif isinstance(values, (set, frozenset)):
        found = sorted(values, key=repr)
    else:  # an iterator may have no end: take what the limit allows, and one more
        found = list(itertools.islice(values, config.current().sweep.max_iterations + 1))
    if not len(found):
        raise InvalidArgumentError("an empty list of values", where=where)
    return found


def _bounds(kind: str, given: Any, where: str) -> Sequence[Any]:
    whole = kind in ("int", "range", "log_int")
    wanted = (1, 2, 3) if kind == "range" else (2,)
    numbers = list(given) if isinstance(given, Iterable) and not isinstance(given, (str, bytes, Mapping)) else []
    if len(numbers) not in wanted or not all(_is_number(each, whole=whole) for each in numbers):
        words = "whole numbers" if whole else "numbers"
        raise InvalidArgumentError(
            f"{kind} takes two {words}, not {given!r}", where=where, hint=f'as in {{"{kind}": [1, 10]}}'
        )
    if kind == "range":
        if len(numbers) == 3 and not numbers[2]:
            raise InvalidArgumentError("a range whose step is 0", where=where)
        return _filled(range(*map(int, numbers)), where)
    low, high = numbers
    if kind == "normal":
        if high < 0:
            raise InvalidArgumentError("a standard deviation below 0", where=where)
    elif low > high:
        raise InvalidArgumentError(f"{low!r} is greater than {high!r}", where=where, hint="the lower bound comes first")
    if kind.startswith("log_") and low <= 0:
        raise InvalidArgumentError("a logarithm needs bounds above 0", where=where, hint="use uniform or int")
    return range(int(low), int(high) + 1) if kind == "int" else (low, high)


def _filled(values: range, where: str) -> range:
    if not values:
        raise InvalidArgumentError("an empty range of values", where=where)
    return values


def _is_number(value: Any, *, whole: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return False
    return not whole or float(value).is_integer()
