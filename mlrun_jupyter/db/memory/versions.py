"""Artifacts and functions in memory: versions, and the tags that point at them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mlrun_jupyter.db import document as documents
from mlrun_jupyter.db import paging, versions
from mlrun_jupyter.db.document import Document
from mlrun_jupyter.db.match import label_holds, name_test
from mlrun_jupyter.db.memory.shelf import Shelf, copied, locked, project_name, within
from mlrun_jupyter.db.query import ALL_PROJECTS, ArtifactQuery, FunctionQuery, LabelCondition, Page
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model import times
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord


class Version:
    """A version of an artifact or function; numbers grow with time."""

    def __init__(self, number: int, document: Document) -> None:
        self.number = number
        self.document = document


class Versions(Shelf):
    """The part of the store that keeps artifacts and functions."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._artifacts: dict[tuple[str, str, str], Version] = {}
        self._artifact_tags: dict[tuple[str, str, str, int], str] = {}
        self._functions: dict[tuple[str, str, str], Version] = {}
        self._function_tags: dict[tuple[str, str, str], str] = {}

    # artifacts
    @locked
    def store_artifact(self, artifact: ArtifactRecord, *, tags: Sequence[str] = ("latest",)) -> ArtifactRecord:
        project = project_name(artifact.metadata.project)
        artifact = versions.prepared(artifact, project=project, updated=times.iso(self._clock()))
        metadata, db_key = artifact.metadata, artifact.spec.db_key
        self._projects.setdefault(project, self._implicit(project))
        tags, metadata.tag = versions.wanted_tags(artifact, tags), ""
        place = project, db_key, metadata.uid
        held = self._artifacts.get(place)
        self._artifacts[place] = Version(held.number if held else self._next(), artifact.to_dict())
        for tag in tags:
            self._artifact_tags[project, db_key, tag, versions.slot(tag, metadata.iter)] = metadata.uid
        metadata.tag = tags[0] if tags else ""
        return artifact

    @locked
    def read_artifact(
        self, project: str, db_key: str, *, tag: str = "", tree: str = "", iter: int | None = None, uid: str = ""
    ) -> ArtifactRecord:
        project = project_name(project)
        if not (tag or tree or uid):
            tag = versions.LATEST
        query = ArtifactQuery(project=project, tag=tag or "*", tree=tree, iter=iter)
        found = [
            artifact
            for _number, artifact in self._artifact_matches(query)
            if artifact.spec.db_key == db_key and uid in ("", artifact.metadata.uid)
        ]
        if not found:
            raise NotFoundError("no such artifact", where=db_key)
        return min(found, key=lambda artifact: artifact.metadata.iter != 0)  # the newest, a parent's before a child's

    def _artifact_matches(self, query: ArtifactQuery) -> list[tuple[int, ArtifactRecord]]:
        """(number, version), newest first."""
        project = query.project or project_name("")
        tag = "" if query.tag == "*" else query.tag or versions.LATEST
        found = []
        for (home, db_key, uid), version in self._artifacts.items():
            if project not in (ALL_PROJECTS, home):
                continue
            artifact = ArtifactRecord.from_dict(copied(version.document))
            if tag and self._artifact_tags.get((home, db_key, tag, versions.slot(tag, artifact.metadata.iter))) != uid:
                continue
            artifact.metadata.tag = tag
            if _artifact_fits(artifact, query):
                found.append((version.number, artifact))
        return sorted(found, key=lambda pair: -pair[0])

    @locked
    def list_artifacts(self, query: ArtifactQuery) -> Page[ArtifactRecord]:
        return _newest(self._artifact_matches(query), query.limit, query.after)

    @locked
    def delete_artifacts(self, query: ArtifactQuery) -> int:
        found = self._artifact_matches(query)
        for _number, artifact in found:
            project, db_key, uid = artifact.metadata.project, artifact.spec.db_key, artifact.metadata.uid
            del self._artifacts[project, db_key, uid]
            for place in [place for place, held in self._artifact_tags.items() if held == uid and place[1] == db_key]:
                if place[0] != project:
                    continue
                del self._artifact_tags[place]
                left = [
                    (version.number, other)
                    for (home, name, other), version in self._artifacts.items()
                    if (home, name) == (project, db_key)
                    and version.document["metadata"].get("iter", 0) == artifact.metadata.iter
                ]
                if place[2] == versions.LATEST and left:
                    self._artifact_tags[place] = max(left)[1]
        return len(found)

    @locked
    def tag_artifact(self, project: str, db_key: str, uid: str, tag: str) -> None:
        project = project_name(project)
        held = self._artifacts.get((project, db_key, uid))
        if held is None:
            raise NotFoundError("no such artifact", where=f"{db_key}, uid {uid}")
        iteration = held.document["metadata"].get("iter", 0)
        self._artifact_tags[project, db_key, tag, versions.slot(tag, iteration)] = uid

    @locked
    def list_artifact_tags(self, project: str) -> list[str]:
        project = project or project_name("")
        return sorted({tag for home, _key, tag, _slot in self._artifact_tags if project in (ALL_PROJECTS, home)})

    # functions
    @locked
    def store_function(self, function: FunctionRecord, *, tag: str = "latest") -> str:
        function = function.copy()
        metadata = function.metadata
        if not metadata.name:
            raise InvalidArgumentError("a function needs a name", where="metadata.name")
        metadata.project = project_name(metadata.project)
        metadata.hash = function.content_hash()
        metadata.tag, metadata.updated = "", times.iso(self._clock())
        self._projects.setdefault(metadata.project, self._implicit(metadata.project))
        place = metadata.project, metadata.name, metadata.hash
        held = self._functions.get(place)
        self._functions[place] = Version(held.number if held else self._next(), function.to_dict())
        if tag:
            self._function_tags[metadata.project, metadata.name, tag] = metadata.hash
        return metadata.hash

    @locked
    def read_function(self, project: str, name: str, *, tag: str = "", hash: str = "") -> FunctionRecord:
        project = project_name(project)
        tag = "" if hash else tag or versions.LATEST
        held = self._functions.get((project, name, hash or self._function_tags.get((project, name, tag), "")))
        if held is None:
            raise NotFoundError("no such function", where=name)
        function = FunctionRecord.from_dict(copied(held.document))
        function.metadata.tag = tag
        return function

    def _function_matches(self, query: FunctionQuery) -> list[tuple[int, FunctionRecord]]:
        """(number, version), newest first."""
        project = query.project or project_name("")
        tag = "" if query.tag == "*" else query.tag or versions.LATEST
        found = []
        for (home, name, hash), version in self._functions.items():
            if project not in (ALL_PROJECTS, home) or (tag and self._function_tags.get((home, name, tag)) != hash):
                continue
            function = FunctionRecord.from_dict(copied(version.document))
            function.metadata.tag = tag
            if (
                (not query.name or name_test(query.name)(name))
                and query.kind in ("", function.kind)
                and query.hash in ("", hash)
                and _labelled(function.metadata.labels, query.labels)
            ):
                found.append((version.number, function))
        return sorted(found, key=lambda pair: -pair[0])

    @locked
    def list_functions(self, query: FunctionQuery) -> Page[FunctionRecord]:
        return _newest(self._function_matches(query), query.limit, query.after)

    @locked
    def list_function_tags(self, project: str) -> list[str]:
        project = project or project_name("")
        return sorted({tag for home, _name, tag in self._function_tags if project in (ALL_PROJECTS, home)})

    @locked
    def delete_functions(self, query: FunctionQuery) -> int:
        found = self._function_matches(query)
        for _number, function in found:
            metadata = function.metadata
            del self._functions[metadata.project, metadata.name, metadata.hash]
            for place, hash in list(self._function_tags.items()):
                if place[:2] != (metadata.project, metadata.name) or hash != metadata.hash:
                    continue
                del self._function_tags[place]
                left = [
                    (version.number, other)
                    for (home, name, other), version in self._functions.items()
                    if (home, name) == place[:2]
                ]
                if place[2] == versions.LATEST and left:
                    self._function_tags[place] = max(left)[1]
        return len(found)


def _artifact_fits(artifact: ArtifactRecord, query: ArtifactQuery) -> bool:
    metadata = artifact.metadata
    if query.name and not any(map(name_test(query.name), (metadata.key, artifact.spec.db_key))):
        return False
    return (
        query.kind in ("", artifact.kind)
        and query.tree in ("", metadata.tree)
        and query.iter in (None, metadata.iter)
        and query.hash in ("", metadata.hash)
        and within(documents.moment(metadata.updated), query.update_from, query.update_to)
        and _labelled(metadata.labels, query.labels)
    )


def _labelled(labels: dict[str, str], conditions: Sequence[LabelCondition]) -> bool:
    return all(label_holds(labels, condition) for condition in conditions)


def _newest(found: list[tuple[int, Any]], limit: int, after: str) -> Page[Any]:
    return paging.newest_first(
        [lambda before: (pair for pair in found if before is None or pair[0] < before)], limit=limit, after=after
    )
