"""Doing something when a module has been loaded, without loading it."""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_log = logging.getLogger(__name__)


class _Finder(MetaPathFinder):
    """Stands in front of the others, and wraps the loader of a module that is waited for.

    Being looked for is not being loaded: packages ask whether others are there.
    """

    def __init__(self) -> None:
        self.awaited: dict[str, Callable[[], None]] = {}
        self._asking: set[str] = set()

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname not in self.awaited or fullname in self._asking:
            return None
        self._asking.add(fullname)
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._asking.discard(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec

    def arrived(self, module: ModuleType) -> None:
        action = self.awaited.pop(module.__name__, None)
        if action is not None:
            try:
                action()
            except Exception as error:  # somebody's import must not fail for it
                _log.warning("autolog: %s is not recorded: %s", module.__name__, error)


class _Loader(Loader):
    """The module's own loader, which the module keeps; then the finder is told."""

    def __init__(self, own: Any) -> None:
        self._own = own

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self._own.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._own
        if module.__spec__ is not None:
            module.__spec__.loader = self._own
        self._own.exec_module(module)
        _finder.arrived(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)


_finder = _Finder()


def expect(module: str, action: Callable[[], None]) -> None:
    """Have ``action`` done once the module has been loaded."""
    _finder.awaited[module] = action
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def forget() -> None:
    """Wait for nothing any more."""
    _finder.awaited.clear()
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
