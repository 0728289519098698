"""Which token belongs to an address: told by whoever has opened a service, used by whoever reads or writes below it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

_known: dict[tuple[str, str, str], Callable[[], str]] = {}


def remember(address: str, token: Callable[[], str]) -> None:
    """Use a token for everything at or below an ``http(s)://`` address; ``token`` is asked at each use."""
    parts = urlsplit(address)
    _known[parts.scheme, parts.netloc, parts.path.rstrip("/") + "/"] = token


def token_for(url: str) -> str:
    """The token for an address, empty where none is known. Scheme, host and port have to be the very same.

    Example
    -------
    >>> remember("https://runs.example.org/api", lambda: "t0ken")
    >>> token_for("https://runs.example.org/api/x"), token_for("https://runs.example.org.evil.net/api/x")
    ('t0ken', '')
    """
    parts = urlsplit(url)
    for (scheme, host, path), token in _known.items():
        if (parts.scheme, parts.netloc) == (scheme, host) and parts.path.startswith(path):
            return token()
    return ""
