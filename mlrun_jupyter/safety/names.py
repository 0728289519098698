"""What things may be called.

Names of projects, functions, runs, artifacts and tags become parts of paths, addresses and manifests, so they are
checked before anything else: ASCII letters, digits, ``-``, ``_`` and ``.``, no dot in front, at most 63 characters.
Free text (descriptions, labels' values) is not a name. Within a project two names that differ only in case are one.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

from mlrun_jupyter.errors import InvalidArgumentError

MAX_LENGTH: Final = 63
MAX_KEY: Final = 255
"""Artifact keys carry the run's name in front (``db_key``), so they may be longer."""
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*\Z")
_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{digit}" for digit in range(10)), *(f"lpt{digit}" for digit in range(10))}
)
"""Names that Windows gives to devices, with any ending."""
_OTHER: Final = re.compile(r"[^A-Za-z0-9._-]+")


def check_name(kind: str, text: str, *, max_length: int = MAX_LENGTH) -> str:
    """Return ``text`` when it is a name.

    Parameters
    ----------
    kind
        What it names, for the message: ``"project"``, ``"artifact key"`` ...
    text
        The name.
    max_length
        In characters.

    Raises
    ------
    InvalidArgumentError
        It is none; the hint shows the nearest name that is.

    Example
    -------
    >>> check_name("function", "train-v2")
    'train-v2'
    """
    if not isinstance(text, str):
        raise InvalidArgumentError(f"a {kind} is text, not {type(text).__name__}")
    reason = _problem(text, max_length)
    if reason:
        shown = text if len(text) <= 80 else text[:77] + "..."
        raise InvalidArgumentError(
            f"{shown!a} is not a {kind} name: {reason}",
            hint=f"use letters, digits, '-', '_' and '.', as in {normalise(text, max_length=max_length)!r}",
        )
    return text


def is_name(text: str, *, max_length: int = MAX_LENGTH) -> bool:
    """Whether :func:`check_name` would take it."""
    return isinstance(text, str) and not _problem(text, max_length)


def normalise(text: str, *, max_length: int = MAX_LENGTH) -> str:
    """The nearest name: accents are dropped, other characters become ``-``; a text that is too long, or has no such
    letter, ends in a digest, so that different texts stay different.

    Example
    -------
    >>> normalise("my model (v2)")
    'my-model-v2'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = _OTHER.sub("-", plain).strip("-.") or f"unnamed-{_digest(text)}"
    if name.partition(".")[0].lower() in _RESERVED:
        name = f"_{name}"
    if len(name) > max_length:
        name = f"{name[: max_length - 9].rstrip('-.')}-{_digest(text)}"
    return name


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]


def fold(name: str) -> str:
    """Names with the same fold are the same name."""
    return name.casefold()


def _problem(text: str, max_length: int) -> str:
    if not text:
        return "it is empty"
    if len(text) > max_length:
        return f"it is longer than {max_length} characters"
    if text[0] in ".-":
        return f"it begins with {text[0]!r}"
    if not _NAME.match(text):
        return "it holds other characters"
    if text[-1] == ".":
        return "it ends with a dot"
    if text.partition(".")[0].lower() in _RESERVED:
        return "Windows reserves it for a device"
    return ""
