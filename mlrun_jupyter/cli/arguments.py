"""The types of arguments that name something: a function to run, a run, a project ..., each with its completion."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import click
from click.shell_completion import CompletionItem

from mlrun_jupyter.cli import completion
from mlrun_jupyter.cli.values import File, Text


class _Known(Text):
    """A text of which ``known`` suggests the ends."""

    known: ClassVar[Callable[[click.Context, str], list[CompletionItem]]]

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        return type(self).known(context, start)


class Handler(_Known):
    """A function by its name, or a file."""

    name, known = "target", completion.handlers


class RunReference(_Known):
    """A run: a uid, the beginning of one, a name, or ``name@uid``."""

    name, known = "run", completion.runs


class ProjectName(_Known):
    """A project."""

    name, known = "project", completion.projects


class ArtifactKey(_Known):
    """The key of an artifact."""

    name, known = "key", completion.artifacts


class FunctionName(_Known):
    """A function in the store."""

    name, known = "function", completion.functions


class RunName(_Known):
    """The name of runs; ``*`` stands for anything."""

    name, known = "name", completion.run_names


class OutputKey(_Known):
    """The key of an artifact of the run that is named before it."""

    name, known = "key", completion.outputs


class FunctionSource(File):
    """A function that the notebook marks, one of the store, or a file that makes one."""

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        return completion.sources(context, start, self.suffixes)


class SettingName(_Known):
    """A setting."""

    name, known = "key", completion.settings
