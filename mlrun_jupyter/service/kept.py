"""Answers that are given again while the store has not changed: a dashboard's list, asked by everybody who looks."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Final, NamedTuple

from mlrun_jupyter.service.operation import Call
from mlrun_jupyter.service.reply import Reply
from mlrun_jupyter.service.state import Service

_MOST: Final = 256
_LARGEST: Final = 2 * 2**20
_ROOM: Final = 16 * 2**20

Key = tuple[object, ...]


class _Held(NamedTuple):
    number: tuple[int, int]
    reply: Reply
    tag: bytes


class KeptAnswers:
    """The newest answers by question and asker; nothing is kept of a store whose changes cannot be seen."""

    def __init__(self, service: Service) -> None:
        self._changes = service.changes
        self._held: OrderedDict[Key, _Held] = OrderedDict()
        self._size = 0

    def key(self, call: Call) -> Key | None:
        """What makes two questions the same."""
        if not self._changes.exact:
            return None
        scope = call.scope
        return scope["path"], scope["query_string"], call.principal.projects

    def get(self, key: Key, call: Call) -> Reply | None:
        """The answer, if it still holds."""
        held = self._held.get(key)
        if held is None or held.number != self._changes.number():
            return None
        self._held.move_to_end(key)
        return _tagged(held, call)

    def keep(self, key: Key, call: Call, number: tuple[int, int], reply: Reply) -> Reply:
        """Keep an answer that was worked out when the store's number was this."""
        if reply.status != 200 or len(reply.body) > _LARGEST:
            return reply
        tag = b'"%b"' % hashlib.blake2b(reply.body, digest_size=12).hexdigest().encode()
        held = _Held(number, reply._replace(headers=(*reply.headers, (b"etag", tag))), tag)
        old = self._held.pop(key, None)
        self._size += len(reply.body) - (len(old.reply.body) if old else 0)
        self._held[key] = held
        while len(self._held) > _MOST or self._size > _ROOM:
            _key, dropped = self._held.popitem(last=False)
            self._size -= len(dropped.reply.body)
        return _tagged(held, call)


def _tagged(held: _Held, call: Call) -> Reply:
    if held.tag in call.headers.get(b"if-none-match", b""):
        return Reply(b"", 304, held.reply.media, ((b"etag", held.tag),))
    return held.reply
