"""Names that code binds and uses: held against modules that are known to define what they use."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from mlrun_jupyter.notebook.extract import extract
from mlrun_jupyter.notebook.names import BUILTINS, first_use, read_module_names, read_names

LIBRARY = Path(json.__file__).parent.parent
MODULES = """argparse calendar csv dataclasses datetime decimal _pydecimal difflib doctest enum fractions functools gzip
heapq imaplib ipaddress logging/__init__ mailbox optparse pathlib pickle profile pydoc random sched shelve shutil smtplib
statistics subprocess tarfile tempfile textwrap threading traceback types typing unittest/mock uuid weakref
xmlrpc/client zipfile"""


@pytest.mark.parametrize("name", MODULES.split())
def test_a_module_that_works_uses_nothing_undefined(name: str) -> None:
    source = (LIBRARY / f"{name}.py").read_text(encoding="utf-8")
    names = read_module_names(ast.parse(source), source)
    assert names.uses - names.binds - names.sets - BUILTINS == set()


def test_reading_in_parts_gives_what_reading_at_once_gives() -> None:
    source = (LIBRARY / "typing.py").read_text(encoding="utf-8")
    assert read_module_names(ast.parse(source), source) == read_names(source)


@pytest.mark.parametrize(
    ("source", "binds", "now", "later"),
    [
        ("x = y", {"x"}, {"y"}, set()),
        ("def f(a=b) -> c:\n    return d", {"f"}, {"b", "c"}, {"d"}),
        ("@d\nclass A(B, metaclass=M):\n    x = y\n    def f(self): return z", {"A"}, {"d", "B", "M", "y"}, {"z"}),
        ("[i for i in x if i > y]", set(), {"x", "y"}, set()),
        ("f = lambda a: a + b", {"f"}, set(), {"b"}),
        ("for i in x:\n    pass", {"i"}, {"x"}, set()),
        ("with a as b:\n    del b", {"b"}, {"a"}, set()),
        ("try:\n    pass\nexcept E as e:\n    pass", {"e"}, {"E"}, set()),
        ("import a.b, c as d\nfrom e import f as g", {"a", "d", "g"}, set(), set()),
        ("if (n := x):\n    pass", {"n"}, {"x"}, set()),
        ("match x:\n    case {'a': y, **rest}: pass\n    case P(z): pass", {"y", "rest", "z"}, {"x", "P"}, set()),
        ("def f():\n    def g():\n        nonlocal a\n        a = b\n    a = 1", {"f"}, set(), {"b"}),
        ("x: T", {"x"}, {"T"}, set()),
        ("print(f'{a!r:>{b}}')", set(), {"print", "a", "b"}, set()),
    ],
)
def test_names_are_told_by_when_they_are_needed(source: str, binds: set[str], now: set[str], later: set[str]) -> None:
    names = read_names(source)
    assert (names.binds, names.now - {"x"} if "x: T" in source else names.now, names.later) == (binds, now, later)


def test_a_property_with_a_setter_needs_no_global() -> None:
    source = "class A:\n    @property\n    def name(self): return 1\n    @name.setter\n    def name(self, value): pass"
    assert extract([source]).diagnostics == []
    assert extract(["name = input()", f"%%mlrun function f\n{source}"]).warnings == []


def test_names_set_by_functions_are_defined() -> None:
    assert extract(["def start():\n    global state\n    state = 1\nstart()\nprint(state)"]).diagnostics == []


def test_star_imports_may_define_anything() -> None:
    assert extract(["try:\n    from os.path import *\nexcept ImportError:\n    pass\njoin('a', 'b')"]).diagnostics == []


def test_the_first_use_is_the_first_line() -> None:
    tree = ast.parse("def f():\n    return b\na = 1\nb, a\nb = 2")
    assert list(first_use(tree, {"b", "a", "c"})) == [("b", 2), ("a", 4)]
