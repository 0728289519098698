"""Lists of runs, artifacts and functions: lists as Python knows them that can show, convert and compare themselves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, Generic, Self, SupportsIndex, TypeVar, overload

from mlrun_jupyter import config
from mlrun_jupyter.datastore.uris import store_uri
from mlrun_jupyter.model import states
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.record import Record
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runs import display
from mlrun_jupyter.runs.compare import Comparison, compare, kept
from mlrun_jupyter.views import text
from mlrun_jupyter.views.artifacts import artifacts_view
from mlrun_jupyter.views.functions import functions_view
from mlrun_jupyter.views.runs import runs_view
from mlrun_jupyter.views.table import TableView

if TYPE_CHECKING:
    import pandas as pd

R = TypeVar("R", bound=Record)

_RUN_COLUMNS = (
    "project",
    "uid",
    "iter",
    "start",
    "end",
    "state",
    "kind",
    "name",
    "labels",
    "inputs",
    "parameters",
    "results",
    "artifacts",
    "artifact_uris",
    "error",
)
_ARTIFACT_COLUMNS = (
    "tree",
    "key",
    "iter",
    "kind",
    "path",
    "hash",
    "viewer",
    "updated",
    "description",
    "producer",
    "sources",
    "labels",
    "tag",
    "size",
    "uri",
)
_FUNCTION_COLUMNS = (
    "project",
    "name",
    "kind",
    "tag",
    "hash",
    "state",
    "handler",
    "image",
    "updated",
    "labels",
    "description",
)


class RecordList(list[Any], Generic[R]):
    """A list whose items are records, or objects that hold one in ``record``.

    Showing or converting it never changes it; an empty list can do everything that a full one can.

    Parameters
    ----------
    items
        Records, objects with a ``record``, or documents.
    factory
        Makes the object that callers work with from a record; see :meth:`to_objects`.
    """

    record_type: type[R]
    columns: tuple[str, ...] = ()

    def __init__(self, items: Iterable[Any] = (), *, factory: Callable[[R], Any] | None = None) -> None:
        super().__init__(items)
        self._factory = factory
        self.page = ""
        """What to read on after where a store gave only a part; empty at the end."""

    @property
    def records(self) -> list[R]:
        """The record of each item."""
        return [self._record(item) for item in self]

    def _record(self, item: Any) -> R:
        if isinstance(item, dict):
            return self.record_type.from_dict(item)
        record = getattr(item, "record", item)
        if not isinstance(record, self.record_type):
            raise TypeError(f"not a {self.record_type.__name__}: {type(item).__name__}")
        return record

    def _row(self, record: R) -> list[Any]:
        raise NotImplementedError

    def view(self, *, limit: int | None = None) -> TableView:
        """The table as it is shown; ``limit`` rows at most (by default the setting ``display.rows``)."""
        raise NotImplementedError

    def show(self, *, limit: int | None = None) -> None:
        """Show the table here; ``limit`` rows at most (by default the setting ``display.rows``)."""
        display.show(self.view(limit=limit))

    def to_rows(self) -> list[list[Any]]:
        """The names of the columns, then a row for each item."""
        return [list(self.columns), *(self._row(record) for record in self.records)]

    def to_df(self) -> pd.DataFrame:
        """A frame with a row for each item; empty, with its columns, for an empty list."""
        import pandas as pd

        return pd.DataFrame([self._row(record) for record in self.records], columns=list(self.columns), dtype=object)

    def to_objects(self) -> list[Any]:
        """The objects that callers work with (:class:`Run` and the like), where the list knows how they are made."""
        if self._factory is None:
            return list(self)
        return [self._factory(item) if isinstance(item, self.record_type) else item for item in self]

    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        """An item, or for a slice a list of the same kind."""
        if isinstance(index, slice):
            return type(self)(super().__getitem__(index), factory=self._factory)
        return super().__getitem__(index)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The list as text, in a terminal: IPython asks lists for this before the bundle."""
        del cycle
        printer.text(text.render(self.view()))

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        return self.view()._repr_mimebundle_()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)}>"


