"""Warnings about a scenario that loads, and that probably doesn't mean what it says.

Owns the rules, and the walk over a timeline's paths that they need. Must not refuse anything: what is certainly
wrong is a complaint of the loaders.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.draws import bounds
from emulator.core.durations import format_duration
from emulator.core.effects import Simulate
from emulator.core.errors import Problem, ScenarioError
from emulator.core.models import EventType
from emulator.core.scenario.model import (
    TELL_CANCELLED,
    CommandSeen,
    Dial,
    Emit,
    MatchKind,
    Plays,
    SrsSeen,
    WaitFor,
    WebhookAcked,
)
from emulator.core.scenario.respond import may_take_effect
from emulator.core.scenario.wording import in_words
from emulator.core.template import parse_template
from emulator.core.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from emulator.core.effects import DeliveryPolicy
    from emulator.core.models import Duration, JsonValue
    from emulator.core.scenario.draft import Located
    from emulator.core.scenario.model import Condition, Deliver, Match, Matcher, Scenario, Step
    from emulator.core.yaml_reader import Path

_UNSTOPPABLE = "no answer under 'respond_stop' lets a siprec_stop take effect"


def lint(document: Located, scenario: Scenario, delivery_default: DeliveryPolicy) -> tuple[Problem, ...]:
    """What is probably not meant in one scenario.

    Args:
        document: What the scenario was loaded from; it was loaded without a problem.
        scenario: As loaded.
        delivery_default: The policy that holds where the scenario has none of its own.

    Returns:
        The warnings, in the order of the file.
    """
    walk = _Walk(document, scenario, scenario.delivery or delivery_default)
    walk.steps(scenario.timeline, ("timeline",), _Reach())
    return tuple(sorted(walk.found, key=lambda problem: (problem.line, problem.column)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """What is known of a place in the timeline, over all paths that lead to it.

    Attributes:
        earliest: When the step before it can have ended at the soonest, since the command was accepted.
        emitted: The events that may have occurred.
        ackable: Those of them whose webhook somebody may have acknowledged.
        dialled: Whether a recording server may have been dialled, and ``answered``: whether one may have answered.
    """

    earliest: Duration = 0
    emitted: frozenset[EventType] = frozenset()
    ackable: frozenset[EventType] = frozenset()
    dialled: bool = False
    answered: bool = False


def _join(ways: Iterable[_Reach | None]) -> _Reach | None:
    """What is known where several ways meet; None where none of them leads on."""
    open_ways = [way for way in ways if way is not None]
    if not open_ways:
        return None
    return _Reach(
        earliest=min(way.earliest for way in open_ways),
        emitted=frozenset().union(*(way.emitted for way in open_ways)),
        ackable=frozenset().union(*(way.ackable for way in open_ways)),
        dialled=any(way.dialled for way in open_ways),
        answered=any(way.answered for way in open_ways),
    )


class _Walk:
    """One walk over a timeline; each list of steps is walked once."""

    def __init__(self, document: Located, scenario: Scenario, policy: DeliveryPolicy) -> None:
        self.found: list[Problem] = []
        self._document = document
        self._policy = policy
        self._stoppable = may_take_effect(scenario.respond_stop)
        self._recording = scenario.plays is Plays.RECORDING
        # that a call which comes in is answered is up to the app
        self._inbound = scenario.plays is Plays.INBOUND

    def steps(self, steps: tuple[Step, ...], path: Path, reach: _Reach) -> _Reach | None:
        """What is known after these steps; None where no path leads beyond them."""
        for index, step in enumerate(steps):
            beyond = self._step(step, (*path, index), reach)
            if beyond is None:
                if index + 1 < len(steps):
                    self._warn_of_unreached((*path, index + 1), step)
                return None
            reach = beyond
        return reach

    def _step(self, step: Step, path: Path, reach: _Reach) -> _Reach | None:
        match step:
            case Emit():
                return self._emit(step, path, reach)
            case WaitFor():
                return self._wait(step, path, reach)
            case Dial():
                return self._dial(step, path, reach)
            case _:
                return None

    def _emit(self, step: Emit, path: Path, reach: _Reach) -> _Reach | None:
        if self._recording and not reach.dialled and _names_srs(step.payload):
            told = "no recording server was dialled before it, so that what it tells has no value"
            self._warn_of_key((*path, "payload"), told)
        if step.event is EventType.CALL_HANGUP:
            # the call's end is the end of its timelines
            self._soonest(step, path, reach.earliest)
            return None
        acked = {step.event} if _may_be_acknowledged(step.deliver, self._policy) else set()
        return replace(
            reach,
            earliest=self._soonest(step, path, reach.earliest),
            emitted=reach.emitted | {step.event},
            ackable=reach.ackable | acked,
        )

    def _dial(self, step: Dial, path: Path, reach: _Reach) -> _Reach | None:
        soon = replace(reach, earliest=self._soonest(step, path, reach.earliest), dialled=True)
        ways = [
            self.steps(step.answered, (*path, "answered"), replace(soon, answered=True)),
            self.steps(step.failed, (*path, "failed"), soon),
        ]
        if self._stoppable:
            ways.append(self.steps(step.cancelled, (*path, "cancelled"), replace(soon, earliest=reach.earliest)))
        elif step.cancelled is not TELL_CANCELLED:
            self._warn_of_key((*path, "cancelled"), f"'cancelled' never runs: {_UNSTOPPABLE}")
        return _join(ways)

    def _soonest(self, step: Emit | Dial, path: Path, earliest: Duration) -> Duration:
        if step.at is None:
            return earliest + bounds(step.after)[0]
        soonest, latest = bounds(step.at)
        if latest < earliest:
            self._warn_of_key(
                (*path, "at"),
                f"'at' runs backwards: the step before ends {format_duration(earliest)} after the command at the "
                "soonest, so this occurs right then; give a later 'at', or 'after'",
            )
        return max(earliest, soonest)

    def _wait(self, step: WaitFor, path: Path, reach: _Reach) -> _Reach | None:
        ways: list[_Reach | None] = []
        if self._may_be_satisfied(step, path, reach):
            ways.append(self.steps(step.then, (*path, "then"), reach))
        elif step.then:
            self._warn_of_key((*path, "then"), "'then' never runs: nothing that this waits for can happen")
        if step.timeout is None:
            if self._recording:
                self._warn_of_no_end(step, path)
        else:
            late = replace(reach, earliest=reach.earliest + bounds(step.timeout)[0])
            ways.append(self.steps(step.on_timeout, (*path, "on_timeout"), late))
        return _join(ways)

    def _may_be_satisfied(self, step: WaitFor, path: Path, reach: _Reach) -> bool:
        """Whether any condition can hold; each that can't is warned of."""
        hopeless = [self._hopeless(condition, reach) for condition in step.conditions]
        for index, reason in enumerate(hopeless):
            if reason:
                self.found.append(self._document.at(self._condition(path, index), reason))
        return not all(hopeless)

    def _condition(self, path: Path, index: int) -> Path:
        """Where a condition is written: alone, or in the list of 'any'."""
        written = self._document.value
        for part in path:
            written = written[part]
        return (*path, "wait_for", "any", index) if "any" in written["wait_for"] else (*path, "wait_for")

    def _hopeless(self, condition: Condition, reach: _Reach) -> str | None:
        """Why a condition can't hold; None where it can."""
        if isinstance(condition, WebhookAcked):
            return self._never_acked(condition.event, reach)
        if isinstance(condition, SrsSeen) and not reach.answered:
            return "this can't happen: no step before it dials the recording server"
        if isinstance(condition, CommandSeen) and self._recording and not self._stoppable:
            return f"this can't happen: {_UNSTOPPABLE}"
        return None

    def _never_acked(self, event: EventType, reach: _Reach) -> str | None:
        """Why no webhook of an event can have been acknowledged; None where one can."""
        of_itself = event is EventType.CALL_INITIATED or (event is EventType.CALL_ANSWERED and self._inbound)
        if event not in reach.emitted:
            return None if of_itself else f"this can't happen: no step before it emits {event}"
        if event not in reach.ackable:
            return f"this can't happen: each {event} before it is never sent, or all its attempts are made to fail"
        return None

    def _warn_of_no_end(self, step: WaitFor, path: Path) -> None:
        awaited = " or ".join(map(in_words, step.conditions))
        self._warn_of_key(
            (*path, "wait_for"),
            f"the timeline never ends by itself: this waits for {awaited}, however long; give it a 'timeout'",
        )

    def _warn_of_unreached(self, path: Path, before: Step) -> None:
        kind = "dial" if isinstance(before, Dial) else "wait_for"
        hangs_up = isinstance(before, Emit)
        reason = "the call has ended" if hangs_up else f"no way out of the '{kind}' before it leads here"
        self.found.append(self._document.at(path, f"this step is never reached: {reason}"))

    def _warn_of_key(self, path: Path, message: str) -> None:
        self.found.append(self._document.at_key(path, message))


