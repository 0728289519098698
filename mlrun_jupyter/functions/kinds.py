"""The kinds of functions: what runs them."""

from __future__ import annotations

from typing import Final

from mlrun_jupyter.errors import InvalidArgumentError, nearest

KINDS: Final = ("", "local", "handler", "job", "dask", "spark", "mpijob", "nuclio", "remote", "serving")
LOCAL: Final = frozenset({"", "local", "handler"})
"""Kinds that run on this machine, without an image."""
NUCLIO: Final = frozenset({"nuclio", "remote", "serving"})
"""Kinds that become a Nuclio function."""


def check_kind(kind: str, *, where: str = "kind") -> tuple[str, str]:
    """(kind, sub-kind) of ``"job"`` or ``"nuclio:mlrun"``; ``where`` it was given is for the message.

    Raises :class:`InvalidArgumentError` for a kind that nothing runs, with the nearest.

    Example
    -------
    >>> check_kind("nuclio:mlrun")
    ('nuclio', 'mlrun')
    """
    main, colon, sub = kind.partition(":")
    if main not in KINDS or (colon and main not in NUCLIO):
        raise InvalidArgumentError(
            f"unsupported runtime: {kind!r}", where=where, hint=nearest(main, [each for each in KINDS if each])
        )
    return main, sub
