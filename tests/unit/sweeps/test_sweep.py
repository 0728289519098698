"""What a sweep tells of itself at its end, besides its results."""

import pytest

from mlrun_jupyter import new_task, run_local


def scored(context, x):
    context.log_results({"accuracy": x / 10, "name": "a"})


@pytest.mark.parametrize(
    ("selector", "options", "told"),
    [
        ("max.acuracy", {}, "no iteration has a number as result 'acuracy': no best one (did you mean accuracy?)"),
        ("max.name", {}, "no iteration has a number as result 'name': no best one (its values are no numbers)"),
        (
            "max.accuracy",
            {"stop_condition": "acuracy > 0.1"},
            "the stop condition asks for 'acuracy', which no iteration has (did you mean accuracy?)",
        ),
        ("max.accuracy", {"stop_condition": "accuracy > 0.1 or loss < 1"}, "stopped: the stop condition holds"),
        ("max.accuracy", {}, ""),
    ],
)
def test_what_was_asked_for_in_vain_is_told(selector, options, told):
    task = new_task().with_hyper_params({"x": [1, 2, 3]}, selector, **options)
    assert run_local(task, handler=scored, db="memory://").status.status_text == told


def test_a_number_beyond_all_numbers_is_never_the_best():
    def huge(context, x):
        context.log_result("y", 10**400 if x == 1 else x)

    task = new_task().with_hyper_params({"x": [1, 2, 3]}, "max.y")
    assert run_local(task, handler=huge, db="memory://").results == {"y": 3, "best_iteration": 3}
