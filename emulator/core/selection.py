"""Which scenario plays a start, and why each other one doesn't.

Owns the order of the rules: the X-Emulator-Scenario header, the one-shot queue, a connector named
``emu:<scenario>``, ``match`` by priority and name, the default. Must not load scenarios or keep the queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from emulator.core.errors import UnknownScenario
from emulator.core.matching import Comparison, cut, in_words
from emulator.core.scenario.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from emulator.core.models import JsonValue
    from emulator.core.scenario.model import Match, Scenario

HEADER = "x-emulator-scenario"
MAGIC_PREFIX = "emu:"


class Rule(StrEnum):
    """What decided, in the order in which it is asked."""

    HEADER = "header"
    QUEUE = "queue"
    MAGIC_CONNECTOR = "magic_connector"
    MATCH = "match"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The start that wants a scenario.

    Attributes:
        call_control_id: From the path.
        headers: Lower-case name to value.
        body: The body's fields, as the request spells them.
        connector_name: The connector, however the request spells its field.
    """

    call_control_id: str
    headers: Mapping[str, str]
    body: Mapping[str, JsonValue]
    connector_name: str | None = None


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
        return _by_name(catalog, named, Rule.HEADER, "the X-Emulator-Scenario header")
    if queued is not None:
        return Choice(scenario=queued, rule=Rule.QUEUE, detail="it is next in the queue")
    connector = subject.connector_name
    if connector is not None and connector.startswith(MAGIC_PREFIX):
        name = connector[len(MAGIC_PREFIX) :]
        return _by_name(catalog, name, Rule.MAGIC_CONNECTOR, f"the connector name '{cut(connector)}'")
    for match, scenario in catalog.matching:
        if _first_miss(match, subject) is None:
            return Choice(scenario=scenario, rule=Rule.MATCH, detail="its match holds")
    chosen = catalog.defaults.get(default)
    return chosen or _by_name(catalog, default, Rule.DEFAULT, "the default scenario's setting")


def _by_name(catalog: Catalog, name: str, rule: Rule, source: str) -> Choice:
    scenario = catalog.by_name.get(name)
    if scenario is None:
        raise UnknownScenario(
            cut(name), source=source[0].upper() + source[1:], meant=nearest(name, catalog.by_name)
        )
    return Choice(scenario=scenario, rule=rule, detail=f"{source} names it")


def explain(subject: Subject, catalog: Catalog, choice: Choice) -> tuple[Rejection, ...]:
    """Why each other scenario doesn't play.

    Args:
        subject: The start, as it was given to ``choose``.
        catalog: The same.
        choice: What ``choose`` returned.

    Returns:
        One rejection a scenario, by name, each with the facts that decided.
    """
    return tuple(
        Rejection(name=name, reason=_reason(scenario, subject, choice))
        for name, scenario in catalog.by_name.items()
        if name != choice.scenario.name
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
