"""What a notebook asks to be installed: pip lines, PEP 723 blocks, ``%mlrun requirements``, and on request its imports."""

from __future__ import annotations

import ast
import re
import shlex
import sys
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from mlrun_jupyter.notebook.vocabulary import PIP_VALUED

_FILES: Final = frozenset({"-r", "--requirement", "-c", "--constraint"})
_SOURCES: Final = frozenset({"-i", "--index-url", "--extra-index-url", "-f", "--find-links"})
_PIP: Final = re.compile(r"(?:pip|pip3|pip\d\.\d+)\Z")
_PYTHON: Final = re.compile(r"(?:\{?sys\.executable\}?|\$?\{?sys\.executable\}?|python[\d.]*)\Z")
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SCRIPT: Final = re.compile(r"^# /// script[ \t]*\n((?:^#(?: [^\n]*)?\n)*?)^# ///[ \t]*$", re.MULTILINE)


class PipInstall(msgspec.Struct):
    """What an install command asks for: ``requirements`` that a job can repeat, and what it cannot (``problems``)."""

    requirements: list[str]
    problems: list[str]


def parse_shell(command: str) -> PipInstall | None:
    """The installs of a shell line such as ``pip install -q 'pandas>=2' && echo done``; None when it installs nothing.

    Example
    -------
    >>> parse_shell("python -m pip install -U pandas==2.2 numpy").requirements
    ['pandas==2.2', 'numpy']
    """
    found: PipInstall | None = None
    for words in _commands(command):
        arguments = _pip_arguments(words)
        if arguments is None:
            continue
        part = parse_pip(arguments)
        if found is None:
            found = part
        else:
            found.requirements.extend(part.requirements)
            found.problems.extend(part.problems)
    return found


def parse_pip(words: Sequence[str]) -> PipInstall:
    """The words behind ``pip install``."""
    requirements: list[str] = []
    problems: list[str] = []
    rest = iter(words)
    for word in rest:
        option, _, value = word.partition("=")
        if option in _FILES:
            problems.append(
                f"the file {value or next(rest, '')!r} is not read: list what it holds, or pass it yourself"
            )
        elif word in {"-e", "--editable"}:
            problems.append(f"{next(rest, '')!r} is a folder of this machine")
        elif word.startswith("-"):
            if option in _SOURCES:
                problems.append(f"{option} is not carried over: set it where the image is built")
            if option in PIP_VALUED and not value:
                next(rest, "")
        elif "{" in word or "$" in word:
            problems.append(f"{word!r} is only known while the notebook runs")
        elif word.startswith((".", "/", "~")) or (word.endswith((".whl", ".tar.gz", ".zip")) and "://" not in word):
            problems.append(f"{word!r} is a file of this machine")
        else:
            requirements.append(word)
    return PipInstall(requirements, problems)


def parse_list(text: str) -> list[str]:
    """One requirement with spaces in it, or several words: ``pandas >= 2`` is one, ``a b`` and ``a, b`` are two.

    Example
    -------
    >>> parse_list("pandas>=2,<3 numpy, 'scikit-learn < 2'  # for training")
    ['pandas>=2,<3', 'numpy', 'scikit-learn < 2']
    """
    text = re.sub(r"(?:^|\s)#.*", "", text).strip()
    if not text or (" " in text and not check(text)):
        return [text] if text else []
    words = [part for word in _split(text) for part in re.split(r",(?=[A-Za-z]|\Z)", word)]
    return [word.strip() for word in words if word.strip()]


def parse_script_block(source: str) -> list[str] | None:
    """The ``dependencies`` of a PEP 723 block; None when there is no block. Raises ``ValueError`` for one that is broken."""
    import tomllib

    match = _SCRIPT.search(source if source.endswith("\n") else source + "\n")
    if not match:
        return None
    text = "\n".join(line[2:] if line.startswith("# ") else line[1:] for line in match[1].splitlines())
    listed = tomllib.loads(text).get("dependencies", [])
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise ValueError("'dependencies' is no list of texts")
    return listed


