"""Every exception that the package raises on purpose.

::

    MlrunError
    ├── InvalidArgumentError (ValueError)      a value that cannot be used, and where it was given
    │   ├── UnknownArgumentError (TypeError)   a name that nobody asked for, with the nearest one
    │   ├── ConversionError                    notebook code that no module can hold; carries every diagnostic
    │   └── UnsafeError                        input refused by ``mlrun_jupyter.safety``
    ├── NotFoundError (LookupError)            no such run, artifact, function, project or file
    ├── ConflictError                          the same name or uid with other content
    ├── HandlerError                           a handler that cannot be found or called
    ├── RunError                               a run that ended in ``error`` or ``aborted``; carries its record
    ├── StoreError                             a store that cannot do what was asked
    │   ├── StoreUnavailableError              unreachable, read-only, full
    │   │   └── StoreDeniedError               a service that knows no such token, or gives it no such right
    │   ├── StoreDamagedError                  bytes that are no store of ours; never overwritten
    │   └── StoreVersionError                  written by a newer version of the package
    ├── DataError                              data that cannot be read or written
    └── MissingDependencyError (ImportError)   an extra that is not installed, with its install line

A user's mistake is shown as one line, ``str(error)``: what happened, where, and what to do. In a notebook the places in
the reader's own code stand above it, and none of ours.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType


class MlrunError(Exception):
    """Base of the tree.

    Parameters
    ----------
    message
        What happened, in one sentence without a final full stop.
    where
        The cell, line, field, path or address it happened at.
    hint
        What the reader can do about it.

    Example
    -------
    >>> str(MlrunError("no such column", where="field 'label'", hint="columns are a, b"))
    "no such column (field 'label'): columns are a, b"
    """

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = self.message
        if self.where:
            text += f" ({self.where})"
        if self.hint:
            text += f": {self.hint}"
        return text

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: what the reader's code did, then the line that says it all."""
        cause = self.__cause__
        lines = []
        if cause is not None and (places := _places(cause.__traceback__)):
            lines = [*places, f"{type(cause).__name__}: {cause}", ""]
        return [*lines, *_places(self.__traceback__), _red(type(self).__name__) + f": {self}"]

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))


def _rebuild(cls: type[MlrunError], args: tuple[Any, ...], state: dict[str, Any]) -> MlrunError:
    """Errors cross process borders: rebuilt without calling the subclass's own signature."""
    error = cls.__new__(cls, *args)
    Exception.__init__(error, *args)
    error.__dict__.update(state)
    return error


class InvalidArgumentError(MlrunError, ValueError):
    """A value that cannot be used."""


class UnknownArgumentError(InvalidArgumentError, TypeError):
    """An argument, option, field or sub-command that does not exist."""


class ConversionError(InvalidArgumentError):
    """Notebook code that cannot become a module; ``diagnostics`` holds every problem, not the first."""

    def __init__(self, message: str, *, diagnostics: Iterable[Any] = (), where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.diagnostics = list(diagnostics)


class UnsafeError(InvalidArgumentError):
    """Input that ``mlrun_jupyter.safety`` refuses: a path out of its root, an archive bomb, a hostile URL."""


class NotFoundError(MlrunError, LookupError):
    """No such run, artifact, function, project, log or file."""


class ConflictError(MlrunError):
    """Something of that name or uid exists with other content."""


class HandlerError(MlrunError):
    """A handler that cannot be found, or that cannot be called with what the task gives."""


class RunError(MlrunError):
    """A run that did not complete; ``run`` is its record or run object, where one was made."""

    def __init__(self, message: str, *, run: Any = None, where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.run = run


class StoreError(MlrunError):
    """A store that cannot do what was asked."""


class StoreUnavailableError(StoreError):
    """A store that is unreachable, read-only or full."""


class StoreDeniedError(StoreUnavailableError):
    """A service that wants a token, does not know the one it was shown, or gives it no right to do this."""


class StoreDamagedError(StoreError):
    """A file that is no store of ours, or is damaged. It is left as it was found."""


class StoreVersionError(StoreError):
    """A store written by a newer version of the package than this one."""


class DataError(MlrunError):
    """Data that cannot be read or written as asked."""


class MissingDependencyError(MlrunError, ImportError):
    """A library of an extra that is not installed.

    Example
    -------
    >>> str(MissingDependencyError.of("s3fs", extra="s3"))
    "s3fs is not installed: pip install 'mlrun-jupyter[s3]'"
    """

    @classmethod
    def of(cls, module: str, *, extra: str) -> MissingDependencyError:
        return cls(f"{module} is not installed", hint=f"pip install 'mlrun-jupyter[{extra}]'")


class ConversionWarning(UserWarning):
    """Something about notebook code that its author should know, and that does not stop the conversion."""


def _places(trace: TracebackType | None) -> list[str]:
    """The lines of a traceback that are not of this package."""
    import traceback

    ours = str(Path(__file__).parent)
    frames = [frame for frame in traceback.extract_tb(trace) if not frame.filename.startswith(ours)]
    if trace is not None and frames and frames[0].filename.endswith("interactiveshell.py"):
        frames = frames[1:]  # the shell itself, which called the cell
    return [f"{_file(each.filename)}, line {each.lineno}\n    {each.line}" for each in frames]


def _file(name: str) -> str:
    """``Cell In[3]`` for the code of a cell, as IPython calls it."""
    shell = _shell()
    told = shell.compile.format_code_name(name) if shell is not None else None
    return " ".join(told) if told else f"File {name}"


def _red(text: str) -> str:
    plain = str(getattr(_shell(), "colors", "")).lower() == "nocolor"
    return text if plain else f"\x1b[31m{text}\x1b[39m"


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None


def nearest(name: str, choices: Iterable[str]) -> str:
    """``did you mean X?`` for the choice closest to ``name``, or the choices themselves, or nothing."""
    known = sorted(set(choices))
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"known: {', '.join(known)}" if known and len(known) <= 30 else ""
