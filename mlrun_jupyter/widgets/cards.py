"""The widgets: a view each, drawn by the same front end as everywhere else."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import anywidget
import msgspec
import traitlets

from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import MlrunError, NotFoundError
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.runs import card
from mlrun_jupyter.runs.answers import answer
from mlrun_jupyter.runs.artifact import RunArtifact
from mlrun_jupyter.runs.lists import RunList
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.views import mime
from mlrun_jupyter.views.base import View
from mlrun_jupyter.views.dataset import artifact_view

_BUILT: Final = Path(__file__).parents[1] / "_static" / "widget"
_MISSING: Final = """export default { render({ model, el }) {
  el.textContent = 'The front end of mlrun_jupyter is not built here (make setup).';
} }"""
POLL: Final = 0.5
"""Seconds between two looks at a run that goes on."""


def _built(name: str, otherwise: str) -> str | Path:
    path = _BUILT / name
    return path if path.is_file() else otherwise


class CardWidget(anywidget.AnyWidget):
    """A view as a widget. Where widgets are not kept (nbconvert, GitHub), its HTML stands in for it."""

    _esm = _built("widget.js", _MISSING)
    _css = _built("widget.css", "")

    view = traitlets.Dict(help="The view as it is drawn").tag(sync=True)
    selection: traitlets.List[dict[str, Any]] = traitlets.List(
        help="The runs that are chosen: project, uid, iteration"
    ).tag(sync=True)

    def __init__(self, view: View, db: RunDB | None = None) -> None:
        super().__init__(view=msgspec.to_builtins(view))
        self._shown = view
        self._db = db
        self.on_msg(self._asked)

    def show_view(self, view: View) -> None:
        """Draw another view of the same kind. May be called from any thread."""
        self._shown = view
        self.view = msgspec.to_builtins(view)

    def _asked(self, _widget: Any, message: Any, _buffers: Any) -> None:
        """The front end asks for a log, a data set ..."""
        if not isinstance(message, dict) or not isinstance(message.get("path"), str):
            return
        found = answer(self._db or open_db(), str(message.get("method")), message["path"])
        self.send({"id": message.get("id"), "status": found.status, "body": found.body.decode()})

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)
        if not bundle:
            return bundle
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        durable = mime.bundle(self._shown)
        return {**data, mime.HTML: durable[mime.HTML], mime.PLAIN: durable[mime.PLAIN]}, metadata


class RunView(CardWidget):
    """The card of a run, which follows it until it ends, from a thread of its own.

    Parameters
    ----------
    run
        The run, or its uid in the configured store.
    """

    def __init__(self, run: Run | str) -> None:
        if isinstance(run, str):
            from mlrun_jupyter.runs.database import get_run_db

            run = get_run_db().read_run(run)
        super().__init__(card.of(run), run.db)
        self._run = run
        self._ended = threading.Event()
        if self.view["live"]:
            threading.Thread(target=self._follow, name="mlrun-card", daemon=True).start()

    def _follow(self) -> None:
        while not self._ended.wait(POLL):
            try:
                view = card.of(self._run.refresh())
            except NotFoundError:  # deleted: what was shown stays
                return
            except MlrunError:  # the store is away for a while
                continue
            self.show_view(view)
            if not view.live:
                return

    def close(self) -> None:
        """Take the widget away and look no more."""
        self._ended.set()
        super().close()


class RunsTable(CardWidget):
    """A list of runs; ``selection`` holds those that are chosen, as ``{project, uid, iteration}``."""

    def __init__(self, runs: Iterable[Any], *, limit: int = 500) -> None:
        found = runs if isinstance(runs, RunList) else RunList(runs)
        super().__init__(found.view(limit=limit), next((each.db for each in found if isinstance(each, Run)), None))
        self._runs = found

    @property
    def selected(self) -> list[Any]:
        """The chosen items of the list that the table was made of."""
        chosen = {(each["project"], each["uid"], each["iteration"]) for each in self.selection}
        return [
            item for item, record in zip(self._runs, self._runs.records, strict=True) if tuple(record.key) in chosen
        ]


class CompareView(CardWidget):
    """Runs beside one another."""

    def __init__(self, runs: Iterable[Any], *, hide_identical: bool = True) -> None:
        super().__init__(RunList(runs).compare(hide_identical=hide_identical).view)


class ArtifactView(CardWidget):
    """An artifact: facts, columns, and its content on demand."""

    def __init__(self, artifact: ArtifactRecord | RunArtifact, db: RunDB | None = None) -> None:
        record = artifact if isinstance(artifact, ArtifactRecord) else ArtifactRecord.from_dict(dict(artifact))
        super().__init__(artifact_view(record), db)


class DatasetView(ArtifactView):
    """A data set: its columns with their statistics, and its rows page by page."""
