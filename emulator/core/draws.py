"""Durations that are drawn: uniform and lognormal distributions.

Owns the distributions and the drawing. Must not hold randomness of its own: the source of bits is an argument, so
that a seeded one repeats every draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.durations import MAX_DURATION

if TYPE_CHECKING:
    from emulator.core.ids import Randomness
    from emulator.core.models import Duration

_BITS = 52
"""As many as leave room for a half in a float's fraction, so that no share is 0 or 1."""

_NORMAL = NormalDist()

_FAR = 100.0
"""A logarithm beyond which every duration is longer than the longest, and that ``exp`` can take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uniform:
    """Every duration from ``low`` to ``high``, both included, is as likely."""

    low: Duration
    high: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Lognormal:
    """Half of the durations are below the median.

    Attributes:
        sigma: The standard deviation of the logarithm.
        longest: What is drawn above it becomes it.
    """

    median: Duration
    sigma: float
    longest: Duration = MAX_DURATION


Delay: TypeAlias = "Duration | Uniform | Lognormal"
"""A duration, or a distribution from which one is drawn each time."""


def draw(delay: Delay, randomness: Randomness) -> Duration:
    """A duration: the one that is written, or one from the distribution.

    Args:
        delay: As the scenario says.
        randomness: Asked only where there is something to draw.

    Returns:
        Whole microseconds, at most 24 hours.
    """
    if isinstance(delay, int):
        return delay
    share = _share(randomness)
    if isinstance(delay, Uniform):
        return delay.low + int((delay.high - delay.low + 1) * share)
    logarithm = delay.sigma * _NORMAL.inv_cdf(share)
    longest = min(delay.longest, MAX_DURATION)
    return min(round(delay.median * exp(min(logarithm, _FAR))), longest)


def chance(probability: float, randomness: Randomness) -> bool:
    """Whether something of that probability happens; what is certain or impossible draws nothing."""
    if probability >= 1:
        return True
    return probability > 0 and _share(randomness) < probability


def drawn(delay: Delay) -> Duration:
    """The duration of a step whose durations were drawn before it began to play.

    Raises:
        TypeError: It is still a distribution.
    """
    if not isinstance(delay, int):
        raise TypeError(f"{delay} was not drawn")
    return delay


def bounds(delay: Delay) -> tuple[Duration, Duration]:
    """Between which two durations, both included, every one that is drawn lies."""
    if isinstance(delay, int):
        return delay, delay
    if isinstance(delay, Uniform):
        return delay.low, delay.high
    return 0, min(delay.longest, MAX_DURATION)


def _share(randomness: Randomness) -> float:
    """Between 0 and 1, both excluded."""
    return (randomness.getrandbits(_BITS) + 0.5) / (1 << _BITS)