def _names_srs(value: JsonValue) -> bool:
    """Whether a template in a payload asks what the recording server told."""
    if isinstance(value, str):
        return any(lookup.path[0] == "srs" for lookup in parse_template(value).lookups)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_names_srs, inner))


def _may_be_acknowledged(deliver: Deliver, policy: DeliveryPolicy) -> bool:
    """Whether a copy is sent, and an attempt at it is left to the receiver."""
    urls = 2 if policy.failover and deliver.url is None else 1
    most = urls * policy.attempts_per_url
    made = deliver.attempts[:most]
    lost = len(made) == most and all(attempt.simulate is not Simulate.NONE for attempt in made)
    return deliver.copies > 0 and not lost


# --- several scenarios ---

_Comparison: TypeAlias = tuple[str, str, frozenset[tuple[bool, "JsonValue"]]]
"""What is compared, how, and with which values."""


def lint_together(scenarios: Iterable[Scenario]) -> tuple[Problem, ...]:
    """Which scenarios match alike at one priority, so that their names decide.

    Only what is certain is told: the comparisons of one are all among those of the other. Comparisons that overlap
    otherwise (two globs, say) are not looked into.

    Args:
        scenarios: Those that are offered together.

    Returns:
        At most one warning a scenario, at its ``match``; ordered by name.
    """
    found: list[Problem] = []
    before: dict[tuple[Plays, int], list[tuple[Scenario, frozenset[_Comparison]]]] = {}
    for scenario in sorted(scenarios, key=lambda scenario: scenario.name):
        if scenario.match is None:
            continue
        comparisons = frozenset(_comparisons(scenario.match))
        peers = before.setdefault((scenario.plays, scenario.priority), [])
        message = next(filter(None, (_overlap(scenario, comparisons, *peer) for peer in peers)), None)
        if message:
            found.append(_at_match(scenario, message))
        peers.append((scenario, comparisons))
    return tuple(found)


