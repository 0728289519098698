"""The address of a service, and the token that opens it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from mlrun_jupyter import config
from mlrun_jupyter.db.remote import nearby
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Address(NamedTuple):
    """``url`` without a password, and the token that the address itself gave, if any."""

    url: str
    token: str

    @property
    def loopback(self) -> bool:
        """Whether the service is on this machine."""
        return urlsplit(self.url).hostname in _LOOPBACK


def parse(text: str) -> Address:
    """Read an address; ``http://user:token@host`` carries a token.

    Raises ``InvalidArgumentError`` for one without a host, or with parameters.

    Example
    -------
    >>> parse("http://:s3cret@runs.example.org:8080/").url
    'http://runs.example.org:8080'
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidArgumentError(f"not the address of a service: {error}") from None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise InvalidArgumentError("not the address of a service", hint="write http://host:8080")
    netloc = f"[{host}]" if ":" in host else host
    if port is not None:
        netloc += f":{port}"
    token = unquote(parts.password or parts.username or "")
    return Address(urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", "")), token)


def find_token(address: Address) -> str:
    """The token to use: that of the address, of the settings, of their file, or of this user's own service here.

    Raises ``NotFoundError`` when the settings name a file that cannot be read.
    """
    if address.token:
        return address.token
    known = config.current().httpdb
    if known.token:
        return known.token
    if known.token_file:
        try:
            return Path(known.token_file).expanduser().read_text().strip()
        except OSError as error:
            raise NotFoundError(f"the token file cannot be read: {error.strerror}", where=known.token_file) from None
    return _own(address, (known.dirpath, config.DEFAULT_FOLDER)) if address.loopback else ""


def _own(address: Address, folders: tuple[str, ...]) -> str:
    """The token of a service of this user's, if that is the process that listens there."""
    port = urlsplit(address.url).port
    for folder in dict.fromkeys(folders):
        path = Path(folder).expanduser()
        instance = nearby.find(path)
        if instance is not None and urlsplit(instance.url).port == port:
            return nearby.token(path)
    return ""
