"""A recording client's messages for the server's tests, written out by hand after RFC 7866 section 6.1.1."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from emulator.core.models import SECOND, Instant
from emulator.siprec.net.link import Address, Transport
from emulator.siprec.sip.message import Message, Request, Response
from emulator.siprec.sip.transactions.timers import Timers
from emulator.siprec.srs.actions import Action, Ports, PortsWanted, Transmit
from emulator.siprec.srs.manner import Manner
from emulator.siprec.srs.server import Server
from emulator.siprec.srs.steps import Setting

START = 1_790_000_000 * SECOND
CLIENT = ("192.0.2.7", 5070)
SERVER = ("192.0.2.1", 5060)

SDP = """v=0
o=FreeSWITCH 1 1 IN IP4 192.0.2.7
s=-
c=IN IP4 192.0.2.7
t=0 0
m=audio 40000 RTP/AVP 0
a=rtpmap:0 PCMU/8000
a=sendonly
a=label:inbound
m=audio 40002 RTP/AVP 0
a=rtpmap:0 PCMU/8000
a=sendonly
a=label:outbound
"""

METADATA = """<?xml version="1.0" encoding="UTF-8"?>
<recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>complete</datamode>
<session session_id="AAAAAAAAAAAAAAAAAAAAAQ=="><sipSessionID>call-1</sipSessionID></session>
<participant participant_id="AAAAAAAAAAAAAAAAAAAAAg=="><nameID aor="sip:a@example.com"/></participant>
<participant participant_id="AAAAAAAAAAAAAAAAAAAAAw=="><nameID aor="sip:b@example.com"/></participant>
<stream stream_id="AAAAAAAAAAAAAAAAAAAABA==" session_id="AAAAAAAAAAAAAAAAAAAAAQ=="><label>inbound</label></stream>
<stream stream_id="AAAAAAAAAAAAAAAAAAAABQ==" session_id="AAAAAAAAAAAAAAAAAAAAAQ=="><label>outbound</label></stream>
<sessionrecordingassoc session_id="AAAAAAAAAAAAAAAAAAAAAQ=="/>
<participantsessionassoc participant_id="AAAAAAAAAAAAAAAAAAAAAg==" session_id="AAAAAAAAAAAAAAAAAAAAAQ=="/>
<participantsessionassoc participant_id="AAAAAAAAAAAAAAAAAAAAAw==" session_id="AAAAAAAAAAAAAAAAAAAAAQ=="/>
<participantstreamassoc participant_id="AAAAAAAAAAAAAAAAAAAAAg=="><send>AAAAAAAAAAAAAAAAAAAABA==</send>
</participantstreamassoc>
<participantstreamassoc participant_id="AAAAAAAAAAAAAAAAAAAAAw=="><send>AAAAAAAAAAAAAAAAAAAABQ==</send>
</participantstreamassoc></recording>"""


@dataclass(frozen=True)
class FakeLink:
    """A way to a client that carries nothing."""

    remote: Address = CLIENT
    local: Address = SERVER
    transport: Transport = Transport.UDP

    def towards(self, port: int) -> FakeLink:
        """The same client at another port, as over UDP."""
        return self if self.transport.reliable else replace(self, remote=(self.remote[0], port))

    def send(self, data: bytes) -> None:
        """Nothing goes anywhere."""

    def close(self) -> None:
        """Nothing is open."""

    async def closed(self) -> None:
        """Nothing is open."""


LINK = FakeLink()


def multipart(
    sdp: str | None = SDP, metadata: str | None = METADATA, *, disposition: str = "recording-session"
) -> str:
    """A body with these parts, its boundary ``b1``."""
    parts = []
    if sdp is not None:
        parts.append("Content-Type: application/sdp\r\n\r\n" + sdp.replace("\n", "\r\n"))
    if metadata is not None:
        head = "Content-Type: application/rs-metadata+xml\r\n"
        head += f"Content-Disposition: {disposition}\r\n" if disposition else ""
        parts.append(head + "\r\n" + metadata)
    return "".join(f"--b1\r\n{part}\r\n" for part in parts) + "--b1--\r\n"


def statuses(messages: list[Message]) -> list[int]:
    """Of responses, in order."""
    return [message.status for message in messages if isinstance(message, Response)]


def methods(messages: list[Message]) -> list[str]:
    """Of requests, in order."""
    return [message.method for message in messages if isinstance(message, Request)]


@dataclass(kw_only=True)
class Caller:
    """A client that says by hand what a test wants, and a server that is told.

    Attributes:
        server: Under test.
        now: Handed to it.
        actions: All that it asked for, in order.
    """

    manner: Manner = field(default_factory=Manner)
    link: FakeLink = LINK
    now: Instant = START
    call_id: str = "rs-1"
    actions: list[Action] = field(default_factory=list)
    to_tag: str = ""
    cseq: int = 1
    gives_ports: bool = True

    def __post_init__(self) -> None:
        """Start the server."""
        setting = Setting(manner=self.manner, randomness=random.Random(7), timers=Timers())  # noqa: S311 - repeats
        self.server = Server(setting)

    def request(self, method: str, *, number: int | None = None, extra: str = "", body: str = "") -> bytes:
        """One request of this client's, in its dialog once there is one."""
        to = f"<sip:srs@192.0.2.1>{self.to_tag and ';tag=' + self.to_tag}"
        count = self.cseq if number is None else number
        branch = f"z9hG4bK-{self.call_id}-{count}-{'INVITE' if method == 'CANCEL' else method}"
        head = (
            f"{method} sip:srs@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5070;branch={branch};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:+15551230000@192.0.2.7>;tag=src\r\nTo: {to}\r\n"
            f"Call-ID: {self.call_id}\r\nCSeq: {count} {method}\r\n"
            f"Contact: <sip:src@192.0.2.7:5070>;+sip.src\r\n{extra}"
        )
        return f"{head}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()

    def invite(self, *, extra: str = "Require: siprec\r\n", body: str | None = None) -> list[Message]:
        """Send a first or further INVITE; what the server sends for it."""
        written = multipart() if body is None else body
        typed = 'Content-Type: multipart/mixed; boundary="b1"\r\n'
        return self.say(self.request("INVITE", extra=extra + typed, body=written))

    def say(self, data: bytes) -> list[Message]:
        """Hand bytes to the server, and ports where it wants them; what it sends for it."""
        return self._took(self.server.received(data, self.link, self.now))

    def ack(self) -> list[Message]:
        """Acknowledge the last INVITE."""
        return self.say(self.request("ACK"))

    def wait(self, duration: int) -> list[Message]:
        """Let time pass in the server's own steps; what it sends meanwhile."""
        end, sent = self.now + duration, []
        while (deadline := self.server.deadline) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            sent += self._took(self.server.tick(self.now))
        self.now = end
        return sent

    def answer(self, request: Request, status: int, *, extra: str = "", body: str = "") -> list[Message]:
        """Answer a request of the server's."""
        held = request.headers
        copied = "".join(f"{name}: {held.get(name)}\r\n" for name in ("Via", "From", "To", "Call-ID", "CSeq"))
        contact = "Contact: <sip:src@192.0.2.7:5070>;+sip.src\r\n"
        head = f"SIP/2.0 {status} X\r\n{copied}{contact}{extra}Content-Length: {len(body)}\r\n\r\n"
        return self.say(f"{head}{body}".encode())

    def of(self, kind: type[Action]) -> list[Action]:
        """What the server asked for of one kind."""
        return [action for action in self.actions if isinstance(action, kind)]

    def _took(self, actions: tuple[Action, ...]) -> list[Message]:
        sent: list[Message] = []
        for action in actions:
            self.actions.append(action)
            if isinstance(action, Transmit):
                sent.append(action.message)
                self._heard(action.message)
            if isinstance(action, PortsWanted):
                ports = tuple(Ports(rtp=50_000 + 2 * at, rtcp=50_001 + 2 * at) for at in range(action.streams))
                given = ports if self.gives_ports else ()
                sent += self._took(self.server.ready(action.session, "192.0.2.1", given, self.now))
        return sent

    def _heard(self, message: Message) -> None:
        """The tag of the dialog, from the answer that begins it."""
        invited = (message.headers.get("CSeq") or "").endswith("INVITE")
        if isinstance(message, Response) and message.status == 200 and invited:
            self.to_tag = (message.headers.get("To") or "").rpartition(";tag=")[2]


def recorded(manner: Manner | None = None) -> Caller:
    """A client whose session is under way."""
    caller = Caller(manner=manner or Manner())
    assert statuses(caller.invite()) == [200]
    assert caller.ack() == []
    return caller
