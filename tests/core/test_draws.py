"""Drawn durations: within their bounds, spread as the distribution says, and repeated by a seed."""

from __future__ import annotations

from random import Random
from statistics import fmean, median, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.draws import Delay, Lognormal, Uniform, bounds, chance, draw, drawn
from emulator.core.durations import MAX_DURATION
from emulator.core.models import HOUR, SECOND


class Bits:
    """The same bits again and again: all zeros, all ones, or what lies between."""

    def __init__(self, share: float) -> None:
        """``share`` is how far from all zeros to all ones."""
        self._share = share
        self.asked = 0

    def getrandbits(self, k: int, /) -> int:
        """The number that is ``share`` of the way from all zeros to all ones."""
        self.asked += 1
        return int(((1 << k) - 1) * self._share)


def seeded(seed: int) -> Random:
    """A source of bits that repeats."""
    return Random(seed)  # noqa: S311 - durations, no secrets


LOWEST, MIDDLE, HIGHEST = 0.0, 0.5, 1.0


def test_a_written_duration_is_not_drawn() -> None:
    """No bit is spent on it, so that adding one to a scenario shifts no other draw."""
    source = Bits(MIDDLE)
    assert draw(3 * SECOND, source) == 3 * SECOND
    assert source.asked == 0


@pytest.mark.parametrize(("share", "duration"), [(LOWEST, 1), (MIDDLE, 2), (HIGHEST, 3)])
def test_a_uniform_draw_reaches_both_its_ends(share: float, duration: int) -> None:
    """And goes no further."""
    assert draw(Uniform(low=1, high=3), Bits(share)) == duration


def test_a_uniform_draw_is_as_likely_everywhere() -> None:
    """Each of ten durations about a tenth of the time."""
    source = seeded(1)
    found = [draw(Uniform(low=10, high=19), source) for _ in range(5000)]
    assert set(found) == set(range(10, 20))
    assert all(400 < found.count(one) < 600 for one in set(found))


def test_half_of_a_lognormal_draw_is_below_its_median() -> None:
    """Sigma is the standard deviation of the logarithm: about 68 of 100 lie within e**sigma of the median."""
    source = seeded(1)
    delay = Lognormal(median=SECOND, sigma=0.7)
    found = [draw(delay, source) for _ in range(5000)]
    assert median(found) == pytest.approx(SECOND, rel=0.05)
    within = fmean(SECOND / 2.01375 <= one <= SECOND * 2.01375 for one in found)
    assert within == pytest.approx(0.6827, abs=0.03)
    assert stdev(found) > 0.5 * SECOND


@pytest.mark.parametrize(
    ("delay", "share", "duration"),
    [
        (Lognormal(median=SECOND, sigma=0.5), MIDDLE, SECOND),
        (Lognormal(median=SECOND, sigma=0.5, longest=2 * SECOND), HIGHEST, 2 * SECOND),
        (Lognormal(median=HOUR, sigma=10.0), HIGHEST, MAX_DURATION),
        (Lognormal(median=1, sigma=1e6), HIGHEST, MAX_DURATION),
        (Lognormal(median=HOUR, sigma=1e6), LOWEST, 0),
        (Lognormal(median=0, sigma=1e6), HIGHEST, 0),
        (Lognormal(median=SECOND, sigma=9.0, longest=2 * MAX_DURATION), HIGHEST, MAX_DURATION),
    ],
)
def test_a_lognormal_draw_is_cut_at_the_longest(delay: Lognormal, share: float, duration: int) -> None:
    """Its own longest, and a day whatever it says; however far out the draw lies."""
    assert draw(delay, Bits(share)) == pytest.approx(duration, abs=1)


DELAYS = (
    st.integers(0, MAX_DURATION)
    | st.tuples(st.integers(0, MAX_DURATION), st.integers(0, MAX_DURATION)).map(
        lambda ends: Uniform(low=min(ends), high=max(ends))
    )
    | st.builds(
        Lognormal,
        median=st.integers(0, MAX_DURATION),
        sigma=st.floats(0.001, 10),
        longest=st.integers(0, MAX_DURATION),
    )
)


@given(DELAYS, st.sampled_from([LOWEST, MIDDLE, HIGHEST]).map(Bits) | st.integers(0, 99).map(seeded))
def test_every_draw_lies_within_its_bounds(delay: Delay, source: Bits | Random) -> None:
    """Whatever the bits, and within what any duration may be."""
    shortest, longest = bounds(delay)
    assert 0 <= shortest <= draw(delay, source) <= longest <= MAX_DURATION


def test_bounds_are_tight_where_a_distribution_has_ends() -> None:
    """A written duration is both of them."""
    assert bounds(5) == (5, 5)
    assert bounds(Uniform(low=2, high=9)) == (2, 9)
    assert bounds(Lognormal(median=5, sigma=1.0, longest=8)) == (0, 8)


def test_a_seed_repeats_every_draw() -> None:
    """So that a run can be repeated."""
    delays: list[Delay] = [Uniform(low=0, high=HOUR), Lognormal(median=SECOND, sigma=1.0)] * 20
    first, second = ([draw(delay, source) for delay in delays] for source in (seeded(7), seeded(7)))
    assert first == second
    assert len(set(first)) > 30


def test_what_is_drawn_is_a_duration() -> None:
    """A distribution that is left over is a fault of the emulator, and told as one."""
    assert drawn(5) == 5
    with pytest.raises(TypeError, match="was not drawn"):
        drawn(Uniform(low=1, high=2))


def test_a_chance_happens_as_often_as_it_says() -> None:
    """About 30 in 100."""
    source = seeded(1)
    assert fmean(chance(0.3, source) for _ in range(5000)) == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize(
    ("probability", "happens"), [(0, False), (0.0, False), (-1, False), (1, True), (1.0, True)]
)
def test_what_is_certain_or_impossible_spends_no_bits(probability: float, happens: bool) -> None:
    """Whatever the bits would have said."""
    for share in (LOWEST, HIGHEST):
        source = Bits(share)
        assert chance(probability, source) is happens
        assert source.asked == 0
