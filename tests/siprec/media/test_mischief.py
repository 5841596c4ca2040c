"""What is decided to go wrong."""

from __future__ import annotations

from itertools import pairwise

import pytest

from emulator.core.models import MILLISECOND, SECOND
from emulator.siprec.media.mischief import HARMLESS, LOST, UNHARMED, Mischief, changed, fate, silent

MANY = 4_000


def test_nothing_goes_wrong_unless_something_is_said() -> None:
    assert HARMLESS.harmless
    assert Mischief(seed=7).harmless
    assert all(fate(HARMLESS, "inbound", number) is UNHARMED for number in range(100))
    assert not silent(HARMLESS, SECOND)
    assert not changed(HARMLESS, SECOND)


@pytest.mark.parametrize(
    "mischief", [Mischief(loss=0.1), Mischief(mute=frozenset({"inbound"})), Mischief(jitter=1_000)]
)
def test_what_says_something_is_not_harmless(mischief: Mischief) -> None:
    assert not mischief.harmless


def test_the_same_seed_decides_the_same() -> None:
    mischief = Mischief(seed=3, loss=0.2, reordering=0.2, jitter=20 * MILLISECOND)
    twice = [[fate(mischief, "inbound", number) for number in range(200)] for _ in range(2)]
    assert twice[0] == twice[1]


def test_each_track_and_each_seed_decides_for_itself() -> None:
    one, other = Mischief(seed=3, loss=0.5), Mischief(seed=4, loss=0.5)
    draws = [[fate(one, "inbound", n), fate(one, "outbound", n), fate(other, "inbound", n)] for n in range(200)]
    assert len({tuple(fated.lost for fated in column) for column in zip(*draws, strict=True)}) == 3


def test_as_large_a_share_is_lost_as_is_said() -> None:
    lost = sum(fate(Mischief(loss=0.1), "inbound", number).lost for number in range(MANY))
    assert 0.08 < lost / MANY < 0.12


@pytest.mark.parametrize(("loss", "every"), [(1.0, True), (0.0, False)])
def test_all_or_nothing_is_lost(loss: float, every: bool) -> None:
    assert all((fate(Mischief(loss=loss, jitter=1), "x", n) is LOST) is every for n in range(MANY))


@pytest.mark.parametrize("share", [0.05, 0.25, 0.4])
def test_as_large_a_share_is_overtaken_as_is_said_and_never_two_in_a_row(share: float) -> None:
    """A packet that is held back as its predecessor was would leave after that one, in order."""
    fated = [UNHARMED]
    for number in range(MANY):
        fated.append(fate(Mischief(reordering=share), "inbound", number, fated[-1]))
    overtaken = [one.overtaken for one in fated]
    assert {(one.overtaken, one.held) for one in fated} == {(False, 0), (True, 21 * MILLISECOND)}
    assert abs(sum(overtaken) / MANY - share) < 0.03
    assert not any(one and other for one, other in pairwise(overtaken))


def test_jitter_holds_back_by_up_to_what_is_said() -> None:
    held = [fate(Mischief(jitter=10 * MILLISECOND), "inbound", number).held for number in range(MANY)]
    assert set(held) == {step * MILLISECOND for step in range(11)}
    assert abs(sum(held) / MANY - 5 * MILLISECOND) < MILLISECOND // 2


def test_silence_falls_and_stays() -> None:
    mischief = Mischief(silence_after=2 * SECOND)
    assert [silent(mischief, played) for played in (0, 2 * SECOND - 1, 2 * SECOND, 99 * SECOND)] == [
        False,
        False,
        True,
        True,
    ]


def test_silence_ends_where_its_end_is_said() -> None:
    mischief = Mischief(silence_after=2 * SECOND, silence_for=SECOND)
    assert silent(mischief, 3 * SECOND - 1)
    assert not silent(mischief, 3 * SECOND)


def test_the_codec_changes_once_it_is_time() -> None:
    mischief = Mischief(codec_after=SECOND)
    assert not changed(mischief, SECOND - 1)
    assert changed(mischief, SECOND)
