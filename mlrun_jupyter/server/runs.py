"""Runs: lists, cards, logs, curves, comparisons, and word of changes."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from mlrun_jupyter.errors import MlrunError
from mlrun_jupyter.runs import answers, browse, overview
from mlrun_jupyter.server.handler import StoreHandler, key


class RunsHandler(StoreHandler):
    """``GET runs?filter=&project=&columns=&within=&limit=&after=``: a page, newest first."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        asked = {name: self.text(name) for name in ("filter", "project", "within", "after")}
        columns = [name for name in self.text("columns").split(",") if name]
        limit = self.number("limit", 100)
        await self.answer(lambda db: browse.runs(db, **asked, columns=columns, limit=limit))


class CountHandler(StoreHandler):
    """``GET runs/count?filter=&project=``: runs by state, where that takes no reading of all of them."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        asked = {name: self.text(name) for name in ("filter", "project")}
        await self.answer(lambda db: overview.count(db, browse.asked(db, **asked)))


class GroupsHandler(StoreHandler):
    """``GET runs/groups?by=&filter=&project=``: runs put together by name, sweep or label."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        asked = {name: self.text(name) for name in ("filter", "project")}
        by = self.text("by")
        await self.answer(lambda db: overview.groups(db, browse.asked(db, **asked), by))


class OverviewHandler(StoreHandler):
    """``GET overview``: projects with their runs by state."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self.answer(overview.projects)


class ProjectsHandler(StoreHandler):
    """``GET projects``: the names of all."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self.answer(browse.projects)


class RunHandler(StoreHandler):
    """``GET``: the card of a run. ``DELETE``: the run with its iterations, metrics and log."""

    @web.authenticated
    @authorized
    async def get(self, project: str, uid: str, iteration: str) -> None:
        await self.answer(lambda db: browse.run(db, key(project, uid, iteration)))

    @web.authenticated
    @authorized
    async def delete(self, project: str, uid: str, iteration: str) -> None:
        await self.answer(lambda db: browse.delete(db, [key(project, uid, iteration)]))


class LogHandler(StoreHandler):
    """``GET ...?offset=&size=``: a part of the log; a negative offset counts from the end."""

    @web.authenticated
    @authorized
    async def get(self, project: str, uid: str, iteration: str) -> None:
        offset, size = self.number("offset", 0), self.number("size", browse.MAX_LOG)
        await self.answer(lambda db: browse.log(db, key(project, uid, iteration), offset=offset, size=size))


class SeriesHandler(StoreHandler):
    """``GET ...?name=&points=``: curves, those named or all."""

    @web.authenticated
    @authorized
    async def get(self, project: str, uid: str, iteration: str) -> None:
        names, points = self.get_query_arguments("name"), self.number("points", 200)
        await self.answer(lambda db: browse.series(db, key(project, uid, iteration), names, points=points))


class AbortHandler(StoreHandler):
    """``POST``: ask a run to end."""

    @web.authenticated
    @authorized
    async def post(self, project: str, uid: str, iteration: str) -> None:
        await self.answer(lambda db: browse.abort(db, key(project, uid, iteration)))


class CompareHandler(StoreHandler):
    """``GET compare?runs=project/uid/iteration,...&everything=1``: runs beside one another."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        named, everything = self.text("runs"), self.text("everything") == "1"
        await self.answer(lambda db: browse.compared(db, answers.keys(named), everything=everything))


class ChangesHandler(StoreHandler):
    """``GET changes?seen=&seconds=``: answers when the store is not any more what it was at the token."""

    gone = False

    def on_connection_close(self) -> None:
        self.gone = True
        super().on_connection_close()

    @web.authenticated
    @authorized
    async def get(self) -> None:
        token, seconds = self.text("seen"), self.number("seconds", 20)
        try:
            watcher = await self.access.watcher()
            told = await watcher.wait(token, seconds=seconds, gone=lambda: self.gone)
        except MlrunError as error:
            self.fail(error)
            return
        if not self.gone:
            self.reply(told)