def project_name(requirement: str) -> str:
    """The project of a requirement, in the form that compares: ``Scikit_Learn[x]>=1`` is ``scikit-learn``."""
    match = _NAME.match(requirement.strip())
    if not match or "://" in requirement.split("@", 1)[0]:
        return requirement.strip()
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def merge(requirements: Iterable[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Each project once, at the place it was first asked for, as it was last asked for; and what was overruled.

    Example
    -------
    >>> merge(["pandas", "numpy", "pandas==2.2"])
    (['pandas==2.2', 'numpy'], [])
    >>> merge(["pandas==1.5", "pandas==2.2"])
    (['pandas==2.2'], [('pandas==1.5', 'pandas==2.2')])
    """
    chosen: dict[str, str] = {}
    overruled: list[tuple[str, str]] = []
    for requirement in requirements:
        name = project_name(requirement)
        before = chosen.get(name)
        bare = _bare(requirement)
        if before is not None and before != requirement:
            if bare:
                continue  # asking again without a version changes nothing
            if not _bare(before):
                overruled.append((before, requirement))
        chosen[name] = requirement
    return list(chosen.values()), overruled


def check(requirement: str) -> str:
    """What is wrong with a requirement, or nothing."""
    from packaging.requirements import InvalidRequirement, Requirement

    if "://" in requirement:
        return ""  # pip's own forms, as in git+https://...
    try:
        Requirement(requirement)
    except InvalidRequirement as error:
        return str(error).splitlines()[0]
    return ""


def scan_imports(tree: ast.Module, *, installed: dict[str, list[str]] | None = None) -> list[str]:
    """Requirements for what a module imports, pinned to the versions installed here.

    Parameters
    ----------
    tree
        The module.
    installed
        Import name to distributions, as ``importlib.metadata.packages_distributions`` gives; asked for when None.
    """
    from importlib import metadata

    names = sorted({name for node in ast.walk(tree) for name in _imported(node)} - sys.stdlib_module_names)
    if not names:
        return []
    distributions = metadata.packages_distributions() if installed is None else installed
    found: set[str] = set()
    for name in names:
        for distribution in distributions.get(name, [])[:1]:
            found.add(f"{distribution}=={metadata.version(distribution)}")
    return sorted(found, key=str.lower)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level and node.module:
        return [node.module.partition(".")[0]]
    return []


def _bare(requirement: str) -> bool:
    return _NAME.fullmatch(requirement.strip()) is not None


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote that is never closed
        return text.split()


def _commands(line: str) -> list[list[str]]:
    """The commands of a shell line, each as words."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError:
        words = line.split()
    found: list[list[str]] = [[]]
    for word in words:
        if word.strip(";&|"):
            found[-1].append(word)
        else:
            found.append([])
    return found


def _pip_arguments(words: list[str]) -> list[str] | None:
    """What follows ``install`` when the words are a pip, ``python -m pip`` or ``uv pip`` install."""
    rest = list(words)
    while rest and (rest[0] in {"sudo", "time"} or re.match(r"[A-Za-z_]\w*=", rest[0])):
        rest.pop(0)
    if not rest:
        return None
    program = rest.pop(0).rsplit("/", 1)[-1]
    if _PYTHON.match(program) and rest[:1] == ["-m"] and len(rest) > 1:
        program = rest[1]
        rest = rest[2:]
    if program == "uv":
        if rest[:1] != ["pip"]:
            return None
        rest.pop(0)
    elif not _PIP.match(program):
        return None
    while rest and rest[0].startswith("-"):
        rest.pop(0)
    if rest[:1] != ["install"]:
        return None
    end = next((number for number, word in enumerate(rest) if word.lstrip("12&").startswith(">")), len(rest))
    return rest[1:end]
