"""The interpreter of a scenario's timeline: (run, input, now) in, (run, occurrences) out.

Owns when steps happen and what satisfies a ``wait_for``. Must not know of sessions, webhooks or templates: it says
which ``Emit`` step occurs when, and its caller makes the event.

A ``Run`` is a stack of step lists: the timeline at the bottom, a ``then`` or ``on_timeout`` list above it. Time
moves on only through ``tick``; a step that falls due between two ticks occurs at its own instant, not at the
tick's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.draws import drawn
from emulator.core.scenario.model import Emit, End, Step, WaitFor

if TYPE_CHECKING:
    from emulator.core.models import Instant
    from emulator.core.scenario.model import Condition

Signal: TypeAlias = "Condition"
"""What a ``wait_for`` can wait for, as the value that its condition equals."""


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
    """

    accepted_at: Instant
    clock: Instant
    stack: tuple[Frame, ...]
    signals: tuple[Signal, ...] = ()
    due: Instant | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing can occur any more."""
        return not self.stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """An ``emit`` step and the instant at which its event occurs."""

    step: Emit
    at: Instant


Progress: TypeAlias = tuple[Run, tuple[Occurrence, ...]]


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
    step = _current(run)
    ends_wait = isinstance(step, WaitFor) and happened in step.conditions
    clock = now if ends_wait else run.clock
    run, after = _settle(replace(run, signals=(*run.signals, happened), clock=clock), now)
    return run, before + after


def unbegun(timeline: tuple[Step, ...], now: Instant) -> Run:
    """A timeline before its first step, which a ``tick`` at the same instant begins."""
    return Run(accepted_at=now, clock=now, stack=(Frame(steps=timeline),), due=now)


def awaits(run: Run, happened: Signal) -> bool:
    """Whether the run stands at a wait that this would end."""
    step = None if run.ended else _current(run)
    return isinstance(step, WaitFor) and happened in step.conditions


def cut_short(run: Run, now: Instant) -> Progress:
    """End a run before its last step; what was due has occurred."""
    return replace(run, stack=(), due=None, clock=now), ()


def _current(run: Run) -> Step:
    """The step that a run which has not ended stands at: a settled run never stands behind a list's last step."""
    frame = run.stack[-1]
    return frame.steps[frame.index]


def _settle(run: Run, now: Instant) -> Progress:
    """Take steps until one has to wait for time or for a signal."""
    occurrences: list[Occurrence] = []
    clock, stack, signals = run.clock, run.stack, run.signals
    due: Instant | None = None
    while stack:
        frame = stack[-1]
        if frame.index == len(frame.steps):
            stack = stack[:-1]
            continue
        step = frame.steps[frame.index]
        if isinstance(step, End):
            stack = ()
            continue
        if isinstance(step, Emit):
            due = _emit_due(step, clock, run.accepted_at)
            if due > now:
                break
            occurrences.append(Occurrence(step=step, at=due))
            clock, stack = due, _stepped_over(stack)
            continue
        taken = next((held for held in signals if held in step.conditions), None)
        if taken is not None:
            signals = tuple(held for held in signals if held != taken)
            stack = _stepped_over(stack, into=step.then)
            continue
        due = None if step.timeout is None else clock + drawn(step.timeout)
        if due is None or due > now:
            break
        clock, stack = due, _stepped_over(stack, into=step.on_timeout)
    due = due if stack else None
    settled = Run(accepted_at=run.accepted_at, clock=clock, stack=stack, signals=signals, due=due)
    return settled, tuple(occurrences)


def _emit_due(step: Emit, clock: Instant, accepted_at: Instant) -> Instant:
    """``at`` counts from the command, but never runs backwards; ``after`` counts from the previous step."""
    if step.at is None:
        return clock + drawn(step.after)
    return max(clock, accepted_at + drawn(step.at))


def _stepped_over(stack: tuple[Frame, ...], *, into: tuple[Step, ...] = ()) -> tuple[Frame, ...]:
    """Count the current step as done and enter the list that follows from it, if any."""
    frame = stack[-1]
    below = (*stack[:-1], Frame(steps=frame.steps, index=frame.index + 1))
    return (*below, Frame(steps=into)) if into else below
