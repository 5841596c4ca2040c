"""A line to recording servers that tests play by hand: what is placed on it, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from emulator.core.calls.model import Parties
from emulator.core.models import SipTransport, Track
from emulator.core.srs import WELL_BEHAVED, DialSrs, SrsAddress
from emulator.siprec.capture.record import Direction, Packet, Record
from emulator.siprec.media.tallies import Heard, Sent
from emulator.siprec.net.link import Transport
from emulator.siprec.sdp.streams import Direction as Flow
from emulator.siprec.sdp.streams import NegotiatedStream
from emulator.siprec.src.actions import Ended, Over
from emulator.siprec.src.statistics import Counted

if TYPE_CHECKING:
    from emulator.siprec.src.actions import Report
    from emulator.siprec.src.order import Order
    from emulator.web.live.line import Tell

LOCAL, REMOTE = ("127.0.0.1", 5080), ("127.0.0.1", 5060)
CALL = "99999999-2222-4333-8444-555555555555"
SESSION = "11111111-2222-4333-8444-555555555555"

STREAM = NegotiatedStream(label="inbound", active=True, direction=Flow.SENDONLY, remote=("127.0.0.1", 4000))


def dial(dial_id: str = "d1", session_id: str = SESSION, **changes: object) -> DialSrs:
    """What an engine asks for."""
    usual = {
        "namespace": "ns",
        "address": SrsAddress(host="srs.test", port=5060),
        "transport": SipTransport.UDP,
        "secure": False,
        "track": Track.BOTH,
        "parties": Parties(),
        "call_uuid": CALL,
        "sip_call_id": "call",
        "custom_headers": (),
        "metadata_headers": False,
        "session_timeout_secs": 1800,
        "answer_timeout": None,
        "misconduct": WELL_BEHAVED,
        "seed": 7,
    }
    return DialSrs(dial_id=dial_id, session_id=session_id, **{**usual, **changes})  # type: ignore[arg-type]


def message(at: int, data: bytes, direction: Direction = Direction.SENT) -> Packet:
    """A SIP message that went by."""
    return Packet(at=at, direction=direction, transport=Transport.UDP, local=LOCAL, remote=REMOTE, data=data)


@dataclass(slots=True)
class FakePlaced:
    """A session that was placed; the test says what comes of it."""

    order: Order
    seed: bytes
    tell: Tell
    record: Record = field(default_factory=lambda: Record(keeps_media=True))
    counted: tuple[Counted, ...] = ()
    hung_up: int = 0

    def hang_up(self) -> None:
        """It is over at once, and says so from within, as a real one may."""
        self.hung_up += 1
        self.tell(Ended(reason="hung up"))
        self.tell(Over())

    def count(self) -> None:
        """Have sent something."""
        self.counted = (
            Counted(label="inbound", ssrc=1, sent=Sent(packets=3, octets=480), heard=Heard(packets=1)),
        )


@dataclass(slots=True)
class FakeLine:
    """Places nothing anywhere.

    Attributes:
        refuses: What ``place`` raises.
    """

    placed: list[FakePlaced] = field(default_factory=list)
    closed: float | None = None
    refuses: Exception | None = None

    def place(self, order: Order, tell: Tell, *, seed: bytes) -> FakePlaced:
        """Keep what is asked for."""
        if self.refuses is not None:
            raise self.refuses
        self.placed.append(FakePlaced(order, seed, tell))
        return self.placed[-1]

    async def close(self, secs: float) -> None:
        """Remember how long it was given."""
        self.closed = secs

    def came(self, *reports: Report, call: int = -1) -> None:
        """Let reports of a call come."""
        for report in reports:
            self.placed[call].tell(report)
