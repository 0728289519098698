"""The extension as Jupyter Server loads it: settings, routes, start and end."""

from __future__ import annotations

from typing import Any

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.transutils import _i18n
from traitlets import Int, Unicode

from mlrun_jupyter.server import artifacts, functions, page, runs
from mlrun_jupyter.server.access import StoreAccess
from mlrun_jupyter.server.handler import SETTING

API = r"/mlrun-jupyter/api"
_RUN = API + r"/runs/(?P<project>[^/]+)/(?P<uid>[^/]+)/(?P<iteration>\d{1,9})"
_ARTIFACT = API + r"/artifacts/(?P<project>[^/]+)/(?P<db_key>[^/]+)"
_FUNCTION = API + r"/functions/(?P<project>[^/]+)/(?P<name>[^/]+)"


class MlrunExtension(ExtensionApp):
    """Serves runs to the front end of this server's users.

    Nothing is opened, and nobody on the network is spoken to, before the first request.
    """

    name = "mlrun_jupyter"
    app_name = "mlrun_jupyter"
    description = "Runs of mlrun_jupyter in Jupyter"
    load_other_extensions = True

    dbpath = Unicode(
        "",
        config=True,
        help=_i18n(
            "Address of the store: a folder, postgresql:// or http(s)://. Empty: MLRUN_DBPATH, else ~/.mlrun/db."
        ),
    )
    threads = Int(4, min=1, config=True, help=_i18n("How many questions the store is asked at once."))

    def initialize_settings(self) -> None:
        self.settings[SETTING] = StoreAccess(self.dbpath, threads=self.threads)

    def initialize_handlers(self) -> None:
        routes: list[Any] = [
            (API + r"/projects", runs.ProjectsHandler),
            (API + r"/overview", runs.OverviewHandler),
            (API + r"/runs", runs.RunsHandler),
            (API + r"/runs/count", runs.CountHandler),
            (API + r"/runs/groups", runs.GroupsHandler),
            (_RUN, runs.RunHandler),
            (_RUN + "/log", runs.LogHandler),
            (_RUN + "/series", runs.SeriesHandler),
            (_RUN + "/abort", runs.AbortHandler),
            (API + r"/compare", runs.CompareHandler),
            (API + r"/changes", runs.ChangesHandler),
            (API + r"/artifacts", artifacts.ArtifactsHandler),
            (_ARTIFACT, artifacts.ArtifactHandler),
            (_ARTIFACT + "/content", artifacts.ContentHandler),
            (_ARTIFACT + "/versions", artifacts.VersionsHandler),
            (_ARTIFACT + "/drift", artifacts.DriftHandler),
            (_ARTIFACT + "/columns", artifacts.ColumnsHandler),
            (API + r"/libraries/(?P<name>\w+)", artifacts.LibraryHandler),
            (API + r"/functions", functions.FunctionsHandler),
            (_FUNCTION, functions.FunctionHandler),
            (_FUNCTION + "/changes", functions.FunctionChangesHandler),
        ]
        routes.append((r"/mlrun-jupyter/([\w.]*)", page.PageHandler))
        self.handlers.extend(routes)

    async def stop_extension(self) -> None:
        self.settings[SETTING].close()
