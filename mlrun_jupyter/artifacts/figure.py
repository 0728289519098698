"""Figures of plotting libraries, recognised by what they can do: nothing is imported to find out."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Mapping
from typing import Any, Final

from mlrun_jupyter.artifacts.base import Artifact
from mlrun_jupyter.artifacts.content import Content, Data
from mlrun_jupyter.errors import InvalidArgumentError, MissingDependencyError
from mlrun_jupyter.model import values
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.safety.html import escape

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"


class PlotArtifact(Artifact):
    """A picture: a matplotlib figure (or axes, or ``pyplot`` itself), PNG, JPEG or SVG bytes, kept as a page that shows it.

    Parameters
    ----------
    key
        Its name.
    body
        The figure or the picture's bytes. Without it ``local_path`` names a picture's file.
    title
        Above the picture.
    format
        ``html`` by default; ``png`` and ``svg`` keep the picture itself.

    Example
    -------
    >>> PlotArtifact("roc", body=b"\\x89PNG\\r\\n\\x1a\\n").file_name()
    'roc.html'
    """

    kind = "plot"
    default_suffix = ".html"
    default_viewer = "chart"

    def __init__(
        self,
        key: str = "",
        body: Any = None,
        is_inline: bool = False,
        target_path: str = "",
        title: str = "",
        *,
        labels: Mapping[str, Any] | None = None,
        local_path: str | os.PathLike[str] = "",
        format: str = "",
        **more: Any,
    ) -> None:
        super().__init__(key, body, labels=labels, local_path=local_path, target_path=target_path, format=format)
        self.is_inline = is_inline
        self.title = title
        self.set(**more)

    def content(self) -> Content:
        if self.body is None:
            return super().content()
        if self._kept_as() in ("png", "svg"):
            return Data(picture(self.body, self._kept_as(), where=f"plot {self.key!r}"))
        data = picture(self.body, "png", where=f"plot {self.key!r}")
        return Data(_page(data, self.title or self.key).encode())

    def file_name(self) -> str:
        name = super().file_name()
        kept = f".{self._kept_as()}"
        if self.body is None or name.lower().endswith(kept):
            return name
        return (os.path.splitext(name)[0] if self.local_path else name) + kept  # noqa: PTH122 - text

    def _kept_as(self) -> str:
        ending = os.path.splitext(os.fspath(self.local_path))[1].lstrip(".").lower()  # noqa: PTH122 - text
        wanted = self.format.lower() or (ending if ending in ("png", "svg", "html") else "")
        return wanted if wanted in ("png", "svg") else "html"

    def describe(self, record: ArtifactRecord) -> None:
        record.spec.format = self._kept_as() if self.body is not None else record.spec.format


class PlotlyArtifact(Artifact):
    """A figure of plotly, Bokeh or Altair: an interactive page that needs no network, where the library can make one."""

    kind = "plotly"
    default_suffix = ".html"
    default_viewer = "plotly"

    def __init__(self, key: str = "", figure: Any = None, target_path: str = "", **more: Any) -> None:
        body = more.pop("body", None)
        super().__init__(key, figure if figure is not None else body, target_path=target_path)
        self.set(**more)

    def content(self) -> Content:
        if self.body is None:
            return super().content()
        return Data(interactive(self.body, title=self.key).encode())

    def describe(self, record: ArtifactRecord) -> None:
        record.spec.format = "html"
        library = type(self.body).__module__.partition(".")[0] if self.body is not None else ""
        if library:
            record.spec.extra["library"] = library


BokehArtifact = PlotlyArtifact


def is_picture(value: Any) -> bool:
    """Whether ``value`` is a matplotlib figure or axes, or the bytes of a picture."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value[:8]).startswith((_PNG, _JPEG))
    return _figure_of(value) is not None


def is_interactive(value: Any) -> bool:
    """Whether ``value`` is a figure of plotly, Bokeh or Altair."""
    module = type(value).__module__.partition(".")[0]
    return (
        (module == "plotly" and hasattr(value, "to_html"))
        or (module in ("altair", "vegafusion") and hasattr(value, "to_dict"))
        or (module == "bokeh" and hasattr(value, "document"))
    )


def picture(value: Any, format: str, *, where: str = "") -> bytes:
    """The bytes of a picture.

    Raises :class:`InvalidArgumentError` for what is no picture.
    """
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, str) and value.lstrip()[:5].lower() in ("<svg ", "<?xml"):
        return value.encode()
    figure = _figure_of(value)
    if figure is None:
        raise InvalidArgumentError(
            f"not a picture: {type(value).__name__}", where=where, hint="give a matplotlib figure, or PNG or SVG bytes"
        )
    buffer = io.BytesIO()
    figure.savefig(buffer, format=format, bbox_inches="tight")
    return buffer.getvalue()


def interactive(figure: Any, *, title: str = "") -> str:
    """The page of an interactive figure, with its library inside."""
    module = type(figure).__module__.partition(".")[0]
    if module == "plotly":
        return str(figure.to_html(include_plotlyjs=True, full_html=True))
    if module == "bokeh":
        from importlib import import_module

        return str(import_module("bokeh.embed").file_html(figure, import_module("bokeh.resources").INLINE, title))
    if hasattr(figure, "to_dict"):
        return _vega_page(figure, title)
    raise InvalidArgumentError(
        f"not a figure: {type(figure).__name__}", hint="plotly, Bokeh and Altair figures are known"
    )


def _vega_page(chart: Any, title: str) -> str:
    """An Altair chart: with its library inside when ``vl-convert`` is there, else the document for viewers that draw it."""
    try:
        return str(chart.to_html(inline=True))
    except (ImportError, ValueError, MissingDependencyError):
        from mlrun_jupyter.artifacts.chart_page import embedded

        document = embedded(values.plain(chart.to_dict()))
        return (
            f'<!doctype html><html><head><meta charset="utf-8"><title>{escape(title)}</title></head><body>'
            f"<p>{escape(title)}: a Vega-Lite chart, drawn where its run is looked at; install vl-convert-python to keep a "
            "drawing.</p>"
            f'<script type="application/vnd.vegalite.v5+json" id="spec">{document}</script></body></html>'
        )


def _figure_of(value: Any) -> Any:
    """The matplotlib figure that ``value`` is or belongs to, or None."""
    if getattr(value, "__name__", "") == "matplotlib.pyplot":
        return value.gcf()
    modules = {each.__module__.partition(".")[0] for each in type(value).__mro__}
    if "matplotlib" in modules or "seaborn" in modules:
        figure = getattr(value, "figure", None)
        if hasattr(value, "savefig"):
            return value
        if hasattr(figure, "savefig"):
            return figure
    return None


def _page(data: bytes, title: str) -> str:
    text = base64.b64encode(data).decode()
    kind = "image/png" if data.startswith(_PNG) else "image/jpeg" if data.startswith(_JPEG) else "image/svg+xml"
    return (
        '<!doctype html><html><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
        f"<title>{escape(title)}</title></head><body><h3>{escape(title)}</h3>"
        f'<img alt="{escape(title)}" style="max-width:100%" src="data:{kind};base64,{text}"></body></html>'
    )
