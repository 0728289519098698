"""What a run is, and what it was given: the part of the context that reads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from mlrun_jupyter import config
from mlrun_jupyter.model import journal, values
from mlrun_jupyter.tracking.logger import RunLogger

if TYPE_CHECKING:
    from mlrun_jupyter.datastore import DataItem
    from mlrun_jupyter.model.run import RunRecord
    from mlrun_jupyter.tracking.secrets import Secrets
    from mlrun_jupyter.tracking.tracker import Tracker

USED: Final = "used"
"""The field of a run's status that lists the versions of artifacts which it has read."""


class Given:
    """Name, project, parameters, inputs and secrets of the run."""

    _run: RunRecord
    _tracker: Tracker | None
    _secrets: Secrets
    _inputs: dict[str, Any]
    _logger: RunLogger | None

    # who and what

    @property
    def uid(self) -> str:
        """The run's uid; an iteration of a sweep has its number behind it."""
        metadata = self._run.metadata
        return f"{metadata.uid}-{metadata.iteration}" if metadata.iteration else metadata.uid

    @property
    def tag(self) -> str:
        """The workflow that the run is a step of, or its own uid."""
        return self._run.metadata.labels.get("workflow") or self._run.metadata.uid

    @property
    def name(self) -> str:
        return self._run.metadata.name

    @property
    def project(self) -> str:
        return self._run.metadata.project

    @property
    def iteration(self) -> int:
        return self._run.metadata.iteration

    @property
    def state(self) -> str:
        return self._run.status.state

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(self._run.spec.parameters)

    @property
    def results(self) -> dict[str, Any]:
        return dict(self._run.status.results)

    @property
    def labels(self) -> dict[str, str]:
        return dict(self._run.metadata.labels)

    @property
    def annotations(self) -> dict[str, str]:
        return dict(self._run.metadata.annotations)

    @property
    def inputs(self) -> dict[str, DataItem]:
        """Every input by name."""
        return {key: self.get_input(key) for key in self._run.spec.inputs}

    @property
    def artifacts(self) -> list[dict[str, Any]]:
        return list(self._run.status.artifacts)

    @property
    def in_path(self) -> str:
        """Where inputs without a path of their own are looked for."""
        return self._run.spec.input_path

    @property
    def out_path(self) -> str:
        """Where artifacts go."""
        return self._out_path()

    artifact_path = out_path

    @property
    def log_level(self) -> str:
        return self.logger.level

    @log_level.setter
    def log_level(self, level: str) -> None:
        self.logger.set_level(level)

    @property
    def logger(self) -> RunLogger:
        """``debug, info, warning, error`` with fields: ``context.logger.info("saved", rows=150)``."""
        if self._logger is None:
            self._logger = RunLogger(self._run.spec.log_level or config.current().log_level)
        return self._logger

    def set_logger_stream(self, stream: Any) -> None:
        """Send the logger's lines to another stream."""
        self.logger.stream = stream

    def set_hostname(self, host: str) -> None:
        """Name the machine that the run runs on."""
        self._run.status.host = host
        self._record(journal.STATUS, {"host": host})

    def is_logging_worker(self) -> bool:
        """Whether this process is the one that records when many run the same code side by side (MPI rank 0)."""
        ranks = ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "RANK", "SLURM_PROCID")
        return all(os.environ.get(rank, "0") == "0" for rank in ranks)

    # what the run was given

    def get_param(self, key: str, default: Any = None) -> Any:
        """A parameter; a default that is used is recorded as the parameter's value."""
        parameters = self._run.spec.parameters
        if key not in parameters:
            parameters[key] = default
            if default is not None:
                self._record(journal.PARAM, {key: values.plain(default)})
        return parameters[key]

    def get_secret(self, key: str, default: str | None = None) -> str | None:
        """A secret by name, or ``default``; only the task's sources are asked."""
        return self._secrets.get(key, default)

    def get_secret_or_env(self, key: str, default: str | None = None) -> str | None:
        """As :meth:`get_secret`, then the environment variable of that name."""
        found = self._secrets.get(key)
        return found if found is not None else os.environ.get(key, default)

    def get_input(self, key: str, url: Any = "") -> DataItem:
        """An input by name; ``url`` says where it is when the task does not.

        Raises ``NotFoundError`` when neither does, or when nothing is there once it is read.
        """
        if key not in self._inputs:
            given = self._run.spec.inputs.get(key)
            address = given or url or key
            if given is None:
                self._run.spec.inputs[key] = str(address)
                self._record(
                    journal.SPEC, {"inputs": {name: str(each) for name, each in self._run.spec.inputs.items()}}
                )
            self._inputs[key] = self.get_dataitem(address, key=key)
        return self._inputs[key]  # type: ignore[no-any-return]

    def get_dataitem(self, url: Any, *, key: str = "") -> DataItem:
        """Data at a path or address, credentials taken from the run's secrets.

        Of an artifact (``store://``) the run's record says which version it was.
        """
        from mlrun_jupyter import datastore

        db = self._tracker.db if self._tracker else None
        if self._tracker is not None and str(url).startswith("store://"):
            self._tracker.flush()  # an earlier run of this process may have made it just now
        item = datastore.resolve(str(url), key=key, secrets=self._secrets, db=db, base=self.in_path)
        if item.meta is not None:
            self._note_use(datastore.store_uri(item.meta))
        return item

    def _note_use(self, address: str) -> None:
        """Record the version of an artifact that the run reads."""
        known = self._run.status.extra.get(USED, [])
        if address not in known:
            used = [*known, address]
            self._run.status.extra = {**self._run.status.extra, USED: used}
            self._record(journal.STATUS, {USED: used})

    get_store_resource = get_dataitem

    def _record(self, op: str, payload: Any) -> None:
        raise NotImplementedError

    def _out_path(self) -> str:
        raise NotImplementedError
