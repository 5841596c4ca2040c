"""What a receiver counts, by the definitions of RFC 3550 section 6.4.1 and appendices A.1, A.3 and A.8."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from emulator.core.models import MILLISECOND, SECOND
from emulator.siprec.media.counting import Received, Reception, round_trip
from emulator.siprec.media.rtcp import ReportBlock, middle_of, ntp_time
from emulator.siprec.media.rtp import RtpPacket

if TYPE_CHECKING:
    from collections.abc import Iterable

START = 1_700_000_000 * SECOND
FRAME = 20 * MILLISECOND


def packet(number: int, *, timestamp: int | None = None) -> RtpPacket:
    return RtpPacket(
        payload_type=0,
        sequence=number % (1 << 16),
        timestamp=(number * 160 if timestamp is None else timestamp) % (1 << 32),
        ssrc=42,
        payload=bytes(160),
    )


def reception(numbers: Iterable[int]) -> Reception:
    """Packets of these numbers, each at its own time."""
    first, *others = numbers
    counting = Reception(packet(first), START + first * FRAME)
    for number in others:
        counting.took(packet(number), START + number * FRAME)
    return counting


def counted(*numbers: int) -> Received:
    return reception(numbers).counted()


def test_a_stream_that_comes_whole_has_no_loss_and_no_jitter() -> None:
    whole = reception(range(500)).counted()
    assert (whole.packets, whole.octets, whole.expected) == (500, 80_000, 500)
    assert (whole.lost, whole.duplicates, whole.reordered, whole.jitter) == (0, 0, 0, 0)


def test_what_lies_between_two_that_came_is_lost() -> None:
    assert counted(10, 11, 14).lost == 2


def test_a_sequence_goes_on_behind_its_wrap() -> None:
    wrapped = counted(65_534, 65_535, 65_536, 65_537)
    assert (wrapped.expected, wrapped.lost, wrapped.restarts) == (4, 0, 0)


def test_the_reported_sequence_counts_its_cycles() -> None:
    assert reception((65_535, 65_536)).reported(START).highest == 1 << 16


def test_one_that_comes_after_a_later_one_is_reordered_and_not_lost() -> None:
    late = counted(1, 2, 4, 3, 5)
    assert (late.reordered, late.lost, late.duplicates) == (1, 0, 0)


def test_one_that_comes_before_the_first_that_came_belongs_to_the_stream() -> None:
    late = counted(5, 4, 6)
    assert (late.expected, late.reordered, late.lost) == (3, 1, 0)


def test_one_that_comes_twice_makes_up_for_no_loss() -> None:
    twice = counted(1, 2, 2, 4)
    assert (twice.duplicates, twice.lost) == (1, 1)


def test_one_far_packet_alone_moves_nothing() -> None:
    stray = counted(1, 2, 30_000, 3)
    assert (stray.expected, stray.lost, stray.restarts) == (3, 0, 0)


def test_two_far_packets_in_a_row_begin_the_source_anew() -> None:
    anew = counted(1, 2, 30_000, 30_001, 30_002)
    assert (anew.expected, anew.lost, anew.restarts, anew.duplicates) == (5, 0, 1, 0)


def test_jitter_is_a_sixteenth_of_the_first_step_between_the_clocks() -> None:
    counting = Reception(packet(0), START)
    counting.took(packet(1), START + FRAME + 16 * MILLISECOND)
    # 16 ms are 128 samples, and J = 0 + (128 - 0) / 16
    assert counting.reported(START).jitter == 8
    assert counting.counted().jitter == MILLISECOND


def test_jitter_nears_a_steady_step() -> None:
    counting = Reception(packet(0), START)
    for number in range(1, 400):
        counting.took(packet(number), START + number * FRAME + number % 2 * 5 * MILLISECOND)
    assert abs(counting.counted().jitter - 5 * MILLISECOND) < MILLISECOND // 4


def test_timestamps_that_begin_anew_leave_the_jitter_as_it_was() -> None:
    counting = Reception(packet(0), START)
    counting.took(packet(1, timestamp=1 << 31), START + FRAME)
    assert counting.counted().jitter == 0


def test_a_report_says_what_was_lost_since_the_last() -> None:
    counting = reception((0, 1, 2, 3))
    assert counting.reported(START).fraction_lost == 0
    for number in (4, 6, 7):
        counting.took(packet(number), START + number * FRAME)
    block = counting.reported(START)
    # one of four, of 256
    assert (block.fraction_lost, block.lost) == (64, 1)
    assert counting.reported(START).fraction_lost == 0


def test_duplicates_make_the_reported_loss_negative() -> None:
    block = reception((0, 1, 1, 1)).reported(START)
    assert (block.fraction_lost, block.lost) == (0, -2)


def test_a_report_names_the_last_sr_and_how_long_it_is_ago() -> None:
    counting = reception((0, 1))
    ntp = ntp_time(START)
    counting.told(ntp, START + FRAME)
    block = counting.reported(START + FRAME + SECOND // 2)
    assert (block.last_report, block.since_last_report) == (middle_of(ntp), 1 << 15)


def test_the_way_there_and_back_is_what_the_peer_did_not_hold_back() -> None:
    sent, came = START, START + 3 * SECOND
    block = ReportBlock(
        ssrc=1,
        fraction_lost=0,
        lost=0,
        highest=1,
        jitter=0,
        last_report=middle_of(ntp_time(sent)),
        since_last_report=2 << 16,
    )
    assert round_trip(block, came) == SECOND


def test_a_peer_that_heard_no_sr_tells_no_way() -> None:
    assert round_trip(reception((0, 1)).reported(START), START) is None


@given(st.lists(st.integers(0, (1 << 16) - 1), min_size=1, max_size=60))
def test_any_order_of_packets_is_counted(numbers: list[int]) -> None:
    counting = reception(numbers)
    told = counting.counted()
    assert told.packets == len(numbers)
    assert told.expected >= 1
    assert told.lost >= 0
    assert told.duplicates >= 0
    assert 0 <= counting.reported(START).fraction_lost <= 255


@given(
    st.sets(st.integers(0, 90), min_size=1), st.integers(0, (1 << 16) - 1), st.builds(Random, st.integers(0, 99))
)
def test_loss_is_what_is_missing_however_it_is_shuffled(came: set[int], base: int, shuffle: Random) -> None:
    numbers = [base + number for number in came]
    shuffle.shuffle(numbers)
    told = reception(numbers).counted()
    assert told.lost == max(came) - min(came) + 1 - len(came)
    assert told.duplicates == 0
