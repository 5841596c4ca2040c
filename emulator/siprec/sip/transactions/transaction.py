"""What runs the table of a transaction machine: (transaction, what happens, now) in, (transaction, actions) out.

Owns how a rule is carried out and how timers run. Must not know which machine it runs: ``invite_client.py``,
``client.py``, ``invite_server.py`` and ``server.py`` hold the tables.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emulator.siprec.sip.message import Message, Request, Response
from emulator.siprec.sip.statuses import FIRST_FAILURE, FIRST_SUCCESS
from emulator.siprec.sip.transactions.matching import key_of_received, key_of_sent
from emulator.siprec.sip.transactions.replying import ack_of_failure, trying
from emulator.siprec.sip.transactions.table import (
    Action,
    Broken,
    Deliver,
    Do,
    Heard,
    Occurrence,
    Rule,
    State,
    Table,
    Terminated,
    TimedOut,
    Transmit,
)
from emulator.siprec.sip.transactions.timers import ONLY_UNRELIABLE, Timer, Timers

if TYPE_CHECKING:
    from emulator.core.models import Duration, Instant
    from emulator.siprec.sip.transactions.matching import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A timer that runs.

    Attributes:
        at: When it fires.
        length: How long it runs in all.
    """

    timer: Timer
    at: Instant
    length: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One transaction.

    Attributes:
        table: Its machine.
        key: By which messages are found to belong to it.
        request: That began it: sent by a client, received by a server.
        kept: What is sent again: a client's request, a server's last answer; None where nothing is.
        running: Its timers.
        provisional: Whether a provisional answer has come.
    """

    table: Table
    key: Key
    request: Request
    timers: Timers
    reliable: bool
    state: State
    kept: Message | None = None
    running: tuple[Running, ...] = ()
    provisional: bool = False

    @property
    def deadline(self) -> Instant | None:
        """When it must be ticked next; None where time does nothing to it."""
        return min((running.at for running in self.running), default=None)

    @property
    def ended(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.state is State.TERMINATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A transaction after something happened, and what is to be done about it, in order."""

    transaction: Transaction
    actions: tuple[Action, ...] = ()


def sent(
    request: Request,
    now: Instant,
    *,
    table: Table,
    state: State,
    first: tuple[Timer, ...],
    reliable: bool,
    timers: Timers,
) -> Step:
    """A client's transaction that begins; for the modules of the machines.

    Args:
        request: With a branch of its own in its Via.
        now: When.
        table: The machine's.
        state: In which it begins.
        first: Timers that start with it.
        reliable: Whether the transport is TCP or TLS.
        timers: How long they run.
    """
    transaction = Transaction(
        table=table,
        key=key_of_sent(request),
        request=request,
        timers=timers,
        reliable=reliable,
        state=state,
        kept=request,
    )
    return Step(transaction=_with_timers(transaction, first, now), actions=(Transmit(message=request),))


def taken(
    request: Request,
    now: Instant,
    *,
    table: Table,
    first: tuple[Timer, ...] = (),
    reliable: bool,
    timers: Timers,
) -> Step:
    """A server's transaction that begins, trying; its arguments are those of ``sent``."""
    transaction = Transaction(
        table=table,
        key=key_of_received(request),
        request=request,
        timers=timers,
        reliable=reliable,
        state=State.TRYING,
    )
    return Step(transaction=_with_timers(transaction, first, now), actions=(Deliver(message=request),))


def received(transaction: Transaction, message: Message, now: Instant) -> Step:
    """Take a message that belongs to it (``matching.py``)."""
    return _settled(_applied(transaction, _heard(message), message, now), now)


def answered(transaction: Transaction, response: Response, now: Instant) -> Step:
    """Give a server's answer; one that comes too late in its state is not sent."""
    return _settled(_applied(transaction, _heard(response), response, now), now)


def tick(transaction: Transaction, now: Instant) -> Step:
    """Let every timer fire that is due, once each however late it is."""
    return _settled(Step(transaction=transaction), now)


def broken(transaction: Transaction, now: Instant) -> Step:
    """Say that the transport could not carry one of its messages (RFC 3261 section 18.4)."""
    return _applied(transaction, Heard.BROKEN, None, now)


def _heard(message: Message) -> Heard:
    if isinstance(message, Request):
        return Heard.ACK if message.method == "ACK" else Heard.REQUEST
    if message.status < FIRST_SUCCESS:
        return Heard.PROVISIONAL
    return Heard.SUCCESS if message.status < FIRST_FAILURE else Heard.FAILURE


def _settled(step: Step, now: Instant) -> Step:
    """Fire what is due; each one is over or runs again from ``now``, so that this ends."""
    transaction, actions = step.transaction, list(step.actions)
    while due := [running for running in transaction.running if running.at <= now]:
        first = min(due, key=lambda running: running.at)
        fired = _fired(transaction, first, now)
        transaction = fired.transaction
        actions.extend(fired.actions)
    return Step(transaction=transaction, actions=tuple(actions))


def _fired(transaction: Transaction, fired: Running, now: Instant) -> Step:
    left = tuple(running for running in transaction.running if running is not fired)
    if fired.timer in ONLY_UNRELIABLE:
        length = transaction.timers.again(fired.timer, fired.length, provisional=transaction.provisional)
        left = (*left, Running(timer=fired.timer, at=now + length, length=length))
    return _applied(replace(transaction, running=left), fired.timer, None, now)


def _applied(transaction: Transaction, occurrence: Occurrence, message: Message | None, now: Instant) -> Step:
    rule = transaction.table.get((transaction.state, occurrence))
    if rule is None:
        return Step(transaction=transaction)
    actions = [action for do in rule.do for action in _actions(do, transaction, message)]
    if rule.to is State.TERMINATED:
        actions.append(Terminated())
    kept = transaction.kept
    if Do.SEND in rule.do:
        kept = message
    elif Do.TRYING in rule.do:
        kept = trying(transaction.request)
    return Step(transaction=_moved(replace(transaction, kept=kept), rule, occurrence, now), actions=tuple(actions))


def _moved(transaction: Transaction, rule: Rule, occurrence: Occurrence, now: Instant) -> Transaction:
    running = tuple(one for one in transaction.running if (rule.to, one.timer) in transaction.table)
    moved = replace(
        transaction,
        state=rule.to,
        running=running,
        provisional=transaction.provisional or occurrence is Heard.PROVISIONAL,
    )
    return _with_timers(moved, rule.start, now)


def _with_timers(transaction: Transaction, timers: tuple[Timer, ...], now: Instant) -> Transaction:
    started = tuple(
        Running(timer=timer, at=now + length, length=length)
        for timer in timers
        if (length := transaction.timers.first(timer, reliable=transaction.reliable)) is not None
    )
    return replace(transaction, running=(*transaction.running, *started))


def _actions(do: Do, transaction: Transaction, message: Message | None) -> tuple[Action, ...]:
    """The actions of a doing: one, or none where there is nothing to send."""
    sent: Message | None = message
    match do:
        case Do.TIMED_OUT:
            return (TimedOut(),)
        case Do.BROKEN:
            return (Broken(),)
        case Do.DELIVER:
            return () if message is None else (Deliver(message=message),)
        case Do.TRYING:
            sent = trying(transaction.request)
        case Do.RESEND:
            sent = transaction.kept
        case Do.ACK:
            sent = ack_of_failure(transaction.request, message) if isinstance(message, Response) else None
        case Do.SEND:
            pass
    return () if sent is None else (Transmit(message=sent),)
