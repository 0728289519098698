"""What a cell shows, kept as plots of its run."""

from __future__ import annotations

import base64
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from mlrun_jupyter.tracking.context import RunContext

FORMATS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/svg+xml": "svg"}
"""Kinds of pictures that are kept, the best first."""


class Figures:
    """Within the block each picture that is displayed becomes an artifact ``figure_1``, ``figure_2`` ...

    In a kernel every displayed picture counts, of whatever library; in a plain shell the open figures of matplotlib do.
    """

    def __init__(self, shell: InteractiveShell, context: RunContext) -> None:
        self._shell = shell
        self._context = context
        self._count = 0
        self._publishers: list[Any] = [
            each for each in (shell.display_pub, shell.displayhook) if hasattr(each, "register_hook")
        ]

    def __enter__(self) -> Self:
        for publisher in self._publishers:
            publisher.register_hook(self._published)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for publisher in self._publishers:
            publisher.unregister_hook(self._published)
        if not self._publishers:
            self._open_figures()

    def _published(self, message: dict[str, Any]) -> dict[str, Any]:
        """A hook of the kernel's publisher: looks at a message, and lets it pass."""
        if message.get("header", {}).get("msg_type") in ("display_data", "execute_result"):
            self._keep(message.get("content", {}).get("data", {}))
        return message

    def _keep(self, data: dict[str, Any]) -> None:
        for kind, suffix in FORMATS.items():
            if kind in data:
                content = data[kind]
                body = content.encode() if suffix == "svg" else base64.b64decode(content)
                self._log(body, suffix)
                return

    def _open_figures(self) -> None:
        import io

        pyplot: Any = sys.modules.get("matplotlib.pyplot")
        for number in pyplot.get_fignums() if pyplot is not None else ():
            buffer = io.BytesIO()
            pyplot.figure(number).savefig(buffer, format="png")
            self._log(buffer.getvalue(), "png")

    def _log(self, body: bytes, suffix: str) -> None:
        self._count += 1
        self._context.log_artifact(f"figure_{self._count}", body=body, format=suffix)
