"""Webhook deliveries as Telnyx lets its users inspect them.

Owns the ``webhook_delivery`` record and which entries of the journal are one. Must not change anything.

A delivery is told once an attempt at it has ended, and counts as failed as long as every attempt has (Telnyx's
OpenAPI document, ``webhook_delivery``). What nobody was to be told of, and what has not been tried yet, is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from emulator.core import ids
from emulator.core.effects import AttemptError, AttemptOutcome
from emulator.core.events import callback_fields
from emulator.core.inspection import cut, page_document
from emulator.core.times import iso_micros, iso_millis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.effects import Attempt, AttemptResult
    from emulator.core.inspection import ListDeliveries
    from emulator.core.journal import Journal, WebhookEntry
    from emulator.core.models import HeaderList, Instant, JsonValue

DELIVERED, FAILED = "delivered", "failed"

_ENDED = frozenset({AttemptOutcome.DELIVERED, AttemptOutcome.FAILED})


def list_document(journal: Journal, command: ListDeliveries) -> bytes:
    """The deliveries that a query selects, the latest first."""
    entries = tuple(journal.webhooks)
    selected = (entry for entry in reversed(entries) if _selected(entry, command))
    return page_document(cut(selected, command.page), _record)


def read_document(journal: Journal, delivery_id: str) -> bytes | None:
    """One delivery; None where there is none of that id. Letters count in either case (RFC 9562 section 4)."""
    wanted = delivery_id.lower()
    found = next((entry for entry in journal.webhooks if status_of(entry) and id_of(entry) == wanted), None)
    return None if found is None else orjson.dumps({"data": _record(found)})


def id_of(entry: WebhookEntry) -> str:
    """A UUID that is the delivery's own: copies of an event share the event's."""
    return ids.uuid5(f"{entry.namespace}/{entry.event.id}/{entry.seq}")


def status_of(entry: WebhookEntry) -> str | None:
    """``delivered`` or ``failed``; None as long as no attempt has ended."""
    outcomes = {result.outcome for _, result in _ended(entry)}
    if not outcomes:
        return None
    return DELIVERED if AttemptOutcome.DELIVERED in outcomes else FAILED


def raw_event(entry: WebhookEntry) -> dict[str, JsonValue]:
    """The event that was to be delivered; of a TeXML callback its form's fields stand for the payload."""
    event, texml = entry.event, entry.texml
    return {
        "event_type": event.type,
        "id": event.id,
        "occurred_at": iso_micros(event.occurred_at),
        "payload": dict(event.payload) if texml is None else callback_fields(event, texml),
        "record_type": "event",
    }


def _ended(entry: WebhookEntry) -> Iterator[tuple[Attempt, AttemptResult]]:
    for attempt in entry.attempts:
        if attempt.result is not None and attempt.result.outcome in _ENDED:
            yield attempt, attempt.result


def _selected(entry: WebhookEntry, command: ListDeliveries) -> bool:
    status = status_of(entry)
    if status is None or (command.status is not None and command.status != status):
        return False
    if command.event_types is not None and entry.event.type not in command.event_types:
        return False
    results = [result for _, result in _ended(entry)]
    return (
        _between(results[0].started_at, command.started_from, command.started_to)
        and _between(results[-1].finished_at, command.finished_from, command.finished_to)
        and _contains(raw_event(entry) if command.in_webhook else None, command.in_webhook)
        and _contains(_attempts(entry) if command.in_attempts else None, command.in_attempts)
    )


def _between(instant: Instant, low: Instant | None, high: Instant | None) -> bool:
    return (low is None or instant >= low) and (high is None or instant <= high)


def _contains(value: JsonValue, text: str | None) -> bool:
    """Whether a value's JSON has the text in it; an empty one is in everything."""
    return not text or text.encode("utf-8", "replace") in orjson.dumps(value)


def _record(entry: WebhookEntry) -> JsonValue:
    results = [result for _, result in _ended(entry)]
    return {
        "attempts": _attempts(entry),
        "finished_at": iso_millis(results[-1].finished_at),
        "id": id_of(entry),
        "record_type": "webhook_delivery",
        "started_at": iso_millis(results[0].started_at),
        "status": status_of(entry),
        "user_id": ids.uuid5(entry.namespace),
        "webhook": raw_event(entry),
    }


def _attempts(entry: WebhookEntry) -> list[JsonValue]:
    return [_attempt(attempt, result) for attempt, result in reversed(tuple(_ended(entry)))]


def _attempt(attempt: Attempt, result: AttemptResult) -> JsonValue:
    shown: dict[str, JsonValue] = {}
    if result.outcome is AttemptOutcome.FAILED:
        shown["errors"] = [(result.error or AttemptError.GENERIC).value]
    shown["finished_at"] = iso_millis(result.finished_at)
    shown["http"] = {
        "request": {"headers": _headers(result.request_headers), "url": attempt.send.url},
        "response": _response(result),
    }
    shown["started_at"] = iso_millis(result.started_at)
    shown["status"] = DELIVERED if result.outcome is AttemptOutcome.DELIVERED else FAILED
    return shown


def _response(result: AttemptResult) -> JsonValue:
    """The body is text there: bytes that are none become U+FFFD."""
    if result.status is None:
        return None
    return {
        "body": result.response_body.decode("utf-8", "replace"),
        "headers": _headers(result.response_headers),
        "status": result.status,
    }


def _headers(headers: HeaderList) -> list[JsonValue]:
    return [[name, value] for name, value in headers]
