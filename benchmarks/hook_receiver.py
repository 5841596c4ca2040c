"""A receiver of webhooks that costs as little as one can: it answers 200, and notes when each came.

Started as a process of its own: ``python hook_receiver.py PORT``. GET gives what it has: a count, and the lags
between each event's ``occurred_at`` and its arrival, in milliseconds; HEAD the count alone; DELETE forgets it.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from datetime import UTC, datetime
from typing import cast

import orjson
import uvloop

_OCCURRED = re.compile(rb'"occurred_at": "([^"]+)"')
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Receiver(asyncio.Protocol):
    """One connection; requests come one after the other, each with a Content-Length if it has a body."""

    arrivals: list[tuple[float, bytes]] = []  # noqa: RUF012 - shared by all connections on purpose

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        # uvloop's transports are not asyncio's
        self._transport = cast("asyncio.Transport", transport)
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._buffer += data
        while (head := self._buffer.find(b"\r\n\r\n")) >= 0:
            start = head + 4
            found = re.search(rb"(?i)content-length: *(\d+)", self._buffer[:head])
            end = start + (int(found[1]) if found else 0)
            if len(self._buffer) < end:
                return
            request, self._buffer = self._buffer[:end], self._buffer[end:]
            self._answer(request)

    def _answer(self, request: bytes) -> None:
        if request.startswith(b"GET"):
            body = orjson.dumps(_told(self.arrivals))
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            return
        if request.startswith(b"HEAD"):
            self._transport.write(b"HTTP/1.1 200 OK\r\nX-Count: %d\r\n\r\n" % len(self.arrivals))
            return
        if request.startswith(b"DELETE"):
            self.arrivals.clear()
        else:
            self.arrivals.append((time.time(), request))
        self._transport.write(_OK)


def _told(arrivals: list[tuple[float, bytes]]) -> dict[str, object]:
    lags = []
    for arrived, request in arrivals:
        found = _OCCURRED.search(request)
        if found:
            occurred = datetime.fromisoformat(found[1].decode()) - _EPOCH
            lags.append((arrived - occurred.total_seconds()) * 1000)
    times = [arrived for arrived, _ in arrivals]
    return {
        "count": len(arrivals),
        "first": min(times, default=0),
        "last": max(times, default=0),
        "lags_ms": lags,
        "body": arrivals[0][1].decode() if arrivals else "",
    }


async def serve(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
