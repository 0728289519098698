"""ONNX: a model that is saved within a run is one of its models."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from mlrun_jupyter.tracking.autolog import recording
from mlrun_jupyter.tracking.autolog.patches import Patches
from mlrun_jupyter.tracking.autolog.recording import Settings, aside


def install(patches: Patches, settings: Settings) -> None:
    """Wrap ``onnx.save`` and ``onnx.save_model``."""

    def save(original: Callable[..., Any], proto: Any, *args: Any, **kwargs: Any) -> Any:
        saved = original(proto, *args, **kwargs)
        with recording.training(settings, "onnx") as found, aside("the model"):
            if found is not None and hasattr(proto, "graph"):
                found.model(proto)
        return saved

    for name in ("save", "save_model"):
        patches.wrap(sys.modules["onnx"], name, save)
