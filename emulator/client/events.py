"""The stream of what happens in an emulator, read as it comes.

Owns the reading of server-sent events (WHATWG HTML section 9.2.6), and the subscription of the client that blocks.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING

from emulator.client.answers import OK, parsed, refusal
from emulator.client.wire import reason
from emulator.core.errors import ControlUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPConnection, HTTPResponse
    from types import TracebackType
    from typing import Self

    from emulator.client.answers import Document
    from emulator.client.wire import Wire

STREAM_TIMEOUT_SECS = 60.0
"""The server says something at least every 15 s, so this much silence means that it is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerEvent:
    """One event of ``/_emulator/events``.

    Attributes:
        id: Counted by the server.
        kind: ``request``, ``transition``, ``call``, ``webhook``, ``attempt`` or ``received``; ``change`` where
            something is set otherwise now.
        data: The journal entry, in short; of a change, what was changed.
    """

    id: str
    kind: str
    data: Document


class EventLines:
    """Makes events of a stream's lines."""

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._fields: dict[str, str] = {}

    def take(self, line: bytes) -> ServerEvent | None:
        """The event that this line completes, if it does.

        Args:
            line: With its end.
        """
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if text:
            name, _, value = text.partition(":")
            self._fields[name] = value.removeprefix(" ")
            return None
        fields, self._fields = self._fields, {}
        if "data" not in fields:
            return None
        return ServerEvent(id=fields.get("id", ""), kind=fields.get("event", ""), data=json.loads(fields["data"]))


class EventStream:
    """The events of a server from the moment of subscribing on; iterate, and close when done."""

    def __init__(self, connection: HTTPConnection, response: HTTPResponse, url: str) -> None:
        """Take over a connection whose answer has begun."""
        self._connection = connection
        self._response = response
        self._url = url

    @classmethod
    def subscribe(cls, wire: Wire, path: str, timeout: float) -> Self:
        """Begin; once this returns, nothing is missed.

        Args:
            wire: Where.
            path: Of the stream, with its query.
            timeout: Seconds of silence after which the connection counts as broken.

        Raises:
            ControlRefused: The server says no.
            ControlUnreachable: Nobody answers.
        """
        connection, response = wire.open("GET", path, timeout=timeout)
        if response.status == OK:
            return cls(connection, response, wire.peer.base_url)
        with closing(connection):
            raise refusal(response.status, parsed(response.read()))

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """End the subscription."""
        self._response.close()
        self._connection.close()

    def __iter__(self) -> Iterator[ServerEvent]:
        """Each event as it comes, until the server ends the stream.

        Raises:
            ControlUnreachable: The connection broke, or was silent for too long.
        """
        lines = EventLines()
        while line := self._line():
            event = lines.take(line)
            if event is not None:
                yield event

    def _line(self) -> bytes:
        try:
            return self._response.readline()
        except (OSError, HTTPException) as error:
            raise ControlUnreachable(self._url, reason(error)) from None
