"""``mlrun config``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from mlrun_jupyter import config as settings
from mlrun_jupyter.cli.arguments import SettingName
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.cli.values import Text
from mlrun_jupyter.errors import InvalidArgumentError, UnknownArgumentError, nearest


@click.group("config", invoke_without_command=True)
@click.pass_context
def command(context: click.Context, /) -> str | None:
    """Print every setting, or get and set one.

    \b
    Examples
      mlrun config
      mlrun config get httpdb.port
      mlrun config set default_project fraud
    """
    if context.invoked_subcommand is not None:
        return None
    return "\n".join(f"{key} = {_told(value)}" for key, value in settings.current().items().items())


@command.command("get")
@click.argument("key", type=SettingName())
def get(key: str) -> str:
    """Print the setting KEY."""
    known = settings.current().items()
    if key not in known:
        raise UnknownArgumentError(f"no such setting: {key!r}", hint=nearest(key, known))
    return _told(known[key])


@command.command("set")
@click.argument("key", type=SettingName())
@click.argument("value", type=Text())
@click.pass_obj
def set_(session: Session, /, key: str, value: str) -> str:
    """Set KEY to VALUE: for this kernel in a notebook, in the settings file on the command line."""
    found = session.value(value)
    settings.current().set(key, found)
    if session.place == "notebook":
        return f"{key} = {_told(settings.current().items()[key])}"
    path = os.environ.get("MLRUN_CONFIG_FILE", "")
    if not path:
        raise InvalidArgumentError(
            "there is no settings file to write",
            hint="name one by MLRUN_CONFIG_FILE, or set the environment variable "
            f"MLRUN_{key.upper().replace('.', '__')}",
        )
    _write(Path(path).expanduser(), key, found)
    return f"{key} = {_told(found)} in {path}"


def _write(path: Path, key: str, value: Any) -> None:
    from mlrun_jupyter.safety.documents import dump_yaml, load_yaml
    from mlrun_jupyter.safety.files import write_atomic

    document = (load_yaml(path.read_bytes(), where=str(path)) or {}) if path.is_file() else {}
    section: Any = document
    *parents, name = key.split(".")
    for parent in parents:
        section = section.setdefault(parent, {})
    section[name] = value
    write_atomic(path, dump_yaml(document).encode())


def _told(value: Any) -> str:
    return value if isinstance(value, str) and value else repr(value)
