"""What a siprec_start would get from a scenario, without playing it: its answers and its timeline.

Owns the walk over a timeline that says when each step would happen, and what its event would hold. Must not play
anything or draw anything: a distribution stays the range that it is, an identifier the name of what it will be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, cast

from emulator.core.calls.model import Call
from emulator.core.commands import JSON, parse
from emulator.core.context import Made, context_of
from emulator.core.draws import bounds
from emulator.core.events import CAUSE_FIELD, standard_payload
from emulator.core.models import Request, Route, StartSiprec
from emulator.core.scenario.model import Emit, End
from emulator.core.scenario.respond import may_take_effect
from emulator.core.selection import Subject, mismatch
from emulator.core.template import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.draws import Delay
    from emulator.core.effects import Signing
    from emulator.core.models import Duration, EventType, HeaderList, JsonValue
    from emulator.core.policy import Policy
    from emulator.core.scenario.model import Condition, Deliver, Scenario, Step, WaitFor
    from emulator.core.template import Context
    from emulator.core.validation import Schemas

ANY_CALL = "<call.id>"
"""Stands for the call where the question names none."""


# --- the question ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A siprec_start that is talked about.

    Attributes:
        document: The body's fields as sent.
        headers: Lower-case name to value.
    """

    command: StartSiprec
    document: Mapping[str, JsonValue] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> Subject:
        """The request, as the choice of a scenario looks at it."""
        return Subject(
            call_control_id=self.command.call_control_id,
            headers=self.headers,
            body=self.document,
            connector_name=self.command.connector_name,
        )


def ask(
    schemas: Schemas,
    policy: Policy,
    *,
    call_control_id: str = ANY_CALL,
    headers: HeaderList = (),
    body: bytes = b"",
) -> Asked:
    """Read a siprec_start as the emulator would.

    Args:
        schemas: The compiled schemas.
        policy: Says what becomes of violations and unknown keys.
        call_control_id: Decoded.
        headers: As sent.
        body: JSON.

    Raises:
        ApiError: It would be refused before any scenario is asked.
    """
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
    return Asked(
        command=command, document=parsed.document, headers={name.lower(): value for name, value in headers}
    )


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
    """

    at: Span | None
    silent: bool


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
        asked: The start.
        policy: For calls that are declared, and for the fields of payloads.
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

_LAST = frozenset(CAUSE_FIELD)
"""The events that end a recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """What is known where a step begins.

    Attributes:
        clock: When the step before ended, since the command was accepted; None where that is up to the app.
        silent: Whether no event has ended the recording, on any path that leads here.
    """

    clock: Span | None = _NOW
    silent: bool = True


def _joined(ways: tuple[_Way | None, ...]) -> _Way | None:
    """What is known where several ways meet; None where none leads on."""
    open_ways = [way for way in ways if way is not None]
    if not open_ways:
        return None
    clocks = {way.clock for way in open_ways}
    return _Way(clock=clocks.pop() if len(clocks) == 1 else None, silent=all(way.silent for way in open_ways))


class _Walk:
    """One walk; each list of steps is walked once."""

    def __init__(self, scenario: Scenario, asked: Asked, policy: Policy) -> None:
        self._scenario = scenario
        self._fields = policy.payload_fields
        self._call = _call(asked.command, policy)
        self._context = _context(scenario, asked, self._call)

    def whole(self) -> tuple[Ahead, ...]:
        ahead, way = self._steps(self._scenario.timeline, _Way())
        return ahead if way is None else (*ahead, _end(way))

    def _steps(self, steps: tuple[Step, ...], way: _Way) -> tuple[tuple[Ahead, ...], _Way | None]:
        ahead: list[Ahead] = []
        reached: _Way | None = way
        for step in steps:
            if reached is None:
                break
            one, reached = self._step(step, reached)
            ahead.append(one)
        return tuple(ahead), reached

    def _step(self, step: Step, way: _Way) -> tuple[Ahead, _Way | None]:
        if isinstance(step, End):
            return _end(way), None
        return self._emit(step, way) if isinstance(step, Emit) else self._wait(step, way)

    def _emit(self, step: Emit, way: _Way) -> tuple[EventAhead, _Way]:
        at, clock = _when(step, way.clock)
        payload = standard_payload(step.event, self._call, self._fields)
        rendered = render(step.payload, self._context)
        payload.update(rendered.value)
        cause = CAUSE_FIELD.get(step.event)
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
        return event, _Way(clock=clock, silent=way.silent and step.event not in _LAST)

    def _wait(self, step: WaitFor, way: _Way) -> tuple[WaitAhead, _Way | None]:
        late = way.clock + span(step.timeout) if way.clock is not None and step.timeout is not None else None
        then, after_then = self._steps(step.then, _Way(clock=None, silent=way.silent))
        on_timeout, after_timeout = self._steps(step.on_timeout, _Way(clock=late, silent=way.silent))
        wait = WaitAhead(
            at=way.clock,
            gives_up=late,
            conditions=step.conditions,
            timeout=step.timeout,
            then=then,
            on_timeout=on_timeout,
        )
        return wait, _joined((after_then, after_timeout if step.timeout is not None else None))


def _end(way: _Way) -> EndAhead:
    return EndAhead(at=way.clock, silent=way.silent)


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


def _context(scenario: Scenario, asked: Asked, call: Call) -> Context:
    """What templates would find, but for what is made while the scenario plays."""
    return context_of(asked.command, call, scenario, document=asked.document, headers=asked.headers, made=_MADE)
