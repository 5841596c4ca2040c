"""The conduct of a recording client, sans-IO: (session, what happens, now) in, (session, actions) out.

Owns the inputs: start, a message, a tick, hanging up, a lost way. Each is handed to the module that knows it; what
is due is looked after at the end of each. Must not know sockets, nor draw a seed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSip
from emulator.core.srs import SrsReason
from emulator.siprec.sdp.crypto import KEY_BYTES, CryptoKey
from emulator.siprec.sdp.offer import offer
from emulator.siprec.sdp.streams import OfferedStream
from emulator.siprec.sip.message import Request, Response, parse
from emulator.siprec.sip.session_timer import Asked
from emulator.siprec.sip.statuses import FIRST_FAILURE, FIRST_SUCCESS
from emulator.siprec.sip.transactions import invite_server, server
from emulator.siprec.sip.transactions.matching import (
    key_of_cancelled,
    key_of_received,
    key_of_response,
    stamped,
)
from emulator.siprec.sip.transactions.replying import response
from emulator.siprec.sip.transactions.table import Deliver
from emulator.siprec.sip.transactions.transaction import answered, broken, received
from emulator.siprec.sip.transactions.transaction import tick as ticked
from emulator.siprec.src import changing, ending, serving, setup
from emulator.siprec.src.acknowledging import acknowledged_again
from emulator.siprec.src.actions import Failed, Noted
from emulator.siprec.src.bodies import recorded_call
from emulator.siprec.src.draws import Draw, drawn_bytes, drawn_number, drawn_token
from emulator.siprec.src.state import CHANGES, Alarm, Conduct, Owned, Phase, Purpose
from emulator.siprec.src.turn import Loss, Turn

if TYPE_CHECKING:
    from emulator.core.models import Instant
    from emulator.siprec.net.link import Address, Destination
    from emulator.siprec.sdp.description import SessionDescription
    from emulator.siprec.sip.transactions.matching import Key
    from emulator.siprec.src.actions import Action
    from emulator.siprec.src.order import Order, Whereabouts
    from emulator.siprec.src.turn import Came

_SESSION_NUMBERS = 2**31

_MOST_TRANSACTIONS = 64
"""Above which a flood of requests gets no answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A session after something happened, and what is asked of the edge, in order."""

    conduct: Conduct
    actions: tuple[Action, ...] = ()


def prepared(
    order: Order, whereabouts: Whereabouts, seed: bytes, now: Instant, *, left: tuple[Destination, ...] = ()
) -> Conduct:
    """A session before anything is sent.

    Args:
        order: What is to be placed.
        whereabouts: Where this side is.
        seed: 16 to 64 bytes; ids and keys are drawn from it.
        now: When the recording is taken to begin, and from when on an answer is waited for.
        left: Addresses to try where the one that this side reaches fails.
    """
    streams = _streams(order, whereabouts, seed)
    return Conduct(
        order=order,
        whereabouts=whereabouts,
        seed=seed,
        call=recorded_call(order, seed, now),
        streams=streams,
        said=_said(streams, whereabouts, seed),
        asked=Asked(interval=order.session_timeout_secs),
        call_id=drawn_token(seed, Draw.CALL_ID),
        tag=drawn_token(seed, Draw.TAG),
        drawn=Draw.MESSAGE,
        begun=now,
        left=left,
    )


def _said(streams: tuple[OfferedStream, ...], whereabouts: Whereabouts, seed: bytes) -> SessionDescription:
    session = drawn_number(seed, Draw.DESCRIPTION, _SESSION_NUMBERS)
    return offer(streams, host=whereabouts.media_host, session=session)


def _streams(order: Order, whereabouts: Whereabouts, seed: bytes) -> tuple[OfferedStream, ...]:
    """One for each track, with a key of its own where media are secure."""
    return tuple(
        OfferedStream(
            label=None if order.misconduct.missing_label else track.label,
            port=ports.rtp,
            rtcp_port=ports.rtcp,
            crypto=CryptoKey(key=drawn_bytes(seed, Draw.KEY + at, KEY_BYTES)) if order.secure else None,
        )
        for at, (track, ports) in enumerate(zip(order.tracks, whereabouts.ports, strict=True))
    )


def deadline(conduct: Conduct) -> Instant | None:
    """When the session must be ticked next; None where it waits for a message, or is over."""
    instants = [owned.transaction.deadline for owned in conduct.owned]
    instants += [at for _, at in conduct.alarms]
    instants += [changing.due_at(conduct), changing.expires_at(conduct)]
    if conduct.unacknowledged is not None:
        instants.append(conduct.unacknowledged.again_at)
    return min((at for at in instants if at is not None), default=None)


# --- the inputs ---


def start(conduct: Conduct, now: Instant) -> Step:
    """Send the INVITE; a session that was started does nothing."""
    turn = Turn(conduct, now)
    if conduct.phase is Phase.IDLE:
        setup.begin(turn)
    return _done(turn)


def reached(conduct: Conduct, whereabouts: Whereabouts, left: tuple[Destination, ...], now: Instant) -> Step:
    """Send the INVITE to another address; a session that waits for none does nothing.

    Args:
        conduct: The session.
        whereabouts: Where this side is, on the way to that address.
        left: Addresses that are still to be tried behind it.
        now: When.
    """
    turn = Turn(conduct, now)
    if conduct.phase is Phase.SEEKING:
        streams = _streams(conduct.order, whereabouts, conduct.seed)
        said = _said(streams, whereabouts, conduct.seed)
        turn.conduct = replace(conduct, whereabouts=whereabouts, left=left, streams=streams, said=said)
        setup.begin(turn)
    return _done(turn)


def unreached(conduct: Conduct, why: SrsReason, reason: str, now: Instant) -> Step:
    """Take in that there is no way to any other address, by what the last one was like.

    Args:
        conduct: The session.
        why: What kind of failure.
        reason: In words.
        now: When.
    """
    turn = Turn(conduct, now)
    if conduct.phase is Phase.SEEKING:
        turn.conclude(Failed(why=why, reason=reason))
        ending.tidy(turn)
    return _done(turn)


def heard(conduct: Conduct, data: bytes, now: Instant, source: Address | None = None) -> Step:
    """Take a message of the SRS's, or of whoever else found the way here; what can't be read is noted.

    Args:
        conduct: The session.
        data: One whole message.
        now: When it came.
        source: Where from: an answer repeats it and goes there; None where that is of no account.
    """
    turn = Turn(conduct, now, source=source)
    try:
        message = parse(data)
        if isinstance(message, Response):
            _take_response(turn, message)
        else:
            _take_request(turn, message if source is None else stamped(message, source))
    except GarbledSip as error:
        turn.tell(Noted(text=f"a message can't be read: {error.reason}"))
    return _done(turn)


def tick(conduct: Conduct, now: Instant) -> Step:
    """Do what is due."""
    turn = Turn(conduct, now)
    for owned in conduct.owned:
        if owned.transaction.deadline is not None and owned.transaction.deadline <= now:
            _dispatch(turn, owned, turn.carry(owned, ticked(owned.transaction, now)))
    for alarm, at in conduct.alarms:
        if at <= now and (alarm, at) in turn.conduct.alarms:
            turn.disarm(alarm)
            _ring(turn, alarm)
    _repeat(turn)
    expires = changing.expires_at(turn.conduct)
    if expires is not None and expires <= now:
        changing.expired(turn)
    return _done(turn)


def hang_up(conduct: Conduct, now: Instant) -> Step:
    """End the session, however far it has come."""
    turn = Turn(conduct, now)
    ending.hang_up(turn)
    return _done(turn)


def lost(conduct: Conduct, why: SrsReason, reason: str, now: Instant) -> Step:
    """Take in that the way to the SRS could not carry what was sent, or never came about.

    What is not answered yet fails by it; a session that is up and asks for nothing lives on.

    Args:
        conduct: The session.
        why: What kind of failure.
        reason: In words.
        now: When.
    """
    turn = Turn(conduct, now, lost=Loss(why=why, reason=reason))
    if conduct.phase is Phase.IDLE:
        turn.conclude(Failed(why=why, reason=reason))
        ending.tidy(turn)
    for owned in conduct.owned:
        if owned.unanswered:
            _dispatch(turn, owned, turn.carry(owned, broken(owned.transaction, now)))
    if conduct.phase is Phase.UP and turn.conduct.phase is Phase.UP:
        turn.tell(Noted(text=reason))
    return _done(turn)


def _done(turn: Turn) -> Step:
    changing.pump(turn)
    ending.settle(turn)
    return Step(conduct=turn.left(), actions=tuple(turn.actions))


# --- where each goes ---


def _take_response(turn: Turn, message: Response) -> None:
    owned = _found(turn.conduct, key_of_response(message))
    if owned is not None:
        _dispatch(turn, owned, turn.carry(owned, received(owned.transaction, message, turn.now)))
    elif FIRST_SUCCESS <= message.status < FIRST_FAILURE:
        acknowledged_again(turn, message)


def _take_request(turn: Turn, request: Request) -> None:
    if ending.dead(turn) and request.method != "BYE":
        return
    owned = _found(turn.conduct, key_of_received(request))
    if owned is not None:
        for what in turn.carry(owned, received(owned.transaction, request, turn.now)):
            if isinstance(what, Deliver) and isinstance(what.message, Request):
                serving.acknowledged(turn, what.message)
    elif request.method == "ACK":
        serving.acknowledged(turn, request)
    else:
        _serve(turn, request)


def _serve(turn: Turn, request: Request) -> None:
    """Answer a new request in a transaction of its own, unless there are too many already."""
    if len(turn.conduct.owned) >= _MOST_TRANSACTIONS:
        return
    order = turn.conduct.order
    begin = invite_server.begin if request.method == "INVITE" else server.begin
    step = begin(request, turn.now, reliable=order.transport.reliable, timers=order.timers)
    owned = Owned(transaction=step.transaction, purpose=Purpose.SERVING, source=turn.source)
    turn.own(owned, step)
    made = _cancelled(turn, request) if request.method == "CANCEL" else serving.served(turn, request)
    turn.carry(owned, answered(step.transaction, made, turn.now))


def _cancelled(turn: Turn, cancel: Request) -> Response:
    """A CANCEL of the SRS's changes nothing: its INVITE was answered at once (RFC 3261 section 9.2)."""
    known = _found(turn.conduct, key_of_cancelled(cancel)) is not None
    return response(cancel, 200 if known else 481, tag=turn.conduct.tag)


