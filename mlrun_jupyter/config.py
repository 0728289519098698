"""Settings: defaults, then a file, then the environment, then what the caller says.

``MLRUN_A__B=value`` sets ``a.b``; a double underscore goes a level down, case does not matter, and values are read as
JSON where they are JSON. The file is named by ``MLRUN_CONFIG_FILE`` (YAML). Nothing is read at import.

Example
-------
>>> Config.load(environ={"MLRUN_HTTPDB__PORT": "9090"}).httpdb.port
9090
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError, UnknownArgumentError, nearest

DEFAULT_FOLDER = "~/.mlrun/db"


class HttpDB(msgspec.Struct):
    """The service that ``mlrun db`` starts, and how it is reached."""

    port: int = 8080
    host: str = "127.0.0.1"
    dirpath: str = DEFAULT_FOLDER
    dsn: str = ""
    token: str = ""
    token_file: str = ""
    retention: str = ""
    """What a service deletes by itself, once an hour: rules of :mod:`mlrun_jupyter.runs.retention`, separated by ``;``."""


class Display(msgspec.Struct):
    """How results are shown in a notebook."""

    auto: bool = True
    rows: int = 50


class Sweep(msgspec.Struct):
    """Limits of hyper-parameter runs."""

    max_iterations: int = 1000
    max_errors: int = 3


class Config(msgspec.Struct):
    """All settings with their defaults."""

    dbpath: str = ""
    """Address of the store: a folder, ``postgresql://``, ``http(s)://`` or ``memory://``; empty is ``~/.mlrun/db``."""
    default_project: str = "default"
    artifact_path: str = ""
    """Where artifacts go; empty: beside the store. ``{{run.uid}}``, ``{{run.project}}`` and ``{{run.name}}`` are filled in."""
    log_level: str = "INFO"
    durability: str = "relaxed"
    """``relaxed``: what was recorded in the last second may be lost in a power cut; ``full``: synced before each return."""
    ignored_notebook_tags: str = ""
    """Tags of cells that a conversion leaves out, as in ``draft;old``."""
    hub: str = ""
    """Where ``hub://`` functions are: a folder or a git repository, or several as in ``default=/srv/hub;team=https://...``."""
    httpdb: HttpDB = msgspec.field(default_factory=HttpDB)
    display: Display = msgspec.field(default_factory=Display)
    sweep: Sweep = msgspec.field(default_factory=Sweep)

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Config:
        """Defaults, file and environment together. Raises for a file that is missing or does not fit."""
        environ = os.environ if environ is None else environ
        config = cls()
        if path := environ.get("MLRUN_CONFIG_FILE", ""):
            for key, value in _flat(_read(path)).items():
                config.set(key, value, where=path)
        for name, text in environ.items():
            key = name[6:].lower().replace("__", ".") if name.upper().startswith("MLRUN_") else ""
            if key and _holder(config, key) is not None:  # other MLRUN_ variables have their own meaning
                config.set(key, _value(text), where=f"environment variable {name}")
        return config

    def set(self, key: str, value: Any, *, where: str = "") -> None:
        """Set a field by its dotted name, as in ``config.set("httpdb.port", 9090)``.

        Raises :class:`UnknownArgumentError` for an unknown field, with the nearest; :class:`InvalidArgumentError` for
        a value of the wrong type.
        """
        holder = _holder(self, key)
        if holder is None:
            raise UnknownArgumentError(
                f"no such setting: {key!r}", where=where, hint=nearest(key, _flat(msgspec.to_builtins(self)))
            )
        section, name = holder
        kind = next(field.type for field in msgspec.structs.fields(section) if field.name == name)
        try:
            setattr(section, name, msgspec.convert(value, kind, strict=False) if kind is not str else str(value))
        except msgspec.ValidationError as error:
            raise InvalidArgumentError(f"setting {key!r} cannot be {value!r}", where=where, hint=str(error)) from None

    def items(self) -> dict[str, Any]:
        """Every setting by its dotted name, tokens masked."""
        flat = _flat(msgspec.to_builtins(self))
        return {key: "***" if key.endswith("token") and value else value for key, value in flat.items()}


_current: Config | None = None


def current() -> Config:
    """The settings of this process, read at the first call."""
    global _current
    if _current is None:
        _current = Config.load()
    return _current


def reset() -> None:
    """Forget the settings: the next :func:`current` reads file and environment again."""
    global _current
    _current = None


def _holder(config: Config, key: str) -> tuple[Any, str] | None:
    *path, name = key.split(".")
    section: Any = config
    for step in path:
        section = getattr(section, step, None) if isinstance(section, msgspec.Struct) else None
    if not isinstance(section, msgspec.Struct) or name not in section.__struct_fields__:
        return None
    return None if isinstance(getattr(section, name), msgspec.Struct) else (section, name)


def _flat(document: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = value
    return flat


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _read(path: str) -> dict[str, Any]:
    import yaml

    try:
        with Path(path).expanduser().open(encoding="utf-8") as file:
            document = yaml.safe_load(file)
    except FileNotFoundError:
        raise NotFoundError("no such settings file", where=path, hint="unset MLRUN_CONFIG_FILE or create it") from None
    except yaml.YAMLError as error:
        raise InvalidArgumentError("the settings file is no YAML", where=path, hint=str(error)) from None
    if not isinstance(document, dict):
        raise InvalidArgumentError("the settings file holds no mapping", where=path)
    return document
