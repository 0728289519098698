import pytest

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.sweeps.selector import Selector


@pytest.mark.parametrize(
    ("text", "operator", "result"),
    [
        ("max.accuracy", "max", "accuracy"),
        ("min.loss", "min", "loss"),
        ("accuracy", "max", "accuracy"),
        ("report.f1", "max", "report.f1"),
        (" Min.loss ", "min", "loss"),
    ],
)
def test_spellings(text, operator, result):
    assert Selector.parse(text) == (operator, result)


@pytest.mark.parametrize("text", ["mean.loss", "max.", ".", "min:loss", "max accuracy", "Average.loss"])
def test_other_operators_are_refused(text):
    with pytest.raises(InvalidArgumentError, match="not a selector"):
        Selector.parse(text)


def test_no_selector_selects_nothing():
    assert Selector.parse("") is None


@pytest.mark.parametrize(
    ("results", "value"),
    [
        ({"a": -3}, -3.0),
        ({"a": 0}, 0.0),
        ({"a": "0.5"}, 0.5),
        ({"a": float("nan")}, None),
        ({"a": "high"}, None),
        ({"a": 10**400}, None),
        ({"a": None}, None),
        ({}, None),
    ],
)
def test_only_numbers_decide(results, value):
    assert Selector("max", "a").value(results) == value


def test_nested_results_are_reached_and_a_dotted_name_comes_first():
    selector = Selector("max", "report.f1")
    assert selector.value({"report": {"f1": 0.5}}) == 0.5
    assert selector.value({"report.f1": 0.7, "report": {"f1": 0.5}}) == 0.7


def test_equal_values_do_not_beat_each_other():
    assert not Selector("max", "a").better(1.0, 1.0)
    assert Selector("max", "a").better(-1.0, -2.0)
    assert Selector("min", "a").better(-2.0, -1.0)