class RunList(RecordList[RunRecord]):
    """Runs.

    Example
    -------
    >>> runs = RunList([RunRecord.from_dict({"metadata": {"name": "train"}, "status": {"results": {"loss": 0.2}}})])
    >>> runs.to_df(flat=True)["output.loss"].tolist()
    [0.2]
    """

    record_type = RunRecord
    columns = _RUN_COLUMNS

    def view(self, *, limit: int | None = None) -> TableView:
        return runs_view(self.records, limit=config.current().display.rows if limit is None else limit)

    def _row(self, record: RunRecord) -> list[Any]:
        return _run_row(record)

    def to_df(self, flat: bool = False) -> pd.DataFrame:
        """A frame with a row for each run.

        Parameters
        ----------
        flat
            A column for each parameter (``param.x``), result (``output.x``) and label (``label.x``) in place of the three
            columns that hold mappings.
        """
        import pandas as pd

        if not flat:
            return super().to_df()
        rows = [_flat(dict(zip(self.columns, _run_row(record), strict=True))) for record in self.records]
        nested = ("labels", "parameters", "results")
        first = [name for name in self.columns if name not in nested]
        more = dict.fromkeys(
            name
            for prefix in ("param.", "output.", "label.")
            for row in rows
            for name in row
            if name.startswith(prefix)
        )
        frame = pd.DataFrame(rows, columns=[*first, *more])
        return frame.infer_objects()

    def compare(
        self, hide_identical: bool = True, exclude: str | Collection[str] = (), show: bool | None = None
    ) -> Comparison:
        """Put the runs beside one another: only what differs, the best marked, the rest as differences.

        Parameters
        ----------
        hide_identical
            Leave out the fields in which all runs agree.
        exclude
            Names or patterns of fields to leave out: ``"seed"``, ``["labels.*"]``.
        show
            True: show it here as well. The last expression of a cell is shown in any case.
        """
        environments, codes = kept([getattr(item, "db", None) for item in self], self.records)
        found = compare(
            self.records, hide_identical=hide_identical, exclude=exclude, environments=environments, codes=codes
        )
        if show:
            found.show()
        return found


class ArtifactList(RecordList[ArtifactRecord]):
    """Artifacts."""

    record_type = ArtifactRecord
    columns = _ARTIFACT_COLUMNS

    def view(self, *, limit: int | None = None) -> TableView:
        return artifacts_view(self.records, limit=config.current().display.rows if limit is None else limit)

    def _row(self, record: ArtifactRecord) -> list[Any]:
        metadata, spec = record.metadata, record.spec
        return [
            metadata.tree,
            metadata.key,
            metadata.iter,
            record.kind,
            spec.target_path,
            metadata.hash,
            spec.viewer,
            metadata.updated,
            metadata.description,
            spec.producer,
            spec.sources,
            metadata.labels,
            metadata.tag,
            spec.size,
            store_uri(record),
        ]


class FunctionList(RecordList[FunctionRecord]):
    """Functions."""

    record_type = FunctionRecord
    columns = _FUNCTION_COLUMNS

    def view(self, *, limit: int | None = None) -> TableView:
        return functions_view(self.records, limit=config.current().display.rows if limit is None else limit)

    def _row(self, record: FunctionRecord) -> list[Any]:
        metadata, spec = record.metadata, record.spec
        return [
            metadata.project,
            metadata.name,
            record.kind,
            metadata.tag,
            metadata.hash,
            record.status.state,
            spec.default_handler,
            spec.image or spec.build.image or spec.build.base_image,
            metadata.updated,
            metadata.labels,
            spec.description,
        ]


def _run_row(run: RunRecord) -> list[Any]:
    metadata, spec, status = run.metadata, run.spec, run.status
    artifacts = [_artifact_name(each) for each in status.artifacts]
    return [
        metadata.project,
        metadata.uid,
        metadata.iteration,
        status.start_time,
        status.end_time,
        status.state,
        metadata.labels.get("kind", ""),
        metadata.name,
        dict(metadata.labels),
        dict(spec.inputs),
        dict(spec.parameters),
        dict(status.results),
        [name for name, _ in artifacts],
        [uri for _, uri in artifacts if uri],
        status.error if status.state != states.COMPLETED else "",
    ]


def _artifact_name(document: dict[str, Any]) -> tuple[str, str]:
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        return str(document.get("key", "")), ""
    return str(metadata.get("key", "")), store_uri(document) if metadata.get("project") else ""


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    for name, prefix in (("parameters", "param."), ("results", "output."), ("labels", "label.")):
        row.update({f"{prefix}{key}": value for key, value in row.pop(name).items()})
    return row
