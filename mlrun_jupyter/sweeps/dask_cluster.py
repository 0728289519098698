"""The Dask cluster of a sweep: one that is there already, or one on this machine."""

from __future__ import annotations

import atexit
import contextlib
import ipaddress
import threading
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from mlrun_jupyter.errors import InvalidArgumentError, MissingDependencyError, RunError
from mlrun_jupyter.safety import processes

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

CONNECT: Final = 20.0
"""Seconds to reach a scheduler."""
RESTART: Final = 90.0
"""Seconds that a nanny may be without a process."""

EXIT: Final = 2.0
"""Seconds that a cluster may take to end with this process."""


class Cluster(NamedTuple):
    """A connection to a cluster.

    ``own``: the cluster's processes were started by this one. ``borrowed``: the connection is the user's.
    """

    client: Client
    own: bool
    borrowed: bool

    def repair(self, workers: int) -> None:
        """Have processes that are gone for good replaced, where the cluster is ours: Dask gives up some that die often."""
        if self.own:
            for client, cluster in _kept:
                if client is self.client:
                    _renew(cluster)
                    cluster.scale(max(workers, len(cluster.worker_spec)))

    def close(self, *, teardown: bool = False) -> None:
        """End the connection, unless others use it; with ``teardown`` the cluster as well."""
        with contextlib.suppress(OSError, TimeoutError):
            if teardown:
                _forget(self.client)
                self.client.shutdown()
            elif not self.own and not self.borrowed:
                self.client.close()


def connect(uri: str, workers: int, *, confidential: bool) -> Cluster:
    """The cluster of that address; without one that of the current Dask client, or of Dask's settings, or a local one.

    Parameters
    ----------
    uri
        As in ``tcp://127.0.0.1:8786``.
    workers
        How many processes a local cluster has at least; 0: one for each processor.
    confidential
        Whether secrets will be sent: they do not cross a network in the clear.

    Raises
    ------
    MissingDependencyError
        Dask is not installed.
    RunError
        The scheduler cannot be reached.
    InvalidArgumentError
        Secrets, and a connection that others could read.
    """
    try:
        import dask
        import distributed
    except ImportError:
        raise MissingDependencyError.of("distributed", extra="dask") from None
    address = uri or dask.config.get("scheduler-address", None) or ""
    if not uri:
        with contextlib.suppress(ValueError):
            client = distributed.default_client()
            if not client.asynchronous:
                _check_line(client.scheduler.address, confidential)
                return Cluster(client, own=False, borrowed=True)
        if not address:
            return Cluster(_local(workers), own=True, borrowed=False)
    _check_line(address, confidential)
    try:
        client = distributed.Client(address, timeout=CONNECT, set_as_default=False, name="mlrun-sweep")
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        raise RunError(
            f"there is no Dask scheduler at {address}",
            where=str(error).splitlines()[0] if str(error) else "",
            hint="as in dask_cluster_uri='tcp://127.0.0.1:8786'",
        ) from None
    return Cluster(client, own=False, borrowed=False)


def _check_line(address: str, confidential: bool) -> None:
    if not confidential or address.startswith(("tls://", "inproc://")):
        return
    host = urlsplit(address if "://" in address else f"tcp://{address}").hostname or ""
    with contextlib.suppress(ValueError):
        if host == "localhost" or ipaddress.ip_address(host).is_loopback:
            return
    raise InvalidArgumentError(
        "secrets would cross the network in the clear", where=address, hint="use a scheduler at tls://"
    )


_kept: list[tuple[Client, LocalCluster]] = []
"""The cluster that was started here, if there is one: starting it takes seconds."""
_lock = threading.Lock()


def _local(workers: int) -> Client:
    """A cluster of this process's own, on loopback, kept for further sweeps; it ends with this process."""
    import dask
    import distributed
    from loky import cpu_count  # type: ignore[import-untyped] # it brings no types

    workers = workers or int(cpu_count())
    with _lock:
        if _kept:
            client, cluster = _kept[0]
            if client.status == "running" and client.nthreads():
                if len(cluster.workers) < workers:
                    cluster.scale(workers)
                    client.wait_for_workers(workers, timeout=60)
                return client
            _kept.clear()
            _absent.clear()
            with contextlib.suppress(OSError, TimeoutError):
                client.close()
                cluster.close()
        dask.config.set(
            {
                "distributed.worker.multiprocessing-method": _start_method(),
                # a clock that starts with each loss, and gives up a nanny though it replaces its worker for another one
                "distributed.deploy.lost-worker-timeout": "1000 days",
            }
        )
        cluster = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
        )
        client = distributed.Client(cluster, set_as_default=False)
        _kept.append((client, cluster))
        atexit.unregister(_end_at_exit)
        atexit.register(
            _end_at_exit
        )  # before Dask's own, which waits for workers that have just been ended to start again
        return client


def _end_at_exit() -> None:
    end(timeout=EXIT)


_absent: dict[Any, float] = {}
"""Nannies without a process, and since when."""


def _renew(cluster: LocalCluster) -> None:
    """Forget nannies that have given up, or have had no process for too long: the cluster makes others in their places."""
    now = time.monotonic()
    for name, nanny in list(cluster.workers.items()):
        if nanny.is_alive():
            _absent.pop(nanny, None)
        elif nanny.status.name in ("closed", "failed") or now - _absent.setdefault(nanny, now) > RESTART:
            _absent.pop(nanny, None)
            cluster.workers.pop(name, None)
            if cluster.loop is not None:
                cluster.loop.add_callback(nanny.close)


def _start_method() -> str:
    """The name of a way to start processes which, unlike Dask's own, does not run the main script anew in each."""
    import multiprocessing.context as known
    import os
    import signal

    from loky.backend.context import LokyContext  # type: ignore[import-untyped] # it brings no types
    from loky.backend.process import LokyProcess  # type: ignore[import-untyped] # it brings no types

    class Process(LokyProcess):  # type: ignore[misc]  # a class without types
        def kill(self) -> None:
            """What loky's lacks and a nanny calls."""
            if self.is_alive():
                os.kill(self.pid, signal.SIGKILL)

    class Context(LokyContext):  # type: ignore[misc]  # a class without types
        _name = "mlrun"

    Context.Process = Process
    contexts: dict[str, Any] = known._concrete_contexts  # type: ignore[attr-defined]  # where loky enters its own
    contexts.setdefault("mlrun", Context())
    return "mlrun"


def _forget(client: Any) -> None:
    with _lock:
        _kept[:] = [each for each in _kept if each[0] is not client]


def end(timeout: float | None = None) -> None:
    """End the cluster that was started here; after ``timeout`` seconds its processes are ended as they are."""
    with _lock:
        kept = list(_kept)
        _kept.clear()
    for client, cluster in kept:
        nannies = list(cluster.workers.values())
        with contextlib.suppress(TimeoutError):
            client.close(timeout=timeout)
            cluster.close(timeout=timeout)
        cluster.shutdown_on_close = False  # or Dask waits for what has not ended once more
        for nanny in nannies:
            if nanny.pid is not None:
                processes.end_tree(nanny.pid, grace=0.0)
