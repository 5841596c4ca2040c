"""What happens to calls: they begin, are answered and end, by the app, the far end or a timer.

Owns the order in which things happen when a call changes (its recording stops before it is said to have ended),
and the playing of its far end's timeline. Must not say what a call becomes (``life.py``), what an event tells
(``events.py``) or how commands are answered (``commands.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emulator.core import dispatch, playback, timeline
from emulator.core.calls import life
from emulator.core.calls.events import call_payload
from emulator.core.calls.model import CallState
from emulator.core.dispatch import Manner
from emulator.core.models import Event, EventType
from emulator.core.scenario.drawing import draw_all
from emulator.core.scenario.model import CallSeen, Emit
from emulator.core.template import Rendered, render

if TYPE_CHECKING:
    from emulator.core.calls.model import Call, Ending
    from emulator.core.journal import WebhookEntry
    from emulator.core.models import Duration, Instant, JsonValue, Session
    from emulator.core.namespace import Playing
    from emulator.core.scenario.model import Scenario
    from emulator.core.timeline import Progress, Run, Signal
    from emulator.core.turn import Turn

CALL_KEY = "call "
"""Timers that move a call's timeline on: this and the call_control_id."""

LIMIT_KEY = "limit "
"""Timers that end a call when its time is over, to ring or to last: likewise."""

