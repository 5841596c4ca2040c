"""One input's work on a session: the state as it becomes, and the actions so far.

Owns how messages leave, and how transactions and alarms are kept. Must not decide what is sent: the modules beside
do. It lives for one input; ``machine.py`` alone makes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.errors import GarbledSip, Unwritable
from emulator.core.srs import SrsReason
from emulator.siprec.net.link import Target, Transport
from emulator.siprec.sip.address import parse_addresses
from emulator.siprec.sip.message import Request, written
from emulator.siprec.sip.parameters import Parameters
from emulator.siprec.sip.transactions import client, invite_client
from emulator.siprec.sip.transactions.table import Broken, Deliver, TimedOut, Transmit
from emulator.siprec.sip.uri import SipUri, Uri, parse_uri
from emulator.siprec.sip.via import MAGIC_COOKIE, Via
from emulator.siprec.src import actions, digests
from emulator.siprec.src.draws import drawn_number, drawn_token
from emulator.siprec.src.state import Owned

if TYPE_CHECKING:
    from emulator.core.models import Instant
    from emulator.siprec.net.link import Address
    from emulator.siprec.sip.message import Message
    from emulator.siprec.sip.transactions.transaction import Step
    from emulator.siprec.src.state import Alarm, Conduct, Purpose

Came: TypeAlias = Deliver | TimedOut | Broken
"""What a transaction has for its owner."""

_NOT_AUTHENTICATED = ("ACK", "CANCEL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Why the way to the SRS could not carry a message."""

    why: SrsReason = SrsReason.LOST
    reason: str = "the way to the SRS is gone"


NO_LOSS = Loss()


