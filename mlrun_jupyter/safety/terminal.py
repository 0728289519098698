"""Text for a terminal: colours pass, everything else that a terminal would obey becomes visible."""

from __future__ import annotations

import re
from typing import Final

_SGR: Final = r"\x1b\[[0-9;:]{0,64}m"
_SAFE: Final = re.compile(rf"({_SGR})")
_OBEYED: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ANY: Final = re.compile(rf"{_SGR}|{_OBEYED.pattern}")
_RESET: Final = "\x1b[0m"


def clean(text: str, *, color: bool = True) -> str:
    """``text`` with only its SGR sequences (colour, weight) in effect.

    Other escapes (titles, links, clipboard, cursor, device requests), control characters and directional marks are
    shown as symbols. A text that leaves a colour on gets a reset at its end.

    Parameters
    ----------
    color
        False drops the SGR sequences too.

    Example
    -------
    >>> clean("a\\x1b]52;c;aGk=\\x07b")
    'a␛]52;c;aGk=␇b'
    """
    if _ANY.search(text) is None:
        return text
    parts = _SAFE.split(text)
    for index, part in enumerate(parts):
        if index % 2:
            if not color:
                parts[index] = ""
        else:
            parts[index] = _OBEYED.sub(_visible, part.replace("\r\n", "\n"))
    colored = color and len(parts) > 1 and parts[-2] not in (_RESET, "\x1b[m")
    return "".join(parts) + (_RESET if colored else "")


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"<U+{code:04X}>"