ANSWERED = CallSeen(state=CallState.ANSWERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What a timeline's step says of the event that it lets occur.

    Attributes:
        session: The recording whose timeline it is; None for the call's own.
    """

    step: Emit
    playing: Playing
    session: Session | None = None


def run_of(turn: Turn, scenario: Scenario) -> Run:
    """A scenario's timeline as it stands before its first step; its durations are drawn."""
    randomness = turn.namespace.randomness
    steps = draw_all(scenario.timeline, randomness) if scenario.random else scenario.timeline
    return timeline.unbegun(steps, turn.now)


def begin(turn: Turn, call: Call, playing: Playing, *, rings_for: Duration | None = None) -> None:
    """Let a call that was just announced ring, tell the app, and let its far end act.

    Args:
        turn: At hand; takes the effects.
        call: Not yet kept.
        playing: What its far end plays, from ``run_of``.
        rings_for: How long it may ring; None: as long as its far end wants.
    """
    namespace, name = turn.namespace, call.call_control_id
    namespace.calls.add(call)
    namespace.play_call(name, playing)
    turn.record_call(None, call)
    first = next(iter(playing.scenario.timeline), None)
    if not (isinstance(first, Emit) and first.event is EventType.CALL_INITIATED):
        occur(turn, call, EventType.CALL_INITIATED, turn.now)
    if rings_for is not None:
        namespace.timers.set(LIMIT_KEY + name, turn.now + rings_for)
    progress(turn, name, timeline.tick(playing.run, turn.now))


# --- the app, a timer, or somebody by hand ---


def answer(turn: Turn, call: Call) -> None:
    """Let a call that rings be answered."""
    occur(turn, call, EventType.CALL_ANSWERED, turn.now)
    signalled(turn, call.call_control_id, ANSWERED)


def end(turn: Turn, call: Call, ends: Ending) -> WebhookEntry:
    """Let a call end that has not.

    Returns:
        The journal's entry of call.hangup.
    """
    return occur(turn, call, EventType.CALL_HANGUP, turn.now, ends=ends)


def limit_reached(turn: Turn, call_control_id: str) -> None:
    """A call's time is over: to ring, or to last; nothing where the call was forgotten, or is another by now."""
    call = turn.namespace.calls.get(call_control_id)
    if call is None or not _out_of_time(call, turn.now):
        return
    who = life.Who.TIMEOUT if call.state is CallState.RINGING else life.Who.TIME_LIMIT
    end(turn, call, life.ending(call, who))


def _out_of_time(call: Call, now: Instant) -> bool:
    match call.state:
        case CallState.RINGING:
            return call.scenario is not None
        case CallState.ANSWERED:
            return call.answered_at is not None and call.answered_at + call.time_limit <= now
        case _:
            return False


def hang_up_asked(turn: Turn) -> None:
    """End the calls that timelines of recordings wanted to end."""
    namespace = turn.namespace
    while turn.hangups:
        asked = turn.hangups.popleft()
        session = namespace.sessions[asked.session_id]
        call = namespace.call_of(session, turn.now)
        if call.state is not CallState.ENDED:
            script = Script(step=asked.step, playing=asked.playing, session=session)
            occur(turn, call, EventType.CALL_HANGUP, asked.at, script=script)


# --- the far end's timeline ---


def signalled(turn: Turn, call_control_id: str, happened: Signal) -> None:
    """Tell a call's timeline that something happened; nothing when it has ended."""
    playing = turn.namespace.calls.playing.get(call_control_id)
    if playing is not None:
        progress(turn, call_control_id, timeline.signal(playing.run, happened, turn.now))


def fell_due(turn: Turn, call_control_id: str) -> None:
    """Move a call's timeline on to now."""
    run = turn.namespace.calls.playing[call_control_id].run
    progress(turn, call_control_id, timeline.tick(run, turn.now))


def progress(turn: Turn, call_control_id: str, made: Progress) -> None:
    """Carry out what a timeline's progress means; the call's end is its end.

    Args:
        turn: At hand.
        call_control_id: A call whose far end's timeline runs.
        made: The run as it stands now, and what occurred on the way, in order.
    """
    run, happenings = made
    namespace = turn.namespace
    rang = namespace.calls[call_control_id].state is CallState.RINGING
    playing = replace(namespace.calls.playing[call_control_id], run=run)
    namespace.play_call(call_control_id, playing)
    for occurrence in timeline.events(happenings):
        call = namespace.calls[call_control_id]
        script = Script(step=occurrence.step, playing=playing)
        occur(turn, call, occurrence.step.event, occurrence.at, script=script)
        if call_control_id not in namespace.calls.playing:
            return
    if run.ended:
        namespace.finish_call(call_control_id)
    namespace.timers.set(CALL_KEY + call_control_id, run.due)
    if rang and namespace.calls[call_control_id].state is CallState.ANSWERED:
        signalled(turn, call_control_id, ANSWERED)


# --- events ---


def occur(
    turn: Turn,
    call: Call,
    event_type: EventType,
    at: Instant,
    *,
    ends: Ending | None = None,
    script: Script | None = None,
) -> WebhookEntry:
    """Let an event of a call occur: the call changes, and its app is told.

    Args:
        turn: At hand.
        call: As it stands.
        event_type: One of ``CALL_EVENTS``.
        at: When.
        ends: How it ends, for call.hangup; None: as the far end ends it.
        script: What a timeline says of the event.

    Returns:
        The journal's entry of the event.
    """
    event_id = playback.next_event_id(turn)
    rendered = _rendered(turn, call, script, event_id)
    laid_over: dict[str, JsonValue] = rendered.value or {}
    if event_type is EventType.CALL_HANGUP:
        ends = life.overlaid(ends or life.ending(call, life.Who.FAR_END), laid_over)
    payload = call_payload(event_type, call, at, turn.policy.payload_fields, ends) | laid_over
    after = life.after_event(call, event_type, at, ends)
    if after.state is CallState.ENDED and after is not call:
        playback.stop_with_call(turn, call)
    event = Event(
        id=event_id,
        type=event_type,
        occurred_at=at,
        session_id=None,
        call_control_id=call.call_control_id,
        payload=payload,
    )
    if after is not call:
        _change(turn, call, after)
    entry = dispatch.announce(turn, event, None, _manner(turn, call, script), playback.gaps(rendered))
    if after is not call and after.state is CallState.ANSWERED:
        # what a recording makes of it comes after it
        _tell_recording(turn, after)
    return entry


def _tell_recording(turn: Turn, call: Call) -> None:
    session = turn.namespace.active_session(call.call_control_id)
    if session is not None:
        playback.signalled(turn, session.id, ANSWERED)


def _rendered(turn: Turn, call: Call, script: Script | None, event_id: str) -> Rendered:
    if script is None or not script.step.payload:
        return Rendered(value=None)
    context = playback.context(turn, script.session, script.playing, call, event_id)
    return render(script.step.payload, context)


def _manner(turn: Turn, call: Call, script: Script | None) -> Manner:
    usual = call.delivery or dispatch.policy_of(turn, call)
    if script is None:
        return Manner(policy=usual)
    return Manner(
        policy=script.playing.scenario.delivery or usual,
        deliver=script.step.deliver,
        signing=script.step.signing,
    )


def _change(turn: Turn, before: Call, after: Call) -> None:
    namespace, name = turn.namespace, after.call_control_id
    namespace.calls.update(after)
    turn.record_call(before.state, after)
    if after.state is CallState.ANSWERED:
        namespace.timers.set(LIMIT_KEY + name, turn.now + after.time_limit, patient=True)
        return
    namespace.timers.set(LIMIT_KEY + name, None)
    namespace.timers.set(CALL_KEY + name, None)
    if name in namespace.calls.playing:
        namespace.finish_call(name)
