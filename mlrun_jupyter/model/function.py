"""A function: code with one or more handlers, and how it is to be run."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import msgspec

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model import values
from mlrun_jupyter.model.record import Record


class FunctionMetadata(Record):
    name: str = ""
    tag: str = ""
    hash: str = ""
    project: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    categories: list[str] = []
    updated: str = ""


class BuildSpec(Record):
    """How an image is made; ``functionSourceCode`` is the code, base64 of UTF-8."""

    functionSourceCode: str = ""  # noqa: N815 - the field name of the shared file format
    source: str = ""
    image: str = ""
    base_image: str = ""
    commands: list[str] = []
    requirements: list[str] = []
    code_origin: str = ""
    origin_filename: str = ""


class FunctionSpec(Record):
    """Fields of one runtime only (replicas, volumes, resources ...) are kept in ``extra`` as they are."""

    command: str = ""
    args: list[str] = []
    image: str = ""
    mode: str = ""
    description: str = ""
    workdir: str = ""
    pythonpath: str = ""
    default_handler: str = ""
    entry_points: dict[str, dict[str, Any]] = {}
    env: list[dict[str, Any]] = []
    build: BuildSpec = msgspec.field(default_factory=BuildSpec)


class FunctionStatus(Record):
    state: str = ""


class FunctionRecord(Record):
    """The document of a function, as in ``function.yaml``."""

    kind: str = ""
    metadata: FunctionMetadata = msgspec.field(default_factory=FunctionMetadata)
    spec: FunctionSpec = msgspec.field(default_factory=FunctionSpec)
    status: FunctionStatus = msgspec.field(default_factory=FunctionStatus)
    verbose: bool = False

    @property
    def code(self) -> str:
        """The code that the function carries; empty when it carries none.

        Raises :class:`InvalidArgumentError` for code that is damaged.
        """
        try:
            return base64.b64decode(self.spec.build.functionSourceCode, validate=True).decode("utf-8")
        except ValueError as error:
            raise InvalidArgumentError(
                "the function's code is damaged", where="spec.build.functionSourceCode", hint=str(error)
            ) from None

    def content_hash(self) -> str:
        """SHA-1 of what the function *is*: same code and spec, same version.

        Tag, hash, project, time of update and status say where a version stands, not what it is, and are left out.
        """
        document = self.to_dict()
        document.pop("status", None)
        metadata = document.get("metadata", {})
        for name in ("tag", "hash", "updated", "project"):
            metadata.pop(name, None)
        return hashlib.sha1(_sorted(document), usedforsecurity=False).hexdigest()


def _sorted(document: dict[str, Any]) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(values.encode(document)), order="deterministic")
