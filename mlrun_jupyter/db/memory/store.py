"""A store that lives and dies with its process, for tests and for trying things out.

It is written for being obviously right rather than fast. The tests hold the other stores against it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from typing import Any

from mlrun_jupyter.db.memory.runs import Runs
from mlrun_jupyter.db.memory.shelf import copied, locked
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model.project import ProjectRecord


class MemoryStore(Runs):
    """A :class:`~mlrun_jupyter.db.base.RunDB` of dictionaries. ``clock`` is the store's time."""

    def __init__(self, url: str = "memory://", *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)
        self.url = url
        self._folder = ""

    @property
    def address(self) -> str:
        return self.url

    @property
    def artifact_path(self) -> str:
        if not self._folder:
            self._folder = tempfile.mkdtemp(prefix="mlrun-artifacts-")
        return self._folder

    def admit(self, project: str) -> None:
        """Everything is kept."""

    def close(self) -> None:
        """Nothing to let go of."""

    # shared objects
    @locked
    def read_object(self, hash: str) -> dict[str, Any]:
        if hash not in self._objects:
            raise NotFoundError("no such object", where=hash)
        return dict(copied(self._objects[hash]))

    # projects
    @locked
    def store_project(self, project: ProjectRecord) -> None:
        name = project.metadata.name
        if not name:
            raise InvalidArgumentError("a project needs a name", where="metadata.name")
        document = copied(project.to_dict())
        held = self._projects.get(name, self._implicit(name))
        document["metadata"].setdefault("created", held["metadata"]["created"])
        self._projects[name] = document

    @locked
    def read_project(self, name: str) -> ProjectRecord:
        if name not in self._projects:
            raise NotFoundError("no such project", where=name)
        return ProjectRecord.from_dict(copied(self._projects[name]))

    @locked
    def list_projects(self) -> list[ProjectRecord]:
        return [self.read_project(name) for name in sorted(self._projects)]

    @locked
    def delete_project(self, name: str) -> None:
        if name not in self._projects:
            raise NotFoundError("no such project", where=name)
        del self._projects[name]
        self._runs = {place: held for place, held in self._runs.items() if place[0] != name}
        self.late = [each for each in self.late if each[1].run is None or each[1].run.project != name]
        self._artifacts = {place: held for place, held in self._artifacts.items() if place[0] != name}
        self._artifact_tags = {place: held for place, held in self._artifact_tags.items() if place[0] != name}
        self._functions = {place: held for place, held in self._functions.items() if place[0] != name}
        self._function_tags = {place: held for place, held in self._function_tags.items() if place[0] != name}
