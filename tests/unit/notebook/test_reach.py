"""What comes along with marked code, and what does not."""

from __future__ import annotations

import pytest

from mlrun_jupyter.notebook.extract import ExtractedFunction, extract

MARK = "%%mlrun function train\n"


def lines(function: ExtractedFunction) -> str:
    return "\n".join(line for line in function.code.split("\n") if line.strip())


BROUGHT = [
    ("an import", ["import os\nimport sys"], "def train():\n    os.getcwd()", "import os"),
    ("an import of a submodule", ["import os.path"], "def train():\n    os.path.join()", "import os.path"),
    ("an import by another name", ["import json as j"], "def train():\n    j.loads('1')", "import json as j"),
    (
        "one name of several imported ones",
        ["from os import path, sep"],
        "def train():\n    return sep",
        "from os import path, sep",
    ),
    ("a constant", ["N = 3\nM = 4"], "def train():\n    return N", "N = 3"),
    (
        "a constant of constants",
        ["A = 1\nB = [A, A + 1]\nC = 0"],
        "def train():\n    return B",
        "A = 1\nB = [A, A + 1]",
    ),
    ("a tuple of constants", ["A, B = 1, 2"], "def train():\n    return B", "A, B = 1, 2"),
    (
        "a function and what it needs",
        ["import os\ndef h():\n    return os.sep"],
        "def train():\n    return h()",
        "import os\ndef h():\n    return os.sep",
    ),
    (
        "a class and its base",
        ["class A: pass\nclass B(A): pass\nclass C: pass"],
        "def train():\n    return B()",
        "class A: pass\nclass B(A): pass",
    ),
    ("a decorator", ["def d(f): return f"], "@d\ndef train(): pass", "def d(f): return f"),
    ("a default", ["N = 3"], "def train(n=N): pass", "N = 3"),
    ("an annotation", ["from os import PathLike"], "def train(p: PathLike): pass", "from os import PathLike"),
    (
        "an annotation with the future import",
        ["from __future__ import annotations", "from os import PathLike"],
        "def train(p: PathLike): pass",
        "from os import PathLike",
    ),
    ("a class body", ["N = 3"], "class A:\n    n = N\ndef train(): pass", "N = 3"),
    ("a class body that binds what it reads", ["n = 3"], "class A:\n    n = n\ndef train(): pass", "n = 3"),
    ("a comprehension", ["N = 3\ni = 9"], "def train():\n    return [i for i in range(N)]", "N = 3"),
    ("a closure", ["N = 3"], "def train():\n    def inner():\n        return N\n    return inner", "N = 3"),
    ("a lambda", ["N = 3"], "train = lambda: N", "N = 3"),
    ("an f-string", ["N = 3"], "def train():\n    return f'{N:>{N}}'", "N = 3"),
    ("a global that is set", ["count = 0"], "def train():\n    global count\n    count += 1", "count = 0"),
    (
        "a guarded import",
        ["try:\n    import tomllib\nexcept ImportError:\n    tomllib = None"],
        "def train():\n    return tomllib",
        "try:\n    import tomllib\nexcept ImportError:\n    tomllib = None",
    ),
    (
        "a conditional constant",
        ["import sys\nif sys.platform == 'win32':\n    N = 1\nelse:\n    N = 2"],
        "def train():\n    return N",
        "import sys\nif sys.platform == 'win32':\n    N = 1\nelse:\n    N = 2",
    ),
    ("a constant in several steps", ["C = {}", "C['a'] = 1"], "def train():\n    return C", "C = {}\nC['a'] = 1"),
    ("a counter in several steps", ["n = 1", "n += 2"], "def train():\n    return n", "n = 1\nn += 2"),
    (
        "the last definition before the mark",
        ["def h(): return 1", "def h(): return 2"],
        "def train():\n    return h()",
        "def h(): return 2",
    ),
    (
        "its comments",
        ["import os\n\n# how fast\nRATE = 0.1"],
        "def train():\n    return RATE",
        "# how fast\nRATE = 0.1",
    ),
    (
        "a logger and a path",
        ["import logging\nfrom pathlib import Path\nlog = logging.getLogger('x')\nDATA = Path('d') / 'x'"],
        "def train():\n    log.info(DATA)",
        "import logging\nfrom pathlib import Path\nlog = logging.getLogger('x')\nDATA = Path('d') / 'x'",
    ),
    (
        "an object of a data class",
        ["from dataclasses import dataclass\n@dataclass\nclass Config:\n    n: int = 1\nCFG = Config(n=2)"],
        "def train():\n    return CFG",
        "from dataclasses import dataclass\n@dataclass\nclass Config:\n    n: int = 1\nCFG = Config(n=2)",
    ),
    ("names of a local import are its own", ["import os"], "def train():\n    import sys\n    return sys", ""),
    ("arguments are their own", ["x = 1"], "def train(x):\n    return x", ""),
    ("attributes are not names", ["sep = 1"], "def train(a):\n    return a.sep", ""),
    ("only what is reachable", ["A = 1\ndef f(): return A\ndef g(): return f()"], "def train(): pass", ""),
    (
        "star imports, when a name is nowhere else",
        ["from os.path import *\nimport os"],
        "def train():\n    return join('a')",
        "from os.path import *",
    ),
]


