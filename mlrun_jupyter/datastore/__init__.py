"""Data at paths and addresses: local files, object stores, the web, and artifacts by name."""

from __future__ import annotations

from mlrun_jupyter.datastore.base import FileStat, Progress
from mlrun_jupyter.datastore.item import DataItem
from mlrun_jupyter.datastore.resolve import get_dataitem, resolve
from mlrun_jupyter.datastore.templates import expand
from mlrun_jupyter.datastore.uris import ArtifactUri, store_uri

__all__ = ["ArtifactUri", "DataItem", "FileStat", "Progress", "expand", "get_dataitem", "resolve", "store_uri"]
