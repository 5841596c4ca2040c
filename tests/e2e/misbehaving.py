"""Recordings whose client does wrong because a scenario wants it, and what both sides then say of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from emulator.siprec.net.link import Transport
from tests.e2e.on_the_wire import live
from tests.e2e.taken_down import track_of

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.client import Document
    from emulator.siprec.srs.manner import Manner
    from emulator.siprec.srs.summary import Summary

LASTS = "600ms"
MANY = 15
"""Half of the packets that are due on a track in that time: this machine may stall, and skip some."""

LABELS = ("inbound", "outbound")
TONES = {"inbound": 440, "outbound": 880}
"""Hz (docs/live.md)."""

PCMU, PCMA = 0, 8
"""Payload types of RFC 3551 table 4."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a session goes over the wire.

    Attributes:
        secure: Whether media are SRTP, which takes TLS.
    """

    transport: Transport
    secure: bool = False

    @property
    def setting(self) -> dict[str, Any]:
        """What both sides are to be set to."""
        return {"transport": self.transport, "sip_insecure": self.secure}


UDP = Way(transport=Transport.UDP)
TCP = Way(transport=Transport.TCP)
SECURED = Way(transport=Transport.TLS, secure=True)


def playing(wire: dict[str, Any], lasts: str = LASTS, *, secure: bool = False) -> dict[str, Any]:
    """A recording that is stopped after a while, whose client does wrong."""
    dial: dict[str, Any] = {"dial": "srs"}
    if secure:
        dial["secure"] = True
    if wire:
        dial["wire"] = wire
    return {"timeline": [dial, {"emit": "siprec.stopped", "after": lasts}]}


def objections(summary: Summary) -> list[tuple[str, int]]:
    """What the server has against the client: in which message, and by which RFC."""
    return [(one.message, one.violation.rfc) for one in summary.objections]


@dataclass(frozen=True, kw_only=True)
class Told:
    """What both sides say of a session that is over.

    Attributes:
        summary: What the recording server says.
        asked: The methods of what came to it.
        live: What the control API says of the wire.
        messages: What it says was sent and received.
        capture: Its pcap.
    """

    summary: Summary
    asked: list[str]
    live: Document
    messages: list[Document] = field(default_factory=list)
    capture: bytes = b""

    @property
    def sent(self) -> list[str]:
        """The methods of the client's requests, as the control API shows them."""
        sent = (one["message"].split(" ", 1)[0] for one in self.messages if one["direction"] == "sent")
        return [word for word in sent if not word.startswith("SIP/")]


async def told_of(
    way: Way, wire: dict[str, Any], out: Path, *, lasts: str = LASTS, manner: Manner | None = None
) -> Told:
    """Play such a session to its end.

    Args:
        way: How it goes.
        wire: What the client does wrong.
        out: Where the recording server keeps it.
        lasts: When the emulator stops it.
        manner: The recording server's.
    """
    if way.secure:
        pytest.importorskip("pylibsrtp")
    async with live(manner, out=out, **way.setting) as rig:
        await rig.start(playing(wire, lasts, secure=way.secure), sip_transport=str(way.transport))
        await rig.comes("siprec.started")
        await rig.comes("siprec.stopped")
        summary = await rig.notes.summary()
        session = await rig.session()
        return Told(
            summary=summary,
            asked=rig.notes.asked,
            live=session["live"],
            messages=await rig.control.sip_messages(session["id"]),
            capture=await rig.control.pcap(session["id"]),
        )


def agree(told: Told, way: Way, *, under_way: int = 1) -> None:
    """Assert that both sides saw the same session, go the way that it was to go.

    Args:
        told: What they say.
        way: How it was to go.
        under_way: How many packets of a track may have been held back, or on their way, at its end.
    """
    live, summary = told.live, told.summary
    assert (live["transport"], live["secure"], live["notes"]) == (str(way.transport), way.secure, [])
    assert {one["transport"] for one in told.messages} == {str(way.transport)}
    assert told.sent == told.asked
    for shown, track in zip(live["streams"], summary.tracks, strict=True):
        assert shown["encrypted"] is way.secure
        assert (track.arrived.garbled, track.arrived.unknown) == (0, 0)
        left = shown["sent"]["packets"] - shown["sent"]["lost"]
        came = {source.ssrc: source.packets for source in track.arrived.sources}
        assert set(came) <= {shown["ssrc"]}
        assert 0 <= left - sum(came.values()) <= under_way


def heard_on(told: Told, label: str) -> int:
    """How many packets came on a track."""
    return sum(source.packets for source in track_of(told.summary, label).arrived.sources)
