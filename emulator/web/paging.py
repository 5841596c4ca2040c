"""Pages of the journal's lists: the fields that a query may have, and the entries that it means.

Owns limits, ``after`` and ``before``, and how far a list is walked for a page. Must not know what the entries are.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import merge
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

from emulator.core.errors import ControlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Reversible, Sequence

    from emulator.core.views import View

Query: TypeAlias = "Mapping[str, str]"

VIEWS = ("line", "whole")
"""How a list may show its entries."""

DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000
_MAX_NUMBER = 1 << 62

_DIGITS = 20
"""Longer runs of digits are no number that a field takes, and int() is quadratic in their length."""

T = TypeVar("T")


class Numbered(Protocol):
    """An entry that knows its number."""

    @property
    def seq(self) -> int:
        """Counted over the whole server."""


N = TypeVar("N", bound=Numbered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[T]):
    """Entries by rising numbers, to be walked from either end: a page is mostly at the last one.

    Attributes:
        after: The entries with a higher number than this, lowest first, each with its number.
        before: Those with a lower number, highest first.
    """

    after: Callable[[int], Iterator[tuple[int, T]]]
    before: Callable[[int], Iterator[tuple[int, T]]]


def by_seq(logs: Sequence[Reversible[N]]) -> Listing[N]:
    """The entries of several logs together, by ``seq``; each has its own in that order."""

    def after(number: int) -> Iterator[tuple[int, N]]:
        together = merge(*logs, key=_seq)
        return ((one.seq, one) for one in together if one.seq > number)

    def before(number: int) -> Iterator[tuple[int, N]]:
        together = merge(*(reversed(log) for log in logs), key=_seq, reverse=True)
        return ((one.seq, one) for one in together if one.seq < number)

    return Listing(after=after, before=before)


def in_order(entries: Sequence[T]) -> Listing[T]:
    """Entries that have no number but their place, from 1."""

    def after(number: int) -> Iterator[tuple[int, T]]:
        return ((place + 1, entries[place]) for place in range(number, len(entries)))

    def before(number: int) -> Iterator[tuple[int, T]]:
        return ((place, entries[place - 1]) for place in range(min(number - 1, len(entries)), 0, -1))

    return Listing(after=after, before=before)


class Shown(Generic[T]):
    """How a list's entries are shown: a line each, and where there is more to tell, whole."""

    def __init__(self, line: Callable[[T], View], whole: Callable[[T], View] | None = None) -> None:
        """Know both forms; ``whole`` None: the line is all that there is."""
        self.line = line
        self.whole = whole

    def chosen(self, query: Query) -> Callable[[T], View]:
        """The form that the query's ``view`` wants; the line where it says nothing."""
        wanted = query.get("view", VIEWS[0])
        if wanted not in VIEWS:
            raise ControlError(422, f"The query's field 'view' is one of {', '.join(VIEWS)}.")
        return self.whole if self.whole is not None and wanted == VIEWS[1] else self.line


def page(listing: Listing[T], query: Query, fields: Iterable[str], shown: Shown[T]) -> View:
    """The entries that hold all the query's fields: the first after ``after``, else the latest ``limit``.

    Args:
        listing: All entries.
        query: As it was asked.
        fields: Those of a line that may be asked for.
        shown: How entries are shown.

    Raises:
        ControlError: 422, the query has a field that there is none of, or one with a wrong value.
    """
    limit = _bounded(query, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    wanted = {field: query[field] for field in fields if field in query}
    known = {"limit", "after", "before", "namespace"} | ({"view"} if shown.whole else set())
    unknown = set(query) - set(wanted) - known
    if unknown:
        others = ", ".join((*fields, *sorted(known - {"namespace"})))
        raise ControlError(422, f"The query's field '{min(unknown)}' is none of {others}.")
    show = shown.chosen(query)
    after = _bounded(query, "after", 0, _MAX_NUMBER) if "after" in query else None
    before = _bounded(query, "before", 0, _MAX_NUMBER) if "before" in query else _MAX_NUMBER
    if after is None:
        walk = listing.before(before)
    else:
        walk = takewhile(lambda numbered: numbered[0] < before, listing.after(after))
    found = list(islice((one for one in walk if not wanted or _holds(shown.line(one[1]), wanted)), limit))
    if after is None:
        found.reverse()
    return {
        "data": [show(entry) for _, entry in found],
        "meta": {"next_after": found[-1][0] if found else after},
    }


def _holds(view: View, wanted: Mapping[str, str]) -> bool:
    return all(str(view.get(field)) == text for field, text in wanted.items())


def _bounded(query: Query, field: str, default: int, most: int) -> int:
    text = query.get(field)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) <= most):
        raise ControlError(422, f"The query's field '{field}' must be a whole number up to {most}.")
    return int(text)


def _seq(entry: Numbered) -> int:
    return entry.seq
