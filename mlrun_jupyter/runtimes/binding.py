"""From a task's parameters and inputs to the arguments of a handler, by name and type hint."""

from __future__ import annotations

import dataclasses
import difflib
import enum
import functools
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mlrun_jupyter.errors import HandlerError, InvalidArgumentError, nearest
from mlrun_jupyter.tracking.context import RunContext

_KEYWORD = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Argument(NamedTuple):
    """One parameter of a handler."""

    name: str
    hint: Any
    default: Any
    positional: bool


class Signature(NamedTuple):
    """What a handler takes: ``context`` is the name of the parameter that gets the context, or empty."""

    context: str
    arguments: tuple[Argument, ...]
    rest: bool
    variadic: bool


@functools.lru_cache(maxsize=1024)
def signature(handler: Callable[..., Any]) -> Signature:
    """Read a handler's signature once. Raises :class:`HandlerError` for a thing that cannot be called."""
    try:
        parameters = inspect.signature(handler).parameters.values()
    except (TypeError, ValueError) as error:
        raise HandlerError(f"{_name(handler)} is no handler", hint=str(error)) from None
    hints = _hints(handler)
    context = ""
    arguments = []
    for parameter in parameters:
        hint = hints.get(parameter.name, parameter.annotation)
        if not context and (parameter.name == "context" or _is_context(hint)):
            context = parameter.name
        elif parameter.kind in _KEYWORD or parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            positional = parameter.kind is inspect.Parameter.POSITIONAL_ONLY
            arguments.append(Argument(parameter.name, hint, parameter.default, positional))
    kinds = {parameter.kind for parameter in parameters}
    return Signature(
        context, tuple(arguments), inspect.Parameter.VAR_KEYWORD in kinds, inspect.Parameter.VAR_POSITIONAL in kinds
    )


def check(handler: Callable[..., Any], parameters: Mapping[str, Any], inputs: Mapping[str, Any]) -> None:
    """Raises :class:`HandlerError` when the names given do not fit the handler; what :func:`bind` would find, sooner."""
    wanted = signature(handler)
    given = [*parameters, *inputs]
    if not wanted.rest:
        _check_unknown(handler, wanted, given)
    empty = inspect.Parameter.empty
    missing = [each.name for each in wanted.arguments if each.default is empty and each.name not in (*given, "event")]
    if missing:
        raise HandlerError(
            f"{_name(handler)} needs {', '.join(map(repr, missing))}",
            hint=f"give it as a parameter or an input: {missing[0]}=...",
        )


def bind(handler: Callable[..., Any], context: RunContext) -> tuple[list[Any], dict[str, Any]]:
    """The positional and keyword arguments to call ``handler`` with.

    The context goes to the parameter named ``context`` or annotated as one, wherever it stands. Others are filled by
    name from the task's parameters, then its inputs, then their defaults. An input arrives as what the hint asks for:
    a ``DataItem``, a local path (``str``, ``Path``) or a data frame. ``**kwargs`` takes the parameters that are left.

    Raises
    ------
    HandlerError
        As :func:`check`.
    InvalidArgumentError
        A value that does not fit the hint.
    """
    wanted = signature(handler)
    parameters, inputs = context.run.spec.parameters, context.run.spec.inputs
    check(handler, parameters, inputs)
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for argument in wanted.arguments:
        if argument.name in parameters:
            value = convert(argument.name, parameters[argument.name], argument.hint)
        elif argument.name in inputs:
            value = _input(context, argument)
        elif argument.default is not inspect.Parameter.empty:
            continue
        else:
            value = None  # an event that nobody sent
        if argument.positional:
            args.append(value)
        else:
            kwargs[argument.name] = value
    if wanted.context:
        kwargs[wanted.context] = context
    if wanted.rest:
        taken = {argument.name for argument in wanted.arguments}
        kwargs.update({name: value for name, value in parameters.items() if name not in taken})
    return args, kwargs


