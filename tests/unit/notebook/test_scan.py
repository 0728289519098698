"""The reader of lines and comments, held against the standard tokenizer and IPython's own transformer."""

from __future__ import annotations

import ast
import io
import json
import tokenize
from pathlib import Path

import pytest

from mlrun_jupyter.notebook.cells import Cell
from mlrun_jupyter.notebook.scan import is_special, scan
from mlrun_jupyter.notebook.transform import prepare

STANDARD = (
    sorted(Path(json.__file__).parent.glob("*.py")) + sorted(Path(json.__file__).parent.parent.glob("[a-t]*.py"))[::4]
)


@pytest.mark.parametrize("file", STANDARD, ids=[file.name for file in STANDARD])
def test_comments_and_lines_of_python_are_those_of_the_tokenizer(file: Path) -> None:
    source = file.read_text(encoding="utf-8").replace("\r\n", "\n")
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    found = scan(source)
    assert [(each.line, each.column, each.text) for each in found.comments] == [
        (token.start[0], token.start[1], token.string) for token in tokens if token.type == tokenize.COMMENT
    ]
    ends = [token.start[0] for token in tokens if token.type == tokenize.NEWLINE]
    assert [line.last for line in found.lines if line.kind == "code"] == ends
    assert {line.kind for line in found.lines} <= {"code", "blank"}


IPYTHON = [
    "%matplotlib inline\nx = 1",
    "!ls\ny = 2",
    "x = !ls -l\ny = 1",
    "x, y = !ls",
    "x.a['b'] = %pwd\nz = 1",
    "if True:\n    !ls\n    x = 1",
    "if True:\n    x = %pwd\n    y = 1",
    "for i in 'a':\n\t%time f(i)\n\tx = i",
    "x?\ny = 1",
    "x.y??",
    "?x",
    "??x.y",
    "%time?\nx = 1",
    "x = (7\n%3)",
    "x = 'a?'",
    "x = 1  # !ls\n# %time\ny = 2",
    "x = '''\n!ls\n%time\n'''\n!pwd",
    "x = '%time'\ny = \"!ls\"",
    "!ls \\\n  -l \\\n  -a\nx = 1",
    "x = !ls \\\n  -l\ny = 1",
    "%%bash\nls\nx = 1",
    "\n\n%%bash\nls",
    "z = 3\nx = z % 2\ny = x != 2\nz %= 2",
    "f(a=1, b='!x')\nx = 1",
    "/f a b\nx = 1",
    ",f a b",
    ";f a b",
    "!!ls\nx = 1",
    "!echo \"don't\"\nx = 'it'",
    "x = lambda a=1: a\ny = x",
    "x = {'a': 1}  \n%who\n\n\n",
    "    x = 1\n    !ls\n    y = 2",
    "def f():\n    !ls\n\n    return 1\n\nx = f()",
    "try:\n    import a\nexcept ImportError:\n    !pip install a\n    import a",
    "@d\ndef f(): pass\n%prun f()\n",
    "x = !ls; pwd\ny = 1",
    "x = 1; y = 2\n%time z = 3",
    "async def f():\n    await g()\n%who",
    "x = f'{1:%d}'\ny = f'''\n{x!r}\n!ls\n'''",
]


@pytest.mark.parametrize("source", IPYTHON)
def test_what_is_ipythons_is_what_ipython_takes(source: str) -> None:
    """IPython's own transformer turns its syntax into calls; without those, the same statements are left."""
    from IPython.core.inputtransformer2 import TransformerManager

    theirs = ast.parse(TransformerManager().transform_cell(source))
    ours = ast.parse(prepare(Cell(index=1, id="a", kind="code", source=source)).text())
    assert _python(ours) == _python(theirs)


def _python(tree: ast.Module) -> str:
    """The statements that are nobody's magic; a block of nothing else holds ``pass``."""

    class Strip(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            super().generic_visit(node)
            for field in ("body", "orelse", "finalbody"):
                block = getattr(node, field, None)
                if isinstance(block, list):
                    kept = [item for item in block if not _is_magic(item)]
                    setattr(node, field, kept or ([ast.Pass()] if block and not isinstance(node, ast.Module) else []))
            return node

    return ast.dump(Strip().visit(tree), indent=1)


def _is_magic(node: ast.stmt) -> bool:
    if isinstance(node, ast.Pass):
        return True
    text = ast.unparse(node)
    simple = isinstance(node, (ast.Expr, ast.Assign))
    # translated ones are compared elsewhere: here both sides leave them out
    return simple and ("get_ipython()" in text or text.startswith(("f(", "f('")) or text in {"z = 3"})


@pytest.mark.parametrize(
    "source", [case for case in IPYTHON if "%" not in case and "!" not in case and "?" not in case]
)
def test_the_quick_look_never_misses_special_syntax(source: str) -> None:
    kinds = {line.kind for line in scan(source).lines}
    assert is_special(source) or kinds <= {"code", "blank"}


@pytest.mark.parametrize(
    "text",
    [
        "(" * 50_000,
        "'" * 50_001,
        '"""' * 20_000 + '"',
        "\\\n" * 50_000,
        "a.b" * 40_000 + "?",
        "x = " * 20_000,
        "#" * 90_000,
        "a[" * 40_000 + "?",
        "%" * 90_000,
        "'\\" * 40_000,
        "= " * 50_000 + "!",
        " " * 90_000 + "?",
        "\n" * 50_000 + "%%x",
    ],
    ids=range(13),
)
def test_hostile_text_is_read_in_one_pass(text: str) -> None:
    """Each took minutes if it took more than linear time."""
    assert scan(text).lines
    is_special(text)
    prepare(Cell(index=1, id="a", kind="code", source=text + "\n# mlrun: ignore"))