@pytest.mark.parametrize(
    ("cells", "marked", "brought"), [case[1:] for case in BROUGHT], ids=[case[0] for case in BROUGHT]
)
def test_definitions_come_along_in_notebook_order(cells: list[str], marked: str, brought: str) -> None:
    function = extract([*cells, MARK + marked])
    assert lines(function) == (f"{brought}\n{marked}" if brought else marked)
    assert function.mode == "marked"


def test_a_function_that_is_defined_below_comes_along() -> None:
    function = extract([MARK + "def train():\n    return helper()", "def helper(): return 1"])
    assert lines(function) == "def train():\n    return helper()\ndef helper(): return 1"
    assert function.warnings == []


ACTIONS = [
    "df = open('x.csv').read()",
    "for i in range(3):\n    df = i",
    "with open('x') as f:\n    df = f",
    "df = load()",
    "import os\nos.makedirs('x'); df = 1",
]


@pytest.mark.parametrize("action", ACTIONS)
def test_work_does_not_come_along_and_is_told(action: str) -> None:
    function = extract([f"def load(): return 1\n{action}", MARK + "def train():\n    return df"])
    assert lines(function) == "def train():\n    return df"
    told = [found for found in function.warnings if found.code == "needs-unmarked-work"]
    assert [(found.cell, found.line) for found in told] == [(2, 3)]
    assert "'df' comes from cell 1" in told[0].message


def test_changes_of_what_came_along_are_told() -> None:
    function = extract(
        ["import random\nC = []\nrandom.seed(0)\nC.append(1)", MARK + "def train():\n    return random.random(), C"]
    )
    assert [(found.severity, found.line) for found in function.diagnostics if found.code == "effect-left-behind"] == [
        ("info", 3),
        ("warning", 4),
    ]


EFFECTS = [
    ("an option of a module", "import json as j", "j.options.x = 1", "j", "info"),
    ("an item of a module", "import os", "os.environ['A'] = '1'", "os", "info"),
    ("a tuple of targets", "C = {}", "C['a'], b = 1, load()", "C", "warning"),
    ("an attribute that is computed", "class C: pass", "C.a = load()", "C", "warning"),
    ("setattr", "class C: pass", "setattr(C, 'a', 1)", "C", "warning"),
    ("a method in a loop", "C = []", "for i in range(3):\n    if i:\n        C.append(i)", "C", "warning"),
    ("a method in an expression", "C = [1]", "first = C.pop()", "C", "warning"),
    ("a loop's target", "C = {}", "for C['a'] in range(3): pass", "C", "warning"),
    ("a shuffle", "import random\nC = [1, 2]", "random.shuffle(C)", "C", "warning"),
    ("a function of the notebook", "C = []\ndef change(): C.append(1)", "change()", "C", "warning"),
    ("a global of such a function", "C = 1\ndef change():\n    global C\n    C = 2", "change()", "C", "warning"),
]


