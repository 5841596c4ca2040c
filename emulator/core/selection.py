"""Which scenario plays a start or a call, and why each other one doesn't.

Owns the order of the rules: the X-Emulator-Scenario header, the one-shot queue, a connector named
``emu:<scenario>`` or a callee ``sip:<scenario>@emu``, ``match`` by priority and name, the default. Must not load
scenarios or keep the queue.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from emulator.core.errors import UnknownScenario, WrongScenario
from emulator.core.matching import Comparison, cut, in_words
from emulator.core.scenario.model import Plays
from emulator.core.scenario.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from emulator.core.models import JsonValue
    from emulator.core.scenario.model import Match, Scenario

HEADER = "x-emulator-scenario"
MAGIC_PREFIX = "emu:"
_MAGIC_CALLEE = re.compile(r"sips?:([^@:;]+)@emu(?:[:;].*)?", re.IGNORECASE)

PLAYED: Mapping[Plays, str] = {
    Plays.RECORDING: "recordings",
    Plays.DIAL: "calls that are dialled",
    Plays.INBOUND: "calls that come in",
}
"""What a scenario is for, in words."""

DEFAULT_DIAL = "callee-answers"
DEFAULT_INBOUND = "caller-waits"
"""The built-in scenarios of calls that no rule gives another."""


class Rule(StrEnum):
    """What decided, in the order in which it is asked."""

    HEADER = "header"
    QUEUE = "queue"
    MAGIC_CONNECTOR = "magic_connector"
    MAGIC_CALLEE = "magic_callee"
    MATCH = "match"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The start, or the call that begins, which wants a scenario.

    Attributes:
        call_control_id: From the path; of a call that begins, its own.
        headers: Lower-case name to value.
        body: The body's fields, as the request spells them.
        connector_name: The connector, however the request spells its field.
        named_by: What the ``X-Emulator-Scenario`` header is called where something else stands for it.
        plays: What a scenario has to be for.
        callee: Whom a dial calls.
    """

    call_control_id: str
    headers: Mapping[str, str]
    body: Mapping[str, JsonValue]
    connector_name: str | None = None
    named_by: str = "the X-Emulator-Scenario header"
    plays: Plays = Plays.RECORDING
    callee: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The scenario that plays, and by which rule; ``detail`` says it in words."""

    scenario: Scenario
    rule: Rule
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why the scenario called ``name`` doesn't play."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The scenarios that there are; build it with ``Catalog.of``.

    Attributes:
        by_name: Every scenario.
        matching: Those that have a ``match``, in the order in which they are asked.
        defaults: For each scenario the choice that it is as the default, made once because most starts end there.
    """

    by_name: Mapping[str, Scenario]
    matching: tuple[tuple[Match, Scenario], ...]
    defaults: Mapping[str, Choice]

    @classmethod
    def of(cls, scenarios: Iterable[Scenario]) -> Self:
        """Index scenarios for ``choose``.

        Args:
            scenarios: Of two with one name the later counts.

        Returns:
            The catalog, ordered by name; it doesn't change.
        """
        by_name = {scenario.name: scenario for scenario in sorted(scenarios, key=lambda scenario: scenario.name)}
        matching = [(scenario.match, scenario) for scenario in by_name.values() if scenario.match is not None]
        return cls(
            by_name=by_name,
            matching=tuple(sorted(matching, key=lambda pair: -pair[1].priority)),
            defaults={
                name: Choice(
                    scenario=scenario, rule=Rule.DEFAULT, detail="no other rule applies: it is the default"
                )
                for name, scenario in by_name.items()
            },
        )


