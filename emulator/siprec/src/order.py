"""What is to be placed: one recording session, as a value.

Owns the order and what follows from it alone. Must not know how a session is conducted (``machine.py``), nor what
an order comes from: a scenario, or the command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.models import SECOND
from emulator.core.srs import WELL_BEHAVED, Misconduct
from emulator.siprec.net.link import Target, Transport
from emulator.siprec.sip.transactions.timers import STANDARD, Timers

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.core.models import Duration, HeaderList
    from emulator.siprec.sip.digest import Credentials

DRACHTIO = "drachtio"
"""The user that Telnyx's client writes when it names an app's subdomain (facts: what the SRC sends)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedTrack:
    """One direction of the call that is recorded.

    Attributes:
        label: ``inbound`` or ``outbound``, on the wire.
        from_caller: Whether the caller is heard in it; else the callee is.
        wav: What is played; None: a tone.
        frequency: Of the tone, in Hz.
    """

    label: str
    from_caller: bool
    wav: Path | None = None
    frequency: int


INBOUND = OrderedTrack(label="inbound", from_caller=True, frequency=440)
OUTBOUND = OrderedTrack(label="outbound", from_caller=False, frequency=880)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One recording session to place.

    Attributes:
        host, port: Where the SRS is; a port of None asks for SRV records.
        transport: How SIP travels.
        secure: Whether media are SRTP, with keys in the description (RFC 4568).
        tracks: One or two.
        caller, callee: Numbers or URIs, as Telnyx names a call's parties.
        caller_name: For people; None where none is known.
        session_id: UUID of the recorded call's session.
        sip_call_id: The recorded call's own Call-ID.
        custom_headers: The recorded call's own.
        metadata_headers: Whether those go into the metadata; else they are SIP headers.
        session_timeout_secs: Session-Expires; 0: no session timer is asked for.
        app_subdomain: Telnyx's routing hint; None: none.
        answer_timeout: How long an answer may take.
        credentials: None where a challenge can't be answered.
        user_agent: What the client calls itself.
        misconduct: What it does wrong because it is told to.
        timers: SIP's.
    """

    host: str
    port: int | None = None
    transport: Transport = Transport.UDP
    secure: bool = False
    tracks: tuple[OrderedTrack, ...] = (INBOUND, OUTBOUND)
    caller: str
    callee: str
    caller_name: str | None = None
    session_id: str
    sip_call_id: str
    custom_headers: HeaderList = ()
    metadata_headers: bool = False
    session_timeout_secs: int = 1_800
    app_subdomain: str | None = None
    answer_timeout: Duration = 60 * SECOND
    credentials: Credentials | None = None
    user_agent: str = "Telnyx SIPREC emulator"
    misconduct: Misconduct = WELL_BEHAVED
    timers: Timers = STANDARD

    @property
    def target(self) -> Target:
        """Where it goes."""
        return Target(host=self.host, port=self.port, transport=self.transport)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackPorts:
    """Where a track's packets leave and its reports come in: UDP ports of this side."""

    rtp: int
    rtcp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where this side is, as the SRS is told.

    Attributes:
        host, port: Of SIP, for Via and Contact; IPv6 without brackets.
        media_host: Of RTP.
        ports: One pair for each track of the order, in its order.
    """

    host: str
    port: int
    media_host: str
    ports: tuple[TrackPorts, ...]
