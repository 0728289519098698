"""Which iteration is the best one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from mlrun_jupyter.errors import InvalidArgumentError

OPERATORS = ("min", "max")
OTHERS = ("minimum", "maximum", "mix", "mim", "maks", "mean", "avg", "average", "median")
"""What people take for operators; as ``mean.loss``, results that are nested in one of that name cannot be selected."""
_MARKED = re.compile(r"(min|max)\s*[: (=]")
"""An operator with something else than a dot behind it."""


class Selector(NamedTuple):
    """``max.accuracy``, ``min.loss``, or ``accuracy`` alone for the highest; ``report.f1`` reaches into nested results.

    Of equal values the first iteration wins. Failed iterations, and values that are no number or NaN, never do.
    """

    operator: str
    result: str

    @classmethod
    def parse(cls, text: str) -> Selector | None:
        """None for an empty text. Raises ``InvalidArgumentError`` for an operator that is neither min nor max.

        Example
        -------
        >>> Selector.parse("min.loss"), Selector.parse("accuracy")
        (Selector(operator='min', result='loss'), Selector(operator='max', result='accuracy'))
        """
        if not text:
            return None
        head, dot, tail = text.strip().partition(".")
        operator = head.lower()
        if dot and operator in OPERATORS and tail:
            return cls(operator, tail)
        if not head or (dot and (operator in OTHERS or not tail)) or _MARKED.match(operator):
            raise InvalidArgumentError(f"not a selector: {text!r}", hint="write max.<result> or min.<result>")
        return cls("max", text.strip())

    def value(self, results: Mapping[str, Any]) -> float | None:
        """The number that decides, or None where there is none."""
        found: Any = results.get(self.result)
        if found is None:
            found = results
            for step in self.result.split("."):
                found = found.get(step) if isinstance(found, Mapping) else None
        try:
            number = float(found)
        except (TypeError, ValueError, OverflowError):
            return None
        return None if math.isnan(number) else number

    def better(self, one: float, other: float) -> bool:
        """Whether ``one`` beats ``other``; equal ones do not."""
        return one > other if self.operator == "max" else one < other
