"""``%%mlrun`` over a cell: which function it belongs to, and what is said about that function."""

from __future__ import annotations

import keyword
import re
import shlex
from typing import Any, Final, Literal

import msgspec

from mlrun_jupyter.errors import nearest
from mlrun_jupyter.notebook.settings import EXPORTED, LIVE, SettingError

TAG: Final = "mlrun:"
"""Prefix of the cell tag that marks a cell for a function, as in ``mlrun:train``."""

_NAME: Final = re.compile(r"[A-Za-z_][\w.-]*")


class FunctionMark(msgspec.Struct, kw_only=True):
    """What ``%%mlrun function NAME --kind job ...`` says; ``name`` is empty when it is not given."""

    name: str = ""
    kind: str = ""
    handler: str = ""
    image: str = ""
    base_image: str = ""
    requirements: list[str] = []
    env: dict[str, str] = {}
    commands: list[str] = []
    labels: dict[str, str] = {}
    description: str = ""
    tag: str = ""
    project: str = ""
    line: int = 0


class CellCommand(msgspec.Struct):
    """A ``%%mlrun`` line: ``function`` marks the cell, ``run`` runs it as it is, ``setting`` and ``live`` hold no code."""

    role: Literal["function", "run", "setting", "live"]
    command: str = ""
    arguments: str = ""
    mark: FunctionMark | None = None


_OPTIONS: Final = {
    "--kind": "kind",
    "--handler": "handler",
    "--image": "image",
    "--base-image": "base_image",
    "--base_image": "base_image",
    "--requirements": "requirements",
    "--requirement": "requirements",
    "--env": "env",
    "-e": "env",
    "--cmd": "commands",
    "--command": "commands",
    "--label": "labels",
    "--labels": "labels",
    "--description": "description",
    "--tag": "tag",
    "--project": "project",
    "--name": "name",
}


def parse_cell_command(text: str) -> CellCommand:
    """What follows ``%%mlrun``.

    Raises :class:`~mlrun_jupyter.notebook.settings.SettingError` for words and options that mean nothing.

    Example
    -------
    >>> parse_cell_command("function train --kind job --image me/train").mark.image
    'me/train'
    >>> parse_cell_command("train").mark.name, parse_cell_command("run -p depth=4").role
    ('train', 'run')
    """
    word, _, rest = text.strip().partition(" ")
    if word == "run":
        return CellCommand("run", word, rest.strip())
    if word in EXPORTED:
        return CellCommand("setting", word, rest.strip())
    if word in LIVE["mlrun"] - {"function", "handler"}:
        return CellCommand("live", word, rest.strip())
    arguments = rest if word in {"function", "handler"} else text
    return CellCommand("function", "function", arguments.strip(), parse_function(arguments))


def parse_function(text: str) -> FunctionMark:
    """The name and options of a function's mark. Raises as :func:`parse_cell_command` does."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SettingError(f"cannot be read: {error}", hint="close the quote", code="invalid-option") from None
    mark = FunctionMark()
    names: list[str] = []
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            names.append(word)
            continue
        option, equals, value = word.partition("=")
        field = _OPTIONS.get(option)
        if field is None:
            raise SettingError(
                f"%%mlrun has no option {option!r}", hint=nearest(option, _OPTIONS), code="invalid-option"
            )
        given = value if equals else next(rest, None)
        if given is None:
            raise SettingError(f"{option} needs a value", hint=f"as in {option} VALUE", code="invalid-option")
        _put(mark, field, given, option)
    _name(mark, names)
    return mark


def _put(mark: FunctionMark, field: str, value: str, option: str) -> None:
    before: Any = getattr(mark, field)
    if isinstance(before, dict):
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise SettingError(f"{option} takes NAME=value, not {value!r}", code="invalid-option")
        before[name] = text
    elif field == "requirements":
        from mlrun_jupyter.notebook.requirements import check, parse_list

        for requirement in parse_list(value):
            if problem := check(requirement):
                raise SettingError(f"not a requirement: {requirement!r}", hint=problem, code="invalid-requirement")
            before.append(requirement)
    elif isinstance(before, list):
        before.append(value)
    else:
        setattr(mark, field, value)


def _name(mark: FunctionMark, names: list[str]) -> None:
    if len(names) > 1:
        meant = nearest(names[0], ["function", "run"])
        hint = meant if meant.startswith("did") else "write %%mlrun function NAME [options]"
        raise SettingError(f"{names[0]!r} and {names[1]!r}: one name is enough", hint=hint, code="invalid-option")
    if names:
        mark.name = names[0]
    if mark.name and (not _NAME.fullmatch(mark.name) or keyword.iskeyword(mark.name)):
        raise SettingError(
            f"{mark.name!r} is no name for a function", hint="letters, digits, - and _", code="invalid-option"
        )


def tagged_names(tags: tuple[str, ...]) -> list[str]:
    """The functions that a cell's tags name.

    Example
    -------
    >>> tagged_names(("mlrun:train", "parameters"))
    ['train']
    """
    return [tag[len(TAG) :].strip() for tag in tags if tag.startswith(TAG) and tag[len(TAG) :].strip()]


def apply_mark(config: dict[str, Any], mark: FunctionMark | None) -> None:
    """What ``%%mlrun`` says about the function comes before what single commands said."""
    if mark is None:
        return
    spec = config.setdefault("spec", {})
    build = spec.setdefault("build", {})
    if mark.kind:
        config["kind"] = mark.kind
    for target, field, value in (
        (spec, "image", mark.image),
        (build, "base_image", mark.base_image),
        (spec, "description", mark.description),
        (config.setdefault("metadata", {}), "tag", mark.tag),
        (config["metadata"], "project", mark.project),
    ):
        if value:
            target[field] = value
    if mark.labels:
        config["metadata"].setdefault("labels", {}).update(mark.labels)
    if mark.commands:
        build.setdefault("commands", []).extend(mark.commands)
    if mark.env:
        kept = [item for item in spec.get("env", []) if item.get("name") not in mark.env]
        spec["env"] = kept + [{"name": name, "value": value} for name, value in mark.env.items()]
    for section, field in ((spec, "build"), (config, "spec"), (config, "metadata")):
        if not section.get(field, True):
            del section[field]
