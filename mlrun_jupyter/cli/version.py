"""``mlrun version``."""

from __future__ import annotations

import click


def version() -> str:
    """The installed version of the package."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("mlrun-jupyter")
    except PackageNotFoundError:
        return "0+unknown"


@click.command("version")
def command() -> str:
    """Print the version."""
    return version()
