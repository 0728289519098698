"""The marking grammar, case by case: notebook in, code out."""

from __future__ import annotations

from typing import Any

import pytest

from mlrun_jupyter.errors import ConversionError
from mlrun_jupyter.notebook.extract import extract


def body(cells: list[Any], name: str = "", **options: Any) -> str:
    """The code without blank lines, for cases that are about what is in it."""
    code = extract(cells, name, **options).code
    return "\n".join(line for line in code.split("\n") if line.strip())


def tagged(source: str, *tags: str) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}}


KEPT = [
    ("the whole notebook without marks", ["a = 1", "b = 2"], "", "a = 1\nb = 2"),
    (
        "only code cells",
        ["a = 1", {"cell_type": "markdown", "source": "b = 2"}, {"cell_type": "raw", "source": "c"}],
        "",
        "a = 1",
    ),
    ("ignore drops the whole cell, wherever it stands", ["a = 1", "b = 2\n# nuclio: ignore\nc = 3"], "", "a = 1"),
    ("mlrun spells ignore too", ["# mlrun: ignore\na = 1", "b = 2"], "", "b = 2"),
    ("no space is needed", ["#mlrun:ignore\na = 1", "b = 2"], "", "b = 2"),
    ("tabs and indentation before the marker", ["b = 2", "if 1:\n\t#\tnuclio:\tignore\n\tpass"], "", "b = 2"),
    ("words behind ignore", ["# mlrun: ignore plots only\na = 1", "b = 2"], "", "b = 2"),
    ("start discards what came before", ["a = 1", "b = 2\n# mlrun: start-code\nc = 3", "d = 4"], "", "c = 3\nd = 4"),
    ("start alone goes to the end", ["a = 1", "# nuclio: start-code", "b = 2"], "", "b = 2"),
    ("end alone goes from the beginning", ["a = 1", "b = 2\n# nuclio: end-code\nc = 3", "d = 4"], "", "a = 1\nb = 2"),
    (
        "sections accumulate",
        [
            "a = 1",
            "# mlrun: start-code\nb = 2\n# mlrun: end-code",
            "c = 3",
            "# mlrun: start-code\nd = 4",
            "# mlrun: end-code\ne = 5",
        ],
        "",
        "b = 2\nd = 4",
    ),
    (
        "a section of any number of cells",
        ["# mlrun: start-code\na = 1", "b = 2", "c = 3\n# mlrun: end-code", "d = 4"],
        "",
        "a = 1\nb = 2\nc = 3",
    ),
    (
        "two pairs in one cell",
        ["# mlrun: start-code\na = 1\n# mlrun: end-code\nb = 2\n# mlrun: start-code\nc = 3\n# mlrun: end-code\nd = 4"],
        "",
        "a = 1\nc = 3",
    ),
    (
        "end before start in one cell, between two sections",
        ["# mlrun: start-code\na = 1", "b = 2\n# mlrun: end-code\nc = 3\n# mlrun: start-code\nd = 4"],
        "",
        "a = 1\nb = 2\nd = 4",
    ),
    (
        "an end without a start, then a section",
        ["a = 1\n# mlrun: end-code", "b = 2", "# mlrun: start-code\nc = 3"],
        "",
        "a = 1\nc = 3",
    ),
    (
        "the section of the name",
        ["# mlrun: start-code x\na = 1\n# mlrun: end-code x", "# mlrun: start-code y\nb = 2\n# mlrun: end-code y"],
        "y",
        "b = 2",
    ),
    (
        "the prefixes mix",
        ["# nuclio: start-code x\na = 1\n# mlrun: end-code x", "b = 2"],
        "x",
        "a = 1",
    ),
    (
        "sections of two names overlap",
        [
            "# mlrun: start-code x\na = 1",
            "# mlrun: start-code y\nb = 2",
            "# mlrun: end-code x\nc = 3",
            "# mlrun: end-code y",
        ],
        "y",
        "b = 2\nc = 3",
    ),
    (
        "a name without a section falls back to nameless ones",
        ["# mlrun: start-code x\na = 1\n# mlrun: end-code x", "# mlrun: start-code\nb = 2\n# mlrun: end-code"],
        "y",
        "b = 2",
    ),
    (
        "named sections count before nameless ones",
        ["# mlrun: start-code\na = 1\n# mlrun: end-code", "# mlrun: start-code y\nb = 2\n# mlrun: end-code y"],
        "y",
        "b = 2",
    ),
    (
        "a name with neither takes the whole notebook",
        ["# mlrun: start-code x\na = 1\n# mlrun: end-code x", "b = 2"],
        "y",
        "a = 1\nb = 2",
    ),
    (
        "no name: named markers do not act",
        ["# mlrun: start-code x\na = 1\n# mlrun: end-code x", "b = 2"],
        "",
        "a = 1\nb = 2",
    ),
    ("names compare as function names do", ["a = 1", "# mlrun: start-code my-fn\nb = 2"], "my_fn", "b = 2"),
    ("the tag mlrun-ignore", ["a = 1", tagged("b = 2", "mlrun-ignore")], "", "a = 1"),
    ("the tag nuclio-ignore", ["a = 1", tagged("b = 2", "nuclio-ignore")], "", "a = 1"),
    ("comments are kept", ["# load\nimport os  # system\n\n# done"], "", "# load\nimport os  # system\n# done"),
    (
        "annotation lines are not in the code",
        ["# mlrun: start-code\n# about\na = 1\n# mlrun: end-code"],
        "",
        "# about\na = 1",
    ),
    ("commented-out commands are not in the code", ["# %nuclio cmd pip install x\na = 1"], "", "a = 1"),
    (
        "the handler marker stays, since entry points are read from the code",
        ["# mlrun:handler\ndef f(): pass"],
        "",
        "# mlrun:handler\ndef f(): pass",
    ),
    # edges that the older converter got wrong
    ("a marker behind code marks nothing", ["x = 1  # mlrun: ignore"], "", "x = 1  # mlrun: ignore"),
    ("a marker in a string marks nothing", ['x = """\n# mlrun: ignore\n"""'], "", 'x = """\n# mlrun: ignore\n"""'),
    (
        "a section marker in a string marks nothing",
        ["a = 1", "x = '''\n# mlrun: start-code\n'''"],
        "",
        "a = 1\nx = '''\n# mlrun: start-code\n'''",
    ),
    ("another case marks nothing", ["# MLRun: ignore\na = 1"], "", "# MLRun: ignore\na = 1"),
    ("half a word marks nothing", ["# nuclio: start\na = 1", "b = 2"], "", "# nuclio: start\na = 1\nb = 2"),
    ("comment-looking lines of strings are kept", ["x = '''\n# kept\n'''"], "", "x = '''\n# kept\n'''"),
    ("shell and magic lines", ["!ls\n%matplotlib inline\na = 1"], "", "a = 1"),
    ("a shell line in a block", ["if True:\n    !ls\na = 1"], "", "if True:\n    pass\na = 1"),
    (
        "a shell line among others in a block",
        ["for i in 'a':\n    !ls\n    b = i"],
        "",
        "for i in 'a':\n    pass\n    b = i",
    ),
    ("values of shell and magic", ["x = !ls\ny = %pwd\nz = 1"], "", "z = 1"),
    ("values in a block", ["if True:\n    x = !ls"], "", "if True:\n    pass"),
    ("questions", ["import os\nos?\nos.path??\n?os\nos.*dir*?"], "", "import os"),
    ("a question mark in a string or comment", ["a = 'why?'\nb = 1  # why?"], "", "a = 'why?'\nb = 1  # why?"),
    ("%%time keeps the body", ["%%time\na = 1"], "", "a = 1"),
    ("%%timeit keeps the body", ["%%timeit -n 10\na = 1"], "", "a = 1"),
    ("%%capture keeps the body, its magics apart", ["%%capture out\n!ls\na = 1"], "", "a = 1"),
    ("cell magics in each other", ["%%capture\n%%time\na = 1"], "", "a = 1"),
    ("%%bash is no Python", ["%%bash\nls -l\necho $HOME", "a = 1"], "", "a = 1"),
    ("%%writefile is no Python of this notebook", ["%%writefile x.py\na = 1", "b = 2"], "", "b = 2"),
    ("%%html is no Python", ["%%html\n<b>x</b>", "b = 2"], "", "b = 2"),
    ("an unknown cell magic", ["%%zoo\na = 1", "b = 2"], "", "b = 2"),
    ("%%! is a shell", ["%%!\nls", "b = 2"], "", "b = 2"),
    ("a cell magic without a name", ["%% x\nls", "b = 2"], "", "b = 2"),
    ("a shell below a comment", ["# files\n%%bash\nls", "b = 2"], "", "# files\nb = 2"),
    ("a shell below code", ["a = 1\n%%bash\nls\n# mlrun: ignore", "b = 2"], "", "a = 1\nb = 2"),
    ("%%time below code governs Python", ["a = 1\n%%time\nb = 2"], "", "a = 1\nb = 2"),
    ("%time keeps the statement", ["%time a = 1\nb = %time 2"], "", "a = 1\nb = 2"),
    ("%timeit binds nothing", ["%timeit a = 1\nb = 2"], "", "b = 2"),
    ("a magic over several lines", ["!pip install \\\n   pandas \\\n   numpy\na = 1"], "", "a = 1"),
    ("a value over several lines", ["x = !ls \\\n  -l\na = 1"], "", "a = 1"),
    ("a percent sign is arithmetic inside brackets", ["a = (7\n % 4)"], "", "a = (7\n % 4)"),
    ("%nuclio in a string", ['a = "%nuclio cmd x"'], "", 'a = "%nuclio cmd x"'),
    (
        "a magic line in a string",
        ['a = """\n%matplotlib inline\n!ls\n"""'],
        "",
        'a = """\n%matplotlib inline\n!ls\n"""',
    ),
    ("%env sets the environment", ["%env A=b c"], "", "__import__(\"os\").environ['A'] = 'b c'"),
    (
        "automatic parentheses and quotes",
        ["/print a b\n,print a b\n;print a b"],
        "",
        "print(a, b)\nprint('a', 'b')\nprint('a b')",
    ),
    ("line ends of other systems", ["a = 1\r\nb = 2\rc = 3"], "", "a = 1\nb = 2\nc = 3"),
    ("a form feed", ["a = 1\n\fb = 2"], "", "a = 1\n\fb = 2"),
    (
        "a late future import comes first",
        ["a = 1", "from __future__ import annotations\nb = 2"],
        "",
        "from __future__ import annotations\na = 1\nb = 2",
    ),
    (
        "a late future import comes behind the docstring",
        ['"""Doc."""\na = 1', "from __future__ import annotations"],
        "",
        '"""Doc."""\nfrom __future__ import annotations\na = 1',
    ),
    (
        "a docstring is all that there is beside a late future import",
        ['"""A\nB"""', "from __future__ import annotations"],
        "",
        '"""A\nB"""\nfrom __future__ import annotations',
    ),
    (
        "an early future import stays",
        ["# first\nfrom __future__ import annotations\na = 1"],
        "",
        "# first\nfrom __future__ import annotations\na = 1",
    ),
    ("a cell that is indented", ["    a = 1\n    if a:\n        b = 2"], "", "a = 1\nif a:\n    b = 2"),
    ("pasted prompts", [">>> a = 1\n>>> def f():\n...     pass"], "", "a = 1\ndef f():\n    pass"),
    ("a cell that is one bare magic", ["pip install pandas", "a = 1"], "", "a = 1"),
    ("%%mlrun run is no function code", ["a = 1", "%%mlrun run\nb = 2"], "", "a = 1"),
    ("cells of settings hold no code", ["%%nuclio cmd\npip install x", "%%mlrun env\nA=1", "a = 1"], "", "a = 1"),
    (
        "cells of another language",
        [{"cell_type": "code", "source": "ls", "metadata": {"vscode": {"languageId": "shellscript"}}}, "a = 1"],
        "",
        "a = 1",
    ),
]


