"""What the control API shows of a journal."""

from __future__ import annotations

from emulator.core import views
from emulator.core.effects import Attempt, AttemptOutcome, AttemptResult, Send, SuccessRule
from emulator.core.journal import Budget, Journal, ReceivedEntry, TransitionEntry, WebhookEntry
from emulator.core.models import (
    SECOND,
    CallbackMethod,
    Event,
    EventType,
    Session,
    SessionState,
    StartSiprec,
)
from emulator.core.turn import Note, NoteKind

SESSION = Session(
    id="s",
    start=StartSiprec(call_control_id="c"),
    scenario="x",
    state=SessionState.STARTED,
    created_at=0,
    updated_at=0,
)
EVENT = Event(id="e", type=EventType.STARTED, occurred_at=0, session_id="s", call_control_id="c", payload={"a": 1})
SEND = Send(
    attempt_id="n/e/1",
    namespace="n",
    method=CallbackMethod.POST,
    url="http://x/",
    headers=(),
    body=b"\xff",
    signed=b"",
    timeout=SECOND,
    success=SuccessRule.ANY_2XX,
)
DONE = AttemptResult(
    attempt_id="n/e/1", outcome=AttemptOutcome.DELIVERED, started_at=0, finished_at=1500, status=200
)
PENDING = Attempt(id="n/e/1", number=1, send=SEND, created_at=0)
ENDED = Attempt(id="n/e/1", number=1, send=SEND, created_at=0, result=DONE)


def webhook(*attempts: Attempt) -> WebhookEntry:
    """An entry with these attempts."""
    return WebhookEntry(
        seq=1,
        namespace="n",
        at=0,
        event=EVENT,
        session=SESSION,
        delivery=None,
        attempts=attempts,
    )


def test_an_attempt_shows_what_was_sent_and_what_came_back_and_loses_no_byte() -> None:
    [shown] = views.webhook_detail(webhook(ENDED))["attempts"]
    assert (shown["outcome"], shown["duration_ms"], shown["error"]) == ("delivered", 1.5, None)
    assert shown["request"]["body_base64"] == "/w=="
    assert shown["response"] == {"status": 200, "headers": [], "body": ""}


def test_an_attempt_under_way_is_pending() -> None:
    [shown] = views.webhook_detail(webhook(PENDING))["attempts"]
    assert shown == {"number": 1, "url": "http://x/", "simulate": "none", "outcome": "pending"}
    assert views.webhook_line(webhook(PENDING))["attempts"] == 0
    assert views.attempt_line(webhook(PENDING), PENDING)["outcome"] == "pending"


def test_an_event_that_nobody_is_told_of_is_unaddressed() -> None:
    assert views.webhook_line(webhook())["state"] == "unaddressed"


def test_a_note_of_an_attempt_tells_of_the_attempt_and_others_of_their_entry() -> None:
    told = views.note_line(Note(kind=NoteKind.ATTEMPT, entry=webhook(ENDED), attempt=ENDED))
    assert (told["webhook_id"], told["number"], told["status"]) == ("e", 1, 200)
    assert views.note_line(Note(kind=NoteKind.WEBHOOK, entry=webhook()))["id"] == "e"


def test_bytes_that_are_text_are_shown_as_text() -> None:
    entry = ReceivedEntry(
        seq=1,
        namespace="n",
        at=0,
        method="POST",
        target="/",
        headers=(("a", "b"),),
        body=b"x",
        verdict="good",
        reason="",
    )
    shown = views.received_line(entry)
    assert (shown["body"], shown["headers"]) == ("x", [["a", "b"]])


def test_entries_weigh_more_with_each_attempt_and_only_known_ones_are_amended() -> None:
    journal = Journal(max_entries=10, budget=Budget(limit=1 << 20))
    journal.amend(journal.webhooks, webhook())
    assert len(journal.webhooks) == 0
    journal.record(journal.webhooks, webhook())
    journal.amend(journal.webhooks, webhook(ENDED))
    assert webhook(ENDED).size > webhook(PENDING).size - 1 > webhook().size
    assert journal.bytes == webhook(ENDED).size
    transition = TransitionEntry(
        seq=2,
        namespace="n",
        at=0,
        session_id="s",
        call_control_id="c",
        scenario="x",
        before=None,
        after=SessionState.STARTING,
    )
    journal.record(journal.transitions, transition)
    assert journal.bytes == webhook(ENDED).size + transition.size
