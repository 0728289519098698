"""What all our handlers have in common: who may ask, how an answer is written, and how trouble is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from jupyter_server.base.handlers import APIHandler
from tornado import web

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import MlrunError
from mlrun_jupyter.model.run import RunKey
from mlrun_jupyter.runs import answers
from mlrun_jupyter.server.access import StoreAccess

SETTING: Final = "mlrun_jupyter_access"
"""Where the web application keeps the :class:`StoreAccess`."""
RESOURCE: Final = "mlrun-jupyter"
"""What a Jupyter server's authorizer is asked about: ``read`` and ``write`` of it."""


class StoreHandler(APIHandler):
    """Answers from the store.

    Every verb of a subclass carries ``@web.authenticated`` and ``@authorized``; tokens, cookies, origin and XSRF are
    looked after by the base class.
    """

    auth_resource = RESOURCE
    _track_activity = (
        False  # a panel that looks for news is nobody at work: it must not keep a server from being culled
    )

    @property
    def access(self) -> StoreAccess:
        access: StoreAccess = self.settings[SETTING]
        return access

    async def answer(self, question: Callable[[RunDB], Any]) -> None:
        """Ask the store and write its answer, or why there is none."""
        try:
            self.reply(await self.access.ask(question))
        except MlrunError as error:
            self.fail(error)

    def reply(self, body: Any) -> None:
        """Write the answer as JSON."""
        self.set_header("Cache-Control", "no-store")
        self.finish(msgspec.json.encode(body))

    def fail(self, error: MlrunError) -> None:
        """Write why there is no answer."""
        self.set_status(answers.status(error))
        self.reply(answers.failure(error))

    def text(self, name: str, otherwise: str = "") -> str:
        """An argument of the address, as it was given."""
        found = self.get_query_argument(name, otherwise, strip=False)
        return found if found is not None else otherwise

    def number(self, name: str, otherwise: int) -> int:
        """An argument that is a whole number; anything else is refused."""
        given = self.text(name)
        try:
            return int(given) if given else otherwise
        except ValueError:
            raise web.HTTPError(400, f"{name} is no whole number") from None


def key(project: str, uid: str, iteration: str) -> RunKey:
    """The run that a path names."""
    return RunKey(project, uid, int(iteration))
