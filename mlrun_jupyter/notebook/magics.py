"""The written policy for IPython's own syntax: what a job keeps, what is put in other words, and what is left out.

============================================  =======================================================================
In the notebook                               In the module
============================================  =======================================================================
``%pip install x``, ``!pip install x``        left out; ``x`` becomes a requirement
``%%time``, ``%%timeit``, ``%%capture`` ...   the line goes, the body stays
``%time x = f()``, ``%prun f()``              the statement stays, the magic goes
``%env K=v``                                  ``os.environ`` is set
``/f a b``, ``,f a b``, ``;f a b``            the call that they stand for
``%%bash``, ``%%writefile``, other languages  the cell is left out: it is no Python
``%matplotlib``, ``%load_ext`` ...            left out: they are about the notebook
``!command``, ``x = !command``                left out, with a warning
``x?``                                        left out
============================================  =======================================================================

A line left out inside a block becomes ``pass``, so that the block stays one.
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from mlrun_jupyter.notebook.diagnostics import Severity
from mlrun_jupyter.notebook.requirements import parse_shell
from mlrun_jupyter.notebook.vocabulary import BODY_STAYS, QUIET

STATEMENT: Final = frozenset({"time", "prun", "memit"})
"""Line magics that run a statement in the notebook's namespace."""

INSTALLERS: Final = frozenset({"pip", "uv"})
WORDS: Final = (
    QUIET | STATEMENT | INSTALLERS | frozenset({"conda", "mamba", "cd", "run", "env", "set_env", "store", "reset"})
)
"""Magics that IPython understands without ``%`` in a cell of one line."""

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CALL: Final = re.compile(r"(?P<name>[^\W\d][\w.]*)(?:\s+(?P<rest>.*))?", re.DOTALL)

Fate = Literal["dropped", "translated", "requirement", "setting"]


class Ruling(NamedTuple):
    """What becomes of an escaped line: ``text`` replaces it (empty: it is left out)."""

    fate: Fate
    text: str = ""
    code: str = ""
    message: str = ""
    hint: str = ""
    severity: Severity = "info"
    requirements: tuple[str, ...] = ()
    command: tuple[str, str, str] = ("", "", "")
    """For ``setting``: spelling, command and arguments."""


def rule(escaped: str) -> Ruling:
    """Decide on a line that starts with one of ``% ! ? , ; /``, its continuations joined.

    Example
    -------
    >>> rule("%pip install pandas").requirements, rule("%time x = 1").text, rule("!ls").severity
    (('pandas',), 'x = 1', 'warning')
    """
    mark, rest = escaped[:1], escaped[1:]
    if mark == "!":
        return _shell(rest.removeprefix("!").strip())
    if mark == "%":
        return _magic(rest)
    if mark == "?":
        return Ruling("dropped", code="help", message="a question to IPython is left out")
    return _call(mark, rest)


def rule_value(target: str, escaped: str) -> Ruling:
    """Decide on ``target = %magic`` or ``target = !command``; ``target`` ends behind the equals sign."""
    if escaped.startswith("%"):
        name, _, rest = escaped[1:].partition(" ")
        if name == "time" and rest.strip() and not rest.strip().startswith("-"):
            return Ruling(
                "translated", f"{target} {rest.strip()}", "magic-translated", "%time is left out, its value stays"
            )
        return Ruling(
            "dropped",
            code="magic-dropped",
            message=f"the value of %{name} is not known to a job: the assignment is left out",
            hint="compute it in Python, or make it a parameter",
            severity="warning",
        )
    return Ruling(
        "dropped",
        code="shell-dropped",
        message="the output of a shell command is not known to a job: the assignment is left out",
        hint="use subprocess.run, or make it a parameter",
        severity="warning",
    )


