"""The image that a function needs, as the text of a Dockerfile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mlrun_jupyter.model.function import FunctionRecord

BASE: Final = "python:3.11-slim"
"""The base image where a function names none."""


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
        lines.append(f"RUN python -m pip install {' '.join(_quoted(each) for each in build.requirements)}")
    lines += [f"ENV {each['name']}={json.dumps(str(each.get('value', '')))}" for each in spec.env if each.get("name")]
    if build.source:
        lines += ["WORKDIR /mlrun", f"# source: {build.source}"]
    elif build.functionSourceCode:
        lines += ["WORKDIR /mlrun", f"COPY {record.metadata.name or 'function'}.py /mlrun/"]
    return "\n".join(lines)


def _quoted(requirement: str) -> str:
    import shlex

    return shlex.quote(requirement)
