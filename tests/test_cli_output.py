"""Commands whose reader goes away, or whose disk is full: they come to their end, and say so in words."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest
from click.testing import CliRunner

from emulator.cli.group import commands
from tests.test_cli_call_srs import recording_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PATIENCE_SECS = 30.0
FULL = Path("/dev/full")
COMMAND = (sys.executable, "-m", "emulator")
LASTING = [
    ["srs", "--port", "0"],
    ["demo", "--port", "0"],
    ["demo", "--live", "--port", "0"],
]
"""Those that go on by themselves."""


@pytest.fixture
def full() -> Iterator[IO[bytes]]:
    """A file on a disk that is full."""
    if not FULL.exists():
        pytest.skip(f"there is no {FULL} here")
    with FULL.open("wb") as file:
        yield file


def ended(command: Sequence[str], out: IO[bytes] | int, folder: Path) -> tuple[int, str]:
    """The status of a command that ends by itself, and what it says to standard error."""
    done = subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *command],
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_SECS,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    return done.returncode, done.stderr


def nobody_reads() -> int:
    """A pipe whose reader has gone; to be closed."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize("command", LASTING, ids=" ".join)
def test_a_command_that_lasts_ends_once_nobody_reads_it(command: list[str], tmp_path: Path) -> None:
    pipe = nobody_reads()
    try:
        status, complaints = ended(command, pipe, tmp_path)
    finally:
        os.close(pipe)
    assert (status, complaints) == (1, "")


@pytest.mark.parametrize("command", LASTING, ids=" ".join)
def test_a_command_that_lasts_ends_once_its_disk_is_full(
    command: list[str], full: IO[bytes], tmp_path: Path
) -> None:
    assert ended(command, full, tmp_path) == (2, "siprec-emulator: [Errno 28] No space left on device\n")


def test_a_session_whose_ladder_nobody_reads_is_hung_up(tmp_path: Path) -> None:
    pipe = nobody_reads()
    try:
        with recording_server("--sessions", "1") as port:
            command = ["call-srs", f"sip:127.0.0.1:{port};transport=tcp", "--duration", "1h"]
            assert ended(command, pipe, tmp_path) == (1, "")
    finally:
        os.close(pipe)


@pytest.mark.parametrize("command", [["keygen"], ["schema", "print", "scenario"]], ids=" ".join)
def test_a_full_disk_is_a_sentence(command: list[str], full: IO[bytes], tmp_path: Path) -> None:
    assert ended(command, full, tmp_path) == (2, "siprec-emulator: [Errno 28] No space left on device\n")


@pytest.mark.parametrize("command", [["serve"], ["demo", "--live"]], ids=" ".join)
@pytest.mark.parametrize("flag", ["--wav-inbound", "--wav-outbound"])
def test_a_server_does_not_begin_with_a_sound_that_cannot_be_played(command: list[str], flag: str) -> None:
    result = CliRunner().invoke(commands, [*command, "--port", "0", flag, __file__])
    assert result.exit_code == 2
    assert f"Invalid value for {flag}: {__file__}: not a WAV file" in result.output


@pytest.mark.parametrize("command", [["srs", "--port", "0"], ["demo", "--live"]], ids=" ".join)
@pytest.mark.parametrize("below", ["", "folder"])
def test_a_folder_that_nothing_can_be_kept_in_is_told_at_once(
    command: list[str], below: str, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    result = CliRunner().invoke(commands, [*command, "--out", str(file / below)])
    assert result.exit_code == 2
    assert f"Invalid value for --out: {file / below}: " in result.output


def test_a_folder_that_is_no_place_for_files_is_told_at_once() -> None:
    if not Path("/sys/kernel").is_dir():
        pytest.skip("there is no /sys here")
    result = CliRunner().invoke(commands, ["srs", "--port", "0", "--out", "/sys/kernel"])
    assert result.exit_code == 2
    assert "Invalid value for --out: /sys/kernel: " in result.output
