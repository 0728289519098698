import random

import pytest

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.sweeps.distribution import Distribution
from mlrun_jupyter.sweeps.options import SweepOptions
from mlrun_jupyter.sweeps.strategy import plan, written


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({"uniform": [1, 2]}, lambda value: 1 <= value <= 2),
        ({"log_uniform": [1e-5, 1e-1]}, lambda value: 1e-5 <= value <= 1e-1),
        ({"loguniform": [1e-5, 1e-1]}, lambda value: 1e-5 <= value <= 1e-1),
        ({"int": [1, 3]}, lambda value: value in (1, 2, 3)),
        ({"log_int": [1, 1024]}, lambda value: isinstance(value, int) and 1 <= value <= 1024),
        ({"normal": [5, 0]}, lambda value: value == 5),
        ({"choice": ["a", None]}, lambda value: value in ("a", None)),
        ({"range": [0, 10, 5]}, lambda value: value in (0, 5)),
        ([1, "x"], lambda value: value in (1, "x")),
    ],
)
def test_draws_are_of_the_distribution(given, fits):
    distribution = Distribution.of("p", given)
    chance = random.Random(1)
    assert all(fits(distribution.draw(chance)) for _ in range(200))


def test_a_logarithmic_draw_is_small_as_often_as_it_is_large():
    distribution, chance = Distribution.of("p", {"log_uniform": [1e-4, 1.0]}), random.Random(1)
    small = sum(distribution.draw(chance) < 1e-2 for _ in range(2000))
    assert 900 < small < 1100


@pytest.mark.parametrize(
    "given",
    [
        {"unifrom": [0, 1]},
        {"uniform": [1, 0]},
        {"uniform": 1},
        {"uniform": [0, 1, 2]},
        {"uniform": ["a", "b"]},
        {"uniform": [0, float("inf")]},
        {"log_uniform": [0, 1]},
        {"int": [0.5, 2]},
        {"range": [3, 3]},
        {"range": [0, 3, 0]},
        {"normal": [0, -1]},
        {"choice": []},
        {"uniform": [0, 1], "int": [0, 1]},
        {},
        7,
    ],
)
def test_what_cannot_be_drawn_from_is_refused_by_the_parameter_s_name(given):
    with pytest.raises(InvalidArgumentError, match="'eta'"):
        Distribution.of("eta", given)


def test_the_nearest_distribution_is_named():
    with pytest.raises(InvalidArgumentError, match="did you mean uniform"):
        Distribution.of("eta", {"unifrm": [0, 1]})


def test_a_grid_of_a_continuous_distribution_is_refused():
    with pytest.raises(InvalidArgumentError, match="strategy 'random'"):
        plan({"eta": {"uniform": [0, 1]}}, SweepOptions())


def test_a_grid_goes_through_what_can_be_counted():
    assert plan({"a": {"int": [1, 9]}, "b": {"range": [0, 10, 5]}}, SweepOptions()).total == 18


def test_more_draws_with_a_seed_go_on_where_fewer_ended():
    for space in ({"a": range(1000)}, {"a": {"uniform": [0, 1]}, "b": [1, 2]}):
        few, many = (
            list(plan(space, SweepOptions(strategy="random", seed=5, max_iterations=count)).combinations)
            for count in (5, 50)
        )
        assert many[:5] == few


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (range(3), [0, 1, 2]),
        (range(10**9), {"range": [0, 10**9, 1]}),
        ((each for each in "ab"), ["a", "b"]),
        ({"uniform": (0, 1)}, {"uniform": [0, 1]}),
        ({"int": [1, 3]}, [1, 2, 3]),
        ({3, 1}, [1, 3]),
    ],
)
def test_a_record_holds_what_the_sweep_can_be_resumed_with(given, kept):
    assert written({"a": given}) == {"a": kept}
    assert written({"a": kept}) == {"a": kept}
