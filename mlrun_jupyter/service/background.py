"""A service in a thread of this process: for a notebook that shares its store for an hour, and for tests."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mlrun_jupyter.errors import StoreUnavailableError
from mlrun_jupyter.service.access import TokenBook
from mlrun_jupyter.service.origin import Hosts

_START_SECONDS = 20.0


class Background(NamedTuple):
    """Where it is reached, and with which token of the owner's."""

    url: str
    token: str
    book: TokenBook

    @property
    def address(self) -> str:
        """The address with the token in it, as ``open_db`` takes it."""
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://:{self.token}@{rest}"


@contextlib.contextmanager
def serving(
    db: Any, *, port: int = 0, artifact_path: str = "", page: Path | None = None, reaping: bool = False
) -> Iterator[Background]:
    """Serve a store on loopback while the block runs.

    Parameters
    ----------
    db
        An open store; stays open.
    port
        Where; any that is free by default.
    artifact_path
        Where clients put artifacts; the store's own by default.
    page
        The folder of the built dashboard.
    reaping
        Whether it ends lost runs now and then.

    Raises ``StoreUnavailableError`` when it does not start.

    Example
    -------
    ::

        with serving(open_db("./")) as service:
            print(service.address)
    """
    import uvicorn

    from mlrun_jupyter.service.app import build
    from mlrun_jupyter.service.protocol import LimitedProtocol
    from mlrun_jupyter.service.state import Service

    token = secrets.token_hex(32)
    with (
        tempfile.TemporaryDirectory(prefix="mlrun-service-") as folder,
        socket.create_server(("127.0.0.1", port), backlog=2048) as listener,
    ):
        book = TokenBook(Path(folder), extra=token)
        service = Service(db, tokens=book, hosts=Hosts("127.0.0.1"), artifact_path=artifact_path, page=page)
        server = uvicorn.Server(
            uvicorn.Config(
                build(service, reaping=reaping),
                http=LimitedProtocol,
                ws="none",
                lifespan="on",
                loop="asyncio",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        started = threading.Event()
        thread = threading.Thread(target=_run, args=[server, listener, started], name="mlrun-service", daemon=True)
        thread.start()
        try:
            if not started.wait(_START_SECONDS) or not server.started:
                raise StoreUnavailableError("the service does not start")
            yield Background(f"http://127.0.0.1:{listener.getsockname()[1]}", token, book)
        finally:
            server.should_exit = True
            thread.join(_START_SECONDS)


def _run(server: Any, listener: socket.socket, started: threading.Event) -> None:
    async def serve() -> None:
        task = asyncio.create_task(server._serve([listener]))  # serve() would take the signals of the process
        while not server.started and not task.done():
            await asyncio.sleep(0.005)
        started.set()
        await task

    try:
        with asyncio.Runner() as runner:
            runner.run(serve())
    finally:
        started.set()
