"""Conditions as somebody types them above a column: ``> 3``, ``= a``, ``!= a``, ``null``, or a text that is contained."""

from __future__ import annotations

import re
from typing import Any, Final

from mlrun_jupyter.errors import InvalidArgumentError

_FORM: Final = re.compile(r"\s*(>=|<=|!=|=|>|<)?\s*(.*?)\s*", re.DOTALL)
_COMPARED: Final = {
    ">": "greater", ">=": "greater_equal", "<": "less", "<=": "less_equal", "=": "equal", "!=": "not_equal",
}  # fmt: skip


def matching(values: Any, condition: str, *, name: str = "") -> Any:
    """For each value of an Arrow column whether it fulfils the condition.

    Raises
    ------
    InvalidArgumentError
        The column cannot be compared with what the condition says.

    Example
    -------
    >>> import pyarrow
    >>> matching(pyarrow.chunked_array([[1, 5]]), "> 3").to_pylist()
    [False, True]
    """
    import pyarrow as pa  # type: ignore[import-untyped]  # ships no types
    import pyarrow.compute as pc  # type: ignore[import-untyped]  # ships no types

    form = _FORM.fullmatch(condition)
    operator, wanted = (form[1] or "", form[2]) if form else ("", condition)
    if not operator and wanted.lower() in ("null", "not null"):
        nulls = pc.is_null(values, nan_is_null=pa.types.is_floating(values.type))
        return nulls if wanted.lower() == "null" else pc.invert(nulls)
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    plain = _is_number(values.type) and _number(wanted) is not None
    if not operator and not plain and not pa.types.is_boolean(values.type):
        return _contained(values, wanted)
    try:
        return pc.call_function(_COMPARED[operator or "="], [values, _scalar(wanted, values.type)])
    except (pa.ArrowException, ValueError, OverflowError):
        raise InvalidArgumentError(
            f"{values.type} cannot be compared with {wanted[:40]!r}", where=f"column {name[:80]}" if name else ""
        ) from None


def _contained(values: Any, wanted: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return pc.match_substring(values.cast(pa.string()), wanted, ignore_case=True)
    except pa.ArrowException:
        return pa.array(
            [each is not None and wanted.lower() in str(each).lower() for each in values.to_pylist()], pa.bool_()
        )


def _scalar(wanted: str, kind: Any) -> Any:
    import pyarrow as pa

    if _is_number(kind):
        number = _number(wanted)
        if number is None:
            raise ValueError(wanted)
        return pa.scalar(number)
    return pa.scalar(
        wanted.strip("'\"") if pa.types.is_string(kind) or pa.types.is_large_string(kind) else wanted
    ).cast(kind)


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _number(text: str) -> int | float | None:
    for kind in (int, float):
        try:
            return kind(text.replace(",", ""))
        except ValueError:
            continue
    return None
