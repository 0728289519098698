"""Rows of metrics as columns: what arrives is the same as one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlrun_jupyter.db.fold import fold
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.points import after, problem, together
from mlrun_jupyter.model.run import RunKey

KEYS = RunKey("p", "u1"), RunKey("p", "u2")
STEPS = st.none() | st.integers(-(2**70), 2**70)
VALUES = st.floats() | st.integers(-(2**2000), 2**2000)
METRICS = st.tuples(
    st.sampled_from(KEYS), st.just("metric"), st.tuples(STEPS, st.dictionaries(st.sampled_from("ab"), VALUES))
)
OTHERS = st.tuples(st.sampled_from(KEYS), st.just("result"), st.just({"x": 1}))


def folded(records: list[JournalRecord]) -> str:
    batch = fold(records)
    return repr(
        [
            (each.key, each.edits, [(name, p.steps, p.times, p.values) for name, p in sorted(each.points.items())])
            for each in batch.changes
        ]
    )


@given(st.lists(METRICS | OTHERS, max_size=12), st.integers(0, 13))
def test_a_row_says_what_its_records_said_from_wherever_it_is_taken_up(rows: Any, seq: int) -> None:
    records = [JournalRecord(n, op, key, 1, 0.5 * n, payload) for n, (key, op, payload) in enumerate(rows, 1)]
    joined = [after(each, seq) for each in together(records) if each.seq > seq]
    assert folded(joined) == folded([each for each in records if each.seq > seq])
    assert not any(problem(each) for each in joined if each.op == "points")


COLUMNS = [[0, 1], [5, 6], [0.0, 0.5], [1.0, 2.0]]


@pytest.mark.parametrize(
    "payload",
    [
        7,
        {},
        {"first": 0, "series": {"a": COLUMNS}},
        {"first": 3, "series": {"a": COLUMNS}},
        {"first": 1.0, "series": {"a": COLUMNS}},
        {"first": 1, "series": [COLUMNS]},
        {"first": 1, "series": {"a": COLUMNS[:3]}},
        {"first": 1, "series": {"a": [[], [], [], []]}},
        {"first": 1, "series": {"a": [[0], *COLUMNS[1:]]}},
        {"first": 1, "series": {"a": [*COLUMNS[:3], [1.0]]}},
        {"first": 1, "series": {"a": [[1, 0], *COLUMNS[1:]]}},
        {"first": 1, "series": {"a": [[0, 2], *COLUMNS[1:]]}},
        {"first": 1, "series": {"a": [[-1, 1], *COLUMNS[1:]]}},
        {"first": 1, "series": {"a": [[0, 1], [5, 2**63], *COLUMNS[2:]]}},
        {"first": 1, "series": {"a": [*COLUMNS[:3], [1.0, "x"]]}},
        {"first": 1, "series": {"a": [*COLUMNS[:3], [1.0, 2**2000]]}},
        {"first": 1, "series": {"a": [*COLUMNS[:2], [0.0, None], [1.0, 2.0]]}},
    ],
    ids=str,
)
def test_a_row_that_is_none_is_told_from_a_sound_one(payload: Any) -> None:
    assert not problem(JournalRecord(2, "points", KEYS[0], 1, 0.0, {"first": 1, "series": {"a": COLUMNS}}))
    assert problem(JournalRecord(2, "points", KEYS[0], 1, 0.0, payload))
