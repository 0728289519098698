"""Storage behind fsspec: memory, S3, Google, Azure and whatever else has a driver."""

from __future__ import annotations

import contextlib
import errno
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from mlrun_jupyter.datastore.base import FileStat, Progress, Secrets
from mlrun_jupyter.datastore.local import content_type
from mlrun_jupyter.errors import (
    DataError,
    MissingDependencyError,
    MlrunError,
    NotFoundError,
    StoreUnavailableError,
    nearest,
)

_FULL: Final = re.compile(r"quota|InsufficientStorage|StorageFull|no space left", re.IGNORECASE)
"""What storages say when they are full; each has a code of its own for it."""
Options = Callable[[Secrets], dict[str, Any]]


class FsspecStorage:
    """Paths are whole addresses (``s3://bucket/key``)."""

    def __init__(self, kind: str, filesystem: Any) -> None:
        self.kind = kind
        self._fs = filesystem

    def read(self, path: str, size: int | None = None, offset: int = 0) -> bytes:
        with self._told(path):
            if size is None and not offset:
                return bytes(self._fs.cat_file(path))
            if size == 0:
                return b""
            return bytes(self._fs.cat_file(path, start=offset, end=None if size is None else offset + size))

    def write(self, path: str, data: bytes, *, append: bool = False) -> None:
        with self._told(path):
            if append and self._fs.exists(path):
                data = bytes(self._fs.cat_file(path)) + data
            self._make_parent(path)
            self._fs.pipe_file(path, data)

    def open(self, path: str, mode: str, **options: Any) -> IO[Any]:
        with self._told(path):
            if "r" not in mode:
                self._make_parent(path)
            return self._fs.open(path, mode, **options)  # type: ignore[no-any-return] # fsspec is untyped

    def stat(self, path: str) -> FileStat:
        with self._told(path):
            info = self._fs.info(path)
        modified = next(
            (info[name] for name in ("LastModified", "last_modified", "mtime", "updated", "created") if info.get(name)),
            0,
        )
        return FileStat(
            int(info.get("size") or 0),
            _seconds(modified),
            info.get("ContentType") or info.get("contentType") or content_type(path),
            info.get("type") == "directory",
        )

    def list(self, path: str) -> list[str]:
        with self._told(path):
            root = self._fs._strip_protocol(path).rstrip("/")
            found = self._fs.find(path)
        if not found:
            raise NotFoundError("no such folder, or it is empty", where=path)
        return sorted(name[len(root) :].lstrip("/") for name in found if name != root)

    def delete(self, path: str) -> None:
        with self._told(path):
            if not self._fs.exists(path):
                raise FileNotFoundError(path)
            self._fs.rm(path, recursive=True)

    def download(self, path: str, target: str, *, progress: Progress | None = None) -> None:
        with self._told(path), _telling(progress) as callback:
            if self._fs.isdir(path):
                self._fs.get(path.rstrip("/") + "/", target.rstrip("/") + "/", recursive=True, callback=callback)
            else:
                Path(target).parent.mkdir(parents=True, exist_ok=True)
                self._fs.get_file(path, target, callback=callback)

    def upload(self, path: str, source: str, *, progress: Progress | None = None) -> None:
        with self._told(path), _telling(progress) as callback:
            self._make_parent(path)
            if Path(source).is_dir():
                self._fs.put(source.rstrip("/") + "/", path.rstrip("/") + "/", recursive=True, callback=callback)
            else:
                self._fs.put_file(source, path, callback=callback)

    def _make_parent(self, path: str) -> None:
        if self.kind == "memory":  # elsewhere folders are only parts of names
            self._fs.makedirs(self._fs._parent(path), exist_ok=True)

    @contextlib.contextmanager
    def _told(self, path: str) -> Iterator[None]:
        """Drivers raise their libraries' errors; what they mean is told by ours."""
        try:
            yield
        except MlrunError:
            raise
        except FileNotFoundError:
            raise NotFoundError("no such file", where=path, hint=self._nearest(path)) from None
        except IsADirectoryError:
            raise DataError("a folder, not a file", where=path, hint="use listdir(), or name a file in it") from None
        except PermissionError as error:
            raise DataError("access was refused", where=path, hint=_credentials_hint(self.kind, error)) from None
        except (ImportError, NotImplementedError, ValueError) as error:
            raise DataError("the storage cannot do this", where=path, hint=str(error)) from None
        except Exception as error:  # each driver has a tree of its own
            if type(error).__name__ in ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"):
                raise DataError("no credentials", where=path, hint=_credentials_hint(self.kind, None)) from None
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DataError("no room is left on this machine", where=path, hint=str(error)) from error
            status = getattr(error, "status_code", None) or getattr(error, "code", None)
            if status in (401, 403):
                raise DataError("access was refused", where=path, hint=_credentials_hint(self.kind, None)) from None
            said = (str(error).strip().splitlines() or [""])[0][:300]
            if status != 429 and _FULL.search(said):  # which is of too many requests
                raise StoreUnavailableError("no room is left in the storage", where=path, hint=said) from error
            raise StoreUnavailableError(
                "the storage cannot be reached or refused the request",
                where=path,
                hint=f"{type(error).__name__}: {said}",
            ) from error

    def _nearest(self, path: str) -> str:
        try:
            parent = self._fs._parent(path)
            names = [entry.rstrip("/").rsplit("/", 1)[-1] for entry in self._fs.ls(parent, detail=False)[:10_000]]
        except Exception:  # a hint is not worth a second failure
            return ""
        hint = nearest(path.rsplit("/", 1)[-1], names)
        return hint if hint.startswith("did you mean") else ""


