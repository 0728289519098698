"""The version that the service tells."""

from __future__ import annotations

from functools import lru_cache
from importlib import metadata


@lru_cache(maxsize=1)
def version() -> str:
    """The installed package's version, ``0`` where it is not installed."""
    try:
        return metadata.version("mlrun-jupyter")
    except metadata.PackageNotFoundError:
        return "0"
