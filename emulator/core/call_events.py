"""Call events as Telnyx lets its users inspect them: commands that came, and webhooks that went.

Owns the ``call_event`` record and which entries of the journal are one. Must not change anything.

A command is an event once it was taken; one that was refused changed nothing about the call. A webhook is one
event however often it is delivered. Of a call that was forgotten since, its commands are told no more: the record
wants its leg.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core import delivery_records
from emulator.core.facts import body_of
from emulator.core.inspection import cut, page_document
from emulator.core.journal import WebhookEntry
from emulator.core.models import HOUR, Route
from emulator.core.times import iso_micros

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from emulator.core.inspection import ListCallEvents
    from emulator.core.journal import RequestEntry
    from emulator.core.models import Instant, JsonValue
    from emulator.core.namespace import Namespace

WINDOW = 24 * HOUR
"""How far back a query looks that names neither leg nor session (ListCallEvents)."""

_TEXML = frozenset({Route.TEXML_SIPREC_START, Route.TEXML_SIPREC_UPDATE})

COMMANDS = _TEXML | {
    Route.DIAL,
    Route.ANSWER,
    Route.HANGUP,
    Route.REJECT,
    Route.CLIENT_STATE_UPDATE,
    Route.SIPREC_START,
    Route.SIPREC_STOP,
}
"""The routes whose requests are commands to a call; a dial is one to the call that it begins."""

_COMPARE: Mapping[str, Callable[[Instant, Instant], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_FIRST_REFUSAL = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """An entry of the journal with what filters look at."""

    entry: RequestEntry | WebhookEntry
    at: Instant
    type: str
    name: str
    leg_id: str
    session_id: str
    connection_id: str
    product: str
    failed: bool
    calling: JsonValue = None
    called: JsonValue = None


def list_document(namespace: Namespace, command: ListCallEvents, now: Instant) -> bytes:
    """The events that a query selects, the earliest first.

    Args:
        namespace: Whose.
        command: The query.
        now: In the namespace's time; bounds a query that names neither leg nor session.
    """
    oldest = now - WINDOW if command.leg_id is None and command.session_id is None else 0
    events = (one for one in _events(namespace) if one.at >= oldest and _selected(one, command))
    # of one instant the numbers tell what came of what
    in_order = sorted(events, key=lambda one: (one.at, one.entry.seq))
    return page_document(cut(in_order, command.page), _shown)


def _events(namespace: Namespace) -> Iterator[_Event]:
    for request in namespace.journal.requests:
        if request.request.route in COMMANDS and request.reply.status < _FIRST_REFUSAL:
            yield from _of_command(namespace, request)
    for webhook in namespace.journal.webhooks:
        if webhook.repeats is None:
            yield _of_webhook(webhook)


def _of_command(namespace: Namespace, entry: RequestEntry) -> Iterator[_Event]:
    call = namespace.calls.get(entry.call_control_id or "")
    if call is not None:
        route = entry.request.route
        yield _Event(
            entry=entry,
            at=entry.at,
            type="command",
            name=route,
            leg_id=call.call_leg_id,
            session_id=call.call_session_id,
            connection_id=call.connection_id,
            product="texml" if route in _TEXML else "call_control",
            failed=False,
        )


def _of_webhook(entry: WebhookEntry) -> _Event:
    payload = entry.event.payload
    return _Event(
        entry=entry,
        at=entry.event.occurred_at,
        type="webhook",
        name=entry.event.type,
        leg_id=str(payload.get("call_leg_id", "")),
        session_id=str(payload.get("call_session_id", "")),
        connection_id=str(payload.get("connection_id", "")),
        product="call_control" if entry.texml is None else "texml",
        failed=delivery_records.status_of(entry) == delivery_records.FAILED,
        calling=payload.get("from"),
        called=payload.get("to"),
    )


def _selected(event: _Event, command: ListCallEvents) -> bool:
    if command.elsewhere:
        return False
    wanted: tuple[tuple[JsonValue, JsonValue], ...] = (
        (command.leg_id, event.leg_id),
        (command.session_id, event.session_id),
        (command.connection_id, event.connection_id),
        (command.product, event.product),
        (command.name, event.name),
        (command.type, event.type),
        (command.failed, event.failed),
        (command.calling, event.calling),
        (command.called, event.called),
    )
    if any(want is not None and want != found for want, found in wanted):
        return False
    return command.occurred is None or _COMPARE[command.occurred[0]](event.at, command.occurred[1])


def _shown(event: _Event) -> JsonValue:
    return {
        "call_leg_id": event.leg_id,
        "call_session_id": event.session_id,
        "event_timestamp": iso_micros(event.at),
        "metadata": _metadata(event.entry),
        "name": event.name,
        "record_type": "call_event",
        "type": event.type,
    }


def _metadata(entry: RequestEntry | WebhookEntry) -> JsonValue:
    """The document names the raw event and no field of it; of a command the body is the nearest there is."""
    if isinstance(entry, WebhookEntry):
        return {"event": delivery_records.raw_event(entry), "status": delivery_records.status_of(entry)}
    return {"call_control_id": entry.call_control_id, "body": dict(body_of(entry)), "status": entry.reply.status}
