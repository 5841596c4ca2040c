"""A namespace's clock: running at a speed, standing until it is moved, or jumping while somebody waits.

Owns the arithmetic between wall time and a namespace's time. Must not ask any clock, and must not let timers fire:
``engine.py`` does, at the instants that the driver gives it.

In every mode time only goes forward. What AUTO jumps for, and when, is ``web/waiting.py``'s: here it stands still
like MANUAL.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.core.models import Instant

REPEATABLE_START: Instant = 1_735_689_600_000_000
"""2025-01-01T00:00:00Z: where a seeded clock that stands still begins, so that two runs say the same times."""

MIN_SPEED = 0.001
MAX_SPEED = 100_000.0

LATEST: Instant = 4_102_444_800_000_000 - 1
"""The last instant of 2099: no clock goes beyond it, so that every time has its usual form."""


class ClockMode(StrEnum):
    """RUNNING: as wall time, times a speed. MANUAL: only when it is moved. AUTO: jumps while a client waits."""

    RUNNING = "running"
    MANUAL = "manual"
    AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSetting:
    """How a clock goes, wherever it stands.

    Attributes:
        speed: Seconds of the namespace in a second of wall time; RUNNING alone uses it.
    """

    mode: ClockMode = ClockMode.RUNNING
    speed: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Where a clock stands.

    Attributes:
        wall: The wall time at which it was read last before it was set.
        time: The namespace's time then.
        given: Whether somebody gave it that time, which else came from wall time.
    """

    setting: ClockSetting
    wall: Instant
    time: Instant
    given: bool = False

    @property
    def runs(self) -> bool:
        """Whether time passes by itself."""
        return self.setting.mode is ClockMode.RUNNING

    def read(self, wall: Instant) -> Instant:
        """The namespace's time at a wall time; a wall clock that goes back stops it."""
        if not self.runs or wall <= self.wall:
            return self.time
        passed = wall - self.wall
        if self.setting.speed == 1:
            return min(self.time + passed, LATEST)
        gained, per = self.setting.speed.as_integer_ratio()
        return min(self.time + passed * gained // per, LATEST)

    def wall_of(self, instant: Instant) -> Instant | None:
        """The wall time by which an instant of the namespace has come; None where it never comes by itself."""
        if not self.runs or instant > LATEST:
            return None
        if self.setting.speed == 1:
            return self.wall + instant - self.time
        # in whole numbers: were it rounded, what is due by then could be found not to be due, again and again
        gained, per = self.setting.speed.as_integer_ratio()
        return self.wall - (self.time - instant) * per // gained

    def moved(self, wall: Instant, to: Instant) -> Clock:
        """The clock set forward; one that is there or further already stays as it is read.

        Args:
            wall: Now.
            to: In the namespace's time.
        """
        time = max(self.read(wall), min(to, LATEST))
        return Clock(setting=self.setting, wall=max(wall, self.wall), time=time, given=True)

    def reset(self, wall: Instant, setting: ClockSetting) -> Clock:
        """The clock going on from where it is, in another way."""
        return Clock(setting=setting, wall=max(wall, self.wall), time=self.read(wall), given=self.given)

    def repeatable(self) -> Clock:
        """The clock at a fixed time instead, since a seed was given; one that runs or was given a time stays."""
        return self if self.runs or self.given else replace(self, time=REPEATABLE_START, given=True)


def begin(setting: ClockSetting, wall: Instant, *, repeatable: bool = False) -> Clock:
    """A clock at its beginning.

    Args:
        setting: How it goes.
        wall: Now, which is also the namespace's time.
        repeatable: Whether a clock that stands still begins at a fixed time instead, since a seed was given.
    """
    clock = Clock(setting=setting, wall=wall, time=wall)
    return clock.repeatable() if repeatable else clock
