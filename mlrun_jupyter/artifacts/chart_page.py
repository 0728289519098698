"""A chart as one page that needs nothing else: an SVG drawing, the figures as a table, and the Vega-Lite document."""

from __future__ import annotations

from typing import Any, Final

from mlrun_jupyter.artifacts import svg
from mlrun_jupyter.model import values
from mlrun_jupyter.safety.html import escape

_STYLE: Final = """
:root{color-scheme:light dark;--ink:#1f2328;--soft:#656d76;--line:#d0d7de;--back:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#8d96a0;--line:#3d444d;--back:#0d1117}}
body{margin:16px;font:13px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--back)}
h1{font-size:15px;font-weight:600;margin:0 0 8px}svg{max-width:100%;height:auto}
svg text{fill:var(--soft);font:11px system-ui,sans-serif}svg .axis{stroke:var(--line)}svg .name{fill:var(--ink)}
details{margin-top:8px;color:var(--soft)}table{border-collapse:collapse;margin-top:6px;font-variant-numeric:tabular-nums}
td,th{padding:2px 10px;border-bottom:1px solid var(--line);text-align:right}th{font-weight:600}
"""
_TABLE_ROWS: Final = 1000


def page(document: dict[str, Any], table: tuple[list[str], list[list[Any]]], *, title: str = "") -> str:
    """The page as HTML."""
    header, rows = table
    drawing = svg.draw(document, header, rows)
    heading = f"<h1>{escape(title)}</h1>" if title else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
        f"<title>{escape(title or 'chart')}</title><style>{_STYLE}</style></head>"
        f"<body>{heading}{drawing}{_figures(header, rows)}"
        f'<script type="application/vnd.vegalite.v5+json" id="spec">{embedded(document)}</script></body></html>'
    )


def _figures(header: list[str], rows: list[list[Any]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(each)}</td>" for each in row) + "</tr>" for row in rows[:_TABLE_ROWS])
    more = f"<p>{len(rows) - _TABLE_ROWS:,} more rows</p>" if len(rows) > _TABLE_ROWS else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<details><summary>{len(rows):,} rows</summary>{table}{more}</details>"


def embedded(document: dict[str, Any]) -> str:
    """JSON inside a script element: nothing in it can close the element."""
    return values.encode(document).decode().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
