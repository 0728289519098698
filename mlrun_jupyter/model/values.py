"""Values of parameters, results and labels: one plain form, one encoding, the same in every store.

JSON has no NaN, no infinities and no integers beyond 64 bits. They are written as ``{"$number": "nan"}`` (``inf``,
``-inf``, or the digits) and read back as what they were; a mapping that looks like that has its value in a list. Text
that is not Unicode (a lone surrogate) is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from mlrun_jupyter.errors import InvalidArgumentError

_TAG = "$number"
_MARK = b'"$number"'
_MAX_DEPTH = 64
T = TypeVar("T")
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()


def plain(value: Any, *, depth: int = 0) -> Any:
    """Reduce ``value`` to None, bool, int, float, str, list and dict.

    numpy scalars and arrays become Python's; sets and tuples become lists; keys become text; anything else becomes
    ``str(value)``. Raises :class:`InvalidArgumentError` for nesting deeper than 64.

    Example
    -------
    >>> plain({"a": (1, 2.5, None), 3: {"x"}})
    {'a': [1, 2.5, None], '3': ['x']}
    """
    kind = type(value)
    if kind is str or kind is float or kind is int or kind is bool or value is None:
        return value
    if depth >= _MAX_DEPTH:
        raise InvalidArgumentError(f"value is nested deeper than {_MAX_DEPTH} levels")
    if isinstance(value, Mapping):
        return {key if type(key) is str else str(key): plain(item, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, depth=depth + 1) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item, depth=depth + 1) for item in value), key=repr)
    if isinstance(value, bool):
        return bool(value)
    for base in (int, float, str):  # subclasses, IntEnum among them
        if isinstance(value, base):
            return base(value)
    tolist = getattr(value, "tolist", None)  # numpy, pandas and arrow scalars and arrays
    if callable(tolist):
        return plain(tolist(), depth=depth + 1)
    item = getattr(value, "item", None)  # tensors of one element
    if callable(item):
        try:
            return plain(item(), depth=depth + 1)
        except (TypeError, ValueError, RuntimeError):
            return str(value)
    return str(value)


def encode(value: Any) -> bytes:
    """JSON bytes of a plain value; nothing is changed silently.

    Raises :class:`InvalidArgumentError` for text that is not valid Unicode.
    """
    try:
        return _encoder.encode(_tag(value))
    except UnicodeEncodeError as error:
        raise InvalidArgumentError("text holds a lone surrogate", hint="it cannot be stored as UTF-8") from error


def decode(data: bytes | str) -> Any:
    """The value that :func:`encode` was given. Raises ``msgspec.DecodeError`` for broken JSON."""
    value = _decoder.decode(data)
    marked = _MARK in data if isinstance(data, bytes) else _TAG in data
    return _untag(value) if marked else value


def decode_as(decoder: msgspec.json.Decoder[T], data: bytes) -> T:
    """As :func:`decode`, for a known form. Raises ``msgspec.MsgspecError`` for another one."""
    return msgspec.convert(decode(data), decoder.type) if _MARK in data else decoder.decode(data)


def _tag(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is float:
        return value if math.isfinite(value) else {_TAG: repr(value)}
    if kind is int:
        return value if -(2**63) <= value < 2**63 else {_TAG: _digits(value)}
    if kind is dict:
        tagged = {key: _tag(item) for key, item in value.items()}
        return tagged if len(tagged) != 1 or _TAG not in tagged else {_TAG: [tagged[_TAG]]}
    if kind is list:
        return [_tag(item) for item in value]
    return _tag(plain(value))


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError as error:  # Python's limit of digits
        raise InvalidArgumentError("an integer of thousands of digits cannot be stored") from error


def _untag(value: Any) -> Any:
    if isinstance(value, dict):
        if len(value) == 1 and _TAG in value:
            held = value[_TAG]
            if isinstance(held, str):
                return _number(held)
            return {_TAG: _untag(held[0] if isinstance(held, list) and len(held) == 1 else held)}
        return {key: _untag(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_untag(item) for item in value]
    return value


def _number(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return float(text)
