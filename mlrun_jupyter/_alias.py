"""``import mlrun`` means this package, wherever no other ``mlrun`` can be imported.

A finder at the end of ``sys.meta_path`` answers for ``mlrun`` after everybody else has passed. The modules it gives are
those of ``mlrun_jupyter`` themselves, under a second name: classes and state exist once.

An installation puts a one-line ``.pth`` file beside the package, which adds a stand-in for the finder when an
interpreter starts, imports nothing and so costs microseconds; the stand-in asks :func:`find_spec` here when ``mlrun``
is first imported. Importing ``mlrun_jupyter`` puts the finder in place as well, for copies that were not installed.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec

TYPE_CHECKING = False  # typing itself would be most of what importing this file costs
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType
    from typing import Any

ALIAS = "mlrun"
TARGET = "mlrun_jupyter"


class MlrunAlias:
    """Finds ``mlrun`` when nobody else does. The stand-in that the .pth file makes has the same name."""

    @classmethod
    def find_spec(
        cls, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return find_spec(name, path, target) if name == ALIAS else None


class AliasSubmodules:
    """Finds ``mlrun.x`` once ``mlrun`` is this package.

    It stands first in ``sys.meta_path``: the finder of files would load ``mlrun_jupyter/x.py`` again as ``mlrun.x``.
    """

    @classmethod
    def find_spec(
        cls, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        ours = name.startswith(ALIAS + ".") and sys.modules.get(ALIAS) is sys.modules.get(TARGET)
        return _spec(name) if ours else None


class AliasLoader:
    """Hands out the module of another name. ``runpy`` asks for its code, for ``python -m mlrun``."""

    def __init__(self, original: ModuleSpec) -> None:
        self.original = original

    def create_module(self, _spec: ModuleSpec) -> ModuleType:
        return import_module(self.original.name)

    def exec_module(self, module: ModuleType) -> None:
        # The module ran when it was imported; the import system has just put the alias's spec on it.
        module.__spec__ = self.original
        if AliasSubmodules not in sys.meta_path:
            sys.meta_path.insert(0, AliasSubmodules)

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
    """The spec under which this package is imported as ``mlrun``, or None when another finder has one."""
    ours = next((index for index, finder in enumerate(sys.meta_path) if _is_ours(finder)), -1)
    for finder in sys.meta_path[ours + 1 :]:  # whoever was added behind us comes first all the same
        if not _is_ours(finder) and finder.find_spec(name, path, target) is not None:
            return None
    return _spec(name)


def install() -> None:
    """Put the finder at the end of ``sys.meta_path``, in place of the stand-in where there is one. Idempotent."""
    for index, finder in enumerate(sys.meta_path):
        if _is_ours(finder):
            sys.meta_path[index] = MlrunAlias
            return
    sys.meta_path.append(MlrunAlias)


def _is_ours(finder: object) -> bool:
    return getattr(finder, "__name__", "") == MlrunAlias.__name__


def _spec(name: str) -> ModuleSpec | None:
    from importlib.util import find_spec as find

    original = find(TARGET + name.removeprefix(ALIAS))
    if original is None:
        return None
    spec = ModuleSpec(name, AliasLoader(original), origin=original.origin)  # type: ignore[arg-type]  # a loader by duck type
    spec.submodule_search_locations = original.submodule_search_locations
    return spec
