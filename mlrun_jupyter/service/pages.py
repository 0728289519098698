"""The dashboard: files of the built page, with deep links; a plain page where it is not built."""

from __future__ import annotations

from pathlib import Path


def built_page() -> Path | None:
    """The folder of the built dashboard, None where it is not built."""
    folder = Path(__file__).parents[1] / "_static" / "page"
    return folder if (folder / "index.html").is_file() else None