def _overlap(
    scenario: Scenario, ours: frozenset[_Comparison], first: Scenario, theirs: frozenset[_Comparison]
) -> str | None:
    """What to say of a scenario and of one that comes before it by name."""
    both = f"at the same priority {scenario.priority}"
    if theirs <= ours:
        return (
            f"'{first.name}' matches all that '{scenario.name}' matches, {both}, and is first by name: "
            f"it plays, and '{scenario.name}' never does by its match; give '{scenario.name}' a higher priority"
        )
    if ours < theirs:
        return (
            f"'{scenario.name}' matches all that '{first.name}' matches, {both}; where both match, '{first.name}' "
            "plays because it is first by name; say so with a higher priority"
        )
    return None


def _comparisons(match: Match) -> Iterator[_Comparison]:
    if match.call_control_id is not None:
        yield _comparison("call_control_id", match.call_control_id)
    for name, matcher in match.headers.items():
        yield _comparison(f"header {name}", matcher)
    for field, matcher in match.body.items():
        yield _comparison(f"body {field}", matcher)


def _comparison(where: str, matcher: Matcher) -> _Comparison:
    """Equal for matchers that hold alike: 1 is 1.0 but not true, and one value is a choice of one."""
    kind = MatchKind.ONE_OF if matcher.kind is MatchKind.EQUALS else matcher.kind
    values = matcher.operand if matcher.kind is MatchKind.ONE_OF else (matcher.operand,)
    return where, kind, frozenset((isinstance(value, bool), value) for value in values)


def _at_match(scenario: Scenario, message: str) -> Problem:
    """At the scenario's ``match``, whose place its text still shows."""
    try:
        document = read_yaml(scenario.text, file=scenario.source)
    except ScenarioError:
        return Problem(file=scenario.source, line=0, column=0, message=message)
    return document.at_key(("match",), message)
