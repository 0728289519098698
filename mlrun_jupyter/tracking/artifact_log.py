"""The context's way to artifacts: bytes first, complete and hashed, then the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlrun_jupyter.model import journal, values
from mlrun_jupyter.model.artifact import UNLISTED, ArtifactRecord, link

if TYPE_CHECKING:
    from mlrun_jupyter.artifacts import Artifact
    from mlrun_jupyter.model.run import RunRecord
    from mlrun_jupyter.tracking.secrets import Secrets
    from mlrun_jupyter.tracking.tracker import Tracker


class ArtifactLog:
    """The part of the context that logs artifacts. Arguments that no kind knows are refused with the nearest name."""

    _run: RunRecord
    _tracker: Tracker | None
    _secrets: Secrets
    _logged: set[str]
    _inputs: dict[str, Any]

    def log_artifact(
        self,
        item: str | Artifact,
        body: Any = None,
        local_path: str = "",
        artifact_path: str = "",
        tag: str = "",
        viewer: str = "",
        target_path: str = "",
        src_path: str = "",
        upload: bool | None = None,
        labels: Mapping[str, Any] | None = None,
        format: str = "",
        db_key: str | bool | None = None,
        **more: Any,
    ) -> ArtifactRecord:
        """Keep a file, a folder, bytes, text, a figure or an artifact object.

        Parameters
        ----------
        item
            The key, or an artifact (``ChartArtifact("roc")`` ...).
        body
            Bytes, text or an object that its kind can write; None: the file at ``local_path`` is kept.
        local_path
            A file or folder to keep; with a body, the name that it gets.
        artifact_path, target_path
            The folder or address it goes to, instead of the run's; the exact place.
        tag
            A name for this version besides ``latest``.
        viewer, format, labels
            How it is shown, what it is, how it is found.
        db_key
            The name under which versions are kept (``<run name>_<key>``); False: it is not listed.

        Raises
        ------
        NotFoundError, InvalidArgumentError, DataError
            Nothing at ``local_path``, a key or argument that cannot be, bytes that cannot be written. No record is made.
        """
        from mlrun_jupyter import artifacts

        artifact = artifacts.of(
            item,
            body=body,
            local_path=local_path or src_path,
            target_path=target_path,
            viewer=viewer,
            format=format,
            labels=labels,
            **more,
        )
        return self._log(artifact, artifact_path=artifact_path, tag=tag, upload=upload, db_key=db_key)

    def log_dataset(
        self,
        key: str,
        df: Any = None,
        tag: str = "",
        local_path: str = "",
        artifact_path: str = "",
        upload: bool | None = None,
        labels: Mapping[str, Any] | None = None,
        format: str = "",
        preview: int | None = None,
        stats: bool | None = None,
        db_key: str | bool | None = None,
        target_path: str = "",
        extra_data: dict[str, Any] | None = None,
        label_column: str = "",
        **more: Any,
    ) -> ArtifactRecord:
        """Keep a data set with its schema, a preview and statistics of every column.

        Parameters
        ----------
        df
            A pandas, polars or arrow table, a duckdb relation, an array, a list of mappings, or the path of a file.
        format
            ``parquet`` (the default) or ``csv``.
        preview
            Rows of preview, 20 by default.
        stats
            False leaves the statistics out.
        label_column
            The column that holds the labels; its balance is told.
        more
            Options of the writer, as in ``index=False``.
        """
        from mlrun_jupyter.artifacts import DatasetArtifact

        dataset = DatasetArtifact(
            key,
            df=df,
            local_path=local_path,
            target_path=target_path,
            labels=labels,
            format=format,
            preview=preview,
            stats=stats,
            extra_data=extra_data,
            label_column=label_column,
            **more,
        )
        return self._log(dataset, artifact_path=artifact_path, tag=tag, upload=upload, db_key=db_key)

    def log_model(
        self,
        key: str,
        body: Any = None,
        framework: str = "",
        tag: str = "",
        model_dir: str = "",
        model_file: str = "",
        metrics: dict[str, Any] | None = None,
        parameters: dict[str, Any] | None = None,
        artifact_path: str = "",
        upload: bool | None = None,
        labels: Mapping[str, Any] | None = None,
        inputs: list[Any] | None = None,
        outputs: list[Any] | None = None,
        training_set: Any = None,
        label_column: str | list[str] = "",
        extra_data: dict[str, Any] | None = None,
        db_key: str | bool | None = None,
        **more: Any,
    ) -> ArtifactRecord:
        """Keep a model: its file or the object, with metrics, parameters and the schema of what goes in and out."""
        from mlrun_jupyter.artifacts import ModelArtifact

        model = ModelArtifact(
            key,
            body=body,
            framework=framework,
            model_dir=model_dir,
            model_file=model_file,
            metrics=metrics,
            parameters=parameters,
            labels=labels,
            inputs=inputs,
            outputs=outputs,
            training_set=training_set,
            label_column=label_column,
            extra_data=extra_data,
            **more,
        )
        return self._log(model, artifact_path=artifact_path, tag=tag, upload=upload, db_key=db_key)

    def log_document(
        self,
        key: str,
        body: Any = None,
        local_path: str = "",
        tag: str = "",
        labels: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> ArtifactRecord:
        """Keep a document: Markdown, PDF, a notebook."""
        from mlrun_jupyter.artifacts import DocumentArtifact

        return self._log(DocumentArtifact(key, body=body, local_path=local_path, labels=labels, **more), tag=tag)

    def log_code_file(
        self, key: str, local_path: str, tag: str = "", labels: Mapping[str, Any] | None = None
    ) -> ArtifactRecord:
        """Keep a file of code."""
        from mlrun_jupyter.artifacts import CodeArtifact

        return self._log(CodeArtifact(key, local_path=local_path, labels=labels), tag=tag)

    def update_artifact(self, artifact: ArtifactRecord) -> None:
        """Record what was changed on an artifact's record (labels, description, metrics of a model ...)."""
        self._record(journal.ARTIFACT, artifact.to_dict())

    def get_artifact(self, key: str) -> dict[str, Any] | None:
        """What is known of an artifact that this run has logged, or None."""
        for entry in self._run.status.artifacts:
            if entry["metadata"]["key"] == key:
                return entry
        return None

    def artifact_subpath(self, *parts: str) -> str:
        """A path below the run's artifact path."""
        return "/".join((self._out_path().rstrip("/"), *parts))

    def log_return(self, value: Any) -> None:
        """Record what a handler returned, under the names of the task's ``returns``; one value without a name is ``return``."""
        from mlrun_jupyter.artifacts import packagers

        hints = self._run.spec.returns
        if not hints:
            if value is not None:
                self._package(packagers.package("return", value))
            return
        found = list(value) if isinstance(value, (tuple, list)) and len(hints) > 1 else [value]
        for hint, each in zip(hints, found, strict=False):
            if each is not None:
                key, _, kind = str(hint).partition(":")
                self._package(packagers.package(key.strip(), each, kind.strip()))

    def _package(self, packed: Any) -> None:
        if isinstance(packed, dict):
            plain = {key: values.plain(value) for key, value in packed.items()}
            self._run.status.results.update(plain)
            self._record(journal.RESULT, plain)
        else:
            self._log(packed)

    def _log(
        self,
        artifact: Artifact,
        *,
        artifact_path: str = "",
        tag: str = "",
        upload: bool | None = None,
        db_key: str | bool | None = None,
    ) -> ArtifactRecord:
        from mlrun_jupyter import artifacts

        metadata = self._run.metadata
        artifact.sources = artifact.sources or [
            {"name": name, "path": item.artifact_url} for name, item in self._inputs.items()
        ]
        record = artifacts.write(
            artifact,
            producer=artifacts.Producer(
                name=metadata.name,
                uid=metadata.uid,
                project=metadata.project,
                iteration=metadata.iteration,
                owner=metadata.labels.get("owner", ""),
            ),
            out_path=artifact_path or self._out_path(),
            db=self._tracker.db if self._tracker else None,
            secrets=self._secrets,
            upload=upload,
            db_key=db_key,
            tag=tag,
        )
        document = record.to_dict()
        if db_key is False:
            document = link({**document, UNLISTED: True})
        self._keep(record.metadata.key, link(document))
        self._record(journal.ARTIFACT, document)
        return record

    def _keep(self, key: str, entry: dict[str, Any]) -> None:
        """Name an artifact in the run's status, in place of an older one of the same key."""
        if key in self._logged:
            entries = self._run.status.artifacts
            self._run.status.artifacts = [each for each in entries if each["metadata"]["key"] != key]
        self._logged.add(key)
        self._run.status.artifacts.append(entry)

    def _out_path(self) -> str:
        raise NotImplementedError

    def _record(self, op: str, payload: Any) -> None:
        raise NotImplementedError
