"""Functions: lists, their code and versions, and what changed between two."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from mlrun_jupyter.functions import catalog
from mlrun_jupyter.server.handler import StoreHandler


class FunctionsHandler(StoreHandler):
    """``GET functions?project=&name=&kind=&limit=&after=``: a page of the newest versions."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        asked = {name: self.text(name) for name in ("project", "name", "kind", "after")}
        limit = self.number("limit", 100)
        await self.answer(lambda db: catalog.page(db, **asked, limit=limit))


class FunctionHandler(StoreHandler):
    """``GET ...?hash=``: a version of a function with its code."""

    @web.authenticated
    @authorized
    async def get(self, project: str, name: str) -> None:
        hash = self.text("hash")
        await self.answer(lambda db: catalog.view(db, project, name, hash=hash))


class FunctionChangesHandler(StoreHandler):
    """``GET ...?old=&new=``: what changed between two versions, by their hashes."""

    @web.authenticated
    @authorized
    async def get(self, project: str, name: str) -> None:
        old, new = self.text("old"), self.text("new")
        await self.answer(lambda db: catalog.change(db, project, name, old=old, new=new))
