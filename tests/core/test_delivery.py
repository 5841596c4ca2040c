"""Deliveries: the retries of Telnyx's pages, the failover, and a machine that always ends."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.delivery import DeliveryState, Try, abandon, begin, judge_status, next_try, record
from emulator.core.effects import (
    AttemptError,
    AttemptOutcome,
    AttemptResult,
    Backoff,
    DeliveryPolicy,
    SuccessRule,
)

if TYPE_CHECKING:
    from emulator.core.delivery import Delivery
    from emulator.core.models import Instant

SECOND = 1_000_000
A, B = "http://a.test/hook", "http://b.test/hook"


def result(outcome: AttemptOutcome = AttemptOutcome.FAILED, *, refused: bool = False) -> AttemptResult:
    return AttemptResult(attempt_id="x", outcome=outcome, started_at=0, finished_at=0, refused=refused)


def play(delivery: Delivery, results: list[AttemptResult]) -> tuple[Delivery, list[tuple[Try, Instant]]]:
    """Run a delivery, each try at the instant at which it is due, each failing at once."""
    made: list[tuple[Try, Instant]] = []
    due: Instant | None = 0
    for outcome in results:
        if due is None:
            break
        made.append((next_try(delivery), due))
        delivery, due = record(delivery, outcome, due)
    return delivery, made


def test_a_delivery_that_fails_everywhere_tries_three_times_at_each_url_with_exponential_backoff() -> None:
    end, made = play(begin(DeliveryPolicy(), A, B), [result()] * 10)
    assert [(t.number, t.url, due // SECOND) for t, due in made] == [
        (1, A, 0),
        (2, A, 1),
        (3, A, 3),
        (4, B, 3),
        (5, B, 4),
        (6, B, 6),
    ]
    assert end.state is DeliveryState.FAILED
    assert end.over


def test_a_delivery_ends_with_the_first_success() -> None:
    end, made = play(begin(DeliveryPolicy(), A, B), [result(), result(AttemptOutcome.DELIVERED), result()])
    assert [t.number for t, _ in made] == [1, 2]
    assert end.state is DeliveryState.DELIVERED


def test_the_pause_grows_by_the_factor_and_stops_at_its_maximum() -> None:
    policy = DeliveryPolicy(attempts_per_url=6, backoff=Backoff(first=2 * SECOND, factor=3.0, max=20 * SECOND))
    _, made = play(begin(policy, A), [result()] * 9)
    dues = [due for _, due in made]
    assert [(b - a) // SECOND for a, b in pairwise(dues)] == [2, 6, 18, 20, 20]


def test_a_pause_never_overflows_however_many_tries() -> None:
    policy = DeliveryPolicy(attempts_per_url=3000, backoff=Backoff(first=1, factor=10.0, max=60 * SECOND))
    end, made = play(begin(policy, A), [result()] * 3001)
    assert len(made) == 3000
    assert end.state is DeliveryState.FAILED


@pytest.mark.parametrize(
    ("policy", "failover"),
    [(DeliveryPolicy(), None), (DeliveryPolicy(), ""), (DeliveryPolicy(failover=False), B)],
)
def test_without_a_failover_only_the_primary_is_tried(policy: DeliveryPolicy, failover: str | None) -> None:
    _, made = play(begin(policy, A, failover), [result()] * 9)
    assert [t.url for t, _ in made] == [A, A, A]


def test_a_refused_target_is_not_tried_again_and_the_failover_follows_at_once() -> None:
    end, made = play(begin(DeliveryPolicy(), A, B), [result(refused=True), result(refused=True), result()])
    assert [(t.number, t.url, due) for t, due in made] == [(1, A, 0), (2, B, 0)]
    assert end.state is DeliveryState.FAILED


def test_an_abandoned_try_abandons_the_delivery() -> None:
    end, _ = play(begin(DeliveryPolicy(), A, B), [result(), result(AttemptOutcome.ABANDONED)])
    assert end.state is DeliveryState.ABANDONED


def test_an_abandoned_delivery_stays_so_whatever_comes_after() -> None:
    gone = abandon(begin(DeliveryPolicy(), A))
    assert gone.state is DeliveryState.ABANDONED
    assert record(gone, result(AttemptOutcome.DELIVERED), 5) == (gone, None)
    assert abandon(gone) == gone


def test_a_delivered_one_cannot_be_abandoned() -> None:
    end, _ = play(begin(DeliveryPolicy(), A), [result(AttemptOutcome.DELIVERED)])
    assert abandon(end) is end


def test_a_result_of_an_attempt_under_way_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="has not ended"):
        record(begin(DeliveryPolicy(), A), result(AttemptOutcome.PENDING), 0)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, None),
        (201, None),
        (204, None),
        (299, None),
        (101, AttemptError.GENERIC),
        (300, AttemptError.REDIRECT),
        (302, AttemptError.REDIRECT),
        (308, AttemptError.REDIRECT),
        (400, AttemptError.STATUS_400),
        (401, AttemptError.CLIENT_ERROR),
        (404, AttemptError.STATUS_404),
        (429, AttemptError.CLIENT_ERROR),
        (500, AttemptError.STATUS_500),
        (503, AttemptError.SERVER_ERROR),
        (600, AttemptError.GENERIC),
    ],
)
def test_a_status_has_the_error_of_telnyx_catalogue(status: int, error: AttemptError | None) -> None:
    assert judge_status(status, SuccessRule.ANY_2XX) is error


@pytest.mark.parametrize(
    ("status", "error"), [(200, None), (204, AttemptError.NOT_200), (404, AttemptError.STATUS_404)]
)
def test_under_the_200_rule_another_2xx_is_75299(status: int, error: AttemptError | None) -> None:
    assert judge_status(status, SuccessRule.ONLY_200) is error


POLICIES = st.builds(
    DeliveryPolicy,
    attempts_per_url=st.integers(1, 6),
    failover=st.booleans(),
    backoff=st.builds(
        Backoff,
        first=st.integers(0, 10 * SECOND),
        factor=st.floats(1, 1e6),
        max=st.integers(0, 100 * SECOND),
    ),
)
RESULTS = st.lists(
    st.builds(
        result,
        st.sampled_from([AttemptOutcome.FAILED] * 6 + [AttemptOutcome.DELIVERED, AttemptOutcome.ABANDONED]),
        refused=st.booleans(),
    ),
    min_size=13,
    max_size=13,
)


@given(POLICIES, RESULTS, st.sampled_from([None, B]))
@settings(max_examples=100)
def test_every_delivery_ends_within_its_bound_in_order_of_time_and_the_same_way_each_time(
    policy: DeliveryPolicy, results: list[AttemptResult], failover: str | None
) -> None:
    start = begin(policy, A, failover)
    end, made = play(start, results)
    assert end.over
    assert end.tries == len(made) <= len(start.urls) * policy.attempts_per_url
    assert [t.number for t, _ in made] == list(range(1, len(made) + 1))
    dues = [due for _, due in made]
    assert dues == sorted(dues)
    assert play(start, results) == (end, made)


@given(POLICIES, RESULTS)
@settings(max_examples=50)
def test_no_pause_exceeds_the_maximum(policy: DeliveryPolicy, results: list[AttemptResult]) -> None:
    _, made = play(begin(policy, A, B), results)
    dues = [due for _, due in made]
    assert all(0 <= b - a <= policy.backoff.max for a, b in pairwise(dues))
