"""Secrets of a run: read where the task says they are, held in memory, written nowhere.

Sources: ``file`` (``KEY=VALUE`` lines), ``env`` (names of variables, commas between), ``inline`` (a mapping),
``kubernetes`` and ``vault`` (variables that the platform injects, by prefix). A run's record keeps the kind and the
names, never a value.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError, nearest
from mlrun_jupyter.safety.masking import Masker

KINDS = ("file", "env", "inline", "kubernetes", "vault", "azure_vault")
PREFIX = "MLRUN_K8S_SECRET__"
"""Prefix of the variables in which Kubernetes and vault secrets are injected; the bare name is looked up too."""


class Secrets(Mapping[str, str]):
    """Names to values; its ``repr`` shows names only, and it cannot be pickled.

    Example
    -------
    >>> secrets = Secrets.of([{"kind": "inline", "source": {"TOKEN": "t0ps3cret"}}])
    >>> secrets["TOKEN"], secrets
    ('t0ps3cret', Secrets(TOKEN))
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})

    @classmethod
    def of(cls, sources: list[dict[str, Any]]) -> Secrets:
        """Read the sources in order; a later one wins.

        Raises
        ------
        InvalidArgumentError, NotFoundError
            An unknown kind, a file that is missing or holds no ``KEY=VALUE`` lines.
        """
        values: dict[str, str] = {}
        for each in sources:
            kind, source = str(each.get("kind", "")), each.get("source", "")
            found = _read(kind, source)
            prefix = str(each.get("prefix") or "")
            values.update({prefix + name: value for name, value in found.items()})
        return cls(values)

    @property
    def masker(self) -> Masker:
        """Hides these values in text."""
        return Masker(self._values.values())

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self._values)})"

    def __reduce__(self) -> Any:
        raise TypeError("secrets are not pickled: name their source in the task instead")


def public(sources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The sources as a record may show them: inline values replaced by their names.

    Example
    -------
    >>> public([{"kind": "inline", "source": {"TOKEN": "x"}}])
    [{'kind': 'inline', 'source': ['TOKEN']}]
    """
    return [
        {**each, "source": sorted(_mapping(each.get("source")))} if each.get("kind") == "inline" else dict(each)
        for each in sources
    ]


def _read(kind: str, source: Any) -> dict[str, str]:
    if kind == "inline":
        return _mapping(source)
    if kind == "file":
        return _file(str(source))
    if kind == "env":
        names = [name.strip() for name in source.split(",")] if isinstance(source, str) else list(source)
        return {name: os.environ[name] for name in names if name in os.environ}
    if kind in ("kubernetes", "vault", "azure_vault"):
        names = source if isinstance(source, list) else [name.strip() for name in str(source).split(",")]
        injected = {
            name: os.environ.get(PREFIX + name, os.environ.get(name)) for name in names if isinstance(name, str)
        }
        return {name: value for name, value in injected.items() if value is not None}
    raise InvalidArgumentError(f"no such kind of secrets: {kind!r}", hint=nearest(kind, KINDS))


def _mapping(source: Any) -> dict[str, str]:
    if isinstance(source, list):  # a record read back: names without values
        return {}
    if isinstance(source, str):
        try:
            source = ast.literal_eval(source)
        except (ValueError, SyntaxError):
            source = None
    if not isinstance(source, Mapping):
        raise InvalidArgumentError("inline secrets are a mapping of names to values", hint='as in {"TOKEN": "..."}')
    return {str(name): str(value) for name, value in source.items()}


def _file(name: str) -> dict[str, str]:
    path = Path(name).expanduser()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise NotFoundError("no such secrets file", where=name, hint="lines of KEY=VALUE are expected there") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgumentError("the secrets file cannot be read", where=name, hint=str(error)) from None
    pairs = [line.partition("=") for line in lines if "=" in line and not line.lstrip().startswith("#")]
    return {key.strip().removeprefix("export ").strip(): os.path.expandvars(value.strip()) for key, _, value in pairs}
