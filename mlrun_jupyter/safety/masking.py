"""Secrets do not show in text that streams by, not even when a write ends in the middle of one."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = "***"
MIN_LENGTH: Final = 4
"""Shorter values are not masked: they would black out ordinary text, and guessing them needs no log."""
_MIN_ENCODED: Final = 6
_MIN_LINE: Final = 12


class Masker:
    """Replaces secret values in a stream of text by ``***``.

    Besides the value itself its usual disguises are found: base64 (also inside a longer encoded text), hexadecimal,
    URL-, JSON-, Python- and HTML-escaped, and each long line of a value with several.

    Parameters
    ----------
    values
        The secrets. Those with fewer than 4 characters are left alone.

    Example
    -------
    >>> masker = Masker(["t0ps3cret"])
    >>> masker.feed("token=t0ps") + masker.feed("3cret;") + masker.flush()
    'token=***;'
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._forms: list[str] = []
        self._by_first: dict[str, list[str]] = {}
        self._pattern: re.Pattern[str] | None = None
        self._waiting = ""
        self.add(*values)

    def add(self, *values: str) -> None:
        """Mask these values too, from here on."""
        forms = set(self._forms)
        for value in values:
            forms |= _forms(str(value))
        if len(forms) == len(self._forms):
            return
        self._forms = sorted(forms, key=lambda form: (-len(form), form))
        self._by_first = {}
        for form in self._forms:
            self._by_first.setdefault(form[0], []).append(form)
        self._pattern = re.compile("|".join(map(re.escape, self._forms)))

    def mask(self, text: str) -> str:
        """A whole text, independent of what was fed."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def feed(self, text: str) -> str:
        """The masked text that is certain by now; the beginning of what may become a secret waits for the next call."""
        if self._pattern is None:
            return text
        text = self._waiting + text
        hold = self._held_from(text)
        parts = []
        at = 0
        for match in self._pattern.finditer(text):
            if match.start() >= hold:
                break
            parts += [text[at : match.start()], MASK]
            at = match.end()
        hold = max(hold, at)
        parts.append(text[at:hold])
        self._waiting = text[hold:]
        return "".join(parts)

    def flush(self) -> str:
        """What was waiting, masked; call it at the end of the stream."""
        text, self._waiting = self._waiting, ""
        return self.mask(text)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce__(self) -> tuple[type, tuple[()]]:
        raise TypeError("a masker holds secrets and is not pickled")

    def _held_from(self, text: str) -> int:
        """Where the first suffix begins that is the start, but not the whole, of a form."""
        size = len(text)
        for index in range(max(0, size - len(self._forms[0]) + 1), size):
            for form in self._by_first.get(text[index], ()):
                if len(form) > size - index and form.startswith(text[index:]):
                    return index
        return size


def _forms(value: str) -> set[str]:
    """How a secret may look in text."""
    if len(value) < MIN_LENGTH or value.isspace():
        return set()
    forms = {value}
    stripped = value.strip()
    if len(stripped) >= MIN_LENGTH:
        forms.add(stripped)
    if len(stripped) >= _MIN_ENCODED:
        for text in {value, stripped}:
            forms |= _encoded(text)
    forms |= {line for line in map(str.strip, value.splitlines()) if len(line) >= _MIN_LINE}
    return {form for form in forms if len(form) >= MIN_LENGTH}


def _encoded(value: str) -> set[str]:
    data = value.encode(errors="surrogatepass")
    percent, plus = quote(data, safe=""), quote_plus(data)
    forms = {percent, plus, quote(data), _lower(percent), _lower(plus), data.hex(), data.hex().upper()}
    forms |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    forms.add(html.escape(value))
    for shift in range(3):  # inside a longer text the value may start at any of three places of a group
        padded = base64.b64encode(b"\0" * shift + data).decode()
        at_end = padded.rstrip("=")[(0, 2, 3)[shift] :]
        within = (
            at_end if at_end and (shift + len(data)) % 3 == 0 else at_end[:-1]
        )  # its last letter depends on what follows
        for form in (at_end, within):
            if len(form) >= _MIN_ENCODED:
                forms |= {form, form.replace("+", "-").replace("/", "_")}
    return forms


def _lower(percent: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), percent)
