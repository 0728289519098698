"""What a worker is told of a sweep, once, before its iterations: the surroundings, the job, and how to record it."""

from __future__ import annotations

import contextlib
import importlib
import linecache
import os
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Self

import msgspec

from mlrun_jupyter import config
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runtimes.base import Job
from mlrun_jupyter.sweeps.iteration import Assignment, iteration_record
from mlrun_jupyter.tracking.secrets import Secrets

THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
"""Variables by which numerical libraries choose their number of threads."""
MAX_SOURCE = 4_000_000
"""Characters of notebook cells that travel with a handler, for tracebacks."""


class Surroundings(NamedTuple):
    """Where code runs: what a process started earlier may have otherwise; and the run that it runs for."""

    parent: RunRecord
    folder: str
    path: list[str]
    environ: dict[str, str]
    settings: dict[str, Any]
    sources: dict[str, list[str]]
    watched: str = ""
    """The metric by which the parent decides whether an iteration goes on; empty where it does not."""

    @classmethod
    def here(cls, parent: RunRecord, *, watched: str = "") -> Self:
        """Those of this process."""
        return cls(
            iteration_record(parent, Assignment(0, {})),  # without what iterations do not need
            str(Path.cwd()),
            list(sys.path),
            dict(os.environ),
            msgspec.to_builtins(config.current()),
            _cells(),
            watched,
        )

    def enter(self) -> None:
        """Make them this process's own; the number of threads stays as it was set at the start."""
        own = {name: os.environ[name] for name in THREADS if name in os.environ}
        os.environ.clear()
        os.environ.update({**self.environ, **own})
        os.chdir(self.folder)
        sys.path[:] = self.path
        self._settle()

    def visit(self) -> None:
        """Take on what a process that others started, perhaps elsewhere, can: the folder where there is such a one, the
        places of modules behind its own, the settings; its environment stays."""
        with contextlib.suppress(OSError):
            os.chdir(self.folder)
        sys.path += [each for each in self.path if each not in sys.path]
        self._settle()

    def _settle(self) -> None:
        importlib.invalidate_caches()
        config.reset()
        _set(self.settings)
        for name, lines in self.sources.items():
            linecache.cache[name] = (sum(map(len, lines)), None, lines, name)


def _set(settings: dict[str, Any], prefix: str = "") -> None:
    for name, value in settings.items():
        if isinstance(value, dict):
            _set(value, f"{prefix}{name}.")
        else:
            config.current().set(prefix + name, value)


def _cells() -> dict[str, list[str]]:
    """The source of notebook cells by the name their code goes by: it stands in no file that a worker could read."""
    found: dict[str, list[str]] = {}
    left = MAX_SOURCE
    for name, entry in reversed(list(linecache.cache.items())):
        if len(entry) != 4 or not name.endswith((".py", ">")) or Path(name).exists():
            continue
        left -= entry[0]
        if left < 0:
            break
        found[name] = entry[2]
    return found


class Session(NamedTuple):
    """What does not depend on the sweep's own run."""

    job: Job
    address: str
    """Of the store, as another process opens it."""
    secrets: dict[str, str]

    @classmethod
    def of(cls, job: Job, address: str, secrets: Secrets) -> Self:
        """The session of a sweep that is about to start.

        Raises
        ------
        InvalidArgumentError
            The store is in this process's memory.
        """
        if address.startswith("memory://"):
            raise InvalidArgumentError(
                "other processes cannot record in a store that is in memory",
                hint="choose a folder, or leave workers out",
            )
        return cls(job, address, dict(secrets))

    def packed(self, kind: str) -> bytes:
        """The session as a message; what is defined in a notebook is in it, what stands in a module is named.

        Raises
        ------
        InvalidArgumentError
            The handler holds something that cannot leave its process: a lock, an open file, a connection.
        """
        import cloudpickle  # type: ignore[import-untyped] # it brings no types

        module = _out_of_reach(self.job.handler)
        if module is not None:
            cloudpickle.register_pickle_by_value(module)
        try:
            data: bytes = cloudpickle.dumps((kind, self))
        except Exception as error:  # whatever the user's objects raise
            raise InvalidArgumentError(
                f"the handler cannot be sent to a worker: {error}",
                hint="make within it what cannot travel (locks, open files, connections), or leave workers out",
            ) from error
        finally:
            if module is not None:
                cloudpickle.unregister_pickle_by_value(module)
        return data


def _out_of_reach(handler: Any) -> ModuleType | None:
    """The module of a handler, if another process could not import it by its name: it was loaded in some other way."""
    module = sys.modules.get(getattr(handler, "__module__", None) or "")
    if module is None or module.__name__ in ("__main__", *sys.builtin_module_names):
        return None
    spec, path, name = None, None, ""
    for part in module.__name__.split("."):
        name = f"{name}.{part}" if name else part
        spec = PathFinder.find_spec(name, path)
        if spec is None:
            return module
        path = spec.submodule_search_locations
    same = spec is not None and spec.origin == getattr(module, "__file__", None)
    return None if same else module
