"""Starting and running the service."""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from mlrun_jupyter import config
from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.remote import nearby
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError, StoreUnavailableError
from mlrun_jupyter.service import instance, logs
from mlrun_jupyter.service.access import TokenBook
from mlrun_jupyter.service.version import version

if TYPE_CHECKING:
    from mlrun_jupyter.runs.retention import Rule

log = logging.getLogger(__name__)

GRACE: Final = 5
"""Seconds that requests under way have when the service is told to stop."""


class Settings(msgspec.Struct, kw_only=True):
    """How a service is to run; see :func:`serve`."""

    port: int = 8080
    host: str = "127.0.0.1"
    dirpath: str = config.DEFAULT_FOLDER
    dsn: str = ""
    workers: int = 1
    token: str = ""
    names: tuple[str, ...] = ()
    artifact_path: str = ""
    certificate: str = ""
    key: str = ""
    log_format: str = "text"
    log_level: str = "INFO"
    retention: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        return Path(self.dirpath).expanduser().absolute()

    def rules(self) -> list[Rule]:
        if not any(self.retention):  # nor is what keeps them loaded
            return []
        from mlrun_jupyter.runs import retention

        return retention.rules(";".join(self.retention))

    def book(self) -> TokenBook:
        return TokenBook(self.folder / nearby.FOLDER, extra=self.token)


def serve(
    *,
    port: int | None = None,
    host: str = "",
    dirpath: str = "",
    dsn: str = "",
    workers: int = 1,
    token_file: str = "",
    names: Sequence[str] = (),
    artifact_path: str = "",
    certificate: str = "",
    key: str = "",
    log_format: str = "text",
    log_level: str = "INFO",
    retention: Sequence[str] = (),
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a store until told to stop (Ctrl-C, SIGTERM).

    What is left out comes from the settings ``httpdb.*`` (``MLRUN_HTTPDB__PORT`` and the like).

    Parameters
    ----------
    port
        Where it listens; 0 for any that is free.
    host
        The address it listens on. Anything but loopback takes a token that was set up on purpose.
    dirpath
        The store's folder; the service keeps its tokens below it.
    dsn
        ``postgresql://...``: keep the data there instead.
    workers
        Processes that answer.
    token_file
        A file with a token of the owner's, instead of the one that is made at random.
    names
        Host names by which it is reached besides loopback and the address that it listens on.
    artifact_path
        Where clients put artifacts; the folder's own by default.
    certificate, key
        PEM files, for TLS.
    log_format, log_level
        ``text`` or ``json``; ``WARNING`` leaves out the line for each request.
    retention
        Rules of :mod:`mlrun_jupyter.runs.retention`: what is deleted, looked for once an hour.
    ready
        Called with the address once it is bound.

    Raises
    ------
    InvalidArgumentError
        Settings that do not go together, or would open the service to everybody.
    ConflictError
        Another service runs for the folder.
    StoreError
        The store cannot be used.
    """
    settings = _settings(
        port=port, host=host, dirpath=dirpath, dsn=dsn, workers=workers, token_file=token_file, names=tuple(names),
        artifact_path=artifact_path, certificate=certificate, key=key, log_format=log_format, log_level=log_level,
        retention=tuple(retention),
    )  # fmt: skip
    logging_settings = logs.settings(settings.log_format, settings.log_level)
    with instance.Claim(settings.folder) as claim:
        book = settings.book()
        _check_open(settings, book)
        book.prepare()
        with _bound(settings) as listener:
            settings.port = listener.getsockname()[1]
            if workers == 1:
                open_db(settings.dsn or str(settings.folder))  # what is wrong with it is told before anybody connects
            url = address(settings)
            claim.tell(url, version())
            if ready is not None:
                ready(url)
            with _ended_by_signals():
                _run(settings, listener, logging_settings)


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Being told to stop is how a service ends, so what is to be cleared up is. uvicorn sends itself once more the
    signal that it has stopped for."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


def address(settings: Settings) -> str:
    """Where the service is reached from this machine."""
    scheme = "https" if settings.certificate else "http"
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "") else settings.host  # noqa: S104 - compared with
    host = "[::1]" if host == "::" else f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}:{settings.port}"


def application(settings: Settings) -> Any:
    """The ASGI application; each worker makes its own."""
    from mlrun_jupyter.service.app import build
    from mlrun_jupyter.service.origin import Hosts
    from mlrun_jupyter.service.pages import built_page
    from mlrun_jupyter.service.state import Service

    wide = not _loopback(settings.host)
    names = (*settings.names, *([socket.gethostname()] if wide else []))
    service = Service(
        open_db(settings.dsn or str(settings.folder)),
        tokens=settings.book(),
        hosts=Hosts(settings.host, names),
        artifact_path=settings.artifact_path,
        page=built_page(),
        retention=settings.rules(),
    )
    return build(service)


def _settings(*, port: int | None, host: str, dirpath: str, dsn: str, token_file: str, **others: Any) -> Settings:
    known = config.current().httpdb
    token_file = token_file or known.token_file
    token = known.token
    if token_file:
        try:
            token = Path(token_file).expanduser().read_text().strip()
        except OSError as error:
            raise NotFoundError(f"the token file cannot be read: {error.strerror}", where=token_file) from None
    settings = Settings(
        port=known.port if port is None else port,
        host=host or known.host,
        dirpath=dirpath or known.dirpath,
        dsn=dsn or known.dsn,
        token=token,
        **{**others, "retention": others["retention"] or (known.retention,)},
    )
    settings.rules()
    if bool(settings.certificate) != bool(settings.key):
        raise InvalidArgumentError("TLS takes both a certificate and its key")
    if not 0 <= settings.port < 65536:
        raise InvalidArgumentError(f"not a port: {settings.port}")
    if not 1 <= settings.workers <= 64:
        raise InvalidArgumentError(f"not a number of workers: {settings.workers}", hint="1 to 64")
    return settings


def _check_open(settings: Settings, book: TokenBook) -> None:
    """Beyond loopback nobody is served by accident: there has to be a token that somebody set up for it."""
    if _loopback(settings.host):
        return
    if not settings.token and not book.entries():
        raise InvalidArgumentError(
            f"listening on {settings.host} takes a token that you have set up",
            hint="make one for each colleague with 'mlrun db token add NAME', or name a file with --token-file",
        )
    if not settings.certificate:
        log.warning("without TLS, tokens travel in the clear: use a certificate, or a proxy that has one")


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bound(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise StoreUnavailableError(
            f"cannot listen on {settings.host} port {settings.port}: {error.strerror or error}",
            hint="choose another port with -p; 0 takes any that is free",
        ) from None


def _run(settings: Settings, listener: socket.socket, logging_settings: dict[str, Any]) -> None:
    import uvicorn

    from mlrun_jupyter.service.protocol import LimitedProtocol

    uvicorn_config = uvicorn.Config(
        functools.partial(application, settings),
        factory=True,
        http=LimitedProtocol,
        ws="none",
        lifespan="on",
        log_config=logging_settings,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=2000,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE,
        ssl_certfile=settings.certificate or None,
        ssl_keyfile=settings.key or None,
        workers=settings.workers,
    )
    log.info("serving %s", settings.folder if not settings.dsn else "a PostgreSQL database")
    if settings.workers == 1:
        uvicorn.Server(uvicorn_config).run(sockets=[listener])
        return
    from uvicorn.supervisors import Multiprocess

    Multiprocess(uvicorn_config, sockets=[listener]).run()
