"""What a message of a recording client has in its body (RFC 7866 sections 6.1.1 and 9.1).

Owns finding the session description and the metadata among the parts, leniently, and telling what is amiss with
the parts themselves. Must not judge what they say: ``checking.py`` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledMultipart, GarbledSdp, GarbledSip
from emulator.siprec.metadata.names import DISPOSITION, MEDIA_TYPE
from emulator.siprec.metadata.violations import Violation, Weight
from emulator.siprec.multipart import Part, parse_multipart
from emulator.siprec.sdp.description import parse_sdp
from emulator.siprec.sip.content import parse_media_type, parse_valued

if TYPE_CHECKING:
    from emulator.siprec.sdp.description import SessionDescription
    from emulator.siprec.sip.message import Message

SDP = "application/sdp"
METADATA = (MEDIA_TYPE, "application/rs-metadata")
"""The registered name, and the one in the examples of RFC 7866."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What was found.

    Attributes:
        description: None where there is none that can be read.
        metadata: The document's bytes; None where there is none.
        violations: What is amiss with the body and its parts.
    """

    description: SessionDescription | None = None
    metadata: bytes | None = None
    violations: tuple[Violation, ...] = ()


def contents_of(message: Message) -> Contents:
    """Take a message's body apart."""
    if not message.body:
        return Contents()
    try:
        parts = _parts(message)
        named = [(part.media_type.name, part) for part in parts]
    except (GarbledMultipart, GarbledSip) as garbled:
        broken = must("6.1.1", f"The body can't be taken apart: {garbled.reason}.")
        return Contents(violations=(broken,))
    found: list[Violation] = []
    sdp = next((part for name, part in named if name == SDP), None)
    metadata = next((part for name, part in named if name in METADATA), None)
    if metadata is not None and _disposition(metadata) != DISPOSITION:
        found.append(must("9.1", f"The metadata's part has no Content-Disposition {DISPOSITION}."))
    description = None
    if sdp is not None:
        try:
            description = parse_sdp(sdp.body)
        except GarbledSdp as garbled:
            found.append(must("7.1.1", f"The session description can't be read: {garbled.reason}."))
    document = None if metadata is None else metadata.body
    return Contents(description=description, metadata=document, violations=tuple(found))


def must(section: str, sentence: str) -> Violation:
    """A violation of RFC 7866."""
    return Violation(weight=Weight.MUST, rfc=7866, section=section, sentence=sentence)


def _parts(message: Message) -> tuple[Part, ...]:
    written = message.headers.get("Content-Type") or ""
    if parse_media_type(written).multipart:
        return parse_multipart(written, message.body)
    return (Part(headers=message.headers, body=message.body),)


def _disposition(part: Part) -> str:
    try:
        return parse_valued(part.headers.get("Content-Disposition") or "").value
    except GarbledSip:
        return ""
