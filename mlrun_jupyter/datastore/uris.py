"""``store://`` addresses of artifacts: both spellings that exist are read, one is written.

Written: ``store://<kind>s/<project>/<db_key>[#iteration][:tag][@tree][^uid]``. Read besides, as older files have it:
``store://[<kind>s/]<project>/<db_key>[/iteration][:tag | #tag | #tree]``, and without project for the default one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model.artifact import ArtifactRecord

SCHEME: Final = "store://"
KINDS: Final = ("artifacts", "datasets", "models", "documents", "feature-sets", "feature-vectors")
_UID: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PATH: Final = re.compile(
    r"(?:(?P<first>[^/#:@^]*)/)?(?:(?P<second>[^/#:@^]*)/)?(?P<key>[^/#:@^]+?)(?:/(?P<iter>[0-9]{1,9}))?"
    r"(?:\#(?P<hash>[^#:@^/]+))?(?::(?P<tag>[^#:@^/]+))?(?:@(?P<tree>[^#:@^/]+))?(?:\^(?P<uid>[^#:@^/]+))?"
)


class ArtifactUri(msgspec.Struct, frozen=True, kw_only=True):
    """What an address names. An empty ``project`` is the default one; ``iter`` None is any."""

    kind: str = "artifacts"
    project: str = ""
    db_key: str
    iter: int | None = None
    tag: str = ""
    tree: str = ""
    uid: str = ""

    def __str__(self) -> str:
        text = f"{SCHEME}{self.kind}/{self.project}/{self.db_key}"
        if self.iter is not None:
            text += f"#{self.iter}"
        for mark, part in ((":", self.tag), ("@", self.tree), ("^", self.uid)):
            if part:
                text += mark + part
        return text


def is_uri(text: str) -> bool:
    """Whether ``text`` is meant as such an address."""
    return text.startswith(SCHEME)


def parse(text: str) -> ArtifactUri:
    """Read an address.

    Raises
    ------
    InvalidArgumentError
        It is none.

    Example
    -------
    >>> parse("store://datasets/iris/prep_table#2:v1").iter
    2
    >>> parse("store://iris/prep_table:v1") == parse("store://artifacts/iris/prep_table:v1")
    True
    """
    match = _PATH.fullmatch(text[len(SCHEME) :]) if text.startswith(SCHEME) and len(text) <= 1024 else None
    if match is None:
        raise InvalidArgumentError(
            f"not the address of an artifact: {text[:200]!r}",
            hint="write store://<kind>s/<project>/<key>[#iteration][:tag][@tree], for example store://datasets/iris/train_set:latest",
        )
    first, second, key, iteration = match["first"], match["second"], match["key"], match["iter"]
    if second is None:
        kind, project = "artifacts", first or ""
    elif first in KINDS:
        kind, project = first, second
    elif key.isdecimal() and iteration is None and second:  # <project>/<key>/<iteration>
        kind, project, key, iteration = "artifacts", first or "", second, key
    else:
        raise InvalidArgumentError(f"not a kind of artifacts: {first!r}", where=text, hint=f"known: {', '.join(KINDS)}")
    tag, tree, mark = match["tag"] or "", match["tree"] or "", match["hash"]
    if mark and mark.isdecimal() and len(mark) < 10:
        iteration = mark
    elif mark and _UID.fullmatch(mark):
        tree = tree or mark
    elif mark:
        tag = tag or mark
    return ArtifactUri(
        kind=kind,
        project=project,
        db_key=key,
        iter=None if iteration is None else int(iteration),
        tag=tag,
        tree=tree,
        uid=match["uid"] or "",
    )


def store_uri(document: Mapping[str, Any] | ArtifactRecord) -> str:
    """The address of exactly this version of an artifact.

    Example
    -------
    >>> store_uri({"kind": "model", "metadata": {"project": "p", "key": "m", "tree": "t"}, "spec": {"db_key": "run_m"}})
    'store://models/p/run_m@t'
    """
    if isinstance(document, ArtifactRecord):
        document = document.to_dict()
    metadata, spec = document.get("metadata") or {}, document.get("spec") or {}
    plural = str(document.get("kind") or "artifact") + "s"
    uid = str(metadata.get("uid") or "")
    return str(
        ArtifactUri(
            kind=plural if plural in KINDS else "artifacts",
            project=str(metadata.get("project") or ""),
            db_key=str(spec.get("db_key") or metadata.get("key") or ""),
            iter=int(metadata["iter"]) if metadata.get("iter") else None,
            tree=str(metadata.get("tree") or ""),
            uid=uid,
        )
    )
