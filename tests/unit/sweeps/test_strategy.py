import itertools

import pytest

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.sweeps.options import SweepOptions
from mlrun_jupyter.sweeps.strategy import plan


def combinations(space, **options):
    return list(plan(space, SweepOptions(**options)).combinations)


def test_in_a_grid_the_first_parameter_varies_fastest():
    rows = combinations({"a": [1, 2], "b": ["x", "y"]})
    assert [(row["a"], row["b"]) for row in rows] == [(1, "x"), (2, "x"), (1, "y"), (2, "y")]


def test_the_count_is_known_before_anything_is_made():
    assert plan({"a": range(20), "b": range(40)}, SweepOptions()).total == 800


def test_lists_go_row_by_row():
    assert combinations({"a": [1, 2], "b": [3, 4]}, strategy="list") == [{"a": 1, "b": 3}, {"a": 2, "b": 4}]


def test_lists_of_different_length_are_refused():
    with pytest.raises(InvalidArgumentError, match="a has 1, b has 2"):
        combinations({"a": [1], "b": [1, 2]}, strategy="list")


def test_the_same_seed_draws_the_same_values_and_none_twice():
    space = {"a": range(5), "b": range(4)}
    draws = combinations(space, strategy="random", seed=7, max_iterations=20)
    assert draws == combinations(space, strategy="random", seed=7, max_iterations=20)
    assert len({tuple(row.values()) for row in draws}) == 20


def test_random_draws_ten_when_nobody_says_how_many():
    assert len(combinations({"a": range(100)}, strategy="random")) == 10


def test_a_random_sweep_over_more_than_fits_a_number_still_draws():
    space = {f"p{number}": range(1000) for number in range(30)}
    assert len(combinations(space, strategy="random", seed=1)) == 10


def test_a_grid_of_a_billion_is_refused_by_its_count():
    with pytest.raises(InvalidArgumentError, match="1,000,000,000 combinations"):
        plan({"a": range(1000), "b": range(1000), "c": range(1000)}, SweepOptions())


def test_an_endless_iterator_is_refused():
    with pytest.raises(InvalidArgumentError, match="combinations"):
        plan({"a": itertools.count()}, SweepOptions())


def test_a_large_grid_that_is_asked_for_streams():
    found = plan({"a": range(1000), "b": range(1000)}, SweepOptions(max_iterations=1_000_000))
    assert next(iter(found.combinations)) == {"a": 0, "b": 0}


@pytest.mark.parametrize("values", [5, {"a": 1}, []])
def test_what_is_no_list_of_values_is_refused(values):
    with pytest.raises(InvalidArgumentError, match=r"depth|values"):
        plan({"depth": values}, SweepOptions())
