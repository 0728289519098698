"""The types of arguments that name something: a function to run, a run, a project ..., each with its completion."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from mlrun_jupyter.cli import completion
from mlrun_jupyter.cli.values import File, Text


class Handler(Text):
    """A function by its name, or a file."""

    name = "target"

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        return completion.handlers(context, start)


class RunReference(Text):
    """A run: a uid, the beginning of one, a name, or ``name@uid``."""

    name = "run"

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        return completion.runs(context, start)


class ProjectName(Text):
    """A project."""

    name = "project"

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        return completion.projects(context, start)


class ArtifactKey(Text):
    """The key of an artifact."""

    name = "key"

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        return completion.artifacts(context, start)


class FunctionName(Text):
    """A function in the store."""

    name = "function"

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        return completion.functions(context, start)


class RunName(Text):
    """The name of runs; ``*`` stands for anything."""

    name = "name"

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        return completion.run_names(context, start)


class OutputKey(Text):
    """The key of an artifact of the run that is named before it."""

    name = "key"

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        return completion.outputs(context, start)


class FunctionSource(File):
    """A function that the notebook marks, one of the store, or a file that makes one."""

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        return completion.sources(context, start, self.suffixes)


class SettingName(Text):
    """A setting."""

    name = "key"

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        del context
        return completion.settings(start)
