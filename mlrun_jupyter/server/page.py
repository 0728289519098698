"""The dashboard as a page of this Jupyter server: where no tab can be opened beside a notebook, and to look around at
full width. It is what ``mlrun db`` serves, and asks this server instead."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from mlrun_jupyter.safety.html import CLOSED_FRAME, OWN_PAGE
from mlrun_jupyter.server.handler import RESOURCE

FOLDER: Final = Path(__file__).parents[1] / "_static" / "page"
FRAME: Final = "frame.html"
"""The page around pages of users, which has a policy of its own."""
_FILES: Final = {
    "index.html": "text/html; charset=utf-8",
    FRAME: "text/html; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_POLICY: Final = f"{OWN_PAGE}; frame-ancestors 'self'"


class PageHandler(JupyterHandler):
    """``GET mlrun-jupyter/``: the page and its parts, for those who have signed in."""

    auth_resource = RESOURCE

    @property
    def content_security_policy(self) -> str:
        return CLOSED_FRAME if self.request.path.endswith(f"/{FRAME}") else _POLICY

    @web.authenticated
    @authorized
    def get(self, name: str = "") -> None:
        name = name or "index.html"
        if name not in _FILES or not (FOLDER / name).is_file():
            raise web.HTTPError(404)
        _ = self.xsrf_token  # asking for it sends the cookie that the page's deeds need
        self.set_header("Content-Type", _FILES[name])
        self.set_header("Cache-Control", "no-cache")
        self.finish((FOLDER / name).read_bytes())
