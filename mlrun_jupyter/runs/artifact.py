"""An artifact of a run as its caller holds it: its document and its data in one object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlrun_jupyter import datastore
from mlrun_jupyter.db.base import RunDB


class RunArtifact(Mapping[str, Any]):
    """Reads as the artifact's document (``artifact["spec"]["target_path"]``) and acts as its data item.

    Example
    -------
    ::

        print(run.artifact("model"))
        frame = run.artifact("predictions").as_df()
    """

    def __init__(self, document: dict[str, Any], db: RunDB) -> None:
        self._document = document
        self._db = db

    @property
    def item(self) -> datastore.DataItem:
        """The data: ``get, open, download, local, as_df, stat, show``."""
        return datastore.resolve(str(self._document["spec"]["target_path"]), key=self.key, db=self._db)

    @property
    def key(self) -> str:
        return str(self._document["metadata"]["key"])

    @property
    def uri(self) -> str:
        """Its ``store://`` address."""
        return datastore.store_uri(self._document)

    def __getitem__(self, name: str) -> Any:
        return self._document[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._document)

    def __len__(self) -> int:
        return len(self._document)

    def get(self, *arguments: Any, **options: Any) -> Any:
        """``get("kind")`` reads the document, as mappings do; ``get()``, ``get(size=10)`` read the data."""
        if arguments and isinstance(arguments[0], str):
            return super().get(*arguments, **options)
        return self.item.get(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.item, name)

    def __repr__(self) -> str:
        kind, spec = self._document.get("kind", "artifact"), self._document.get("spec", {})
        return f"<{kind} {self.key}: {spec.get('size', '?')} bytes at {spec.get('target_path', '')}>"
