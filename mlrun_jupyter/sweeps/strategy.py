"""Which combinations a sweep tries: counted before anything starts, made one at a time."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mlrun_jupyter import config
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.sweeps.iteration import Assignment
from mlrun_jupyter.sweeps.options import SweepOptions

RANDOM_DRAWS = 10


class Plan(NamedTuple):
    """How many combinations there are, and the combinations, lazily."""

    total: int
    combinations: Iterable[dict[str, Any]]

    def assignments(self) -> Iterator[Assignment]:
        """The combinations as iterations 1, 2, ..."""
        for number, parameters in enumerate(self.combinations, 1):
            yield Assignment(number, parameters)


def plan(hyperparams: Mapping[str, Any], options: SweepOptions) -> Plan:
    """The combinations of a task.

    ``grid``: every combination, the first parameter varies fastest. ``list``: the first values, the second values, and
    so on. ``random``: ``max_iterations`` different combinations drawn with ``seed``.

    Raises
    ------
    InvalidArgumentError
        Values that are no list, lists of different length for ``list``, or more combinations than the limit: the
        count is in the message, and nothing was started.

    Example
    -------
    >>> [each for each in plan({"a": [1, 2], "b": "xy"}, SweepOptions()).combinations][:3]
    [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'x'}, {'a': 1, 'b': 'y'}]
    """
    space = {name: _values(name, values) for name, values in hyperparams.items()}
    strategy = options.strategy or "grid"
    if strategy == "list":
        return _limited(_rows(space), options, strategy)
    if strategy == "random":
        return _random(space, options)
    return _limited(Plan(math.prod(len(values) for values in space.values()), _grid(space)), options, strategy)


def _values(name: str, values: Any) -> Sequence[Any]:
    if isinstance(values, Mapping) or not isinstance(values, Iterable):
        raise InvalidArgumentError(
            f"{values!r} is no list of values", where=f"hyper-parameter {name!r}", hint="as in [1, 2, 3]"
        )
    if isinstance(values, Sequence):
        found: Sequence[Any] = values
    elif hasattr(values, "tolist"):
        found = values.tolist()
    elif isinstance(values, (set, frozenset)):
        found = sorted(values, key=repr)
    else:  # an iterator may have no end: take what the limit allows, and one more
        found = list(itertools.islice(values, config.current().sweep.max_iterations + 1))
    if not len(found):
        raise InvalidArgumentError("an empty list of values", where=f"hyper-parameter {name!r}")
    return found


def _grid(space: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    names = list(space)
    for row in itertools.product(*(space[name] for name in reversed(names))):
        yield dict(zip(names, reversed(row), strict=True))


def _rows(space: Mapping[str, Sequence[Any]]) -> Plan:
    lengths = {name: len(values) for name, values in space.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InvalidArgumentError(
            "the lists of a sweep by rows differ in length", where=told, hint="strategy grid combines them"
        )
    count = min(lengths.values(), default=0)
    return Plan(count, ({name: values[row] for name, values in space.items()} for row in range(count)))


def _random(space: Mapping[str, Sequence[Any]], options: SweepOptions) -> Plan:
    size = math.prod(len(values) for values in space.values())
    count = min(options.max_iterations or RANDOM_DRAWS, size)
    draw = random.Random(options.seed)  # noqa: S311 - a search, not a secret
    numbers = draw.sample(range(size), count) if size < 2**62 else [draw.randrange(size) for _ in range(count)]
    return Plan(count, (_combination(space, number) for number in numbers))


def _combination(space: Mapping[str, Sequence[Any]], number: int) -> dict[str, Any]:
    """The combination with this number in the order of the grid."""
    row = {}
    for name, values in space.items():
        number, place = divmod(number, len(values))
        row[name] = values[place]
    return row


def _limited(found: Plan, options: SweepOptions, strategy: str) -> Plan:
    limit = options.max_iterations or config.current().sweep.max_iterations
    if found.total > limit:
        raise InvalidArgumentError(
            f"the {strategy} has {found.total:,} combinations, more than {limit:,}",
            hint=f"give fewer values, set max_iterations={found.total}, or use strategy 'random'",
        )
    return found
