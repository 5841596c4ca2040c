"""What a siprec_start or a call would get from a scenario: its answers and its timeline, as values.

Owns the shapes of what lies ahead. Must not work anything out: what is asked is read by ``outlook_question.py``,
and ``outlook_walk.py`` walks over the timeline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.draws import bounds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.draws import Delay
    from emulator.core.effects import Signing
    from emulator.core.models import Duration, EventType, JsonValue
    from emulator.core.outlook_question import Asked
    from emulator.core.scenario.model import Condition, Deliver, Scenario
    from emulator.core.srs import Misconduct


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


@dataclass(frozen=True, slots=True, kw_only=True)
class DialAhead:
    """A recording session is placed on the wire; what comes of it is up to the recording server.

    Attributes:
        at, after, or_later: As of ``EventAhead``.
        secure: By TLS and SRTP; None: as the start says.
        timeout: How long it may take to answer; None: as the emulator is set.
    """

    at: Span | None
    after: Delay | None
    or_later: bool
    secure: bool | None
    timeout: Delay | None
    misconduct: Misconduct
    answered: tuple[Ahead, ...]
    failed: tuple[Ahead, ...]
    cancelled: tuple[Ahead, ...]


Ahead: TypeAlias = EventAhead | WaitAhead | DialAhead | EndAhead


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
