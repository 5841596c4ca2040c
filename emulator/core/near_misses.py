"""What nearly answered a question: the nearest first, each with what differs.

Owns nearness and its form. Must not decide what matches: ``query.py`` does.

Bounds: the latest 1,000 candidates are looked at, and every value is cut to a message's length.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from heapq import nsmallest
from typing import TYPE_CHECKING

from emulator.core.durations import format_duration
from emulator.core.matching import Difference, difference
from emulator.core.query import comparisons, hit_view, recent
from emulator.core.times import iso_micros

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.core.models import JsonValue
    from emulator.core.query import Hit, NowOf, Query
    from emulator.core.views import View

LOOKED_AT = 1_000
"""How many candidates are compared at most."""

DEFAULT_LIMIT = 3
"""How many near misses are told."""

_MAX_TEXT = 200
"""Characters of a text that a brief view shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """Something that nearly answers a question.

    Attributes:
        held: How many matchers hold.
        differences: Those that don't, and, last, the age where it is too old.
    """

    hit: Hit
    held: int
    differences: tuple[Difference, ...]


def nearest(query: Query, hits: Iterable[Hit], now_of: NowOf, limit: int = DEFAULT_LIMIT) -> tuple[NearMiss, ...]:
    """What nearly answers a query.

    Args:
        query: What is asked for.
        hits: What is there of the query's kind, oldest first; the latest 1,000 are looked at.
        now_of: Asked only where the query bounds the age.
        limit: How many to tell.

    Returns:
        Those that don't match, by how many matchers hold; of two alike the later first.
    """
    latest = reversed(deque(hits, maxlen=LOOKED_AT))
    missed = [miss for miss in (_miss(query, hit, now_of) for hit in latest) if miss.differences]
    return tuple(nsmallest(limit, missed, key=lambda miss: -miss.held))


def _miss(query: Query, hit: Hit, now_of: NowOf) -> NearMiss:
    compared = tuple(comparisons(query, hit.entry))
    differences = tuple(difference(one) for one in compared if not one.holds)
    held = len(compared) - len(differences)
    if query.last is not None and not recent(query, hit, now_of):
        age = Difference(
            field="at", expected=f"in the last {format_duration(query.last)}", found=iso_micros(hit.at)
        )
        differences = (*differences, age)
    return NearMiss(hit=hit, held=held, differences=differences)


def near_miss_view(miss: NearMiss) -> View:
    """A near miss as the control API shows it."""
    return {
        "entry": brief(miss.hit),
        "held": miss.held,
        "differences": [difference_view(one) for one in miss.differences],
    }


def difference_view(one: Difference) -> View:
    """A difference as the control API shows it."""
    return {"field": one.field, "expected": one.expected, "found": one.found}


def brief(hit: Hit) -> View:
    """An entry or a session as lists show it, without what has no bound of its own."""
    return {key: _short(value) for key, value in hit_view(hit).items() if not isinstance(value, (list, dict))}


def _short(value: JsonValue) -> JsonValue:
    if isinstance(value, str) and len(value) > _MAX_TEXT:
        return value[: _MAX_TEXT - 3] + "..."
    return value
