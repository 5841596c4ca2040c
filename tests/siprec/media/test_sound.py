"""Frames of sound, and the tones of the tracks."""

from __future__ import annotations

from array import array
from cmath import exp, pi
from itertools import pairwise

import pytest

from emulator.core.models import MILLISECOND, SECOND
from emulator.siprec.media.g711 import decoded, encoded
from emulator.siprec.media.sound import Sound
from emulator.siprec.media.tone import INBOUND_HZ, OUTBOUND_HZ, tone
from emulator.siprec.sdp.codecs import Codec


def strength(samples: array[int], frequency: float) -> float:
    """The amplitude of one frequency (a discrete Fourier transform's single bin)."""
    turn = -2j * pi * frequency / 8_000
    return 2 * abs(sum(level * exp(turn * at) for at, level in enumerate(samples))) / len(samples)


def test_a_sound_is_cut_into_frames_of_160_bytes() -> None:
    frames = Sound(array("h", range(480))).frames(Codec.PCMU)
    assert [len(frame) for frame in frames] == [160, 160, 160]
    assert b"".join(frames) == encoded(array("h", range(480)), Codec.PCMU)


def test_the_last_frame_is_filled_up_with_silence() -> None:
    sound = Sound(array("h", [1_000] * 161))
    assert sound.frames(Codec.PCMA)[1][1:] == b"\xd5" * 159
    assert sound.duration == 40 * MILLISECOND


def test_no_sample_at_all_is_silence() -> None:
    assert Sound(array("h")).frames(Codec.PCMU) == (b"\xff" * 160,)


def test_frames_are_made_once() -> None:
    sound = Sound(array("h", range(160)))
    assert sound.frames(Codec.PCMU) is sound.frames(Codec.PCMU)


@pytest.mark.parametrize("codec", Codec)
@pytest.mark.parametrize(("frequency", "other"), [(INBOUND_HZ, OUTBOUND_HZ), (OUTBOUND_HZ, INBOUND_HZ)])
def test_a_tone_is_its_own_frequency_and_not_the_others(frequency: int, other: int, codec: Codec) -> None:
    second = decoded(b"".join(tone(frequency).frames(codec) * 10), codec)
    assert abs(strength(second, frequency) - 8_000) < 100
    assert strength(second, other) < 80


@pytest.mark.parametrize("frequency", [440, 880, 425, 441, 1_000])
def test_a_tone_repeats_without_a_click(frequency: int) -> None:
    """No step from one sample to the next is higher where the tone begins anew than a sine's highest."""
    samples = decoded(b"".join(tone(frequency).frames(Codec.PCMU) * 2), Codec.PCMU)
    highest = 8_000 * 2 * pi * frequency / 8_000
    rounding = 512
    steps = [abs(after - before) for before, after in pairwise(samples)]
    assert max(steps) < highest + rounding


def test_the_tracks_tones_repeat_after_a_tenth_of_a_second() -> None:
    assert tone(INBOUND_HZ).duration == tone(OUTBOUND_HZ).duration == SECOND // 10
