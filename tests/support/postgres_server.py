"""A PostgreSQL server for tests: of their own, on loopback, gone with them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BINARIES = Path(os.environ.get("MLRUN_TEST_POSTGRES", "/usr/lib/postgresql/15/bin"))


class PostgresServer:
    """A server of its own, on loopback, in a folder that is removed afterwards."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mlrun-pg-", dir="/tmp"))
        self.data = self.folder / "data"
        self._as: list[str] = []
        if os.geteuid() == 0:
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(self.folder, "postgres", "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        password = self.folder / "password"
        password.write_text("s3cret")
        password.chmod(0o644)
        self._run("initdb", "-D", self.data, "-U", "mlrun", "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8")
        self.process = self._launch()
        if not self._ready():
            raise RuntimeError((self.folder / "log").read_text())
        self.url = f"postgresql://mlrun:s3cret@127.0.0.1:{self.port}/postgres"

    def _run(self, name: str, *arguments: Any) -> None:
        command = [*self._as, str(BINARIES / name), *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder)

    def _launch(self) -> subprocess.Popen[bytes]:
        options = ["-D", self.data, "-p", self.port, "-k", self.folder, "-c", "listen_addresses=127.0.0.1", "-F"]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [*self._as, str(BINARIES / "postgres"), *map(str, options)], stdout=log, stderr=log, cwd=self.folder
            )

    def _ready(self) -> bool:
        """Wait until it answers; False when it has ended."""
        for _ in range(300):
            if self.process.poll() is not None:
                return False
            with contextlib.suppress(subprocess.CalledProcessError):
                self._run("pg_isready", "-h", "127.0.0.1", "-p", self.port)
                return True
            time.sleep(0.1)
        return False

    def database(self, name: str) -> str:
        """The address of a new, empty database of that name."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name}")
        return f"{self.url.rpartition('/')[0]}/{name}"

    def kill(self) -> None:
        """SIGKILL for the postmaster; its children find out by themselves, and the port is free when they have."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def restart(self) -> None:
        """Start again after :meth:`kill`: the server recovers from its log."""
        end = time.monotonic() + 30
        while True:
            self.process = self._launch()
            if self._ready():
                return
            self.process.wait(30)  # children of the killed one still hold the shared memory
            if time.monotonic() > end:
                raise RuntimeError((self.folder / "log").read_text())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)  # does not wait for connections to end
        self.process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    if not (BINARIES / "initdb").exists():
        reason = f"no PostgreSQL in {BINARIES}: install it, or name its folder in MLRUN_TEST_POSTGRES"
        print(reason)
        pytest.skip(reason)
    server = PostgresServer()
    yield server
    server.stop()
