"""The story of one recording, of one call or of one webhook: all that happened to it, in one picture.

Owns which entries belong to it and how they are shown beside each other: the requests whole, the changes of state,
the webhooks with every attempt and what a receiver makes of its signature. Must not render single entries
(``views.py`` does) and must not change anything.
"""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from emulator.core.calls.views import call_line, call_view
from emulator.core.models import SECOND
from emulator.core.setting_views import deliver_view
from emulator.core.signing import verify
from emulator.core.times import iso_micros
from emulator.core.views import request_detail, session_view, srs_line, transition_line, webhook_detail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.core.effects import Attempt
    from emulator.core.journal import RequestEntry, WebhookEntry
    from emulator.core.models import HeaderList, Instant, Session
    from emulator.core.namespace import Namespace
    from emulator.core.views import View

MAX_TOLD = 500
"""Requests, and webhooks, that a story has at most: the latest."""

T = TypeVar("T")


def session_story(session: Session, namespace: Namespace, public_key: str) -> View:
    """All that happened to a recording.

    Args:
        session: Which.
        namespace: Whose.
        public_key: Judges the signatures of what was sent; Base64 of 32 bytes.
    """
    journal, playing = namespace.journal, namespace.playing.get(session.id)
    call = namespace.calls.get(session.start.call_control_id)
    return {
        "call": None if call is None else call_view(call, namespace),
        "sessions": [session_view(session, namespace)],
        "transitions": [transition_line(one) for one in journal.transitions.of_session(session.id)],
        "call_transitions": [],
        "srs": [srs_line(one) for one in journal.srs.of_session(session.id)],
        **_told(journal.requests.of_session(session.id), journal.webhooks.of_session(session.id), public_key),
        "next_at": _when(playing.run.due if playing else None),
    }


def call_story(call_control_id: str, namespace: Namespace, public_key: str) -> View:
    """All that happened to a call, and to what was recorded of it; arguments as of ``session_story``."""
    journal, playing = namespace.journal, namespace.calls.playing.get(call_control_id)
    call = namespace.calls.get(call_control_id)
    recorded = [one for one in namespace.sessions.values() if one.start.call_control_id == call_control_id]
    return {
        "call": None if call is None else call_view(call, namespace),
        "sessions": [session_view(one, namespace) for one in recorded],
        "transitions": [transition_line(one) for one in journal.transitions.of_call(call_control_id)],
        "call_transitions": [call_line(one) for one in journal.calls.of_call(call_control_id)],
        "srs": [srs_line(one) for one in journal.srs.of_call(call_control_id)],
        **_told(journal.requests.of_call(call_control_id), journal.webhooks.of_call(call_control_id), public_key),
        "next_at": _when(playing.run.due if playing else None),
    }


def webhook_story(entry: WebhookEntry, public_key: str) -> View:
    """A webhook by itself, shown as a story shows those of a recording.

    Args:
        entry: Which.
        public_key: As of ``session_story``.
    """
    return {
        "call": None,
        "sessions": [],
        "transitions": [],
        "call_transitions": [],
        "srs": [],
        **_told((), (entry,), public_key),
        "next_at": None,
    }


def _told(requests: Iterable[RequestEntry], webhooks: Iterable[WebhookEntry], public_key: str) -> View:
    commands, left_requests = _latest(requests)
    events, left_webhooks = _latest(webhooks)
    return {
        "requests": [request_detail(one) for one in commands],
        "webhooks": [_webhook(one, public_key) for one in events],
        "left_out": left_requests + left_webhooks,
    }


def _latest(entries: Iterable[T]) -> tuple[Iterable[T], int]:
    """The last of them, and how many come before."""
    kept: deque[T] = deque(maxlen=MAX_TOLD)
    count = 0
    for entry in entries:
        kept.append(entry)
        count += 1
    return kept, count - len(kept)


def _webhook(entry: WebhookEntry, public_key: str) -> View:
    view = webhook_detail(entry)
    view["deliver"] = deliver_view(entry.deliver)
    view["tries"] = [
        {"number": one.number, "made_at": iso_micros(one.created_at), "verdict": _verdict(one, public_key)}
        for one in entry.attempts
    ]
    return view


def _verdict(attempt: Attempt, public_key: str) -> str | None:
    """What a receiver makes of an attempt's signature as it arrives; None of one that was not sent."""
    result = attempt.result
    if result is None or not result.request_headers:
        return None
    return _judged(public_key, result.request_headers, attempt.send.signed, result.started_at // SECOND)


@lru_cache(maxsize=2 * MAX_TOLD)
def _judged(public_key: str, headers: HeaderList, signed: bytes, second: int) -> str:
    """A story that is followed is asked for again and again, and its signatures stay what they are."""
    return verify(public_key, headers, signed, second).name.lower()


def _when(instant: Instant | None) -> str | None:
    return None if instant is None else iso_micros(instant)