@pytest.mark.parametrize(("cells", "name", "code"), [case[1:] for case in KEPT], ids=[case[0] for case in KEPT])
def test_the_code_is_exactly_what_the_marks_say(cells: list[Any], name: str, code: str) -> None:
    assert body(cells, name) == code


HANDLERS = [
    (
        "the last expression is returned",
        "%%nuclio handler\nx = 1\nx + 1",
        "def handler(context, event):\n    x = 1\n    return x + 1",
    ),
    ("a name", "%%nuclio handler go\n1", "def go(context, event):\n    return 1"),
    (
        "a return that is there",
        "%%nuclio handler\nif event:\n    return 1\n2",
        "def handler(context, event):\n    if event:\n        return 1\n    2",
    ),
    (
        "a marked line",
        "%%nuclio handler\nx  # nuclio: return\nprint(x)",
        "def handler(context, event):\n    return x  # nuclio: return\n    print(x)",
    ),
    (
        "a marker above its line",
        "%%nuclio handler\n# nuclio: return\nx\nprint(x)",
        "def handler(context, event):\n    return x\n    print(x)",
    ),
    ("no expression at the end", "%%nuclio handler\nx = 1", "def handler(context, event):\n    x = 1"),
    (
        "text keeps its indentation",
        "%%nuclio handler\nx = '''\na'''\nx",
        "def handler(context, event):\n    x = '''\na'''\n    return x",
    ),
    ("nothing", "%%nuclio handler\n# soon", "def handler(context, event): pass\n    # soon"),
    ("comments above the magic", "# about\n%%nuclio handler\n1", "def handler(context, event):\n    return 1"),
]


