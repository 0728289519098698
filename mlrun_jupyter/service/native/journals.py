"""The way in for everything that a run records: a writer's records, in order, each exactly once.

Writers get a name of the service's own, so that nobody who opens the store's folder directly takes a writer elsewhere
for a dead process of this machine, and a writer of somebody with few rights cannot pass for another's.
"""

from __future__ import annotations

from mlrun_jupyter.db.query import ALL_PROJECTS
from mlrun_jupyter.db.remote import wire
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model.run import MAX_NUMBER
from mlrun_jupyter.service import reply
from mlrun_jupyter.service.access import WRITE
from mlrun_jupyter.service.gate import RefusedError
from mlrun_jupyter.service.operation import Call, check_part
from mlrun_jupyter.service.reply import Reply

MAX_RECORDS = 100_000
"""Records in one request; clients send fewer."""


def writer_of(call: Call) -> str:
    """The writer's name in the store."""
    if not any(call.principal.may(WRITE, project) for project in call.principal.grants):
        raise RefusedError(403, "the token may not write")
    whole = call.principal.may(WRITE, ALL_PROJECTS)
    return f"{'via' if whole else 'via.' + call.principal.name}.{call.path['writer']}"


def apply_records(call: Call) -> Reply:
    """Apply records, skipping those applied before; tells the last seq. ``durable=1``: on the disk with the answer."""
    writer = writer_of(call)
    records = wire.decode_records(call.body)
    if len(records) > MAX_RECORDS:
        raise InvalidArgumentError(f"more than {MAX_RECORDS:,} records at once")
    for key in dict.fromkeys(record.run for record in records):
        if key is not None:
            check_part("project", key.project)
            if not (key.uid and 0 <= key.iteration < MAX_NUMBER):
                raise InvalidArgumentError("not the key of a run", where=str(key))
            call.require(WRITE, key.project)
    seq = call.db.apply(writer, records, durable=call.flag("durable"))
    call.service.counters.records(len(records))
    return reply.of({"seq": seq})


def applied(call: Call) -> Reply:
    """The last seq applied."""
    return reply.of({"seq": call.db.applied(writer_of(call))})


def forget_writer(call: Call) -> Reply:
    """The writer's journals are gone."""
    call.db.forget_writer(writer_of(call))
    return reply.done()


def end_lost(call: Call) -> Reply:
    """The writer's process is gone: end the runs that it left unfinished."""
    return reply.of({"ended": call.service.db.end_lost(writer_of(call), presumed=call.flag("presumed"))})
