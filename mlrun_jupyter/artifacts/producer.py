"""Who made an artifact."""

from __future__ import annotations

from typing import Any

import msgspec


class Producer(msgspec.Struct, frozen=True, kw_only=True):
    """The run (or project) that an artifact comes from.

    ``tree`` groups the versions made together: the run's uid, or the workflow's.
    """

    kind: str = "run"
    name: str = ""
    uid: str = ""
    tree: str = ""
    project: str = ""
    iteration: int = 0
    owner: str = ""
    workflow: str = ""

    @property
    def uri(self) -> str:
        """``project/uid`` of a run, with ``-<iteration>`` for one of a sweep."""
        text = f"{self.project}/{self.uid}" if self.uid else self.project
        return f"{text}-{self.iteration}" if self.iteration else text

    def db_key(self, key: str) -> str:
        """The name under which versions of ``key`` are kept."""
        return f"{self.name}_{key}" if self.kind == "run" and self.name else key

    def to_dict(self) -> dict[str, Any]:
        """As a record holds it."""
        fields = {"kind": self.kind, "name": self.name, "uri": self.uri, "owner": self.owner, "workflow": self.workflow}
        return {name: value for name, value in fields.items() if value}

    def places(self) -> dict[str, str]:
        """Values for ``{{...}}`` in paths."""
        return {
            "run.uid": self.uid,
            "run.project": self.project,
            "run.name": self.name,
            "run.iteration": str(self.iteration),
            "project": self.project,
            "workflow.uid": self.workflow,
        }
