"""Errors across the wire: the one place where a typed error becomes a status code, and the same typed error again."""

from __future__ import annotations

from typing import Any, Final

from mlrun_jupyter import errors
from mlrun_jupyter.errors import MlrunError

STATUS: Final[tuple[tuple[type[MlrunError], int], ...]] = (
    (errors.NotFoundError, 404),
    (errors.ConflictError, 409),
    (errors.InvalidArgumentError, 400),
    (errors.HandlerError, 422),
    (errors.DataError, 422),
    (errors.MissingDependencyError, 501),
    (errors.StoreUnavailableError, 503),
    (errors.StoreError, 500),
)
"""The first that fits; anything else is 500."""

UNKNOWN_HINT: Final = "set MLRUN_HTTPDB__TOKEN, or MLRUN_HTTPDB__TOKEN_FILE to a file with the service's token"
ROLE_HINT: Final = "ask for another role"
REFUSED: Final = "Refused"
"""The kind of an answer behind which there is no typed error."""
_BY_NAME: Final = {
    kind.__name__: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, MlrunError) and kind.__init__ is MlrunError.__init__
}


def status_of(error: MlrunError) -> int:
    """The status code that an error is answered with.

    Example
    -------
    >>> status_of(errors.NotFoundError("no such run"))
    404
    """
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def from_wire(status: int, document: Any, *, where: str) -> MlrunError:
    """The error of an answer, ``{"error": {kind, message, where, hint}}``. What is no answer of ours becomes
    ``StoreUnavailableError``: something stands between.

    Parameters
    ----------
    status
        The answer's code.
    document
        Its decoded body, None where that was not JSON.
    where
        The service's address.
    """
    told = document.get("error") if isinstance(document, dict) else None
    if status == 401:
        return errors.StoreDeniedError("the service wants a token that it knows", where=where, hint=UNKNOWN_HINT)
    if status == 403:
        return errors.StoreDeniedError("the token does not allow this", where=where, hint=ROLE_HINT)
    if not isinstance(told, dict):
        return errors.StoreUnavailableError(f"the address answers {status}, but not as a service of ours", where=where)
    if told.get("kind") == REFUSED and status in (400, 405, 413, 414, 415, 416, 421, 431):
        return errors.InvalidArgumentError(f"the service refuses this: {str(told.get('message'))[:200]}", where=where)
    texts = {name: str(told.get(name) or "")[:2000] for name in ("message", "where", "hint")}
    kind = _BY_NAME.get(str(told.get("kind")))
    if kind is None or (status >= 500 and not issubclass(kind, errors.StoreError | errors.MissingDependencyError)):
        return errors.StoreUnavailableError(f"the service answers {status}: {texts['message']}", where=where)
    return kind(texts["message"], where=texts["where"], hint=texts["hint"])
