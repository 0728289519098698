"""Whether a request is meant for this service, and not sent by some other web page through a browser.

A page of another site can point a name of its own at 127.0.0.1, so the ``Host`` has to be one of ours; it can send
simple requests blindly, so what a browser marks as coming from elsewhere is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_HOST: Final = re.compile(
    r"(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?)(?::([0-9]{1,5}))?"
)
LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
_WILDCARDS: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to


class Hosts:
    """The names that the service goes by: those of loopback, the one it listens on, and those configured.

    Example
    -------
    >>> hosts = Hosts("0.0.0.0", ["runs.example.org"])
    >>> hosts.serves("runs.example.org:8080"), hosts.serves("runs.example.org.evil.net"), hosts.serves("localhost")
    (True, False, True)
    """

    def __init__(self, bound: str = "", names: Iterable[str] = ()) -> None:
        known = [*LOOPBACK, *names]
        if bound not in _WILDCARDS:
            known.append(f"[{bound}]" if ":" in bound else bound)
        self._names = frozenset(name.lower() for name in known)

    def serves(self, host: str) -> bool:
        """Whether a ``Host`` header is one of ours: compared whole, in any case, with any port."""
        match = _HOST.fullmatch(host)
        return match is not None and match[1].lower() in self._names

    def own_origin(self, origin: str, host: str) -> bool:
        """Whether an ``Origin`` header is this service itself, as the request's ``Host`` names it."""
        return self.serves(host) and origin in (f"http://{host}", f"https://{host}")


def foreign(hosts: Hosts, *, host: str, origin: str | None, site: str | None) -> bool:
    """Whether a browser sent this on behalf of another page.

    Parameters
    ----------
    host, origin, site
        The headers ``Host``, ``Origin`` and ``Sec-Fetch-Site``; None where one is missing, as programs send none.
    """
    if origin is not None:
        return not hosts.own_origin(origin, host)
    return site is not None and site not in ("same-origin", "none")