def _found(conduct: Conduct, key: Key) -> Owned | None:
    return next((owned for owned in conduct.owned if owned.transaction.key == key), None)


def _dispatch(turn: Turn, owned: Owned, came: tuple[Came, ...]) -> None:
    """Hand what a transaction of this side's has to who began it; of a CANCEL nothing is of account."""
    for what in came:
        if owned.purpose is Purpose.SETUP:
            setup.came(turn, owned, what)
        elif owned.purpose in CHANGES:
            changing.came(turn, owned, what)
        elif owned.purpose is Purpose.BYE:
            ending.bye_came(turn, owned, what)


def _ring(turn: Turn, alarm: Alarm) -> None:
    if alarm is Alarm.ANSWER:
        setup.unanswered(turn)
    elif alarm is Alarm.CANCELLED:
        ending.cancelled_in_vain(turn)
    else:
        ending.give_up(turn)


def _repeat(turn: Turn) -> None:
    """Send a 2xx again whose ACK has not come, until it has taken too long (RFC 3261 section 13.3.1.4)."""
    waiting = turn.conduct.unacknowledged
    if waiting is None or waiting.again_at > turn.now:
        return
    if waiting.until <= turn.now:
        ending.broken_off(turn, SrsReason.SILENCE, "the SRS does not acknowledge an answer")
        return
    turn.transmit(waiting.response, waiting.back)
    pause = min(2 * waiting.pause, turn.conduct.order.timers.t2)
    again = replace(waiting, again_at=min(turn.now + pause, waiting.until), pause=pause)
    turn.conduct = replace(turn.conduct, unacknowledged=again)
