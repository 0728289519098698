"""The only loaders of YAML and JSON that somebody else may have written.

Nothing but plain data comes out (no objects, and times stay text), and a document cannot be a trap: size, depth and
the number of values are limited, with aliases counted as often as they are used, and a key given twice is refused
instead of the last one winning silently.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mlrun_jupyter.errors import InvalidArgumentError, UnsafeError

if TYPE_CHECKING:
    import yaml


class Limits(NamedTuple):
    """What a document may hold: ``size`` in bytes, ``nodes`` (values and keys, aliases expanded), ``depth`` in levels."""

    size: int = 5_000_000
    nodes: int = 100_000
    depth: int = 64


DEFAULT: Final = Limits()


def load_yaml(text: str | bytes, *, where: str = "", limits: Limits = DEFAULT) -> Any:
    """The plain value of a YAML document; an empty one is None.

    Parameters
    ----------
    text
        The document, bytes being UTF-8.
    where
        The file or address it came from, for messages.
    limits
        What it may hold at most.

    Raises
    ------
    UnsafeError
        A tag that asks for an object, or a document over the limits.
    InvalidArgumentError
        No YAML, more than one document, or a key given twice.

    Example
    -------
    >>> load_yaml("kind: job\\nmetadata: {name: train}")
    {'kind': 'job', 'metadata': {'name': 'train'}}
    """
    import yaml

    content = _text(text, where=where, limits=limits)
    try:
        _measure(yaml.parse(content, Loader=_loader()), where=where, limits=limits)
        return yaml.load(content, Loader=_loader())  # noqa: S506 - a safe loader, made stricter
    except yaml.constructor.ConstructorError as error:
        problem = str(error.problem or error)
        kind = UnsafeError if "tag" in problem else InvalidArgumentError
        raise kind(f"the document cannot be read: {problem}", where=_place(where, error.problem_mark)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InvalidArgumentError(f"not valid YAML: {error.problem}", where=_place(where, mark)) from None
    except yaml.YAMLError as error:
        raise InvalidArgumentError(f"not valid YAML: {error}", where=where) from None
    except (ValueError, OverflowError) as error:
        if isinstance(error, InvalidArgumentError):
            raise
        raise InvalidArgumentError(f"a value of the document cannot be read: {error}", where=where) from None


def load_json(text: str | bytes, *, where: str = "", limits: Limits = DEFAULT) -> Any:
    """The plain value of a JSON document. ``NaN`` and ``Infinity``, which Python writes, are read.

    Parameters and errors as for :func:`load_yaml`.

    Example
    -------
    >>> load_json('{"depth": [3, 4]}')
    {'depth': [3, 4]}
    """
    content = _text(text, where=where, limits=limits)
    try:
        value = json.loads(content, object_pairs_hook=_pairs)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidArgumentError(
            f"not valid JSON: {error.msg}", where=f"{where}, {place}" if where else place
        ) from None
    except RecursionError:
        raise UnsafeError(f"the document is nested deeper than {limits.depth} levels", where=where) from None
    except _DuplicateKeyError as error:
        raise InvalidArgumentError(f"the key {error.args[0]!r} is given twice", where=where) from None
    except ValueError as error:
        raise InvalidArgumentError(f"a value of the document cannot be read: {error}", where=where) from None
    _check_size_of(value, where=where, limits=limits)
    return value


def dump_yaml(value: Any) -> str:
    """YAML text of a plain value, keys in their order, readable by :func:`load_yaml` as the same value.

    Raises :class:`InvalidArgumentError` for a value that is not plain; ``model.values.plain`` makes it so.

    Example
    -------
    >>> dump_yaml({"name": "train", "tag": "1e5"})
    "name: train\\ntag: '1e5'\\n"
    """
    import yaml

    try:
        return str(
            yaml.dump(value, Dumper=_dumper(), sort_keys=False, default_flow_style=False, allow_unicode=True, width=120)
        )
    except yaml.YAMLError as error:
        raise InvalidArgumentError("the value cannot be written as YAML", hint=str(error)) from None


def _text(text: str | bytes, *, where: str, limits: Limits) -> str:
    if len(text) > limits.size:
        raise UnsafeError(
            f"the document is larger than {limits.size:,} bytes", where=where, hint="split it, or use a data file"
        )
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidArgumentError("the document is not UTF-8 text", where=where, hint=str(error)) from None


def _measure(events: Iterator[Any], *, where: str, limits: Limits) -> None:
    """Refuse a document over the limits before a single value of it is built.

    Each open collection is a frame ``[nodes, height]``; what an alias stands for was measured when its anchor closed,
    so a bomb is seen without being expanded.
    """
    import yaml

    stack: list[tuple[list[int], str | None]] = [([0, 0], None)]
    anchors: dict[str | None, tuple[int, int]] = {}
    total = 0

    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            stack.append(([1, 0], event.anchor))
            nodes, height, new = 0, 0, 1
        elif isinstance(event, yaml.CollectionEndEvent):
            (nodes, height), anchor = stack.pop()
            height += 1
            anchors[anchor] = nodes, height
            new = 0
        elif isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for _frame, anchor in stack):
                raise UnsafeError("the document contains itself", where=_place(where, event.start_mark))
            nodes, height = anchors.get(event.anchor, (1, 0))
            new = nodes
        elif isinstance(event, yaml.ScalarEvent):
            nodes, height, new = 1, 0, 1
            anchors[event.anchor] = 1, 0
        else:
            continue
        frame = stack[-1][0]
        frame[0] += nodes
        frame[1] = max(frame[1], height)
        total += new
        if total > limits.nodes:
            raise UnsafeError(
                f"the document holds more than {limits.nodes:,} values", where=_place(where, event.start_mark)
            )
        if len(stack) - 1 + height > limits.depth:
            raise UnsafeError(
                f"the document is nested deeper than {limits.depth} levels", where=_place(where, event.start_mark)
            )


def _check_size_of(value: Any, *, where: str, limits: Limits) -> None:
    """The same limits for a value that is already built (JSON has no aliases, so it is no larger than its text)."""
    nodes = 0
    level = [value]
    depth = 0
    while level:
        nodes += len(level)
        if nodes > limits.nodes:
            raise UnsafeError(f"the document holds more than {limits.nodes:,} values", where=where)
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                nodes += len(item)
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        depth += any(isinstance(item, (dict, list)) for item in level)
        if depth > limits.depth:
            raise UnsafeError(f"the document is nested deeper than {limits.depth} levels", where=where)
        level = below


class _DuplicateKeyError(ValueError):
    pass


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        seen: set[str] = set()
        raise _DuplicateKeyError(next(key for key, _value in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value] # add() returns None: the first key seen before
    return mapping


def _place(where: str, mark: Any) -> str:
    line = f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
    return ", ".join(part for part in (where, line) if part)


_loaders: list[type[yaml.CSafeLoader]] = []
_dumpers: list[type[yaml.CSafeDumper]] = []
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"
_FLOAT: Final = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+"
"""Numbers with an exponent, which YAML 1.1 reads as text unless they have a point and a signed exponent."""


def _loader() -> type[yaml.CSafeLoader]:
    """The C parser with the safe constructors, made when first needed: importing yaml takes a while."""
    if not _loaders:
        import yaml

        class Loader(yaml.CSafeLoader):
            def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
                seen: set[Any] = set()
                for key_node, _value in node.value if isinstance(node, yaml.MappingNode) else ():
                    if key_node.tag == "tag:yaml.org,2002:merge" or not isinstance(key_node, yaml.ScalarNode):
                        continue
                    key = self.construct_object(key_node)
                    if key in seen:
                        raise yaml.constructor.ConstructorError(
                            None, None, f"the key {key!r} is given twice", key_node.start_mark
                        )
                    seen.add(key)
                return super().construct_mapping(node, deep)

        Loader.yaml_implicit_resolvers = {
            letter: [pair for pair in pairs if pair[0] != _TIMESTAMP]
            for letter, pairs in yaml.CSafeLoader.yaml_implicit_resolvers.items()
        }
        _loaders.append(Loader)
    return _loaders[0]


def _dumper() -> type[yaml.CSafeDumper]:
    """Quotes text that some reader would take for a number, and writes shared values out instead of as aliases."""
    if not _dumpers:
        import re

        import yaml

        class Dumper(yaml.CSafeDumper):
            def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the base class's signature
                return True

        Dumper.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(f"^(?:{_FLOAT})$"), list("-+0123456789."))
        _dumpers.append(Dumper)
    return _dumpers[0]
