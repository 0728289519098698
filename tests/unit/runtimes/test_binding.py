import dataclasses
import enum
from pathlib import Path

import pytest

from mlrun_jupyter.errors import HandlerError, InvalidArgumentError
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runtimes.binding import bind, check, convert
from mlrun_jupyter.tracking.context import MLClientCtx, RunContext


class Colour(enum.Enum):
    RED = "r"


@dataclasses.dataclass
class Shape:
    width: int


def call(handler, **parameters):
    run = RunRecord()
    run.spec.parameters = parameters
    args, kwargs = bind(handler, RunContext(run))
    return handler(*args, **kwargs)


def test_the_context_is_found_by_name_wherever_it_stands():
    assert isinstance(call(lambda a, context: context, a=1), RunContext)


def test_the_context_is_found_by_its_hint():
    def handler(ctx: MLClientCtx, a: int):
        return ctx

    assert isinstance(call(handler, a=1), RunContext)


def test_a_handler_without_context_gets_only_what_it_names():
    assert call(lambda a, b=2: (a, b), a=1) == (1, 2)


def test_keyword_only_positional_only_and_the_rest():
    def handler(a, /, *, b, **rest):
        return a, b, rest

    assert call(handler, a=1, b=2, c=3) == (1, 2, {"c": 3})


def test_an_event_that_nobody_sent_is_none():
    assert call(lambda context, event: event) is None


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        ("4", int, 4),
        (4.0, int, 4),
        ("0.5", float, 0.5),
        (1, float, 1.0),
        ("no", bool, False),
        (1, bool, True),
        ("x", Path, Path("x")),
        ("RED", Colour, Colour.RED),
        ("r", Colour, Colour.RED),
        ({"width": 3}, Shape, Shape(3)),
        ("[1, 2]", list, [1, 2]),
        ((1, 2), list[int], [1, 2]),
        ("4", int | None, 4),
        (None, int, None),
        (7, str, 7),
    ],
)
def test_values_become_what_the_hint_asks_for(value, hint, expected):
    found = convert("p", value, hint)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "hint"), [("four", int), (4.5, int), ("perhaps", bool), ("BLUE", Colour), ({"x": 1}, Shape)]
)
def test_a_value_that_does_not_fit_names_its_parameter(value, hint):
    with pytest.raises(InvalidArgumentError, match="parameter 'depth'"):
        convert("depth", value, hint)


def test_a_missing_parameter_is_named():
    with pytest.raises(HandlerError, match="needs 'depth'"):
        check(lambda depth: depth, {}, {})


def test_a_parameter_that_nobody_takes_is_refused_with_the_nearest():
    with pytest.raises(HandlerError, match="did you mean depth"):
        check(lambda depth=1: depth, {"dept": 2}, {})


def test_a_handler_with_a_context_may_read_further_parameters_itself():
    check(lambda context, depth=1: depth, {"colour": "red"}, {})


def test_but_a_slip_of_the_pen_is_told_all_the_same():
    with pytest.raises(HandlerError, match="did you mean learning_rate"):
        check(lambda context, learning_rate=1: None, {"learnin_rate": 0.1}, {})


def test_what_cannot_be_called_is_no_handler():
    with pytest.raises(HandlerError, match="no handler"):
        check(3, {}, {})
