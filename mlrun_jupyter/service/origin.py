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
        self._wide = bound in _WILDCARDS - {""}
        if bound not in _WILDCARDS:
            known.append(f"[{bound}]" if ":" in bound else bound)
        self._names = frozenset(name.lower() for name in known)

    def serves(self, host: str, *, local: str = "") -> bool:
        """Whether a ``Host`` header is one of ours: compared whole, in any case, with any port.

        ``local`` is the address of this machine that the connection came to. Where all of them are listened on, it is
        a name, too: no other page can claim an address.
        """
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match[1].lower()
        return name in self._names or (self._wide and bool(local) and name.strip("[]") == local)


def foreign(*, host: str, origin: str | None, site: str | None) -> bool:
    """Whether a browser sent this on behalf of another page.

    Parameters
    ----------
    host, origin, site
        The headers ``Host`` (already known to be ours), ``Origin`` and ``Sec-Fetch-Site``; None where one is missing,
        as programs send none.
    """
    if origin is not None:
        return origin not in (f"http://{host}", f"https://{host}")
    return site is not None and site not in ("same-origin", "none")
