"""The types of options: what stands behind ``-p``, ``-x``, ``-i`` ... and what may stand there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

from mlrun_jupyter.cli.completion import files, parameters
from mlrun_jupyter.cli.session import Session, session_of
from mlrun_jupyter.errors import InvalidArgumentError


class Text(click.ParamType[str]):
    """Text; in a notebook ``$name`` and ``{expression}`` in it are filled in."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        del param
        if not isinstance(value, str) or (ctx is not None and ctx.resilient_parsing):  # completion evaluates nothing
            return str(value)
        return session_of(ctx).text(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        del param
        return self.suggestions(ctx, incomplete)

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        """What a word that begins with ``start`` can become."""
        del context, start
        return []


class OneOf(Text):
    """Text for which there are known words; whoever reads it says which others are wrong."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        del context
        return [CompletionItem(word) for word in self.words if word.startswith(start)]


class File(Text):
    """A path, or an address of a file."""

    name = "path"

    def __init__(self, *suffixes: str) -> None:
        self.suffixes = suffixes

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        del context
        return files(start, self.suffixes)


class Pair(click.ParamType[tuple[str, Any]]):
    """``name=value``; the value is a Python literal or text."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        if isinstance(value, tuple):
            return value
        name, text = _split(value, param)
        if ctx is not None and ctx.resilient_parsing:
            return name, text
        return name, self.value(text, session_of(ctx))

    def value(self, text: str, session: Session) -> Any:
        """What stands behind the equals sign."""
        return session.value(text)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        del param
        return self.suggestions(ctx, incomplete)

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        """What a word that begins with ``start`` can become."""
        del context, start
        return []


class Parameter(Pair):
    """A parameter of what is run."""

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        return parameters(context, start)


class TextPair(Pair):
    """``name=text``."""

    name = "name=text"

    def value(self, text: str, session: Session) -> str:
        return session.text(text)


class InputPair(Pair):
    """``name=path``: a path, an address, a list or a pattern of them, or in a notebook the data itself."""

    name = "name=path"

    def value(self, text: str, session: Session) -> Any:
        found = session.value(text) if text[:1] in "${[" else session.text(text)
        return found if not isinstance(found, (int, float)) else text

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        name, equals, path = start.partition("=")
        if not equals:
            return parameters(context, start)
        return [CompletionItem(f"{name}={each.value}", type="plain", help=each.help) for each in files(path, ())]


class Values(Parameter):
    """``name=[...]``: the values that a parameter takes in a sweep; ``name={"uniform": [0, 1]}``: where they are drawn from."""

    name = "name=[...]"

    def suggestions(self, context: click.Context, start: str) -> list[CompletionItem]:
        found = super().suggestions(context, start)
        return [CompletionItem(f"{str(each.value).partition('=')[0]}=[", help=each.help) for each in found]

    def value(self, text: str, session: Session) -> list[Any] | dict[str, Any]:
        found = session.value(text)
        if isinstance(found, str) and text.lstrip().startswith(("[", "{")):
            found = _json(text, "a list or a distribution", "-x")
        if isinstance(found, dict):  # a distribution, which is checked where it is drawn from
            return found
        if isinstance(found, str) or not isinstance(found, Iterable):
            hint = f'write it as a list: "[{text}]"' if text else 'as in -x depth="[3,4,5]"'
            raise InvalidArgumentError(f"a sweep needs several values, not {text!r}", where="-x", hint=hint)
        return list(found)


class Mapping(click.ParamType[dict[str, Any]]):
    """A mapping as a Python or JSON literal: ``{"max_iterations": 5}``."""

    name = "mapping"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        found = session_of(ctx).value(value) if isinstance(value, str) else value
        if isinstance(found, str):
            found = _json(found, "a mapping", _option(param))
        if not isinstance(found, dict):
            raise InvalidArgumentError(f"not a mapping: {value!r}", where=_option(param), hint="as in '{\"a\": 1}'")
        return {str(key): each for key, each in found.items()}


def _json(text: str, wanted: str, where: str) -> Any:
    from mlrun_jupyter.safety import documents

    try:
        return documents.load_json(text)
    except InvalidArgumentError as error:
        raise InvalidArgumentError(f"not {wanted}: {text!r:.60}", where=where, hint=error.message) from None


def _split(text: str, param: click.Parameter | None) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        option = _option(param)
        raise InvalidArgumentError(f"{option} takes NAME=VALUE, not {text!r}", hint=f"as in {option} depth=4")
    return name.strip(), value


def _option(param: click.Parameter | None) -> str:
    return param.opts[0] if param is not None and param.opts else "the option"
