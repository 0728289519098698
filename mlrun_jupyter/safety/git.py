"""Git repositories by address: https and ssh, and files where they are allowed; no hooks, no submodules, no options smuggled in."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec

from mlrun_jupyter.errors import ConflictError, DataError, MissingDependencyError, UnsafeError
from mlrun_jupyter.safety import processes
from mlrun_jupyter.safety.urls import without_credentials

_REF: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]{0,199}")
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?")
_USER: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_PATH: Final = re.compile(r"/[A-Za-z0-9_.~/+%-]{1,500}")
_SCP: Final = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*)@([A-Za-z0-9.-]+):([A-Za-z0-9_.~/+-]+)")
_TIMEOUT: Final = 300.0
_QUIET: Final = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_TEMPLATE_DIR": "",
    "GIT_DIR": None,
    "GIT_WORK_TREE": None,
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oPermitLocalCommand=no",
    "GIT_EXTERNAL_DIFF": None,
    "GIT_CONFIG_COUNT": None,
}


class Repository(msgspec.Struct, frozen=True):
    """An address in its parts: ``url`` without credentials, and the branch, tag or commit that is meant."""

    url: str
    ref: str = ""
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Repository({self.url!r}, {self.ref!r})"


def parse(address: str, *, allow_git_protocol: bool = False, allow_file: bool = False) -> Repository:
    """Read ``https://host/path[#ref]``, ``ssh://...``, ``git@host:path``, or ``git://host/path#ref`` (fetched by https).

    Parameters
    ----------
    allow_git_protocol
        Fetch ``git://`` as such, unencrypted.
    allow_file
        Take ``file:///path`` too, for a repository of this machine that the user names.

    Raises
    ------
    UnsafeError
        Another transport, an option, a control character, or anything else that is no such address.

    Example
    -------
    >>> parse("git://github.com/ann/demo.git#refs/heads/main").url
    'https://github.com/ann/demo.git'
    >>> parse("https://ann:token@host/demo.git#v1")
    Repository('https://host/demo.git', 'v1')
    """
    base, _mark, ref = address.partition("#")
    if ref:
        ref = check_ref(ref.removeprefix("refs/heads/").removeprefix("refs/tags/"))
    scp = _SCP.fullmatch(base)
    if scp and "//" not in base:
        base = f"ssh://{scp[1]}@{scp[2]}/{scp[3].lstrip('/')}"
    try:
        parts = urlsplit(base)
        port = parts.port
    except ValueError:
        raise _refused(address) from None
    scheme = parts.scheme.removeprefix("git+")
    if scheme == "git" and not allow_git_protocol:
        scheme = "https"
    local = scheme == "file" and allow_file and not parts.netloc
    fits = (
        (local or (scheme in ("https", "ssh", "git") and _HOST.fullmatch(parts.hostname or "")))
        and _PATH.fullmatch(parts.path)
        and ".." not in parts.path.split("/")
        and not parts.query
        and "//" not in parts.path
        and not parts.path.startswith("/-")
        and not re.search(r"[\x00-\x20\x7f]", base)
    )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not fits or (scheme == "ssh" and (password or (user and not _USER.fullmatch(user)))):
        raise _refused(address)
    if local:
        return Repository(f"file://{parts.path}", ref)
    host = f"{parts.hostname}:{port}" if port else str(parts.hostname)
    if scheme == "ssh":
        return Repository(f"ssh://{user or 'git'}@{host}{parts.path}", ref)
    if re.search(r"[\x00-\x1f\x7f]", user + password):
        raise _refused(address)
    return Repository(f"{scheme}://{host}{parts.path}", ref, user, password)


def check_ref(ref: str) -> str:
    """Return a branch, tag or commit name. Raises :class:`UnsafeError` for what may be an option or no ref at all."""
    if (
        not _REF.fullmatch(ref)
        or ".." in ref
        or ref.endswith((".lock", "/", "."))
        or "//" in ref
        or "@{" in ref
        or "/." in ref
    ):
        raise UnsafeError("not the name of a branch, tag or commit", where=ascii(ref)[:120])
    return ref


def clone(
    address: str,
    into: str | os.PathLike[str],
    *,
    secrets: Mapping[str, str] | None = None,
    allow_git_protocol: bool = False,
    allow_file: bool = False,
    timeout: float = _TIMEOUT,
) -> str:
    """Fetch one state of a repository into a new folder and return its commit.

    Nothing of the repository is executed: no hooks, no submodules, no filters.

    Parameters
    ----------
    address
        See :func:`parse`; without a ref the default branch.
    into
        A folder that does not exist, or is empty.
    secrets
        ``GIT_TOKEN``, or ``GIT_USERNAME`` and ``GIT_PASSWORD``, for https; they are on no command line.

    Raises
    ------
    UnsafeError
        See :func:`parse`.
    DataError
        The repository or ref does not exist, or cannot be read.
    MissingDependencyError
        There is no ``git`` on this machine.
    """
    repository = parse(address, allow_git_protocol=allow_git_protocol, allow_file=allow_file)
    if processes.find("git") is None:
        raise MissingDependencyError("git is not installed", hint="install git, or give the code as an archive")
    target = Path(into)
    if target.exists() and any(target.iterdir()):
        raise ConflictError("the folder to clone into is not empty", where=str(target))
    target.mkdir(parents=True, exist_ok=True)
    env = {**_QUIET, **_credentials(repository, secrets or {})}
    _git(["init", "--quiet", "--template="], target, env, repository, timeout)
    _git(
        [
            "fetch",
            "--quiet",
            "--depth=1",
            "--no-tags",
            "--no-recurse-submodules",
            "--",
            repository.url,
            repository.ref or "HEAD",
        ],
        target,
        env,
        repository,
        timeout,
    )
    _git(["checkout", "--quiet", "--detach", "FETCH_HEAD"], target, env, repository, timeout)
    return _git(["rev-parse", "HEAD"], target, env, repository, timeout).strip()


def _git(
    arguments: list[str], folder: Path, env: Mapping[str, str | None], repository: Repository, timeout: float
) -> str:
    safe = [
        "-c",
        "core.hooksPath=" + os.devnull,
        "-c",
        "core.fsmonitor=false",
        "-c",
        "core.symlinks=false",
        "-c",
        "submodule.recurse=false",
    ]
    safe += ["-c", "protocol.allow=never", "-c", "protocol.https.allow=always", "-c", "protocol.ssh.allow=always"]
    if repository.url.startswith("git://"):
        safe += ["-c", "protocol.git.allow=always"]
    if repository.url.startswith("file://"):
        safe += ["-c", "protocol.file.allow=always"]
    safe += ["-c", "http.followRedirects=initial", "-c", "credential.helper=", "-c", "safe.directory=*"]
    finished = processes.run(["git", *safe, *arguments], cwd=folder, env=env, timeout=timeout)
    if finished.returncode:
        reason = next((line for line in reversed(finished.stderr.strip().splitlines()) if line), "git failed")
        where = repository.url + (f"#{repository.ref}" if repository.ref else "")
        raise DataError("the repository cannot be fetched", where=where, hint=without_credentials(reason)[:300])
    return finished.stdout


def _credentials(repository: Repository, secrets: Mapping[str, str]) -> dict[str, str | None]:
    """As a header set through the environment: command lines can be read by everybody on the machine."""
    import base64

    if not repository.url.startswith("https://"):
        return {}
    user = repository.user or secrets.get("GIT_USERNAME", "")
    password = repository.password or secrets.get("GIT_PASSWORD", "") or secrets.get("GIT_TOKEN", "")
    if not user and not password:
        return {}
    token = base64.b64encode(f"{user or 'git'}:{password}".encode()).decode()
    host = urlsplit(repository.url).netloc
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.https://{host}/.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {token}",
    }


def _refused(address: str) -> UnsafeError:
    shown = ascii(without_credentials(address))[1:-1][:120]
    return UnsafeError(
        "not a git address that is fetched", where=shown, hint="write https://host/path.git#branch or git@host:path.git"
    )
