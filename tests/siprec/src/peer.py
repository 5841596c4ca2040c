"""An SRS by hand: what a client under test sent, and the messages with which a test answers it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from emulator.core.models import SECOND, Instant
from emulator.core.srs import SrsReason
from emulator.siprec.net.link import Destination, Transport
from emulator.siprec.sdp.answer import answered
from emulator.siprec.sdp.description import parse_sdp, written_sdp
from emulator.siprec.sdp.streams import Direction, OfferedStream
from emulator.siprec.sip.headers import Headers
from emulator.siprec.sip.message import Message, Request, Response, parse, written
from emulator.siprec.sip.transactions.replying import response
from emulator.siprec.src import machine
from emulator.siprec.src.actions import Answered, Ended, Failed, Over, Tell, Transmit
from emulator.siprec.src.bodies import description_in
from emulator.siprec.src.order import Order, TrackPorts, Whereabouts

if TYPE_CHECKING:
    from emulator.siprec.src.state import Conduct

SEED = bytes(range(32))
ORDER = Order(
    host="srs.example.com",
    port=5070,
    caller="+15551110000",
    callee="+15552220000",
    session_id="8a2fbb1e-5c9a-4a1f-9a7b-0d1f2e3c4b5a",
    sip_call_id="the-call@telnyx",
)
HERE = Whereabouts(
    host="192.0.2.1",
    port=5080,
    media_host="192.0.2.1",
    ports=(TrackPorts(rtp=40_000, rtcp=40_001), TrackPorts(rtp=40_002, rtcp=40_003)),
)
STREAMS = (
    OfferedStream(label=None, port=50_000, rtcp_port=50_001, direction=Direction.RECVONLY),
    OfferedStream(label=None, port=50_002, rtcp_port=50_003, direction=Direction.RECVONLY),
)
CONTACT = ("Contact", "<sip:srs@192.0.2.9:5070>;+sip.srs")
SDP = ("Content-Type", "application/sdp")

T = TypeVar("T")


@dataclass(slots=True)
class Peer:
    """Holds the client under test, its clock, and everything that it did.

    Attributes:
        sent: Its messages, oldest first.
        did: All its actions, oldest first.
    """

    conduct: Conduct
    now: Instant = 0
    sent: list[Message] = field(default_factory=list)
    did: list[Any] = field(default_factory=list)
    number: int = 100

    # --- what happens to the client ---

    def take(self, step: machine.Step) -> None:
        """Keep what a step made."""
        self.conduct = step.conduct
        self.did += step.actions
        self.sent += [parse(action.data) for action in step.actions if isinstance(action, Transmit)]

    def start(self) -> None:
        """Let it send its INVITE."""
        self.take(machine.start(self.conduct, self.now))

    def hear(self, message: Message) -> None:
        """Let the client receive a message."""
        self.take(machine.heard(self.conduct, written(message), self.now))

    def hang_up(self) -> None:
        """Let it hang up."""
        self.take(machine.hang_up(self.conduct, self.now))

    def lose(self, why: SrsReason = SrsReason.REFUSED) -> None:
        """Let what it sent be refused."""
        self.take(machine.lost(self.conduct, why, "refused", self.now))

    def reach(self, left: tuple[Destination, ...] = (), *, port: int = 5090) -> None:
        """Let a way to another address be there, which leaves by another port, as its media do."""
        here = self.conduct.whereabouts
        ports = tuple(TrackPorts(rtp=one.rtp + 100, rtcp=one.rtcp + 100) for one in here.ports)
        self.take(machine.reached(self.conduct, replace(here, port=port, ports=ports), left, self.now))

    def fail_to_reach(self, why: SrsReason = SrsReason.REFUSED) -> None:
        """Let there be no way to any other address."""
        self.take(machine.unreached(self.conduct, why, "nobody listens there", self.now))

    def pass_time(self, seconds: float) -> None:
        """Tick at each deadline until so many seconds have gone."""
        end = self.now + round(seconds * SECOND)
        while (due := machine.deadline(self.conduct)) is not None and due <= end:
            self.now = max(due, self.now)
            before = self.conduct
            self.take(machine.tick(self.conduct, self.now))
            assert self.conduct != before, "a deadline that nothing comes of would be ticked for ever"
        self.now = end

    # --- what the client did ---

    def requests(self, method: str) -> list[Request]:
        """Its requests of a method."""
        return [one for one in self.sent if isinstance(one, Request) and one.method == method]

    def asked(self, method: str) -> int:
        """How many requests of a method there were, each counted once however often it was sent."""
        return len({one.headers.get("CSeq") for one in self.requests(method)})

    def request(self, method: str) -> Request:
        """Its last request of a method."""
        return self.requests(method)[-1]

    def response(self) -> Response:
        """Its last answer."""
        return [one for one in self.sent if isinstance(one, Response)][-1]

    def told(self, kind: type[T]) -> list[T]:
        """Its reports of a kind."""
        reports = [action.report for action in self.did if isinstance(action, Tell)]
        return [report for report in reports if isinstance(report, kind)]

    def outcome(self) -> Failed | Ended:
        """How it failed or ended; told exactly once."""
        outcomes: list[Failed | Ended] = [*self.told(Failed), *self.told(Ended)]
        (one,) = outcomes
        return one

    @property
    def over(self) -> bool:
        """Whether it says that nothing is left."""
        return bool(self.told(Over))

    # --- what the SRS says ---

    def answer(
        self,
        status: int,
        *fields: tuple[str, str],
        to: Request | None = None,
        tag: str = "srs",
        body: bytes | None = None,
    ) -> None:
        """Answer a request of the client's, the last INVITE where none is named; a 2xx to one with an answer."""
        asked = to or self.request("INVITE")
        headers: tuple[tuple[str, str], ...] = fields
        if 200 <= status < 300 and asked.method in ("INVITE", "UPDATE"):
            body = self.sdp(asked) if body is None else body
            contact = () if any(name == "Contact" for name, _ in fields) else (CONTACT,)
            headers = (*contact, *fields, *((SDP,) if body else ()))
        self.hear(response(asked, status, tag=tag, headers=headers, body=body or b""))

    def sdp(self, asked: Request, *streams: OfferedStream) -> bytes:
        """The answer to a request's offer."""
        offer = description_in(asked)
        if offer is None:
            return b""
        made = answered(offer, streams or STREAMS[: len(offer.media)], host="192.0.2.9", session=7)
        return written_sdp(made.description)

    def ask(self, method: str, *fields: tuple[str, str], body: bytes = b"", number: int | None = None) -> Request:
        """Send a request of the SRS's within the session."""
        made = self.theirs(method, *fields, body=body, number=number)
        self.hear(made)
        return made

    def theirs(
        self, method: str, *fields: tuple[str, str], body: bytes = b"", number: int | None = None
    ) -> Request:
        """A request of the SRS's within the session."""
        self.number += 1
        invite = self.requests("INVITE")[0]
        headers = (
            ("Via", f"SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKsrs{self.number}{method}"),
            ("From", f"{invite.headers.get('To')};tag=srs"),
            ("To", invite.headers.get("From") or ""),
            ("Call-ID", invite.headers.get("Call-ID") or ""),
            ("CSeq", f"{self.number if number is None else number} {method}"),
            ("Max-Forwards", "70"),
            *fields,
        )
        return Request(method=method, uri="sip:src@192.0.2.1:5080", headers=Headers(headers), body=body)

    def acknowledge(self, invite: Request, body: bytes = b"") -> None:
        """Send the ACK of the client's 2xx."""
        number = int((invite.headers.get("CSeq") or "").partition(" ")[0])
        self.ask("ACK", *((SDP,) if body else ()), body=body, number=number)


