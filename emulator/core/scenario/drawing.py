"""Draws every duration of a timeline before it begins to play.

Owns the walk over the steps. Drawn at the beginning and in the order of the file, a session's durations do not
depend on the order in which acknowledgements come in later: with a seed they repeat.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.draws import draw
from emulator.core.scenario.model import Dial, Emit, WaitFor

if TYPE_CHECKING:
    from emulator.core.draws import Delay
    from emulator.core.ids import Randomness
    from emulator.core.models import Duration
    from emulator.core.scenario.model import Deliver, Step


def is_random(steps: tuple[Step, ...]) -> bool:
    """Whether anything is left to draw, in these steps or in those nested in them."""
    return any(_is_random(step) for step in steps)


def draw_all(steps: tuple[Step, ...], randomness: Randomness) -> tuple[Step, ...]:
    """The same steps, each distribution replaced by a duration drawn from it.

    Args:
        steps: Of a timeline, or nested in one.
        randomness: Asked once a distribution, in the order in which they are written.
    """
    return tuple(_drawn(step, randomness) for step in steps)


def _is_random(step: Step) -> bool:
    if isinstance(step, Emit):
        return not all(map(_fixed, (step.after, step.at, step.deliver.delay, step.deliver.gap)))
    if isinstance(step, WaitFor):
        return not _fixed(step.timeout) or is_random(step.then) or is_random(step.on_timeout)
    if isinstance(step, Dial):
        drawn_anew = not all(map(_fixed, (step.after, step.at, step.timeout)))
        return drawn_anew or any(map(is_random, (step.answered, step.failed, step.cancelled)))
    return False


def _fixed(delay: Delay | None) -> bool:
    return delay is None or isinstance(delay, int)


def _drawn(step: Step, randomness: Randomness) -> Step:
    if isinstance(step, Emit):
        return replace(
            step,
            after=draw(step.after, randomness),
            at=_maybe(step.at, randomness),
            deliver=_delivered(step.deliver, randomness),
        )
    if isinstance(step, WaitFor):
        return replace(
            step,
            timeout=_maybe(step.timeout, randomness),
            then=draw_all(step.then, randomness),
            on_timeout=draw_all(step.on_timeout, randomness),
        )
    if isinstance(step, Dial):
        return replace(
            step,
            after=draw(step.after, randomness),
            at=_maybe(step.at, randomness),
            timeout=_maybe(step.timeout, randomness),
            answered=draw_all(step.answered, randomness),
            failed=draw_all(step.failed, randomness),
            cancelled=draw_all(step.cancelled, randomness),
        )
    return step


def _maybe(delay: Delay | None, randomness: Randomness) -> Duration | None:
    return None if delay is None else draw(delay, randomness)


def _delivered(deliver: Deliver, randomness: Randomness) -> Deliver:
    if _fixed(deliver.delay) and _fixed(deliver.gap):
        return deliver
    return replace(deliver, delay=draw(deliver.delay, randomness), gap=draw(deliver.gap, randomness))
