"""Recordings on disk, as Python's own ``wave`` and our player read them."""

from __future__ import annotations

import wave
from array import array
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.models import MILLISECOND, SECOND
from emulator.siprec.media.arrival import Voice
from emulator.siprec.media.g711 import decoded, encoded
from emulator.siprec.media.wav import load_wav
from emulator.siprec.media.wav_writer import WavWriter
from emulator.siprec.sdp.codecs import Codec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = 1_700_000_000 * SECOND
FRAME = 20 * MILLISECOND


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "inbound.wav"


@pytest.fixture
def writer(file: Path) -> Iterator[WavWriter]:
    made = WavWriter(file)
    yield made
    made.close()


def level(number: int) -> array[int]:
    """A frame of one level, which G.711 keeps."""
    return decoded(encoded(array("h", [1_000 + 250 * (number % 120)] * 160), Codec.PCMU), Codec.PCMU)


def voice(number: int, *, timestamp: int | None = None, ssrc: int = 1, codec: Codec = Codec.PCMU) -> Voice:
    at = number * 160 if timestamp is None else timestamp
    payload = encoded(level(number), codec)
    return Voice(ssrc=ssrc, timestamp=at % (1 << 32), payload=payload, codec=codec, marker=False)


def put(writer: WavWriter, *numbers: int) -> None:
    for number in numbers:
        writer.write(voice(number), START + number * FRAME)


def recorded(file: Path) -> list[array[int]]:
    """The file's frames of 20 ms."""
    with wave.open(str(file), "rb") as reading:
        assert (reading.getnchannels(), reading.getsampwidth(), reading.getframerate()) == (1, 2, 8_000)
        samples = array("h", reading.readframes(reading.getnframes()))
    return [samples[at : at + 160] for at in range(0, len(samples), 160)]


SILENT = array("h", bytes(320))


def test_what_comes_in_order_is_in_the_file_in_order(writer: WavWriter, file: Path) -> None:
    put(writer, 0, 1, 2)
    writer.close()
    assert recorded(file) == [level(0), level(1), level(2)]


def test_what_was_lost_is_silence(writer: WavWriter, file: Path) -> None:
    put(writer, 0, 1, 4)
    writer.close()
    assert recorded(file) == [level(0), level(1), SILENT, SILENT, level(4)]


def test_what_came_late_is_where_it_belongs_and_what_came_twice_is_there_once(
    writer: WavWriter, file: Path
) -> None:
    put(writer, 0, 2, 1, 1, 3, 2)
    writer.close()
    assert recorded(file) == [level(0), level(1), level(2), level(3)]


def test_what_lies_before_the_first_that_came_is_left_out(writer: WavWriter, file: Path) -> None:
    put(writer, 5, 4, 6)
    writer.close()
    assert recorded(file) == [level(5), level(6)]


def test_the_timestamp_may_wrap(writer: WavWriter, file: Path) -> None:
    for number in range(4):
        writer.write(voice(number, timestamp=(1 << 32) - 320 + number * 160), START + number * FRAME)
    writer.close()
    assert recorded(file) == [level(number) for number in range(4)]


def test_the_codec_may_change(writer: WavWriter, file: Path) -> None:
    writer.write(voice(0), START)
    writer.write(voice(1, codec=Codec.PCMA), START + FRAME)
    writer.close()
    assert recorded(file)[1] == decoded(encoded(level(1), Codec.PCMA), Codec.PCMA)


def test_a_pause_is_as_long_as_it_was(writer: WavWriter, file: Path) -> None:
    put(writer, 0, 3_000)
    writer.close()
    frames = recorded(file)
    assert len(frames) == 3_001
    assert frames[1:3_000] == [SILENT] * 2_999


def test_a_timestamp_that_jumps_makes_no_endless_silence(writer: WavWriter, file: Path) -> None:
    put(writer, 0)
    writer.write(voice(1, timestamp=1 << 31), START + FRAME)
    writer.write(voice(2, timestamp=(1 << 31) + 160), START + 2 * FRAME)
    writer.close()
    assert recorded(file) == [level(0), level(1), level(2)]


def test_another_source_goes_on_where_the_clock_says(writer: WavWriter, file: Path) -> None:
    put(writer, 0)
    writer.write(voice(1, timestamp=77, ssrc=2), START + 4 * FRAME)
    writer.write(voice(2, timestamp=237, ssrc=2), START + 5 * FRAME)
    writer.close()
    assert recorded(file) == [level(0), SILENT, SILENT, level(1), level(2)]


def test_a_recording_whose_process_died_can_be_played_up_to_its_last_second(writer: WavWriter, file: Path) -> None:
    put(writer, *range(120))
    frames = recorded(file)
    assert 100 <= len(frames) <= 120
    assert frames == [level(number) for number in range(len(frames))]


def test_a_recording_without_sound_is_a_whole_file(writer: WavWriter, file: Path) -> None:
    writer.close()
    writer.close()
    assert recorded(file) == []


def test_what_is_recorded_can_be_played(writer: WavWriter, file: Path) -> None:
    put(writer, 0, 1)
    writer.close()
    assert load_wav(file).frames(Codec.PCMU) == (encoded(level(0), Codec.PCMU), encoded(level(1), Codec.PCMU))


def test_sound_beyond_the_bound_is_dropped(writer: WavWriter, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.siprec.media.wav_writer.MAX_BYTES", 640)
    put(writer, 0, 1, 2)
    writer.close()
    assert recorded(file) == [level(0), level(1)]


@given(st.lists(st.tuples(st.integers(0, (1 << 32) - 1), st.integers(0, 3)), max_size=40))
def test_no_packets_make_a_file_much_longer_than_the_session(
    tmp_path_factory: pytest.TempPathFactory, packets: list[tuple[int, int]]
) -> None:
    file = tmp_path_factory.mktemp("any") / "a.wav"
    writer = WavWriter(file)
    for number, (timestamp, ssrc) in enumerate(packets):
        writer.write(voice(0, timestamp=timestamp, ssrc=ssrc), START + number * FRAME)
    writer.close()
    assert writer.samples <= len(packets) * 160 * 2 + 8_000
    assert file.stat().st_size == 44 + 2 * writer.samples
