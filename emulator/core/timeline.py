"""The interpreter of a scenario's timeline: (run, input, now) in, (run, occurrences) out.

Owns when steps happen and what satisfies a ``wait_for``. Must not know of sessions, webhooks, templates or SIP: it
says which ``Emit`` or ``Dial`` step occurs when, and its caller makes the event or the call.

A ``Run`` is a stack of step lists: the timeline at the bottom, a ``then`` or ``on_timeout`` list above it. Time
moves on only through ``tick``; a step that falls due between two ticks occurs at its own instant, not at the
tick's. A run that dials stands still, whatever the time, until ``dialled`` says what came of it or a stop cancels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.draws import drawn
from emulator.core.models import Route
from emulator.core.scenario.model import CommandSeen, Dial, Emit, Step, WaitFor

if TYPE_CHECKING:
    from emulator.core.models import Instant
    from emulator.core.scenario.model import Condition

Signal: TypeAlias = "Condition"
"""What a ``wait_for`` can wait for, as the value that its condition equals."""

_CANCELS: tuple[Signal, ...] = (CommandSeen(command=Route.SIPREC_STOP),)
"""What ends a dial before the recording server has answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A step list and the index of its next step."""

    steps: tuple[Step, ...]
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Where a timeline stands.

    Attributes:
        accepted_at: When the command was accepted; ``at`` counts from here.
        clock: When the previous step ended; ``after`` and timeouts count from here.
        stack: Innermost list last; empty once the timeline has ended.
        signals: What has happened and no ``wait_for`` has taken yet, oldest first, each once.
        due: When the next step falls due by itself; None while only a signal can move the run, or after its end.
        dialling: Whether the step that it stands at is a dial under way.
    """

    accepted_at: Instant
    clock: Instant
    stack: tuple[Frame, ...]
    signals: tuple[Signal, ...] = ()
    due: Instant | None = None
    dialling: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing can occur any more."""
        return not self.stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """An ``emit`` step and the instant at which its event occurs."""

    step: Emit
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class DialDue:
    """A ``dial`` step and the instant at which it is to be made."""

    step: Dial
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class DialCancelled:
    """The dial under way is to be cancelled."""

    at: Instant


Happening: TypeAlias = Occurrence | DialDue | DialCancelled

Progress: TypeAlias = tuple[Run, tuple[Happening, ...]]


def begin(timeline: tuple[Step, ...], now: Instant, signals: tuple[Signal, ...] = ()) -> Progress:
    """Start a timeline, whose durations are all drawn, at the instant of the accepted command.

    Args:
        timeline: Its steps.
        now: When.
        signals: What has happened before.
    """
    return _settle(Run(accepted_at=now, clock=now, stack=(Frame(steps=timeline),), signals=signals), now)


def tick(run: Run, now: Instant) -> Progress:
    """Let everything occur that is due by ``now``."""
    if run.due is None or run.due > now:
        return run, ()
    return _settle(run, now)


def signal(run: Run, happened: Signal, now: Instant) -> Progress:
    """Tell the run that something happened; what was due before ``now`` occurs first."""
    run, before = tick(run, now)
    if run.ended or happened in run.signals:
        return run, before
    clock = now if happened in _awaited(_current(run)) else run.clock
    run, after = _settle(replace(run, signals=(*run.signals, happened), clock=clock), now)
    return run, before + after


def dialled(run: Run, now: Instant, *, answered: bool) -> Progress:
    """Tell the run what came of the dial that it stands at; nothing where it stands at none.

    Args:
        run: As it stands.
        now: When.
        answered: Whether the recording server has answered, or the dial has failed.
    """
    step = None if run.ended else _current(run)
    if not run.dialling or not isinstance(step, Dial):
        return run, ()
    stack = _stepped_over(run.stack, into=step.answered if answered else step.failed)
    return _settle(replace(run, stack=stack, clock=now, dialling=False), now)


def unbegun(timeline: tuple[Step, ...], now: Instant) -> Run:
    """A timeline before its first step, which a ``tick`` at the same instant begins."""
    return Run(accepted_at=now, clock=now, stack=(Frame(steps=timeline),), due=now)


def awaits(run: Run, happened: Signal) -> bool:
    """Whether the run stands at a wait that this would end."""
    step = None if run.ended else _current(run)
    return isinstance(step, WaitFor) and happened in step.conditions


def _awaited(step: Step) -> tuple[Signal, ...]:
    """What ends a step before its time."""
    if isinstance(step, WaitFor):
        return step.conditions
    return _CANCELS if isinstance(step, Dial) else ()


def cut_short(run: Run, now: Instant) -> Progress:
    """End a run before its last step; what was due has occurred."""
    return replace(run, stack=(), due=None, clock=now, dialling=False), ()


def events(happenings: tuple[Happening, ...]) -> tuple[Occurrence, ...]:
    """Those of the happenings that are events; a call's timeline has no others."""
    return tuple(one for one in happenings if isinstance(one, Occurrence))


