"""From an event to its deliveries: where it goes, each attempt's bytes, and what came of them.

Owns the choice of the URL and the journal's picture of a delivery. Must not decide when to try again or give up:
``delivery.py`` does. Must not send: each attempt is a ``Send`` effect.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core import delivery as deliveries
from emulator.core.delivery import DeliveryState
from emulator.core.effects import Attempt, Send
from emulator.core.events import (
    CALLBACK_HEADERS,
    WEBHOOK_HEADERS,
    callback_fields,
    callback_request,
    webhook_body,
)
from emulator.core.journal import WebhookEntry
from emulator.core.models import CallbackMethod, Route
from emulator.core.namespace import PendingDelivery

if TYPE_CHECKING:
    from emulator.core.delivery import Delivery, Try
    from emulator.core.effects import AttemptResult, DeliveryPolicy
    from emulator.core.models import Event, Session
    from emulator.core.turn import Turn

RETRY_KEY = "retry "
"""Timers that try a delivery again: this and the event's id."""


def announce(
    turn: Turn, event: Event, session: Session, policy: DeliveryPolicy, warnings: tuple[str, ...] = ()
) -> None:
    """Journal an event and send its first attempt, if there is anybody to tell.

    Args:
        turn: At hand.
        event: What occurred.
        session: Whose event it is; a TeXML session's goes to its StatusCallback alone.
        policy: How hard to try.
        warnings: What went wrong in making the event.
    """
    urls = _urls(turn, session)
    delivery = deliveries.begin(event.id, policy, *urls) if urls else None
    entry = WebhookEntry(
        seq=turn.next_seq(),
        namespace=turn.namespace.id,
        at=turn.now,
        event=event,
        route=Route.TEXML_SIPREC_START if session.start.texml else Route.SIPREC_START,
        delivery=delivery,
        session=session,
        warnings=warnings,
    )
    turn.record_webhook(entry)
    if delivery is not None:
        turn.namespace.deliveries[event.id] = PendingDelivery(delivery=delivery, entry=entry)
        send_next(turn, event.id)


def _urls(turn: Turn, session: Session) -> tuple[str, ...]:
    """Primary and failover: the namespace's, then the server's, then the built-in receiver."""
    texml = session.start.texml
    if texml is not None:
        return (texml.status_callback,) if texml.status_callback else ()
    for source in (turn.namespace.overrides, turn.addresses):
        if source.webhook_url:
            failover = source.webhook_failover_url
            return (source.webhook_url, failover) if failover else (source.webhook_url,)
    return (f"{turn.addresses.receiver_url}/{turn.namespace.id}",)


def send_next(turn: Turn, event_id: str) -> None:
    """Send the attempt that is due; nothing when the delivery is over or forgotten."""
    pending = turn.namespace.deliveries.get(event_id)
    upcoming = deliveries.next_try(pending.delivery) if pending else None
    if pending is None or upcoming is None:
        return
    send = _send(turn, pending.entry, pending.delivery, upcoming)
    attempt = Attempt(id=send.attempt_id, number=upcoming.number, send=send, created_at=turn.now)
    entry = replace(pending.entry, attempts=(*pending.entry.attempts, attempt))
    turn.namespace.deliveries[event_id] = replace(pending, entry=entry)
    turn.namespace.attempts[send.attempt_id] = event_id
    turn.namespace.journal.amend(turn.namespace.journal.webhooks, entry)
    turn.effects.append(send)


def _send(turn: Turn, entry: WebhookEntry, delivery: Delivery, upcoming: Try) -> Send:
    texml = entry.session.start.texml
    url, method, headers = upcoming.url, CallbackMethod.POST, WEBHOOK_HEADERS
    if texml is None:
        body = webhook_body(entry.event, attempt=upcoming.number, delivered_to=url, style=turn.policy.body_style)
        signed = body
    else:
        method = texml.status_callback_method
        url, body, signed = callback_request(url, method, callback_fields(entry.event, texml))
        headers = CALLBACK_HEADERS if method is CallbackMethod.POST else CALLBACK_HEADERS[1:]
    return Send(
        attempt_id=f"{turn.namespace.id}/{entry.seq}/{upcoming.number}",
        namespace=turn.namespace.id,
        method=method,
        url=url,
        headers=headers,
        body=body,
        signed=signed,
        timeout=delivery.policy.timeout,
        success=delivery.policy.success,
    )


def taken(turn: Turn, result: AttemptResult) -> WebhookEntry | None:
    """Take in what came of an attempt and see to the next one.

    Args:
        turn: At hand.
        result: From the sender; one of an attempt that nobody knows any more changes nothing.

    Returns:
        The webhook's entry if it was just delivered, else None.
    """
    event_id = turn.namespace.attempts.pop(result.attempt_id, None)
    pending = turn.namespace.deliveries.get(event_id or "")
    if event_id is None or pending is None:
        return None
    delivery, again = deliveries.record(pending.delivery, result, turn.now)
    attempts = tuple(
        replace(attempt, result=result) if attempt.id == result.attempt_id else attempt
        for attempt in pending.entry.attempts
    )
    entry = replace(pending.entry, delivery=delivery, attempts=attempts)
    turn.record_attempt(entry, attempts[-1])
    if delivery.over:
        del turn.namespace.deliveries[event_id]
        return entry if delivery.state is DeliveryState.DELIVERED else None
    turn.namespace.deliveries[event_id] = PendingDelivery(delivery=delivery, entry=entry)
    if again is not None and again > turn.now:
        turn.namespace.timers.set(RETRY_KEY + event_id, again)
    else:
        send_next(turn, event_id)
    return None


def abandon_all(turn: Turn) -> None:
    """Give up every delivery that is not over, and journal it: the emulator stops."""
    for pending in tuple(turn.namespace.deliveries.values()):
        entry = replace(pending.entry, delivery=deliveries.abandon(pending.delivery))
        turn.amend_webhook(entry)
    turn.namespace.deliveries.clear()
    turn.namespace.attempts.clear()
