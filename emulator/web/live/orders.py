"""From what a scenario asks for, and the settings, to an order for the line.

Owns what each parameter of siprec_start comes to on the wire (docs/live.md). Must not place anything.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.models import SipTransport, Track
from emulator.siprec.net.link import Transport
from emulator.siprec.sip.digest import Credentials
from emulator.siprec.src.order import INBOUND, OUTBOUND, Order

if TYPE_CHECKING:
    from emulator.config import Settings
    from emulator.core.srs import DialSrs
    from emulator.siprec.src.order import OrderedTrack

_TRANSPORT = {
    SipTransport.UDP: Transport.UDP,
    SipTransport.TCP: Transport.TCP,
    SipTransport.TLS: Transport.TLS,
}


def order_for(dial: DialSrs, settings: Settings) -> Order:
    """What is to be placed.

    Args:
        dial: What the scenario asks for. ``secure`` asks for TLS whatever the transport: Telnyx documents it as
            SRTP and TLS, beside a transport that is UDP by default (docs/fidelity.md).
        settings: The answer timer, sounds and credentials.
    """
    credentials = None
    if settings.sip_user is not None:
        credentials = Credentials(username=settings.sip_user, password=settings.sip_password or "")
    return Order(
        host=dial.address.host,
        port=dial.address.port,
        transport=Transport.TLS if dial.secure else _TRANSPORT[dial.transport],
        secure=dial.secure,
        tracks=_tracks(dial.track, settings),
        caller=dial.parties.caller,
        callee=dial.parties.callee,
        caller_name=dial.parties.caller_name,
        session_id=dial.call_uuid,
        sip_call_id=dial.sip_call_id,
        custom_headers=dial.custom_headers,
        metadata_headers=dial.metadata_headers,
        session_timeout_secs=dial.session_timeout_secs,
        app_subdomain=dial.address.app_subdomain,
        answer_timeout=dial.answer_timeout or settings.srs_answer_timeout,
        credentials=credentials,
        misconduct=dial.misconduct,
    )


def _tracks(track: Track, settings: Settings) -> tuple[OrderedTrack, ...]:
    inbound = replace(INBOUND, wav=settings.wav_inbound)
    outbound = replace(OUTBOUND, wav=settings.wav_outbound)
    match track:
        case Track.INBOUND:
            return (inbound,)
        case Track.OUTBOUND:
            return (outbound,)
        case _:
            return (inbound, outbound)
