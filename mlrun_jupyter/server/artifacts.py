"""Artifacts: lists, cards and content."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from mlrun_jupyter.runs import browse, content
from mlrun_jupyter.server.handler import StoreHandler


class ArtifactsHandler(StoreHandler):
    """``GET artifacts?project=&name=&kind=&limit=&after=``: a page of the newest versions."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        asked = {name: self.text(name) for name in ("project", "name", "kind", "after")}
        limit = self.number("limit", 100)
        await self.answer(lambda db: browse.artifacts(db, **asked, limit=limit))


class ArtifactHandler(StoreHandler):
    """``GET ...?tag=&tree=&uid=``: the card of one artifact."""

    @web.authenticated
    @authorized
    async def get(self, project: str, db_key: str) -> None:
        tag, tree, uid = self.text("tag"), self.text("tree"), self.text("uid")
        await self.answer(lambda db: browse.artifact(db, project, db_key, tag=tag, tree=tree, uid=uid))


class ContentHandler(StoreHandler):
    """``GET ...?offset=&rows=``: what an artifact holds, as JSON and never as itself: nothing of a user is served with a
    type that a browser would run."""

    @web.authenticated
    @authorized
    async def get(self, project: str, db_key: str) -> None:
        tag, tree, uid = self.text("tag"), self.text("tree"), self.text("uid")
        offset, rows = self.number("offset", 0), self.number("rows", 50)
        await self.answer(
            lambda db: content.content(db, project, db_key, tag=tag, tree=tree, uid=uid, offset=offset, rows=rows)
        )


class VersionsHandler(StoreHandler):
    """``GET``: the versions of an artifact with their tags."""

    @web.authenticated
    @authorized
    async def get(self, project: str, db_key: str) -> None:
        await self.answer(lambda db: browse.versions(db, project, db_key))


class DriftHandler(StoreHandler):
    """``GET ...?old=&new=``: how far one version of a data set is from another, by their uids."""

    @web.authenticated
    @authorized
    async def get(self, project: str, db_key: str) -> None:
        old, new = self.text("old"), self.text("new")
        await self.answer(lambda db: browse.drift(db, project, db_key, old=old, new=new))