@pytest.mark.parametrize(
    ("made", "effect", "name", "severity"), [case[1:] for case in EFFECTS], ids=[case[0] for case in EFFECTS]
)
def test_a_left_out_statement_that_changes_what_came_along_is_told(
    made: str, effect: str, name: str, severity: str
) -> None:
    function = extract([made, f"def load(): return 1\n{effect}", MARK + f"def train():\n    return {name}"])
    assert effect not in function.code
    told = [found for found in function.diagnostics if found.code == "effect-left-behind"]
    assert [(found.severity, found.cell, found.line) for found in told] == [(severity, 2, 2)]
    assert f"it does something to {name} " in told[0].message


@pytest.mark.parametrize("change", ["C.z = 1, 2", "C.y: int = 3", "C.a, C.b = 1, 2", "d = C.a = 1"])
def test_statements_that_finish_a_class_or_constant_come_along(change: str) -> None:
    function = extract([f"class C: pass\n{change}", MARK + "def train():\n    return C"])
    assert lines(function) == f"class C: pass\n{change}\ndef train():\n    return C"
    assert function.warnings == []


@pytest.mark.parametrize(
    "harmless", ["print(len(C))", "d = C.copy()", "D = []\nD.append(C)", "def f(C): C.append(1)\nf([])"]
)
def test_what_only_reads_or_changes_something_else_is_not_told(harmless: str) -> None:
    function = extract([f"C = []\n{harmless}", MARK + "def train():\n    return C"])
    assert [found.code for found in function.diagnostics] == []


def test_what_changed_an_older_object_of_the_name_is_not_told() -> None:
    function = extract(["C = []\nC.append(1)\nC = [2]", MARK + "def train():\n    return C"])
    assert lines(function) == "C = [2]\ndef train():\n    return C"
    assert function.warnings == []


def test_a_change_below_the_function_is_told() -> None:
    function = extract(["C = {}", MARK + "def train():\n    return C", "C['a'] = 1\ntrain()"])
    assert [(found.code, found.cell, found.line) for found in function.diagnostics] == [("changed-below", 3, 1)]


QUOTED = [
    ("an argument", 'def train(p: "j.JSONDecoder"): pass'),
    ("a result", 'def train() -> "list[j.JSONDecoder]": pass'),
    ("within a type", 'def train(p: list["j.JSONDecoder"] = ()): pass'),
    ("annotated", 'def train(p: Annotated["j.JSONDecoder", "K"]): pass'),
    ("a variable", 'p: "j.JSONDecoder" = None\ndef train(): pass'),
    ("of a method", 'class A:\n    def f(self, *, p: "j.JSONDecoder"): pass\ndef train(): pass'),
]


@pytest.mark.parametrize("marked", [case[1] for case in QUOTED], ids=[case[0] for case in QUOTED])
def test_names_in_quoted_annotations_come_along(marked: str) -> None:
    function = extract(["import json as j\nfrom typing import Annotated\nK = 1", MARK + marked])
    assert "import json as j\n" in function.code and "K = 1" not in function.code


def test_a_quoted_annotation_that_is_no_type_asks_for_nothing() -> None:
    function = extract(
        [
            "from typing import Literal\na = depth = 1",
            MARK + "def train(x: Literal['a'], y: 'how deep', z: 'Nowhere'): pass",
        ]
    )
    assert lines(function).startswith("from typing import Literal\ndef train")
    assert function.warnings == []


def test_a_name_that_is_nowhere_is_told_at_its_use() -> None:
    function = extract([MARK + "def train():\n    x = 1\n    return zoo(x)"])
    assert [(found.code, found.cell, found.line) for found in function.warnings] == [("undefined-name", 1, 4)]


