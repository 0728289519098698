"""Requests to a service: kept connections, retries, limits, and typed errors in place of status codes."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from mlrun_jupyter.db.remote import faults, wire
from mlrun_jupyter.db.remote.address import Address, find_token
from mlrun_jupyter.errors import MlrunError, StoreDeniedError, StoreUnavailableError, StoreVersionError

if TYPE_CHECKING:
    import ssl

    import httpx2

MAX_ANSWER: Final = 256 * 2**20
"""Bytes."""
CONNECT_SECONDS: Final = 2.0
READ_SECONDS: Final = 30.0
ABOUT_SECONDS: Final = 5.0
_TRIES: Final = 4
_chance = random.SystemRandom()  # not the user's generator, whose draws a seed decides
_PAUSE: Final = 0.1
"""Seconds before the second try; doubled for each further one, and varied so that many clients do not come at once."""
_LONGEST_PAUSE: Final = 2.0
_PASSING: Final = frozenset({429, 502, 503, 504})


class _PassingError(Exception):
    """A failure that may be gone at the next try; ``sent``: the request may have arrived."""

    def __init__(self, error: MlrunError, *, sent: bool, pause: float = 0.0) -> None:
        super().__init__(str(error))
        self.error = error
        self.sent = sent
        self.pause = pause


class Transport:
    """A service's API.

    Parameters
    ----------
    address
        Where it is.
    client
        Makes the ``httpx2.Client``: the seam for tests.
    sleep
        Waits for so many seconds.
    """

    def __init__(
        self,
        address: Address,
        *,
        client: Callable[[], httpx2.Client] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.address = address
        self._make = client or self._new_client
        self._sleep = sleep
        self._client: httpx2.Client | None = None
        self._pid = 0
        self._token: str | None = None
        self._about: dict[str, Any] | None = None

    def about(self, *, tries: int = 2) -> dict[str, Any]:
        """What the service says of itself; asked once.

        Raises ``StoreVersionError`` when it does not speak our version of the API, naming both.
        """
        if self._about is None:
            told = self._json(self._request("GET", f"{wire.PREFIX}/service", tries=tries, seconds=ABOUT_SECONDS))
            self._check_version(told)
            self._about = told
        return self._about

    @property
    def grants(self) -> dict[str, str]:
        """Project to role of the token in use, as far as it has been asked for and was not refused since."""
        token = (self._about or {}).get("token")
        grants = token.get("grants") if isinstance(token, dict) else None
        return grants if isinstance(grants, dict) else {}

    def asked_grants(self) -> dict[str, str]:
        """Project to role of the token in use, asked for once and without waiting for a service that is away."""
        self.about(tries=1)
        return self.grants

    def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Any:
        """The decoded answer to a question."""
        return self._json(self.call("GET", path, params))

    def send(self, method: str, path: str, value: Any, params: Sequence[tuple[str, str]] = ()) -> Any:
        """Send a value and return the decoded answer. Doing it twice is doing it once, so it may be tried again."""
        return self._json(
            self.call(method, path, params, content=value if type(value) is bytes else wire.encode(value))
        )

    def call(
        self,
        method: str,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        content: bytes | None = None,
        media: str = "application/json",
        tries: int = _TRIES,
        repeatable: bool = True,
        seconds: float = READ_SECONDS,
    ) -> bytes:
        """The answer's body.

        Parameters
        ----------
        path
            Below the API's prefix, quoted.
        tries
            How often at most.
        repeatable
            Whether a request that may have arrived can be sent again.
        seconds
            How long each try may take.

        Raises
        ------
        MlrunError
            As the service raised it, or ``StoreUnavailableError`` when it cannot be reached.
        """
        self.about(tries=tries)
        return self._request(
            method, wire.PREFIX + path, params, content=content, media=media, tries=tries, repeatable=repeatable, seconds=seconds
        )  # fmt: skip

    def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None and self._pid == os.getpid():
            client.close()

    # tries
    def _request(
        self,
        method: str,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        tries: int,
        repeatable: bool = True,
        **options: Any,
    ) -> bytes:
        fresh = False
        number = 0
        while True:
            number += 1
            try:
                return self._once(method, path, params, **options)
            except _UnauthorizedError as refused:
                if fresh:
                    self._about = None  # what was known of the token is no longer true
                    raise refused.error from None
                fresh, self._token = True, None  # it may have been replaced meanwhile
            except StoreDeniedError:
                self._about = None
                raise
            except _PassingError as passing:
                if number >= tries or (passing.sent and not repeatable):
                    raise passing.error from passing.__cause__
                pause = min(_PAUSE * 2 ** (number - 1), _LONGEST_PAUSE)
                pause *= 0.5 + _chance.random()
                self._sleep(max(pause, min(passing.pause, _LONGEST_PAUSE)))

    def _once(
        self,
        method: str,
        path: str,
        params: Sequence[tuple[str, str]],
        *,
        content: bytes | None = None,
        media: str = "application/json",
        seconds: float = READ_SECONDS,
    ) -> bytes:
        import httpx2

        headers = {"accept": "*/*", "accept-encoding": "identity"}
        if token := self.token():
            headers["authorization"] = f"Bearer {token}"
        if content is not None:
            headers["content-type"] = media
        timeout = httpx2.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
        deadline = time.monotonic() + seconds
        try:
            with self._open().stream(
                method, self.address.url + path, params=list(params) or None, content=content, headers=headers, timeout=timeout
            ) as response:  # fmt: skip
                return self._answer(response, deadline)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise _PassingError(self._unreachable(error), sent=False) from error
        except (httpx2.TransportError, OSError) as error:
            raise _PassingError(self._unreachable(error), sent=True) from error
        except (httpx2.InvalidURL, UnicodeError) as error:
            raise self._unreachable(error) from error

    def _answer(self, response: httpx2.Response, deadline: float) -> bytes:
        parts, size = [], 0
        if response.headers.get("content-encoding", "identity") != "identity":
            raise StoreUnavailableError("the answer is packed, which nobody asked for", where=self.address.url)
        for part in response.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER:
                raise StoreUnavailableError(
                    f"the service's answer is larger than {MAX_ANSWER:,} bytes", where=self.address.url
                )
            if time.monotonic() > deadline:
                raise _PassingError(
                    StoreUnavailableError("the answer takes too long", where=self.address.url), sent=True
                )
        body, status = b"".join(parts), response.status_code
        if status < 300:
            return body
        if 300 <= status < 400:
            raise StoreUnavailableError(
                "the address leads elsewhere", where=self.address.url, hint="give the address that it leads to"
            )
        error = faults.from_wire(status, _document(response, body), where=self.address.url)
        if status == 401:
            raise _UnauthorizedError(error)
        if status in _PASSING:
            raise _PassingError(error, sent=status != 429, pause=_seconds(response.headers.get("retry-after")))
        raise error

    def _unreachable(self, error: Exception) -> StoreUnavailableError:
        reason = str(error) or type(error).__name__
        hint = "is it running? start it with 'mlrun db'"
        if "CERTIFICATE_VERIFY_FAILED" in reason:
            hint = "name the file with its authority's certificate in SSL_CERT_FILE"
        return StoreUnavailableError(f"the service cannot be reached: {reason}", where=self.address.url, hint=hint)

    # what stays
    def _open(self) -> httpx2.Client:
        if self._client is None or self._pid != os.getpid():  # connections are not shared with a forked child
            self._client, self._pid = self._make(), os.getpid()
        return self._client

    def _new_client(self) -> httpx2.Client:
        import httpx2

        limits = httpx2.Limits(max_connections=16, max_keepalive_connections=8, keepalive_expiry=60.0)
        return httpx2.Client(
            follow_redirects=False,
            verify=_authorities(encrypted=self.address.url.startswith("https://")),
            limits=limits,
            trust_env=not self.address.loopback,  # no proxy stands between this machine and itself
            headers={wire.VERSION_HEADER: _own_version()},
        )

    def token(self) -> str:
        """The token in use; empty where there is none."""
        if self._token is None:
            self._token = find_token(self.address)
        return self._token

    def _json(self, body: bytes) -> Any:
        try:
            return wire.decode(body)
        except MlrunError as error:
            raise StoreUnavailableError("the service's answer is no JSON", where=self.address.url) from error

    def _check_version(self, told: Any) -> None:
        api = told.get("api") if isinstance(told, dict) else None
        if not isinstance(api, dict) or not all(isinstance(api.get(name), int) for name in ("oldest", "newest")):
            raise StoreUnavailableError("the address answers, but not as a service of ours", where=self.address.url)
        if not api["oldest"] <= wire.API <= api["newest"]:
            newer = api["oldest"] > wire.API
            raise StoreVersionError(
                f"the service is version {told.get('version')} and speaks API {api['oldest']} to {api['newest']}, "
                f"this package is version {_own_version()} and speaks API {wire.API}",
                where=self.address.url,
                hint="update mlrun-jupyter here" if newer else "update mlrun-jupyter where the service runs",
            )


class _UnauthorizedError(Exception):
    def __init__(self, error: MlrunError) -> None:
        super().__init__(str(error))
        self.error = error


def _document(response: httpx2.Response, body: bytes) -> Any:
    if not response.headers.get("content-type", "").startswith("application/json"):
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        return None


def _authorities(*, encrypted: bool) -> ssl.SSLContext:
    """Whom to trust: the usual authorities and that of ``SSL_CERT_FILE``. Where nothing is encrypted, nobody: reading
    them takes a tenth of a second."""
    import ssl

    if not encrypted:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    import httpx2

    context = httpx2.create_ssl_context()
    if own := os.environ.get("SSL_CERT_FILE"):
        context.load_verify_locations(cafile=own)
    return context


def _seconds(text: str | None) -> float:
    try:
        return max(0.0, float(text)) if text else 0.0
    except ValueError:
        return 0.0


def _own_version() -> str:
    from importlib import metadata

    try:
        return metadata.version("mlrun-jupyter")
    except metadata.PackageNotFoundError:
        return "0"
