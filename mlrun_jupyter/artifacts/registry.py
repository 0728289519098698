"""Models that were logged: found again, and what is known of them brought up to date."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from mlrun_jupyter.artifacts.model import SPEC_FILE, ModelArtifact
from mlrun_jupyter.datastore import DataItem, resolve, uris
from mlrun_jupyter.datastore.location import join
from mlrun_jupyter.datastore.resolve import read_record
from mlrun_jupyter.db.chosen import HasStore, chosen
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model import times, values
from mlrun_jupyter.safety.documents import load_yaml

if TYPE_CHECKING:
    from mlrun_jupyter.db.base import RunDB
    from mlrun_jupyter.model.artifact import ArtifactRecord

_SPEC: tuple[str, ...] = (
    "model_file", "framework", "algorithm", "metrics", "parameters", "inputs", "outputs", "feature_vector", "feature_weights",
    "label_column",
)  # fmt: skip


class Model(NamedTuple):
    """A model at hand: a local path of its file, what is known of it, and its other files by name."""

    file: str
    spec: ModelArtifact
    extra: dict[str, DataItem]


def get_model(
    model: str | DataItem | Mapping[str, Any],
    suffix: str = "",
    *,
    db: RunDB | HasStore | str | None = None,
    secrets: Mapping[str, str] | None = None,
) -> Model:
    """A model by its address, folder or file; nothing is unpickled, the file is only fetched.

    Parameters
    ----------
    model
        ``store://models/...``, the path or address of a model's folder or file, a data item, or a model artifact of a run.
    suffix
        The ending of the model's file, where no description says which file it is.
    db
        The store in which ``store://`` addresses are found, or its address; the default store if none is given.

    Raises
    ------
    NotFoundError
        No such model, or no file of that ending in it.

    Example
    -------
    ::

        path, spec, extra = get_model("store://models/iris/train_model:latest")
        booster = xgboost.Booster(model_file=path)
    """
    item = _item(model, db, secrets)
    if item.meta is not None and item.meta.kind != "model":
        raise InvalidArgumentError(f"the artifact is a {item.meta.kind}, not a model", where=item.artifact_url)
    if suffix and item.url.endswith(suffix) and not item.stat().is_dir:
        return Model(item.local(keep=True), ModelArtifact(item.key, model_file=item.key), {})
    names = _files(item)
    if names is None:
        return Model(item.local(keep=True), ModelArtifact(item.key, model_file=item.key), {})
    known = _known(item, names, secrets)
    name = str(known.get("model_file") or "")
    if not name or name not in names:
        found = [each for each in names if each != SPEC_FILE and (not suffix or each.endswith(suffix))]
        if len(found) != 1:
            hint = f"it holds {', '.join(names[:10])}; give suffix="
            raise NotFoundError("no telling which file is the model", where=item.artifact_url, hint=hint)
        name = found[0]
    spec = ModelArtifact(
        str(known.get("key") or item.key), **{field: known[field] for field in _SPEC if known.get(field)}
    )
    spec.model_file = name
    spec.target_path = item.url
    extra = {each: _below(item, each, secrets) for each in names if each not in (name, SPEC_FILE)}
    return Model(_below(item, name, secrets).local(keep=True), spec, extra)


def update_model(
    model: str | Mapping[str, Any],
    *,
    db: RunDB | HasStore | str | None = None,
    parameters: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    inputs: list[Any] | None = None,
    outputs: list[Any] | None = None,
    labels: Mapping[str, Any] | None = None,
    extra_data: Mapping[str, Any] | None = None,
    feature_vector: str = "",
    feature_weights: list[float] | None = None,
    key_prefix: str = "",
) -> ArtifactRecord:
    """Add to what a model's record says, for example the metrics of a later test; its files stay as they are.

    Parameters
    ----------
    model
        ``store://models/...``, or the model artifact of a run.
    db
        The store of the model, or its address; the default store if none is given.
    key_prefix
        Put before the names of ``metrics`` and ``extra_data``, as in ``"test_"``.
    inputs, outputs, feature_vector, feature_weights
        Replace what was there; the others are added.

    Raises
    ------
    NotFoundError
        No such model.
    InvalidArgumentError
        The artifact is no model.
    """
    address = model if isinstance(model, str) else uris.store_uri(model)
    store = chosen(db)
    record = read_record(uris.parse(address), store)
    if record.kind != "model":
        raise InvalidArgumentError(f"the artifact is a {record.kind}, not a model", where=address)
    more = record.spec.extra
    more["parameters"] = {**more.get("parameters", {}), **values.plain(parameters or {})}
    more["metrics"] = {**more.get("metrics", {}), **_prefixed(key_prefix, metrics)}
    replaced = {
        "inputs": inputs,
        "outputs": outputs,
        "feature_vector": feature_vector,
        "feature_weights": feature_weights,
    }
    more.update({name: values.plain(value) for name, value in replaced.items() if value})
    record.spec.extra_data = {**record.spec.extra_data, **_prefixed(key_prefix, extra_data)}
    record.metadata.labels = {
        **record.metadata.labels,
        **{str(name): str(value) for name, value in (labels or {}).items()},
    }
    record.metadata.updated = times.iso(time.time())
    return store.store_artifact(record, tags=())


def _prefixed(prefix: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {prefix + str(name): values.plain(value) for name, value in (given or {}).items()}


def _item(model: Any, db: RunDB | HasStore | str | None, secrets: Mapping[str, str] | None) -> DataItem:
    if isinstance(model, DataItem):
        return model
    if isinstance(model, str):
        return resolve(model, db=chosen(db) if uris.is_uri(model) else None, secrets=secrets)
    spec = model.get("spec") or {}
    return resolve(
        str(spec.get("target_path") or ""), key=str((model.get("metadata") or {}).get("key") or ""), secrets=secrets
    )


def _files(item: DataItem) -> list[str] | None:
    """The names below a folder, None for a file."""
    if item.kind == "file" and not item.stat().is_dir:
        return None
    names = item.listdir()
    return None if names in ([], [""]) else names


def _known(item: DataItem, names: list[str], secrets: Mapping[str, str] | None) -> dict[str, Any]:
    """What the record says, and where there is none, the description among the files."""
    if item.meta is not None:
        return {"key": item.meta.metadata.key, **item.meta.spec.extra}
    if SPEC_FILE not in names:
        return {}
    text = _below(item, SPEC_FILE, secrets).get()
    document = load_yaml(text, where=join(item.url, SPEC_FILE))
    if not isinstance(document, dict):
        return {}
    spec = document.get("spec")  # as newer files of the shared format have it
    return {**spec, "key": (document.get("metadata") or {}).get("key")} if isinstance(spec, dict) else document


def _below(item: DataItem, name: str, secrets: Mapping[str, str] | None) -> DataItem:
    return (
        DataItem(item.store, join(item.url, name), key=name)
        if secrets is None
        else resolve(join(item.url, name), key=name, secrets=secrets)
    )
