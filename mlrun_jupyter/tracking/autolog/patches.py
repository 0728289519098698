"""Functions of frameworks that are wrapped, and put back."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class Patches:
    """What was wrapped, in order."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def wrap(self, owner: Any, name: str, around: Callable[..., Any]) -> None:
        """Have ``around(original, *arguments)`` called where ``owner.name(*arguments)`` is; nothing where there is no such name."""
        original = vars(owner).get(name)
        if original is None or not callable(original):
            return

        @functools.wraps(original)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return around(original, *args, **kwargs)

        self.replace(owner, name, wrapper)

    def replace(self, owner: Any, name: str, value: Any) -> None:
        """Set an attribute until :meth:`restore`."""
        own = name in vars(owner)
        before = vars(owner).get(name)
        setattr(owner, name, value)
        self.undo(lambda: setattr(owner, name, before) if own else delattr(owner, name))

    def undo(self, action: Callable[[], None]) -> None:
        """Have ``action`` done by :meth:`restore`."""
        self._undo.append(action)

    def restore(self) -> None:
        """Put everything back, the newest first."""
        while self._undo:
            self._undo.pop()()
