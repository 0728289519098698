"""Notebook code as tracked, sweepable, portable jobs.

Everything here is loaded when it is first used: importing the package costs next to nothing.

Example
-------
::

    from mlrun_jupyter import new_task, run_local

    run = run_local(new_task(params={"depth": 4}), handler=train)
    run.show()
"""

from __future__ import annotations

from mlrun_jupyter import _alias

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mlrun_jupyter.datastore import DataItem, get_dataitem
    from mlrun_jupyter.db import open_db
    from mlrun_jupyter.errors import MlrunError, RunError
    from mlrun_jupyter.functions.decorator import handler
    from mlrun_jupyter.functions.function import Function
    from mlrun_jupyter.functions.module import function_to_module
    from mlrun_jupyter.functions.mounts import (
        auto_mount,
        mount_configmap,
        mount_pvc,
        mount_secret,
        mount_v3io,
        v3io_cred,
    )
    from mlrun_jupyter.functions.run_local import code_to_function, import_function, new_function, run_local
    from mlrun_jupyter.model.task import HyperParamOptions, NewTask, Task, new_task
    from mlrun_jupyter.runs.database import RunDatabase, get_run_db
    from mlrun_jupyter.runs.run import Run
    from mlrun_jupyter.tracking.autolog import autolog
    from mlrun_jupyter.tracking.context import MLClientCtx, RunContext
    from mlrun_jupyter.tracking.current import get_or_create_ctx

__all__ = [
    "DataItem",
    "Function",
    "HyperParamOptions",
    "MLClientCtx",
    "MlrunError",
    "NewTask",
    "Run",
    "RunContext",
    "RunDatabase",
    "RunError",
    "Task",
    "__version__",
    "auto_mount",
    "autolog",
    "code_to_function",
    "function_to_module",
    "get_dataitem",
    "get_or_create_ctx",
    "get_run_db",
    "handler",
    "import_function",
    "mlconf",
    "mount_configmap",
    "mount_pvc",
    "mount_secret",
    "mount_v3io",
    "new_function",
    "new_task",
    "open_db",
    "run_local",
    "set_environment",
    "v3io_cred",
]

_HOME = {
    "datastore": ("DataItem", "get_dataitem"),
    "db": ("open_db",),
    "errors": ("MlrunError", "RunError"),
    "functions.decorator": ("handler",),
    "functions.function": ("Function",),
    "functions.module": ("function_to_module",),
    "functions.mounts": (
        "auto_mount",
        "mount_configmap",
        "mount_pvc",
        "mount_secret",
        "mount_v3io",
        "v3io_cred",
    ),
    "functions.run_local": ("code_to_function", "import_function", "new_function", "run_local"),
    "model.task": ("HyperParamOptions", "NewTask", "Task", "new_task"),
    "runs.database": ("RunDatabase", "get_run_db"),
    "runs.run": ("Run",),
    "tracking.autolog": ("autolog",),
    "tracking.context": ("MLClientCtx", "RunContext"),
    "tracking.current": ("get_or_create_ctx",),
}

_alias.install()


def __getattr__(name: str) -> Any:
    from importlib import import_module

    for module, exports in _HOME.items():
        if name in exports:
            value = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    if name == "mlconf":
        return import_module(f"{__name__}.config").current()
    if name == "__version__":
        return _version()
    try:
        return import_module(f"{__name__}.{name}")  # a room, as in mlrun.artifacts
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def set_environment(
    api_path: str = "", artifact_path: str = "", project: str = "", access_key: str = "", user_project: bool = False
) -> tuple[str, str]:
    """Set the store, the artifact path and the default project of this process; return project and artifact path.

    Raises
    ------
    StoreError
        Nothing can be opened at ``api_path``.
    """
    from mlrun_jupyter import config
    from mlrun_jupyter.db import open_db

    settings = config.current()
    if access_key:
        settings.httpdb.token = access_key
    if api_path:
        open_db(api_path)
        settings.dbpath = api_path
    settings.artifact_path = artifact_path or settings.artifact_path
    if project:
        import getpass

        settings.default_project = f"{project}-{getpass.getuser()}" if user_project else project
    return settings.default_project, settings.artifact_path


def load_ipython_extension(ipython: Any) -> None:
    """``%load_ext mlrun_jupyter``."""
    import mlrun_magics

    mlrun_magics.load_ipython_extension(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    import mlrun_magics

    mlrun_magics.unload_ipython_extension(ipython)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where JupyterLab and Notebook find our front end."""
    return [{"src": "_labextension", "dest": "mlrun-jupyter"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """What a Jupyter server loads."""
    from mlrun_jupyter.server.extension import MlrunExtension

    return [{"module": "mlrun_jupyter.server", "app": MlrunExtension}]


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("mlrun-jupyter")
    except PackageNotFoundError:
        return "0+unknown"
