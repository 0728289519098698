"""Functions that a task can call, and what their docstrings say."""

from __future__ import annotations

import pytest

from mlrun_jupyter.notebook.docstrings import parse_docstring
from mlrun_jupyter.notebook.entrypoints import find_entry_points
from mlrun_jupyter.notebook.extract import extract

CODE = '''
import os

def train(context, data: "DataItem", eta: float = 0.1, depth=4, *args, steps: int = 20, tags=("a", "b"), **more) -> dict:
    """Train a model.

    :param data: table
    :param eta: step size,
        between 0 and 1
    :type depth: int
    :returns: metrics
    """
    def inner(): pass

class Model:
    def fit(self): pass

async def serve(context, /, port=8080): pass

def _private(): pass

if os.name == "posix":
    def posix_only(): pass
else:
    def other(): pass
'''


def test_functions_of_the_module_are_found_and_nothing_else() -> None:
    assert list(find_entry_points(CODE)) == ["train", "serve", "posix_only", "other"]


def test_an_entry_tells_parameters_types_defaults_and_words() -> None:
    entry = find_entry_points(CODE)["train"]
    assert entry == {
        "name": "train",
        "doc": "Train a model.",
        "parameters": [
            {"name": "context"},
            {"name": "data", "type": "DataItem", "doc": "table"},
            {"name": "eta", "type": "float", "default": 0.1, "doc": "step size, between 0 and 1"},
            {"name": "depth", "type": "int", "default": 4},
            {"name": "steps", "type": "int", "default": 20},
            {"name": "tags", "default": "('a', 'b')"},
        ],
        "outputs": [{"type": "dict", "doc": "metrics"}],
        "lineno": 4,
        "has_varargs": True,
        "has_kwargs": True,
    }


@pytest.mark.parametrize(
    "mark",
    [
        "# mlrun:handler\n",
        "# nuclio: handler\n",
        "@mlrun.handler()\n",
        "# mlrun:handler\n@cache\n",
        "@cache\n# mlrun:handler\n",
    ],
)
def test_where_handlers_are_marked_only_they_count(mark: str) -> None:
    assert list(find_entry_points(f"def a(): pass\n\n{mark}def b(): pass\n\ndef c(): pass")) == ["b"]


@pytest.mark.parametrize(
    "mark", ["# mlrun:handler\n\nx = 1\n", "'''\n# mlrun:handler\n'''\n", "x = 1  # mlrun:handler\n"]
)
def test_a_mark_that_is_elsewhere_marks_nothing(mark: str) -> None:
    assert list(find_entry_points(f"def a(): pass\n{mark}def b(): pass")) == ["a", "b"]


def test_defaults_that_are_no_data_are_told_as_source() -> None:
    entry = find_entry_points("def f(a=os.sep, b=-1, c=None, d=[1, {'x': 2}], e=b'x', g=...): pass")["f"]
    assert [item.get("default") for item in entry["parameters"]] == ["os.sep", -1, None, [1, {"x": 2}], "b'x'", "..."]
    assert "default" in entry["parameters"][2]


DOCSTRINGS = {
    "rest": """Sum up.

    More words.

    :param float x: first
    :param y: second,
              with more
    :type y: list of int
    :param z:
    :returns: a sum
    :rtype: float
    :raises ValueError: never
    """,
    "google": """Sum up.

    More words.

    Args:
        x (float): first
        y (list of int, optional): second,
            with more
        z:

    Returns:
        float: a sum

    Raises:
        ValueError: never
    """,
    "numpydoc": """Sum up.

    More words.

    Parameters
    ----------
    x : float
        first
    y : list of int, optional
        second,
        with more
    z

    Returns
    -------
    float
        a sum

    Raises
    ------
    ValueError
        never
    """,
}


@pytest.mark.parametrize("style", DOCSTRINGS)
def test_three_styles_say_the_same(style: str) -> None:
    said = parse_docstring(DOCSTRINGS[style])
    assert said.summary == "Sum up.\n\nMore words."
    assert {name: tuple(value) for name, value in said.parameters.items()} == {
        "x": ("float", "first"),
        "y": ("list of int", "second, with more"),
        "z": ("", ""),
    }
    assert [tuple(value) for value in said.returns] == [("float", "a sum")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        ":param",
        ":param :",
        ":unknown x: y",
        "Args:",
        "Args:\n    x",
        "---",
        "x\n---",
        "Returns:\n",
        "a: b\n:c",
        "::param x: y",
    ],
)
def test_odd_docstrings_break_nothing(text: str) -> None:
    parse_docstring(text)
    assert find_entry_points(f"def f(x):\n    {text!r}")["f"]["name"] == "f"


def test_several_results_are_listed() -> None:
    text = "Split.\n\nReturns\n-------\ntrain : DataFrame\n    most\ntest : DataFrame\n    the rest\n"
    assert [tuple(value) for value in parse_docstring(text).returns] == [
        ("DataFrame", "most"),
        ("DataFrame", "the rest"),
    ]


def test_parameters_come_from_the_handler_without_its_context() -> None:
    function = extract(
        ["%%mlrun function train\ndef train(context, eta: float, n=3):\n    '''T.\n\n    :param n: rounds'''"]
    )
    assert [(item.name, item.type, item.default, item.required, item.doc) for item in function.parameters] == [
        ("eta", "float", None, True, ""),
        ("n", "int", 3, False, "rounds"),
    ]


def test_parameters_come_from_the_tagged_cell() -> None:
    source = "eta: float = 0.1  # step size\nn = 3\nname = 'a'  # type: str\npath = base / 'x'\nnothing: int\nn = 4"
    cells = [{"cell_type": "code", "source": source, "metadata": {"tags": ["parameters"]}}]
    function = extract(cells)
    assert [(item.name, item.type, item.default, item.doc) for item in function.parameters] == [
        ("eta", "float", 0.1, "step size"),
        ("n", "int", 4, ""),
        ("name", "str", "a", ""),
        ("path", "", "base / 'x'", ""),
        ("nothing", "int", None, ""),
    ]
    assert [item.literal for item in function.parameters] == [True, True, True, False, True]
    assert [found.code for found in extract([*cells, *cells]).warnings if "parameters" in found.code] == [
        "parameters-twice"
    ]


def test_the_handler_is_the_function_of_the_name_or_the_only_one() -> None:
    assert extract(["def a(): pass\ndef my_fn(): pass"], "my-fn").handler == "my_fn"
    assert extract(["def a(): pass"]).handler == "a"
    assert extract(["def a(): pass\ndef b(): pass"]).handler == ""
    assert extract(["def a(): pass\ndef b(): pass"], handler="b").handler == "b"
    assert extract(["%%nuclio handler go\n1", "def b(): pass"]).handler == "go"


def test_imports_become_requirements_on_request() -> None:
    import msgspec

    cells = ["import os, msgspec.json, nowhere_to_be_found\nfrom . import x", "%pip install numpy", "import numpy"]
    assert extract(cells).requirements == ["numpy"]
    assert extract(cells, scan_imports=True).requirements == ["numpy", f"msgspec=={msgspec.__version__}"]
