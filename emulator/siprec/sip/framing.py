"""From a stream's bytes to whole messages and keep-alives (RFC 3261 section 18.3, RFC 5626 section 4.4.1).

Owns where a message ends on TCP and TLS. Must not read sockets, and leaves the message to ``message.py``.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.errors import GarbledSip
from emulator.siprec.sip.head import MAX_HEAD, content_length, read_head
from emulator.siprec.sip.message import MAX_BODY

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE_END = b"\r\n"
_HEAD_END = b"\r\n\r\n"


class KeepAlive(Enum):
    """What stands between messages to show that the connection lives (RFC 5626 section 3.5.1).

    PING: from the end that opened it. PONG: what answers it. The values are their bytes.
    """

    PING = b"\r\n\r\n"
    PONG = b"\r\n"


Framed: TypeAlias = bytes | KeepAlive
"""One whole message's bytes, which ``parse`` reads, or a keep-alive."""


class Framing:
    """One connection's bytes as they come in; linear in them however they are cut.

    Only the end that opened the connection sends pings (RFC 5626 section 4.4.1), so which end this is says how
    empty lines are read.
    """

    def __init__(self, *, opened: bool, max_head: int = MAX_HEAD, max_body: int = MAX_BODY) -> None:
        """Start at a message's border.

        Args:
            opened: Whether this end opened the connection: then an empty line is a pong, else two are a ping and
                one alone is skipped.
            max_head: Bytes of a start line and its headers.
            max_body: Bytes of a body.
        """
        self._opened = opened
        self._max_head = max_head
        self._max_body = max_body
        self._held = bytearray()
        self._looked = 0
        self._whole: int | None = None
        self._failure: GarbledSip | None = None

    @property
    def unfinished(self) -> bool:
        """Whether a message has begun and is not whole; line ends before one begin none."""
        return bool(self._held) and not _HEAD_END.startswith(self._held)

    def feed(self, data: bytes) -> Iterator[Framed]:
        """Take bytes, and give what is whole by now.

        Args:
            data: As read from the connection; empty is allowed.

        Yields:
            Messages and keep-alives in order. What is not taken comes with the next call.

        Raises:
            GarbledSip: The stream can't be followed any further, behind what came whole before; each later call
                raises it again. The connection must be closed.
        """
        if self._failure is not None:
            raise self._failure
        self._held += data
        return self._cut()

    def _cut(self) -> Iterator[Framed]:
        try:
            while True:
                yield from self._keep_alives()
                message = self._message()
                if message is None:
                    return
                yield message
        except GarbledSip as failure:
            self._failure = failure
            self._held.clear()
            raise

    def _keep_alives(self) -> Iterator[KeepAlive]:
        if self._opened:
            while self._held.startswith(_LINE_END):
                del self._held[:2]
                yield KeepAlive.PONG
            return
        while self._held.startswith(_LINE_END) and len(self._held) > len(_LINE_END):
            if self._held.startswith(_HEAD_END):
                del self._held[:4]
                yield KeepAlive.PING
            elif _HEAD_END.startswith(self._held):
                return
            else:
                del self._held[:2]

    def _message(self) -> bytes | None:
        """The next message, once it is whole."""
        if self._whole is None:
            self._whole = self._size()
        if self._whole is None or len(self._held) < self._whole:
            return None
        message = bytes(self._held[: self._whole])
        del self._held[: self._whole]
        self._whole = None
        self._looked = 0
        return message

    def _size(self) -> int | None:
        """Bytes of the next message with its body, once its head is whole."""
        end = self._held.find(_HEAD_END, self._looked)
        if end < 0:
            # The empty line may begin within the last three bytes.
            self._looked = max(0, len(self._held) - 3)
            if len(self._held) > self._max_head + len(_HEAD_END):
                raise GarbledSip("the headers are too long")
            return None
        if end > self._max_head:
            raise GarbledSip("the headers are too long")
        _, headers = read_head(bytes(self._held[:end]))
        length = content_length(headers)
        if length is None:
            raise GarbledSip("there is no Content-Length, so the message has no end")
        if length > self._max_body:
            raise GarbledSip("the body is too long")
        return end + len(_HEAD_END) + length
