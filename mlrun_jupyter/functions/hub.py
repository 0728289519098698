"""Hubs: folders or git repositories of functions, by name.

The setting ``hub`` names them: one place, or several as in ``default=/srv/hub;team=https://host/functions.git``.
In a hub the function ``my-fn`` is ``my_fn/function.yaml``, ``my-fn/function.yaml``, or with its versions in folders
``my_fn/1.2.0/src/function.yaml``. A tag is such a folder, or a branch or tag of the repository.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from mlrun_jupyter import config
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError, nearest
from mlrun_jupyter.safety import paths, processes

_ADDRESS: Final = re.compile(r"hub://(?:(?P<source>[\w.-]+)/)?(?P<name>[\w.-]+)(?::(?P<tag>[\w./-]+))?")
_REF: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
_GIT: Final = re.compile(r"(?:https|ssh|git|file)://[^\s-]\S*|[\w.-]+@[\w.-]+:\S+")
_LATEST: Final = frozenset({"", "latest", "master", "main"})
_SECONDS: Final = 120.0


class _Entry(NamedTuple):
    source: str
    name: str
    tag: str


def find(url: str) -> str:
    """The ``function.yaml`` that ``hub://[source/]name[:tag]`` means.

    Raises
    ------
    InvalidArgumentError
        Not such an address, or no hub of that name.
    NotFoundError
        The hub has no such function or tag.
    """
    match = _ADDRESS.fullmatch(url)
    if not match:
        raise InvalidArgumentError(f"not the address of a hub's function: {url!r}", hint="hub://[source/]name[:tag]")
    entry = _Entry(match["source"] or "", match["name"], match["tag"] or "")
    place = _place(entry.source)
    folder = clone(place, entry.tag) if _is_git(place) else Path(place).expanduser()
    if not folder.is_dir():
        raise NotFoundError("the hub's folder is not there", where=place, hint="see the setting 'hub'")
    return str(_lookup(folder, entry))


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


def checkout(url: str) -> Path:
    """The file or folder that ``git://host/repository.git#ref:path`` means, in a copy of the repository.

    Raises as :func:`clone` does.
    """
    address, _, rest = url.partition("#")
    ref, _, path = rest.partition(":")
    address = re.sub(r"^git\+", "", address)
    address = re.sub(r"^git://", "https://", address)
    folder = clone(address, ref.removeprefix("refs/heads/").removeprefix("refs/tags/"))
    return paths.inside(folder, path) if path else folder


def clone(address: str, ref: str = "") -> Path:
    """A copy of a repository at a branch or tag, kept beside the store and renewed at each call.

    Hooks, other transports and prompts of git are off, and no option can be passed in an address.

    Raises
    ------
    InvalidArgumentError
        An address or a ref that git would not be given.
    NotFoundError
        The repository or the ref is not there, or git is not installed.
    """
    if not _GIT.fullmatch(address):
        raise InvalidArgumentError(f"not the address of a repository: {address!r}", hint="https://host/name.git")
    if ref and (not _REF.fullmatch(ref) or ".." in ref):
        raise InvalidArgumentError(f"not a branch or tag: {ref!r}")
    key = hashlib.sha256(f"{address}#{ref}".encode()).hexdigest()[:16]
    target = Path("~/.mlrun/hub").expanduser() / key
    if (target / ".git").is_dir():
        _git("-C", str(target), "fetch", "--depth", "1", "--no-tags", "origin", ref or "HEAD")
        _git("-C", str(target), "checkout", "--quiet", "--force", "--detach", "FETCH_HEAD")
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    branch = ["--branch", ref] if ref and ref not in _LATEST else []
    with tempfile.TemporaryDirectory(dir=target.parent, ignore_cleanup_errors=True) as folder:
        fresh = Path(folder, "copy")
        _git("clone", "--quiet", "--depth", "1", "--no-tags", *branch, "--", address, str(fresh))
        with contextlib.suppress(OSError):  # somebody else was quicker
            fresh.rename(target)
    return target


def _git(*arguments: str) -> None:
    guards = ["-c", "protocol.ext.allow=never", "-c", "core.hooksPath=/dev/null", "-c", "core.symlinks=false"]
    environment = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_ALLOW_PROTOCOL": "https:ssh:git:file"}
    done = processes.run(["git", *guards, *arguments], env=environment, timeout=_SECONDS)
    if done.returncode:
        from mlrun_jupyter.functions.origin import without_password

        said = (done.stderr.strip().splitlines() or ["git failed"])[-1]
        address = next((argument for argument in arguments if "://" in argument), "")
        raise NotFoundError(
            "the repository cannot be read", where=without_password(address), hint=said.removeprefix("fatal: ")
        )


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


def _is_git(place: str) -> bool:
    return _GIT.fullmatch(place) is not None


def _lookup(folder: Path, entry: _Entry) -> Path:
    names = dict.fromkeys([entry.name.replace("-", "_"), entry.name])
    tried = [paths.inside(folder, name) for name in names]
    present = [path for path in tried if path.is_dir()]
    if not present:
        listed = [path.name.replace("_", "-") for path in folder.iterdir() if path.is_dir() and path.name[0] != "."]
        raise NotFoundError(
            f"the hub has no function {entry.name!r}", where=str(folder), hint=nearest(entry.name, listed)
        )
    for path in present:
        for candidate in _candidates(path, entry.tag):
            if candidate.is_file():
                return candidate
    tags = sorted(path.name for path in present[0].iterdir() if path.is_dir())
    raise NotFoundError(
        f"{entry.name!r} has no version {entry.tag!r}", where=str(folder), hint=nearest(entry.tag, tags)
    )


def _candidates(path: Path, tag: str) -> list[Path]:
    found = [paths.inside(path, f"{tag}/{name}") for name in ("src/function.yaml", "function.yaml")] if tag else []
    if tag in _LATEST:
        found += [path / "function.yaml", path / "latest" / "src" / "function.yaml", path / "src" / "function.yaml"]
    elif not any(each.is_dir() for each in path.iterdir() if each.name[0] != "."):
        found.append(path / "function.yaml")  # of a repository, the tag is what was checked out
    return found