def _s3(secrets: Secrets) -> dict[str, Any]:
    endpoint = secrets.get("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "S3_ENDPOINT_URL")
    region = secrets.get("AWS_REGION", "AWS_DEFAULT_REGION")
    client = {name: value for name, value in (("endpoint_url", endpoint), ("region_name", region)) if value}
    key, secret = secrets.get("AWS_ACCESS_KEY_ID"), secrets.get("AWS_SECRET_ACCESS_KEY")
    options: dict[str, Any] = {"client_kwargs": client, "use_listings_cache": False}
    if key and secret:
        options |= {"key": key, "secret": secret, "token": secrets.get("AWS_SESSION_TOKEN") or None}
    elif secrets.get("AWS_PROFILE"):
        options["profile"] = secrets.get("AWS_PROFILE")
    elif secrets.get("S3_ANONYMOUS"):
        options["anon"] = True
    return options


def _google(secrets: Secrets) -> dict[str, Any]:
    token = secrets.get("GCP_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS")
    options: dict[str, Any] = {"use_listings_cache": False}
    if token.lstrip().startswith("{"):
        options["token"] = json.loads(token)
    elif token:
        options["token"] = token
    if endpoint := secrets.get("STORAGE_EMULATOR_HOST"):
        options["endpoint_url"] = endpoint
    return options


def _azure(secrets: Secrets) -> dict[str, Any]:
    names = {
        "connection_string": "AZURE_STORAGE_CONNECTION_STRING",
        "account_name": "AZURE_STORAGE_ACCOUNT_NAME",
        "account_key": "AZURE_STORAGE_ACCOUNT_KEY",
        "sas_token": "AZURE_STORAGE_SAS_TOKEN",
        "client_id": "AZURE_STORAGE_CLIENT_ID",
        "client_secret": "AZURE_STORAGE_CLIENT_SECRET",
        "tenant_id": "AZURE_STORAGE_TENANT_ID",
    }
    found = {option: secrets.get(name) for option, name in names.items()}
    return {option: value for option, value in found.items() if value}


def _nothing(_secrets: Secrets) -> dict[str, Any]:
    return {}


_DRIVERS: Final[Mapping[str, tuple[str, str, str, Options]]] = {
    "memory": ("memory", "fsspec", "", _nothing),
    **dict.fromkeys(("s3", "s3a"), ("s3", "s3fs", "s3", _s3)),
    **dict.fromkeys(("gs", "gcs"), ("gs", "gcsfs", "gcs", _google)),
    **dict.fromkeys(("az", "abfs", "abfss", "wasb", "wasbs"), ("abfs", "adlfs", "azure", _azure)),
}
"""Scheme to fsspec's protocol, the library that it needs, the extra that brings it, and how credentials are given."""
SCHEMES: Final = tuple(_DRIVERS)
_opened: dict[tuple[str, str], FsspecStorage] = {}


def open_storage(scheme: str, secrets: Secrets) -> FsspecStorage:
    """The storage of a scheme, with credentials from ``secrets``.

    Raises
    ------
    MissingDependencyError
        The driver is not installed; names the extra.
    """
    import hashlib

    protocol, module, extra, options = _DRIVERS[scheme]
    given = options(secrets)
    key = scheme, hashlib.sha256(repr(sorted(given.items())).encode()).hexdigest()
    if key not in _opened:
        import fsspec  # type: ignore[import-untyped] # it brings no types

        try:
            filesystem = fsspec.filesystem(protocol, skip_instance_cache=bool(given), **given)
        except ImportError:
            raise MissingDependencyError.of(module, extra=extra) from None
        except Exception as error:
            raise DataError(
                f"{scheme} storage cannot be opened",
                hint=f"{_credentials_hint(protocol, None)} ({type(error).__name__})",
            ) from None
        _opened[key] = FsspecStorage(scheme, filesystem)
    return _opened[key]


def _credentials_hint(kind: str, error: Exception | None) -> str:
    names = {
        "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        "gs": "GOOGLE_APPLICATION_CREDENTIALS",
        "gcs": "GOOGLE_APPLICATION_CREDENTIALS",
    }
    asked = names.get(
        kind, "AZURE_STORAGE_CONNECTION_STRING, or account name and key" if kind.startswith(("a", "w")) else ""
    )
    told = f"{error}; " if error is not None and str(error) else ""
    return f"{told}give {asked} as secrets or in the environment" if asked else told.rstrip("; ")


@contextlib.contextmanager
def _telling(progress: Progress | None) -> Iterator[Any]:
    """A callback for drivers. Some send several pieces at once and tell of one after the other: it never goes back, and
    ends with the whole."""
    from fsspec import callbacks

    if progress is None:
        yield callbacks.NoOpCallback()
        return
    done, total = 0, None

    def tell(size: int | None, value: int, **_more: Any) -> None:
        nonlocal done, total
        done, total = max(done, value), size
        progress(done, total)

    yield callbacks.Callback(hooks={"tell": tell})
    if total is not None and done < total:
        progress(total, total)


def _seconds(value: Any) -> float:
    if hasattr(value, "timestamp"):
        return float(value.timestamp())
    return float(value) if isinstance(value, (int, float)) else 0.0
