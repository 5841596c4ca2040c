"""``siprec-emulator demo --live``: both ends of a real recording, and sound that can be listened to."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import wave
from array import array
from typing import TYPE_CHECKING

from click.testing import CliRunner

from emulator.cli.group import commands

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_SECS = 30.0


def strength(samples: array[int], frequency: int) -> float:
    """How much of a frequency is in a sound, by Goertzel's algorithm: 1 for a pure tone of it.

    Silence is of no account: a machine that stalls skips packets.
    """
    turn = 2 * math.cos(2 * math.pi * frequency / 8_000)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + turn * last - before
    power = last**2 + before**2 - turn * last * before
    energy = sum(sample * sample for sample in samples) or 1
    sounding = sum(1 for sample in samples if sample) or 1
    return 2 * power / (energy * sounding)


def test_each_track_is_recorded_with_the_tone_that_was_sent_on_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "emulator", "demo", "--live", "--port", "0", "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:  # noqa: S603 - our own command
        assert demo.stdout is not None
        lines = []
        for line in iter(demo.stdout.readline, ""):
            lines.append(line)
            if "kept in" in line:
                break
        demo.send_signal(signal.SIGINT)
        rest, complaints = demo.communicate(timeout=PATIENCE_SECS)
    told = "".join(lines) + rest
    assert (demo.returncode, complaints) == (0, "")
    assert "webhook siprec.started" in told
    assert "webhook siprec.stopped" in told
    assert "nothing against RFC 7866 and RFC 7865 was seen" in told
    (folder,) = tmp_path.iterdir()
    for name, frequency, other in (("inbound", 440, 880), ("outbound", 880, 440)):
        with wave.open(str(folder / f"{name}.wav")) as sound:
            samples = array("h", sound.readframes(8_000))
        assert len(samples) == 8_000
        assert strength(samples, frequency) > 0.9
        assert strength(samples, other) < 0.01


def test_a_folder_without_live_is_refused() -> None:
    result = CliRunner().invoke(commands, ["demo", "--out", "somewhere"])
    assert result.exit_code == 2
    assert "--out is for --live" in result.output
