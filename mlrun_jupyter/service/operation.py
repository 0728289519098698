"""An operation: a method and a path, who may call it, and the function that answers.

The table of operations is the only way to serve anything. An operation says what right it takes, and on what: on the
project in its path, on the projects that its question names, or whatever its own function decides on what is stored.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from mlrun_jupyter import config
from mlrun_jupyter.db.query import ALL_PROJECTS
from mlrun_jupyter.db.remote import wire
from mlrun_jupyter.errors import InvalidArgumentError, UnsafeError
from mlrun_jupyter.model.run import RunKey
from mlrun_jupyter.safety.names import MAX_KEY, check_name
from mlrun_jupyter.service.access import READ, WRITE, Principal
from mlrun_jupyter.service.gate import MAX_BODY, RefusedError
from mlrun_jupyter.service.guarded import GuardedStore
from mlrun_jupyter.service.reply import Reply

if TYPE_CHECKING:
    from mlrun_jupyter.service.state import Service

PATH: Final = "path"
"""The right is needed in the project that the path names; one that cannot be seen is answered as one that is not there."""
QUERY: Final = "query"
"""The right is needed in the project of the parameter ``project``; ``*`` is narrowed to what can be seen."""
CHECKED: Final = "checked"
"""The function itself checks, against what the body or the store says; the tests list these by name."""
EVERYWHERE: Final = "everywhere"
"""The right is needed in all projects."""
ANYBODY: Final = "anybody"
"""Any valid token will do: nothing of any project is told."""

MAX_VALUES: Final = 200_000
"""Values in a document."""


class Call:
    """A request on its way through: who asks, and for what."""

    __slots__ = ("body", "headers", "params", "path", "principal", "scope", "service")

    def __init__(
        self,
        service: Service,
        principal: Principal,
        *,
        path: Mapping[str, str],
        params: Mapping[str, list[str]],
        headers: Mapping[bytes, bytes],
        scope: MutableMapping[str, Any],
    ) -> None:
        self.service = service
        self.principal = principal
        self.path = path
        self.params = params
        self.headers = headers
        self.scope = scope
        self.body = b""

    @property
    def db(self) -> GuardedStore:
        """The store, as far as the caller may use it."""
        return GuardedStore(self.service.db, self.principal)

    @property
    def project(self) -> str:
        """The project of the path, or of the parameter."""
        return self.path["project"] if "project" in self.path else self.text("project")

    @property
    def key(self) -> RunKey:
        """The run that the path and the parameter ``iteration`` name."""
        iteration = self.number("iteration", 0)
        if iteration < 0:
            raise InvalidArgumentError("an iteration is not negative", where="parameter iteration")
        return RunKey(self.project, wire.unquote_uid(self.path["uid"]), iteration)

    def text(self, name: str, default: str = "") -> str:
        """A parameter of the address. Raises ``InvalidArgumentError`` when it is given twice."""
        found = self.params.get(name)
        if found is None:
            return default
        if len(found) > 1:
            raise InvalidArgumentError(f"the parameter {name!r} is given twice")
        return found[0]

    def number(self, name: str, default: int) -> int:
        """A parameter as a whole number below 2**62."""
        text = self.text(name)
        if not text:
            return default
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
            raise InvalidArgumentError(f"not a whole number: {text[:40]!r}", where=f"parameter {name}")
        return int(text)

    def flag(self, name: str) -> bool:
        """A parameter as true or false."""
        text = self.text(name).lower()
        if text not in ("", "0", "1", "true", "false"):
            raise InvalidArgumentError(f"not true or false: {text[:40]!r}", where=f"parameter {name}")
        return text in ("1", "true")

    def document(self) -> dict[str, Any]:
        """The body as a mapping."""
        if self.body.count(b",") > MAX_VALUES:
            raise UnsafeError(f"the document holds more than {MAX_VALUES:,} values")
        value = wire.decode(self.body) if self.body else {}
        if not isinstance(value, dict):
            raise InvalidArgumentError("the body is not a JSON object")
        return value

    def record(self, kind: Any) -> Any:
        """The body as a document of that kind."""
        try:
            return kind.from_dict(self.document())
        except msgspec.ValidationError as error:
            raise InvalidArgumentError("the document does not fit", hint=str(error)) from None

    def require(self, role: str, project: str) -> None:
        """Stop here unless the role is held; projects that cannot be seen do not exist."""
        self.db.require(role, project)


Handler = Callable[[Call], Reply]
Stream = Callable[[Call], Awaitable["Reply | None"]]


class Operation(msgspec.Struct, kw_only=True):
    """One method of one path.

    Attributes
    ----------
    role, on
        The right that is needed, and where: ``PATH``, ``QUERY``, ``CHECKED``, ``EVERYWHERE`` or ``ANYBODY``.
    handler
        Answers; called in a worker thread, as stores block.
    stream
        Instead of ``handler``: answers within the event loop.
    kept
        The answer holds until the store changes.
    quick
        Whether a question is answered in less time than handing it to a thread takes, where the store is a file.
    many
        The path's project may be ``*``: the function narrows it to what can be seen.
    params
        Name to description of the address's parameters, for OpenAPI.
    statuses
        What success is answered with, for OpenAPI.
    """

    method: str
    path: str
    summary: str
    role: str
    on: str
    handler: Handler | None = None
    stream: Stream | None = None
    kept: bool = False
    body: Any = None
    answer: Any = None
    params: dict[str, str] = {}
    statuses: tuple[int, ...] = (200,)
    max_body: int = MAX_BODY
    raw_body: bool = False
    many: bool = False
    label: str = ""
    quick: Callable[[Call], bool] | None = None

    @property
    def name(self) -> str:
        """For logs, counters and OpenAPI."""
        if self.label:
            return self.label
        function = self.handler or self.stream
        return function.__name__ if function else ""

    def admit(self, call: Call) -> None:
        """Raise unless the caller has the right, and the path's parts are names."""
        for part, text in call.path.items():
            if not (self.many and part == "project" and text == ALL_PROJECTS):
                check_part(part, text)
        if self.on == PATH:
            if not (self.many and call.project == ALL_PROJECTS):
                call.require(self.role, call.project)
        elif self.on == QUERY:
            project = call.text("project") or default_project()
            if project == ALL_PROJECTS:
                if self.role != READ:
                    call.require(self.role, ALL_PROJECTS)
            else:
                check_part("project", project)
                call.require(self.role, project)
        elif self.on == EVERYWHERE and not call.principal.may(self.role, ALL_PROJECTS):
            raise RefusedError(403, f"the token may not {self.role} in every project")
        elif self.on not in (CHECKED, EVERYWHERE, ANYBODY):
            raise RefusedError(403, "closed")  # an operation that does not say is not served


def check_part(part: str, text: str) -> None:
    """A part of a path is a name, with the length that its kind may have; files' paths are checked where they are used."""
    if part == "uid":
        wire.unquote_uid(text)
    elif part != "file":
        check_name(part.replace("_", " "), text, max_length=63 if part in ("project", "function", "tag") else MAX_KEY)


def default_project() -> str:
    return config.current().default_project


def writes(method: str) -> str:
    """The role that a method takes by nature."""
    return READ if method in ("GET", "HEAD") else WRITE
