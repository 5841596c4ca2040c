"""Plays a session's timeline: occurrences become events, events change the session and are announced.

Owns the making of events: their ids, payloads and templates. Must not decide when steps happen (``timeline.py``),
what a session may become (``sessions.py``) or where an event goes (``dispatch.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from emulator.core import dispatch, ids, legs, sessions, timeline
from emulator.core.calls.model import CallState
from emulator.core.context import Made, context_of
from emulator.core.dispatch import Manner
from emulator.core.effects import SIGNED_WELL, Signing
from emulator.core.events import CAUSE_FIELD, standard_payload
from emulator.core.models import Event, EventType, SessionState
from emulator.core.scenario.model import USUAL_DELIVERY, CallSeen, Deliver
from emulator.core.template import Rendered, render
from emulator.core.timeline import DialCancelled, DialDue
from emulator.core.times import iso_micros
from emulator.core.turn import Hangup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.calls.model import Call
    from emulator.core.journal import WebhookEntry
    from emulator.core.models import JsonValue, Session
    from emulator.core.namespace import Playing
    from emulator.core.scenario.model import Emit
    from emulator.core.template import Context
    from emulator.core.timeline import Occurrence, Progress, Signal
    from emulator.core.turn import Turn

RUN_KEY = "run "
"""Timers that move a timeline on: this and the session's id."""


CALL_ENDED = CallSeen(state=CallState.ENDED)

_AS_STANDARD = Rendered(value=None)
"""Of a step that lays nothing over its event's payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """An event that is to occur by hand.

    Attributes:
        payload: Laid over the event's standard payload, as it is: no templates.
        without: Fields that the payload lacks.
    """

    event: EventType
    payload: Mapping[str, JsonValue] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    deliver: Deliver = USUAL_DELIVERY
    signing: Signing = SIGNED_WELL


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
    run, happenings = made
    namespace = turn.namespace
    playing = namespace.playing[session_id]
    if playing.run is not run:
        playing = replace(playing, run=run)
        namespace.playing[session_id] = playing
    nowhere = False
    for happened in happenings:
        if isinstance(happened, DialDue):
            nowhere = _dials_nowhere(turn, session_id, happened)
            continue
        if isinstance(happened, DialCancelled):
            legs.hang_up(turn, namespace.sessions[session_id], playing)
            continue
        if happened.step.event is EventType.CALL_HANGUP:
            hangup = Hangup(step=happened.step, at=happened.at, session_id=session_id, playing=playing)
            turn.hangups.append(hangup)
            run, _ = timeline.cut_short(run, happened.at)
            if namespace.sessions[session_id].state in sessions.ACTIVE:
                # it ends with its call: siprec.stopped comes first
                namespace.timers.set(RUN_KEY + session_id, None)
                return
            break
        _occur(turn, namespace.sessions[session_id], playing, happened)
    if run.ended:
        session = namespace.sessions[session_id]
        _change(turn, session, sessions.after_timeline(session, run.clock))
        legs.hang_up(turn, session, playing)
        namespace.finish_playing(session)
    namespace.timers.set(RUN_KEY + session_id, run.due)
    if nowhere:
        progress(turn, session_id, timeline.dialled(run, turn.now, answered=False))


def _dials_nowhere(turn: Turn, session_id: str, due: DialDue) -> bool:
    """Dial a session's recording server; whether there is none, which is the end of the attempt at once."""
    namespace = turn.namespace
    session, playing = namespace.sessions[session_id], namespace.playing[session_id]
    dialling = legs.dial(turn, session, playing, due.step)
    namespace.playing[session_id] = dialling or replace(playing, told=legs.nowhere(turn, session))
    return dialling is None


def _occur(turn: Turn, session: Session, playing: Playing, occurrence: Occurrence) -> None:
    step = occurrence.step
    call = turn.namespace.calls[session.start.call_control_id]
    event_id = next_event_id(turn)
    payload = _standard(turn, step, call, playing)
    rendered = _AS_STANDARD
    if step.payload:
        rendered = render(step.payload, context(turn, session, playing, call, event_id))
        payload.update(rendered.value)
    event = Event(
        id=event_id,
        type=step.event,
        occurred_at=occurrence.at,
        session_id=session.id,
        call_control_id=call.call_control_id,
        payload=payload,
    )
    policy = playing.scenario.delivery or dispatch.policy_of(turn, call)
    manner = Manner(policy=policy, deliver=step.deliver, signing=step.signing)
    _announce(turn, session, event, manner, gaps(rendered))


