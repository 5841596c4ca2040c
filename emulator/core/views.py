"""The journal's entries and sessions as the control API shows them.

Owns the JSON form of what happened, for lists, details, server-sent events and logs. Must not select or change
anything. What is set and loaded is ``setting_views.py``'s.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from emulator.core.calls.views import call_line
from emulator.core.delivery import DeliveryState
from emulator.core.effects import AttemptOutcome
from emulator.core.journal import (
    CallEntry,
    ReceivedEntry,
    RequestEntry,
    SrsEntry,
    StrayEntry,
    TransitionEntry,
    WebhookEntry,
)
from emulator.core.selection import explain
from emulator.core.times import iso_micros
from emulator.core.turn import NoteKind

if TYPE_CHECKING:
    from emulator.core.effects import Attempt
    from emulator.core.journal import Entry, Selected
    from emulator.core.models import HeaderList, Instant, JsonValue, Session
    from emulator.core.namespace import Namespace
    from emulator.core.turn import Note

View = dict[str, "JsonValue"]

UNADDRESSED = "unaddressed"
"""The state of a webhook that nobody asked for: a TeXML session without StatusCallback."""

WITHHELD = "withheld"
"""The state of a webhook of which the scenario sends no copy."""


def _when(instant: Instant | None) -> str | None:
    return None if instant is None else iso_micros(instant)


def _text(body: bytes) -> View:
    """Bytes as text where they are text, else as base64: nothing that was sent is lost."""
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode("ascii")}


def _headers(headers: HeaderList) -> list[list[str]]:
    return [[name, value] for name, value in headers]


# --- requests ---


def request_line(entry: RequestEntry | StrayEntry) -> View:
    """A request in short."""
    if isinstance(entry, StrayEntry):
        return {
            "id": entry.seq,
            "namespace": entry.namespace,
            "at": iso_micros(entry.at),
            "method": entry.method,
            "target": entry.target,
            "route": None,
            "status": entry.status,
            "reason": entry.reason,
            **_forwarded(entry),
        }
    choice = entry.selected.choice if entry.selected else None
    return {
        "id": entry.seq,
        "namespace": entry.namespace,
        "at": iso_micros(entry.at),
        "method": entry.request.method,
        "target": entry.request.target,
        "route": entry.request.route,
        "call_control_id": entry.call_control_id,
        "status": entry.reply.status,
        "scenario": choice.scenario.name if choice else None,
        "rule": choice.rule if choice else None,
        "session_id": entry.session_id,
        "violations": len(entry.violations),
        "warnings": list(entry.warnings),
        "hint": entry.hint or None,
    }


def _forwarded(entry: StrayEntry) -> View:
    forwarded = entry.forwarded
    if forwarded is None:
        return {"forwarded_to": None}
    return {
        "forwarded_to": forwarded.to,
        "duration_ms": forwarded.took / 1000,
        "sent_bytes": forwarded.sent,
        "received_bytes": forwarded.received,
    }


def request_detail(entry: RequestEntry | StrayEntry) -> View:
    """A request with all that is known of it, and why each other scenario was not chosen."""
    view = request_line(entry)
    if isinstance(entry, StrayEntry):
        return view
    view["violations"] = [
        {"pointer": one.pointer, "keyword": one.keyword, "code": one.code, "detail": one.detail}
        for one in entry.violations
    ]
    view["request"] = {"headers": _headers(entry.request.headers), **_text(entry.request.body)}
    view["answer"] = {
        "status": entry.reply.status,
        "content_type": entry.reply.content_type,
        "headers": _headers(entry.reply.headers),
        "delay_ms": entry.reply.delay / 1000,
        "fault": entry.reply.fault,
        **_text(entry.reply.body),
    }
    view["selection"] = None if entry.selected is None else selection_view(entry.selected)
    return view


def selection_view(selected: Selected) -> View:
    """Which scenario plays, by which rule, and why each other one doesn't."""
    choice = selected.choice
    return {
        "scenario": choice.scenario.name,
        "rule": choice.rule,
        "detail": choice.detail,
        "others": [
            {"scenario": other.name, "reason": other.reason}
            for other in (*selected.passed_over, *explain(selected.subject, selected.catalog, choice))
        ],
    }


# --- sessions ---


def transition_line(entry: TransitionEntry) -> View:
    """A change of a session's state."""
    return {
        "id": entry.seq,
        "namespace": entry.namespace,
        "at": iso_micros(entry.at),
        "session_id": entry.session_id,
        "call_control_id": entry.call_control_id,
        "scenario": entry.scenario,
        "from": entry.before,
        "to": entry.after,
        "cause": entry.cause,
    }


def session_view(session: Session, namespace: Namespace) -> View:
    """A session and the command that began it."""
    start = session.start
    return {
        "id": session.id,
        "namespace": namespace.id,
        "call_control_id": start.call_control_id,
        "state": session.state,
        "cause": session.cause,
        "scenario": session.scenario,
        "playing": session.id in namespace.playing,
        "api": "texml" if start.texml else "call_control",
        "connector_name": start.connector_name,
        "track": start.track,
        "secure": start.secure,
        "sip_transport": start.sip_transport,
        "session_timeout_secs": start.session_timeout_secs,
        "include_metadata_custom_headers": start.include_metadata_custom_headers,
        "texml_name": start.texml.name if start.texml else None,
        "created_at": iso_micros(session.created_at),
        "started_at": _when(session.started_at),
        "ended_at": _when(session.ended_at),
        "updated_at": iso_micros(session.updated_at),
    }


