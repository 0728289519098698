"""What every part of the store in memory stands on: its lock, its numbers, its clock, and its projects."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from mlrun_jupyter import config
from mlrun_jupyter.db.document import Document
from mlrun_jupyter.model import times, values
from mlrun_jupyter.model.run import RunKey

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="Shelf")


def locked(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:

    def within(self: S, /, *args: P.args, **options: P.kwargs) -> T:
        with self._lock:
            return method(self, *args, **options)

    within.__doc__ = method.__doc__
    return within


class Shelf:
    """``clock`` is the store's time; numbers grow with each thing that is added."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._number = 0
        self._projects: dict[str, Document] = {}

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _implicit(self, name: str) -> Document:
        return {"metadata": {"name": name, "created": times.iso(self._clock())}}


def copied(value: Any) -> Any:
    """Through the encoding that the other stores use."""
    return values.decode(values.encode(value))


def within(moment: float | None, since: float | None, until: float | None) -> bool:
    if since is None and until is None:
        return True
    return moment is not None and (since is None or moment >= since) and (until is None or moment < until)


def project_name(name: str) -> str:
    return name or config.current().default_project


def keyed(key: RunKey) -> RunKey:
    return key if key.project else key._replace(project=project_name(""))
