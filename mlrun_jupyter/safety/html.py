"""The one place where text becomes HTML.

Every view builds its markup from literals of its own and from :func:`escape`. The result is safe as element text and
inside a quoted attribute, and it cannot change how the text around it is read: control characters become visible
symbols, and text that holds directional marks is closed off so that it cannot reorder its neighbours.
"""

from __future__ import annotations

import re
from typing import Any, Final

_CONTROLS: Final = {
    **{code: chr(0x2400 + code) for code in range(0x20) if code not in (0x09, 0x0A, 0x0D)},
    0x7F: "\u2421",
    **dict.fromkeys(range(0x80, 0xA0), "\ufffd"),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),  # lone surrogates cannot be sent as UTF-8
    0xFFFE: "\ufffd",
    0xFFFF: "\ufffd",
}
_TABLE: Final = {
    **_CONTROLS,
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord('"'): "&quot;",
    ord("'"): "&#x27;",
    ord("`"): "&#x60;",  # an attribute quote in old browsers
    0x2028: "&#x2028;",
    0x2029: "&#x2029;",
}
_SPECIAL: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f&<>\"'`\u2028\u2029\ud800-\udfff\ufffe\uffff"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_DIRECTIONAL: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ISOLATE, _POP_ISOLATE, _POP_EMBEDDING = "\u2068", "\u2069", "\u202c"


def escape(value: Any) -> str:
    """``value`` as text that is safe between tags and inside a quoted attribute.

    Parameters
    ----------
    value
        Anything; ``str()`` of it is shown. None is the empty text.

    Example
    -------
    >>> escape('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    text = value if type(value) is str else "" if value is None else str(value)
    if _SPECIAL.search(text) is None:
        return text
    if _DIRECTIONAL.search(text) is not None:
        text = isolate(text)
    return text.translate(_TABLE)


def isolate(text: str) -> str:
    """``text`` closed off with Unicode isolates, so that its directional marks end where it ends.

    Marks that were opened are closed and surplus closing marks are dropped: a closing mark in the text can therefore
    never end the isolate around it.
    """
    opened: list[str] = []
    kept: list[str] = []
    for letter in text:
        if letter in "\u202a\u202b\u202d\u202e":
            opened.append(_POP_EMBEDDING)
        elif letter in "\u2066\u2067\u2068":
            opened.append(_POP_ISOLATE)
        elif letter in (_POP_EMBEDDING, _POP_ISOLATE):
            if not opened or opened[-1] != letter:
                continue
            opened.pop()
        kept.append(letter)
    return _ISOLATE + "".join(kept) + "".join(reversed(opened)) + _POP_ISOLATE


OWN_PAGE: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; frame-src 'self' blob: data:; base-uri 'none'; form-action 'none'"
)
"""The policy of the dashboard, wherever it is served; who may put it into a frame is added."""
CLOSED_FRAME: Final = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob: data:; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data: blob:; frame-src 'none'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
"""The policy of the page around pages of users: their scripts run, in an origin of their own and without a network."""
