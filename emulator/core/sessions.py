"""A recording session's life: every change of its state is in the table below.

Owns what may follow what. Must not decide when an event occurs: the timeline does.

::

    starting ──siprec.started──► started ──siprec.stopped──► stopped
        │  └─────siprec.stopped (a stop while it rings)────────► stopped
        └──siprec.failed──► failed
    starting, started ──the timeline ends without a last event──► ended
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.events import CAUSE_FIELD
from emulator.core.models import EventType, Session, SessionState

if TYPE_CHECKING:
    from emulator.core.models import Event, Instant, StartSiprec

_AFTER_EVENT = {
    (SessionState.STARTING, EventType.STARTED): SessionState.STARTED,
    (SessionState.STARTING, EventType.STOPPED): SessionState.STOPPED,
    (SessionState.STARTING, EventType.FAILED): SessionState.FAILED,
    (SessionState.STARTED, EventType.STOPPED): SessionState.STOPPED,
}
"""Any other pair leaves the state alone: a scenario may send an event that contradicts it, to try the app."""

ACTIVE = frozenset({SessionState.STARTING, SessionState.STARTED})
"""The states in which the call counts as being recorded."""


def begin(session_id: str, start: StartSiprec, scenario: str, now: Instant) -> Session:
    """A session whose start was just accepted."""
    return Session(
        id=session_id,
        start=start,
        scenario=scenario,
        state=SessionState.STARTING,
        created_at=now,
        updated_at=now,
    )


def after_event(session: Session, event: Event) -> Session:
    """The session once ``event`` has occurred; the same object when the event changes nothing."""
    state = _AFTER_EVENT.get((session.state, event.type))
    if state is None:
        return session
    now = event.occurred_at
    cause = event.payload.get(CAUSE_FIELD.get(event.type, ""))
    return replace(
        session,
        state=state,
        updated_at=now,
        started_at=now if state is SessionState.STARTED else session.started_at,
        ended_at=None if state in ACTIVE else now,
        cause=session.cause if cause is None else str(cause),
    )


def after_timeline(session: Session, now: Instant) -> Session:
    """The session once its timeline has ended; the same object when a last event ended it before."""
    if session.state not in ACTIVE:
        return session
    return replace(session, state=SessionState.ENDED, updated_at=now, ended_at=now)
