"""The values of an outlook: stretches of time that add up."""

from __future__ import annotations

import pytest

from emulator.core.draws import Lognormal, Uniform
from emulator.core.models import MILLISECOND, SECOND
from emulator.core.outlook import Span, span


def test_a_time_that_is_known_begins_and_ends_at_once() -> None:
    assert span(50 * MILLISECOND) == Span(soonest=50 * MILLISECOND, latest=50 * MILLISECOND)


def test_stretches_follow_one_another_end_to_end() -> None:
    """The soonest after the soonest, the latest after the latest."""
    first, second = Span(soonest=1, latest=5), Span(soonest=10, latest=70)
    assert first + second == Span(soonest=11, latest=75)


@pytest.mark.parametrize(
    ("drawn", "between"),
    [
        (Uniform(low=1 * SECOND, high=2 * SECOND), (1 * SECOND, 2 * SECOND)),
        (Lognormal(median=1 * SECOND, sigma=1, longest=5 * SECOND), (0, 5 * SECOND)),
    ],
)
def test_a_time_that_is_drawn_lies_in_its_range(drawn: Uniform | Lognormal, between: tuple[int, int]) -> None:
    stretch = span(drawn)
    assert (stretch.soonest, stretch.latest) == between
