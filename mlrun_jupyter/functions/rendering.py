"""What an engine would be given for a function, as text: nothing is built or submitted for it."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any, Final

from mlrun_jupyter.functions.kinds import LOCAL

if TYPE_CHECKING:
    from mlrun_jupyter.model.function import FunctionRecord

BASE: Final = "python:3.11-slim"
"""The base image where a function names none."""


class Rendering(dict[str, str]):
    """File name to text: ``Dockerfile``, the image that is built; ``function.yaml``, the document that is submitted."""

    @classmethod
    def of(cls, record: FunctionRecord) -> Rendering:
        """Render a function; one that runs on this machine needs no image."""
        files = {} if record.kind in LOCAL else {"Dockerfile": dockerfile(record)}
        return cls({**files, "function.yaml": record.to_yaml()})

    def __str__(self) -> str:
        return "\n".join(f"# {name}\n{text.rstrip()}\n" for name, text in self.items()).rstrip()

    __repr__ = __str__

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(str(self))


def dockerfile(record: FunctionRecord) -> str:
    """The Dockerfile of a function: base image, commands, requirements, environment, code.

    Example
    -------
    >>> from mlrun_jupyter.model.function import FunctionRecord
    >>> print(dockerfile(FunctionRecord.from_dict({"spec": {"build": {"commands": ["apt-get update"]}}})))
    FROM python:3.11-slim
    RUN apt-get update
    """
    spec, build = record.spec, record.spec.build
    lines = [f"FROM {build.base_image or spec.image or BASE}"]
    lines += [f"RUN {command}" for command in build.commands]
    if build.requirements:
        lines.append(f"RUN python -m pip install {' '.join(shlex.quote(each) for each in build.requirements)}")
    lines += [f"ENV {each['name']}={json.dumps(str(each.get('value', '')))}" for each in spec.env if each.get("name")]
    if build.source:
        lines += ["WORKDIR /mlrun", f"# source: {build.source}"]
    elif build.functionSourceCode:
        lines += ["WORKDIR /mlrun", f"COPY {record.metadata.name or 'function'}.py /mlrun/"]
    return "\n".join(lines)