def _magic(rest: str) -> Ruling:
    name, _, arguments = rest.strip().partition(" ")
    arguments = arguments.strip()
    if name in {"mlrun", "nuclio"}:
        command, _, left = arguments.partition(" ")
        return Ruling("setting", command=(name, command, left.strip()))
    if name in INSTALLERS:
        return _install(f"{name} {arguments}", f"%{name}") or _quiet(name)
    if name in {"system", "sx", "!"}:
        return _shell(arguments)
    if name in {"conda", "mamba", "micromamba"}:
        return _not_carried(f"%{name}", "name what it installs: %mlrun requirements, or %mlrun cmd for the image")
    if name in STATEMENT and arguments and not arguments.startswith("-"):
        return Ruling("translated", arguments, "magic-translated", f"%{name} is left out, its statement stays")
    if name in {"env", "set_env"}:
        return _environment(name, arguments)
    if name == "run":
        return _not_carried(f"%run {arguments}", "import what it defines, or bring it into this notebook")
    if name == "store":
        return _not_carried("%store", "make it a parameter or an input")
    if name in {"cd", "reset", "pylab", "macro", "load", "rerun", "recall", "edit", "killbgscripts"}:
        return _not_carried(f"%{name}", "say it in Python")
    if name in QUIET:
        return _quiet(name)
    if name.startswith("%"):
        return Ruling(
            "dropped",
            code="cell-magic-not-first",
            message=f"%{name} is not the cell's first line: IPython refuses it, and it is left out"
            + ("" if name[1:] in BODY_STAYS | {"mlrun", "nuclio"} else " with all below it"),
            hint="put it first",
            severity="warning",
        )
    return _not_carried(f"%{name}", "it is not a magic that a job knows: say it in Python")


def _quiet(name: str) -> Ruling:
    return Ruling("dropped", code="magic-dropped", message=f"%{name} is about the notebook and is left out")


def _not_carried(what: str, hint: str) -> Ruling:
    return Ruling("dropped", code="magic-dropped", message=f"{what.strip()} is left out", hint=hint, severity="warning")


def _shell(command: str) -> Ruling:
    installs = _install(command, "the command")
    if installs:
        return installs
    program = command.split(" ", 1)[0] if command else "!"
    hint = "use subprocess.run in Python, or %mlrun cmd for what the image needs"
    return Ruling(
        "dropped",
        code="shell-dropped",
        message=f"the shell command {program!r} is left out",
        hint=hint,
        severity="warning",
    )


def _install(command: str, what: str) -> Ruling | None:
    found = parse_shell(command)
    if found is None:
        return None
    if found.problems:
        return Ruling(
            "requirement",
            code="install-partly",
            message=f"{what} installs what a job cannot repeat: {'; '.join(found.problems)}",
            severity="warning",
            requirements=tuple(found.requirements),
        )
    named = ", ".join(found.requirements) or "nothing"
    return Ruling(
        "requirement", code="install", message=f"becomes a requirement: {named}", requirements=tuple(found.requirements)
    )


def _environment(name: str, arguments: str) -> Ruling:
    key, equals, value = arguments.partition("=") if "=" in arguments else arguments.partition(" ")
    key, value = key.strip(), value.strip()
    if not equals:
        return _quiet(name)
    if not _VARIABLE.fullmatch(key) or "{" in value or "$" in value:
        return _not_carried(f"%{name}", "its value is only known while the notebook runs: use os.environ")
    text = f'__import__("os").environ[{key!r}] = {value!r}'
    return Ruling("translated", text, "magic-translated", f"%{name} becomes os.environ[{key!r}]")


def _call(mark: str, rest: str) -> Ruling:
    match = _CALL.fullmatch(rest.strip())
    if not match:
        return Ruling(
            "dropped", code="magic-dropped", message=f"{mark}{rest.strip()!r} calls nothing", severity="warning"
        )
    words = (match["rest"] or "").strip()
    if mark == "/":
        arguments = ", ".join(words.split())
    elif mark == ",":
        arguments = ", ".join(repr(word) for word in words.split())
    else:
        arguments = repr(words)
    text = f"{match['name']}({arguments})"
    return Ruling("translated", text, "magic-translated", f"becomes {text}")
