"""The ``%mlrun`` and ``%%mlrun`` magics: ``%load_ext mlrun_jupyter`` or ``%load_ext mlrun_magics``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add the magics to a shell; a second time changes nothing."""
    from mlrun_magics.magics import MlrunMagics

    if MlrunMagics.of(shell) is None:
        MlrunMagics(shell).attach()


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics away again and leave the shell as it was before."""
    from mlrun_magics.magics import MlrunMagics

    loaded = MlrunMagics.of(shell)
    if loaded is not None:
        loaded.detach()
