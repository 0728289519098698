"""A cell's logical lines and comments, IPython's escapes included. Strings and brackets are respected.

The standard tokenizer stops at the first magic, and is slow; this reads any text.
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

LineKind = Literal["code", "blank", "escape", "assign", "help"]

ESCAPES: Final = "%!?,;/"


class LogicalLine(NamedTuple):
    """Lines ``first`` to ``last`` (from 1, both included) that belong together.

    ``kind``: ``escape`` starts with one of ``%!?,;/``; ``assign`` is ``x = %magic`` or ``x = !command``; ``help`` is
    ``x?``. ``column`` is where the escape starts, in characters of the joined text.
    """

    kind: LineKind
    first: int
    last: int
    text: str
    column: int = 0


class Comment(NamedTuple):
    """A real comment, never text in a string. ``alone``: nothing else is on its line."""

    line: int
    column: int
    text: str
    alone: bool


class Scan(NamedTuple):
    """``in_string``: the lines that start inside a string, whose indentation is text."""

    lines: list[LogicalLine]
    comments: list[Comment]
    in_string: set[int]


# Atomic groups: early releases of Python 3.11 (3.11.2 is one) match a possessive repetition of a group wrongly.
_TOKEN: Final = re.compile(
    r"""
      (?P<plain>[^\n\\\#'"()\[\]{}]++)
    | (?P<comment>\#[^\n]*+)
    | (?P<string>\"\"\"(?>(?:[^"\\]|\\.|"(?!""))*)(?:\"\"\"|\Z)
               | '''(?>(?:[^'\\]|\\.|'(?!''))*)(?:'''|\Z)
               | "(?>(?:[^"\\\n]|\\.)*)"?
               | '(?>(?:[^'\\\n]|\\.)*)'?)
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<joined>\\\n)
    | (?P<end>\n)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED: Final = re.compile(rf"[ \t\f]*+[{re.escape(ESCAPES)}]")
_ASSIGN: Final = re.compile(r"(?<![=!<>:+\-*/%&|^@~])=(?!=)")
_ESCAPED_VALUE: Final = re.compile(r"(?>(?:[ \t\f]|\\\n)*)(?:%(?=[^\W\d])|!)")
_CONTINUED: Final = re.compile(r"(?:[^\n]*\\\n)*[^\n]*")
_SPECIAL: Final = re.compile(r"^[ \t\f]*[%!?,;/]|\?[ \t\f]*$|(?<!=)=(?>(?:[ \t\f]|\\\n)*)[%!]", re.MULTILINE)


def is_special(source: str) -> bool:
    """Whether a scan may find anything but Python; False is certain.

    Example
    -------
    >>> is_special("x = 1"), is_special("!ls"), is_special("x = !ls"), is_special("x?")
    (False, True, True, True)
    """
    return ("%" in source or "!" in source or "?" in source or "," in source or ";" in source or "/" in source) and (
        _SPECIAL.search(source) is not None
    )


def scan(source: str) -> Scan:
    """Logical lines in order, and every comment."""
    lines: list[LogicalLine] = []
    comments: list[Comment] = []
    in_string: set[int] = set()
    position, number, length = 0, 1, len(source)
    while position < length:
        escaped = _ESCAPED.match(source, position)
        if escaped:
            end = _continued_end(source, position)
            text = source[position:end]
            kind: LineKind = "help" if _asks(text) else "escape"
            last = number + text.count("\n")
            lines.append(LogicalLine(kind, number, last, text, escaped.end() - position - 1))
        else:
            end, kind, column = _logical_line(source, position, number, comments, in_string)
            text = source[position:end]
            last = number + text.count("\n")
            lines.append(LogicalLine(kind, number, last, text, column))
        position, number = end + 1, last + 1
    return Scan(lines, comments, in_string)


def _continued_end(source: str, start: int) -> int:
    match = _CONTINUED.match(source, start)
    return match.end() if match else len(source)


def _logical_line(
    source: str, start: int, first: int, comments: list[Comment], in_string: set[int]
) -> tuple[int, LineKind, int]:
    """Where the logical line at ``start`` ends, what it is, and the column of its escape."""
    depth, position = 0, start
    seen, assigned, ends_plain = False, False, False
    line, line_start = first, start
    while match := _TOKEN.match(source, position):
        kind, end = match.lastgroup, match.end()
        if kind == "plain":
            text = match[0]
            if text.isspace():
                position = end
                continue
            seen = ends_plain = True
            if not depth and not assigned and (equals := _ASSIGN.search(text)):
                assigned = True
                after = position + equals.end()
                if value := _ESCAPED_VALUE.match(source, after):
                    return _continued_end(source, value.end()), "assign", value.end() - 1 - start
        elif kind == "end":
            if not depth:
                break
            line += 1
            line_start = end
        elif kind == "comment":
            alone = source[line_start:position].isspace() or line_start == position
            comments.append(Comment(line, position - line_start, match[0], alone))
            ends_plain = False
        elif kind == "joined":
            line += 1
            line_start = end
        else:
            seen, ends_plain = True, kind != "string"
            if kind == "open":
                depth += 1
            elif kind == "close":
                depth = max(0, depth - 1)
            elif kind == "string" and "\n" in match[0]:
                before, line = line, line + match[0].count("\n")
                in_string.update(range(before + 1, line + 1))
                line_start = position + match[0].rindex("\n") + 1
        position = end
    if not seen:
        return position, "blank", 0
    if ends_plain and _asks(source[max(start, position - 200) : position]):
        return position, "help", 0
    return position, "code", 0


def _asks(text: str) -> bool:
    """``name?``, ``name??`` and ``na*e?`` ask for help; no Python line ends like that."""
    name = text.rstrip(" \t\f")
    question = name[-2:]
    if not question.endswith("?"):
        return False
    name = name[:-2] if question == "??" else name[:-1]
    return name[-1:].isalnum() or name[-1:] in {"_", "*", "]"}
