"""A page as a link: who reads the notebook opens it, in the browser that the notebook is read in."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

from mlrun_jupyter.errors import StoreUnavailableError
from mlrun_jupyter.safety.html import escape

if TYPE_CHECKING:
    from mlrun_jupyter.cli.session import Place

_OPEN_RUN: Final = "mlrun-jupyter:open-run"
_SHOW_RUNS: Final = "mlrun-jupyter:show-runs"
_LOOPBACK: Final = ("http://127.", "http://localhost", "http://[::1]")
_ELSEWHERE: Final = (
    "JUPYTERHUB_USER",
    "JUPYTERHUB_SERVICE_PREFIX",
    "SSH_CONNECTION",
    "CODESPACES",
    "KUBERNETES_SERVICE_HOST",
)
"""Variables of kernels whose machine is seldom the reader's."""


class Link:
    """The dashboard's address, and the same place in JupyterLab.

    Parameters
    ----------
    place
        Where the link leads.

    Attributes
    ----------
    address
        Of the dashboard; empty where no service runs.
    """

    def __init__(self, place: Place) -> None:
        self._run = place.run
        self.address, self._problem = "", ""
        try:
            self.address = place.address()
        except StoreUnavailableError as error:
            self._problem = f"{error.message}, and so there is no dashboard: {error.hint}"

    def __str__(self) -> str:
        return "\n".join(each for each in (self.address or self._problem, self._note()) if each)

    __repr__ = __str__

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._html()}

    def _note(self) -> str:
        """Said where a browser would look for the service on the wrong machine."""
        if self.address.startswith(_LOOPBACK) and any(map(os.environ.get, _ELSEWHERE)):
            return (
                "that is an address of the kernel's machine; the panel of runs in JupyterLab is reached from everywhere"
            )
        return ""

    def _html(self) -> str:
        command, arguments, text = _SHOW_RUNS, {}, "Show the runs in JupyterLab"
        if self._run is not None:
            command, arguments, text = _OPEN_RUN, self._run._asdict(), "Open the run in JupyterLab"
        button = (
            f'<button class="jp-mod-styled jp-mod-accept" data-commandlinker-command="{escape(command)}" '
            f'data-commandlinker-args="{escape(json.dumps(arguments))}">{escape(text)}</button>'
        )
        link = f'<a href="{escape(self.address)}" target="_blank" rel="noopener">{escape(self.address)}</a>'
        note = self._note()
        told = (link if self.address else escape(self._problem)) + (f"<br>{escape(note)}" if note else "")
        return f"<p>{button}</p><p>{told}</p>"
