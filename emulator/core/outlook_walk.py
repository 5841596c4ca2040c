"""The walk over a scenario's timeline that says when each step would happen, and what its event would hold.

Owns what is known at each step, and what is up to the app. Must not play anything or draw anything: a distribution
stays the range that it is, an identifier the name of what it will be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emulator.core.calls.events import call_payload
from emulator.core.calls.life import Who, ending, overlaid
from emulator.core.calls.model import CallState
from emulator.core.context import Made, context_of
from emulator.core.effects import SIGNED_WELL
from emulator.core.events import CAUSE_FIELD, standard_payload
from emulator.core.models import CALL_EVENTS, EventType
from emulator.core.outlook import DialAhead, EndAhead, EventAhead, Outlook, Span, WaitAhead, span
from emulator.core.scenario.model import USUAL_DELIVERY, CallSeen, Dial, Emit, End, Plays, WaitFor
from emulator.core.scenario.respond import may_take_effect
from emulator.core.selection import mismatch
from emulator.core.template import render

if TYPE_CHECKING:
    from emulator.core.models import JsonValue
    from emulator.core.outlook import Ahead
    from emulator.core.outlook_question import Asked
    from emulator.core.policy import Policy
    from emulator.core.scenario.model import Scenario, Step
    from emulator.core.template import Context

_NOW = Span(soonest=0, latest=0)

_TIMES = frozenset({"start_time", "end_time", "call_quality_stats"})

_LAST = frozenset(CAUSE_FIELD)
"""The events that end a recording."""

_TOLD_CAUSE = "<srs.cause>"

_TOLD = {"cause": _TOLD_CAUSE, "status": "<srs.status>", "reason": "<srs.reason>"}
"""What the recording server will have told."""

_MADE = Made(session_id="<session.id>", event_id="<event.id>", uuid="<uuid>", seq="<seq>", now="<now>")


def outlook(scenario: Scenario, asked: Asked, policy: Policy) -> Outlook:
    """What a start would get from a scenario.

    Args:
        scenario: Loaded.
        asked: The start, or the call; of what the scenario is for.
        policy: For the fields of payloads.
    """
    starts = may_take_effect(scenario.respond)
    return Outlook(
        scenario=scenario,
        asked=asked,
        mismatch=mismatch(scenario.match, asked.subject) if scenario.match else None,
        starts=starts,
        timeline=_Walk(scenario, asked, policy).whole() if starts else (),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """What is known where a step begins.

    Attributes:
        clock: When the step before ended, since the command was accepted; None where that is up to the app.
        silent: Whether no event has ended the recording, on any path that leads here.
        answered: Whether the call may have been answered.
        failed: Whether the recording server has failed, and told why.
    """

    clock: Span | None = _NOW
    silent: bool = True
    answered: bool = False
    failed: bool = False


def _joined(ways: tuple[_Way | None, ...]) -> _Way | None:
    """What is known where several ways meet; None where none leads on."""
    open_ways = [way for way in ways if way is not None]
    if not open_ways:
        return None
    clocks = {way.clock for way in open_ways}
    return _Way(
        clock=clocks.pop() if len(clocks) == 1 else None,
        silent=all(way.silent for way in open_ways),
        answered=any(way.answered for way in open_ways),
        failed=all(way.failed for way in open_ways),
    )


class _Walk:
    """One walk; each list of steps is walked once."""

    def __init__(self, scenario: Scenario, asked: Asked, policy: Policy) -> None:
        self._scenario = scenario
        self._fields = policy.payload_fields
        self._asked = asked
        self._recording = asked.plays is Plays.RECORDING
        self._context = _context(scenario, asked)

    def whole(self) -> tuple[Ahead, ...]:
        timeline = self._scenario.timeline
        begins = Emit(event=EventType.CALL_INITIATED)
        first = next((one for one in timeline if isinstance(one, Emit)), None)
        if not self._recording and (first is None or first.event is not begins.event):
            timeline = (begins, *timeline)
        ahead, way = self._steps(timeline, _Way(answered=self._asked.call.state is CallState.ANSWERED))
        if way is None:
            return ahead
        if self._asked.plays is Plays.DIAL and not way.answered:
            return (*ahead, self._rings_out(way))
        return (*ahead, self._end(way))

    def _rings_out(self, way: _Way) -> EventAhead:
        """Nobody answers, and the dial's own time is over."""
        ends = ending(self._asked.call, Who.TIMEOUT)
        payload = {"hangup_cause": ends.cause, "hangup_source": ends.source, "sip_hangup_cause": ends.sip}
        hangup, _ = self._emit(Emit(event=EventType.CALL_HANGUP, at=self._asked.rings_for, payload=payload), way)
        return hangup

    def _end(self, way: _Way) -> EndAhead:
        silent = self._recording and way.silent
        return EndAhead(at=way.clock, silent=silent, goes_on=not self._recording)

    def _steps(self, steps: tuple[Step, ...], way: _Way) -> tuple[tuple[Ahead, ...], _Way | None]:
        ahead: list[Ahead] = []
        reached: _Way | None = way
        for step in steps:
            if reached is None:
                break
            found, reached = self._step(step, reached)
            ahead += found
        return tuple(ahead), reached

    def _step(self, step: Step, way: _Way) -> tuple[tuple[Ahead, ...], _Way | None]:
        if isinstance(step, End):
            return (self._end(way),), None
        if isinstance(step, Emit) and step.event is EventType.CALL_HANGUP:
            return self._hang_up(step, way), None
        one, beyond = self._ahead(step, way)
        return (one,), beyond

    def _ahead(self, step: Emit | WaitFor | Dial, way: _Way) -> tuple[Ahead, _Way | None]:
        match step:
            case Emit():
                return self._emit(step, way)
            case WaitFor():
                return self._wait(step, way)
            case _:
                return self._dial(step, way)

    def _hang_up(self, step: Emit, way: _Way) -> tuple[Ahead, ...]:
        """The call's end is the recording's, which comes first."""
        hangup, _ = self._emit(step, way)
        if not self._recording:
            return (hangup,)
        if not way.silent:
            return (hangup, EndAhead(at=hangup.at, silent=False))
        stop = replace(step, event=EventType.STOPPED, payload={}, deliver=USUAL_DELIVERY, signing=SIGNED_WELL)
        stopped, _ = self._emit(stop, way)
        together = replace(hangup, after=None if hangup.at is not None else 0)
        return (stopped, together, EndAhead(at=hangup.at, silent=False))

    def _emit(self, step: Emit, way: _Way) -> tuple[EventAhead, _Way]:
        at, clock = _when(step, way.clock)
        payload = self._standard(step, way)
        if way.failed and step.event in CAUSE_FIELD:
            payload[CAUSE_FIELD[step.event]] = _TOLD_CAUSE
        rendered = render(step.payload, self._context)
        payload.update(rendered.value)
        cause = "hangup_cause" if step.event is EventType.CALL_HANGUP else CAUSE_FIELD.get(step.event)
        event = EventAhead(
            event=step.event,
            at=at,
            after=step.after if step.at is None else None,
            or_later=at is not None and clock is None,
            payload=payload,
            told={name: value for name, value in payload.items() if name == cause or name in step.payload},
            empty=(*rendered.missing, *rendered.oversize),
            deliver=step.deliver,
            signing=step.signing,
        )
        answered = way.answered or step.event is EventType.CALL_ANSWERED
        silent = way.silent and step.event not in _LAST
        return event, replace(way, clock=clock, silent=silent, answered=answered)

    def _standard(self, step: Emit, way: _Way) -> dict[str, JsonValue]:
        if step.event not in CALL_EVENTS:
            return standard_payload(step.event, self._asked.call, self._fields)
        state = CallState.ANSWERED if way.answered else CallState.RINGING
        call = replace(self._asked.call, state=state)
        ends = overlaid(ending(call, Who.FAR_END), step.payload)
        payload = call_payload(step.event, call, 0, self._fields, ends)
        # what depends on when it happens is not known yet
        return payload | {name: f"<{name}>" for name in payload.keys() & _TIMES}

    def _dial(self, step: Dial, way: _Way) -> tuple[DialAhead, _Way | None]:
        """When the recording server answers is not known; why it fails is told by it."""
        at, clock = _when(step, way.clock)
        ways = [
            self._steps(step.answered, replace(way, clock=None)),
            self._steps(step.failed, replace(way, clock=None, failed=True)),
            self._steps(step.cancelled, replace(way, clock=None)),
        ]
        dial = DialAhead(
            at=at,
            after=step.after if step.at is None else None,
            or_later=at is not None and clock is None,
            secure=step.secure,
            timeout=step.timeout,
            misconduct=step.misconduct,
            answered=ways[0][0],
            failed=ways[1][0],
            cancelled=ways[2][0],
        )
        return dial, _joined(tuple(beyond for _, beyond in ways))

    def _wait(self, step: WaitFor, way: _Way) -> tuple[WaitAhead, _Way | None]:
        late = way.clock + span(step.timeout) if way.clock is not None and step.timeout is not None else None
        answered = way.answered or any(isinstance(one, CallSeen) for one in step.conditions)
        then, after_then = self._steps(step.then, replace(way, clock=None, answered=answered))
        on_timeout, after_timeout = self._steps(step.on_timeout, replace(way, clock=late))
        wait = WaitAhead(
            at=way.clock,
            gives_up=late,
            conditions=step.conditions,
            timeout=step.timeout,
            then=then,
            on_timeout=on_timeout,
        )
        return wait, _joined((after_then, after_timeout if step.timeout is not None else None))


def _when(step: Emit | Dial, clock: Span | None) -> tuple[Span | None, Span | None]:
    """When a step happens as far as is known, and what is known of the time after it."""
    if step.at is None:
        at = None if clock is None else clock + span(step.after)
        return at, at
    wanted = span(step.at)
    if clock is None:
        return wanted, None
    at = Span(soonest=max(clock.soonest, wanted.soonest), latest=max(clock.latest, wanted.latest))
    return at, at


def _context(scenario: Scenario, asked: Asked) -> Context:
    """What templates would find, but for what is made while the scenario plays."""
    context = context_of(
        asked.command, asked.call, scenario, document=asked.document, headers=asked.headers, made=_MADE
    )
    return {**context, "srs": _TOLD}
