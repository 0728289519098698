import random
import re

import pytest

from mlrun_jupyter import new_task, run_local
from mlrun_jupyter.sweeps.coordinates import CoordinatesArtifact, Line
from mlrun_jupyter.sweeps.importance import importances


def grid(function):
    return [({"a": a, "b": b, "c": 1}, function(a, b)) for a in range(6) for b in "xyz"]


def test_what_decides_alone_has_it_all():
    assert importances(grid(lambda a, b: a**2)) == {"a": 1.0, "b": 0.0}
    assert importances(grid(lambda a, b: ord(b))) == {"b": 1.0, "a": 0.0}


def test_the_larger_effect_comes_first_and_what_was_not_varied_is_left_out():
    found = importances(grid(lambda a, b: 3 * a + ord(b)))
    assert list(found) == ["a", "b"]
    assert found["a"] > 0.9
    assert 0 < found["b"] < 0.1


def test_noise_is_no_importance():
    chance = random.Random(3)
    rows = [({"x": chance.random(), "k": chance.choice("abcdefgh")}, chance.random()) for _ in range(400)]
    assert all(share < 0.1 for share in importances(rows).values())


def test_a_continuous_parameter_is_seen_through_noise():
    chance = random.Random(3)
    rows = [({"x": (x := chance.random()), "z": chance.random()}, x**2 + chance.gauss(0, 0.05)) for _ in range(200)]
    assert importances(rows)["x"] > 0.8


@pytest.mark.parametrize("rows", [[], [({"a": 1}, 1.0)], [({"a": 1}, 2.0), ({"a": 2}, 2.0)], [({"a": [1]}, 1.0)] * 3])
def test_too_little_says_nothing(rows):
    assert not any(importances(rows).values())


def test_a_sweep_keeps_importance_and_chart(db):
    task = new_task("train").with_hyper_params({"depth": [1, 2, 3], "name": ["<b>", "plain"]}, "min.loss")
    run = run_local(task, handler=lambda context, depth, name: context.log_result("loss", 1 / depth)).refresh()
    assert run.status.extra["importance"] == {"depth": 1.0, "name": 0.0}
    page = run.artifact("parallel_coordinates").get().decode()
    assert page.count("<path") == 6
    assert 'class="best"' in page
    assert "<b>" not in page
    assert "//" not in page.replace("<!doctype", "")
    assert "<script" not in page


def test_without_a_selector_nothing_is_explained(db):
    run = run_local(handler=lambda context, x: context.log_result("y", x), hyperparams={"x": [1, 2]})
    assert [each["metadata"]["key"] for each in run.status.artifacts] == ["iteration_results"]


@pytest.mark.parametrize(
    "values",
    [[1, None], ["a", 1], [1e-9, 1e9], [float("nan"), 1.0], [True, False], [[1], [2]], [{"a": 1}, "x"], [10**400, 1]],
)
def test_odd_values_are_drawn_somehow(values):
    lines = [Line(number, {"p": value, "q": number}, float(number)) for number, value in enumerate(values, 1)]
    artifact = CoordinatesArtifact(lines, "loss", lower=True, best=1, shares={"p": 0.5}, total=2)
    assert artifact.body.count("<path") == 2
    assert not [path for path in re.findall(r' d="([^"]*)"', artifact.body) if "nan" in path or "inf" in path]
