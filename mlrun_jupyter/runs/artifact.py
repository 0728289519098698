"""An artifact of a run as its caller holds it: its document and its data in one object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlrun_jupyter import datastore
from mlrun_jupyter.datastore import uris
from mlrun_jupyter.datastore.resolve import read_record
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.query import ArtifactQuery
from mlrun_jupyter.errors import NotFoundError
from mlrun_jupyter.model.artifact import ArtifactRecord

if TYPE_CHECKING:
    from mlrun_jupyter.runs.lineage import Lineage


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

    @property
    def record(self) -> ArtifactRecord:
        """What is known of this version."""
        return ArtifactRecord.from_dict(self._document)

    def lineage(self) -> Lineage:
        """The run that made this version, what from, and the runs that have read it."""
        from mlrun_jupyter.runs.lineage import lineage

        return lineage(self.record, self._db)

    def diff(self, other: RunArtifact | str = "") -> dict[str, Any]:
        """What differs from another version to this one: bytes, labels, schema, statistics, parameters, lines of text.

        Parameters
        ----------
        other
            The artifact, or its ``store://`` address; the version before this one by default.

        Raises
        ------
        NotFoundError
            There is no such version.
        """
        from mlrun_jupyter.artifacts.diff import diff

        return diff(self._another(other), self.record)

    def drift(self, other: RunArtifact | str = "") -> dict[str, dict[str, Any]]:
        """How far the columns of this data set are from another version's: population stability index and
        Kolmogorov-Smirnov, see :func:`mlrun_jupyter.artifacts.stats.drift.drift`; parameters as for :meth:`diff`."""
        from mlrun_jupyter.artifacts.stats.drift import drift

        before = datastore.resolve(self._another(other).spec.target_path, db=self._db)
        return drift(before.as_df(df_module="pyarrow"), self.item.as_df(df_module="pyarrow"))

    def _another(self, other: RunArtifact | str) -> ArtifactRecord:
        if isinstance(other, RunArtifact):
            return other.record
        if other:
            return read_record(uris.parse(other), self._db)
        own = self.record
        query = ArtifactQuery(project=own.metadata.project, name=f"={own.spec.db_key}", tag="*", iter=own.metadata.iter)
        versions = [each for each in self._db.list_artifacts(query).rows if each.spec.db_key == own.spec.db_key]
        places = [at for at, each in enumerate(versions) if each.metadata.uid == own.metadata.uid]
        if not places or places[0] + 1 >= len(versions):
            raise NotFoundError("there is no version before this one", where=self.uri)
        return versions[places[0] + 1]

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
