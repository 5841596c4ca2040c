"""A recording's life: the table of states, row by row."""

from __future__ import annotations

import pytest

from emulator.core.models import Event, EventType, Session, SessionState, StartSiprec
from emulator.core.sessions import ACTIVE, after_event, after_timeline, begin

STARTING, STARTED, STOPPED, FAILED, ENDED = SessionState

CHANGES = {
    (STARTING, EventType.STARTED): STARTED,
    (STARTING, EventType.STOPPED): STOPPED,
    (STARTING, EventType.FAILED): FAILED,
    (STARTED, EventType.STOPPED): STOPPED,
}


def session(state: SessionState = STARTING, cause: str | None = None) -> Session:
    return Session(
        id="s",
        start=StartSiprec(call_control_id="c"),
        scenario="x",
        state=state,
        created_at=1,
        updated_at=1,
        cause=cause,
    )


def event(kind: EventType, **payload: object) -> Event:
    return Event(id="e", type=kind, occurred_at=9, session_id="s", call_control_id="c", payload=payload)


def test_a_session_begins_as_starting_at_the_instant_of_its_command() -> None:
    begun = begin("s", StartSiprec(call_control_id="c"), "x", 1)
    assert begun == session()
    assert begun.state in ACTIVE


@pytest.mark.parametrize("state", list(SessionState))
@pytest.mark.parametrize("kind", list(EventType))
def test_an_event_changes_the_state_as_the_table_says_and_else_nothing(
    state: SessionState, kind: EventType
) -> None:
    before = session(state)
    after = after_event(before, event(kind))
    if (state, kind) not in CHANGES:
        assert after is before
        return
    assert after.state is CHANGES[state, kind]
    assert after.updated_at == 9
    assert after.started_at == (9 if after.state is STARTED else None)
    assert after.ended_at == (None if after.state in ACTIVE else 9)


@pytest.mark.parametrize(
    ("kind", "field", "cause"),
    [
        (EventType.STOPPED, "hangup_cause", "normal_clearing"),
        (EventType.FAILED, "failure_cause", "no_answer"),
    ],
)
def test_the_last_event_says_why(kind: EventType, field: str, cause: str) -> None:
    assert after_event(session(), event(kind, **{field: cause})).cause == cause


def test_a_cause_that_is_no_text_is_kept_as_text_and_a_missing_one_leaves_the_old() -> None:
    assert after_event(session(), event(EventType.FAILED, failure_cause=17)).cause == "17"
    assert after_event(session(cause="old"), event(EventType.FAILED, failure_cause=None)).cause == "old"
    assert after_event(session(cause="old"), event(EventType.STARTED)).cause == "old"


@pytest.mark.parametrize("state", list(SessionState))
def test_the_timelines_end_ends_what_is_active_and_leaves_what_is_over(state: SessionState) -> None:
    before = session(state)
    after = after_timeline(before, 9)
    if state in ACTIVE:
        assert (after.state, after.ended_at, after.updated_at) == (ENDED, 9, 9)
    else:
        assert after is before