def _check_unknown(handler: Callable[..., Any], wanted: Signature, given: list[str]) -> None:
    names = [argument.name for argument in wanted.arguments]
    for name in given:
        if name in names:
            continue
        # a handler with a context may read more by itself: only what looks like a slip is refused there
        free = [each for each in names if each not in given]
        if not wanted.context or difflib.get_close_matches(name, free, n=1, cutoff=0.75):
            hint = nearest(name, free or names) or "it takes no parameters"
            raise HandlerError(f"{_name(handler)} takes no parameter {name!r}", hint=hint)


def _input(context: RunContext, argument: Argument) -> Any:
    item = context.get_input(argument.name)
    hint = _plain_hint(argument.hint)
    if hint is str or (hint is inspect.Parameter.empty and isinstance(argument.default, str)):
        return item.local()
    if hint is Path:
        return Path(item.local())
    if getattr(hint, "__module__", "").split(".")[0] in ("pandas", "polars") and hint.__name__ == "DataFrame":
        import importlib

        return item.as_df(df_module=importlib.import_module(hint.__module__.split(".")[0]))
    if hint in (bytes, dict, list):
        return item.get() if hint is bytes else convert(argument.name, item.get().decode(), hint)
    return item


@functools.lru_cache(maxsize=1024)
def defaults(handler: Callable[..., Any]) -> dict[str, Any]:
    """The defaults of a handler's parameters, those that are numbers, text or None: what a record can show.

    Example
    -------
    >>> defaults(lambda context, depth=4, model=object(): None)
    {'depth': 4}
    """
    shown = (int, float, str, bool, type(None))
    return {each.name: each.default for each in signature(handler).arguments if type(each.default) in shown}


def convert(name: str, value: Any, hint: Any) -> Any:
    """``value`` as the type hint asks: int, float, bool, str, Path, Enum, dataclass, list and dict; else as it is.

    Example
    -------
    >>> convert("depth", "4", int), convert("fast", "yes", bool)
    (4, True)
    """
    hint = _plain_hint(hint)
    if not isinstance(hint, type) or value is None or type(value) is hint:
        return value
    try:
        return _converted(value, hint)
    except (TypeError, ValueError, KeyError):
        raise InvalidArgumentError(f"{value!r} is no {hint.__name__}", where=f"parameter {name!r}") from None


_WORDS = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}


def _converted(value: Any, hint: type) -> Any:
    if issubclass(hint, enum.Enum):
        return value if isinstance(value, hint) else _member(value, hint)
    if hint is bool:
        return _WORDS[value.strip().lower()] if isinstance(value, str) else bool(value)
    if hint is int:
        number = int(value) if isinstance(value, str) else value
        if isinstance(number, float) and number.is_integer():
            return int(number)
        if not isinstance(number, int):
            raise ValueError(value)
        return number
    if hint is float:
        return float(value)
    if hint is Path:
        return Path(value)
    if dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return hint(**value)
    if hint in (list, dict, tuple, set) and isinstance(value, str):
        import ast

        return hint(ast.literal_eval(value))
    if hint in (tuple, set, list) and isinstance(value, (list, tuple, set)):
        return hint(value)
    return value


def _member(value: Any, hint: type[enum.Enum]) -> enum.Enum:
    return hint[value] if isinstance(value, str) and value in hint.__members__ else hint(value)


def _plain_hint(hint: Any) -> Any:
    """``X`` of ``X | None`` and ``Optional[X]``, ``list`` of ``list[int]``."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        kept = [each for each in typing.get_args(hint) if each is not type(None)]
        return _plain_hint(kept[0]) if len(kept) == 1 else hint
    return origin or hint


def _hints(handler: Callable[..., Any]) -> dict[str, Any]:
    function: Any = handler
    if not inspect.isroutine(handler) and not inspect.isclass(handler):
        function = type(handler).__call__  # an object that can be called
    if not getattr(function, "__annotations__", None) and not inspect.ismethod(function):
        return {}
    try:
        return typing.get_type_hints(function)
    except Exception:  # names that exist for type checkers only: go without hints
        return {}


def _is_context(hint: Any) -> bool:
    hint = _plain_hint(hint)
    return (isinstance(hint, type) and issubclass(hint, RunContext)) or hint in (
        "MLClientCtx",
        "RunContext",
        "mlrun.MLClientCtx",
    )


def _name(handler: Any) -> str:
    return getattr(handler, "__qualname__", None) or repr(handler)
