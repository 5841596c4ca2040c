"""A bound on interim answers: a receiver that sends them without end would keep the event loop from all else.

Owns how many 1xx answers (RFC 9110 section 15.2) may come before the real one. Must not look at anything but their
number. aiohttp reads as many as come and has no setting for it, so the connection that it reads from is watched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection

MAX_INTERIM = 32
"""Far above what servers send: a 100 or a 102, some 103s."""


class PatientResponse(aiohttp.ClientResponse):
    """An answer that is given up when too many come before it."""

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Read to the end of the answer's head.

        Args:
            connection: By which it comes.

        Raises:
            ClientResponseError: More than ``MAX_INTERIM`` answers came before it.
        """
        return await super().start(cast("Connection", _Watched(connection)))


class _Watched:
    """A connection whose messages are counted; all else is the connection's own."""

    __slots__ = ("_connection", "_counting")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._counting = None if connection.protocol is None else _Counting(connection.protocol)

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    @property
    def protocol(self) -> _Counting | None:
        """None once the connection is released."""
        return self._counting if self._connection.protocol is not None else None


class _Counting:
    """A reader of messages that refuses to go on above the bound; all else is the reader's own."""

    __slots__ = ("_left", "_protocol")

    def __init__(self, protocol: ResponseHandler) -> None:
        self._protocol = protocol
        self._left = MAX_INTERIM + 1

    def __getattr__(self, name: str) -> object:
        return getattr(self._protocol, name)

    async def read(self) -> object:
        """The next message."""
        if not self._left:
            raise HttpProcessingError(message=f"more than {MAX_INTERIM} interim answers")
        self._left -= 1
        return await self._protocol.read()
