"""Requests that no rule of a scenario took, or no route: what they came near, and what differs.

Owns which requests those are, and which scenarios come nearest; of routes ``near_routes.py`` knows that. Must not
choose scenarios: ``selection.py`` did when the request came.

Bounds: the latest 1,000 requests are looked at, of the scenarios of each the first 1,000.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from heapq import nsmallest
from itertools import islice
from typing import TYPE_CHECKING

from emulator.core.journal import RequestEntry, StrayEntry
from emulator.core.matching import difference
from emulator.core.near_misses import DEFAULT_LIMIT, LOOKED_AT, brief, difference_view
from emulator.core.near_routes import nearest_routes, takes
from emulator.core.query import Kind, candidates
from emulator.core.selection import Rule, comparisons

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from emulator.core.journal import Selected
    from emulator.core.matching import Difference
    from emulator.core.namespace import Namespace
    from emulator.core.near_routes import NearRoute
    from emulator.core.query import Hit
    from emulator.core.scenario.model import Match, Scenario
    from emulator.core.selection import Subject
    from emulator.core.views import View

UNMATCHED_LIMIT = 100
"""How many requests are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearScenario:
    """A scenario whose ``match`` nearly held.

    Attributes:
        held: How many of its matchers did.
        differences: Those that did not.
    """

    scenario: str
    held: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """A request that no ``match`` took, or that no route took.

    Attributes:
        scenarios: For the first, which came nearest.
        routes: For the second, the same.
    """

    hit: Hit
    scenarios: tuple[NearScenario, ...] = ()
    routes: tuple[NearRoute, ...] = ()


def unmatched(
    namespaces: Sequence[Namespace], routes: Sequence[str], limit: int = UNMATCHED_LIMIT
) -> tuple[Unmatched, ...]:
    """The requests that no ``match`` took although scenarios have some, and those that no route took.

    Args:
        namespaces: Where to look.
        routes: Every route, such as ``POST /calls/{}/actions/siprec_start``.
        limit: How many requests to tell.

    Returns:
        Latest first.
    """
    latest = reversed(deque(candidates(Kind.REQUESTS, namespaces), maxlen=LOOKED_AT))
    return tuple(islice(_unmatched(latest, routes), limit))


def _unmatched(hits: Iterable[Hit], routes: Sequence[str]) -> Iterator[Unmatched]:
    for hit in hits:
        match hit.entry:
            case StrayEntry(method=method, target=target, forwarded=None) if not takes(method, target, routes):
                yield Unmatched(hit=hit, routes=nearest_routes(method, target, routes, DEFAULT_LIMIT))
            case RequestEntry(selected=selected) if selected is not None and _fell_through(selected):
                yield Unmatched(hit=hit, scenarios=_nearest_scenarios(selected))


def _fell_through(selected: Selected) -> bool:
    return selected.choice.rule is Rule.DEFAULT and any(_offered(selected))


def _offered(selected: Selected) -> Iterator[tuple[Match, Scenario]]:
    """Those that have a ``match``, and are for what was asked for."""
    plays = selected.subject.plays
    return ((match, scenario) for match, scenario in selected.catalog.matching if scenario.plays is plays)


def _nearest_scenarios(selected: Selected) -> tuple[NearScenario, ...]:
    """By how few matchers don't hold, then by how many do; of two alike the one that is asked first."""
    asked = islice(_offered(selected), LOOKED_AT)
    near = (_near(scenario.name, match, selected.subject) for match, scenario in asked)
    return tuple(nsmallest(DEFAULT_LIMIT, near, key=lambda one: (len(one.differences), -one.held)))


def _near(name: str, match: Match, subject: Subject) -> NearScenario:
    compared = tuple(comparisons(match, subject))
    differences = tuple(difference(one) for one in compared if not one.holds)
    return NearScenario(scenario=name, held=len(compared) - len(differences), differences=differences)


def unmatched_view(one: Unmatched) -> View:
    """Such a request as the control API shows it."""
    return {
        "entry": brief(one.hit),
        "scenarios": [
            {
                "scenario": near.scenario,
                "held": near.held,
                "differences": [difference_view(differs) for differs in near.differences],
            }
            for near in one.scenarios
        ],
        "routes": [
            {"route": near.route, "differences": [difference_view(differs) for differs in near.differences]}
            for near in one.routes
        ],
    }
