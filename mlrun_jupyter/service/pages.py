"""The dashboard: the files of the built page, with deep links; a plain page where it is not built.

The page is served to those who have a token, as everything else; a browser asks for it once.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Final

from mlrun_jupyter.db.query import ALL_PROJECTS, RunQuery
from mlrun_jupyter.errors import NotFoundError, UnsafeError
from mlrun_jupyter.safety.html import CLOSED_FRAME, OWN_PAGE, escape
from mlrun_jupyter.safety.paths import open_inside
from mlrun_jupyter.service.access import READ
from mlrun_jupyter.service.operation import ANYBODY, Call, Operation
from mlrun_jupyter.service.reply import Reply, refusal
from mlrun_jupyter.service.version import version

INDEX: Final = "index.html"
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
"""What the page may consist of."""
_POLICY: Final = f"{OWN_PAGE}; frame-ancestors 'none'".encode()
_HEADERS: Final = (
    (b"content-security-policy", _POLICY),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-cache"),
)
_FRAME: Final = "frame.html"
"""The page around pages of users."""
_FRAME_HEADERS: Final = (
    (b"content-security-policy", CLOSED_FRAME.encode()),
    (b"cache-control", b"no-cache"),
)
_CLOSED: Final = ("api", "mlrun-jupyter", "health")
"""First parts of addresses that are no pages."""
_LARGEST: Final = 32 * 2**20


def built_page() -> Path | None:
    """The folder of the built dashboard, None where it is not built."""
    folder = Path(__file__).parents[1] / "_static" / "page"
    return folder if (folder / INDEX).is_file() else None


def page(call: Call) -> Reply:
    """A file of the dashboard; an address without an ending is one of its views."""
    path = call.path.get("file", "")
    if path.split("/", 1)[0] in _CLOSED:
        return refusal(call.scope["path"], 404, "no such address")
    folder = call.service.page
    if folder is None:
        return _plain(call)
    suffix = PurePosixPath(path).suffix.lower()
    if path and suffix in _TYPES:
        try:
            return _file(call, folder, path, suffix)
        except (NotFoundError, UnsafeError):
            return refusal(call.scope["path"], 404, "no such address")
    return _file(call, folder, INDEX, ".html")


def _file(call: Call, folder: Path, path: str, suffix: str) -> Reply:
    """A part of the page; only that it is still the same, for who has it: browsers keep its compiled code by that."""
    fd = open_inside(folder, path)
    with os.fdopen(fd, "rb") as file:
        about = os.fstat(fd)
        tag = b'"%x-%x"' % (about.st_mtime_ns, about.st_size)
        headers = (*(_FRAME_HEADERS if path == _FRAME else _HEADERS), (b"etag", tag))
        if tag in call.headers.get(b"if-none-match", b""):
            return Reply(b"", 304, _TYPES[suffix], headers)
        return Reply(file.read(_LARGEST), media=_TYPES[suffix], headers=headers)


def _plain(call: Call) -> Reply:
    """Readable without the dashboard: what this is, and what is in it."""
    states = call.db.count_runs(RunQuery(project=ALL_PROJECTS))
    rows = "".join(f"<tr><td>{escape(state)}</td><td>{count}</td></tr>" for state, count in sorted(states.items()))
    names = ", ".join(escape(project.metadata.name) for project in call.db.list_projects()) or "none yet"
    text = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>mlrun-jupyter</title>
<meta name="viewport" content="width=device-width">
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:3em auto;padding:0 1em;color:#1c1c1c;background:#fff}}
table{{border-collapse:collapse}}td{{padding:.1em 1.5em .1em 0}}code{{background:#f2f2f2;padding:.1em .3em}}
@media(prefers-color-scheme:dark){{body{{color:#ddd;background:#181818}}code{{background:#2a2a2a}}}}</style></head>
<body><h1>mlrun-jupyter {escape(version())}</h1>
<p>This service keeps runs. Use it from a notebook: <code>MLRUN_DBPATH=&lt;this address&gt;</code>, and the token that
you were given as <code>MLRUN_HTTPDB__TOKEN</code>.</p>
<h2>Runs</h2><table>{rows or "<tr><td>none yet</td></tr>"}</table>
<h2>Projects</h2><p>{names}</p>
<p>The dashboard is not part of this installation.</p></body></html>
"""
    return Reply(text.encode(), media=_TYPES[".html"], headers=_HEADERS)


def operations() -> list[Operation]:
    """The dashboard's; they come last, as they take every address that is left."""
    return [
        Operation(method="GET", path=path, summary="The dashboard.", role=READ, on=ANYBODY, handler=page, label="page")
        for path in ("/", "/{file:path}")
    ]
