"""The only way to fetch from the web: TLS verified, sizes, times and redirects limited, credentials kept to their host."""

from __future__ import annotations

import base64
import http.client
import io
import ipaddress
import re
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from mlrun_jupyter.errors import DataError, InvalidArgumentError, NotFoundError, StoreUnavailableError, UnsafeError

TIMEOUT: Final = 10.0
REDIRECTS: Final = 3
MAX_BYTES: Final = 16 << 20
_PRIVATE_HEADERS: Final = ("authorization", "cookie", "proxy-authorization", "x-v3io-session-key")
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f\\]")


class Response(io.RawIOBase):
    """A response being read; a context manager. Reading more than ``max_bytes`` or longer than ``deadline`` raises.

    Attributes
    ----------
    status
        The HTTP status, 2xx or 304.
    headers
        By lower-case name.
    url
        Where it came from, after redirects, without credentials.
    """

    def __init__(self, raw: Any, *, max_bytes: int | None, deadline: float | None, where: str) -> None:
        self._raw = raw
        self._left = max_bytes
        self._limit = max_bytes
        self._until = None if deadline is None else time.monotonic() + deadline
        self.status: int = raw.status
        self.headers = {name.lower(): value for name, value in raw.headers.items()}
        self.url = without_credentials(raw.url)
        self._where = where
        size = self.headers.get("content-length", "")
        if max_bytes is not None and size.isdecimal() and int(size) > max_bytes:
            self.close()
            raise _too_large(max_bytes, where)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if self._left is not None:
            view = view[: self._left + 1]
        if self._until is not None and time.monotonic() > self._until:
            raise StoreUnavailableError("the response takes too long", where=self._where)
        try:
            data = self._raw.read1(len(view))  # what has come, so that a slow host meets the deadline
        except (OSError, http.client.HTTPException) as error:
            raise StoreUnavailableError("the connection broke", where=self._where, hint=str(error)) from error
        size = len(data)
        view[:size] = data
        if self._left is not None:
            self._left -= size
            if self._left < 0:
                raise _too_large(self._limit or 0, self._where)
        if not size and self._raw.length:
            raise StoreUnavailableError("the response is incomplete", where=self._where)
        return size

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()

    def __enter__(self) -> Self:
        return self


def open_url(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | Iterable[bytes] | None = None,
    timeout: float = TIMEOUT,
    deadline: float | None = None,
    max_bytes: int | None = MAX_BYTES,
    redirects: int = REDIRECTS,
    public_only: bool = False,
) -> Response:
    """Fetch an ``http://`` or ``https://`` address.

    Parameters
    ----------
    url
        The address; a user and password in it are sent as Basic authentication and shown nowhere.
    headers
        Sent with the request; those that hold credentials are not sent on to another host.
    body
        Sent with the request; pieces are sent one after the other, and need a ``Content-Length`` among the headers.
    timeout
        Seconds for the connection and for each wait.
    deadline
        Seconds for the whole response.
    max_bytes
        Most bytes of the response; None for no limit.
    redirects
        Most redirects; each target is checked like the address itself, and never from https to http.
    public_only
        Refuse hosts of this machine and of private networks, judged by the address that is connected to. For requests
        that a server makes on somebody's word; no proxy is used.

    Raises
    ------
    InvalidArgumentError
        Not such an address.
    UnsafeError
        A refused host or redirect, or a response that is too large.
    NotFoundError
        Status 404 or 410.
    DataError
        Another status that is no success.
    StoreUnavailableError
        The host cannot be reached, or takes too long.
    """
    target, given = _checked(url), dict(headers or {})
    if target.username is not None:
        user = f"{unquote(target.username)}:{unquote(target.password or '')}"
        given.setdefault("Authorization", "Basic " + base64.b64encode(user.encode()).decode())
    shown = without_credentials(urlunsplit(target))
    request = urllib.request.Request(shown, data=body, headers=given, method=method)  # noqa: S310 - the scheme was checked
    opener = _opener(redirects, public_only=public_only)
    try:
        raw = opener.open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(error, shown) from None
    except urllib.error.URLError as error:
        reason = error.reason
        if isinstance(reason, UnsafeError):
            raise reason from None
        raise StoreUnavailableError("the host cannot be reached", where=shown, hint=str(reason)) from error
    except (OSError, http.client.HTTPException) as error:
        raise StoreUnavailableError("the host cannot be reached", where=shown, hint=str(error)) from error
    except UnsafeError:
        raise
    except ValueError as error:  # a header that cannot be sent, a redirect that cannot be read
        raise InvalidArgumentError("the request cannot be sent", where=shown, hint=str(error)) from None
    return Response(raw, max_bytes=max_bytes, deadline=deadline, where=shown)


def read_url(url: str, *, max_bytes: int = MAX_BYTES, deadline: float = 60.0, **options: Any) -> bytes:
    """The whole response of :func:`open_url`, whose options and errors it has."""
    with open_url(url, max_bytes=max_bytes, deadline=deadline, **options) as response:
        return response.readall()


