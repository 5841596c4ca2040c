"""Where a recording client's session stands, as one value.

Owns the shapes of the state. Must not change any: ``turn.py`` works on it, the modules beside decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING

from emulator.siprec.sip.transactions.table import State

if TYPE_CHECKING:
    from emulator.core.models import Duration, Instant
    from emulator.siprec.metadata.call import RecordedCall
    from emulator.siprec.net.link import Address, Destination
    from emulator.siprec.sdp.description import SessionDescription
    from emulator.siprec.sdp.streams import NegotiatedStream, OfferedStream
    from emulator.siprec.sip.dialog import Dialog
    from emulator.siprec.sip.message import Request, Response
    from emulator.siprec.sip.session_timer import Asked, SessionTimer
    from emulator.siprec.sip.transactions.transaction import Transaction
    from emulator.siprec.src.digests import Held
    from emulator.siprec.src.order import Order, Whereabouts


class Phase(StrEnum):
    """How far the session has come.

    IDLE: nothing was sent. INVITING: no final answer yet. SEEKING: a way to another address is being opened.
    CANCELLING: no final answer yet, nor one wanted any more. UP: answered. LEAVING: what is left of it is being
    tidied up. OVER: nothing is left, and its sockets may go.
    """

    IDLE = "idle"
    INVITING = "inviting"
    SEEKING = "seeking"
    CANCELLING = "cancelling"
    UP = "up"
    LEAVING = "leaving"
    OVER = "over"


class Purpose(Enum):
    """What a transaction is for; SERVING is the SRS's own request, STRAY_BYE ends a fork that nobody wants."""

    SETUP = auto()
    CANCEL = auto()
    REFRESH = auto()
    SNAPSHOT = auto()
    BYE = auto()
    STRAY_BYE = auto()
    SERVING = auto()


CHANGES = (Purpose.REFRESH, Purpose.SNAPSHOT)
"""Requests of this side within the session, of which one may be under way at a time (RFC 3261 section 14.1)."""

_UNANSWERED = (State.CALLING, State.TRYING, State.PROCEEDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A transaction and what it is for.

    Attributes:
        tried: What was tried on the way here: realms whose challenge was answered, so that none is for ever.
        source: Where the SRS's own request came from, and its answers go.
    """

    transaction: Transaction
    purpose: Purpose
    tried: tuple[str, ...] = ()
    source: Address | None = None

    @property
    def unanswered(self) -> bool:
        """Whether it is this side's and has no final answer."""
        return self.purpose is not Purpose.SERVING and self.transaction.state in _UNANSWERED


class Alarm(Enum):
    """What falls due beside transactions.

    ANSWER: the SRS has taken too long. CANCELLED: no answer came after a CANCEL either (RFC 3261 section 9.1).
    LAST: whatever is left is given up, so that every session comes to its end. LINGERED: who plays dead closes its
    connection, which the SRS notices.
    """

    ANSWER = auto()
    CANCELLED = auto()
    LAST = auto()
    LINGERED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A change of this side's that has not been asked for yet.

    Attributes:
        at: Not before.
        by_update: Whether the SRS is known to take UPDATE.
    """

    purpose: Purpose
    at: Instant
    by_update: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """A 2xx that was acknowledged, to do so again when it comes again (RFC 3261 section 13.2.2.4).

    Attributes:
        tag: Of its To.
        number: Of its CSeq.
    """

    tag: str
    number: int
    ack: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Unacknowledged:
    """A 2xx of this side's to an INVITE, sent again until its ACK comes (RFC 3261 section 13.3.1.4).

    Attributes:
        number: Of its CSeq.
        offers: Whether it made the offer, so that the ACK has the answer.
        back: Where it goes.
        pause: Before the next time.
    """

    response: Response
    number: int
    offers: bool
    back: Address | None
    again_at: Instant
    pause: Duration
    until: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """One session of a recording client.

    Attributes:
        seed: What ids and keys are drawn from; unpredictable, unless a run is to repeat.
        drawn: How many were.
        begun: From when on an answer is waited for.
        left: Addresses that are still to be tried, best first.
        call: What metadata tell of.
        streams: What this side has to offer, one for each track of the order.
        said: The description that this side sent last.
        agreed: What came of it; empty before the session is up.
        tag: Of this side.
        number: CSeq of the last request outside a dialog.
        owned: Transactions that have not ended.
        answered_at: When the session came up.
        rang: Provisional statuses that were told.
        alarms: What falls due when.
        wanted: Changes that wait for their time or for another one to end.
        acknowledged: The latest few.
        digests: Challenges that were answered.
        peer_updates: Whether the SRS says that it takes UPDATE.
        told: Whether ``Failed`` or ``Ended`` was.
        over_told: Whether ``Over`` was.
    """

    order: Order
    whereabouts: Whereabouts
    seed: bytes
    call: RecordedCall
    streams: tuple[OfferedStream, ...]
    said: SessionDescription
    asked: Asked
    call_id: str
    tag: str
    drawn: int
    begun: Instant
    left: tuple[Destination, ...] = ()
    phase: Phase = Phase.IDLE
    agreed: tuple[NegotiatedStream, ...] = ()
    number: int = 0
    owned: tuple[Owned, ...] = ()
    dialog: Dialog | None = None
    timer: SessionTimer | None = None
    answered_at: Instant | None = None
    rang: tuple[int, ...] = ()
    alarms: tuple[tuple[Alarm, Instant], ...] = ()
    wanted: tuple[Wanted, ...] = ()
    acknowledged: tuple[Acknowledged, ...] = ()
    unacknowledged: Unacknowledged | None = None
    digests: tuple[Held, ...] = ()
    peer_updates: bool = False
    told: bool = False
    over_told: bool = False

    @property
    def changing(self) -> bool:
        """Whether a change of this side's is under way."""
        return any(one.purpose in CHANGES and one.unanswered for one in self.owned)

    @property
    def silent(self) -> Instant | None:
        """From when on this side plays dead, because it is told to; None: never."""
        after = self.order.misconduct.silence
        return None if after is None or self.answered_at is None else self.answered_at + after
