"""A line of a magic as words, and values with ``$name`` and ``{expression}`` in them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from mlrun_jupyter.errors import InvalidArgumentError, nearest

_CLOSING: Final = {"[": "]", "{": "}", "(": ")"}
_NAME: Final = re.compile(r"\$([A-Za-z_]\w*)")


class Words(NamedTuple):
    """The words of a line; ``last`` is the raw text of one that is still being written."""

    complete: list[str]
    last: str


def split(line: str) -> list[str]:
    """The words of a line: white space separates them, unless it stands in quotes or brackets.

    Quotes are taken away outside brackets; a ``#`` that begins a word begins a comment.

    Raises
    ------
    InvalidArgumentError
        A quote or bracket that is not closed.

    Example
    -------
    >>> split('train -x eta=[0.1, 0.3] --where "results.accuracy > 0.9"  # the best')
    ['train', '-x', 'eta=[0.1, 0.3]', '--where', 'results.accuracy > 0.9']
    """
    words = _read(line, strict=True)
    return [*words.complete, *([words.last] if words.last else [])]


def split_open(text: str) -> Words:
    """The words of a line up to the cursor, where quotes and brackets may still be open."""
    return _read(text, strict=False)


def _read(line: str, *, strict: bool) -> Words:
    words: list[str] = []
    word, started, position = "", False, 0
    while position < len(line):
        char = line[position]
        if char.isspace():
            if started:
                words.append(word)
            word, started = "", False
            position += 1
        elif char == "#" and not started:
            return Words(words, "")
        elif char in "'\"":
            end = line.find(char, position + 1)
            if end < 0:
                _refuse(strict, f"the quote {char} is not closed", line[position:])
                return Words(words, word + line[position:])
            word, started, position = word + line[position + 1 : end], True, end + 1
        elif char in _CLOSING:
            end = _closing(line, position)
            if end < 0:
                _refuse(strict, f"the bracket {char} is not closed", line[position:])
                return Words(words, word + line[position:])
            word, started, position = word + line[position : end + 1], True, end + 1
        else:
            word, started, position = word + char, True, position + 1
    if strict and started and not word:
        words.append("")
    return Words(words, word)


def _refuse(strict: bool, what: str, where: str) -> None:
    if strict:
        raise InvalidArgumentError(what, where=where[:40], hint="close it, or put the word into quotes")


def _closing(line: str, start: int) -> int:
    """Where the bracket at ``start`` closes; brackets in quotes do not count. -1: nowhere."""
    open_brackets: list[str] = []
    quote = ""
    for position in range(start, len(line)):
        char = line[position]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in _CLOSING:
            open_brackets.append(_CLOSING[char])
        elif open_brackets and char == open_brackets[-1]:
            open_brackets.pop()
            if not open_brackets:
                return position
    return -1


class Expander:
    """Fills ``$name`` and ``{expression}`` in.

    Parameters
    ----------
    names
        What ``$name`` may be; others stay as they are, as in ``$HOME``.
    evaluate
        The value of an expression.
    """

    def __init__(self, names: Mapping[str, Any], evaluate: Callable[[str], Any]) -> None:
        self._names = names
        self._evaluate = evaluate

    def value(self, text: str) -> tuple[bool, Any]:
        """Whether the whole text is one ``$name`` or ``{expression}``, and its value: any object."""
        if (match := _NAME.fullmatch(text)) and match[1] in self._names:
            return True, self._names[match[1]]
        if text[:1] == "{" and _closing(text, 0) == len(text) - 1 and self._is_expression(text):
            return True, self._value(text[1:-1])
        return False, None

    def text(self, text: str) -> str:
        """The text with everything filled in as text; ``{{`` and ``}}`` stand for braces."""
        if "$" not in text and "{" not in text:
            return text
        parts: list[str] = []
        position = 0
        while position < len(text):
            if text.startswith(("{{", "}}"), position) and not self._is_literal(text[position:]):
                parts.append(text[position])
                position += 2
                continue
            if text[position] == "{" and (end := _closing(text, position)) > 0:
                whole = text[position : end + 1]
                parts.append(str(self._value(whole[1:-1])) if self._is_expression(whole) else whole)
                position = end + 1
                continue
            match = _NAME.match(text, position)
            if match and match[1] in self._names:
                parts.append(str(self._names[match[1]]))
                position = match.end()
                continue
            parts.append(text[position])
            position += 1
        return "".join(parts)

    @staticmethod
    def _is_literal(text: str) -> bool:
        end = _closing(text, 0)
        return end > 0 and _literal(text[: end + 1])

    @staticmethod
    def _is_expression(text: str) -> bool:
        """Braces around an expression, not a mapping, a set or braces of another language."""
        if not text[1:-1].strip() or _literal(text):
            return False
        try:
            ast.parse(text[1:-1].strip(), mode="eval")
        except (SyntaxError, ValueError):
            return False
        return True

    def _value(self, expression: str) -> Any:
        try:
            return self._evaluate(expression.strip())
        except NameError as error:
            name = getattr(error, "name", "") or expression
            hint = nearest(name, [each for each in self._names if not each.startswith("_")])
            hint = hint if hint.startswith("did") else "assign it first"
            raise InvalidArgumentError(f"there is no variable {name!r}", where=f"{{{expression}}}", hint=hint) from None
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            raise InvalidArgumentError("an expression fails", where=f"{{{expression}}}", hint=told) from error


def _literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return True
