from __future__ import annotations

import pytest

from mlrun_jupyter.model.run import RunStatus
from mlrun_jupyter.views.failure import error_view

LIBRARY = '  File "/env/lib/python3.11/site-packages/xgboost/core.py", line 770, in inner\n    return func(**kwargs)\n'


def trace(*frames: str) -> str:
    return "Traceback (most recent call last):\n" + "".join(frames) + "ValueError: bad\n"


@pytest.mark.parametrize(
    ("frame", "where"),
    [
        ('  File "/home/ann/train.py", line 7, in fit\n    raise ValueError\n', "train.py, line 7, in fit"),
        ('  File "<cell 4>", line 7, in train\n    fit(x)\n', "cell 4, line 7, in train"),
        ('  File "<ipython-input-12-abc>", line 3, in <module>\n    x\n', "cell 12, line 3"),
        ('  File "/tmp/ipykernel_77/123456.py", line 2, in train\n    x\n', "notebook, line 2, in train"),
        ("Cell In[9], line 5, in train(x)\n      4 y = 1\n----> 5 fit(x)\n", "cell 9, line 5, in train"),
    ],
)
def test_the_users_own_innermost_frame_is_where(frame: str, where: str) -> None:
    error = error_view(RunStatus(state="error", error="ValueError: bad", traceback=trace(frame, LIBRARY)))
    assert error is not None and (error.type, error.message, error.where) == ("ValueError", "bad", where)


def test_the_line_of_code_comes_along() -> None:
    status = RunStatus(
        state="error", error="x", traceback=trace('  File "a.py", line 1, in f\n    g(1)\n    ^^^^\n', LIBRARY)
    )
    error = error_view(status)
    assert error is not None and error.source == "g(1)"


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("ValueError: bad", "ValueError", "bad"),
        ("KeyError", "KeyError", ""),
        ("xgboost.core.XGBoostError: no", "XGBoostError", "no"),
        ("no such file: a.csv", "", "no such file: a.csv"),
        ("2 of 3 iterations failed", "", "2 of 3 iterations failed"),
    ],
)
def test_type_and_message_are_told_apart(text: str, kind: str, message: str) -> None:
    error = error_view(RunStatus(state="error", error=text))
    assert error is not None and (error.type, error.message) == (kind, message)


@pytest.mark.parametrize(
    ("reason", "said"), [("oom", "memory"), ("lost", "went away"), ("signal 9", "signal 9"), ("", "without a message")]
)
def test_a_run_that_ended_without_an_exception_says_why(reason: str, said: str) -> None:
    error = error_view(RunStatus(state="error", reason=reason))
    assert error is not None and said in error.message and error.reason == reason


def test_a_long_traceback_is_cut_in_the_middle() -> None:
    status = RunStatus(
        state="error", error="RecursionError: deep", traceback="\n".join(f"row {n}" for n in range(5000))
    )
    error = error_view(status)
    assert error is not None
    assert (
        error.traceback[0] == "row 0" and error.traceback[-1] == "row 4999" and error.traceback[30] == "… 4,940 lines …"
    )
    assert error.traceback_lines == 5000 and len(error.traceback) == 61


def test_nothing_went_wrong() -> None:
    assert error_view(RunStatus(state="completed")) is None


def test_a_refusal_before_any_code_of_the_user_names_no_line_of_this_package() -> None:
    trace = '  File "/x/site-packages/mlrun_jupyter/runtimes/binding.py", line 3, in convert\n    raise InvalidArgumentError()'
    found = error_view(RunStatus(state="error", error="'abc' is no int", traceback=trace))
    assert found is not None and (found.where, found.source) == ("", "")


def test_how_far_a_lost_run_was_is_not_its_reason() -> None:
    found = error_view(RunStatus(state="error", reason="lost", status_text="5 of 12, 10.2 s left"))
    assert found is not None
    assert "went away" in found.message
