"""Artifacts: lists, cards and content."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from mlrun_jupyter.runs import browse, content, libraries
from mlrun_jupyter.server.handler import StoreHandler


class ArtifactsHandler(StoreHandler):
    """``GET artifacts?project=&name=&kind=&limit=&after=``: a page of the newest versions."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        asked = {name: self.text(name) for name in ("project", "name", "kind", "after")}
        limit = self.number("limit", 100)
        await self.answer(lambda db: browse.artifacts(db, **asked, limit=limit))


class ArtifactPart(StoreHandler):
    """One version of an artifact, which ``tag``, ``tree`` or ``uid`` name."""

    def given(self) -> dict[str, str]:
        """All arguments of the address."""
        return {name: self.text(name) for name in self.request.query_arguments}

    def version(self) -> dict[str, str]:
        """Those that name the version."""
        return {name: self.text(name) for name in ("tag", "tree", "uid")}


class ArtifactHandler(ArtifactPart):
    """``GET``: the card of one artifact."""

    @web.authenticated
    @authorized
    async def get(self, project: str, db_key: str) -> None:
        version = self.version()
        await self.answer(lambda db: browse.artifact(db, project, db_key, **version))


class ContentHandler(ArtifactPart):
    """``GET ...?offset=&rows=&first=&sort=&where=&file=``: what an artifact holds, as JSON and never as itself:
    nothing of a user is served with a type that a browser would run."""

    @web.authenticated
    @authorized
    async def get(self, project: str, db_key: str) -> None:
        given, version = self.given(), self.version()
        await self.answer(lambda db: content.content(db, project, db_key, given, **version))


class ColumnsHandler(ArtifactPart):
    """``GET ...?offset=&limit=&find=``: the columns of a data set, with what is known of their values."""

    @web.authenticated
    @authorized
    async def get(self, project: str, db_key: str) -> None:
        given, version = self.given(), self.version()
        await self.answer(lambda db: browse.columns(db, project, db_key, given, **version))


class LibraryHandler(StoreHandler):
    """``GET``: the script that draws charts of a kind in a closed frame, as JSON."""

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        await self.answer(lambda _db: libraries.read(name))


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
