"""What becomes of a value that a handler returns: a result, or an artifact of the kind that fits its type.

Other packages add kinds through the entry point group ``mlrun_jupyter.packagers``: each names a function that takes
``(key, value, hint)`` and returns a mapping of results, an artifact, or None when the value is not its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from mlrun_jupyter.artifacts.base import Artifact
from mlrun_jupyter.artifacts.make import of
from mlrun_jupyter.errors import InvalidArgumentError, nearest
from mlrun_jupyter.model import values

GROUP: Final = "mlrun_jupyter.packagers"
HINTS: Final = (
    "result",
    "dataset",
    "model",
    "plot",
    "plotly",
    "file",
    "path",
    "dir",
    "html",
    "json",
    "object",
    "artifact",
)
_SMALL: Final = 100
"""Values in a list or mapping up to which it is a result; a longer one is kept as a JSON file."""

Packager = Callable[[str, Any, str], "dict[str, Any] | Artifact | None"]


def package(key: str, value: Any, hint: str = "") -> dict[str, Any] | Artifact:
    """Results by name, or the artifact to log.

    Parameters
    ----------
    key
        The name that the value was given.
    value
        What was returned.
    hint
        One of :data:`HINTS`; the type tells by default. ``object`` is the only one that pickles.

    Raises
    ------
    InvalidArgumentError
        An unknown hint, or a value that the hinted kind cannot hold.

    Example
    -------
    >>> package("accuracy", 0.97)
    {'accuracy': 0.97}
    >>> package("text", "x" * 5000).kind
    'artifact'
    """
    if hint and hint not in HINTS:
        raise InvalidArgumentError(
            f"no such kind of return value: {hint!r}", where=f"return {key!r}", hint=nearest(hint, HINTS)
        )
    for packager in _extensions():
        packed = packager(key, value, hint)
        if packed is not None:
            return packed
    return _HINTED[hint](key, value) if hint in _HINTED else _by_type(key, value)


def _by_type(key: str, value: Any) -> dict[str, Any] | Artifact:
    if isinstance(value, Artifact):
        value.key = value.key or key
        return value
    if value is None or isinstance(value, (bool, int, float, str)):
        return of(key, value, format="txt") if isinstance(value, str) and len(value) > 4000 else {key: value}
    if isinstance(value, os.PathLike):
        return of(key, local_path=os.fspath(value))
    if isinstance(value, (bytes, bytearray)):
        return of(key, bytes(value))
    if _is_array(value):
        return _array(key, value)
    if _is_model(value):
        return _model(key, value)
    made = of(key, value)
    if type(made) is not Artifact:
        return made
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return _collection(key, value)
    return {key: values.plain(value)}


def _collection(key: str, value: Any) -> dict[str, Any] | Artifact:
    plain = values.plain(value)
    return {key: plain} if _size(plain) <= _SMALL else _json(key, plain)


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_size, value.values()), len(value))
    return sum(map(_size, value)) if isinstance(value, list) else 1


def _is_array(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "numpy" and hasattr(value, "ndim")


def _array(key: str, value: Any) -> dict[str, Any] | Artifact:
    if value.size <= _SMALL:
        return {key: values.plain(value)}
    if value.ndim > 2 or value.dtype == object:
        return of(key, _npy(value), format="npy", local_path=f"{key}.npy")
    return _dataset(key, value)


def _npy(value: Any) -> bytes:
    import io

    import numpy as np

    buffer = io.BytesIO()
    try:
        np.save(buffer, value, allow_pickle=False)
    except ValueError:
        raise InvalidArgumentError(
            "an array of objects is not kept", hint="return a frame, or name the kind 'object'"
        ) from None
    return buffer.getvalue()


def _is_model(value: Any) -> bool:
    kinds = {each.__module__.partition(".")[0] for each in type(value).__mro__}
    if "xgboost" in kinds or "lightgbm" in kinds:
        return hasattr(value, "predict") and (hasattr(value, "save_model"))
    return (
        ("sklearn" in kinds and hasattr(value, "get_params"))
        or ("torch" in kinds and hasattr(value, "state_dict"))
        or ("onnx" in kinds and hasattr(value, "SerializeToString"))
    )


def _result(key: str, value: Any) -> dict[str, Any]:
    return {key: values.plain(value)}


def _dataset(key: str, value: Any) -> Artifact:
    from mlrun_jupyter.artifacts.dataset import DatasetArtifact

    return DatasetArtifact(key, value)


def _model(key: str, value: Any) -> Artifact:
    from mlrun_jupyter.artifacts.model import ModelArtifact

    if isinstance(value, (str, os.PathLike)):
        path = os.fspath(value)
        return ModelArtifact(key, model_dir=path) if os.path.isdir(path) else ModelArtifact(key, model_file=path)  # noqa: PTH112
    return ModelArtifact(key, body=value)


def _plot(key: str, value: Any) -> Artifact:
    from mlrun_jupyter.artifacts.figure import PlotArtifact

    return (
        PlotArtifact(key, local_path=value) if isinstance(value, (str, os.PathLike)) else PlotArtifact(key, body=value)
    )


def _plotly(key: str, value: Any) -> Artifact:
    from mlrun_jupyter.artifacts.figure import PlotlyArtifact

    return PlotlyArtifact(key, figure=value)


def _file(key: str, value: Any) -> Artifact:
    if not isinstance(value, (str, os.PathLike)):
        raise InvalidArgumentError(
            f"a file is returned by its path, not as {type(value).__name__}", where=f"return {key!r}"
        )
    return of(key, local_path=os.fspath(value))


def _html(key: str, value: Any) -> Artifact:
    from mlrun_jupyter.artifacts.document import HTMLArtifact

    return HTMLArtifact(key, value)


def _json(key: str, value: Any) -> Artifact:
    return of(key, values.encode(values.plain(value)), format="json", local_path=f"{key}.json")


def _object(key: str, value: Any) -> Artifact:
    import pickle

    return of(key, pickle.dumps(value), format="pkl", local_path=f"{key}.pkl")


def _artifact(key: str, value: Any) -> Artifact:
    return value if isinstance(value, Artifact) else of(key, value)


_HINTED: Final[dict[str, Callable[[str, Any], dict[str, Any] | Artifact]]] = {
    "result": _result,
    "dataset": _dataset,
    "model": _model,
    "plot": _plot,
    "plotly": _plotly,
    "file": _file,
    "path": _file,
    "dir": _file,
    "html": _html,
    "json": _json,
    "object": _object,
    "artifact": _artifact,
}


@cache
def _extensions() -> tuple[Packager, ...]:
    from importlib.metadata import entry_points

    return tuple(each.load() for each in entry_points(group=GROUP))