def without_credentials(url: str) -> str:
    """The address without user and password.

    Example
    -------
    >>> without_credentials("https://ann:secret@host:8443/a?b=1")
    'https://host:8443/a?b=1'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return re.sub(r"//[^/@]*@", "//", url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also where it is wrapped into another.

    Example
    -------
    >>> is_public("8.8.8.8"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("169.254.169.254")
    (True, False, False, False)
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast and not found.is_reserved and not found.is_unspecified


_KEPT: Final = "%/:?#[]@!$&'()*+,;=~"
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def _checked(url: str) -> SplitResult:
    """The parts of a web address, ASCII as they are sent."""
    try:
        parts = urlsplit(url)
        host = (
            (parts.hostname or "").encode("idna").decode() if not (parts.hostname or "").isascii() else parts.hostname
        )
        fits = parts.scheme in ("http", "https") and host and not _FORBIDDEN.search(url) and parts.port != 0
    except (ValueError, UnicodeError) as error:
        raise InvalidArgumentError(
            "not a web address", where=ascii(without_credentials(url))[:200], hint=str(error)
        ) from None
    if not fits:
        shown = ascii(without_credentials(url))[1:-1][:200]
        raise InvalidArgumentError("not a web address", where=shown, hint="https://host/path is one")
    if url.isascii():
        return parts
    place = f"[{host}]" if host and ":" in host else str(host)
    user = parts.netloc.rpartition("@")[0]
    netloc = (quote(user, safe=_KEPT) + "@" if user else "") + place + (f":{parts.port}" if parts.port else "")
    return parts._replace(
        netloc=netloc, path=quote(parts.path, safe=_KEPT), query=quote(parts.query, safe=_KEPT), fragment=""
    )


def _opener(redirects: int, *, public_only: bool) -> urllib.request.OpenerDirector:
    """Only http and https, with our own rules; urllib's default opener would also read files and ftp."""
    opener = urllib.request.OpenerDirector()
    if not public_only:
        opener.add_handler(urllib.request.ProxyHandler())
    for handler in (
        _Http(public_only),
        _Https(public_only),
        _Redirects(redirects),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = 100  # the chain is counted below, over all its hops

    def __init__(self, most: int) -> None:
        self._most = most

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        old = urlsplit(req.full_url)
        try:
            new = _checked(newurl)
        except InvalidArgumentError:
            raise UnsafeError("a redirect to something that is no web address", where=req.full_url) from None
        if old.scheme == "https" and new.scheme == "http":
            raise UnsafeError("a redirect from https to http", where=req.full_url)
        if getattr(req, "hops", 0) >= self._most:
            raise UnsafeError("too many redirects", where=req.full_url)
        request = super().redirect_request(req, fp, code, msg, headers, without_credentials(newurl))
        if request is not None:
            request.hops = getattr(req, "hops", 0) + 1  # type: ignore[attr-defined] # counted over the whole chain
            if (old.scheme, old.hostname, old.port) != (new.scheme, new.hostname, new.port):
                for name in [*request.headers, *request.unredirected_hdrs]:
                    if name.lower() in _PRIVATE_HEADERS:
                        request.remove_header(name)
        return request


class _Http(urllib.request.HTTPHandler):
    def __init__(self, public_only: bool) -> None:
        super().__init__()
        self._kind = _PublicConnection if public_only else _Connection

    def http_open(self, req: Any) -> Any:
        return self.do_open(self._kind, req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, public_only: bool) -> None:
        self._tls = ssl.create_default_context()
        super().__init__(context=self._tls)
        self._kind = _PublicTlsConnection if public_only else _TlsConnection

    def https_open(self, req: Any) -> Any:
        return self.do_open(self._kind, req, context=self._tls)


class _Listening:
    """A host that refuses a body before it has all of it says why and hangs up: that answer is still read."""

    sock: socket.socket | None

    def request(self, *arguments: Any, **options: Any) -> None:
        try:
            super().request(*arguments, **options)  # type: ignore[misc] # of the connection that this is mixed into
        except (BrokenPipeError, ConnectionResetError):
            if self.sock is None:
                raise


class _Connection(_Listening, http.client.HTTPConnection):
    pass


class _TlsConnection(_Listening, http.client.HTTPSConnection):
    pass


class _PublicConnection(_Connection):
    def connect(self) -> None:
        self.sock = _connect_public(self.host, self.port, self.timeout)


class _PublicTlsConnection(_TlsConnection):
    def connect(self) -> None:
        plain = _connect_public(self.host, self.port, self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)  # type: ignore[attr-defined] # set by the base class


def _connect_public(host: str, port: int, timeout: Any) -> socket.socket:
    """Resolve once, check every address, and connect to one that was checked: the name is not asked again."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not found or not all(is_public(str(address[0])) for *_rest, address in found):
        raise UnsafeError("the host is not on the open internet", where=host)
    family, kind, protocol, _name, address = found[0]
    plain = socket.socket(family, kind, protocol)
    try:
        plain.settimeout(timeout if isinstance(timeout, (int, float)) else TIMEOUT)
        plain.connect(address)
    except BaseException:
        plain.close()
        raise
    return plain


def _refused(error: urllib.error.HTTPError, where: str) -> Exception:
    if error.code in (404, 410):
        return NotFoundError("nothing is there", where=where)
    if error.code in (401, 403):
        return DataError(
            f"access was refused (status {error.code})", where=where, hint="give credentials in headers or the address"
        )
    if 300 <= error.code < 400:
        return UnsafeError("a redirect that is not followed", where=where)
    if error.code in (429, 502, 503, 504):
        return StoreUnavailableError(f"the host is busy (status {error.code})", where=where)
    if error.code in (413, 507):
        return DataError(f"the host has no room for it (status {error.code})", where=where, hint="free some there")
    return DataError(f"the host answered with status {error.code}", where=where, hint=str(error.reason)[:200])


def _too_large(limit: int, where: str) -> UnsafeError:
    return UnsafeError(f"the response is larger than {limit:,} bytes", where=where)