def test_a_name_that_is_used_before_it_is_defined_is_told() -> None:
    function = extract([MARK + "def train(n=N): pass", "N = 1"])
    assert [(found.code, found.cell, found.line) for found in function.warnings] == [("used-before-defined", 1, 2)]


def test_builtins_and_the_modules_own_names_need_nothing() -> None:
    assert extract([MARK + "def train():\n    print(__name__, len([]), ValueError)"]).diagnostics == []


def test_recursion_and_a_name_of_its_own_are_no_loops() -> None:
    function = extract(
        ["a = 1\ndef b(): return c()\ndef c(): return b()", MARK + "def train():\n    b()\n    return train"]
    )
    assert lines(function).startswith("def b(): return c()\ndef c(): return b()\ndef train")


def test_tags_mark_cells_and_accumulate() -> None:
    cells = [
        {"cell_type": "code", "source": "import os", "metadata": {}},
        {"cell_type": "code", "source": "def a(): return os", "metadata": {"tags": ["mlrun:train"]}},
        {"cell_type": "code", "source": "print(a())", "metadata": {}},
        {"cell_type": "code", "source": "def b(): return a()", "metadata": {"tags": ["mlrun:train", "mlrun:other"]}},
    ]
    assert lines(extract(cells, "train")) == "import os\ndef a(): return os\ndef b(): return a()"
    assert extract(cells, "other").code.count("def") == 2


def test_a_mark_and_a_section_of_one_name_are_one_function() -> None:
    cells = ["import os\n# mlrun: start-code train\nx = os\n# mlrun: end-code train\ny = 1", MARK + "def train(): pass"]
    assert lines(extract(cells, "train")) == "import os\nx = os\ndef train(): pass"


def test_a_single_marked_function_needs_no_name() -> None:
    function = extract(
        ["x = 1", "%%mlrun train --kind dask --image a/b --env A=1 --env B=2 --label c=d\ndef train(): pass"]
    )
    assert (function.name, function.kind, function.handler) == ("train", "dask", "train")
    assert function.config["spec"] == {
        "image": "a/b",
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
    }
    assert function.config["metadata"] == {"labels": {"c": "d"}}


def test_options_of_a_mark() -> None:
    options = "--base-image b/c --requirements 'pandas>=2 numpy' --cmd 'apt update' --handler go"
    cell = f"%%mlrun function train {options}\ndef go(): pass\ndef train(): pass"
    function = extract([cell])
    assert function.handler == "go"
    assert function.requirements == ["pandas>=2", "numpy"]
    assert function.config["spec"]["build"] == {"base_image": "b/c", "commands": ["apt update"]}


def test_nameless_marks_go_with_any_name() -> None:
    function = extract(["import os", "%%mlrun\ndef train(): return os"], "fancy")
    assert lines(function) == "import os\ndef train(): return os"
    assert function.handler == "train"


def test_the_only_marked_function_is_taken_for_any_name_and_it_is_told() -> None:
    function = extract(["x = 1", "%%mlrun function train\ndef train(): pass"], "fancy")
    assert (function.name, function.handler) == ("train", "train")
    assert [found.code for found in function.diagnostics] == ["only-function"]


def test_the_report_says_where_each_cell_went_and_why() -> None:
    cells = [
        {"cell_type": "markdown", "source": "# title"},
        "import os",
        "%pip install pandas",
        "print('hello')",
        "# mlrun: ignore\nx = 1",
        "%%bash\nls",
        "%%mlrun run\ntrain()",
        "",
        MARK + "%matplotlib inline\ndef train(): return os",
    ]
    reports = extract(cells).cells
    assert [(report.fate, report.lines) for report in reports] == [
        ("text", 0),
        ("brought", 1),
        ("setting", 0),
        ("out", 0),
        ("ignored", 0),
        ("out", 0),
        ("out", 0),
        ("out", 0),
        ("in", 1),
    ]
    assert reports[1].reason == "it gives os"
    assert reports[3].reason == "it is not marked, and nothing marked needs it"
    assert reports[5].reason == "%%bash holds no Python of this notebook"
