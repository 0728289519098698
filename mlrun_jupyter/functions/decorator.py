"""``@mlrun.handler``: a function that is tracked wherever it is called."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from mlrun_jupyter.tracking.current import current

P = ParamSpec("P")
R = TypeVar("R")


def handler(
    labels: dict[str, str] | None = None, outputs: list[Any] | None = None, inputs: bool | dict[str, Any] = True
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function as a handler, and say what its values are called.

    Parameters
    ----------
    labels
        Set on the run.
    outputs
        Names, or ``name:kind`` hints, for the returned values, as ``returns`` of a task.
    inputs
        Kept for handlers written for the older form: types come from the annotations.

    Example
    -------
    ::

        @mlrun.handler(labels={"team": "growth"}, outputs=["accuracy", "model:artifact"])
        def train(data: pd.DataFrame, depth: int = 4): ...
    """
    del inputs

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            context = current()
            if context is None:
                return function(*args, **kwargs)
            for key, value in (labels or {}).items():
                context.set_label(key, value)
            if outputs and not context.run.spec.returns:
                context.run.spec.returns = list(outputs)
            return function(*args, **kwargs)

        return wrapper

    return decorate
