"""What this side says of a stream and what came of it, as values, and what a peer's media section says of one.

Owns codecs, directions and addresses of streams, read out of the attributes (RFC 3264, 3605, 4574, 5761, 8866
section 6). Must not decide what to answer: ``offer.py`` and ``answer.py`` do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSdp
from emulator.siprec.sdp.codecs import Codec
from emulator.siprec.sdp.crypto import written_crypto
from emulator.siprec.sdp.description import Attribute, MediaDescription

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.siprec.sdp.crypto import CryptoKey
    from emulator.siprec.sdp.description import SessionDescription

PTIME = 20
"""Milliseconds of sound in a packet, as Telnyx offers (facts: what the SRC sends)."""

PLAIN = "RTP/AVP"
SECURE = "RTP/SAVP"

_NOWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - a hold by RFC 2543, not an address to listen on
_PORT = re.compile(r"[0-9]{1,5}")
_CLOCK = 8000
_MAX_PTIME = 1_000
_MAX_PORT = 65_535
_RTCP_WITH_ADDRESS = 4


class Direction(StrEnum):
    """Which way a stream flows, seen from the side that says it; the value is the attribute's name."""

    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    SENDRECV = "sendrecv"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        """Whether the side that says it sends."""
        return self in {Direction.SENDONLY, Direction.SENDRECV}

    @property
    def receives(self) -> bool:
        """Whether the side that says it wants to receive."""
        return self in {Direction.RECVONLY, Direction.SENDRECV}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedStream:
    """What this side has to say of one of its streams, in an offer or an answer.

    Attributes:
        label: ``inbound`` or ``outbound``; None leaves it out, which RFC 7866 section 7.1.1 forbids a client.
        port: Of RTP; 0 says that the stream is gone.
        rtcp_port: Of RTCP.
        direction: What this side does at most: a client ``sendonly``, a server ``recvonly``, either ``inactive``.
        crypto: What this side encrypts with; None for plain RTP.
        codecs: The preferred one first, at least one.
        rtcp_mux: Whether RTCP may go to RTP's port (RFC 5761).
    """

    label: str | None
    port: int
    rtcp_port: int
    direction: Direction = Direction.SENDONLY
    crypto: CryptoKey | None = None
    codecs: tuple[Codec, ...] = (Codec.PCMU, Codec.PCMA)
    rtcp_mux: bool = False

    @property
    def protocol(self) -> str:
        """The transport of its ``m=`` line."""
        return PLAIN if self.crypto is None else SECURE


@dataclass(frozen=True, slots=True, kw_only=True)
class NegotiatedStream:
    """What both sides agreed on for one stream.

    Attributes:
        label: This side's; a server takes it from the offer.
        active: False where a side set the port to 0: neither RTP nor RTCP flows.
        direction: What this side does. RTCP flows in either direction whatever it is (RFC 3264 section 5.1).
        remote: The peer's host and port of RTP; None where the stream is not active, or held by address 0.0.0.0,
            where nothing is to be sent (RFC 3264 section 8.4).
        remote_rtcp: The same of RTCP; equals ``remote`` where both share a port.
        payload_type: Number to send PCMU or PCMA under, 0 to 127; the peer's choice.
        received_types: Which numbers the peer may send, and what each is; for a server.
        ptime: Milliseconds of sound per packet that the peer asks for, 20 where it doesn't.
        local_key: What this side encrypts with; None for plain RTP.
        remote_key: What the peer encrypts with.
    """

    label: str | None
    active: bool
    direction: Direction = Direction.INACTIVE
    remote: tuple[str, int] | None = None
    remote_rtcp: tuple[str, int] | None = None
    payload_type: int = 0
    codec: Codec = Codec.PCMU
    received_types: tuple[tuple[int, Codec], ...] = ()
    ptime: int = PTIME
    local_key: CryptoKey | None = None
    remote_key: CryptoKey | None = None

    @property
    def sending(self) -> bool:
        """Whether this side sends RTP."""
        return self.active and self.remote is not None and self.direction.sends

    @property
    def receiving(self) -> bool:
        """Whether RTP is to come in."""
        return self.active and self.direction.receives


