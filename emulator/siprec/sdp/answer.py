"""Answering an offer (RFC 3264 section 6): a client's to a re-INVITE from the server, and a server's to any.

Owns which streams of an offer are taken and what is said of each. Must not know SIP, nor what a stream records.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSdp
from emulator.siprec.sdp.crypto import chosen
from emulator.siprec.sdp.description import Attribute, MediaDescription
from emulator.siprec.sdp.offer import TELNYX, agreed, common_formats, described, muxed
from emulator.siprec.sdp.streams import NegotiatedStream, OfferedStream, media_section

if TYPE_CHECKING:
    from emulator.siprec.sdp.crypto import CryptoKey
    from emulator.siprec.sdp.description import SessionDescription
    from emulator.siprec.sdp.offer import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer and what it settles.

    Attributes:
        description: What to send.
        streams: One for each ``m=`` of the offer, in order; a refused one is not active.
    """

    description: SessionDescription
    streams: tuple[NegotiatedStream, ...]


def answered(
    offer: SessionDescription,
    streams: tuple[OfferedStream, ...],
    *,
    host: str,
    session: int,
    version: int = 1,
    writer: Writer = TELNYX,
) -> Answered:
    """Answer each ``m=`` line of an offer, in its order.

    Args:
        offer: What the peer said.
        streams: What this side has for the first lines: a client's ``sendonly``, a server's ``recvonly``. Lines
            beyond them are refused, and so is one whose stream has port 0. A None label is taken from the offer.
        host: This side's address; IPv6 without brackets.
        session: The number in ``o=`` that this side has used before, if it has.
        version: Of ``o=``; ``description.revised`` makes the next ones.
        writer: Who this side is.

    Returns:
        What to send; no stream may be active in it, which a caller answers with 488 where it is no good to it.

    Raises:
        GarbledSdp: Lines are missing that were there before (RFC 3264 section 8), or one can't be read.
    """
    if len(offer.media) < len(streams):
        raise GarbledSdp(f"the offer has {len(offer.media)} m= lines where there are {len(streams)} streams")
    own: list[OfferedStream | None] = [*streams, *([None] * (len(offer.media) - len(streams)))]
    answers = [_answer(offer, media, stream) for media, stream in zip(offer.media, own, strict=True)]
    sections = tuple(section for section, _ in answers)
    return Answered(
        description=described(sections, host=host, session=session, version=version, writer=writer),
        streams=tuple(stream for _, stream in answers),
    )


def _answer(
    offer: SessionDescription, media: MediaDescription, own: OfferedStream | None
) -> tuple[MediaDescription, NegotiatedStream]:
    label = media.get("label") if own is None or own.label is None else own.label
    refusal = _refusal(media, label), NegotiatedStream(label=label, active=False)
    if own is None or not _fits(media, own):
        return refusal
    if own.crypto is None:
        return _taken(offer, media, replace(own, label=label), None)
    keys = chosen(media.every("crypto"), own.crypto)
    if keys is None:
        return refusal
    remote_key, local_key = keys
    return _taken(offer, media, replace(own, label=label, crypto=local_key), remote_key)


def _taken(
    offer: SessionDescription, media: MediaDescription, own: OfferedStream, remote_key: CryptoKey | None
) -> tuple[MediaDescription, NegotiatedStream]:
    stream = agreed(own, offer, media, remote_key=remote_key)
    section = media_section(
        own, port=own.port, direction=stream.direction, formats=stream.received_types, mux=muxed(own, media)
    )
    return section, stream


def _fits(media: MediaDescription, own: OfferedStream) -> bool:
    """Whether the line is live on both sides, and of a medium, transport and codec that this side speaks."""
    live = media.port != 0 and own.port != 0
    spoken = (media.kind, media.protocol.upper()) == ("audio", own.protocol)
    return live and spoken and bool(common_formats(own, media))


def _refusal(media: MediaDescription, label: str | None) -> MediaDescription:
    """The line with port 0; its formats have no meaning then, yet one must stand there (RFC 3264 section 6)."""
    attributes = () if label is None else (Attribute("label", label),)
    return MediaDescription(
        kind=media.kind, port=0, protocol=media.protocol, formats=media.formats, attributes=attributes
    )
