import pytest

from mlrun_jupyter.db import open_db
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.tracking import tracker
from mlrun_jupyter.tracking.context import RunContext


@pytest.fixture
def db(tmp_path):
    found = open_db(str(tmp_path / "store"))
    yield found
    tracker.close_all()


@pytest.fixture
def context(db, tmp_path):
    run = RunRecord()
    run.metadata.name = "train"
    run.spec.output_path = str(tmp_path / "out")
    return RunContext(run, tracker.of(db)).start()


@pytest.fixture
def stored(db):
    """Reads a context's run back from the store."""

    def read(context):
        tracker.flush(db)
        return db.read_run(context.run.key)

    return read
