"""Webhook and status callback bodies.

Owns which fields an event carries and how its text is laid out, for call control (JSON) and for TeXML (form
fields). Must not decide when an event occurs or where it goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit

import orjson

from emulator.core.models import CallbackMethod, EventType
from emulator.core.policy import BodyStyle, PayloadFields
from emulator.core.times import iso_micros

if TYPE_CHECKING:
    from emulator.core.calls.model import Call
    from emulator.core.models import Event, HeaderList, JsonValue, TexmlDetails

USER_AGENT = "telnyx-webhooks"

WEBHOOK_HEADERS: HeaderList = (("Content-Type", "application/json"), ("User-Agent", USER_AGENT))
CALLBACK_HEADERS: HeaderList = (
    ("Content-Type", "application/x-www-form-urlencoded"),
    ("User-Agent", USER_AGENT),
)

CAUSE_FIELD = {EventType.STOPPED: "hangup_cause", EventType.FAILED: "failure_cause"}
"""The payload field that says why, for the events that have one."""

_STANDARD_CAUSE = {
    EventType.STOPPED: "normal_clearing",
    EventType.FAILED: "normal_temporary_failure",
}

_CALLBACK_EVENT = {
    EventType.STARTED: "siprec-started",
    EventType.STOPPED: "siprec-stopped",
    EventType.FAILED: "siprec-failed",
}

CALLBACK_ERROR = "SIPREC connection failed"
"""The text that Telnyx's TeXML page shows for SiprecError."""

_LAYOUT = {
    BodyStyle.PRETTY: orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2,
    BodyStyle.COMPACT: orjson.OPT_SORT_KEYS,
}


def standard_payload(event: EventType, call: Call, fields: PayloadFields) -> dict[str, JsonValue]:
    """The payload before a scenario lays its own fields over it (CallSiprecStarted, -Stopped, -Failed).

    Args:
        event: Which of the three.
        call: Whose recording; its ``client_state`` is the latest that a command gave.
        fields: OBSERVED adds ``calling_party_type`` and a null ``client_state``, as real call webhooks carry.

    Returns:
        Field to value.
    """
    payload = ids_of(call, fields)
    cause = _STANDARD_CAUSE.get(event)
    if cause is not None:
        payload[CAUSE_FIELD[event]] = cause
    return payload


def ids_of(call: Call, fields: PayloadFields) -> dict[str, JsonValue]:
    """What every payload of a call carries; OBSERVED as of ``standard_payload``."""
    payload: dict[str, JsonValue] = {
        "call_control_id": call.call_control_id,
        "call_leg_id": call.call_leg_id,
        "call_session_id": call.call_session_id,
        "connection_id": call.connection_id,
    }
    if call.client_state is not None or fields is PayloadFields.OBSERVED:
        payload["client_state"] = call.client_state
    if fields is PayloadFields.OBSERVED:
        payload["calling_party_type"] = call.calling_party_type
    return payload


def webhook_body(event: Event, *, attempt: int, delivered_to: str, style: BodyStyle) -> bytes:
    """The envelope of one attempt, keys sorted (facts: webhook delivery, envelope v2).

    Args:
        event: What occurred.
        attempt: Counted from 1 over the whole delivery.
        delivered_to: The URL of this attempt.
        style: Indented by two spaces, or compact.

    Returns:
        The exact bytes to send and to sign.
    """
    envelope = {
        "data": {
            "event_type": event.type,
            "id": event.id,
            "occurred_at": iso_micros(event.occurred_at),
            "payload": event.payload,
            "record_type": "event",
        },
        "meta": {"attempt": attempt, "delivered_to": delivered_to},
    }
    return orjson.dumps(envelope, option=_LAYOUT[style])


def callback_fields(event: Event, texml: TexmlDetails) -> dict[str, str]:
    """The fields of a TeXML status callback (Telnyx: TeXML SIPREC callbacks).

    A ``SiprecError`` in the event's payload replaces the standard text; other payload fields have no place here.
    """
    fields = {
        "AccountSid": texml.account_sid,
        "CallSid": event.call_control_id,
        "SiprecEvent": _CALLBACK_EVENT[event.type],
        "SiprecSid": event.session_id or "",
        "Timestamp": iso_micros(event.occurred_at),
    }
    if texml.name is not None:
        fields["SiprecName"] = texml.name
    if event.type is EventType.FAILED:
        fields["SiprecError"] = str(event.payload.get("SiprecError", CALLBACK_ERROR))
    return fields


def callback_request(url: str, method: CallbackMethod, fields: dict[str, str]) -> tuple[str, bytes, bytes]:
    """Put the fields where the method carries them.

    Args:
        url: The status callback; a query that it already has is kept.
        method: GET or POST.
        fields: From ``callback_fields``.

    Returns:
        URL, body and the bytes to sign: the form body for POST, the whole query for GET.
    """
    form = urlencode(fields)
    if method is CallbackMethod.POST:
        return url, form.encode(), form.encode()
    parts = urlsplit(url)
    query = f"{parts.query}&{form}" if parts.query else form
    return urlunsplit(parts._replace(query=query)), b"", query.encode()
