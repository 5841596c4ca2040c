"""SIP requests and responses as values, and their way from and to bytes (RFC 3261 section 7).

Owns the start line and the frame of a message. Must not know what a header means, beyond Content-Length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.errors import GarbledSip, Unwritable
from emulator.siprec.sip.head import MAX_HEAD, content_length, read_head, written_fields
from emulator.siprec.sip.quoting import is_token, writable

if TYPE_CHECKING:
    from emulator.siprec.sip.headers import Headers

VERSION = "SIP/2.0"

MAX_BODY = 1_048_576
"""Bytes of a body; metadata of a real call has some thousands."""

_LEADING = re.compile(rb"(?:\r\n)*+")
_STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})(?: (.*))?", re.IGNORECASE | re.ASCII | re.DOTALL)
_REQUEST_LINE = re.compile(r'([^ ]+) ([^\x00-\x20\x7f<>"]+) SIP/2\.0', re.IGNORECASE | re.ASCII)
_URI = re.compile(r'[^\x00-\x20\x7f<>"]+')
_STATUSES = range(100, 700)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request.

    Attributes:
        method: As written, such as ``INVITE``; its case matters (RFC 3261 section 7.1).
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
        reason: The phrase behind it, for people; may be empty.
    """

    status: int
    reason: str
    headers: Headers
    body: bytes = b""


Message: TypeAlias = Request | Response


def parse(data: bytes) -> Message:
    """Read one whole message.

    Empty lines before it are skipped (RFC 3261 section 7.5). Of a body longer than Content-Length the rest is no
    part of the message; one that is shorter was cut on its way (section 18.3).

    Args:
        data: A datagram, or what ``framing.py`` cut out of a stream.

    Raises:
        GarbledSip: It is none, or is out of bounds.
    """
    leading = _LEADING.match(data)
    head, separator, body = data[leading.end() if leading else 0 :].partition(b"\r\n\r\n")
    if not separator:
        raise GarbledSip("the headers have no end")
    if len(head) > MAX_HEAD:
        raise GarbledSip("the headers are too long")
    first, headers = read_head(head)
    length = content_length(headers)
    if length is not None and length > len(body):
        raise GarbledSip("the body is shorter than Content-Length")
    body = body[:length]
    if len(body) > MAX_BODY:
        raise GarbledSip("the body is too long")
    return _begun(first, headers, body)


def written(message: Message) -> bytes:
    """The bytes of a message; Content-Length is made here and stands last.

    Raises:
        Unwritable: A part would say something else on the wire than what it is.
    """
    first = _request_line(message) if isinstance(message, Request) else _status_line(message)
    lines = [first, *written_fields(message.headers.without("Content-Length"))]
    head = "\r\n".join((*lines, f"Content-Length: {len(message.body)}", "", ""))
    return head.encode() + message.body


def _begun(first: str, headers: Headers, body: bytes) -> Message:
    status = _STATUS_LINE.fullmatch(first)
    if status is not None:
        return Response(status=int(status[1]), reason=status[2] or "", headers=headers, body=body)
    request = _REQUEST_LINE.fullmatch(first)
    if request is None or not is_token(request[1]):
        raise GarbledSip("the first line is none of SIP/2.0's")
    return Request(method=request[1], uri=request[2], headers=headers, body=body)


def _request_line(request: Request) -> str:
    if not is_token(request.method):
        raise Unwritable("a method is no token")
    if _URI.fullmatch(request.uri) is None:
        raise Unwritable("a Request-URI can't stand in its line")
    return f"{request.method} {writable(request.uri)} {VERSION}"


def _status_line(response: Response) -> str:
    if response.status not in _STATUSES:
        raise Unwritable("a status is none of SIP's")
    return f"{VERSION} {response.status} {writable(response.reason)}"
