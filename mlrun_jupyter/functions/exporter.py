"""``function.yaml``: a function's document as a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from mlrun_jupyter.errors import InvalidArgumentError, nearest
from mlrun_jupyter.functions.kinds import LOCAL
from mlrun_jupyter.model import values
from mlrun_jupyter.model.function import FunctionRecord

_FORMATS: Final = {".yaml": "yaml", ".yml": "yaml", ".json": "json"}
_MACHINE_FIELDS: Final = ("volumes", "volume_mounts")
_PLATFORM_PREFIX: Final = "V3IO_"


def export(
    record: FunctionRecord, target: str | os.PathLike[str] = "function.yaml", format: str = ".yaml", strip: bool = True
) -> str:
    """Write a function's file, whole or not at all, and return where it is.

    Parameters
    ----------
    target
        A path or address; a folder gets ``function.yaml``. ``.json`` in its name writes JSON.
    format
        ``.yaml`` or ``.json``, for a target without an ending.
    strip
        Leave out what belongs to one place: the status (but for where the code's lines come from), and for kinds that
        run in a cluster volumes, their mounts and the values of variables that start with ``V3IO_``.

    Raises
    ------
    InvalidArgumentError
        A function around a callable of this process, which no file can hold; an unknown format.
    StoreUnavailableError
        The place cannot be written.

    Example
    -------
    >>> export(FunctionRecord(kind="job"), "/tmp/mlrun-example/function.yaml")
    '/tmp/mlrun-example/function.yaml'
    """
    where = os.fspath(target) or "function.yaml"
    if record.kind == "handler":
        raise InvalidArgumentError(
            "a function around a callable cannot be written to a file", hint="make it with code_to_function"
        )
    if "://" not in where and (where.endswith(("/", os.sep)) or Path(where).expanduser().is_dir()):
        where = str(Path(where) / "function.yaml")
    text = dump(stripped(record) if strip else record, _format(where, format))
    if "://" in where:
        from mlrun_jupyter.datastore.resolve import resolve

        resolve(where).put(text)
        return where
    from mlrun_jupyter.safety.files import write_atomic

    write_atomic(Path(where).expanduser(), text.encode())
    return where


def dump(record: FunctionRecord, format: str = "yaml") -> str:
    """The document as text: ``yaml`` or ``json``."""
    from mlrun_jupyter.safety.documents import dump_yaml

    return record.to_json() + "\n" if format == "json" else dump_yaml(values.plain(record.to_dict()))


def stripped(record: FunctionRecord) -> FunctionRecord:
    """A copy without what belongs to one place; see :func:`export`."""
    copy = record.copy()
    kept = {name: value for name, value in copy.status.extra.items() if name == "source_map"}
    copy.status = type(copy.status)(extra=kept)
    if copy.kind in LOCAL:
        return copy
    spec = copy.spec
    spec.extra = {key: value for key, value in spec.extra.items() if key not in _MACHINE_FIELDS}
    spec.env = [_without_secret(item) for item in spec.env]
    base = spec.extra.get("base_spec")
    inner = base.get("spec") if isinstance(base, dict) else None
    if isinstance(inner, dict):
        inner.pop("volumes", None)
        inner["env"] = [_without_secret(item) for item in inner.get("env", []) if isinstance(item, dict)]
    return copy


def _without_secret(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "value": ""} if str(item.get("name", "")).startswith(_PLATFORM_PREFIX) and "value" in item else item


def _format(where: str, format: str) -> str:
    suffix = os.path.splitext(where)[1].lower()  # noqa: PTH122 - may be an address
    wanted = suffix if suffix in _FORMATS else f".{format.lstrip('.').lower()}"
    if wanted not in _FORMATS:
        raise InvalidArgumentError(f"no such format: {format!r}", hint=nearest(wanted, _FORMATS))
    return _FORMATS[wanted]
