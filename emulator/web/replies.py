"""From a ``Reply`` to what goes to the client: aiohttp's response, or the very bytes.

Owns how an answer is written. Must not read requests, nor write to a connection.
"""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING

from aiohttp import web
from multidict import CIMultiDict

if TYPE_CHECKING:
    from emulator.core.effects import Reply

SERVER = "siprec-emulator"

_NO_CONTENT = 204


def respond(reply: Reply) -> web.Response:
    """A reply as aiohttp sends it."""
    headers = CIMultiDict(reply.headers)
    headers["Server"] = SERVER
    if reply.body:
        headers["Content-Type"] = reply.content_type
    return web.Response(status=reply.status, body=reply.body or None, headers=headers)


def written(reply: Reply, *, method: str, now: float) -> bytes:
    """A reply's bytes as its last answer on a connection: the head that aiohttp would write, then the body.

    Args:
        reply: What is answered.
        method: The request's; the answer to HEAD has no body (RFC 9110 section 9.3.2).
        now: Wall time, seconds since the Unix epoch, for ``Date``.
    """
    response = respond(reply)
    fields = response.headers
    if reply.status != _NO_CONTENT:
        fields["Content-Length"] = str(len(reply.body))
    fields["Date"] = formatdate(now, usegmt=True)
    fields["Connection"] = "close"
    lines = (f"HTTP/1.1 {reply.status} {response.reason}", *(f"{name}: {value}" for name, value in fields.items()))
    head = "".join(f"{line}\r\n" for line in (*lines, "")).encode("utf-8")
    return head if method == "HEAD" else head + reply.body
