"""Which parser reads which header, and what is asked of a description, for what tries all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSdp
from emulator.siprec.sdp.answer import answered
from emulator.siprec.sdp.description import parse_sdp
from emulator.siprec.sdp.offer import accepted
from emulator.siprec.sdp.streams import Direction, OfferedStream
from emulator.siprec.sip.address import parse_address, parse_addresses
from emulator.siprec.sip.content import parse_media_type, parse_valued
from emulator.siprec.sip.cseq import parse_cseq
from emulator.siprec.sip.digest import parse_authorization, parse_challenge
from emulator.siprec.sip.lists import split_list
from emulator.siprec.sip.parameters import parse_parameters
from emulator.siprec.sip.seconds import parse_min_se, parse_retry_after, parse_session_expires
from emulator.siprec.sip.uri import parse_uri
from emulator.siprec.sip.via import parse_vias

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.siprec.sdp.description import SessionDescription

READERS: dict[str, Callable[[str], object]] = {
    "via": parse_vias,
    "from": parse_address,
    "to": parse_address,
    "contact": parse_addresses,
    "route": parse_addresses,
    "record-route": parse_addresses,
    "cseq": parse_cseq,
    "session-expires": parse_session_expires,
    "min-se": parse_min_se,
    "retry-after": parse_retry_after,
    "content-type": parse_media_type,
    "content-disposition": parse_valued,
    "reason": parse_valued,
    "www-authenticate": parse_challenge,
    "proxy-authenticate": parse_challenge,
    "authorization": parse_authorization,
    "proxy-authorization": parse_authorization,
}

ANY: tuple[Callable[[str], object], ...] = (split_list, parse_uri, parse_parameters, *set(READERS.values()))
"""Every one of them, for text that might be anything."""

CLIENTS = (OfferedStream(label="inbound", port=20000, rtcp_port=20001),)
SERVERS = (OfferedStream(label=None, port=30000, rtcp_port=30001, direction=Direction.RECVONLY),)


def read_description(data: bytes) -> SessionDescription | None:
    """Read a description, and settle streams by it both as an answer and as an offer; None where it is refused."""
    try:
        description = parse_sdp(data)
    except GarbledSdp:
        return None
    for settle in (
        lambda: accepted(CLIENTS, description),
        lambda: answered(description, SERVERS, host="192.0.2.1", session=1),
    ):
        try:
            settle()
        except GarbledSdp:
            continue
    return description
