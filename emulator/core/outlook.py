"""What a siprec_start or a call would get from a scenario, without playing it: its answers and its timeline.

Owns the walk over a timeline that says when each step would happen, and what its event would hold. Must not play
anything or draw anything: a distribution stays the range that it is, an identifier the name of what it will be.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, cast

import orjson

from emulator.core.body import decode_json
from emulator.core.calls.events import call_payload
from emulator.core.calls.life import Who, ending, overlaid
from emulator.core.calls.model import SOMEBODY, Call, CallState, Direction
from emulator.core.commands import JSON, parse
from emulator.core.context import Made, context_of
from emulator.core.draws import bounds
from emulator.core.effects import SIGNED_WELL
from emulator.core.events import CAUSE_FIELD, standard_payload
from emulator.core.models import CALL_EVENTS, EventType, Request, Route, StartSiprec
from emulator.core.scenario.model import USUAL_DELIVERY, CallSeen, Emit, End, Plays
from emulator.core.scenario.respond import may_take_effect
from emulator.core.selection import Subject, mismatch
from emulator.core.template import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.calls.model import Dial
    from emulator.core.draws import Delay
    from emulator.core.effects import Signing
    from emulator.core.models import Duration, HeaderList, JsonValue
    from emulator.core.policy import Policy
    from emulator.core.scenario.model import Condition, Deliver, Scenario, Step, WaitFor
    from emulator.core.template import Context
    from emulator.core.validation import Schemas

ANY_CALL = "<call.id>"
"""Stands for the call where the question names none."""


# --- the question ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A siprec_start, or a call that begins, which is talked about.

    Attributes:
        plays: What it takes a scenario for.
        command: The start; None for a call.
        call: As it stands when the first step comes.
        rings_for: How long a dial lets it ring.
        document: The body's fields as sent; of a call, those that are not sent are made up.
        headers: Lower-case name to value.
    """

    plays: Plays = Plays.RECORDING
    command: StartSiprec | None
    call: Call
    rings_for: Duration = 0
    document: Mapping[str, JsonValue] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> Subject:
        """The request, as the choice of a scenario looks at it."""
        return Subject(
            call_control_id=self.call.call_control_id,
            headers=self.headers,
            body=self.document,
            connector_name=self.command.connector_name if self.command else None,
            plays=self.plays,
            callee=self.call.parties.callee if self.plays is Plays.DIAL else None,
        )


def ask(
    schemas: Schemas,
    policy: Policy,
    *,
    plays: Plays = Plays.RECORDING,
    call_control_id: str = ANY_CALL,
    headers: HeaderList = (),
    body: bytes = b"",
) -> Asked:
    """Read a siprec_start, a dial or the arrival of a call as the emulator would.

    Args:
        schemas: The compiled schemas.
        policy: Says what becomes of violations and unknown keys, and which calls are declared.
        plays: Which of the three.
        call_control_id: Decoded.
        headers: As sent.
        body: JSON.

    Raises:
        ApiError: It would be refused before any scenario is asked.
    """
    named = {name.lower(): value for name, value in headers}
    if plays is not Plays.RECORDING:
        return _ask_for_call(schemas, policy, plays, named, body)
    request = Request(
        namespace="",
        route=Route.SIPREC_START,
        method="POST",
        target="",
        params=(call_control_id,),
        headers=headers,
        media_type=JSON,
        body=body,
    )
    parsed = parse(request, schemas, policy)
    # the type of all commands can't say that this route's builder makes nothing else
    command = cast("StartSiprec", parsed.command)
    return Asked(command=command, call=_call(command, policy), document=parsed.document, headers=named)


def _ask_for_call(
    schemas: Schemas, policy: Policy, plays: Plays, headers: Mapping[str, str], body: bytes
) -> Asked:
    """What is not said of the call is as for one between numbers that nobody has."""
    made_up = {"connection_id": "<call.connection_id>", "from": SOMEBODY.caller, "to": SOMEBODY.callee}
    document = {**made_up, **decode_json(body)}
    request = Request(
        namespace="",
        route=Route.DIAL,
        method="POST",
        target="",
        media_type=JSON,
        body=orjson.dumps(document),
    )
    # what comes in has the fields of a dial, and no more
    dial = cast("Dial", parse(request, schemas, policy).command)
    call = replace(
        _ANYBODY,
        connection_id=dial.connection_id,
        direction=Direction.OUTGOING if plays is Plays.DIAL else Direction.INCOMING,
        parties=dial.parties,
        client_state=dial.client_state,
        custom_headers=dial.custom_headers,
    )
    return Asked(plays=plays, command=None, call=call, rings_for=dial.timeout, document=document, headers=headers)


# --- the answer ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time of which the ends are known, both included."""

    soonest: Duration
    latest: Duration

    def __add__(self, other: Span) -> Span:
        """One after the other."""
        return Span(soonest=self.soonest + other.soonest, latest=self.latest + other.latest)


