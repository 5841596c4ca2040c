"""Attempts at webhooks: each one's bytes, what is simulated in its place, and what came of it.

Owns the journal's picture of a delivery's attempts. Must not decide when to try again or give up: ``delivery.py``
does. Must not send: each attempt that leaves the emulator is a ``Send`` effect.

What a scenario simulates of an attempt is made here, so that no real time passes for it: DROP and CONNECT_ERROR
send nothing; ACK_LOST and TIMEOUT are sent, and what the receiver answered counts as failed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core import delivery as deliveries
from emulator.core.delivery import DeliveryState
from emulator.core.effects import Attempt, AttemptError, AttemptOutcome, AttemptResult, Order, Send, Simulate
from emulator.core.events import (
    CALLBACK_HEADERS,
    WEBHOOK_HEADERS,
    callback_fields,
    callback_request,
    webhook_body,
)
from emulator.core.models import SECOND, CallbackMethod
from emulator.core.scenario.model import ScriptedAttempt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.delivery import Delivery
    from emulator.core.journal import WebhookEntry
    from emulator.core.models import Duration
    from emulator.core.namespace import PendingDelivery
    from emulator.core.scenario.model import Deliver
    from emulator.core.turn import Turn

KEY = "send "

_AS_USUAL = ScriptedAttempt()

_REASONS: Mapping[Simulate, str] = {
    Simulate.DROP: "simulated: the request was lost on its way; no answer within {0:g} s",
    Simulate.CONNECT_ERROR: "simulated: no connection could be made",
    Simulate.ACK_LOST: "simulated: the receiver's answer was lost on its way",
    Simulate.TIMEOUT: "simulated: the receiver's answer came after {0:g} s",
}


def key(seq: int) -> str:
    """The timer of a webhook: its next attempt, or the end of a simulated one."""
    return f"{KEY}{seq}"


def fell_due(turn: Turn, seq: int) -> None:
    """Make the attempt that is due, or end the one whose simulated time is over."""
    pending = turn.namespace.deliveries[seq]
    if pending.overdue is None:
        send_next(turn, seq)
    else:
        _ended(turn, pending, replace(pending.overdue, finished_at=turn.wall))


def send_next(turn: Turn, seq: int) -> None:
    """Make a webhook's next attempt, unless others come first; their end brings its turn."""
    turn.ready.append(seq)
    if len(turn.ready) > 1:
        # an attempt that ends at once brings the next one's turn: a long row of such must not nest
        return
    while turn.ready:
        _make(turn, turn.ready[0])
        turn.ready.popleft()


def _make(turn: Turn, seq: int) -> None:
    namespace = turn.namespace
    pending = namespace.deliveries[seq]
    delivery, entry = pending.delivery, pending.entry
    if not _may_send(turn, pending):
        return
    upcoming = deliveries.next_try(delivery)
    scripted = _scripted(entry.deliver, upcoming.number)
    send = _send(turn, entry, delivery, number=upcoming.number, url=scripted.url or upcoming.url)
    attempt = Attempt(
        id=send.attempt_id, number=upcoming.number, send=send, created_at=turn.now, simulate=scripted.simulate
    )
    pending.entry = entry.tried(delivery, (*entry.attempts, attempt))
    pending.overdue = None
    namespace.journal.amend(namespace.journal.webhooks, pending.entry)
    if scripted.simulate is Simulate.CONNECT_ERROR:
        _ended(turn, pending, _unsent(turn, attempt, AttemptError.CONNECT))
    elif scripted.simulate is Simulate.DROP:
        _fail_later(turn, pending, _unsent(turn, attempt, AttemptError.GENERIC))
    else:
        namespace.attempts[send.attempt_id] = seq
        turn.effects.append(send)


def _may_send(turn: Turn, pending: PendingDelivery) -> bool:
    lines, entry, policy = turn.namespace.lines, pending.entry, pending.delivery.policy
    if policy.order is Order.PER_SESSION and not lines.is_next(entry.line, entry.seq):
        return False
    if policy.concurrency is None:
        return True
    return lines.enter(entry.scenario, policy.concurrency, entry.seq)


def _scripted(deliver: Deliver, number: int) -> ScriptedAttempt:
    return deliver.attempts[number - 1] if number <= len(deliver.attempts) else _AS_USUAL