def session_detail(session: Session, namespace: Namespace) -> View:
    """A session with its transitions, its dials and its webhooks, as far as the journal still holds them."""
    view = session_view(session, namespace)
    journal = namespace.journal
    view["transitions"] = [transition_line(one) for one in journal.transitions.of_session(session.id)]
    view["srs"] = [srs_line(one) for one in journal.srs.of_session(session.id)]
    view["webhooks"] = [webhook_line(one) for one in journal.webhooks.of_session(session.id)]
    return view


def srs_line(entry: SrsEntry) -> View:
    """How far a session on the wire had come."""
    return {
        "id": entry.seq,
        "namespace": entry.namespace,
        "at": iso_micros(entry.at),
        "session_id": entry.session_id,
        "call_control_id": entry.call_control_id,
        "dial_id": entry.dial_id or None,
        "stage": entry.stage,
        "target": entry.target or None,
        "why": entry.why,
        "status": entry.status,
        "cause": entry.cause,
        "reason": entry.reason or None,
    }


# --- webhooks ---


def _state(entry: WebhookEntry) -> str:
    if entry.delivery is not None:
        return entry.delivery.state
    return UNADDRESSED if entry.deliver.copies else WITHHELD


def webhook_line(entry: WebhookEntry) -> View:
    """An event and how its delivery stands."""
    return {
        "id": entry.event.id,
        "seq": entry.seq,
        "namespace": entry.namespace,
        "event_type": entry.event.type,
        "occurred_at": iso_micros(entry.event.occurred_at),
        "session_id": entry.event.session_id,
        "call_control_id": entry.event.call_control_id,
        "payload": entry.event.payload,
        "state": _state(entry),
        "attempts": sum(attempt.result is not None for attempt in entry.attempts),
        "repeats": entry.repeats,
        "warnings": list(entry.warnings),
    }


def webhook_detail(entry: WebhookEntry) -> View:
    """An event with every attempt: where, what was sent, what came back."""
    view = webhook_line(entry)
    abandoned = entry.delivery is not None and entry.delivery.state is DeliveryState.ABANDONED
    view["attempts"] = [_attempt(one, abandoned=abandoned) for one in entry.attempts]
    view["signing"] = {"mode": entry.signing.mode, "skew_ms": entry.signing.skew / 1000}
    return view


def _attempt(attempt: Attempt, *, abandoned: bool) -> View:
    result = attempt.result
    if result is None:
        outcome = AttemptOutcome.ABANDONED if abandoned else AttemptOutcome.PENDING
        return {
            "number": attempt.number,
            "url": attempt.send.url,
            "simulate": attempt.simulate,
            "outcome": outcome,
        }
    return {
        "number": attempt.number,
        "url": attempt.send.url,
        "simulate": attempt.simulate,
        "outcome": result.outcome,
        "started_at": iso_micros(result.started_at),
        "finished_at": iso_micros(result.finished_at),
        "duration_ms": (result.finished_at - result.started_at) / 1000,
        "error": None if result.error is None else {"code": result.error.value, "reason": result.reason},
        "request": {
            "method": attempt.send.method,
            "headers": _headers(result.request_headers),
            **_text(attempt.send.body),
        },
        "response": None
        if result.status is None
        else {
            "status": result.status,
            "headers": _headers(result.response_headers),
            **_text(result.response_body),
        },
    }


def attempt_line(entry: WebhookEntry, attempt: Attempt) -> View:
    """An attempt that ended, in short."""
    result = attempt.result
    view: View = {
        "webhook_id": entry.event.id,
        "namespace": entry.namespace,
        "event_type": entry.event.type,
        "session_id": entry.event.session_id,
        "number": attempt.number,
        "url": attempt.send.url,
        "outcome": AttemptOutcome.PENDING,
    }
    if result is not None:
        view |= {
            "at": iso_micros(result.finished_at),
            "outcome": result.outcome,
            "status": result.status,
            "error": None if result.error is None else result.error.value,
            "reason": result.reason or None,
            "duration_ms": (result.finished_at - result.started_at) / 1000,
        }
    return view


def received_line(entry: ReceivedEntry) -> View:
    """What the built-in receiver got."""
    return {
        "id": entry.seq,
        "namespace": entry.namespace,
        "at": iso_micros(entry.at),
        "method": entry.method,
        "target": entry.target,
        "headers": _headers(entry.headers),
        "verdict": entry.verdict,
        "reason": entry.reason,
        **_text(entry.body),
    }


def entry_line(entry: Entry) -> View:
    """Any entry in short."""
    match entry:
        case RequestEntry() | StrayEntry():
            return request_line(entry)
        case TransitionEntry():
            return transition_line(entry)
        case CallEntry():
            return call_line(entry)
        case SrsEntry():
            return srs_line(entry)
        case WebhookEntry():
            return webhook_line(entry)
        case _:
            return received_line(entry)


def note_line(note: Note) -> View:
    """A note as server-sent events and logs show it."""
    if note.kind is NoteKind.ATTEMPT and note.attempt is not None and isinstance(note.entry, WebhookEntry):
        return attempt_line(note.entry, note.attempt)
    return entry_line(note.entry)
