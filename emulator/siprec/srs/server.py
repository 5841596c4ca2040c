"""The recording server as a machine: messages, time and lost links in, actions out (RFC 7866, RFC 3261).

Owns the transactions, and which session a message belongs to. Must not decide what a session does (``session.py``)
or who is let in (``entry.py``), nor know a socket.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSip
from emulator.siprec.sip.address import parse_address
from emulator.siprec.sip.headers import Headers
from emulator.siprec.sip.message import Request, Response, parse
from emulator.siprec.sip.transactions import client, invite_client, invite_server, server, table
from emulator.siprec.sip.transactions.matching import (
    key_of_cancelled,
    key_of_received,
    key_of_response,
    needed,
    top_via,
)
from emulator.siprec.sip.transactions.transaction import answered, broken, received, tick
from emulator.siprec.sip.via import parse_vias
from emulator.siprec.srs import writing
from emulator.siprec.srs.actions import Ignored, Transmit
from emulator.siprec.srs.entry import Refusal, refusal
from emulator.siprec.srs.manner import Answer
from emulator.siprec.srs.session import Session
from emulator.siprec.srs.steps import Ask, Phase, Reply, Resend

if TYPE_CHECKING:
    from emulator.core.models import HeaderList, Instant
    from emulator.siprec.net.link import Link
    from emulator.siprec.sip.transactions.matching import Key
    from emulator.siprec.sip.transactions.transaction import Step, Transaction
    from emulator.siprec.srs.actions import Action, Ports
    from emulator.siprec.srs.steps import Doing, Setting

MOST_SESSIONS = 2_000
"""At once; further ones are answered with 503."""

MOST_TRANSACTIONS = 5_000
"""At once; further requests are dropped, as a network would, since each is kept for half a minute."""

_MOST_TURNED_AWAY = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A transaction, the way to its peer, and the session that it is about, if any."""

    transaction: Transaction
    link: Link
    session: Session | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _TurnedAway:
    """A client that was asked to come again."""

    nonce: str
    times: int


