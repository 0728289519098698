"""``import mlrun`` means this package, wherever no other ``mlrun`` can be imported.

A finder at the end of ``sys.meta_path`` answers for ``mlrun`` and its submodules after everybody else has passed. The
modules it gives are those of ``mlrun_jupyter`` themselves, under a second name: classes and state exist once.

An installation puts a one-line ``.pth`` file beside the package, which adds a stand-in for the finder when an
interpreter starts, imports nothing and so costs microseconds; the stand-in asks :func:`find_spec` here when ``mlrun``
is first imported. Importing ``mlrun_jupyter`` puts the finder in place as well, for copies that were not installed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any

ALIAS = "mlrun"
TARGET = "mlrun_jupyter"


class MlrunAlias:
    """Finds ``mlrun`` and ``mlrun.x`` in ``mlrun_jupyter``. The stand-in that the .pth file makes has the same name."""

    @classmethod
    def find_spec(
        cls, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return find_spec(name, path, target) if name == ALIAS or name.startswith(ALIAS + ".") else None


class AliasLoader:
    """Hands out the module of another name. ``runpy`` asks for its code, for ``python -m mlrun``."""

    def __init__(self, original: ModuleSpec) -> None:
        self.original = original

    def create_module(self, _spec: ModuleSpec) -> ModuleType:
        return import_module(self.original.name)

    def exec_module(self, module: ModuleType) -> None:
        # The module ran when it was imported; the import system has just put the alias's spec on it.
        module.__spec__ = self.original

    def is_package(self, _name: str) -> bool:
        return self.original.submodule_search_locations is not None

    def get_code(self, _name: str) -> CodeType | None:
        return self._loader.get_code(self.original.name)  # type: ignore[no-any-return]  # loaders promise no interface

    def get_source(self, _name: str) -> str | None:
        return self._loader.get_source(self.original.name)  # type: ignore[no-any-return]  # as above

    @property
    def _loader(self) -> Any:
        return self.original.loader


def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
    """The spec under which ``mlrun_jupyter.x`` is imported as ``mlrun.x``, or None when that is not ours to give."""
    if name == ALIAS:
        if _found_by_another(name, path, target):
            return None
    elif sys.modules.get(ALIAS) is not sys.modules.get(TARGET):
        return None  # a submodule that a real mlrun does not have
    from importlib.util import find_spec as find

    original = find(TARGET + name.removeprefix(ALIAS))
    if original is None:
        return None
    spec = ModuleSpec(name, AliasLoader(original), origin=original.origin)  # type: ignore[arg-type]  # a loader by duck type
    spec.submodule_search_locations = original.submodule_search_locations
    return spec


def install() -> None:
    """Put the finder at the end of ``sys.meta_path``, in place of the stand-in where there is one. Idempotent."""
    for index, finder in enumerate(sys.meta_path):
        if _is_ours(finder):
            sys.meta_path[index] = MlrunAlias
            return
    sys.meta_path.append(MlrunAlias)


def _is_ours(finder: object) -> bool:
    return getattr(finder, "__name__", "") == MlrunAlias.__name__


def _found_by_another(name: str, path: Sequence[str] | None, target: ModuleType | None) -> bool:
    """Finders that were added behind ours come first all the same."""
    ours = next((index for index, finder in enumerate(sys.meta_path) if _is_ours(finder)), -1)
    behind = sys.meta_path[ours + 1 :]
    return any(not _is_ours(finder) and finder.find_spec(name, path, target) is not None for finder in behind)
