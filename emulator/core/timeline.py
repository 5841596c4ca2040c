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


def _settle(run: Run, now: Instant) -> Progress:
    """Take steps until one has to wait for time, for a signal or for the recording server."""
    happenings: list[Happening] = []
    while run.stack:
        taken = _stepped(run, now)
        run = taken.run
        happenings += taken.happened
        if taken.waits:
            return run, tuple(happenings)
    return replace(run, due=None), tuple(happenings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """What came of looking at one step.

    Attributes:
        waits: The run stands where it is.
    """

    run: Run
    happened: tuple[Happening, ...] = ()
    waits: bool = False


def _stepped(run: Run, now: Instant) -> _Taken:
    frame = run.stack[-1]
    if frame.index == len(frame.steps):
        return _Taken(run=replace(run, stack=run.stack[:-1]))
    step = frame.steps[frame.index]
    match step:
        case Emit():
            return _emit(run, step, now)
        case WaitFor():
            return _wait(run, step, now)
        case Dial():
            return _dial(run, step, now)
        case _:
            return _Taken(run=replace(run, stack=()))


def _emit(run: Run, step: Emit, now: Instant) -> _Taken:
    due = _due(step, run)
    if due > now:
        return _Taken(run=replace(run, due=due), waits=True)
    happened = Occurrence(step=step, at=due)
    return _Taken(run=replace(run, clock=due, stack=_stepped_over(run.stack)), happened=(happened,))


def _wait(run: Run, step: WaitFor, now: Instant) -> _Taken:
    taken = next((held for held in run.signals if held in step.conditions), None)
    if taken is not None:
        return _Taken(run=replace(_without(run, taken), stack=_stepped_over(run.stack, into=step.then)))
    due = None if step.timeout is None else run.clock + drawn(step.timeout)
    if due is None or due > now:
        return _Taken(run=replace(run, due=due), waits=True)
    return _Taken(run=replace(run, clock=due, stack=_stepped_over(run.stack, into=step.on_timeout)))


def _dial(run: Run, step: Dial, now: Instant) -> _Taken:
    """A stop that came before the dial is made, or while it is under way, leads past it."""
    cancels = next((held for held in run.signals if held in _CANCELS), None)
    if cancels is not None:
        stack = _stepped_over(run.stack, into=step.cancelled)
        happened = (DialCancelled(at=run.clock),) if run.dialling else ()
        return _Taken(run=replace(_without(run, cancels), stack=stack, dialling=False), happened=happened)
    if run.dialling:
        return _Taken(run=replace(run, due=None), waits=True)
    due = _due(step, run)
    if due > now:
        return _Taken(run=replace(run, due=due), waits=True)
    return _Taken(
        run=replace(run, clock=due, due=None, dialling=True), happened=(DialDue(step=step, at=due),), waits=True
    )


def _without(run: Run, taken: Signal) -> Run:
    """The run with a signal taken."""
    return replace(run, signals=tuple(held for held in run.signals if held != taken))


def _due(step: Emit | Dial, run: Run) -> Instant:
    """``at`` counts from the command, but never runs backwards; ``after`` counts from the previous step."""
    if step.at is None:
        return run.clock + drawn(step.after)
    return max(run.clock, run.accepted_at + drawn(step.at))


def _stepped_over(stack: tuple[Frame, ...], *, into: tuple[Step, ...] = ()) -> tuple[Frame, ...]:
    """Count the current step as done and enter the list that follows from it, if any."""
    frame = stack[-1]
    below = (*stack[:-1], Frame(steps=frame.steps, index=frame.index + 1))
    return (*below, Frame(steps=into)) if into else below
