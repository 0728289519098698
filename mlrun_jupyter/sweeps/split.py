"""Inputs that are split: an iteration for each file of a list, a pattern or a folder.

A list and a pattern (``data/part-*.csv``, ``logs/**/*.json``) can mean nothing else; a folder is split where the option
``split`` names the input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any, Final

from mlrun_jupyter import config
from mlrun_jupyter.datastore import DataItem
from mlrun_jupyter.errors import DataError, InvalidArgumentError, NotFoundError, nearest
from mlrun_jupyter.sweeps.iteration import Assignment, Outcome
from mlrun_jupyter.sweeps.options import SAMPLERS, SweepOptions
from mlrun_jupyter.sweeps.strategy import Strategy

WILD: Final = re.compile(r"[*?]")
"""What makes a path a pattern; brackets alone do not: files are called ``data (1).csv`` and ``data[1].csv``."""

Resolve = Callable[[str], DataItem]


def is_split(inputs: Mapping[str, Any], named: Container[str] = ()) -> bool:
    """Whether a task with these inputs is a sweep over files."""
    return any(name in named or isinstance(given, list | tuple) or _is_pattern(given) for name, given in inputs.items())


def files_of(inputs: Mapping[str, Any], named: list[str], resolve: Resolve) -> dict[str, list[str]]:
    """The files of each input that is split, in their order.

    Parameters
    ----------
    named
        Inputs that are split in any case.
    resolve
        From a path or address to the data there.

    Raises
    ------
    InvalidArgumentError
        An empty list, or a name that is no input.
    NotFoundError
        A folder or pattern without a file.

    Example
    -------
    >>> from mlrun_jupyter.datastore import resolve
    >>> files_of({"part": ["a.csv", "b.csv"], "model": "m.pkl"}, [], resolve)
    {'part': ['a.csv', 'b.csv']}
    """
    for name in named:
        if name not in inputs:
            raise InvalidArgumentError(f"there is no input {name!r} to split", hint=nearest(name, inputs))
    found = {}
    for name, given in inputs.items():
        if isinstance(given, list | tuple):
            found[name] = [str(each) for each in given]
        elif _is_pattern(given):
            folder, pattern = _parted(given)
            matches = re.compile(_translated(pattern)).match
            found[name] = [f"{folder}{each}" for each in _listed(resolve(folder or "."), given) if matches(each)]
        elif name in named:
            found[name] = [f"{str(given).rstrip('/')}/{each}" for each in _listed(resolve(str(given)), given)]
        else:
            continue
        if not found[name]:
            raise NotFoundError("there is no file to split", where=f"input {name!r}: {given!r:.80}")
    return found


def _is_pattern(given: Any) -> bool:
    return (
        isinstance(given, str)
        and bool(WILD.search(given))
        and not given.startswith(("http://", "https://", "store://"))
    )


def _parted(pattern: str) -> tuple[str, str]:
    """``data/`` and ``part-*.csv`` of ``data/part-*.csv``."""
    first = re.search(r"[*?\[]", pattern)
    cut = pattern.rfind("/", 0, first.start() if first else None) + 1
    return pattern[:cut], pattern[cut:]


def _translated(pattern: str) -> str:
    from fsspec.utils import glob_translate  # type: ignore[import-untyped] # it brings no types

    text: str = glob_translate(pattern)
    return text


def _listed(folder: DataItem, given: Any) -> list[str]:
    """The files in a folder and below it, but hidden ones."""
    try:
        names = folder.listdir()
    except DataError as error:
        raise NotFoundError(f"there is no folder to split: {error.message}", where=str(given)) from None
    return [name for name in names if not any(part.startswith(".") for part in name.split("/"))]


class Split:
    """Every file, for every combination of another strategy: files vary fastest.

    Several inputs go through their files together, the first with the first, and so on.

    Raises
    ------
    InvalidArgumentError
        Inputs with different numbers of files, more iterations than the limit, or a strategy that chooses by chance
        or by results: not every file would be gone through.
    """

    def __init__(self, strategy: Strategy, files: Mapping[str, list[str]], options: SweepOptions) -> None:
        if options.strategy in ("random", *SAMPLERS) or options.pruner:
            raise InvalidArgumentError(
                f"split inputs are gone through, file by file, and {options.pruner or options.strategy!r} chooses",
                hint="use strategy 'grid' or 'list'",
            )
        counts = {name: len(each) for name, each in files.items()}
        if len(set(counts.values())) > 1:
            told = ", ".join(f"{name} has {count}" for name, count in counts.items())
            raise InvalidArgumentError("the split inputs differ in their number of files", where=told)
        self._strategy = strategy
        self._files = files
        self._count = next(iter(counts.values()))
        self.total = strategy.total * self._count
        limit = options.max_iterations or config.current().sweep.max_iterations
        if self.total > limit:
            raise InvalidArgumentError(
                f"the files make {self.total:,} iterations, more than {limit:,}",
                hint=f"set max_iterations={self.total}",
            )

    def assignments(self, kept: Container[int] = ()) -> Iterator[Assignment]:
        for assignment in self._strategy.assignments():
            before = (assignment.number - 1) * self._count
            for row in range(self._count):
                if before + row + 1 not in kept:
                    inputs = {name: each[row] for name, each in self._files.items()}
                    yield Assignment(before + row + 1, assignment.parameters, inputs=inputs)

    def tell(self, outcome: Outcome) -> None:
        """Nothing is learned from an outcome."""
