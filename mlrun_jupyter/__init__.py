"""Notebook code as tracked, sweepable, portable jobs."""

from mlrun_jupyter import _alias

_alias.install()
