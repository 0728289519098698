"""Artifacts' bytes through the service, for clients that share no disk or object store with it.

Each project has a folder below the artifact path; :mod:`mlrun_jupyter.service.native.uploads` puts files there.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from mlrun_jupyter.db.query import ALL_PROJECTS
from mlrun_jupyter.db.remote.wire import PREFIX
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError, UnsafeError
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.safety.paths import components, contains, open_inside
from mlrun_jupyter.service import reply
from mlrun_jupyter.service.access import READ
from mlrun_jupyter.service.download import send_file
from mlrun_jupyter.service.operation import Call
from mlrun_jupyter.service.reply import Reply

T = TypeVar("T")


async def read_file(call: Call) -> Reply | None:
    """A file, or the part of it that ``Range`` asks for."""
    root, parts = place(call)
    await _send(call, root, "/".join(parts))
    return None


def delete_file(call: Call) -> Reply:
    """Delete a file."""
    root, parts = place(call)
    folder = _open(root, "/".join(parts[:-1]), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.unlink(parts[-1], dir_fd=folder)
    except FileNotFoundError:
        raise NotFoundError("no such file", where="/".join(parts)) from None
    except OSError as error:
        raise UnsafeError("not a file", where="/".join(parts), hint=str(error.strerror)) from None
    finally:
        os.close(folder)
    return reply.done()


async def read_content(call: Call) -> Reply | None:
    """The bytes of an artifact, where the service itself has them."""
    artifact = await threaded(call, _artifact, call)
    spec = artifact.spec
    if spec.inline is not None and not spec.target_path:
        body = spec.inline.encode(errors="replace") if isinstance(spec.inline, str) else b""
        return Reply(body, media=reply.BYTES, headers=((b"content-disposition", b'attachment; filename="data"'),))
    root = _root(call)
    await _send(call, root, below(call, spec.target_path))
    return None


def below(call: Call, target: str) -> str:
    """The path below the service's folder that an artifact's address means.

    Whoever may not see every project sees what is in the folders of theirs, whatever a record says.

    Raises ``NotFoundError`` for what lies elsewhere: the service fetches nothing.
    """
    prefix = f"{PREFIX}/projects/"
    _, found, rest = target.partition(prefix)
    project, _, path = rest.partition("/files/")
    if found and "://" in target and path:
        relative = f"{unquote(project)}/{unquote(path)}"
    elif "://" not in target and contains(_root(call), target):
        relative = Path(target).relative_to(_root(call)).as_posix()
    else:
        raise NotFoundError("the data is not with the service", hint="read it where the record says")
    parts = components(relative)
    if not call.principal.may(READ, ALL_PROJECTS) and parts[0] != call.project:
        raise NotFoundError("the data is not with the service", hint="read it where the record says")
    return "/".join(parts)


def _artifact(call: Call) -> ArtifactRecord:
    return call.db.read_artifact(
        call.project,
        call.path["artifact"],
        tag=call.text("tag"),
        tree=call.text("tree"),
        iter=call.number("iter", 0) if call.text("iter") else None,
        uid=call.text("uid"),
    )


def _root(call: Call) -> Path:
    root = call.service.artifact_root
    if root is None:
        raise NotFoundError("artifacts are not with the service", where=call.service.artifact_path)
    return root


def place(call: Call) -> tuple[Path, tuple[str, ...]]:
    """The root, and the parts of a file's path below it: the project's folder, and what the address says."""
    parts = components(call.path["file"])
    if not parts:
        raise InvalidArgumentError("the address names no file")
    return _root(call), (call.project, *parts)


async def threaded(call: Call, action: Callable[..., T], *arguments: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(call.service.threads, action, *arguments)


async def _send(call: Call, root: Path, relative: str) -> None:
    fd = await threaded(call, _open, root, relative)
    if stat.S_ISDIR(os.fstat(fd).st_mode):
        os.close(fd)
        raise InvalidArgumentError("a folder has no bytes of its own")
    await send_file(call, fd, relative.rpartition("/")[2])


def _open(root: Path, relative: str, flags: int = os.O_RDONLY) -> int:
    try:
        return open_inside(root, relative, flags)
    except NotFoundError:
        raise NotFoundError("no such file", where=relative) from None  # where the root is, is nobody's business
