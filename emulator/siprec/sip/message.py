"""SIP requests and responses as values, and their way from and to bytes (RFC 3261 section 7).

Owns the start line and the frame of a message. Must not know what a header means, beyond Content-Length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from emulator.core.errors import GarbledSip
from emulator.siprec.sip.headers import Headers, long_name

VERSION = "SIP/2.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request.

    Attributes:
        method: Upper case, such as ``INVITE``.
        uri: The Request-URI as written.
    """

    method: str
    uri: str
    headers: Headers
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response.

    Attributes:
        status: 100 to 699.
        reason: The phrase behind it, for people.
    """

    status: int
    reason: str
    headers: Headers
    body: bytes = b""


Message: TypeAlias = Request | Response


def parse(data: bytes) -> Message:
    """Read one whole message.

    Args:
        data: A datagram, or what ``framing.py`` cut out of a stream.

    Raises:
        GarbledSip: It is none.
    """
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        raise GarbledSip("the header section has no end")
    first, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    fields = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise GarbledSip("a header line has no colon")
        fields.append((long_name(name.strip()), value.strip()))
    headers = Headers(tuple(fields))
    words = first.split(" ", 2)
    if len(words) != 3:  # noqa: PLR2004
        raise GarbledSip("the first line is none of SIP's")
    if words[0] == VERSION:
        return Response(status=int(words[1]), reason=words[2], headers=headers, body=body)
    return Request(method=words[0], uri=words[1], headers=headers, body=body)


def written(message: Message) -> bytes:
    """The bytes of a message; Content-Length is made here and stands last.

    Raises:
        Unwritable: A value holds what would end its line.
    """
    if isinstance(message, Request):
        first = f"{message.method} {message.uri} {VERSION}"
    else:
        first = f"{VERSION} {message.status} {message.reason}"
    lines = [first, *(f"{name}: {value}" for name, value in message.headers.without("Content-Length"))]
    head = "\r\n".join((*lines, f"Content-Length: {len(message.body)}", "", ""))
    return head.encode("utf-8", "surrogateescape") + message.body
