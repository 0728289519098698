"""The bundle that a view is shown with: durable, so that it is still there when the notebook is opened again."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from mlrun_jupyter.views import page, text
from mlrun_jupyter.views.base import View
from mlrun_jupyter.views.format import raw

HTML: Final = "text/html"
PLAIN: Final = "text/plain"


def mime_type(kind: str) -> str:
    """Example: ``mime_type("run")`` is ``application/vnd.mlrun-jupyter.run+json``."""
    return f"application/vnd.mlrun-jupyter.{kind}+json"


def bundle(view: View) -> dict[str, Any]:
    """MIME type to content: JSON for our front end, escaped HTML for every other, text for terminals.

    Example
    -------
    >>> from mlrun_jupyter.views.run import RunView
    >>> sorted(bundle(RunView(name="train")))
    ['application/vnd.mlrun-jupyter.run+json', 'text/html', 'text/plain']
    """
    return {mime_type(view.kind): as_json(view), HTML: str(page.render(view)), PLAIN: text.render(view)}


def as_json(view: View) -> dict[str, Any]:
    """The model as JSON that every reader takes: no NaN, no lone surrogates."""
    try:
        encoded = msgspec.json.encode(view)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(raw(msgspec.to_builtins(view)))
    found: dict[str, Any] = msgspec.json.decode(encoded)
    return found
