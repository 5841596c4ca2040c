"""Sessions on the wire as the control API shows them: how they stand, their messages, their capture.

Owns the JSON form. Must not read what was sent: ``emulator.siprec.capture`` draws and writes it.
"""

from __future__ import annotations

import base64
from itertools import starmap, zip_longest
from typing import TYPE_CHECKING

from emulator.core.times import iso_micros
from emulator.siprec.capture.ladder import drawn
from emulator.siprec.capture.pcap import written

if TYPE_CHECKING:
    from emulator.core.models import JsonValue
    from emulator.core.views import View
    from emulator.siprec.capture.record import Packet
    from emulator.siprec.media.tallies import Heard, Sent
    from emulator.siprec.sdp.streams import NegotiatedStream
    from emulator.siprec.src.statistics import Counted
    from emulator.web.live.calls import LiveCall


def live_view(calls: tuple[LiveCall, ...]) -> JsonValue:
    """How a session's latest call stands; None where it has none."""
    if not calls:
        return None
    call = calls[-1]
    counted = call.placed.counted if call.placed else ()
    record = call.placed.record if call.placed else None
    return {
        "dial_id": call.dial.dial_id,
        "target": str(call.dial.address),
        "transport": call.order.transport if call.order else None,
        "secure": call.dial.secure,
        "stage": call.stage,
        "over": call.over,
        # in the order of the offer: a scenario may keep the labels from the wire
        "streams": list(starmap(_stream, zip_longest(call.streams, counted[: len(call.streams)]))),
        "messages": len(record.messages) if record else 0,
        "dropped_messages": record.dropped_messages if record else 0,
        "dropped_media": record.dropped_media if record else 0,
        "notes": list(call.notes),
    }


def messages_view(calls: tuple[LiveCall, ...]) -> JsonValue:
    """The SIP messages of a session's calls, in the order of time; None where it has none."""
    if not calls:
        return None
    return [
        _message(call, packet) for call in calls for packet in (call.placed.record.messages if call.placed else ())
    ]


def ladder(calls: tuple[LiveCall, ...]) -> str | None:
    """The messages of a session's calls, drawn; None where it has none."""
    if not calls:
        return None
    return "\n".join(drawn(call.placed.record.messages) for call in calls if call.placed)


def capture(calls: tuple[LiveCall, ...]) -> bytes | None:
    """What a session's calls sent and received, as a pcap; None where it has none."""
    if not calls:
        return None
    packets = [packet for call in calls if call.placed for packet in call.placed.record.packets]
    return b"".join(written(packets))


def _message(call: LiveCall, packet: Packet) -> View:
    return {
        "dial_id": call.dial.dial_id,
        "at": iso_micros(packet.at),
        "direction": packet.direction,
        "transport": packet.transport,
        "local": _address(packet.local),
        "remote": _address(packet.remote),
        **_text(packet.data),
    }


def _text(data: bytes) -> View:
    """A message as text where it is text, else as Base64: nothing that was sent is lost."""
    try:
        return {"message": data.decode()}
    except UnicodeDecodeError:
        return {"message_base64": base64.b64encode(data).decode("ascii")}


def _address(address: tuple[str, int]) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _stream(stream: NegotiatedStream, counted: Counted | None) -> View:
    return {
        "label": stream.label,
        "active": stream.active,
        "sending": stream.sending,
        "codec": stream.codec,
        "payload_type": stream.payload_type,
        "ptime_ms": stream.ptime,
        "encrypted": stream.local_key is not None,
        "remote": None if stream.remote is None else _address(stream.remote),
        "remote_rtcp": None if stream.remote_rtcp is None else _address(stream.remote_rtcp),
        "ssrc": None if counted is None else counted.ssrc,
        "sent": None if counted is None else _sent(counted.sent),
        "heard": None if counted is None else _heard(counted.heard),
    }


def _sent(sent: Sent) -> View:
    return {
        "packets": sent.packets,
        "octets": sent.octets,
        "reports": sent.reports,
        "lost": sent.lost,
        "held": sent.held,
        "skipped": sent.skipped,
    }


def _heard(heard: Heard) -> View:
    block = heard.block
    return {
        "reports": heard.packets,
        "garbled": heard.garbled,
        "name": heard.name or None,
        "left": heard.left,
        "round_trip_ms": None if heard.round_trip is None else heard.round_trip / 1000,
        "lost": None if block is None else block.lost,
        "jitter": None if block is None else block.jitter,
    }
