"""Where something is shown: a live widget when one is registered, a notebook's output, or the terminal.

Nothing below ``runs`` knows how things look, and nothing here imports what is above: widgets register themselves.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from mlrun_jupyter import config
from mlrun_jupyter.views import mime, text
from mlrun_jupyter.views.base import View

Renderer = Callable[[View, str], bool]
"""Shows a view under an identity (empty: none) and says whether it did."""

_renderers: list[Renderer] = []
_shown: set[tuple[Any, str]] = set()
"""The running cell and the identities that it has shown."""


def register(renderer: Renderer) -> Callable[[], None]:
    """Have ``renderer`` asked before anything else is shown; the newest first.

    Parameters
    ----------
    renderer
        Called with the view and its ``display_id``; returns True when it has shown it.

    Returns
    -------
    callable
        Takes the renderer away again.
    """
    _renderers.append(renderer)

    def forget() -> None:
        if renderer in _renderers:
            _renderers.remove(renderer)

    return forget


def show(view: View, *, display_id: str = "", update: bool = False, auto: bool = False) -> None:
    """Show a view: in a notebook as JSON, HTML and text at once; elsewhere as text on standard output.

    Parameters
    ----------
    view
        What to show.
    display_id
        An identity under which it can be shown again in its place.
    update
        Replace what was shown under ``display_id``. Outside notebooks nothing is written a second time.
    auto
        Nobody asked for it: nothing is shown when ``display.auto`` is off.
    """
    if auto and not config.current().display.auto:
        return
    if display_id:
        _note(display_id)
    for renderer in reversed(_renderers):
        if renderer(view, display_id):
            return
    if _shell() is None:
        if not update:
            _write(text.render(view))
        return
    publish(mime.bundle(view), display_id=display_id, update=update)


def shown(display_id: str) -> bool:
    """Whether the running cell has shown something under this identity, so that its last expression need not do so again."""
    return (cell_number(), display_id) in _shown


def _note(display_id: str) -> None:
    number = cell_number()
    _shown.difference_update({each for each in _shown if each[0] != number})
    _shown.add((number, display_id))


def cell_number() -> Any:
    """Of the cell that runs, as it stands in front of it; None outside notebooks."""
    return getattr(_shell(), "execution_count", None)


def publish(bundle: dict[str, Any], *, display_id: str = "", update: bool = False) -> None:
    """Hand a MIME bundle to the shell that runs this code. Needs one; see :func:`in_shell`."""
    ipython: Any = sys.modules["IPython"]
    if update and display_id:
        ipython.display.update_display(bundle, display_id=display_id, raw=True)
    else:
        ipython.display.display(bundle, raw=True, **({"display_id": display_id} if display_id else {}))


def in_shell() -> bool:
    """Whether this code runs in IPython: a notebook or its terminal."""
    return _shell() is not None


def in_notebook() -> bool:
    """Whether what is shown can be more than text: the shell talks to a front end."""
    shell = _shell()
    return shell is not None and getattr(shell, "kernel", None) is not None


def _shell() -> Any:
    ipython = sys.modules.get("IPython")  # who did not import it does not run in it
    return ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None


def _write(lines: str) -> None:
    try:
        sys.stdout.write(lines + "\n")
    except UnicodeEncodeError:  # a terminal that knows fewer letters
        encoding = sys.stdout.encoding or "ascii"
        sys.stdout.write(lines.encode(encoding, "replace").decode(encoding) + "\n")