class Turn:
    """Work on one session at one instant.

    Attributes:
        conduct: As it stands now.
        now: The instant.
        lost: Why transactions are broken, where this input breaks some.
        source: Where the message came from that is this input.
        actions: What is asked of the edge, in order.
    """

    def __init__(
        self, conduct: Conduct, now: Instant, *, lost: Loss = NO_LOSS, source: Address | None = None
    ) -> None:
        """Nothing was done yet."""
        self.conduct = conduct
        self.now = now
        self.lost = lost
        self.source = source
        self._drawn = conduct.drawn
        self.actions: list[actions.Action] = []

    # --- draws ---

    def token(self) -> str:
        """A new word."""
        return drawn_token(self.conduct.seed, self._draw())

    def number(self, below: int) -> int:
        """A new number from 0 up to, and without, ``below``."""
        return drawn_number(self.conduct.seed, self._draw(), below)

    def via(self) -> str:
        """A Via with a new branch."""
        parameters = Parameters().added("branch", f"{MAGIC_COOKIE}{self.token()}").added("rport")
        here = self.conduct.whereabouts
        transport = self.conduct.order.transport.upper()
        return str(Via(transport=transport, host=here.host, port=here.port, parameters=parameters))

    def _draw(self) -> int:
        drawn, self._drawn = self._drawn, self._drawn + 1
        return drawn

    def left(self) -> Conduct:
        """The session as this input leaves it."""
        return self.conduct if self._drawn == self.conduct.drawn else replace(self.conduct, drawn=self._drawn)

    # --- what leaves ---

    def tell(self, report: actions.Report) -> None:
        """Report something."""
        self.actions.append(actions.Tell(report=report))

    def conclude(self, outcome: actions.Failed | actions.Ended) -> None:
        """Report how the session failed or ended, if that was not reported before."""
        if not self.conduct.told:
            self.conduct = replace(self.conduct, told=True)
            self.tell(outcome)

    def transmit(self, message: Message, back: Address | None = None) -> None:
        """Send a message; one that can't stand on the wire is noted, and counts as lost on its way.

        Args:
            message: A request, or an answer.
            back: Where the request came from that an answer is for.
        """
        try:
            data = written(message)
        except Unwritable as error:
            self.tell(actions.Noted(text=f"a message was not sent: {error}"))
            return
        hop = self._hop(message) if isinstance(message, Request) else None
        self.actions.append(actions.Transmit(data=data, hop=hop, back=back))

    def _hop(self, request: Request) -> Target:
        """Where a request goes next (RFC 3261 section 8.1.2).

        A URI that names no transport is followed over the order's, since peers leave it out of a Contact.
        """
        order = self.conduct.order
        uri = _next_uri(request)
        if not isinstance(uri, SipUri):
            return order.target
        named = uri.transport
        transport = Transport(named) if named in tuple(Transport) else order.transport
        return Target(host=uri.host, port=uri.port, transport=Transport.TLS if uri.secure else transport)

    # --- transactions ---

    def ask(self, request: Request, purpose: Purpose, *, tried: tuple[str, ...] = ()) -> None:
        """Send a request in a transaction of its own, with the credentials of challenges that came before.

        Args:
            request: Without credentials.
            purpose: What it is for.
            tried: Realms that were answered for it before.
        """
        request = self._authenticated(request)
        begin = invite_client.begin if request.method == "INVITE" else client.begin
        order = self.conduct.order
        step = begin(request, self.now, reliable=order.transport.reliable, timers=order.timers)
        self.own(Owned(transaction=step.transaction, purpose=purpose, tried=tried), step)

    def _authenticated(self, request: Request) -> Request:
        held, credentials = self.conduct.digests, self.conduct.order.credentials
        if credentials is None or not held or request.method in _NOT_AUTHENTICATED:
            return request
        try:
            counted, fields = digests.answered(held, credentials, request, self.token())
        except Unwritable:
            return request
        self.conduct = replace(self.conduct, digests=counted)
        return replace(request, headers=request.headers.added(*fields))

    def own(self, new: Owned, step: Step) -> tuple[Came, ...]:
        """Keep a transaction that begins, and carry out its first actions."""
        self.conduct = replace(self.conduct, owned=(*self.conduct.owned, new))
        return self.carry(new, step)

    def carry(self, owned: Owned, step: Step) -> tuple[Came, ...]:
        """Keep a transaction as a step leaves it, and carry out its actions.

        Returns:
            What is left for its owner.
        """
        key = owned.transaction.key
        moved = replace(owned, transaction=step.transaction)
        kept = (moved if one.transaction.key == key else one for one in self.conduct.owned)
        self.conduct = replace(self.conduct, owned=tuple(one for one in kept if not one.transaction.ended))
        came: list[Came] = []
        for action in step.actions:
            if isinstance(action, Transmit):
                self.transmit(action.message, owned.source)
            elif isinstance(action, Deliver | TimedOut | Broken):
                came.append(action)
        return tuple(came)

    def drop(self, *purposes: Purpose) -> None:
        """Forget transactions, whatever they still waited for."""
        kept = tuple(one for one in self.conduct.owned if one.purpose not in purposes)
        self.conduct = replace(self.conduct, owned=kept)

    # --- alarms ---

    def arm(self, alarm: Alarm, at: Instant) -> None:
        """Let an alarm fall due; one of its name that runs is moved."""
        self.disarm(alarm)
        self.conduct = replace(self.conduct, alarms=(*self.conduct.alarms, (alarm, at)))

    def disarm(self, *alarms: Alarm) -> None:
        """Stop alarms; one that doesn't run is no mistake."""
        kept = tuple(one for one in self.conduct.alarms if one[0] not in alarms)
        self.conduct = replace(self.conduct, alarms=kept)


def _next_uri(request: Request) -> Uri | None:
    """The first Route's, if that is a loose router's, or else the Request-URI."""
    try:
        route = request.headers.get("Route")
        first = None if route is None else next(iter(parse_addresses(route)), None)
        if first is not None and isinstance(first.uri, SipUri) and "lr" in first.uri.parameters:
            return first.uri
        return parse_uri(request.uri)
    except GarbledSip:
        return None