def _send(turn: Turn, entry: WebhookEntry, delivery: Delivery, *, number: int, url: str) -> Send:
    texml = entry.texml
    method, headers = CallbackMethod.POST, WEBHOOK_HEADERS
    if texml is None:
        body = webhook_body(entry.event, attempt=number, delivered_to=url, style=turn.policy.body_style)
        signed = body
    else:
        method = texml.status_callback_method
        url, body, signed = callback_request(url, method, callback_fields(entry.event, texml))
        headers = CALLBACK_HEADERS if method is CallbackMethod.POST else CALLBACK_HEADERS[1:]
    return Send(
        attempt_id=f"{turn.namespace.id}/{entry.seq}/{number}",
        namespace=turn.namespace.id,
        method=method,
        url=url,
        headers=headers,
        body=body,
        signed=signed,
        timeout=delivery.policy.timeout,
        success=delivery.policy.success,
        signing=entry.signing,
    )


# --- what came of it ---


def taken(turn: Turn, result: AttemptResult) -> WebhookEntry | None:
    """Take in what came of an attempt and see to what follows.

    Args:
        turn: At hand.
        result: From the sender, of an attempt that ``namespace.attempts`` knows.

    Returns:
        The webhook's entry if it was just delivered, else None.
    """
    pending = turn.namespace.deliveries[turn.namespace.attempts.pop(result.attempt_id)]
    simulate = pending.entry.attempts[-1].simulate
    if simulate is Simulate.NONE or result.outcome is not AttemptOutcome.DELIVERED:
        return _ended(turn, pending, result)
    timeout = pending.delivery.policy.timeout
    lost = replace(
        result,
        outcome=AttemptOutcome.FAILED,
        error=AttemptError.GENERIC,
        reason=_reason(simulate, timeout),
    )
    if simulate is Simulate.TIMEOUT:
        _fail_later(turn, pending, lost)
        return None
    return _ended(turn, pending, lost)


def _unsent(turn: Turn, attempt: Attempt, error: AttemptError) -> AttemptResult:
    return AttemptResult(
        attempt_id=attempt.id,
        outcome=AttemptOutcome.FAILED,
        started_at=turn.wall,
        finished_at=turn.wall,
        error=error,
        reason=_reason(attempt.simulate, attempt.send.timeout),
    )


def _reason(simulate: Simulate, timeout: Duration) -> str:
    return _REASONS[simulate].format(timeout / SECOND)


def _fail_later(turn: Turn, pending: PendingDelivery, failed: AttemptResult) -> None:
    """Let an attempt fail when its timeout has passed since it was made."""
    due = pending.entry.attempts[-1].created_at + pending.delivery.policy.timeout
    if due <= turn.now:
        _ended(turn, pending, failed)
        return
    pending.overdue = failed
    turn.namespace.timers.set(key(pending.entry.seq), due)


def _ended(turn: Turn, pending: PendingDelivery, result: AttemptResult) -> WebhookEntry | None:
    namespace, before = turn.namespace, pending.entry
    delivery, due = deliveries.record(pending.delivery, result, turn.now)
    *earlier, last = before.attempts
    attempt = Attempt(
        id=last.id,
        number=last.number,
        send=last.send,
        created_at=last.created_at,
        simulate=last.simulate,
        result=result,
    )
    entry = before.tried(delivery, (*earlier, attempt))
    turn.record_attempt(entry, attempt)
    if delivery.over:
        del namespace.deliveries[entry.seq]
    else:
        pending.delivery, pending.entry, pending.overdue = delivery, entry, None
    _let_others(turn, entry, delivery)
    if due is not None:
        _try_again(turn, entry.seq, due)
    return entry if delivery.state is DeliveryState.DELIVERED else None


def _try_again(turn: Turn, seq: int, due: int) -> None:
    if due > turn.now:
        turn.namespace.timers.set(key(seq), due)
    else:
        send_next(turn, seq)


def _let_others(turn: Turn, entry: WebhookEntry, delivery: Delivery) -> None:
    """An attempt's end may bring another scenario's or session's turn."""
    lines, policy = turn.namespace.lines, delivery.policy
    if policy.concurrency is not None:
        waiting = lines.exit(entry.scenario)
        if waiting is not None:
            send_next(turn, waiting)
    if policy.order is Order.PER_SESSION and delivery.over:
        following = lines.leave(entry.line)
        if following is not None and not turn.namespace.timers.waits(key(following)):
            send_next(turn, following)
