"""Models: a folder with the model's file and a description that any framework's reader understands."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from mlrun_jupyter.artifacts import frameworks
from mlrun_jupyter.artifacts.base import Artifact, as_bytes
from mlrun_jupyter.artifacts.content import Content, Data, File, Folder, Source
from mlrun_jupyter.artifacts.folder import files_of
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model import values
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.safety.documents import dump_yaml

SPEC_FILE: Final = "model_spec.yaml"
_FIELDS: Final = (
    "model_file", "framework", "algorithm", "metrics", "parameters", "inputs", "outputs", "feature_vector",
    "feature_weights", "label_column",
)  # fmt: skip


class ModelArtifact(Artifact):
    """A model.

    Parameters
    ----------
    key
        Its name.
    body
        The model's bytes, or a model of a known framework, which is written in that framework's own format.
    model_file
        The file's name; with no body, the file itself (below ``model_dir``).
    model_dir
        A folder that is kept as a whole.
    framework, algorithm
        What made it; found out for known frameworks.
    metrics, parameters
        Numbers about it, and what it was trained with.
    inputs, outputs
        Its columns: ``[{"name": ..., "value_type": ...}]``; taken from the training set where they are left out.
    training_set, label_column
        The frame that it was trained on, and the column or columns that it predicts.
    extra_data
        More files or texts, kept in the same folder.

    Example
    -------
    >>> ModelArtifact("model", body=b"weights", model_file="weights.bin").content().files.keys() >= {"weights.bin"}
    True
    """

    kind = "model"
    default_viewer = "model"

    def __init__(
        self,
        key: str = "",
        body: Any = None,
        format: str = "",
        model_file: str = "",
        metrics: Mapping[str, Any] | None = None,
        target_path: str = "",
        parameters: Mapping[str, Any] | None = None,
        inputs: list[Any] | None = None,
        outputs: list[Any] | None = None,
        framework: str = "",
        *,
        algorithm: str = "",
        model_dir: str | os.PathLike[str] = "",
        feature_vector: str = "",
        feature_weights: list[float] | None = None,
        training_set: Any = None,
        label_column: str | list[str] = "",
        labels: Mapping[str, Any] | None = None,
        extra_data: Mapping[str, Any] | None = None,
        local_path: str | os.PathLike[str] = "",
        **more: Any,
    ) -> None:
        super().__init__(key, body, format=format, labels=labels, local_path=local_path, target_path=target_path)
        self.model_file = model_file
        self.model_dir = model_dir
        self.metrics = dict(metrics or {})
        self.parameters = dict(parameters or {})
        self.inputs = list(inputs or [])
        self.outputs = list(outputs or [])
        self.framework = framework
        self.algorithm = algorithm
        self.feature_vector = feature_vector
        self.feature_weights = list(feature_weights or [])
        self.training_set = training_set
        self.label_column = label_column
        self._stats: dict[str, Any] = {}
        self.set(**more)
        self.extra_data = dict(extra_data or {})

    def file_name(self) -> str:
        return self.key

    def content(self) -> Content:
        files = self._files()
        if self.training_set is not None:
            self._learn_columns()
        for name, value in self.extra_data.items():
            path = value if isinstance(value, (str, os.PathLike)) else None
            if isinstance(value, (bytes, bytearray)):
                files[name] = Data(value)
            elif path is not None and os.path.isfile(path):  # noqa: PTH113 - a text here may be an address or a text
                files[os.path.basename(os.fspath(path))] = Source(os.fspath(path))  # noqa: PTH119
        if SPEC_FILE not in files:
            files[SPEC_FILE] = Data(dump_yaml(self._spec()).encode())
        return Folder(files)

    def _files(self) -> dict[str, File]:
        """The model's own files; finds out the framework and the file's name on the way."""
        folder = os.path.expanduser(os.fspath(self.model_dir))  # noqa: PTH111 - text, as the writer wants it
        if self.body is not None:
            return self._from_body()
        path = os.path.join(folder, self.model_file) if self.model_file else os.fspath(self.local_path)  # noqa: PTH118
        if path and os.path.isfile(path):  # noqa: PTH113
            self.model_file = os.path.basename(path)  # noqa: PTH119
            return {self.model_file: Source(path)}
        if self.model_file or path:
            raise NotFoundError("no such model file", where=path, hint=f"model {self.key!r} needs body=, or a file")
        if not folder:
            raise InvalidArgumentError(
                "a model needs data", where=f"model {self.key!r}", hint="give body=, model_file= or model_dir="
            )
        return dict(files_of(folder))

    def _from_body(self) -> dict[str, File]:
        saved = frameworks.save(self.body)
        if saved is not None:
            self.framework = self.framework or saved.framework
            self.algorithm = self.algorithm or type(self.body).__name__
            self.model_file = os.path.basename(self.model_file) or saved.file_name  # noqa: PTH119 - text
            self.parameters = {**saved.parameters, **self.parameters}
            if not self.inputs:
                self.inputs = saved.inputs
            self.outputs = self.outputs or saved.outputs
            return {self.model_file: Data(saved.data)}
        try:
            data = as_bytes(self.body, self.key)
        except InvalidArgumentError:
            raise InvalidArgumentError(
                f"a model of type {type(self.body).__module__}.{type(self.body).__name__} cannot be written",
                where=f"model {self.key!r}",
                hint="save it to a file and give model_file=, or give its bytes as body=",
            ) from None
        self.model_file = os.path.basename(self.model_file) or f"{self.key}.bin"  # noqa: PTH119
        return {self.model_file: Data(data)}

    def _learn_columns(self) -> None:
        """Inputs, outputs and statistics of what it was trained on."""
        from mlrun_jupyter.artifacts import stats
        from mlrun_jupyter.artifacts.tables import to_arrow

        table = to_arrow(self.training_set, where=f"training set of model {self.key!r}").table
        wanted = [self.label_column] if isinstance(self.label_column, str) else list(self.label_column)
        targets = [name for name in wanted if name]
        missing = [name for name in targets if name not in table.column_names]
        if missing:
            from mlrun_jupyter.errors import nearest

            raise InvalidArgumentError(
                f"the training set has no column {missing[0]!r}",
                where="label_column",
                hint=nearest(missing[0], table.column_names),
            )
        columns = [
            {"name": field.name, "value_type": str(field.type)}
            for field in table.schema
            if not field.name.startswith("__index")
        ]
        self.inputs = self.inputs or [each for each in columns if each["name"] not in targets]
        self.outputs = self.outputs or [each for each in columns if each["name"] in targets]
        self._stats = stats.describe(table)

    def _spec(self) -> dict[str, Any]:
        fields = {name: values.plain(getattr(self, name)) for name in _FIELDS}
        return {
            "kind": "model",
            "key": self.key,
            **{name: value for name, value in fields.items() if value not in ("", [], {}, None)},
        }

    def describe(self, record: ArtifactRecord) -> None:
        for name, value in self._spec().items():
            if name not in ("kind", "key"):
                record.spec.extra[name] = value
        record.spec.format = record.spec.format or ""
        record.spec.extra_data = {name: _short(value) for name, value in self.extra_data.items()}
        if self._stats:
            record.spec.extra["feature_stats"] = self._stats


def _short(value: Any) -> Any:
    """What the record says of an extra: files by their name in the folder."""
    if isinstance(value, (bytes, bytearray)):
        return ""
    if isinstance(value, (str, os.PathLike)) and os.path.isfile(value):  # noqa: PTH113
        return os.path.basename(os.fspath(value))  # noqa: PTH119
    return values.plain(value)
