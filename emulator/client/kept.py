"""The control API on connections that are kept, for programs that ask often, such as a test suite.

Owns which connection is used again: one whose last answer was read to its end, and that the server has not closed
meanwhile. Must not send anything twice: a request that fails has failed.
"""

from __future__ import annotations

import os
import select
import weakref
from http.client import HTTPException
from typing import TYPE_CHECKING

from emulator.client.answers import parsed
from emulator.client.wire import PREFIX, Wire, reason, written
from emulator.core.errors import ControlUnreachable

if TYPE_CHECKING:
    from http.client import HTTPConnection

    from emulator.client.call import Parse
    from emulator.client.wire import Peer


class KeptWire(Wire):
    """How a blocking client reaches its peer by as few connections as it can; threads may share it.

    Its connections are closed by ``close``, else when nobody holds it any more.
    """

    def __init__(self, peer: Peer) -> None:
        """Connect to nothing yet."""
        super().__init__(peer)
        self._idle: list[HTTPConnection] = []
        self._process = os.getpid()
        self.close = weakref.finalize(self, _close, self._idle)

    def exchange(
        self, method: str, path: str, body: object, *, timeout: float, parse: Parse = parsed
    ) -> tuple[int, object]:
        """As of ``Wire``, on a connection that was used before where there is one."""
        connection = self._kept(timeout) or self._connection(timeout)
        try:
            connection.request(method, PREFIX + path, body=written(body), headers=self.peer.headers)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, HTTPException) as error:
            connection.close()
            raise ControlUnreachable(self.peer.base_url, reason(error)) from None
        except BaseException:
            # what was interrupted would be read as the answer to the next request
            connection.close()
            raise
        if response.will_close or not self.close.alive:
            connection.close()
        else:
            self._idle.append(connection)
        return response.status, parse(answer)

    def _kept(self, timeout: float) -> HTTPConnection | None:
        """A connection that is open and at rest; None where there is none."""
        if self._process != os.getpid():
            # a forked child: the connections are its parent's
            self._idle.clear()
            self._process = os.getpid()
        while self._idle:
            connection = self._idle.pop()
            if connection.sock is not None and _rests(connection):
                connection.sock.settimeout(timeout)
                return connection
            connection.close()
        return None


def _rests(connection: HTTPConnection) -> bool:
    """Whether nothing has come: neither the end of the connection, nor what nobody asked for."""
    readable, _, _ = select.select([connection.sock], [], [], 0)
    return not readable


def _close(connections: list[HTTPConnection]) -> None:
    while connections:
        connections.pop().close()