def span(delay: Delay) -> Span:
    """Between which durations everything lies that may be drawn."""
    soonest, latest = bounds(delay)
    return Span(soonest=soonest, latest=latest)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAhead:
    """An event that will occur.

    Attributes:
        at: Since the command was accepted; None where that is up to the app.
        after: Since the step before ended; None where the step says ``at``.
        or_later: It occurs at ``at``, or right after the step before if that is later.
        payload: As far as it is known; what is made at run time is named in angle brackets.
        told: The fields that say why, or that the scenario laid over the standard ones.
        empty: Template paths that lead nowhere for this request; fields that name them are null.
    """

    event: EventType
    at: Span | None
    after: Delay | None
    or_later: bool
    payload: Mapping[str, JsonValue]
    told: Mapping[str, JsonValue]
    empty: tuple[str, ...]
    deliver: Deliver
    signing: Signing


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitAhead:
    """A wait.

    Attributes:
        at: When it begins.
        gives_up: When its timeout has passed; None as well where there is none.
    """

    at: Span | None
    gives_up: Span | None
    conditions: tuple[Condition, ...]
    timeout: Delay | None
    then: tuple[Ahead, ...]
    on_timeout: tuple[Ahead, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAhead:
    """The timeline's end, written or not.

    Attributes:
        silent: No siprec.stopped and no siprec.failed tells the app.
        goes_on: The call goes on, until somebody else ends it.
    """

    at: Span | None
    silent: bool
    goes_on: bool = False


Ahead: TypeAlias = EventAhead | WaitAhead | EndAhead


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a start would get.

    Attributes:
        mismatch: Why the scenario's ``match`` doesn't hold for it; None where it does or there is none.
        starts: Whether any of the answers begins a recording.
        timeline: What follows the accepted command; empty where none can be.
    """

    scenario: Scenario
    asked: Asked
    mismatch: str | None
    starts: bool
    timeline: tuple[Ahead, ...]


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


# --- the walk ---

_NOW = Span(soonest=0, latest=0)

_TIMES = frozenset({"start_time", "end_time", "call_quality_stats"})

_LAST = frozenset(CAUSE_FIELD)
"""The events that end a recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """What is known where a step begins.

    Attributes:
        clock: When the step before ended, since the command was accepted; None where that is up to the app.
        silent: Whether no event has ended the recording, on any path that leads here.
        answered: Whether the call may have been answered.
    """

    clock: Span | None = _NOW
    silent: bool = True
    answered: bool = False


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
        one, beyond = self._emit(step, way) if isinstance(step, Emit) else self._wait(step, way)
        return (one,), beyond

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
        return event, _Way(clock=clock, silent=way.silent and step.event not in _LAST, answered=answered)

    def _standard(self, step: Emit, way: _Way) -> dict[str, JsonValue]:
        if step.event not in CALL_EVENTS:
            return standard_payload(step.event, self._asked.call, self._fields)
        state = CallState.ANSWERED if way.answered else CallState.RINGING
        call = replace(self._asked.call, state=state)
        ends = overlaid(ending(call, Who.FAR_END), step.payload)
        payload = call_payload(step.event, call, 0, self._fields, ends)
        # what depends on when it happens is not known yet
        return payload | {name: f"<{name}>" for name in payload.keys() & _TIMES}

    def _wait(self, step: WaitFor, way: _Way) -> tuple[WaitAhead, _Way | None]:
        late = way.clock + span(step.timeout) if way.clock is not None and step.timeout is not None else None
        answered = way.answered or any(isinstance(one, CallSeen) for one in step.conditions)
        then, after_then = self._steps(step.then, _Way(clock=None, silent=way.silent, answered=answered))
        on_timeout, after_timeout = self._steps(
            step.on_timeout, _Way(clock=late, silent=way.silent, answered=way.answered)
        )
        wait = WaitAhead(
            at=way.clock,
            gives_up=late,
            conditions=step.conditions,
            timeout=step.timeout,
            then=then,
            on_timeout=on_timeout,
        )
        return wait, _joined((after_then, after_timeout if step.timeout is not None else None))


def _when(step: Emit, clock: Span | None) -> tuple[Span | None, Span | None]:
    """When an event occurs as far as is known, and what is known of the time after it."""
    if step.at is None:
        at = None if clock is None else clock + span(step.after)
        return at, at
    wanted = span(step.at)
    if clock is None:
        return wanted, None
    at = Span(soonest=max(clock.soonest, wanted.soonest), latest=max(clock.latest, wanted.latest))
    return at, at


def _call(command: StartSiprec, policy: Policy) -> Call:
    """The call as far as the settings and the command tell of it."""
    declared = next((one for one in policy.calls if one.call_control_id == command.call_control_id), None)
    known = declared.client_state if declared else None
    return Call(
        call_control_id=command.call_control_id,
        call_leg_id="<call.leg_id>",
        call_session_id="<call.session_id>",
        connection_id=(declared.connection_id if declared else None) or "<call.connection_id>",
        client_state=known if command.client_state is None else command.client_state,
    )


_MADE = Made(session_id="<session.id>", event_id="<event.id>", uuid="<uuid>", seq="<seq>", now="<now>")


_ANYBODY = Call(
    call_control_id=ANY_CALL,
    call_leg_id="<call.leg_id>",
    call_session_id="<call.session_id>",
    connection_id="<call.connection_id>",
    state=CallState.RINGING,
)


def _context(scenario: Scenario, asked: Asked) -> Context:
    """What templates would find, but for what is made while the scenario plays."""
    return context_of(
        asked.command, asked.call, scenario, document=asked.document, headers=asked.headers, made=_MADE
    )
