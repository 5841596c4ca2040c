"""Paging of the journal's lists."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.engine import Engine
from emulator.core.errors import ControlError, UnknownRoute
from emulator.core.policy import Policy
from emulator.core.turn import Addresses
from emulator.core.validation import Schemas
from emulator.web import records

NAMES = ("a", "b")


def engine(owners: list[str]) -> Engine:
    """One stray request for each of these namespaces, in this order: numbers 1, 2, ..."""
    made = Engine(
        policy=Policy(),
        schemas=Schemas({}),
        scenarios=(),
        addresses=Addresses(),
        public_key="",
        randomness=lambda _: random.Random(0),  # noqa: S311 - no secrets
    )
    for at, owner in enumerate(owners):
        made.stray(owner, "GET", "/x", UnknownRoute(), at)
    return made


@given(st.lists(st.sampled_from(NAMES), max_size=12), st.integers(1, 5), st.sampled_from([None, *NAMES]))
def test_pages_put_together_are_the_whole_list_once_and_in_order(
    owners: list[str], limit: int, chosen: str | None
) -> None:
    subject, after, seen = engine(owners), 0, []
    while page := records.requests(subject, chosen, {"after": str(after), "limit": str(limit)}):
        if not page["data"]:
            break
        assert len(page["data"]) <= limit
        seen += [one["id"] for one in page["data"]]
        after = page["meta"]["next_after"]
    assert seen == [at for at, owner in enumerate(owners, start=1) if chosen in {None, owner}]


@given(st.lists(st.sampled_from(NAMES), max_size=12), st.integers(0, 5))
def test_without_after_the_latest_are_shown(owners: list[str], limit: int) -> None:
    page = records.requests(engine(owners), None, {"limit": str(limit)})
    numbers = list(range(1, len(owners) + 1))
    assert [one["id"] for one in page["data"]] == numbers[max(0, len(owners) - limit) :]


@given(st.lists(st.sampled_from(NAMES), max_size=12), st.integers(1, 5))
def test_pages_read_back_are_the_whole_list_once_and_in_order(owners: list[str], limit: int) -> None:
    subject, before = engine(owners), len(owners) + 1
    seen: list[int] = []
    while page := records.requests(subject, None, {"before": str(before), "limit": str(limit)})["data"]:
        seen = [one["id"] for one in page] + seen
        before = page[0]["id"]
    assert seen == list(range(1, len(owners) + 1))


def test_after_and_before_together_show_the_first_between() -> None:
    page = records.requests(engine(["a"] * 9), None, {"after": "2", "before": "8", "limit": "3"})
    assert [one["id"] for one in page["data"]] == [3, 4, 5]


@given(
    st.dictionaries(st.sampled_from(["limit", "after", "before", "status", "namespace"]) | st.text(), st.text())
)
def test_any_query_is_answered_or_refused(query: dict[str, str]) -> None:
    try:
        page = records.requests(engine(["a"]), None, query)
    except ControlError as refused:
        assert refused.status == 422  # noqa: PT017 - both ways are right
        return
    assert set(page) == {"data", "meta"}


@given(st.text())
def test_any_id_is_found_or_404(entry_id: str) -> None:
    subject = engine(["a"])
    if entry_id.isascii() and entry_id.isdigit() and int(entry_id[:18]) == 1:
        return
    with pytest.raises(ControlError) as refused:
        records.request(subject, None, entry_id)
    assert refused.value.status == 404
