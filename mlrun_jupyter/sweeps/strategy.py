"""Which combinations a sweep tries: counted before anything starts, made one at a time."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from mlrun_jupyter import config
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model import values
from mlrun_jupyter.sweeps.distribution import Distribution
from mlrun_jupyter.sweeps.iteration import Assignment, Outcome
from mlrun_jupyter.sweeps.options import SweepOptions

GRID = "grid"
"""The strategy when nobody names one."""
RANDOM_DRAWS = 10
"""Draws when nobody says how many."""
Space = Mapping[str, Distribution]


class Strategy(Protocol):
    """Gives out combinations, and may learn from what comes of them."""

    @property
    def total(self) -> int: ...
    def assignments(self, kept: Container[int] = ...) -> Iterator[Assignment]:
        """Iterations 1, 2, ... but for those that are kept, made when they are asked for."""

    def tell(self, outcome: Outcome) -> None:
        """What came of an iteration, this time or before."""


class Plan(NamedTuple):
    """How many combinations there are, and the combinations, lazily."""

    total: int
    combinations: Iterable[dict[str, Any]]

    def assignments(self, kept: Container[int] = ()) -> Iterator[Assignment]:
        """The combinations as iterations 1, 2, ... but for those that are kept."""
        for number, parameters in enumerate(self.combinations, 1):
            if number not in kept:
                yield Assignment(number, parameters)

    def tell(self, outcome: Outcome) -> None:
        """Nothing is learned from an outcome."""


def space_of(hyperparams: Mapping[str, Any]) -> dict[str, Distribution]:
    """The values of each hyper-parameter, checked. Raises ``InvalidArgumentError``; see ``Distribution``."""
    return {name: Distribution.of(name, values) for name, values in hyperparams.items()}


def written(hyperparams: Mapping[str, Any]) -> dict[str, Any]:
    """The values as a record keeps them: iterators and ranges written out, so that the sweep can be resumed."""
    return {name: values.plain(each.written()) for name, each in space_of(hyperparams).items()}


def plan(hyperparams: Mapping[str, Any], options: SweepOptions) -> Plan:
    """The combinations of a task.

    ``grid``: every combination, the first parameter varies fastest. ``list``: the first values, the second values, and
    so on. ``random``: ``max_iterations`` combinations drawn with ``seed``; where they can be counted, no one twice.

    Raises
    ------
    InvalidArgumentError
        Values that are no list, lists of different length for ``list``, values that cannot be counted for a grid or
        list, or more combinations than the limit: the count is in the message, and nothing was started.

    Example
    -------
    >>> [each for each in plan({"a": [1, 2], "b": "xy"}, SweepOptions()).combinations][:3]
    [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'x'}, {'a': 1, 'b': 'y'}]
    """
    space = space_of(hyperparams)
    strategy = options.strategy or GRID
    if strategy == "random":
        return _random(space, options)
    _check_countable(space, strategy)
    if strategy == "list":
        return _limited(_rows(space), options, strategy)
    return _limited(Plan(_size(space), _grid(space)), options, strategy)


def _size(space: Space) -> int:
    return math.prod(len(each.values) for each in space.values())


def _check_countable(space: Space, strategy: str) -> None:
    for name, each in space.items():
        if not each.discrete:
            raise InvalidArgumentError(
                f"a {strategy} goes through values, and {each.kind} has no end of them",
                where=f"hyper-parameter {name!r}",
                hint="use strategy 'random', or give a list",
            )


def _grid(space: Space) -> Iterator[dict[str, Any]]:
    names = list(space)
    for row in itertools.product(*(space[name].values for name in reversed(names))):
        yield dict(zip(names, reversed(row), strict=True))


def _rows(space: Space) -> Plan:
    lengths = {name: len(each.values) for name, each in space.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InvalidArgumentError(
            "the lists of a sweep by rows differ in length", where=told, hint="strategy grid combines them"
        )
    count = min(lengths.values(), default=0)
    return Plan(count, ({name: each.values[row] for name, each in space.items()} for row in range(count)))


def _random(space: Space, options: SweepOptions) -> Plan:
    """Draws are the same for the same seed, however many are asked for: more only go on where fewer end."""
    draw = random.Random(options.seed)  # noqa: S311 - a search, not a secret
    wanted = options.max_iterations or RANDOM_DRAWS
    if all(each.discrete for each in space.values()):
        size = _size(space)
        count = min(wanted, size)
        return Plan(count, (_combination(space, number) for number in _different(draw, size, count)))
    return Plan(wanted, ({name: each.draw(draw) for name, each in space.items()} for _ in range(wanted)))


def _different(draw: random.Random, size: int, count: int) -> Iterator[int]:
    """Different numbers below ``size``: a shuffle of them all, of which only the cards that were moved are remembered."""
    moved: dict[int, int] = {}
    for place in range(count):
        other = draw.randrange(place, size)
        yield moved.get(other, other)
        moved[other] = moved.pop(place, place)


def _combination(space: Space, number: int) -> dict[str, Any]:
    """The combination with this number in the order of the grid."""
    row = {}
    for name, each in space.items():
        number, place = divmod(number, len(each.values))
        row[name] = each.values[place]
    return row


def _limited(found: Plan, options: SweepOptions, strategy: str) -> Plan:
    check_count(found.total, options, strategy)
    return found


def limit_of(options: SweepOptions) -> int:
    """How many combinations a sweep may have."""
    return options.max_iterations or config.current().sweep.max_iterations


def check_count(total: int, options: SweepOptions, strategy: str) -> None:
    """Raises ``InvalidArgumentError`` with the count for more combinations than the limit."""
    if total > limit_of(options):
        raise InvalidArgumentError(
            f"the {strategy} has {total:,} combinations, more than {limit_of(options):,}",
            hint=f"give fewer values, set max_iterations={total}, or use strategy 'random'",
        )
