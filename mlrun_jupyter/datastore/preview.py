"""A piece of data shown in a notebook."""

from __future__ import annotations

import os
from typing import Any, Final, Protocol

from mlrun_jupyter.datastore import frames
from mlrun_jupyter.datastore.base import FileStat
from mlrun_jupyter.safety.html import escape

_IMAGES: Final = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".gif": "gif"}
_PAGES: Final = (".html", ".htm", ".svg")
MAX_BYTES: Final = 5_000_000
MAX_TEXT: Final = 20_000


class Readable(Protocol):
    """What is asked of a data item that is shown."""

    @property
    def url(self) -> str: ...
    @property
    def suffix(self) -> str: ...
    def get(self, size: int | None = None, offset: int = 0) -> bytes: ...
    def stat(self) -> FileStat: ...
    def as_df(self, *, format: str) -> Any: ...


def show(item: Readable, *, format: str = "") -> None:
    """Show an item; outside a notebook its text is printed.

    Pages and drawings go into a frame that can neither reach the notebook nor the network. Nothing is unpickled.
    """
    try:
        from IPython.display import display
    except ImportError:
        print(text_of(item))
        return
    display(displayed(item, format=format))  # type: ignore[no-untyped-call] # IPython annotates it so


def displayed(item: Readable, *, format: str = "") -> Any:
    """The object that a notebook displays for an item: a frame, an image, or a MIME bundle."""
    suffix = f".{format}" if format else item.suffix.lower()
    if suffix in frames.FORMATS and suffix not in (".json", ".txt"):
        return item.as_df(format=format)
    if suffix in _IMAGES:
        from IPython.display import Image

        return Image(data=item.get(), format=_IMAGES[suffix])  # type: ignore[no-untyped-call] # as above
    if suffix in _PAGES:
        return Shown(text_of(item), framed(item.get(MAX_BYTES).decode("utf-8", "replace")))
    text = text_of(item)
    return Shown(text, f"<pre>{escape(text)}</pre>")


class Shown:
    """Text, and the same as HTML."""

    def __init__(self, text: str, html: str) -> None:
        self._text = text
        self._html = html

    def _repr_html_(self) -> str:
        return self._html

    def __repr__(self) -> str:
        return self._text


def framed(page: str, *, height: int = 420) -> str:
    """A page of somebody else's in a closed frame: of no origin, without network.

    Example
    -------
    >>> framed("<b>x</b>").startswith('<iframe sandbox="allow-scripts" ')
    True
    """
    policy = (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:"
    )
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    style = f"width:100%;height:{height}px;border:0;background:#fff"
    return f'<iframe sandbox="allow-scripts" referrerpolicy="no-referrer" style="{style}" srcdoc="{escape(head + page)}"></iframe>'


def text_of(item: Readable) -> str:
    """The beginning of an item as text; bytes that are none are told by their number."""
    data = item.get(MAX_TEXT * 4)
    try:
        text = data.decode("utf-8", "strict" if len(data) < MAX_TEXT * 4 else "ignore")
    except UnicodeDecodeError:
        return f"<{item.stat().size:,} bytes of {os.path.basename(item.url)}>"  # noqa: PTH119 - an address is no path
    if "\0" in text:
        return f"<{item.stat().size:,} bytes of {os.path.basename(item.url)}>"  # noqa: PTH119 - as above
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "\n…"
