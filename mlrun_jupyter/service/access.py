"""Who may do what: tokens with names, and the roles that they have in projects.

A service's folder holds ``token``, the owner's, made at random at the first start, and ``tokens.json``, which keeps the
others as hashes. Both are read again when they change, so tokens are added, replaced and withdrawn while it runs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from mlrun_jupyter.db.query import ALL_PROJECTS
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError, StoreUnavailableError, nearest
from mlrun_jupyter.safety.names import check_name

READ: Final = "read"
WRITE: Final = "write"
ADMIN: Final = "admin"
ROLES: Final = (READ, WRITE, ADMIN)
"""Each may do what those before it may."""
OWNER: Final = "owner"
TOKEN_FILE: Final = "token"  # noqa: S105 - the file's name
BOOK_FILE: Final = "tokens.json"
MIN_LENGTH: Final = 22
"""Characters of a token that somebody chose: 128 bits in base64."""


class Principal(msgspec.Struct, frozen=True):
    """Somebody with a token: roles by project, ``*`` for all of them.

    Example
    -------
    >>> ann = Principal("ann", {"iris": "write"})
    >>> ann.may("read", "iris"), ann.may("admin", "iris"), ann.may("read", "taxi")
    (True, False, False)
    """

    name: str
    grants: Mapping[str, str]

    def may(self, role: str, project: str) -> bool:
        """Whether the role is held in a project; ``*`` asks for all projects."""
        held = self.grants.get(project) or self.grants.get(ALL_PROJECTS)
        best = self.grants.get(ALL_PROJECTS)
        return any(each is not None and ROLES.index(each) >= ROLES.index(role) for each in (held, best))

    @property
    def projects(self) -> tuple[str, ...] | None:
        """The projects that can be seen, None for all."""
        return None if ALL_PROJECTS in self.grants else tuple(sorted(self.grants))


class Entry(msgspec.Struct, kw_only=True):
    """A named token as ``tokens.json`` keeps it; times in seconds since 1970, ``expires`` 0 is never."""

    name: str
    sha256: str
    grants: dict[str, str]
    created: float = 0.0
    expires: float = 0.0


class TokenBook:
    """The tokens of a service.

    Parameters
    ----------
    folder
        Where the files are; made with the mode 0700 when missing.
    extra
        A token given by the environment or a file of the user's; the owner's, too.
    """

    def __init__(self, folder: Path, *, extra: str = "") -> None:
        self.folder = folder
        if extra and len(extra) < MIN_LENGTH:
            raise InvalidArgumentError(
                f"a token needs at least {MIN_LENGTH} characters", hint="leave it out to have one made at random"
            )
        self._extra = _digest(extra) if extra else ""
        self._files = str(folder / TOKEN_FILE), str(folder / BOOK_FILE)
        self._seen: tuple[object, ...] = ()
        self._by_digest: dict[str, tuple[Principal, float]] = {}

    @property
    def token_file(self) -> Path:
        return self.folder / TOKEN_FILE

    def prepare(self) -> None:
        """Make the folder, and the owner's token where there is none."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            if not self.token_file.exists():
                _write_private(self.token_file, f"{_random()}\n".encode())
            elif self.token_file.stat().st_mode & 0o077:
                self.token_file.chmod(0o600)
        except OSError as error:
            raise StoreUnavailableError(
                f"the token cannot be kept: {error.strerror}", where=str(self.folder), hint="name another folder"
            ) from error

    def find(self, token: str) -> Principal | None:
        """Whose token it is; None for one that is unknown, withdrawn or expired."""
        self._refresh()
        digest = _digest(token)
        found = None
        for known, entry in self._by_digest.items():
            if hmac.compare_digest(known, digest):
                found = entry
        if found is None or (found[1] and found[1] <= time.time()):
            return None
        return found[0]

    def _refresh(self) -> None:
        seen = _stamp(self._files[0]), _stamp(self._files[1])
        if seen == self._seen:
            return
        owner = Principal(OWNER, {ALL_PROJECTS: ADMIN})
        found = {entry.sha256: (Principal(entry.name, entry.grants), entry.expires) for entry in self.entries()}
        for digest in (self._extra, self._owner()):
            if digest:
                found[digest] = owner, 0.0
        self._by_digest, self._seen = found, seen

    def _owner(self) -> str:
        try:
            text = self.token_file.read_text().strip()
        except OSError:
            return ""
        return _digest(text) if len(text) >= MIN_LENGTH else ""

    # the named ones
    def entries(self) -> list[Entry]:
        """The named tokens, as hashes."""
        try:
            data = (self.folder / BOOK_FILE).read_bytes()
        except FileNotFoundError:
            return []
        try:
            return msgspec.json.decode(data, type=list[Entry])
        except msgspec.MsgspecError as error:
            raise StoreUnavailableError(
                "the list of tokens cannot be read", where=str(self.folder / BOOK_FILE), hint=str(error)
            ) from None

    def add(self, name: str, grants: Mapping[str, str], *, days: float = 0.0) -> str:
        """Make a token and return it: the only time that it is shown. The same name again replaces the token.

        Parameters
        ----------
        name
            Whose it is.
        grants
            Project to ``read``, ``write`` or ``admin``; ``*`` for every project.
        days
            How long it is good for; 0 for ever.

        Raises ``InvalidArgumentError`` for a name or role that cannot be used.
        """
        check_name("token", name)
        if not grants:
            raise InvalidArgumentError("a token needs a role in some project", hint="give for example iris=write")
        for project, role in grants.items():
            if project != ALL_PROJECTS:
                check_name("project", project)
            if role not in ROLES:
                raise InvalidArgumentError(f"no such role: {role!r}", hint=nearest(role, ROLES))
        token, now = _random(), time.time()
        entry = Entry(
            name=name,
            sha256=_digest(token),
            grants=dict(grants),
            created=now,
            expires=now + days * 86400 if days else 0.0,
        )
        self._keep([*(each for each in self.entries() if each.name != name), entry])
        return token

    def remove(self, name: str) -> None:
        """Withdraw a named token. Raises ``NotFoundError``."""
        entries = self.entries()
        left = [each for each in entries if each.name != name]
        if len(left) == len(entries):
            raise self._unknown(name)
        self._keep(left)

    def rotate(self, name: str) -> str:
        """Replace a named token and return the new one; roles and the end of its time stay. Raises ``NotFoundError``."""
        entry = next((each for each in self.entries() if each.name == name), None)
        if entry is None:
            raise self._unknown(name)
        token = _random()
        fresh = Entry(name=name, sha256=_digest(token), grants=entry.grants, created=time.time(), expires=entry.expires)
        self._keep([*(each for each in self.entries() if each.name != name), fresh])
        return token

    def _unknown(self, name: str) -> NotFoundError:
        known = [each.name for each in self.entries()]
        return NotFoundError(f"no token of that name: {name!r}", hint=nearest(name, known))

    def rotate_owner(self) -> None:
        """Replace the owner's token by a new one."""
        _write_private(self.token_file, f"{_random()}\n".encode())

    def _keep(self, entries: list[Entry]) -> None:
        self.prepare()
        _write_private(self.folder / BOOK_FILE, msgspec.json.format(msgspec.json.encode(entries)))


def presented(authorization: str) -> str:
    """The token in an ``Authorization`` header: as bearer, or as the password (or user) of basic authentication.

    Example
    -------
    >>> presented("Bearer abc"), presented("Basic OmFiYw=="), presented("Digest x")
    ('abc', 'abc', '')
    """
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return password or user
    return ""


def _random() -> str:
    """256 bits. There is no ``-`` in it: the mlrun client takes a long token with one for something else."""
    return secrets.token_hex(32)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        stat = os.stat(path)  # noqa: PTH116 - at every request
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _write_private(path: Path, data: bytes) -> None:
    """Write a file that nobody else can read, not even for a moment."""
    new = path.with_name(f".{path.name}-{secrets.token_hex(6)}")
    try:
        fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(fd)
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise StoreUnavailableError(f"the token cannot be kept: {error.strerror}", where=str(path)) from error
