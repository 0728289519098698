"""Hubs: folders or git repositories of functions, by name.

The setting ``hub`` names them: one place, or several as in ``default=/srv/hub;team=https://host/functions.git``.
In a hub the function ``my-fn`` is ``my_fn/function.yaml``, ``my-fn/function.yaml``, or with its versions in folders
``my_fn/1.2.0/src/function.yaml``. A tag is such a folder, or a branch or tag of the repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from mlrun_jupyter import config
from mlrun_jupyter.errors import DataError, InvalidArgumentError, NotFoundError, nearest
from mlrun_jupyter.safety import git, paths

_ADDRESS: Final = re.compile(r"hub://(?:(?P<source>[\w.-]+)/)?(?P<name>[\w.-]+)(?::(?P<tag>[\w./-]+))?")
_GIT: Final = re.compile(r"(?:git\+)?(?:https|ssh|git|file)://|[\w.-]+@[\w.-]+:")
_LATEST: Final = frozenset({"", "latest", "master", "main"})


class _Entry(NamedTuple):
    source: str
    name: str
    tag: str


@contextmanager
def opened(url: str, secrets: Mapping[str, str] | None = None) -> Iterator[Path]:
    """The ``function.yaml`` that ``hub://[source/]name[:tag]`` means, for as long as the context lasts.

    Raises
    ------
    InvalidArgumentError
        Not such an address, or no hub of that name.
    NotFoundError
        The hub has no such function or tag.
    DataError, UnsafeError
        The repository cannot be fetched, or its address is none that is.
    """
    match = _ADDRESS.fullmatch(url)
    if not match:
        raise InvalidArgumentError(f"not the address of a hub's function: {url!r}", hint="hub://[source/]name[:tag]")
    entry = _Entry(match["source"] or "", match["name"], match["tag"] or "")
    place = _place(entry.source)
    if not _GIT.match(place):
        folder = Path(place).expanduser()
        if not folder.is_dir():
            raise NotFoundError("the hub's folder is not there", where=place, hint="see the setting 'hub'")
        yield _lookup(folder, entry, place, whole=False)
        return
    with TemporaryDirectory(prefix="mlrun-hub-", ignore_cleanup_errors=True) as copy:
        yield _fetched(Path(copy), entry, place, secrets)


def sources() -> dict[str, str]:
    """Name to place of each hub, as the setting ``hub`` says.

    Example
    -------
    >>> config.current().hub
    ''
    >>> sources()
    {}
    """
    found: dict[str, str] = {}
    for part in filter(None, (text.strip() for text in config.current().hub.split(";"))):
        name, equals, place = part.partition("=")
        if equals and re.fullmatch(r"[\w.-]+", name.strip()):
            found[name.strip()] = place.strip()
        else:
            found["default"] = part
    return found


def _place(source: str) -> str:
    known = sources()
    if not known:
        raise InvalidArgumentError(
            "no hub is set", hint="set MLRUN_HUB to a folder or a git repository, as in MLRUN_HUB=~/functions"
        )
    name = source or ("default" if "default" in known else next(iter(known)))
    if name not in known:
        raise InvalidArgumentError(f"no hub is named {name!r}", hint=nearest(name, known))
    return known[name]


def _fetched(copy: Path, entry: _Entry, place: str, secrets: Mapping[str, str] | None) -> Path:
    """A tag is first a branch or tag of the repository, then a folder of its newest state."""
    if entry.tag not in _LATEST:
        at_tag = copy / "tag"
        try:
            git.clone(f"{place}#{entry.tag}", at_tag, secrets=secrets, allow_file=True)
        except DataError:
            pass  # or the repository is not there: the next lines tell
        else:
            return _lookup(at_tag, entry, place, whole=True)
    newest = copy / "newest"
    git.clone(place, newest, secrets=secrets, allow_file=True)
    return _lookup(newest, entry, place, whole=False)


def _lookup(folder: Path, entry: _Entry, place: str, *, whole: bool) -> Path:
    """``whole``: the folder is the state of the hub that the tag means, so any version in it is the one."""
    names = dict.fromkeys([entry.name.replace("-", "_"), entry.name])
    present = [path for path in (paths.inside(folder, name) for name in names) if path.is_dir()]
    if not present:
        listed = [path.name.replace("_", "-") for path in folder.iterdir() if path.is_dir() and path.name[0] != "."]
        raise NotFoundError(f"the hub has no function {entry.name!r}", where=place, hint=nearest(entry.name, listed))
    for path in present:
        for candidate in _candidates(path, entry.tag, whole=whole):
            if candidate.is_file():
                return candidate
    tags = sorted(path.name for path in present[0].iterdir() if path.is_dir())
    raise NotFoundError(f"{entry.name!r} has no version {entry.tag!r}", where=place, hint=nearest(entry.tag, tags))


def _candidates(path: Path, tag: str, *, whole: bool) -> list[Path]:
    found = [paths.inside(path, f"{tag}/{name}") for name in ("src/function.yaml", "function.yaml")] if tag else []
    if whole or tag in _LATEST:
        found += [path / "function.yaml", path / "latest" / "src" / "function.yaml", path / "src" / "function.yaml"]
    return found
