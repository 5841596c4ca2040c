"""Pages from either end of a list: what a filter over the whole list would leave, cut where the query says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import ControlError
from emulator.web.paging import Shown, by_seq, in_order, page

if TYPE_CHECKING:
    from emulator.core.views import View
    from emulator.web.paging import Listing


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """An entry."""

    seq: int


def line(entry: One) -> View:
    """As a list shows it."""
    return {"id": entry.seq, "odd": entry.seq % 2}


QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "limit": st.integers(0, 6).map(str),
        "after": st.integers(0, 30).map(str),
        "before": st.integers(0, 30).map(str),
        "odd": st.sampled_from(["0", "1"]),
    },
)


def expected(entries: list[tuple[int, One]], query: dict[str, str]) -> list[int]:
    """By the words of the control API: the first after ``after``, else the latest."""
    held = [
        entry.seq
        for number, entry in entries
        if int(query.get("after", "-1")) < number < int(query.get("before", "99"))
        and query.get("odd", str(entry.seq % 2)) == str(entry.seq % 2)
    ]
    limit = int(query.get("limit", "100"))
    if "after" in query:
        return held[:limit]
    return held[max(0, len(held) - limit) :]


def shown(listing: Listing[One], query: dict[str, str]) -> list[int]:
    """What a page has."""
    return [one["id"] for one in page(listing, query, ("odd",), Shown(line))["data"]]


@given(st.lists(st.integers(0, 2), max_size=25), QUERIES)
def test_of_logs_the_entries_count_by_their_own_numbers(logs: list[int], query: dict[str, str]) -> None:
    """Each entry lies in one of three logs; numbers have gaps."""
    entries = [One(seq=2 + place + place // 3) for place in range(len(logs))]
    apart = [[entry for entry, log in zip(entries, logs, strict=True) if log == one] for one in range(3)]
    assert shown(by_seq(apart), query) == expected([(entry.seq, entry) for entry in entries], query)


@given(st.integers(0, 25), QUERIES)
def test_entries_without_numbers_count_by_their_place(count: int, query: dict[str, str]) -> None:
    entries = [One(seq=10 * place) for place in range(1, count + 1)]
    assert shown(in_order(entries), query) == expected(list(enumerate(entries, start=1)), query)


def test_the_next_page_begins_after_the_last_entry_or_where_this_one_did() -> None:
    listing = in_order([One(seq=7), One(seq=8)])
    assert page(listing, {"limit": "1", "after": "0"}, (), Shown(line))["meta"] == {"next_after": 1}
    assert page(listing, {"after": "2"}, (), Shown(line))["meta"] == {"next_after": 2}
    assert page(in_order([]), {}, (), Shown(line))["meta"] == {"next_after": None}


def test_a_page_at_the_end_of_a_list_walks_no_further_than_it_must() -> None:
    walked = []

    def looked_at(entry: One) -> View:
        walked.append(entry.seq)
        return line(entry)

    entries = [One(seq=number) for number in range(1, 1_001)]
    page(by_seq([entries]), {"limit": "2", "odd": "1"}, ("odd",), Shown(looked_at))
    # four to find two that are odd, and those two to show them
    assert walked == [1000, 999, 998, 997, 997, 999]


@pytest.mark.parametrize("field", ["limit", "after", "before"])
@pytest.mark.parametrize("value", ["-1", "x", "", "٣", "9" * 20, pytest.param("1" * 5_000, id="long")])
def test_a_number_that_is_none_is_refused(field: str, value: str) -> None:
    with pytest.raises(ControlError, match=f"field '{field}' must be a whole number") as caught:
        page(in_order([]), {field: value}, (), Shown(line))
    assert caught.value.status == 422
