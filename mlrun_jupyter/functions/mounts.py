"""Modifiers for ``Function.apply``: volumes, and what says where they come from.

They change the function's document only; the engine mounts. Volumes have the form of Kubernetes, which every kind
that runs there takes; a file that is exported leaves them out (see :mod:`mlrun_jupyter.functions.exporter`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from mlrun_jupyter.errors import InvalidArgumentError

if TYPE_CHECKING:
    from mlrun_jupyter.functions.function import Function

Modifier = Callable[["Function"], "Function"]
"""Changes a function, and returns it."""

_V3IO_DRIVER: Final = "v3io/fuse"


def mount_v3io(
    name: str = "v3io", remote: str = "", mount_path: str = "", user: str = "", secret: str = "", access_key: str = ""
) -> Modifier:
    """The data volume of an Iguazio platform: its root at ``/v3io`` and the user's home at ``/User``.

    Parameters
    ----------
    remote, mount_path
        One folder in their place (``~/`` is the user's home), and where it is mounted.
    user
        Whose home; ``V3IO_USERNAME`` when left out.
    secret
        Name of the Kubernetes secret with the access key.

    Raises
    ------
    InvalidArgumentError
        There is no user; or ``access_key`` was given: it would stand in the function's file.

    Example
    -------
    ::

        fn = code_to_function(kind="job").apply(mount_v3io(user="ann"))
    """
    if access_key:
        raise InvalidArgumentError(
            "an access key would be readable in the function's file", hint="give secret='name of a Kubernetes secret'"
        )
    user = user or os.environ.get("V3IO_USERNAME", "")
    if not user and (not remote or remote.startswith("~/")):
        raise InvalidArgumentError(
            "mount_v3io does not know the user", hint="give user='...' or set the variable V3IO_USERNAME"
        )
    if bool(remote) != bool(mount_path):
        raise InvalidArgumentError("mount_v3io needs remote and mount_path together", hint="or neither")
    mounts = [{"name": name, "mountPath": mount_path}] if remote else _platform_mounts(name, user)
    options: dict[str, str] = {}
    if remote:
        path = f"users/{user}/{remote[2:]}" if remote.startswith("~/") else remote.strip("/")
        container, _, folder = path.partition("/")
        options = {"container": container, "subPath": folder.rstrip("/")}
    volume: dict[str, Any] = {"driver": _V3IO_DRIVER, "options": options}
    if secret:
        volume["secretRef"] = {"name": secret}
    return _all(_mounted({"name": name, "flexVolume": volume}, *mounts), v3io_cred(user=user))


def _platform_mounts(name: str, user: str) -> list[dict[str, Any]]:
    return [{"name": name, "mountPath": "/v3io"}, {"name": name, "mountPath": "/User", "subPath": f"users/{user}"}]


def v3io_cred(api: str = "", user: str = "") -> Modifier:
    """The platform's address and user as variables; ``V3IO_API`` and ``V3IO_USERNAME`` of this machine when left out."""

    def modify(function: Function) -> Function:
        found = {
            "V3IO_API": api or os.environ.get("V3IO_API", ""),
            "V3IO_USERNAME": user or os.environ.get("V3IO_USERNAME", ""),
        }
        for name, value in found.items():
            if value:
                function.set_env(name, value)
        return function

    return modify


def mount_pvc(
    pvc_name: str = "", volume_name: str = "pipeline", volume_mount_path: str = "/mnt/pipeline", read_only: bool = False
) -> Modifier:
    """A persistent volume claim; ``MLRUN_PVC_MOUNT=claim:path`` says which one when none is named."""
    if not pvc_name:
        pvc_name, _, path = os.environ.get("MLRUN_PVC_MOUNT", "").partition(":")
        volume_mount_path = path or volume_mount_path
    if not pvc_name:
        raise InvalidArgumentError(
            "mount_pvc does not know the claim", hint="name it, or set the variable MLRUN_PVC_MOUNT=claim:path"
        )
    volume = {"name": volume_name, "persistentVolumeClaim": {"claimName": pvc_name}}
    return _mounted(volume, _mount(volume_name, volume_mount_path, read_only=read_only))


def mount_secret(
    secret_name: str, mount_path: str, volume_name: str = "secret", items: list[dict[str, Any]] | None = None
) -> Modifier:
    """A Kubernetes secret as files; ``items``: keys and paths, as in ``{"key": "token", "path": "token"}``."""
    source: dict[str, Any] = {"secretName": secret_name, **({"items": items} if items else {})}
    return _mounted({"name": volume_name, "secret": source}, _mount(volume_name, mount_path, read_only=True))


def mount_configmap(
    configmap_name: str, mount_path: str, volume_name: str = "configmap", items: list[dict[str, Any]] | None = None
) -> Modifier:
    """A Kubernetes config map as files; ``items`` as for :func:`mount_secret`."""
    source: dict[str, Any] = {"name": configmap_name, **({"items": items} if items else {})}
    return _mounted({"name": volume_name, "configMap": source}, _mount(volume_name, mount_path))


def auto_mount(pvc_name: str = "", volume_mount_path: str = "", volume_name: str = "") -> Modifier:
    """The volume that this machine is set up for: the claim that is named, the platform's, or ``MLRUN_PVC_MOUNT``.

    Raises :class:`InvalidArgumentError` where there is none of them.
    """
    if pvc_name or os.environ.get("MLRUN_PVC_MOUNT"):
        return mount_pvc(pvc_name, volume_name or "shared", volume_mount_path or "/mnt/shared")
    if os.environ.get("V3IO_USERNAME"):
        return mount_v3io(name=volume_name or "v3io")
    raise InvalidArgumentError(
        "there is nothing to mount", hint="name a claim: auto_mount(pvc_name=...), or set MLRUN_PVC_MOUNT=claim:path"
    )


def _mount(name: str, path: str, *, read_only: bool = False) -> dict[str, Any]:
    return {"name": name, "mountPath": path, **({"readOnly": True} if read_only else {})}


def _all(*modifiers: Modifier) -> Modifier:
    def modify(function: Function) -> Function:
        for each in modifiers:
            each(function)
        return function

    return modify


def _mounted(volume: dict[str, Any], *mounts: dict[str, Any]) -> Modifier:
    """Add a volume with its mounts; one of the same name is replaced."""

    def modify(function: Function) -> Function:
        spec, name = function.spec, volume["name"]
        base = spec.extra.get("base_spec")
        if isinstance(base, dict):  # Nuclio has a volume and its mount side by side
            inner = base.setdefault("spec", {})
            kept = [each for each in inner.get("volumes", []) if each.get("volume", {}).get("name") != name]
            inner["volumes"] = [*kept, *({"volume": volume, "volumeMount": each} for each in mounts)]
            return function
        found = spec.extra
        spec.extra = {
            **found,
            "volumes": [*(each for each in found.get("volumes", []) if each.get("name") != name), volume],
            "volume_mounts": [*(each for each in found.get("volume_mounts", []) if each.get("name") != name), *mounts],
        }
        return function

    return modify
