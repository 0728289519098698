import os

import pytest

from mlrun_jupyter.errors import InvalidArgumentError, StoreUnavailableError
from mlrun_jupyter.model import journal
from mlrun_jupyter.model.journal import Reader
from mlrun_jupyter.model.run import RunKey
from mlrun_jupyter.tracking import journal as writing
from mlrun_jupyter.tracking.journal import FileJournal

KEY = RunKey("p", "u")


@pytest.fixture
def own(tmp_path):
    return FileJournal(tmp_path / "spool")


def files(tmp_path):
    return sorted((tmp_path / "spool").glob("*.jnl"))


def read(path):
    reader = Reader()
    head, _, rest = path.read_bytes().partition(b"\n")
    journal.decode_header(head + b"\n")
    return reader, list(reader.feed(rest))


def test_what_is_appended_is_in_the_file_when_the_call_returns(own, tmp_path):
    ref = own.open(KEY, 1, {"kind": "run"})
    own.append(journal.RESULT, ref, {"accuracy": 0.5})
    own.metric(ref, 3, {"loss": 0.25}, 10.0)
    _, records = read(files(tmp_path)[0])
    assert [(each.op, each.run) for each in records] == [("open", KEY), ("result", KEY), ("metric", KEY)]
    assert records[2].payload == [3, {"loss": 0.25}]
    assert [each.seq for each in records] == [1, 2, 3]


def test_take_gives_each_record_once(own):
    ref = own.open(KEY, 1, {})
    assert [each.op for each in own.take()] == ["open"]
    own.append(journal.LABEL, ref, {"a": "b"})
    assert [each.op for each in own.take()] == ["label"]
    assert own.take() == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**70, -(2**70), "nul \0", "é"])
def test_values_that_json_has_not_come_back_as_they_were(own, value):
    ref = own.open(KEY, 1, {})
    own.append(journal.RESULT, ref, {"x": value})
    found = own.take()[-1].payload["x"]
    assert repr(found) == repr(value)


def test_a_metric_that_is_no_number_comes_back_as_nan(own):
    ref = own.open(KEY, 1, {})
    own.metric(ref, None, {"x": float("nan")}, 0.0)
    step, series = own.take()[-1].payload
    assert step is None
    assert series["x"] != series["x"]


def test_text_that_no_store_can_hold_is_refused_and_nothing_is_written(own):
    ref = own.open(KEY, 1, {})
    with pytest.raises(InvalidArgumentError, match="surrogate"):
        own.append(journal.RESULT, ref, {"x": "\ud800"})
    own.append(journal.RESULT, ref, {"x": 1})
    assert [each.seq for each in own.take()] == [1, 2]


def test_a_long_journal_goes_on_in_another_segment_and_the_first_is_deleted(own, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "SEGMENT_BYTES", 300)
    ref = own.open(KEY, 1, {})
    seen = []
    for number in range(20):
        own.append(journal.RESULT, ref, {"x": number})
        while records := own.take():
            seen += records
            own.trim()
    assert [each.payload["x"] for each in seen if each.op == "result"] == list(range(20))
    assert all(each.run == KEY for each in seen)
    assert len(files(tmp_path)) == 1
    own.append(journal.RESULT, ref, {"x": 20})
    _, records = read(files(tmp_path)[0])
    assert (records[-1].run, records[-1].payload) == (KEY, {"x": 20})


def test_a_finished_journal_is_deleted_only_when_everything_was_taken(own, tmp_path):
    ref = own.open(KEY, 1, {})
    own.append(journal.CLOSE, ref, {"state": "completed"})
    assert own.end() is False
    own.take()
    assert own.end() is True
    assert files(tmp_path) == []


def test_a_forked_child_writes_a_journal_of_its_own_for_the_same_run(own, tmp_path):
    ref = own.open(KEY, 2, {})
    before = files(tmp_path)[0].read_bytes()
    pid = os.fork()
    if pid == 0:
        own.after_fork()
        own.append(journal.RESULT, ref, {"child": 1})
        os._exit(0)
    os.waitpid(pid, 0)
    other = next(path for path in files(tmp_path) if path.read_bytes() != before)
    _, records = read(other)
    assert [(each.op, each.run, each.attempt) for each in records] == [("result", KEY, 2)]
    assert files(tmp_path)[0].read_bytes() == before or files(tmp_path)[1].read_bytes() == before


def test_a_folder_that_cannot_be_made_is_told_before_a_run_starts(tmp_path):
    (tmp_path / "spool").write_text("a file")
    with pytest.raises(StoreUnavailableError, match="cannot be written"):
        FileJournal(tmp_path / "spool")


def test_a_disk_that_refuses_keeps_records_in_memory_and_writes_them_later(own, monkeypatch):
    ref = own.open(KEY, 1, {})
    write, full = os.write, [True]

    def flaky(fd, data):
        if full[0]:
            raise OSError(28, "No space left on device")
        return write(fd, data)

    monkeypatch.setattr(os, "write", flaky)
    own.append(journal.RESULT, ref, {"x": 1})
    own.metric(ref, 1, {"loss": 0.5}, 1.0)
    assert "No space" in own.trouble
    full[0] = False
    own.append(journal.RESULT, ref, {"x": 2})
    assert own.trouble == ""
    assert [each.op for each in own.take()] == ["open", "result", "metric", "result"]


def test_a_line_of_which_only_a_part_was_written_is_taken_back(own, tmp_path, monkeypatch):
    ref = own.open(KEY, 1, {})
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:5]))
    own.append(journal.RESULT, ref, {"x": 1})
    monkeypatch.setattr(os, "write", write)
    own.append(journal.RESULT, ref, {"x": 2})
    reader, records = read(files(tmp_path)[0])
    assert reader.damaged == 0
    assert [each.payload for each in records if each.op == "result"] == [{"x": 1}, {"x": 2}]
