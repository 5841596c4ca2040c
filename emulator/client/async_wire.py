"""The control API on asyncio's wire: the exchanges and the stream of the client that is awaited.

Owns the aiohttp session. Must not know a route, and must not say what an answer means: ``answers.py`` does.
"""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING, TypeVar

import aiohttp
from yarl import URL

from emulator.client.answers import OK, parsed, refusal
from emulator.client.events import EventLines, ServerEvent
from emulator.client.wire import PREFIX, Peer, reason, written
from emulator.core.errors import ControlUnreachable

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from emulator.client.call import Call

Result = TypeVar("Result")

_FAILURES = (aiohttp.ClientError, OSError)


class AsyncWire:
    """How a client in an event loop reaches its peer; a connection of its own for each exchange."""

    def __init__(self, peer: Peer) -> None:
        """Connect to nothing yet."""
        self.peer = peer
        self._session: aiohttp.ClientSession | None = None
        self._streams: list[AsyncEventStream] = []

    def open(self) -> None:
        """Become able to ask, in the running event loop.

        Raises:
            RuntimeError: It is open already.
        """
        if self._session is not None:
            raise RuntimeError("this AsyncEmulatorClient was entered already")
        self._session = aiohttp.ClientSession(
            # the server may close a kept connection just when a command goes out on it; and none waits in line
            connector=aiohttp.TCPConnector(force_close=True, limit=0, ssl=self.peer.tls or True),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={name: value.decode() for name, value in self.peer.headers.items()},
            skip_auto_headers=("Content-Type",),
        )

    async def close(self) -> None:
        """Close every connection, also those of streams."""
        for stream in self._streams:
            stream.close()
        self._streams.clear()
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def closes(self, stream: AsyncEventStream) -> None:
        """Close a stream with all else, should nobody do so before."""
        self._streams.append(stream)

    async def carry_out(self, call: Call[Result]) -> Result:
        """Ask, and read the answer.

        Raises:
            ControlRefused: The answer is an error, or not the emulator's.
            NotVerified, WaitTimeout: It is the no to a question.
            ControlUnreachable: Nobody answers, or not in time.
            RuntimeError: The client was not entered.
        """
        patience = self.peer.timeout + call.held_secs
        try:
            async with await self.request(call.method, call.path, call.body, patience=patience) as response:
                status, body = response.status, await response.read()
        except _FAILURES as error:
            raise self.unreachable(error) from None
        return call.read(status, call.parse(body))

    async def request(
        self, method: str, path: str, body: object = None, *, patience: float
    ) -> aiohttp.ClientResponse:
        """Send a request; who gets the answer reads it and closes it.

        Args:
            method: Such as ``GET``.
            path: Below the prefix, with its query.
            body: Text goes as it is, all else as JSON; None: there is none.
            patience: Seconds until the connection stands, and of silence after that.

        Raises:
            ControlUnreachable: Nobody answers, or not in time.
            RuntimeError: The client was not entered.
        """
        if self._session is None:
            raise RuntimeError("use it as: async with AsyncEmulatorClient(...) as emulator")
        try:
            return await self._session.request(
                method,
                URL(f"{self.peer.base_url}{PREFIX}{path}", encoded=True),
                data=written(body),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, connect=patience, sock_read=patience),
            )
        except _FAILURES as error:
            raise self.unreachable(error) from None

    def unreachable(self, error: Exception) -> ControlUnreachable:
        """What a failed connection is raised as."""
        return ControlUnreachable(self.peer.base_url, _reason(error))


class AsyncEventStream:
    """The events of a server from the moment of subscribing on: an async iterator, and a context manager.

    It subscribes when it is entered, else with the first event that is asked for. It ends when the server ends it,
    when it is left, and with its client.
    """

    def __init__(self, wire: AsyncWire, path: str, timeout: float) -> None:
        """Subscribe to nothing yet.

        Args:
            wire: Where.
            path: Of the stream, with its query.
            timeout: Seconds of silence after which the connection counts as broken.
        """
        self._wire = wire
        self._path = path
        self._timeout = timeout
        self._response: aiohttp.ClientResponse | None = None
        self._closed = False
        self._lines = EventLines()
        self._rest = b""
        self._events: deque[ServerEvent] = deque()

    async def __aenter__(self) -> Self:
        """Subscribe; from here on nothing is missed.

        Raises:
            ControlRefused: The server says no.
            ControlUnreachable: Nobody answers.
        """
        await self._subscribed()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """End the subscription; an iteration ends with it."""
        self._closed = True
        if self._response is not None:
            self._response.close()

    def __aiter__(self) -> Self:
        """Itself: an iteration that is broken off goes on with the next one."""
        return self

    async def __anext__(self) -> ServerEvent:
        """The next event, waited for.

        Raises:
            ControlRefused: The server refuses to subscribe.
            ControlUnreachable: The connection broke, or was silent for too long.
        """
        while not self._events:
            chunk = b"" if self._closed else await self._chunk()
            if not chunk:
                raise StopAsyncIteration
            self._take(chunk)
        return self._events.popleft()

    async def _chunk(self) -> bytes:
        """What came next; empty once the stream has ended."""
        response = await self._subscribed()
        try:
            return await response.content.readany()
        except _FAILURES as error:
            if self._closed:
                return b""
            raise self._wire.unreachable(error) from None

    async def _subscribed(self) -> aiohttp.ClientResponse:
        if self._response is not None:
            return self._response
        self._wire.closes(self)
        response = await self._wire.request("GET", self._path, patience=self._timeout)
        if response.status == OK:
            self._response = response
            return response
        async with response:
            raise refusal(response.status, parsed(await response.read()))

    def _take(self, chunk: bytes) -> None:
        """Lines may be longer than what aiohttp's own ``readline`` allows, since events may hold whole bodies."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        self._events.extend(event for line in lines if (event := self._lines.take(line)) is not None)


def _reason(error: Exception) -> str:
    """Why a connection failed, in the words that the blocking client has for it."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        # said of a connection too, since that is what it is
        return reason(error.certificate_error)
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    number = cause.errno if isinstance(cause, OSError) else None
    # asyncio's own text of a refused connection names the address instead; resolvers count from -1 down
    return os.strerror(number) if number is not None and number > 0 else reason(cause)