def _standard(turn: Turn, step: Emit, call: Call, playing: Playing) -> dict[str, JsonValue]:
    """The event's own fields; why something failed or ended is what the recording server told, if it did."""
    payload = standard_payload(step.event, call, turn.policy.payload_fields)
    cause = playing.told.cause if playing.told else None
    if cause is not None and step.event in CAUSE_FIELD:
        payload[CAUSE_FIELD[step.event]] = cause
    return payload


def emit(turn: Turn, session: Session, emission: Emission) -> WebhookEntry:
    """Let an event occur that no timeline asked for: somebody who tries an app did.

    Args:
        turn: At hand.
        session: Of the namespace; one whose life the event ends has its timeline ended too.
        emission: The event.

    Returns:
        The journal's entry of its first copy.
    """
    call = turn.namespace.call_of(session, turn.now)
    payload = standard_payload(emission.event, call, turn.policy.payload_fields)
    payload.update(emission.payload)
    for name in emission.without:
        payload.pop(name, None)
    event = Event(
        id=next_event_id(turn),
        type=emission.event,
        occurred_at=turn.now,
        session_id=session.id,
        call_control_id=call.call_control_id,
        payload=payload,
    )
    playing = turn.namespace.playing.get(session.id)
    policy = (playing.scenario.delivery if playing else None) or dispatch.policy_of(turn, call)
    manner = Manner(policy=policy, deliver=emission.deliver, signing=emission.signing)
    entry = _announce(turn, session, event, manner, ())
    ended = turn.namespace.sessions[session.id].state not in sessions.ACTIVE
    if playing is not None and ended and session.state in sessions.ACTIVE:
        progress(turn, session.id, timeline.cut_short(playing.run, turn.now))
    return entry


def stop_with_call(turn: Turn, call: Call) -> None:
    """End the recording of a call that ends: its last event comes before the call's own.

    A timeline that waits for the call's end says itself what comes of it.
    """
    session = turn.namespace.active_session(call.call_control_id)
    if session is None:
        return
    playing = turn.namespace.playing[session.id]
    if timeline.awaits(playing.run, CALL_ENDED):
        signalled(turn, session.id, CALL_ENDED)
        return
    cause = "normal_clearing" if session.state is SessionState.STARTED else "originator_cancel"
    emit(turn, session, Emission(event=EventType.STOPPED, payload={"hangup_cause": cause}))


def gaps(rendered: Rendered) -> tuple[str, ...]:
    """What a template could not fill in, in words."""
    return (
        *(f"${{{path}}} has no value and no fallback; the field is null." for path in rendered.missing),
        *(f"${{{path}}} is too large; the field is null." for path in rendered.oversize),
    )


def next_event_id(turn: Turn) -> str:
    """An id for an event that occurs now; counts it."""
    turn.namespace.emitted += 1
    return ids.uuid4(turn.namespace.randomness)


def _announce(
    turn: Turn, session: Session, event: Event, manner: Manner, warnings: tuple[str, ...]
) -> WebhookEntry:
    after = sessions.after_event(session, event)
    _change(turn, session, after)
    entry = dispatch.announce(turn, event, after, manner, warnings)
    playing = turn.namespace.playing.get(session.id)
    if playing is not None and after.state not in sessions.ACTIVE:
        # the recording server hears of it after the app (facts of Telnyx's media layer)
        legs.hang_up(turn, after, playing)
    return entry


def context(turn: Turn, session: Session | None, playing: Playing, call: Call, event_id: str) -> Context:
    """What the templates of an event find; ``session`` None for one of the call itself."""
    namespace = turn.namespace
    return context_of(
        session.start if session else None,
        call,
        playing.scenario,
        document=playing.document,
        headers=playing.headers,
        made=Made(
            session_id=session.id if session else None,
            event_id=event_id,
            uuid=lambda: ids.uuid4(namespace.randomness),
            seq=namespace.emitted,
            now=lambda: iso_micros(turn.now),
        ),
        told=playing.told,
    )


def _change(turn: Turn, before: Session, after: Session) -> None:
    """Keep and journal a session's new state; nothing when it is the old one."""
    if after is before:
        return
    turn.namespace.update_session(after)
    turn.record_transition(before.state, after)
