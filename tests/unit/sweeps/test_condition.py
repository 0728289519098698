import pytest

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.sweeps.condition import Condition


@pytest.mark.parametrize(
    ("text", "results", "holds"),
    [
        ("accuracy >= 0.9", {"accuracy": 0.9}, True),
        ("accuracy > 0.9 and loss < 0.1", {"accuracy": 0.95, "loss": 0.2}, False),
        ("accuracy > 0.9 or loss < 0.3", {"accuracy": 0.5, "loss": 0.2}, True),
        ("not loss > 1", {"loss": 0.5}, True),
        ("0 < loss < 1", {"loss": 0.5}, True),
        ("loss == -1", {"loss": -1}, True),
        ("report.f1 > 0.5", {"report": {"f1": 0.6}}, True),
        ("tp / (tp + fn) > 0.5", {"tp": 3, "fn": 1}, True),
        ("kind == 'tree'", {"kind": "tree"}, True),
        ("missing > 1", {}, False),
        ("missing != 1", {}, False),
        ("loss > 'x'", {"loss": 1}, False),
        ("1 / zero > 1", {"zero": 0}, False),
        ("done", {"done": True}, True),
        ("done", {}, False),
        ("done or loss < 1", {"loss": 0.5}, True),
        ("loss + missing", {"loss": 1}, False),
        ("loss / zero", {"loss": 1, "zero": 0}, False),
        ("+loss > -1", {"loss": 1}, True),
        ("'a' * 2 == 'aa'", {}, False),
        ("", {"loss": 1}, False),
    ],
)
def test_expressions(text, results, holds):
    assert Condition.parse(text).holds(results) is holds


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "loss.__class__()",
        "[1][0] > 0",
        "lambda: 1",
        "a if b else c",
        "x := 1",
        "loss >",
        "a" * 2000,
        "f'{x}'",
        "x ** 9",
        "x" + "+1" * 400,
    ],
)
def test_anything_outside_the_grammar_is_refused(text):
    with pytest.raises(InvalidArgumentError):
        Condition.parse(text)


def test_results_that_it_asks_for_in_vain_are_known():
    assert Condition.parse("acc > 0.9 and report.f1 > los and acc < 1").unknown({"acc"}) == ["los", "report"]
