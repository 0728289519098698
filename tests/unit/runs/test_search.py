from __future__ import annotations

import pytest

from mlrun_jupyter.db.query import Comparison, LabelCondition
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.runs.search import parse, written


def test_a_line_of_everything() -> None:
    query = parse("train accuracy > 0.95 state:completed,error label:team=ops project:churn sort:-accuracy label:gpu")
    assert (query.name, query.states, query.project) == ("train", ("completed", "error"), "churn")
    assert query.where == (Comparison("results.accuracy", ">", 0.95),)
    assert query.labels == (LabelCondition("team", "=", "ops"), LabelCondition("gpu"))
    assert query.sort == ("-results.accuracy",)


@pytest.mark.parametrize("text", ["loss<0.1", "loss <0.1", "loss< 0.1", " loss  <  0.1 "])
def test_spaces_around_a_comparison_do_not_matter(text: str) -> None:
    assert parse(text).where == (Comparison("results.loss", "<", 0.1),)


def test_sections_are_named_or_looked_up() -> None:
    query = parse("param.depth=4 metrics.loss<1 eta=0.1", where=lambda name: "params")
    assert [each.field for each in query.where] == ["params.depth", "metrics.loss", "params.eta"]


def test_text_is_quoted() -> None:
    query = parse('params.kind = "gradient tree" name:"my run" label:owner="ann lee"')
    assert query.where[0].value == "gradient tree"
    assert (query.name, query.labels[0].value) == ("my run", "ann lee")


def test_several_words_are_parts_in_order() -> None:
    assert parse("iris train").name == "*iris*train*"


def test_states_have_short_names() -> None:
    assert "running" in parse("state:live").states and parse("state:failed").states == ("error",)


def test_moments_are_dates_or_ago() -> None:
    assert parse("since:2h", now=10_000.0).start_from == 2_800.0
    assert parse("before:1970-01-02").start_to == 86_400.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stat:running", "did you mean state?"),
        ("state:runing", "did you mean running?"),
        ("accuracy >", "write accuracy > 0.9"),
        ("label:", "write label:team=ops"),
        ("since:tomorrow", "write it as"),
        ("x" * 3000, ""),
    ],
)
def test_what_cannot_be_read_is_said_with_a_way_out(text: str, told: str) -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        parse(text)
    assert told in raised.value.hint


def test_a_question_is_written_as_it_was_understood() -> None:
    assert written(parse("train acc>0.9 state:done label:a=b sort:start")) == [
        "name train",
        "results.acc > 0.9",
        "state completed",
        "label a=b",
        "sorted by start",
    ]