def media_section(
    stream: OfferedStream, *, port: int, direction: Direction, formats: Iterable[tuple[int, Codec]], mux: bool
) -> MediaDescription:
    """This side's ``m=`` line for a stream and what belongs to it.

    Args:
        stream: Whose label, RTCP port and key are written; the key as it stands.
        port: 0 refuses the stream.
        direction: What is said.
        formats: Payload types and what they are, the preferred one first.
        mux: Whether to say ``rtcp-mux``.
    """
    listed = tuple(formats)
    attributes = [Attribute("rtpmap", f"{number} {codec}/{_CLOCK}") for number, codec in listed]
    attributes += [Attribute("ptime", str(PTIME)), Attribute("maxptime", str(PTIME)), Attribute(direction)]
    if stream.label is not None:
        attributes.append(Attribute("label", stream.label))
    if mux:
        attributes.append(Attribute("rtcp-mux"))
    elif port and stream.rtcp_port != port + 1:
        attributes.append(Attribute("rtcp", str(stream.rtcp_port)))
    if stream.crypto is not None:
        attributes.append(Attribute("crypto", written_crypto(stream.crypto)))
    numbers = tuple(str(number) for number, _ in listed)
    return MediaDescription(
        kind="audio", port=port, protocol=stream.protocol, formats=numbers, attributes=tuple(attributes)
    )


# --- what a peer's section says ---


def direction_of(description: SessionDescription, media: MediaDescription) -> Direction:
    """The section's own direction, else the session's, else ``sendrecv`` (RFC 8866 section 6.7)."""
    for attributes in (media.attributes, description.attributes):
        for attribute in attributes:
            if attribute.name in set(Direction):
                return Direction(attribute.name)
    return Direction.SENDRECV


def codecs_of(media: MediaDescription) -> tuple[tuple[int, Codec], ...]:
    """The payload types that are PCMU or PCMA, in the peer's order.

    ``a=rtpmap`` counts before the static numbers, which need none (RFC 3551 section 6).
    """
    mapped = dict(_rtpmap(value) for value in media.every("rtpmap"))
    found = []
    for number in media.formats:
        static = next((codec for codec in Codec if str(codec.payload_type) == number), None)
        codec = _codec(mapped[number]) if number in mapped else static
        if codec is not None and _payload_type(number):
            found.append((int(number), codec))
    return tuple(found)


def _rtpmap(value: str) -> tuple[str, str]:
    number, _, encoding = value.partition(" ")
    return number, encoding.strip()


def _codec(encoding: str) -> Codec | None:
    """``PCMU/8000`` and ``pcmu/8000/1`` are the same; another clock or a second channel is not."""
    plain = encoding.upper().removesuffix("/1")
    return next((codec for codec in Codec if f"{codec}/{_CLOCK}" == plain), None)


def _payload_type(number: str) -> bool:
    return re.fullmatch("[0-9]{1,3}", number) is not None and int(number) < 128  # noqa: PLR2004 - 7 bits


def ptime_of(media: MediaDescription) -> int:
    """Milliseconds of sound per packet that the peer would like; 20 where it says nothing that can be used."""
    text = (media.get("ptime") or "").strip()
    wanted = int(text) if re.fullmatch("[0-9]{1,4}", text) else 0
    return wanted if 0 < wanted <= _MAX_PTIME else PTIME


def addresses_of(
    description: SessionDescription, media: MediaDescription, *, mux: bool
) -> tuple[tuple[str, int] | None, tuple[str, int] | None]:
    """Where the peer takes RTP and RTCP; None twice where the address is 0.0.0.0.

    Args:
        description: What the peer said.
        media: The section of it that is asked about.
        mux: Whether both sides said ``rtcp-mux``: RTCP then goes to RTP's port (RFC 5761 section 5.1.1).

    Raises:
        GarbledSdp: There is no ``c=`` for the section, or its ``a=rtcp`` can't be read (RFC 3605 section 2.1).
    """
    host = media.host or description.host
    if host is None:
        raise GarbledSdp("there is no c= for an m= line")
    if host in _NOWHERE:
        return None, None
    if mux:
        return (host, media.port), (host, media.port)
    rtcp = media.get("rtcp")
    rtcp_address = (host, min(media.port + 1, _MAX_PORT)) if rtcp is None else _rtcp(rtcp, host)
    return (host, media.port), rtcp_address


def _rtcp(value: str, host: str) -> tuple[str, int]:
    words = value.split()
    if len(words) not in {1, _RTCP_WITH_ADDRESS} or not _PORT.fullmatch(words[0]):
        raise GarbledSdp("a=rtcp is no port and address")
    port = int(words[0])
    if not 0 < port <= _MAX_PORT:
        raise GarbledSdp("the port in a=rtcp is out of range")
    return (words[3] if len(words) == _RTCP_WITH_ADDRESS else host), port