@pytest.mark.parametrize(("cell", "code"), [case[1:] for case in HANDLERS], ids=[case[0] for case in HANDLERS])
def test_handler_cells_become_functions(cell: str, code: str) -> None:
    assert body([cell]) == code


def test_handlers_without_names_are_numbered() -> None:
    function = extract(["%%nuclio handler\n1", "%%nuclio handler\n2", "%%nuclio handler\n3"])
    assert list(function.entry_points) == ["handler", "handler_1", "handler_2"]


def test_ignored_tags_are_added_to_the_usual_ones() -> None:
    cells = [tagged("a = 1", "draft"), tagged("b = 2", "old"), tagged("c = 3", "mlrun-ignore"), "d = 4"]
    assert body(cells, ignored_tags="draft; old") == "d = 4"
    assert body(cells, ignored_tags=["old"]) == "a = 1\nd = 4"


SETTINGS = [
    ("cmd", ["%nuclio cmd pip install x"], {"spec": {"build": {"commands": ["pip install x"]}}}),
    ("cmd for the image only", ["%nuclio cmd -c apt update"], {"spec": {"build": {"commands": ["apt update"]}}}),
    (
        "-c is a switch at the start only",
        ["%nuclio cmd -c bash -c ls"],
        {"spec": {"build": {"commands": ["bash -c ls"]}}},
    ),
    ("cmd, a cell of them", ["%%nuclio cmd -c\na\n\n# no\nb"], {"spec": {"build": {"commands": ["a", "b"]}}}),
    (
        "cmd expands what the notebook sets",
        ["%nuclio env V=2\n%nuclio cmd -c x==$V ${V}"],
        {"spec": {"build": {"commands": ["x==2 2"]}, "env": [{"name": "V", "value": "2"}]}},
    ),
    ("env", ["%nuclio env A=1", "%nuclio env A=2"], {"spec": {"env": [{"name": "A", "value": "2"}]}}),
    ("env with an equals sign in it", ["%nuclio env -c A=b=c"], {"spec": {"env": [{"name": "A", "value": "b=c"}]}}),
    ("env of the kernel only", ["%nuclio env -l A=1\n%nuclio env --local-only B=1"], {}),
    (
        "env, a cell of it",
        ["%%nuclio env\nA=1\n# no\nB=2"],
        {"spec": {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}},
    ),
    ("config", ['%nuclio config spec.image = "x/y"'], {"spec": {"image": "x/y"}}),
    ("config without spaces", ["%nuclio config spec.replicas=2"], {"spec": {"replicas": 2}}),
    ("config appends", ['%nuclio config spec.l += "a"\n%nuclio config spec.l += "b"'], {"spec": {"l": ["a", "b"]}}),
    (
        "config with a dot in a name",
        [r'%nuclio config metadata.annotations.a\.b/c = "d"'],
        {"metadata": {"annotations": {"a.b/c": "d"}}},
    ),
    (
        "config, a cell of it",
        ['%%nuclio config\nkind = "job"\nspec.x = {"a": [1]}'],
        {"kind": "job", "spec": {"x": {"a": [1]}}},
    ),
    (
        "the mlrun spelling",
        ['%mlrun config kind = "dask"\n%mlrun env A=1\n%mlrun cmd x'],
        {"kind": "dask", "spec": {"build": {"commands": ["x"]}, "env": [{"name": "A", "value": "1"}]}},
    ),
    (
        "mount v3io",
        ["%nuclio mount /d users/me"],
        {
            "spec": {
                "volumes": [
                    {
                        "volume": {
                            "name": "fs",
                            "flexVolume": {"driver": "v3io/fuse", "options": {"container": "users", "subPath": "me"}},
                        },
                        "volumeMount": {"name": "fs", "mountPath": "/d"},
                    }
                ]
            }
        },
    ),
    (
        "mount a claim",
        ["%nuclio mount -t pvc -n vol -r /d claim"],
        {
            "spec": {
                "volumes": [
                    {
                        "volume": {"name": "vol", "persistentVolumeClaim": {"claimName": "claim"}},
                        "volumeMount": {"name": "vol", "mountPath": "/d", "readOnly": True},
                    }
                ]
            }
        },
    ),
    ("settings of an ignored cell do not count", ["# mlrun: ignore\n%nuclio env A=1", "a = 1"], {}),
    (
        "settings outside the section count",
        ["%nuclio env A=1", "# mlrun: start-code\nb = 2\n# mlrun: end-code", '%nuclio config kind = "job"'],
        {"kind": "job", "spec": {"env": [{"name": "A", "value": "1"}]}},
    ),
    (
        "live commands say nothing",
        ["%nuclio show\n%nuclio deploy -n x\n%nuclio\n%mlrun run train\n%nuclio verbose"],
        {},
    ),
    ("commands in any case", ["%nuclio ENV A=1"], {"spec": {"env": [{"name": "A", "value": "1"}]}}),
]


