"""Requirements of a function: a list, or the lines of a requirements file."""

from __future__ import annotations

from pathlib import Path

from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError


def requirements_of(requirements: list[str] | str | None) -> list[str]:
    """Requirements from a list, or from the lines of a requirements file.

    Raises
    ------
    NotFoundError
        No such file.
    InvalidArgumentError
        A line that pip would not take, or an option, which a function cannot carry.
    """
    from mlrun_jupyter.notebook.requirements import check

    if isinstance(requirements, (str, Path)):
        listed, where = _requirement_lines(requirements), str(requirements)
    else:
        listed, where = list(requirements or []), "requirements"
    for requirement in listed:
        if not isinstance(requirement, str):
            raise InvalidArgumentError(f"a requirement is text, not {requirement!r:.40}", where=where)
        if problem := check(requirement):
            raise InvalidArgumentError(f"not a requirement: {requirement!r}", where=where, hint=problem)
    return listed


def _requirement_lines(path: str | Path) -> list[str]:
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFoundError("no such requirements file", where=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgumentError("the requirements file cannot be read", where=str(path), hint=str(error)) from None
    found = []
    for number, line in enumerate(text.replace("\\\n", " ").splitlines(), 1):
        requirement = line.partition(" #")[0].strip()
        if not requirement or requirement.startswith("#"):
            continue
        if requirement.startswith("-"):
            raise InvalidArgumentError(
                f"pip's option {requirement.split()[0]!r} cannot be carried by a function",
                where=f"{path} line {number}",
                hint="list the requirements themselves",
            )
        found.append(requirement)
    return found
