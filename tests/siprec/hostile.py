"""Inputs that a parser with quadratic time would choke on, of any size.

Owns what they look like and who reads them. Must not measure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from emulator.core.errors import Garbled
from emulator.siprec.metadata.checking import check
from emulator.siprec.multipart import parse_multipart
from emulator.siprec.sdp.description import MAX_BYTES, MAX_LINES
from emulator.siprec.sip.framing import Framing
from emulator.siprec.sip.head import MAX_HEAD
from emulator.siprec.sip.message import parse
from tests.siprec.readers import ANY, read_description

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VALUE_BYTES = 65_536
"""Far more than a line may have, so that small times can be told apart."""

HEAD_BYTES = MAX_HEAD // 4
BODY_BYTES = 131_072

VALUES = (
    *(
        ",",
        '"',
        '\\"',
        '"\\',
        '"",',
        "<",
        "<>",
        "<>,",
        "(",
        "()",
        ")",
        ";",
        ";=",
        '=";',
        ";a=",
        "%",
        "%00",
        "@",
        ":",
        "[::",
        "?a",
    ),
    *(
        " ",
        "\t",
        " ,",
        "a ",
        "a,",
        'a="b",',
        "a=b,",
        "sip:",
        "<sip:a>,",
        "SIP/2.0/UDP a,",
        "0",
        "9",
        "/",
        "a/",
        "-",
        "\u00fc",
    ),
)

STARTS = (
    "",
    '"',
    "<",
    "sip:",
    "sip:a@b;",
    "sip:a@b?",
    "<sip:a@b>;",
    "Digest ",
    "SIP/2.0/UDP a;",
    "a/b;",
    "a;",
    "1 ",
    "1(",
)

LINES = (
    b"\r\n ",
    b"\r\n\t",
    b"\r\na: b",
    b"\r\na:",
    b":",
    b" ",
    b"\r",
    b"\r\nv: ,",
    b"\r\nl: 0",
    b"\r\n\r",
    b"\xff",
    b"a",
)

BODIES = (
    b"\r\n--b",
    b"\r\n--",
    b"\r\n",
    b"--b",
    b"\r\n--b ",
    b"\r\n--b\r\n\r\n",
    b"\r\n--b\t\r\nA: b",
    b"-",
    b" ",
    b"\0",
)

DESCRIBED = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"

SDP_LINES = (
    b"a=b\r\n",
    b"a=label:1\r\n",
    b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x|\r\n",
    b"m=audio 1 RTP/AVP 0\r\n",
    b"m=audio 1 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n",
    b"m=audio 1 RTP/AVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x|\r\n",
    b"a=rtpmap:0 PCMU/8000\r\n",
    b"a=",
    b"a",
    b" ",
    b":",
    b"\r\n",
    b"=",
    b"|",
)

ELEMENTS = (
    b'<a b="c">text</a> spread over enough bytes',
    b'<stream stream_id="UAAMm5GRQKSCMVvLyl4rFw=="/>',
    b'<participant participant_id="srfBElmCRp2QB23b7Mpk0w=="/>',
    b'<participantstreamassoc participant_id="a"><send>a</send></participantstreamassoc>',
    b"<a><a><a>",
    b"&amp;",
    b"&#10;",
    b"<!-- -->",
    b"<![CDATA[]]>",
    b"\r\n",
)

WHOLE = b"BYE sip:a@b SIP/2.0\r\nl: 0\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """One kind of input.

    Attributes:
        name: What it is made of and who reads it.
        small: Bytes of a small one; a large one has four times as many.
        read: Reads one of this many bytes, and has anything refused.
    """

    name: str
    small: int
    read: Callable[[int], None]


def hostiles() -> Iterator[Hostile]:
    """All kinds."""
    for start in STARTS:
        for piece in VALUES:
            yield Hostile(
                name=f"{start}{piece}... as any header",
                small=VALUE_BYTES,
                read=partial(_read_value, start, piece),
            )
    for line in LINES:
        yield Hostile(name=f"a head of {line!r}", small=HEAD_BYTES, read=partial(_read_head, line))
        yield Hostile(name=f"a stream of {line!r}", small=HEAD_BYTES, read=partial(_read_bytewise, line))
    for part in BODIES:
        yield Hostile(name=f"a body of {part!r}", small=BODY_BYTES, read=partial(_read_parts, part))
    for line in SDP_LINES:
        most = MAX_LINES * len(line) // 2 if b"\n" in line else MAX_BYTES
        small = (min(most, MAX_BYTES) - len(DESCRIBED)) // 4
        yield Hostile(name=f"a description of {line!r}", small=small, read=partial(_read_description, line))
    yield Hostile(name="a description of many formats", small=MAX_BYTES // 8, read=_read_formats)
    for element in ELEMENTS:
        yield Hostile(name=f"metadata of {element!r}", small=MAX_BYTES // 8, read=partial(_read_metadata, element))
    for whole in (WHOLE, b"\r\n", b"\r\n\r\n" + WHOLE):
        yield Hostile(name=f"a stream of {whole!r} at once", small=BODY_BYTES, read=partial(_read_at_once, whole))
    yield Hostile(name="a body byte by byte", small=BODY_BYTES // 4, read=_read_body_bytewise)


def _read_value(start: str, piece: str, size: int) -> None:
    text = start + piece * (size // len(piece))
    for reader in ANY:
        try:
            reader(text)
        except Garbled:
            continue


def _read_head(line: bytes, size: int) -> None:
    try:
        parse(b"OPTIONS sip:a@b SIP/2.0" + line * (size // len(line)) + b"\r\n\r\n")
    except Garbled:
        return


def _read_parts(piece: bytes, size: int) -> None:
    try:
        parse_multipart("multipart/mixed;boundary=b", piece * (size // len(piece)))
    except Garbled:
        return


def _read_description(line: bytes, size: int) -> None:
    read_description(DESCRIBED + line * (size // len(line)))


def _read_formats(size: int) -> None:
    """As many formats as maps, with none for any, so that each might be looked for among all."""
    many = min(size // 32, MAX_LINES - 10)
    formats = b" 0" * many
    read_description(DESCRIBED + b"m=audio 1 RTP/AVP" + formats + b"\r\n" + b"a=rtpmap:9 G722/8000\r\n" * many)


def _read_metadata(piece: bytes, size: int) -> None:
    held = piece * (size // len(piece))
    check(
        b'<recording xmlns="urn:ietf:params:xml:ns:recording:1">' + held + b"</recording>",
        description=None,
        before=None,
    )


def _feed(framing: Framing, data: bytes) -> None:
    for _ in framing.feed(data):
        pass


def _read_bytewise(line: bytes, size: int) -> None:
    framing = Framing(opened=False)
    data = b"OPTIONS sip:a@b SIP/2.0" + line * (size // len(line))
    try:
        for place in range(len(data)):
            _feed(framing, data[place : place + 1])
    except Garbled:
        return


def _read_body_bytewise(size: int) -> None:
    framing = Framing(opened=True)
    _feed(framing, b"BYE sip:a@b SIP/2.0\r\nl: %d\r\n\r\n" % size)
    for _ in range(size):
        _feed(framing, b"\n")


def _read_at_once(piece: bytes, size: int) -> None:
    _feed(Framing(opened=False), piece * (size // len(piece)))
