"""What becomes of a marked cell before it runs."""

from __future__ import annotations

import pytest

from mlrun_magics.transform import NOT_CODE, CellTransform


def transformed(cell: str) -> str:
    return "".join(CellTransform()(cell.splitlines(keepends=True)))


@pytest.mark.parametrize(
    "cell",
    [
        "x = 1\n",
        "text = '''\n%%mlrun\n'''\n",
        "%mlrun runs\n",
        "%%time\n%%mlrun\nx = 1\n",
        "%%mlrunner\nx\n",
        "%%bash\n%%mlrun\n",
        "# about %mlrun\nx = 1\n",
    ],
)
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert transformed(cell) == cell


@pytest.mark.parametrize(
    "cell", ["%%mlrun train\ndef train(): ...\n", "# a comment\n\n%%mlrun train\ndef train(): ...\n"]
)
def test_a_mark_becomes_a_call_and_keeps_the_lines(cell: str) -> None:
    lines = transformed(cell).splitlines()
    assert len(lines) == len(cell.splitlines())
    assert lines[-2:] == ["get_ipython().run_line_magic('mlrun', '%% train')", "def train(): ..."]


def test_a_cell_magic_below_the_mark_gets_its_cell() -> None:
    assert transformed("%%mlrun\n%%time -n\nx = 1\n").splitlines() == [
        "get_ipython().run_line_magic('mlrun', '%% ')",
        "get_ipython().run_cell_magic('time', '-n', 'x = 1\\n')",
    ]


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("x = 1\n%%mlrun\ny = 2\n", "line 2"),
        ("%%mlrun\ndef f(:\n    pass\n", "line 2: invalid syntax: def f(:"),
        ("%%mlrun\n\n\nx = = 1\n", "line 4: invalid syntax: x = = 1"),
        ("%%mlrun\nif x:\nprint(x)\n", "line 3"),
    ],
)
def test_a_cell_that_cannot_run_becomes_one_line_that_says_why(cell: str, told: str) -> None:
    (line,) = transformed(cell).splitlines()
    assert line.startswith("get_ipython().run_line_magic('mlrun', ") and told in line


@pytest.mark.parametrize(
    "body", ["await f()\n", "!ls\n%timeit 1\n", "x?\n", "%cd ..\nfor i in y:\n    !echo {i}\n", ""]
)
def test_what_ipython_understands_is_no_problem(body: str) -> None:
    assert transformed(f"%%mlrun\n{body}").endswith(body)


@pytest.mark.parametrize("word", sorted(NOT_CODE))
def test_cells_of_settings_stay_cell_magics(word: str) -> None:
    assert transformed(f"%%mlrun {word}\nA=1\n") == f"%%mlrun {word}\nA=1\n"


def test_settings_are_those_that_conversion_reads() -> None:
    from mlrun_jupyter.notebook.settings import EXPORTED

    assert NOT_CODE == EXPORTED


@pytest.mark.parametrize(
    ("cell", "call"),
    [("%mlrun?", "help"), ("%mlrun run?\n", "help run"), ("%mlrun run ??", "help run"), ("%%mlrun?", "help")],
)
def test_a_question_is_answered_by_help(cell: str, call: str) -> None:
    assert transformed(cell) == f"get_ipython().run_line_magic('mlrun', {call!r})\n"
