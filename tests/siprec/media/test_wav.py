"""Which WAV files are played, and what becomes of them."""

from __future__ import annotations

import io
import struct
import wave
from array import array
from math import pi, sin, sqrt
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import SoundUnusable
from emulator.core.models import SECOND
from emulator.siprec.media.g711 import decoded, encoded
from emulator.siprec.media.wav import load_wav, read_wav
from emulator.siprec.sdp.codecs import Codec

if TYPE_CHECKING:
    from pathlib import Path


def wav(data: bytes, *, rate: int = 8_000, channels: int = 1, width: int = 2) -> bytes:
    """A file as Python's own ``wave`` writes it."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(width)
        writer.setframerate(rate)
        writer.writeframes(data)
    return file.getvalue()


def by_hand(form: bytes, data: bytes) -> bytes:
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def form(*, kind: int = 1, channels: int = 1, rate: int = 8_000, bits: int = 16) -> bytes:
    frame = channels * bits // 8
    return struct.pack("<HHIIHH", kind, channels, rate, rate * frame, frame, bits)


def sine(frequency: float, rate: int, seconds: float = 0.5) -> array[int]:
    return array("h", (round(10_000 * sin(2 * pi * frequency * at / rate)) for at in range(int(rate * seconds))))


def played(file: bytes) -> array[int]:
    return decoded(b"".join(read_wav(file, name="a.wav").frames(Codec.PCMU)), Codec.PCMU)


def loudness(samples: array[int]) -> float:
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    return sqrt(sum(level * level for level in middle) / len(middle))


RAMP = array("h", range(-32_000, 32_000, 100))


def test_16_bits_at_8_khz_are_played_as_they_are() -> None:
    frames = read_wav(wav(RAMP.tobytes()), name="a.wav").frames(Codec.PCMA)
    assert b"".join(frames) == encoded(RAMP, Codec.PCMA)


@pytest.mark.parametrize("width", [3, 4])
def test_the_lower_bytes_of_wider_samples_are_left_out(width: int) -> None:
    wide = b"".join(b"\x55" * (width - 2) + struct.pack("<h", level) for level in RAMP)
    assert played(wav(wide, width=width)) == played(wav(RAMP.tobytes()))


def test_samples_of_8_bits_have_no_sign() -> None:
    assert (
        played(wav(bytes((128, 255, 0)), width=1))[:3]
        == played(wav(array("h", (0, 32_512, -32_768)).tobytes()))[:3]
    )


def test_two_channels_are_mixed() -> None:
    pairs = array("h", [value for level in RAMP for value in (level, 0)])
    halves = array("h", [level // 2 for level in RAMP])
    assert played(wav(pairs.tobytes(), channels=2)) == played(wav(halves.tobytes()))


@pytest.mark.parametrize("rate", [11_025, 16_000, 22_050, 44_100, 48_000])
def test_another_rate_keeps_length_pitch_and_level(rate: int) -> None:
    sound = read_wav(wav(sine(1_000, rate).tobytes(), rate=rate), name="a.wav")
    assert sound.duration == SECOND // 2
    heard = decoded(b"".join(sound.frames(Codec.PCMU)), Codec.PCMU)
    wanted = sine(1_000, 8_000)
    error = array("h", (mine - its for mine, its in zip(heard, wanted, strict=True)))
    assert loudness(error) < loudness(wanted) / 30


def test_a_lower_rate_is_played_as_well() -> None:
    sound = read_wav(wav(sine(500, 6_000).tobytes(), rate=6_000), name="a.wav")
    assert sound.duration == SECOND // 2
    assert abs(loudness(decoded(b"".join(sound.frames(Codec.PCMU)), Codec.PCMU)) - 7_071) < 200


@pytest.mark.parametrize("frequency", [5_000, 7_000, 12_000, 20_000])
def test_what_telephony_can_not_carry_comes_back_as_no_other_tone(frequency: int) -> None:
    assert loudness(played(wav(sine(frequency, 48_000).tobytes(), rate=48_000))) < 70


def test_an_extensible_header_says_its_format_further_back() -> None:
    extensible = form(kind=0xFFFE) + struct.pack("<HHI", 22, 16, 4) + struct.pack("<H", 1) + bytes(14)
    assert played(by_hand(extensible, RAMP.tobytes())) == played(wav(RAMP.tobytes()))


def test_chunks_that_are_not_needed_are_passed_over() -> None:
    plain = wav(RAMP.tobytes())
    listed = plain[:12] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + plain[12:]
    assert played(listed) == played(plain)


def test_a_file_that_was_streamed_is_played_as_far_as_it_goes() -> None:
    plain = wav(RAMP.tobytes())
    endless = plain[:40] + b"\xff\xff\xff\xff" + plain[44:]
    assert played(endless) == played(plain)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a WAV file"),
        (b"ID3\x04" + bytes(100), "not a WAV file"),
        (wav(b"\0\0")[:36], "without a fmt or a data chunk"),
        (wav(b""), "no sound in it"),
        (by_hand(form()[:14], b"\0\0"), "ends early"),
        (by_hand(form(kind=3, bits=32), bytes(8)), "number 3"),
        (by_hand(form(kind=7, bits=8), bytes(8)), "number 7"),
        (by_hand(form(channels=6), bytes(12)), "6 channels"),
        (by_hand(form(channels=0), bytes(12)), "0 channels"),
        (by_hand(form(bits=12), bytes(12)), "12 bits"),
        (by_hand(form(bits=64), bytes(16)), "64 bits"),
        (by_hand(form(rate=0), bytes(16)), "0 Hz"),
        (by_hand(form(rate=1_000_000), bytes(16)), "1000000 Hz"),
        (by_hand(form(), bytes(301 * 16_000)), "longer than 300 seconds"),
        (bytes((64 << 20) + 1), "longer than 64 MiB"),
    ],
)
def test_what_is_not_played_is_named_with_its_file(data: bytes, reason: str) -> None:
    with pytest.raises(SoundUnusable, match=f"^voice.wav: .*{reason}"):
        read_wav(data, name="voice.wav")


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    file = tmp_path / "voice.wav"
    file.write_bytes(wav(RAMP.tobytes()))
    assert load_wav(file).frames(Codec.PCMU) == read_wav(file.read_bytes(), name="").frames(Codec.PCMU)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SoundUnusable, match=r"missing\.wav: No such file"):
        load_wav(tmp_path / "missing.wav")


@given(st.binary(max_size=200), st.integers(0, 60))
def test_any_bytes_are_a_sound_or_named(tail: bytes, kept: int) -> None:
    data = wav(RAMP[:20].tobytes())[:kept] + tail
    try:
        assert read_wav(data, name="a.wav").duration
    except SoundUnusable as error:
        assert "a.wav" in str(error)  # noqa: PT017 - most bytes are none, and some are