class Server:
    """One recording server."""

    def __init__(self, setting: Setting) -> None:
        """Nobody has called yet."""
        self._setting = setting
        self._held: dict[Key, _Held] = {}
        self._sessions: dict[int, Session] = {}
        self._by_tag: dict[str, Session] = {}
        self._turned_away: OrderedDict[str, _TurnedAway] = OrderedDict()
        self._count = 0
        self._closing = False
        self._out: list[Action] = []

    @property
    def deadline(self) -> Instant | None:
        """When it must be ticked next."""
        times = [held.transaction.deadline for held in self._held.values()]
        times += [session.deadline for session in self._sessions.values()]
        return min((time for time in times if time is not None), default=None)

    @property
    def busy(self) -> bool:
        """Whether any session is not over."""
        return bool(self._sessions)

    def received(self, data: bytes, link: Link, now: Instant) -> tuple[Action, ...]:
        """Take what came over a link: one message, or a datagram that is none."""
        try:
            message = parse(data)
            if isinstance(message, Request):
                request = _stamped(message, link)
                self._request(request, _way_back(request, link), now)
            else:
                self._response(message, now)
        except GarbledSip as garbled:
            self._out.append(Ignored(link=link, reason=garbled.reason))
        return self._taken(now)

    def ready(self, session: int, host: str, ports: tuple[Ports, ...], now: Instant) -> tuple[Action, ...]:
        """Give a session its ports.

        Args:
            session: Its number.
            host: The address that they are at, as the client is told it.
            ports: A pair for each stream that was asked for; none where there is none, which refuses it.
            now: When.
        """
        if session in self._sessions:
            self._sessions[session].ready(host, ports, now)
        return self._taken(now)

    def tick(self, now: Instant) -> tuple[Action, ...]:
        """Let everything happen that is due."""
        for key, held in tuple(self._held.items()):
            due = held.transaction.deadline
            if due is not None and due <= now:
                self._stepped(key, held, tick(held.transaction, now), now)
        for session in tuple(self._sessions.values()):
            session.tick(now)
        return self._taken(now)

    def lost(self, link: Link, now: Instant) -> tuple[Action, ...]:
        """Take that a link is gone, with what was on its way."""
        for key, held in tuple(self._held.items()):
            if held.link == link:
                self._stepped(key, held, broken(held.transaction, now), now)
        for session in tuple(self._sessions.values()):
            if session.link == link:
                session.lost()
        return self._taken(now)

    def hang_up(self, now: Instant) -> tuple[Action, ...]:
        """End every session, and let no other begin."""
        self._closing = True
        for session in tuple(self._sessions.values()):
            session.hang_up(now)
        return self._taken(now)

    # --- messages ---

    def _response(self, response: Response, now: Instant) -> None:
        key = key_of_response(response)
        held = self._held.get(key)
        if held is not None:
            self._stepped(key, held, received(held.transaction, response, now), now)

    def _request(self, request: Request, link: Link, now: Instant) -> None:
        key = key_of_received(request)
        held = self._held.get(key)
        if held is not None:
            self._stepped(key, held, received(held.transaction, request, now), now)
            return
        session = self._session_of(request)
        if session is not None:
            session.link = link
        if request.method == "ACK":
            if session is not None:
                session.acked(now)
            return
        if request.method == "INVITE" and session is None and self._setting.manner.answer is Answer.SILENT:
            return
        if len(self._held) >= MOST_TRANSACTIONS:
            return
        machine = invite_server if request.method == "INVITE" else server
        step = machine.begin(request, now, reliable=link.transport.reliable, timers=self._setting.timers)
        self._keep(key, _Held(transaction=step.transaction, link=link, session=session))
        self._begun(request, session, link, now)

    def _begun(self, request: Request, session: Session | None, link: Link, now: Instant) -> None:
        """Whose request it is that begins a transaction."""
        if request.method == "CANCEL":
            self._cancel(request, now)
        elif session is not None:
            session.requested(request, now)
        elif _in_dialog(request) or request.method in {"BYE", "UPDATE"}:
            self._reply(request, 481, now)
        elif request.method == "INVITE":
            self._invite(request, link, now)
        elif request.method == "OPTIONS":
            self._reply(request, 200, now, writing.success(link))
        else:
            self._reply(request, 405, now, (writing.ALLOW,))

    def _invite(self, invite: Request, link: Link, now: Instant) -> None:
        call_id = needed(invite, "Call-ID")
        before = self._turned_away.get(call_id) or _TurnedAway(nonce=self._nonce(), times=0)
        refused = refusal(invite, self._setting.manner, nonce=before.nonce, asked_before=before.times)
        if refused is None and (self._closing or len(self._sessions) >= MOST_SESSIONS):
            refused = Refusal(status=503, headers=(("Retry-After", "10"),))
        if refused is not None and refused.again:
            self._remember(call_id, replace(before, times=before.times + 1))
            self._reply(invite, refused.status, now, refused.headers)
            return
        self._turned_away.pop(call_id, None)
        self._count += 1
        session = Session(self._count, invite, link, self._setting)
        self._sessions[session.number] = session
        self._by_tag[session.tag] = session
        key = key_of_received(invite)
        self._held[key] = replace(self._held[key], session=session)
        if refused is None:
            session.begin()
        else:
            session.turn_away(refused)

    def _cancel(self, cancel: Request, now: Instant) -> None:
        held = self._held.get(key_of_cancelled(cancel))
        if held is None:
            self._reply(cancel, 481, now)
            return
        if held.session is None:
            self._reply(cancel, 200, now)
            return
        self._reply(cancel, 200, now, tag=held.session.tag)
        held.session.cancelled()

    # --- transactions ---

    def _stepped(self, key: Key, held: _Held, step: Step, now: Instant) -> None:
        """Keep a transaction as it is now, and do what it asks for."""
        self._keep(key, replace(held, transaction=step.transaction))
        for action in step.actions:
            if isinstance(action, table.Transmit):
                self._out.append(Transmit(message=action.message, link=held.link))
            elif isinstance(action, table.Deliver) and isinstance(action.message, Request):
                # an ACK with the branch of its INVITE; the INVITE itself is taken where it begins
                if action.message.method == "ACK" and held.session is not None:
                    held.session.acked(now)
            elif held.session is not None and not key.sent_by:
                self._told(held.session, held.transaction.request, action, now)

    def _told(self, session: Session, request: Request, action: table.Action, now: Instant) -> None:
        """What a transaction of the server's own tells the session that began it."""
        if isinstance(action, table.Deliver) and isinstance(action.message, Response):
            session.responded(request, action.message, now)
        elif isinstance(action, (table.TimedOut, table.Broken)):
            session.unanswered(request, now)

    def _keep(self, key: Key, held: _Held) -> None:
        if held.transaction.ended:
            self._held.pop(key, None)
        else:
            self._held[key] = held

    def _reply(
        self, request: Request, status: int, now: Instant, headers: HeaderList = (), *, tag: str | None = None
    ) -> None:
        """Answer what no session does, with a tag of its own unless one is given."""
        own = f"{self._setting.randomness.getrandbits(64):016x}"
        answer = writing.answer(request, status, tag=tag or own, headers=headers)
        self._answered(Reply(request=request, response=answer), now)

    def _answered(self, reply: Reply, now: Instant) -> None:
        key = key_of_received(reply.request)
        held = self._held.get(key)
        if held is not None:
            self._stepped(key, held, answered(held.transaction, reply.response, now), now)

    def _asked(self, session: Session, request: Request, now: Instant) -> None:
        if request.method == "ACK":
            self._out.append(Transmit(message=request, link=session.link))
            return
        machine = invite_client if request.method == "INVITE" else client
        reliable = session.link.transport.reliable
        step = machine.begin(request, now, reliable=reliable, timers=self._setting.timers)
        held = _Held(transaction=step.transaction, link=session.link, session=session)
        self._stepped(step.transaction.key, held, step, now)

    # --- sessions ---

    def _session_of(self, request: Request) -> Session | None:
        """Whose dialog a request is in: by this side's tag, and Call-ID."""
        tag = parse_address(needed(request, "To")).tag
        session = None if tag is None else self._by_tag.get(tag)
        ours = session is not None and session.call_id == needed(request, "Call-ID")
        return session if ours else None

    def _taken(self, now: Instant) -> tuple[Action, ...]:
        """Everything to be done, after what sessions asked for was carried out."""
        while waiting := [session for session in self._sessions.values() if session.out]:
            for session in waiting:
                doings, session.out = session.out, []
                for doing in doings:
                    self._done(session, doing, now)
        for session in tuple(self._sessions.values()):
            if session.phase is Phase.OVER:
                del self._sessions[session.number]
                del self._by_tag[session.tag]
        out, self._out = tuple(self._out), []
        return out

    def _done(self, session: Session, doing: Doing, now: Instant) -> None:
        if isinstance(doing, Reply):
            self._answered(doing, now)
        elif isinstance(doing, Resend):
            self._out.append(Transmit(message=doing.response, link=session.link))
        elif isinstance(doing, Ask):
            self._asked(session, doing.request, now)
        else:
            self._out.append(doing)

    def _nonce(self) -> str:
        return f"{self._setting.randomness.getrandbits(128):032x}"

    def _remember(self, call_id: str, turned: _TurnedAway) -> None:
        self._turned_away[call_id] = turned
        self._turned_away.move_to_end(call_id)
        while len(self._turned_away) > _MOST_TURNED_AWAY:
            self._turned_away.popitem(last=False)


def _in_dialog(request: Request) -> bool:
    return parse_address(needed(request, "To")).tag is not None


def _stamped(request: Request, link: Link) -> Request:
    """With what this side knows of where it came from, in the topmost Via (RFC 3581 section 4)."""
    vias = [via for value in request.headers.every("Via") for via in parse_vias(value)]
    if not vias:
        raise GarbledSip("a request has no Via, so there is nowhere to answer it")
    stamped = (vias[0].stamped(*link.remote), *vias[1:])
    rest = request.headers.without("Via")
    return replace(request, headers=Headers((*(("Via", str(via)) for via in stamped), *rest)))


def _way_back(request: Request, link: Link) -> Link:
    """To the port that the topmost Via asks for (RFC 3261 section 18.2.2, RFC 3581 section 4).

    Never to another host, whatever ``maddr`` says: anybody could have answers sent to anybody.
    """
    _, port = top_via(request).answered_at()
    return link.towards(port or link.transport.default_port)
