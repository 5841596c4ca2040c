"""Which scenario plays a start, and why each other one doesn't.

Owns the order of the rules: the X-Emulator-Scenario header, the one-shot queue, a connector named
``emu:<scenario>``, ``match`` by priority and name, the default. Must not load scenarios or keep the queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple, Self

from emulator.core.errors import UnknownScenario
from emulator.core.scenario.model import MatchKind
from emulator.core.scenario.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from emulator.core.models import JsonValue
    from emulator.core.scenario.model import Match, Matcher, Scenario

HEADER = "x-emulator-scenario"
MAGIC_PREFIX = "emu:"
_SHOWN = 60


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
        return _by_name(catalog, name, Rule.MAGIC_CONNECTOR, f"the connector name '{_cut(connector)}'")
    for match, scenario in catalog.matching:
        if _first_miss(match, subject) is None:
            return Choice(scenario=scenario, rule=Rule.MATCH, detail="its match holds")
    chosen = catalog.defaults.get(default)
    return chosen or _by_name(catalog, default, Rule.DEFAULT, "the default scenario's setting")


def _by_name(catalog: Catalog, name: str, rule: Rule, source: str) -> Choice:
    scenario = catalog.by_name.get(name)
    if scenario is None:
        raise UnknownScenario(
            _cut(name), source=source[0].upper() + source[1:], meant=nearest(name, catalog.by_name)
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


def _reason(scenario: Scenario, subject: Subject, choice: Choice) -> str:
    if scenario.match is None:
        return "it has no match: it plays only where it is named or is the default"
    missed = _first_miss(scenario.match, subject)
    if missed is not None:
        return _in_words(missed)
    if choice.rule is not Rule.MATCH:
        return f"its match holds, but {choice.rule.value.replace('_', ' ')} comes first: {choice.detail}"
    first = choice.scenario
    if first.priority > scenario.priority:
        return f"its match holds, but '{first.name}' has priority {first.priority}, above its {scenario.priority}"
    return f"its match holds, but '{first.name}' has the same priority and comes first by name"


class _Comparison(NamedTuple):
    """A matcher and what it is held against; ``there`` tells an absent field from one that is null."""

    where: str
    matcher: Matcher
    value: JsonValue
    there: bool = True


def _first_miss(match: Match, subject: Subject) -> _Comparison | None:
    """The first comparison that doesn't hold; None where all hold."""
    return next((comparison for comparison in _comparisons(match, subject) if not _holds(comparison)), None)


def _comparisons(match: Match, subject: Subject) -> Iterator[_Comparison]:
    if match.call_control_id is not None:
        yield _Comparison("call_control_id", match.call_control_id, subject.call_control_id)
    for name, matcher in match.headers.items():
        yield _Comparison(f"header {name}", matcher, subject.headers.get(name), name in subject.headers)
    for field, matcher in match.body.items():
        yield _Comparison(f"body.{field}", matcher, subject.body.get(field), field in subject.body)


def _holds(comparison: _Comparison) -> bool:
    kind, operand = comparison.matcher.kind, comparison.matcher.operand
    value = comparison.value
    if kind is MatchKind.PRESENT:
        return comparison.there is operand
    if not comparison.there:
        return False
    if kind is MatchKind.EQUALS:
        return _same(value, operand)
    if kind is MatchKind.ONE_OF:
        return any(_same(value, candidate) for candidate in operand)
    if not isinstance(value, str):
        return False
    return value.startswith(operand) if kind is MatchKind.PREFIX else fnmatchcase(value, operand)


def _same(value: JsonValue, other: JsonValue) -> bool:
    """Equal as JSON: 1 is 1.0, but true isn't 1."""
    return isinstance(value, bool) is isinstance(other, bool) and bool(value == other)


def _in_words(missed: _Comparison) -> str:
    kind, operand = missed.matcher.kind, missed.matcher.operand
    if kind is MatchKind.PRESENT:
        wanted = "be there" if operand else "not be there"
        return f"{missed.where} {'is' if missed.there else 'is not'} there, and it must {wanted}"
    found = f"{missed.where} is {_shown(missed.value) if missed.there else 'not there'}"
    if kind is MatchKind.EQUALS:
        return f"{found}, not {_shown(operand)}"
    if kind is MatchKind.ONE_OF:
        return f"{found}, not one of {_cut(', '.join(map(_shown, operand)))}"
    if kind is MatchKind.PREFIX:
        return f"{found}, not text that starts with {_shown(operand)}"
    return f"{found}, not matching glob {_shown(operand)}"


def _shown(value: JsonValue) -> str:
    """A value with its type to be seen: text has quotes."""
    if isinstance(value, str):
        return f"'{_cut(value)}'"
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a mapping"
    return "null" if value is None else _cut(str(value).lower())


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
