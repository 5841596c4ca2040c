"""Which routes a path comes near that no route took, and what differs.

Owns nearness of paths: the cheapest way from one to the other, segment by segment. Must not route: the edge does,
and its routes are an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from heapq import nsmallest
from typing import TYPE_CHECKING, NamedTuple

from emulator.core.matching import Difference, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PARAM = "{}"
_SEGMENTS = 16
"""No route has more than half of it; what lies behind is not looked at."""

_LONGEST = 60
"""No segment of a route is longer than half of it."""

_ALIKE = 0.6
"""From which ratio on a segment is a slip of another, as ``difflib`` has it."""

_METHOD = 50
"""What another method costs: more than a slip in a segment."""

_OTHER = 100
"""What a segment costs that is another one, too many or too few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearRoute:
    """A route that nearly took a request, such as ``POST /calls/{}/actions/siprec_start``."""

    route: str
    differences: tuple[Difference, ...]


class _Way(NamedTuple):
    """From a path to a route: what it costs, and what had to change."""

    cost: int = 0
    differences: tuple[Difference, ...] = ()

    def then(self, cost: int, expected: str, found: str) -> _Way:
        """One segment further."""
        if not cost:
            return self
        return _Way(
            self.cost + cost, (*self.differences, Difference(field="path", expected=expected, found=found))
        )


def takes(method: str, target: str, routes: Iterable[str]) -> bool:
    """Whether a route has just this method and path.

    Args:
        method: HTTP method, upper case.
        target: As it came, with or without ``/v2``, query and authority.
        routes: Such as ``POST /calls/{}/actions/siprec_start``; ``{}`` is any text but none.
    """
    return any(not _way(method, _segments(target), route).cost for route in routes)


def nearest_routes(method: str, target: str, routes: Iterable[str], limit: int) -> tuple[NearRoute, ...]:
    """The routes that come nearest to a request.

    Args:
        method: HTTP method, upper case.
        target: As it came, with or without ``/v2``, query and authority.
        routes: Such as ``POST /calls/{}/actions/siprec_start``.
        limit: How many to tell.

    Returns:
        The nearest first; none of which no segment is in the path, not even with a slip.
    """
    segments = _segments(target)
    ways = [(_way(method, segments, route), route) for route in routes if _akin(segments, route)]
    nearest = nsmallest(limit, ways, key=lambda pair: pair[0].cost)
    return tuple(NearRoute(route=route, differences=way.differences) for way, route in nearest)


def _segments(target: str) -> list[str]:
    path = target.partition("?")[0]
    if not path.startswith("/"):
        # the absolute form of RFC 9112 section 3.2.2
        path = "/" + path.partition("://")[2].partition("/")[2]
    segments = path.removeprefix("/v2/").removeprefix("/").split("/", _SEGMENTS)
    return segments[:_SEGMENTS]


def _parts(route: str) -> tuple[str, list[str]]:
    """A route's method and segments."""
    method, _, path = route.partition(" ")
    return method, path.split("/")[1:]


def _akin(segments: Sequence[str], route: str) -> bool:
    literals = [wanted for wanted in _parts(route)[1] if _PARAM not in wanted]
    return any(_cost(segment, wanted) < _OTHER for segment in segments for wanted in literals)


def _way(method: str, segments: Sequence[str], route: str) -> _Way:
    wanted, path = _parts(route)
    way = _aligned(segments, path)
    if method == wanted:
        return way
    differs = Difference(field="method", expected=shown(wanted), found=shown(method))
    return _Way(way.cost + _METHOD, (differs, *way.differences))


def _aligned(segments: Sequence[str], path: Sequence[str]) -> _Way:
    """The cheapest way, by rows: each cell is the way from so many segments to so many of the route's."""
    row = [_Way()]
    for wanted in path:
        row.append(_missing(row[-1], wanted))
    for segment in segments:
        above, row = row, [_extra(row[0], segment)]
        for index, wanted in enumerate(path):
            instead = above[index].then(_cost(segment, wanted), _wording(wanted), shown(segment))
            without = _extra(above[index + 1], segment)
            between = _missing(row[index], wanted)
            row.append(min(instead, without, between, key=lambda way: way.cost))
    return row[-1]


def _missing(way: _Way, wanted: str) -> _Way:
    return way.then(_OTHER, _wording(wanted), "not there")


def _extra(way: _Way, segment: str) -> _Way:
    return way.then(_OTHER, "not there", shown(segment))


def _wording(wanted: str) -> str:
    if wanted == _PARAM:
        return "a value"
    return f"a value and '{wanted.removeprefix(_PARAM)}'" if _PARAM in wanted else shown(wanted)


@lru_cache(maxsize=4_096)
def _cost(segment: str, wanted: str) -> int:
    """What it costs to take one segment for another: nothing where they are the same."""
    if _PARAM in wanted:
        suffix = wanted.removeprefix(_PARAM)
        return 0 if segment.endswith(suffix) and segment != suffix else _OTHER
    if segment == wanted:
        return 0
    if len(segment) > _LONGEST:
        return _OTHER
    ratio = SequenceMatcher(None, segment.lower(), wanted.lower()).ratio()
    return 1 + round((1 - ratio) * 100) if ratio >= _ALIKE else _OTHER
