"""Bodies of several parts (RFC 2046 section 5.1), as a SIPREC INVITE has one (RFC 7866 section 9.1).

Owns delimiters and their bounds. Must not know what a part means.

Deliberate: lines end with CR LF alone, and a part that has parts itself is refused, since no recording needs one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from emulator.core.errors import GarbledMultipart, GarbledSip, Unwritable
from emulator.siprec.sip.content import MediaType, parse_media_type
from emulator.siprec.sip.head import read_fields, written_fields
from emulator.siprec.sip.headers import Headers
from emulator.siprec.sip.parameters import Parameters

MAX_PARTS = 32

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_READ_BOUNDARY = re.compile(r"[\x20-\x7e]{0,69}[\x21-\x7e]")
"""Any that can be found: characters that RFC 2046 leaves out harm nobody here."""

_PLAIN_TEXT = "text/plain"
"""What a part is that does not say (RFC 2046 section 5.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part.

    Attributes:
        headers: As they stand above its body; none are needed.
        body: As it stands, whatever Content-Transfer-Encoding says.
    """

    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def media_type(self) -> MediaType:
        """What it is.

        Raises:
            GarbledMultipart: Its Content-Type can't be read.
        """
        try:
            return parse_media_type(self.headers.get("Content-Type") or _PLAIN_TEXT)
        except GarbledSip as failure:
            raise GarbledMultipart(failure.reason) from None


def parse_multipart(content_type: str, body: bytes) -> tuple[Part, ...]:
    """Read the parts of a body.

    Args:
        content_type: The message's Content-Type, whose boundary may be quoted.
        body: The message's; what stands before the first delimiter and behind the last is skipped.

    Returns:
        One or more parts, in order.

    Raises:
        GarbledMultipart: It is none, has no last delimiter, too many parts, or one that has parts itself.
    """
    delimiter = re.compile(rb"\r\n--" + re.escape(_boundary(content_type)) + rb"(--)?+[ \t]*+(?=\r\n|\Z)")
    marks: list[re.Match[bytes]] = []
    whole = b"\r\n" + body
    for mark in delimiter.finditer(whole):
        marks.append(mark)
        if mark[1] is not None:
            break
        if len(marks) > MAX_PARTS:
            raise GarbledMultipart("there are too many parts")
    if not marks or marks[-1][1] is None:
        raise GarbledMultipart("there is no last delimiter")
    if len(marks) == 1:
        raise GarbledMultipart("there is no part")
    return tuple(_part(whole[start.end() : end.start()]) for start, end in pairwise(marks))


def written_multipart(parts: tuple[Part, ...], boundary: str) -> bytes:
    """The bytes of a body.

    Args:
        parts: One or more.
        boundary: 1 to 70 of the characters that RFC 2046 allows.

    Raises:
        Unwritable: There is no part, the boundary is none or occurs within one, or a header would say something
            else on the wire.
    """
    if not parts:
        raise Unwritable("a multipart body has no part")
    if _BOUNDARY.fullmatch(boundary) is None:
        raise Unwritable("a boundary is none")
    mark = b"--" + boundary.encode()
    pieces: list[bytes] = []
    for part in parts:
        content = _content(part)
        if mark in content:
            raise Unwritable("a boundary occurs within a part")
        pieces += [mark, b"\r\n", content, b"\r\n"]
    return b"".join((*pieces, mark, b"--\r\n"))


def mixed(boundary: str) -> str:
    """The Content-Type of a body with this boundary, which is quoted always: peers were seen to want it so.

    Raises:
        Unwritable: The boundary is none.
    """
    if _BOUNDARY.fullmatch(boundary) is None:
        raise Unwritable("a boundary is none")
    return str(MediaType(name="multipart/mixed", parameters=Parameters((("boundary", f'"{boundary}"'),))))


def _boundary(content_type: str) -> bytes:
    try:
        media_type = parse_media_type(content_type)
    except GarbledSip as failure:
        raise GarbledMultipart(failure.reason) from None
    if not media_type.multipart:
        raise GarbledMultipart(f"{media_type.name} has no parts")
    boundary = media_type.parameters.get("boundary")
    if boundary is None or _READ_BOUNDARY.fullmatch(boundary) is None:
        raise GarbledMultipart("the Content-Type has no boundary, or none that can be found")
    return boundary.encode()


def _part(content: bytes) -> Part:
    """A part from what stands behind its delimiter, the delimiter's own line end first; a body may be missing."""
    head, _, body = content.partition(b"\r\n\r\n")
    lines = head.removeprefix(b"\r\n").removesuffix(b"\r\n")
    try:
        part = Part(headers=read_fields(lines), body=body)
    except GarbledSip as failure:
        raise GarbledMultipart(failure.reason) from None
    if part.media_type.multipart:
        raise GarbledMultipart("a part has parts itself")
    return part


def _content(part: Part) -> bytes:
    return "".join(f"{line}\r\n" for line in written_fields(part.headers)).encode() + b"\r\n" + part.body
