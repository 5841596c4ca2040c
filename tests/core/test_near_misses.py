"""What nearly answers a question: the order, the differences and the bounds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.facts import Field
from emulator.core.matching import Difference, holds, read_matcher
from emulator.core.models import SECOND
from emulator.core.near_misses import LOOKED_AT, near_miss_view, nearest
from emulator.core.query import Hit, Kind, Query
from tests.core.journals import hits, namespace, request, webhook

CALL, STATUS = Field("call_control_id"), Field("status")
TO_A = Query(kind=Kind.REQUESTS, matchers=((CALL, read_matcher("v3:a")), (STATUS, read_matcher(200))))


def test_the_nearest_comes_first_and_of_two_alike_the_later() -> None:
    """Matching ones are no misses; three are told."""
    told = hits(
        request(1),
        request(2, call="x"),
        request(3, call="x", status=422),
        request(4, status=500),
        request(5, status=422),
    )
    near = nearest(TO_A, told, lambda _: 0)
    assert [(miss.hit.entry, miss.held) for miss in near] == [
        (request(5, status=422), 1),
        (request(4, status=500), 1),
        (request(2, call="x"), 1),
    ]
    assert [difference.field for difference in near[2].differences] == ["call_control_id"]
    assert nearest(TO_A, told, lambda _: 0, limit=9)[-1].held == 0


def test_a_miss_tells_only_what_differs_in_words() -> None:
    wanted = Query(
        kind=Kind.WEBHOOKS,
        matchers=(
            (Field("event_type"), read_matcher("siprec.started")),
            (Field("payload", "hangup_cause"), read_matcher({"glob": "normal*"})),
        ),
    )
    [miss] = nearest(wanted, hits(webhook(1)), lambda _: 0)
    view = near_miss_view(miss)
    entry = view.pop("entry")
    assert view == {
        "held": 1,
        "differences": [
            {"field": "payload.hangup_cause", "expected": "matching glob 'normal*'", "found": "not there"}
        ],
    }
    assert (entry["id"], entry["event_type"], entry["call_control_id"]) == ("e1", "siprec.started", "v3:a")
    assert not any(isinstance(value, (list, dict)) for value in entry.values())


def test_what_is_only_too_old_says_so() -> None:
    recent = Query(kind=Kind.REQUESTS, matchers=TO_A.matchers, last=10 * SECOND)
    told = hits(request(1, at=0), request(2, at=5 * SECOND))
    [miss] = nearest(recent, told, lambda _: 15 * SECOND)
    assert miss.hit.entry == request(1, at=0)
    assert miss.differences == (
        Difference(field="at", expected="in the last 10s", found="1970-01-01T00:00:00.000000Z"),
    )


def test_only_the_latest_are_looked_at() -> None:
    where = namespace()
    told = [Hit(where, request(1, status=422))] + [
        Hit(where, request(seq, call="x", status=422)) for seq in range(2, LOOKED_AT + 2)
    ]
    assert [miss.held for miss in nearest(TO_A, told, lambda _: 0, limit=1)] == [0]


def test_what_is_long_is_cut() -> None:
    wanted = Query(kind=Kind.REQUESTS, matchers=((Field("target"), read_matcher("y" * 9_000)),))
    [miss] = nearest(wanted, hits(request(1, call="x" * 9_000)), lambda _: 0)
    view = near_miss_view(miss)
    assert len(view["entry"]["target"]) == len(view["entry"]["call_control_id"]) == 200
    assert len(str(view)) < 1_500


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("xyz"), min_size=1),
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("xyz")),
)
def test_a_near_miss_lists_exactly_the_fields_whose_matcher_does_not_hold(
    wanted: dict[str, str], payload: dict[str, str]
) -> None:
    matchers = tuple((Field("payload", name), read_matcher(value)) for name, value in wanted.items())
    missed = nearest(Query(kind=Kind.WEBHOOKS, matchers=matchers), hits(webhook(1, dict(payload))), lambda _: 0)
    differing = [f"payload.{name}" for name, value in wanted.items() if payload.get(name) != value]
    assert [one.field for miss in missed for one in miss.differences] == differing
    assert sum(miss.held for miss in missed) == (len(wanted) - len(differing) if differing else 0)


@pytest.mark.parametrize("there", [True, False])
def test_presence_is_told_in_words_too(there: bool) -> None:
    matcher = read_matcher({"present": not there})
    payload = {"x": 1} if there else {}
    assert not holds(matcher, payload.get("x"), there=there)
    query = Query(kind=Kind.WEBHOOKS, matchers=((Field("payload", "x"), matcher),))
    [miss] = nearest(query, hits(webhook(1, dict(payload))), lambda _: 0)
    expected, found = ("not there", "1") if there else ("there", "not there")
    assert miss.differences == (Difference(field="payload.x", expected=expected, found=found),)