def choose(subject: Subject, catalog: Catalog, default: str, *, queued: Scenario | None = None) -> Choice:
    """The scenario that plays, by the first rule that applies.

    Args:
        subject: The start.
        catalog: The scenarios there are.
        default: The name of the one that plays where no rule applies.
        queued: What the one-shot queue holds for this call.

    Returns:
        The choice.

    Raises:
        UnknownScenario: The header, the connector or the default names none.
    """
    named = subject.headers.get(HEADER)
    if named:
        return _by_name(catalog, subject.plays, named, Rule.HEADER, subject.named_by)
    if queued is not None:
        return Choice(scenario=queued, rule=Rule.QUEUE, detail="it is next in the queue")
    magic = _magic(subject)
    if magic is not None:
        return _by_name(catalog, subject.plays, *magic)
    for match, scenario in catalog.matching:
        if scenario.plays is subject.plays and _first_miss(match, subject) is None:
            return Choice(scenario=scenario, rule=Rule.MATCH, detail="its match holds")
    chosen = catalog.defaults.get(default)
    if chosen is not None and chosen.scenario.plays is subject.plays:
        return chosen
    return _by_name(catalog, subject.plays, default, Rule.DEFAULT, "the default scenario's setting")


def _magic(subject: Subject) -> tuple[str, Rule, str] | None:
    """The name in a connector or a callee that stands for a scenario, for apps whose headers can't be changed."""
    connector, callee = subject.connector_name, subject.callee
    if connector is not None and connector.startswith(MAGIC_PREFIX):
        source = f"the connector name '{cut(connector)}'"
        return connector[len(MAGIC_PREFIX) :], Rule.MAGIC_CONNECTOR, source
    found = _MAGIC_CALLEE.fullmatch(callee) if callee is not None else None
    return (found[1], Rule.MAGIC_CALLEE, f"the callee '{cut(found[0])}'") if found else None


def _by_name(catalog: Catalog, plays: Plays, name: str, rule: Rule, source: str) -> Choice:
    scenario, told = catalog.by_name.get(name), source[0].upper() + source[1:]
    if scenario is None:
        fit = [one.name for one in catalog.by_name.values() if one.plays is plays]
        raise UnknownScenario(cut(name), source=told, meant=nearest(name, fit))
    if scenario.plays is not plays:
        raise WrongScenario(name, source=told, plays=PLAYED[scenario.plays], wanted=PLAYED[plays])
    return Choice(scenario=scenario, rule=rule, detail=f"{source} names it")


def explain(subject: Subject, catalog: Catalog, choice: Choice) -> tuple[Rejection, ...]:
    """Why each other scenario doesn't play.

    Args:
        subject: The start, as it was given to ``choose``.
        catalog: The same.
        choice: What ``choose`` returned.

    Returns:
        One rejection a scenario that is for the same, by name, each with the facts that decided.
    """
    return tuple(
        Rejection(name=name, reason=_reason(scenario, subject, choice))
        for name, scenario in catalog.by_name.items()
        if name != choice.scenario.name and scenario.plays is subject.plays
    )


def mismatch(match: Match, subject: Subject) -> str | None:
    """Why a match doesn't hold, in words; None where it does."""
    missed = _first_miss(match, subject)
    return None if missed is None else in_words(missed)


def _reason(scenario: Scenario, subject: Subject, choice: Choice) -> str:
    if scenario.match is None:
        return "it has no match: it plays only where it is named or is the default"
    missed = _first_miss(scenario.match, subject)
    if missed is not None:
        return in_words(missed)
    if choice.rule is not Rule.MATCH:
        return f"its match holds, but {choice.rule.value.replace('_', ' ')} comes first: {choice.detail}"
    first = choice.scenario
    if first.priority > scenario.priority:
        return f"its match holds, but '{first.name}' has priority {first.priority}, above its {scenario.priority}"
    return f"its match holds, but '{first.name}' has the same priority and comes first by name"


def _first_miss(match: Match, subject: Subject) -> Comparison | None:
    """The first comparison that doesn't hold; None where all hold."""
    return next((comparison for comparison in comparisons(match, subject) if not comparison.holds), None)


def comparisons(match: Match, subject: Subject) -> Iterator[Comparison]:
    """What a scenario's ``match`` holds against a start, in the order in which it is asked."""
    if match.call_control_id is not None:
        yield Comparison("call_control_id", match.call_control_id, subject.call_control_id)
    for name, matcher in match.headers.items():
        yield Comparison(f"header {name}", matcher, subject.headers.get(name), name in subject.headers)
    for field, matcher in match.body.items():
        yield Comparison(f"body.{field}", matcher, subject.body.get(field), field in subject.body)