def addresses(count: int) -> tuple[Destination, ...]:
    """So many addresses of the SRS's, beside the one that the INVITE goes to first."""
    return tuple(
        Destination(address=(f"192.0.2.{10 + at}", 5070), transport=Transport.UDP, name=ORDER.host)
        for at in range(count)
    )


def placed(order: Order = ORDER, *, left: tuple[Destination, ...] = (), **changes: Any) -> Peer:
    """A client that has sent its INVITE to the first address, where more may be left."""
    order = replace(order, **changes)
    here = replace(HERE, ports=HERE.ports[: len(order.tracks)])
    peer = Peer(machine.prepared(order, here, SEED, 0, left=left))
    peer.start()
    return peer


def up(*fields: tuple[str, str], **changes: Any) -> Peer:
    """A client whose session is up."""
    peer = placed(**changes)
    peer.answer(200, *fields)
    assert peer.told(Answered)
    return peer


def directed(direction: Direction, *, version: int = 2, ports: tuple[int, ...] = (50_000, 50_002)) -> bytes:
    """An offer of the SRS's with both streams in one direction."""
    lines = ["v=0", f"o=- 7 {version} IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0"]
    for port in ports:
        lines += [f"m=audio {port} RTP/AVP 0", "a=rtpmap:0 PCMU/8000", f"a={direction}"]
    return ("\r\n".join(lines) + "\r\n").encode()


def media_of(message: Message) -> list[str | None]:
    """The direction of each stream that a message describes; None for one that is refused."""
    description = parse_sdp(message.body) if message.body.startswith(b"v=") else description_in(message)
    assert description is not None
    ways = set(Direction)
    return [
        next((one.name for one in media.attributes if one.name in ways), None) if media.port else None
        for media in description.media
    ]


TCP = Transport.TCP
