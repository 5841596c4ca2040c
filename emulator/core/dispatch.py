"""From an event to its webhooks: how many there are, where they go and when each sets out.

Owns the choice of the URL and the beginning of deliveries: copies, delays, replays, injected faults. Must not make
attempts (``attempts.py`` does) and must not decide when to try again or give up (``delivery.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from emulator.core import attempts, ids
from emulator.core import delivery as deliveries
from emulator.core.draws import draw
from emulator.core.effects import SIGNED_WELL, DeliveryPolicy, Order, Signing
from emulator.core.journal import WebhookEntry
from emulator.core.namespace import PendingDelivery
from emulator.core.scenario.model import USUAL_DELIVERY, Deliver

if TYPE_CHECKING:
    from emulator.core.calls.model import Call
    from emulator.core.delivery import Delivery
    from emulator.core.models import Event, Instant, Session
    from emulator.core.turn import Turn

WITHHELD = "No copy of this webhook is sent: deliver.copies is 0."
NO_ROOM = "As many webhooks wait as may (--max-sessions); this one is not sent."
INJECTED = "An injected fault changed how this webhook is delivered."

MEANT = frozenset({WITHHELD, INJECTED})
"""Warnings of what somebody wanted so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How one event's webhooks are delivered."""

    policy: DeliveryPolicy
    deliver: Deliver = USUAL_DELIVERY
    signing: Signing = SIGNED_WELL


def policy_of(turn: Turn, call: Call) -> DeliveryPolicy:
    """How hard a call's events are tried where no scenario says: its connection may have a timeout of its own."""
    policy = turn.policy.delivery
    connection = turn.namespace.connections.get(call.connection_id)
    if connection is None or connection.webhook_timeout is None:
        return policy
    return replace(policy, timeout=connection.webhook_timeout)


def announce(
    turn: Turn, event: Event, session: Session | None, manner: Manner, warnings: tuple[str, ...] = ()
) -> WebhookEntry:
    """Journal an event and send its webhook, as often as its manner says, if there is anybody to tell.

    Args:
        turn: At hand.
        event: What occurred.
        session: Whose event it is, None for one of the call itself; a TeXML session's goes to its
            StatusCallback alone.
        manner: How its webhooks are delivered, unless an injected fault strikes.
        warnings: What went wrong in making the event.

    Returns:
        The journal's entry of the first copy, as it stands before any attempt.
    """
    fault = turn.namespace.faults.webhook(event.type, turn.namespace.randomness)
    if fault is not None:
        manner = replace(manner, deliver=fault.deliver or manner.deliver, signing=fault.signing or manner.signing)
        warnings = (*warnings, INJECTED)
    return _deliver(turn, event, session, manner, warnings)


def again(turn: Turn, entry: WebhookEntry, event: Event, manner: Manner) -> WebhookEntry:
    """Send a webhook of the journal once more, as a delivery of its own.

    Args:
        turn: At hand.
        entry: What is sent again.
        event: Its event, perhaps edited.
        manner: How it is delivered this time.

    Returns:
        The new entry.
    """
    return _deliver(turn, event, entry.session, manner, (), repeats=entry.seq)


def _deliver(
    turn: Turn,
    event: Event,
    session: Session | None,
    manner: Manner,
    warnings: tuple[str, ...],
    *,
    repeats: int | None = None,
) -> WebhookEntry:
    deliver, randomness = manner.deliver, turn.namespace.randomness
    urls = _urls(turn, event, session, deliver) if deliver.copies else ()
    if not urls:
        said = warnings if deliver.copies else (*warnings, WITHHELD)
        return _record(turn, event, session, manner, None, said, repeats)
    delivery = deliveries.begin(manner.policy, *urls)
    if not turn.namespace.has_room_for(deliver.copies):
        given_up = deliveries.abandon(delivery)
        return _record(turn, event, session, manner, given_up, (*warnings, NO_ROOM), repeats)
    due = turn.now + draw(deliver.delay, randomness)
    first = _record(turn, event, session, manner, delivery, warnings, repeats)
    entries = [(first, due)]
    for _ in range(1, deliver.copies):
        due += draw(deliver.gap, randomness)
        copy = event if deliver.same_id else replace(event, id=ids.uuid4(randomness))
        entries.append((_record(turn, copy, session, manner, delivery, warnings, first.seq), due))
    for entry, setting_out in entries:
        _begin(turn, PendingDelivery(delivery=delivery, entry=entry), setting_out)
    return first


def _record(
    turn: Turn,
    event: Event,
    session: Session | None,
    manner: Manner,
    delivery: Delivery | None,
    warnings: tuple[str, ...],
    repeats: int | None,
) -> WebhookEntry:
    call = turn.namespace.calls.get(event.call_control_id)
    entry = WebhookEntry(
        seq=turn.next_seq(),
        namespace=turn.namespace.id,
        at=turn.now,
        event=event,
        delivery=delivery,
        session=session,
        scenario=session.scenario if session else (call.scenario if call else None) or "",
        deliver=manner.deliver,
        signing=manner.signing,
        repeats=repeats,
        warnings=warnings,
    )
    turn.record_webhook(entry)
    return entry


def _urls(turn: Turn, event: Event, session: Session | None, deliver: Deliver) -> tuple[str, ...]:
    """Primary and failover: the step's own, else the call's, its connection's, or the usual ones."""
    if deliver.url is not None:
        return (deliver.url,)
    texml = session.start.texml if session else None
    if texml is not None:
        return (texml.status_callback,) if texml.status_callback else ()
    call = turn.namespace.calls.get(event.call_control_id)
    return (_of_call(turn, event, call) if call else ()) or _usual_urls(turn)


def _of_call(turn: Turn, event: Event, call: Call) -> tuple[str, ...]:
    """Those that the call's own commands named, for this event or for all, else those of its connection."""
    hooks = call.hooks
    if event.type in hooks.by_event:
        return hooks.by_event[event.type]
    if hooks.url is not None:
        return (hooks.url,)
    connection = turn.namespace.connections.get(call.connection_id)
    if connection is None or connection.webhook_event_url is None:
        return ()
    failover = connection.webhook_event_failover_url
    return (connection.webhook_event_url, failover) if failover else (connection.webhook_event_url,)


def _usual_urls(turn: Turn) -> tuple[str, ...]:
    """The namespace's, else the server's, else the built-in receiver."""
    for source in (turn.namespace.overrides, turn.addresses):
        if source.webhook_url:
            failover = source.webhook_failover_url
            return (source.webhook_url, failover) if failover else (source.webhook_url,)
    return (f"{turn.addresses.receiver_url}/{quote(turn.namespace.id, safe='')}",)


def _begin(turn: Turn, pending: PendingDelivery, due: Instant) -> None:
    """Let a delivery set out now, or when it is due."""
    namespace, entry = turn.namespace, pending.entry
    namespace.deliveries[entry.seq] = pending
    if pending.delivery.policy.order is Order.PER_SESSION:
        namespace.lines.join(entry.line, entry.seq)
    if due > turn.now:
        namespace.timers.set(attempts.key(entry.seq), due)
    else:
        attempts.send_next(turn, entry.seq)


def abandon_all(turn: Turn) -> None:
    """Give up every delivery that is not over, and journal it: the emulator stops."""
    namespace = turn.namespace
    for pending in tuple(namespace.deliveries.values()):
        namespace.timers.set(attempts.key(pending.entry.seq), None)
        turn.amend_webhook(replace(pending.entry, delivery=deliveries.abandon(pending.delivery)))
    namespace.deliveries.clear()
    namespace.attempts.clear()
    namespace.arrived.clear()
    namespace.lines.clear()
