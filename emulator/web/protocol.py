"""One connection of a client, and what it is told when it doesn't speak HTTP.

Owns the end of waiting for a client that has left, and the answer to what aiohttp's parser refuses: an error
document like every other, where aiohttp would write plain text and log a traceback. Must not see requests that
parse: ``server.py`` hands these on.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from emulator.core.documents import error_reply
from emulator.core.errors import Fault, Malformed
from emulator.web.replies import respond

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from aiohttp.web_request import BaseRequest

T = TypeVar("T")

logger = logging.getLogger("emulator")

# aiohttp takes None for "no access log", though its annotation does not say so
_OPTIONS: dict[str, Any] = {"access_log": None, "lingering_time": 1.0}
"""The rest of a refused body is read for a second, so that its sender gets to see the answer."""

ENDING_SECS = 0.25
"""How long a connection may take to close."""

_SERVER_ERRORS = 500
_SHOWN = 200


class Listener(web.Server):
    """Makes a ``Connection`` for each client that connects."""

    def __call__(self) -> Connection:
        """A new connection; needs a running event loop."""
        return Connection(self, loop=asyncio.get_running_loop(), **_OPTIONS)

    def open_connections(self) -> tuple[Connection, ...]:
        """The clients' connections as they are now."""
        return tuple(one for one in self.connections if isinstance(one, Connection))


async def ended(connections: Iterable[Connection]) -> None:
    """Wait until connections that were told to close have done so; what still has not after a moment is cut off.

    By TLS the other side has to agree to an end, which a client that rests never does.
    """
    open_ones = list(connections)
    with suppress(TimeoutError):
        async with asyncio.timeout(ENDING_SECS):
            for one in open_ones:
                await one.lost.wait()
    for one in open_ones:
        one.cut_off()
    # a transport's socket is closed in the turn after its protocol was told
    await asyncio.sleep(0)
    await asyncio.sleep(0)


class Connection(RequestHandler):
    """A client's connection.

    Attributes:
        over: Set once the client has left or the server stops: whoever makes a client wait need wait no longer.
        lost: Set once the connection is no more.
    """

    __slots__ = ("_ends_in", "lost", "over")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is here; aiohttp may begin to answer within this call."""
        self.over, self.lost = asyncio.Event(), asyncio.Event()
        # those of other loops are no asyncio.Transport by class, and all the same by what they can do
        self._ends_in = cast("asyncio.Transport", transport)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The client has left, or the connection was closed from here."""
        super().connection_lost(exc)
        self.over.set()
        self.lost.set()

    def cut_off(self) -> None:
        """End the connection at once, if it is one still."""
        if not self.lost.is_set():
            self._ends_in.abort()

    def close(self) -> None:
        """No request after the present one, as when the server stops."""
        super().close()
        self.over.set()

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP request, or is over the parser's bounds, and close the connection.

        Args:
            request: As far as it was understood.
            status: What aiohttp would answer.
            exc: What it met.
            message: The same in words.

        Raises:
            ConnectionError: Part of an answer is on its way, so that no other can follow.
        """
        fields = {"status": status, "reason": (message or str(exc))[:_SHOWN]}
        logger.warning("no request", extra={"fields": fields}, exc_info=exc if status >= _SERVER_ERRORS else None)
        if request.writer.output_size > 0:
            raise ConnectionError("An answer is on its way; the connection is dropped.")
        response = respond(error_reply(Fault() if status >= _SERVER_ERRORS else Malformed()))
        response.force_close()
        return response


async def attended(http: BaseRequest, work: Coroutine[Any, Any, T]) -> T:
    """Do something for a client for as long as it is there; aiohttp would go on for one that has left.

    Args:
        http: The request, its body read.
        work: Cancelled once the client has left.

    Raises:
        ConnectionResetError: The client has left.
    """
    connection = http.protocol
    doing = asyncio.ensure_future(work)
    if not isinstance(connection, Connection):
        return await doing
    leaving = asyncio.ensure_future(connection.over.wait())
    try:
        await asyncio.wait((doing, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not doing.done() and (http.transport is None or http.transport.is_closing()):
            raise ConnectionResetError("the client has left")
        # where the server stops the client is still there, and whoever lets it wait has been told
        return await doing
    finally:
        leaving.cancel()
        doing.cancel()
