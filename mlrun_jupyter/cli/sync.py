"""``mlrun sync``."""

from __future__ import annotations

import click

from mlrun_jupyter.cli import options


@click.command("sync")
@options.db
def command(db: str) -> str:
    """Send what was recorded while the store could not be reached; doing it twice is doing it once.

    Whoever uses the store next does the same by the way. Ends with exit code 1 when the store cannot be reached still.

    \b
    Examples
      mlrun sync
      mlrun sync --db http://runs.example.org:8080
    """
    from mlrun_jupyter.db import opening

    sent = opening.sync(db)
    outcome = sent.outcome
    lines = [f"{outcome.records} records of {outcome.journals} journals sent to {sent.where}"]
    if outcome.ended:
        lines.append(f"{outcome.ended} runs were lost with their processes, and are told as such")
    if outcome.damaged:
        lines.append(f"{outcome.damaged} lines were damaged; their journals are kept beside the others")
    if sent.waiting:
        lines.append(f"{sent.waiting} processes go on and send theirs by themselves")
    return "\n".join(lines)
