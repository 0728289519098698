"""What a process that is started for a run is told, the run's document, the store, and its secrets; and waiting for it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator

from mlrun_jupyter.errors import RunError, StoreError
from mlrun_jupyter.tracking import current
from mlrun_jupyter.tracking.context import RunContext
from mlrun_jupyter.tracking.secrets import Secrets
from mlrun_jupyter.tracking.tracker import Tracker

POLL = 0.2
"""Seconds between two looks of a thread that waits for a child, for it to be interrupted."""
SECRETS_LIMIT = 60_000
"""Bytes of secrets that fit into a pipe before anybody reads it."""


def environment(context: RunContext, *, secrets: int) -> dict[str, str | None]:
    """Variables for the child; ``secrets`` is the descriptor of its end of the pipe."""
    tracker = context.tracker
    return {
        current.CONFIG: context.to_json(),
        current.SECRETS: str(secrets),
        "MLRUN_DBPATH": tracker.db.address if tracker else None,
        "PYTHONUNBUFFERED": "1",
    }


def announce(tracker: Tracker) -> None:
    """Have the run's beginning in the store before a child is started for it.

    The child has a journal of its own, and may be done before the recorder's next visit: what it recorded would come
    before the run, and stay aside. A store that is away is no reason not to run.
    """
    with contextlib.suppress(StoreError):
        tracker.flush()


@contextlib.contextmanager
def secrets_pipe(secrets: Secrets) -> Iterator[int]:
    """A descriptor from which a child reads the secrets: neither its environment nor its command line shows them.

    Raises :class:`RunError` when they are larger than 60 kB.
    """
    data = json.dumps(dict(secrets)).encode()
    if len(data) > SECRETS_LIMIT:
        raise RunError("the secrets are larger than 60 kB", hint="put them into a file that the code reads")
    read, write = os.pipe()
    try:
        os.write(write, data)
        os.close(write)
        yield read
    finally:
        os.close(read)