def _current(run: Run) -> Step:
    """The step that a run which has not ended stands at: a settled run never stands behind a list's last step."""
    frame = run.stack[-1]
    return frame.steps[frame.index]


class _Cursor:
    """A run while steps are taken, changed in place: a new one for each step would take half of the time."""

    __slots__ = ("accepted_at", "clock", "dialling", "due", "happened", "signals", "stack")

    def __init__(self, run: Run) -> None:
        self.accepted_at = run.accepted_at
        self.clock = run.clock
        self.stack = run.stack
        self.signals = run.signals
        self.due = run.due
        self.dialling = run.dialling
        self.happened: list[Happening] = []

    def run(self) -> Run:
        return Run(
            accepted_at=self.accepted_at,
            clock=self.clock,
            stack=self.stack,
            signals=self.signals,
            due=self.due if self.stack else None,
            dialling=self.dialling,
        )

    def take(self, wanted: tuple[Signal, ...]) -> bool:
        """Take the oldest signal that is wanted; whether there was one."""
        taken = next((held for held in self.signals if held in wanted), None)
        if taken is None:
            return False
        self.signals = tuple(held for held in self.signals if held != taken)
        return True

    def step_over(self, into: tuple[Step, ...] = ()) -> None:
        self.stack = _stepped_over(self.stack, into=into)


def _settle(run: Run, now: Instant) -> Progress:
    """Take steps until one has to wait for time, for a signal or for the recording server."""
    cursor = _Cursor(run)
    while cursor.stack and _moved_on(cursor, now):
        pass
    return cursor.run(), tuple(cursor.happened)


def _moved_on(cursor: _Cursor, now: Instant) -> bool:
    """Take the current step, or leave an ended list; False where it has to wait."""
    frame = cursor.stack[-1]
    if frame.index == len(frame.steps):
        cursor.stack = cursor.stack[:-1]
        return True
    step = frame.steps[frame.index]
    match step:
        case Emit():
            return _emit(cursor, step, now)
        case WaitFor():
            return _wait(cursor, step, now)
        case Dial():
            return _dial(cursor, step, now)
        case _:
            cursor.stack = ()
            return True


def _emit(cursor: _Cursor, step: Emit, now: Instant) -> bool:
    due = cursor.due = _due(step, cursor)
    if due > now:
        return False
    cursor.happened.append(Occurrence(step=step, at=due))
    cursor.clock = due
    cursor.step_over()
    return True


def _wait(cursor: _Cursor, step: WaitFor, now: Instant) -> bool:
    if cursor.take(step.conditions):
        cursor.step_over(step.then)
        return True
    due = cursor.due = None if step.timeout is None else cursor.clock + drawn(step.timeout)
    if due is None or due > now:
        return False
    cursor.clock = due
    cursor.step_over(step.on_timeout)
    return True


def _dial(cursor: _Cursor, step: Dial, now: Instant) -> bool:
    """A stop that came before the dial is made, or while it is under way, leads past it."""
    if cursor.take(_CANCELS):
        if cursor.dialling:
            cursor.happened.append(DialCancelled(at=cursor.clock))
        cursor.dialling = False
        cursor.step_over(step.cancelled)
        return True
    if cursor.dialling:
        return False
    due = cursor.due = _due(step, cursor)
    if due > now:
        return False
    cursor.happened.append(DialDue(step=step, at=due))
    cursor.clock, cursor.due, cursor.dialling = due, None, True
    return False


def _due(step: Emit | Dial, cursor: _Cursor) -> Instant:
    """``at`` counts from the command, but never runs backwards; ``after`` counts from the previous step."""
    if step.at is None:
        return cursor.clock + drawn(step.after)
    return max(cursor.clock, cursor.accepted_at + drawn(step.at))


def _stepped_over(stack: tuple[Frame, ...], *, into: tuple[Step, ...] = ()) -> tuple[Frame, ...]:
    """Count the current step as done and enter the list that follows from it, if any."""
    frame = stack[-1]
    below = (*stack[:-1], Frame(steps=frame.steps, index=frame.index + 1))
    return (*below, Frame(steps=into)) if into else below
