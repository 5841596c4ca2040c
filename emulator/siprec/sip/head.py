"""The lines of a message's head, and of a body part's (RFC 3261 section 7.3, RFC 2046 section 5.1).

Owns line ends, folds, bounds and characters. Must not know what a start line or a header means, beyond which stand
alone, and Content-Length.

Deliberate: a line ends with CR LF alone, since a header with a bare LF could be read as two by the next peer. A
line that is not UTF-8 is read as Latin-1, so that text is never half a character and can be shown anywhere.
"""

from __future__ import annotations

import re

from emulator.core.errors import GarbledSip, Unwritable
from emulator.siprec.sip.headers import Headers, long_name
from emulator.siprec.sip.quoting import is_token, writable

MAX_HEAD = 65_536
"""Bytes of a start line and its headers; as much as a datagram can hold."""

MAX_LINE = 16_384
"""Bytes of one header with its folds undone."""

MAX_FIELDS = 256

SINGLE = frozenset(
    {
        "call-id",
        "content-disposition",
        "content-length",
        "content-type",
        "cseq",
        "from",
        "max-forwards",
        "min-expires",
        "min-se",
        "retry-after",
        "session-expires",
        "to",
    }
)
"""Headers that stand once: two of them leave open which is meant (RFC 4475 section 3.3.8)."""

_STRAY = re.compile(rb"\r(?!\n)|(?<!\r)\n|\x00")
_FOLD = re.compile(rb"\r\n[ \t]+")
_LENGTH = re.compile(r"[0-9]{1,9}")


def read_head(head: bytes) -> tuple[str, Headers]:
    """Read a start line and the headers below it.

    Args:
        head: Without the empty line at its end.

    Raises:
        GarbledSip: It is out of bounds, or a line can't be read.
    """
    first, _, lines = head.partition(b"\r\n")
    headers = read_fields(lines)
    if _STRAY.search(first) is not None:
        raise GarbledSip("the first line holds half a line end or NUL")
    return _text(first), headers


def read_fields(lines: bytes) -> Headers:
    """Read headers.

    Args:
        lines: Header lines without the empty line at their end; empty for none.

    Raises:
        GarbledSip: They are out of bounds, one can't be read, or one that stands alone stands twice.
    """
    if len(lines) > MAX_HEAD:
        raise GarbledSip("the headers are too long")
    if not lines:
        return Headers()
    if _STRAY.search(lines) is not None:
        raise GarbledSip("the headers hold half a line end or NUL")
    if lines[:1] in (b" ", b"\t"):
        raise GarbledSip("a header is folded before the first one begins")
    unfolded = _FOLD.sub(b" ", lines).split(b"\r\n")
    if len(unfolded) > MAX_FIELDS:
        raise GarbledSip("there are too many headers")
    headers = Headers(tuple(_field(line) for line in unfolded))
    _check_single(headers)
    return headers


def content_length(headers: Headers) -> int | None:
    """How many bytes of body a message says that it has; None where it says nothing.

    Raises:
        GarbledSip: It is no number.
    """
    written = headers.get("Content-Length")
    if written is None:
        return None
    if _LENGTH.fullmatch(written) is None:
        raise GarbledSip("Content-Length is no number of bytes")
    return int(written)


def written_fields(headers: Headers) -> list[str]:
    """Each header's line, without its end.

    Raises:
        Unwritable: A name or value would say something else on the wire.
    """
    lines = []
    for name, value in headers:
        if not is_token(name):
            raise Unwritable("a header's name is no token")
        lines.append(f"{name}: {writable(value)}")
    return lines


def _field(line: bytes) -> tuple[str, str]:
    if len(line) > MAX_LINE:
        raise GarbledSip("a header is too long")
    name, colon, value = _text(line).partition(":")
    name = name.rstrip(" \t")
    if not colon:
        raise GarbledSip("a header line has no colon")
    if not is_token(name):
        raise GarbledSip("a header's name is no token")
    return long_name(name), value.strip(" \t")


def _check_single(headers: Headers) -> None:
    met: set[str] = set()
    for name, _ in headers:
        held = name.lower()
        if held in met:
            raise GarbledSip(f"{name} stands twice")
        if held in SINGLE:
            met.add(held)


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")
