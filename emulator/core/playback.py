"""Plays a session's timeline: occurrences become events, events change the session and are announced.

Owns the making of events: their ids, payloads and templates. Must not decide when steps happen (``timeline.py``),
what a session may become (``sessions.py``) or where an event goes (``dispatch.py``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core import dispatch, ids, sessions, timeline
from emulator.core.events import standard_payload
from emulator.core.models import Event
from emulator.core.template import render
from emulator.core.times import iso_micros

if TYPE_CHECKING:
    from emulator.core.models import Call, JsonValue, Session
    from emulator.core.namespace import Playing
    from emulator.core.timeline import Occurrence, Progress, Signal
    from emulator.core.turn import Turn

RUN_KEY = "run "
"""Timers that move a timeline on: this and the session's id."""


def signalled(turn: Turn, session_id: str, happened: Signal) -> None:
    """Tell a session's timeline that something happened; nothing when it has ended."""
    playing = turn.namespace.playing.get(session_id)
    if playing is not None:
        progress(turn, session_id, timeline.signal(playing.run, happened, turn.now))


def fell_due(turn: Turn, session_id: str) -> None:
    """Move a session's timeline on to now."""
    progress(turn, session_id, timeline.tick(turn.namespace.playing[session_id].run, turn.now))


def progress(turn: Turn, session_id: str, made: Progress) -> None:
    """Carry out what a timeline's progress means.

    Args:
        turn: At hand.
        session_id: A session that is playing.
        made: The run as it stands now, and what occurred on the way, in order.
    """
    run, occurrences = made
    namespace = turn.namespace
    playing = namespace.playing[session_id]
    if playing.run is not run:
        playing = replace(playing, run=run)
        namespace.playing[session_id] = playing
    for occurrence in occurrences:
        _occur(turn, namespace.sessions[session_id], playing, occurrence)
    if run.ended:
        session = namespace.sessions[session_id]
        _change(turn, session, sessions.after_timeline(session, run.clock))
        namespace.finish_playing(session)
    namespace.timers.set(RUN_KEY + session_id, run.due)


def _occur(turn: Turn, session: Session, playing: Playing, occurrence: Occurrence) -> None:
    call = turn.namespace.call(session.start.call_control_id)
    event_id = ids.uuid4(turn.namespace.randomness)
    turn.namespace.emitted += 1
    payload = standard_payload(occurrence.step.event, call, turn.policy.payload_fields)
    rendered = render(occurrence.step.payload, _context(turn, session, playing, call, event_id))
    payload.update(rendered.value)
    event = Event(
        id=event_id,
        type=occurrence.step.event,
        occurred_at=occurrence.at,
        session_id=session.id,
        call_control_id=call.call_control_id,
        payload=payload,
    )
    after = sessions.after_event(session, event)
    _change(turn, session, after)
    warnings = (
        *(f"${{{path}}} has no value and no fallback; the field is null." for path in rendered.missing),
        *(f"${{{path}}} is too large; the field is null." for path in rendered.oversize),
    )
    policy = playing.scenario.delivery or turn.policy.delivery
    dispatch.announce(turn, event, after, policy, warnings)


def _context(turn: Turn, session: Session, playing: Playing, call: Call, event_id: str) -> dict[str, JsonValue]:
    """What templates may look up; values that cost something or change are made when a path reaches them."""
    namespace = turn.namespace
    return {
        "request": {"body": playing.document, "headers": playing.headers},
        "call": {
            "id": call.call_control_id,
            "control_id": call.call_control_id,
            "leg_id": call.call_leg_id,
            "session_id": call.call_session_id,
            "connection_id": call.connection_id,
            "client_state": call.client_state,
        },
        "session": {
            "id": session.id,
            "connector_name": session.start.connector_name,
            "track": session.start.track,
            "scenario": session.scenario,
        },
        "event": {"id": event_id},
        "vars": playing.scenario.vars,
        "uuid": lambda: ids.uuid4(namespace.randomness),
        "seq": namespace.emitted,
        "now": lambda: iso_micros(turn.now),
    }


def _change(turn: Turn, before: Session, after: Session) -> None:
    """Keep and journal a session's new state; nothing when it is the old one."""
    if after is before:
        return
    turn.namespace.update_session(after)
    turn.record_transition(before.state, after)
