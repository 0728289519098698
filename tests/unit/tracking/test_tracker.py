import os
import threading

import pytest

from mlrun_jupyter import config
from mlrun_jupyter.errors import StoreUnavailableError
from mlrun_jupyter.tracking import tracker


@pytest.fixture
def broken(context, db, monkeypatch):
    """The store takes nothing."""

    def refuse(*_args, **_more):
        raise StoreUnavailableError("no such luck")

    monkeypatch.setattr(type(db), "apply", refuse)


def test_who_waits_for_the_store_is_told_what_is_in_the_way(context, broken):
    context.log_result("a", 1)
    with pytest.raises(StoreUnavailableError, match="no such luck"):
        context.tracker.flush()


def test_a_store_in_trouble_keeps_nothing_from_the_disk(context, broken, monkeypatch):
    synced = threading.Event()
    monkeypatch.setattr(tracker, "SYNC_INTERVAL", 0.0)
    monkeypatch.setattr(type(context.tracker.journal), "sync", lambda _journal: synced.set())
    with pytest.raises(StoreUnavailableError):
        context.tracker.flush()
    synced.clear()
    context.log_result("a", 1)
    assert synced.wait(30)


def test_what_was_refused_is_applied_once_the_store_takes_it(context, stored, db, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(type(db), "apply", lambda *_args, **_more: 1 / 0)
        context.log_result("a", 1)
        with pytest.raises(ZeroDivisionError):
            context.tracker.flush()
    context.log_result("b", 2)
    assert stored(context).status.results == {"a": 1, "b": 2}


def test_with_full_durability_each_record_is_on_the_disk_when_the_call_returns(tmp_path, monkeypatch):
    from mlrun_jupyter.db import open_db
    from mlrun_jupyter.model.run import RunRecord
    from mlrun_jupyter.tracking.context import RunContext

    synced = []
    real = os.fdatasync
    caller = threading.get_ident()
    monkeypatch.setattr(os, "fdatasync", lambda fd: (synced.append(threading.get_ident()), real(fd)))
    monkeypatch.setattr(config.current(), "durability", "full")
    context = RunContext(RunRecord(), tracker.of(open_db(str(tmp_path / "full")))).start()
    for record in (lambda: context.log_result("a", 1), lambda: context.log_metric("m", 1.0), context.finish):
        before = synced.count(caller)
        record()
        assert synced.count(caller) == before + 1
    tracker.close_all()