@pytest.mark.parametrize(("cells", "config"), [case[1:] for case in SETTINGS], ids=[case[0] for case in SETTINGS])
def test_commands_set_fields_of_the_function(cells: list[str], config: dict[str, Any]) -> None:
    assert extract(cells).config == config


REFUSED = [
    ("two starts", ["# mlrun: start-code", "a = 1\n# mlrun: start-code"], "", "marker-unbalanced", 2, 2),
    ("two ends", ["a = 1\n# mlrun: end-code", "# mlrun: end-code"], "", "marker-unbalanced", 2, 1),
    ("two starts of a name", ["# mlrun: start-code x\n# mlrun: start-code x"], "x", "marker-unbalanced", 1, 2),
    ("a section inside a block", ["if True:\n    # mlrun: start-code\n    a = 1"], "", "marker-inside-block", 1, 2),
    ("a section inside a call", ["f = print(\n# mlrun: start-code\n1)"], "", "marker-inside-block", 1, 2),
    (
        "two functions of one name",
        ["%%mlrun function a\ndef a(): pass", "%%mlrun function a\nx = 1"],
        "",
        "duplicate-function",
        2,
        1,
    ),
    (
        "several functions and no name",
        ["%%mlrun function a\nx = 1", "%%mlrun function b\ny = 1"],
        "",
        "unknown-function",
        0,
        0,
    ),
    (
        "a function that is not there",
        ["%%mlrun function a\nx = 1", "%%mlrun function b\ny = 1"],
        "c",
        "unknown-function",
        0,
        0,
    ),
    ("an unknown command", ["%nuclio confg a = 1"], "", "unknown-command", 1, 1),
    ("an unknown cell command", ["%%nuclio zoo\na"], "", "unknown-command", 1, 1),
    ("a value that is no JSON", ["a = 1\n%nuclio config spec.image = x"], "", "invalid-config", 1, 2),
    ("a setting without a value", ["%nuclio config spec.image"], "", "invalid-config", 1, 1),
    ("appending to what is no list", ["%nuclio config a = 1\n%nuclio config a += 2"], "", "invalid-config", 1, 2),
    ("a field of what is no section", ["%nuclio config a = 1\n%nuclio config a.b = 2"], "", "invalid-config", 1, 2),
    ("an environment without a value", ["%nuclio env A"], "", "invalid-env", 1, 1),
    ("a mount of one path", ["%nuclio mount /x"], "", "invalid-mount", 1, 1),
    ("a mount of an unknown type", ["%nuclio mount -t nfs /x y"], "", "invalid-mount", 1, 1),
    ("an option that is misspelt", ["%%mlrun function a --knd job\nx = 1"], "", "invalid-option", 1, 1),
    ("an option without a value", ["%%mlrun function a --kind\nx = 1"], "", "invalid-option", 1, 1),
    ("a command that is misspelt", ["%%mlrun fucntion a\nx = 1"], "", "invalid-option", 1, 1),
    ("no Python", ["a = 1", "b = = 2"], "", "syntax-error", 2, 1),
    ("a bracket that is not closed", ["a = (", "b = 1)"], "", "syntax-error", 1, 1),
    ("a string that is not closed", ["a = '''", "b = 1"], "", "syntax-error", 1, 1),
    ("await at the top level", ["a = 1", "x = 1\nawait x"], "", "syntax-error", 2, 2),
    ("return at the top level", ["return 1"], "", "syntax-error", 1, 1),
    ("a NUL character", ["a = 1\0"], "", "syntax-error", 1, 1),
    ("a future that does not exist", ["a = 1", "from __future__ import braces"], "", "syntax-error", 2, 1),
    ("a script block that is broken", ["# /// script\n# dependencies = [\n# ///"], "", "invalid-requirement", 1, 1),
    ("a requirement that is none", ["%pip install pandas=>2"], "", "invalid-requirement", 1, 1),
    ("a return marker on no value", ["%%nuclio handler\n# nuclio: return\nx = 1"], "", "return-without-value", 1, 2),
]


