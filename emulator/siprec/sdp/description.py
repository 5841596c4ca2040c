"""Session descriptions as values, and their way from and to bytes (RFC 8866, which RFC 4566 became).

Owns the lines: which there may be, where a section begins, what may stand in each. Must not know what an attribute
means, nor of offers and answers.

Read leniently where peers differ (LF alone, lines out of order within a section, no ``s=`` or ``t=``), and
strictly where a guess would be needed. Lines without a use here (``b=``, ``t=``, ``i=`` and such) are read past.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from itertools import pairwise
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSdp, Unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_BYTES = 64 * 1024
MAX_LINES = 2_000
MAX_MEDIA = 64
MAX_FORMATS = 256
MAX_PORT = 65_535

_LETTERS = frozenset("vosiuepcbtrzkam")
_TOKEN = re.compile(r"[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+")
"""RFC 8866 section 9, ``token``."""
_WORD = re.compile(r"[!-~\x80-\U0010ffff]+")
_HOST = re.compile(r"[0-9A-Za-z.:%_\-]{1,255}")
_DIGITS = re.compile(r"[0-9]{1,20}")
_ENDS_A_LINE = re.compile(r"[\r\n\0]")

_ORIGIN_WORDS = 6
_CONNECTION_WORDS = 3
_MEDIA_WORDS = 4


@dataclass(frozen=True, slots=True)
class Attribute:
    """An ``a=`` line (RFC 8866 section 5.13).

    Attributes:
        value: What stands behind the colon; None for a property such as ``a=sendonly``.
    """

    name: str
    value: str | None = None

    def __repr__(self) -> str:
        """Without a key of SRTP, which has no place in a log (RFC 4568)."""
        value = "..." if self.name.lower() == "crypto" else self.value
        return f"Attribute(name={self.name!r}, value={value!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The ``o=`` line (RFC 8866 section 5.2).

    Attributes:
        session: The session's number, digits by the RFC; peers write other words too.
        version: Goes up by one with each change (RFC 3264 section 8).
        host: An address or a name.
    """

    username: str
    session: str
    version: int
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaDescription:
    """One ``m=`` line and those that belong to it (RFC 8866 section 5.14).

    Attributes:
        kind: ``audio`` and such.
        port: 0 where the stream is refused or gone.
        protocol: ``RTP/AVP``, ``RTP/SAVP``.
        formats: Payload types as written, the preferred one first; at least one.
        host: Of the section's own ``c=``; None where the session's counts.
    """

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    host: str | None = None
    attributes: tuple[Attribute, ...] = ()

    def every(self, name: str) -> tuple[str, ...]:
        """The values of all attributes of a name; a property's is empty."""
        return tuple(one.value or "" for one in self.attributes if one.name == name)

    def get(self, name: str) -> str | None:
        """The first attribute's value, empty for a property; None where there is none."""
        return next(iter(self.every(name)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDescription:
    """A whole description.

    Attributes:
        name: The ``s=`` line; a dash where there is none to give.
        host: Of the session's ``c=``; None where each medium has its own.
    """

    origin: Origin
    name: str = "-"
    host: str | None = None
    attributes: tuple[Attribute, ...] = ()
    media: tuple[MediaDescription, ...] = ()


def revised(before: SessionDescription, wanted: SessionDescription) -> SessionDescription:
    """What to send next in a session: the version goes up by one where something changed, and else stays.

    Args:
        before: What this side sent last (RFC 3264 section 8; RFC 4028 section 7.4 for a refresh).
        wanted: What it would say now; its origin counts for nothing.
    """
    same = replace(wanted, origin=before.origin)
    if same == before:
        return before
    return replace(same, origin=replace(before.origin, version=before.origin.version + 1))


# --- reading ---


def parse_sdp(data: bytes) -> SessionDescription:
    """Read a description.

    Args:
        data: The body of type ``application/sdp``; CRLF or LF, in any mixture.

    Raises:
        GarbledSdp: It is none, or is over a bound.
    """
    lines = _lines(data)
    if lines[0] != ("v", "0"):
        raise GarbledSdp("the first line is not v=0")
    starts = [index for index, (letter, _) in enumerate(lines) if letter == "m"]
    if len(starts) > MAX_MEDIA:
        raise GarbledSdp(f"there are more than {MAX_MEDIA} m= lines")
    head = lines[1 : starts[0]] if starts else lines[1:]
    sections = [lines[start:end] for start, end in pairwise([*starts, len(lines)])]
    return SessionDescription(
        origin=_origin(_values(head, "o")),
        name=next(filter(None, _values(head, "s")), "-"),
        host=_host(head),
        attributes=_attributes(head),
        media=tuple(_media(section) for section in sections),
    )


def _lines(data: bytes) -> list[tuple[str, str]]:
    if len(data) > MAX_BYTES:
        raise GarbledSdp(f"it is larger than {MAX_BYTES} bytes")
    text = data.decode("utf-8", "surrogateescape").rstrip("\r\n")
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise GarbledSdp(f"it has more than {MAX_LINES} lines")
    return [_line(line.removesuffix("\r")) for line in lines]


def _line(line: str) -> tuple[str, str]:
    letter, equals, value = line[:1], line[1:2], line[2:]
    if letter not in _LETTERS or equals != "=":
        raise GarbledSdp("a line does not begin with a known letter and '='")
    if _ENDS_A_LINE.search(value):
        raise GarbledSdp(f"there is a control character in {letter}=")
    return letter, value


def _values(lines: Sequence[tuple[str, str]], letter: str) -> list[str]:
    return [value for held, value in lines if held == letter]


def _number(text: str, what: str, most: int) -> int:
    if not _DIGITS.fullmatch(text) or int(text) > most:
        raise GarbledSdp(f"{what} is no number from 0 to {most}")
    return int(text)


def _address(words: Sequence[str], line: str) -> str:
    """The host of ``IN IP4 host``; what stands behind a slash is multicast's."""
    network, kind, host = words
    known = network.upper() == "IN" and kind.upper() in {"IP4", "IP6"}
    host = host.partition("/")[0]
    if not known or not _HOST.fullmatch(host):
        raise GarbledSdp(f"{line}= holds no address of the Internet's")
    return host


def _origin(values: list[str]) -> Origin:
    words = values[0].split() if len(values) == 1 else []
    if len(words) != _ORIGIN_WORDS:
        raise GarbledSdp("there is not one o= line of six words")
    username, session, version = words[:3]
    if not (_WORD.fullmatch(username) and _WORD.fullmatch(session)):
        raise GarbledSdp("o= holds a control character")
    number = _number(version, "the version in o=", 2**64 - 1)
    return Origin(username=username, session=session, version=number, host=_address(words[3:], "o"))


def _host(lines: Sequence[tuple[str, str]]) -> str | None:
    """The first ``c=``: several are multicast's, which no recording session uses."""
    values = _values(lines, "c")
    if not values:
        return None
    words = values[0].split()
    if len(words) != _CONNECTION_WORDS:
        raise GarbledSdp("c= has not three words")
    return _address(words, "c")


def _attributes(lines: Sequence[tuple[str, str]]) -> tuple[Attribute, ...]:
    return tuple(_attribute(value) for value in _values(lines, "a"))


def _attribute(text: str) -> Attribute:
    name, colon, value = text.partition(":")
    # peers put blanks behind a property, and behind the colon
    name, value = name.strip(" \t"), value.strip(" \t")
    if not _TOKEN.fullmatch(name):
        raise GarbledSdp("an attribute's name is no token")
    return Attribute(name, value if colon else None)


def _media(section: Sequence[tuple[str, str]]) -> MediaDescription:
    words = section[0][1].split()
    if len(words) < _MEDIA_WORDS:
        raise GarbledSdp("m= has fewer than four words")
    kind, port, protocol, *formats = words
    if len(formats) > MAX_FORMATS:
        raise GarbledSdp(f"m= has more than {MAX_FORMATS} formats")
    if not all(_TOKEN.fullmatch(word) for word in (kind, *protocol.split("/"), *formats)):
        raise GarbledSdp("a word of m= is no token")
    return MediaDescription(
        kind=kind,
        port=_number(port.partition("/")[0], "the port in m=", MAX_PORT),
        protocol=protocol,
        formats=tuple(formats),
        host=_host(section),
        attributes=_attributes(section),
    )


# --- writing ---


def written_sdp(description: SessionDescription) -> bytes:
    """The bytes of a description, in the order that RFC 8866 section 5 wants.

    Raises:
        Unwritable: A value would end its line or its word, or is out of range.
    """
    text = "".join(f"{line}\r\n" for line in _written_lines(description))
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise Unwritable("a value of the session description is no text") from None


def _written_lines(description: SessionDescription) -> Iterator[str]:
    origin = description.origin
    if not 0 <= origin.version < 2**64:
        raise Unwritable("the version in o= is out of range")
    names = f"{_word(origin.username)} {_word(origin.session)}"
    yield "v=0"
    yield f"o={names} {origin.version} {_written_host(origin.host)}"
    yield f"s={_text(description.name) or '-'}"
    if description.host is not None:
        yield f"c={_written_host(description.host)}"
    yield "t=0 0"
    yield from map(_written_attribute, description.attributes)
    for media in description.media:
        yield from _written_media(media)


def _written_media(media: MediaDescription) -> Iterator[str]:
    if not 0 <= media.port <= MAX_PORT:
        raise Unwritable("a port in m= is out of range")
    if not media.formats:
        raise Unwritable("m= needs a format")
    protocol = "/".join(_token(part) for part in media.protocol.split("/"))
    formats = " ".join(_token(one) for one in media.formats)
    yield f"m={_token(media.kind)} {media.port} {protocol} {formats}"
    if media.host is not None:
        yield f"c={_written_host(media.host)}"
    yield from map(_written_attribute, media.attributes)


def _written_attribute(attribute: Attribute) -> str:
    name = _token(attribute.name)
    return f"a={name}" if attribute.value is None else f"a={name}:{_text(attribute.value)}"


def _written_host(host: str) -> str:
    if not _HOST.fullmatch(host):
        raise Unwritable("a host of the session description is neither an address nor a name")
    return f"IN {'IP6' if is_ipv6(host) else 'IP4'} {host}"


def is_ipv6(host: str) -> bool:
    """Whether a host is an IPv6 literal, without brackets."""
    try:
        IPv6Address(host)
    except ValueError:
        return False
    return True


def _text(value: str) -> str:
    if _ENDS_A_LINE.search(value):
        raise Unwritable("a value of the session description would end its line")
    return value


def _word(value: str) -> str:
    if not _WORD.fullmatch(value) or any(character.isspace() for character in value):
        raise Unwritable("a value of the session description is not one word")
    return value


def _token(value: str) -> str:
    if not _TOKEN.fullmatch(value):
        raise Unwritable("a name in the session description is no token")
    return value
