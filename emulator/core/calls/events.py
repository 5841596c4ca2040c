"""What the events of a call tell (CallInitiated, CallAnswered, CallHangup).

Owns which fields their payloads have. Must not decide when one occurs or what a call becomes by it.

Which fields are on the wire was seen in real webhooks; the OpenAPI document has others besides
(docs/fidelity.md). ``PayloadFields`` chooses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.calls.model import CallState, Direction
from emulator.core.events import ids_of
from emulator.core.models import MILLISECOND, EventType
from emulator.core.policy import PayloadFields
from emulator.core.times import iso_micros

if TYPE_CHECKING:
    from emulator.core.calls.model import Call, Ending
    from emulator.core.models import Instant, JsonValue

CODECS = "PCMU,PCMA"
CODEC = "PCMU"
SAMPLING_RATE = 8_000
"""Hertz, of PCMU (RFC 3551 section 6)."""

PACKET = 20 * MILLISECOND
"""How much of the talk one RTP packet carries (ptime 20, as Telnyx offers it)."""

CARRIER = "192.0.2.1:5060"
GATEWAY = "192.0.2.2:5060"
"""Where the far end and Telnyx are, for SIP URIs: addresses that nobody has (RFC 5737)."""

_STATE = {EventType.CALL_ANSWERED: "answered", EventType.CALL_HANGUP: "hangup"}


def call_payload(
    event: EventType, call: Call, at: Instant, fields: PayloadFields, ends: Ending | None = None
) -> dict[str, JsonValue]:
    """The payload before a scenario lays its own fields over it.

    Args:
        event: One of ``CALL_EVENTS``.
        call: As it stands before the event.
        at: When it occurs.
        fields: OBSERVED: what real webhooks carry; DOCUMENTED: what the OpenAPI document names.
        ends: How the call ends, for call.hangup.

    Returns:
        Field to value.
    """
    payload = {
        **ids_of(call, fields),
        "from": call.parties.caller,
        "to": call.parties.callee,
        "start_time": iso_micros(at if call.created_at is None else call.created_at),
    }
    if call.custom_headers and (fields is PayloadFields.DOCUMENTED or event is EventType.CALL_INITIATED):
        payload["custom_headers"] = [{"name": name, "value": value} for name, value in call.custom_headers]
    if fields is PayloadFields.DOCUMENTED and event in _STATE:
        payload["state"] = _STATE[event]
    match event:
        case EventType.CALL_INITIATED:
            return payload | _initiated(call, fields)
        case EventType.CALL_ANSWERED if fields is PayloadFields.OBSERVED:
            return payload | {"codec": CODEC, "sampling_rate": SAMPLING_RATE}
        case EventType.CALL_HANGUP if ends is not None:
            return payload | _hung_up(call, at, fields, ends)
        case _:
            return payload


def _initiated(call: Call, fields: PayloadFields) -> dict[str, JsonValue]:
    parties, incoming = call.parties, call.direction is Direction.INCOMING
    told: dict[str, JsonValue] = {
        "caller_id_name": parties.caller_name or parties.caller,
        "connection_codecs": CODECS,
        "direction": call.direction,
        "offered_codecs": CODECS,
        "state": "parked" if incoming else "bridging",
    }
    if fields is PayloadFields.OBSERVED:
        told["from_sip_uri"] = _sip_uri(parties.caller, CARRIER if incoming else GATEWAY)
        told["to_sip_uri"] = _sip_uri(parties.callee, GATEWAY if incoming else CARRIER)
    return told


def _sip_uri(party: str, host: str) -> str:
    """Without its scheme, as seen; what is a SIP URI already has a host of its own."""
    scheme, colon, rest = party.partition(":")
    return rest if colon and scheme.lower() in {"sip", "sips"} else f"{party}@{host}"


def _hung_up(call: Call, at: Instant, fields: PayloadFields, ends: Ending) -> dict[str, JsonValue]:
    told: dict[str, JsonValue] = {
        "hangup_cause": ends.cause,
        "hangup_source": ends.source,
        "sip_hangup_cause": ends.sip,
    }
    if fields is PayloadFields.OBSERVED:
        told["end_time"] = iso_micros(at)
    if call.state is CallState.ANSWERED:
        told["call_quality_stats"] = _quality(call, at)
    return told


def _quality(call: Call, at: Instant) -> JsonValue:
    """A talk without a flaw, as long as it lasted."""
    packets = str((at - (at if call.answered_at is None else call.answered_at)) // PACKET)
    return {
        "inbound": {
            "jitter_max_variance": "0.00",
            "jitter_packet_count": "0",
            "mos": "4.50",
            "packet_count": packets,
            "skip_packet_count": "0",
        },
        "outbound": {"packet_count": packets, "skip_packet_count": "0"},
    }