@pytest.mark.parametrize(
    ("cells", "name", "code", "cell", "line"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_wrong_input_is_told_with_cell_and_line(cells: list[str], name: str, code: str, cell: int, line: int) -> None:
    with pytest.raises(ConversionError) as caught:
        extract(cells, name)
    errors = [found for found in caught.value.diagnostics if found.severity == "error"]
    assert (code, cell, line) in [(found.code, found.cell, found.line) for found in errors]


TOLD = [
    ("another case", ["# MLRun: ignore\na = 1"], "marker-not-recognised", 1, 1),
    ("half a word", ["a = 1\n# nuclio: start"], "marker-not-recognised", 1, 2),
    ("a marker behind code", ["a = 1\nb = 1  # mlrun: ignore"], "marker-not-recognised", 1, 2),
    ("a missing colon", ["# mlrun ignore\na = 1"], "marker-not-recognised", 1, 1),
    (
        "a handler marker above no function",
        ["a = 1\n# mlrun:handler\nb = 2\ndef f(): pass"],
        "handler-without-function",
        1,
        2,
    ),
    ("return outside a handler", ["# mlrun: return\na = 1"], "return-outside-handler", 1, 1),
    ("a section that is not there", ["# mlrun: start-code x\na = 1\n# mlrun: end-code x"], "unknown-section", 0, 0),
    ("a shell command", ["a = 1\n!ls"], "shell-dropped", 1, 2),
    ("the output of a command", ["x = !ls"], "shell-dropped", 1, 1),
    ("a magic that changes the work", ["%cd /tmp"], "magic-dropped", 1, 1),
    ("a cell in another language", ["%%bash\nls"], "cell-magic-dropped", 1, 1),
    ("a cell magic that is not first", ["a = 1\n%%time"], "cell-magic-not-first", 1, 2),
    ("a name that is nowhere", ["a = 1", "b = a + zoo"], "undefined-name", 2, 1),
    ("a name in a function", ["def f():\n    return zoo"], "undefined-name", 1, 2),
    ("a name of IPython", ["get_ipython().ask_exit()"], "ipython-name", 1, 1),
    ("requirements that contradict", ["%pip install a==1", "%pip install a==2"], "requirement-twice", 0, 0),
    ("files that pip would read", ["%pip install -r r.txt"], "install-partly", 1, 1),
    ("a function that is defined twice", ["def f(): pass", "def f(): pass"], "redefined", 2, 1),
]


@pytest.mark.parametrize(("cells", "code", "cell", "line"), [case[1:] for case in TOLD], ids=[case[0] for case in TOLD])
def test_doubts_are_told_with_cell_and_line(cells: list[str], code: str, cell: int, line: int) -> None:
    warnings = extract(cells, "y").warnings
    assert (code, cell, line) in [(found.code, found.cell, found.line) for found in warnings]


def test_all_problems_are_told_at_once() -> None:
    cells = ["a = (", "%nuclio config x = y", "def f(:", "# mlrun: start-code\n# mlrun: start-code"]
    with pytest.raises(ConversionError) as caught:
        extract(cells)
    assert {found.code for found in caught.value.diagnostics} >= {"invalid-config", "marker-unbalanced"}
    with pytest.raises(ConversionError) as caught:
        extract(["a = (", "ok = 1", "def f(:", "return"])
    assert [(found.cell, found.line) for found in caught.value.diagnostics] == [(1, 1), (3, 1), (4, 1)]


def test_suggestions_name_the_right_spelling() -> None:
    hints = {
        "# MLRun: ignore": "write '# mlrun: ignore'",
        "# nuclio: start": "write '# nuclio: start-code'",
        "# mlrun : end_code train": "write '# mlrun: end-code train'",
        "# mlrun: ignroe": "write '# mlrun: ignore'",
    }
    for text, hint in hints.items():
        assert [found.hint for found in extract([text + "\na = 1"]).warnings] == [hint]


def test_prose_about_the_tool_is_no_mistake() -> None:
    cells = ["# MLRun is what we use here\n# mlrun: see the docs for more\n# nuclio\na = 1"]
    assert extract(cells).diagnostics == []


INSTALLED = [
    ("%pip install pandas", ["pandas"]),
    ("!pip install -q 'pandas>=2,<3' numpy[x]", ["pandas>=2,<3", "numpy[x]"]),
    ("!python -m pip install --upgrade a", ["a"]),
    ("!{sys.executable} -m pip install a", ["a"]),
    ("%uv pip install a", ["a"]),
    ("!cd x && pip install a; pip3 install b | tail", ["a", "b"]),
    ("%pip install --index-url https://x/simple a", ["a"]),
    ("%pip install git+https://host/a.git@v1", ["git+https://host/a.git@v1"]),
    ("%pip uninstall -y a\n!pip list", []),
    ("%mlrun requirements pandas>=2 numpy", ["pandas>=2", "numpy"]),
    ("%%mlrun requirements\npandas >= 2\n# no\nnumpy", ["pandas >= 2", "numpy"]),
    ('# /// script\n# dependencies = ["a>1", "b"]\n# ///\nx = 1', ["a>1", "b"]),
    ("%pip install pandas\n%pip install pandas==2", ["pandas==2"]),
    ("%pip install Scikit_Learn\n%pip install scikit-learn", ["Scikit_Learn"]),
    ("%pip install a==1 .", ["a==1"]),
]


@pytest.mark.parametrize(("cell", "requirements"), INSTALLED)
def test_installs_become_requirements(cell: str, requirements: list[str]) -> None:
    assert extract([cell]).requirements == requirements
