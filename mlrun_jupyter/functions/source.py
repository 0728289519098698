"""Sources of code that are more than one file: archives, git repositories and folders.

=====================================================  ===============================================================
``git://host/path.git#ref:folder/train.py``            a repository at a branch, tag or commit; ``git+https://``,
                                                       ``git+ssh://``, ``git+file://`` and ``git@host:path.git`` too
``code.zip#folder/train.py``                           a file of an archive (zip, or tar plain, gzip, bzip2, xz), by path
                                                       or address: ``https://host/code.tar.gz#train.ipynb``
=====================================================  ===============================================================

What is fetched lives in a folder of its own for as long as it is needed, and nothing of it is executed by that.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from mlrun_jupyter.errors import NotFoundError, nearest
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.safety import paths

_GIT: Final = re.compile(r"git://|git\+(?:https|ssh|file)://|[\w.-]+@[\w.-]+:")
_ARCHIVES: Final = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")


class Source(NamedTuple):
    """An address in its parts: ``base`` is fetched, ``path`` is what is meant in it, empty for all of it."""

    base: str
    path: str = ""
    is_git: bool = False


def parse(address: str) -> Source | None:
    """The parts of a source's address; None for any other address or path.

    Example
    -------
    >>> parse("git://host/a.git#main:jobs/train.py")
    Source(base='git://host/a.git#main', path='jobs/train.py', is_git=True)
    >>> parse("code.zip#train.ipynb")
    Source(base='code.zip', path='train.ipynb', is_git=False)
    >>> parse("train.ipynb") is None
    True
    """
    base, _mark, rest = address.partition("#")
    if _GIT.match(address):
        ref, _colon, path = rest.partition(":")
        return Source(f"{base}#{ref}" if ref else base, path, is_git=True)
    if base.partition("?")[0].lower().endswith(_ARCHIVES):
        return Source(base, rest)
    return None


@contextmanager
def opened(address: str, secrets: Mapping[str, str] | None = None) -> Iterator[Path]:
    """The file or folder that an address means, for as long as the context lasts.

    Parameters
    ----------
    address
        As :func:`parse` reads it; a folder of this machine is itself.
    secrets
        Credentials for the address.

    Raises
    ------
    NotFoundError
        No such archive, or nothing of that name in it.
    DataError
        An archive that cannot be read, a repository that cannot be fetched.
    UnsafeError
        An archive or address that is not to be trusted, a path that leaves it.
    """
    source = parse(address)
    if source is None:
        yield Path(address).expanduser()
        return
    with tempfile.TemporaryDirectory(prefix="mlrun-source-", ignore_cleanup_errors=True) as folder:
        root = Path(folder, "code")
        if source.is_git:
            from mlrun_jupyter.safety import git

            git.clone(source.base, root, secrets=secrets, allow_file=True)
        else:
            from mlrun_jupyter.datastore.resolve import resolve
            from mlrun_jupyter.safety import archives

            item = resolve(source.base, secrets=secrets)  # its copy is gone when it is
            archives.extract(item.local(), root)
        yield _within(root, source)


@contextmanager
def placed(
    record: FunctionRecord, workdir: str, secrets: Mapping[str, str] | None = None
) -> Iterator[tuple[FunctionRecord, str]]:
    """A function whose command is in a source, with the command's own path and the folder to run in.

    The folder is ``workdir`` where it is given, else the function's own below the source. A function that carries its
    code, or names a file of this machine, comes through as it is. Raises as :func:`opened` does.
    """
    spec = record.spec
    if not spec.build.source or not spec.command or spec.build.functionSourceCode:
        yield record, workdir or spec.workdir
        return
    with opened(spec.build.source, secrets) as root:
        file = paths.inside(root, spec.command)
        if not file.is_file():
            names = [path.relative_to(root).as_posix() for path in root.rglob(f"*{file.suffix}")]
            raise NotFoundError(
                f"it holds no {spec.command!r}", where=spec.build.source, hint=nearest(spec.command, names)
            )
        own = record.copy()
        own.spec.command = str(file)
        yield own, workdir or str(paths.inside(root, spec.workdir.strip("/")) if spec.workdir else root)


def _within(root: Path, source: Source) -> Path:
    found = paths.inside(root, source.path.rstrip("/")) if source.path else root
    if not found.exists():
        names = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.suffix == found.suffix]
        raise NotFoundError(f"it holds no {source.path!r}", where=source.base, hint=nearest(source.path, names))
    return found
