"""``siprec-emulator call-srs``, as a user starts it, at a recording server of our own and at none."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from emulator.cli.group import commands
from emulator.cli.misconduct import misconduct_of
from emulator.cli.ordering import Wanted, order_of
from emulator.core.models import SECOND
from emulator.core.srs import Misconduct, OneTrack
from emulator.siprec.net.link import Transport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_SECS = 30.0
SOON_SECS = 20.0
"""Less than an INVITE is sent again for: 32 s (RFC 3261, Timer B)."""
PCAP_MAGIC = (0xA1B2C3D4).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("http://x",), "URI"),
        (("tel:+15551230000",), "URI"),
        (("sip:",), "URI"),
        (("sip:h:99999",), "URI"),
        (("sip:h;transport=sctp",), "'sctp' is no transport that is spoken"),
        (("sip:h", "--header", "X-Name"), "write NAME:VALUE"),
        (("sip:h", "--header", "X Name: value"), "write NAME:VALUE"),
        (("sip:h", "--header", "X-Name: a\r\nVia: b"), "holds a line break"),
        (("sip:h", "--app-subdomain", "a\r\nb"), "Invalid value for --app-subdomain: a value holds a line break"),
        (("sip:h", "--wav-inbound", __file__), f"Invalid value for --wav-inbound: {__file__}: not a WAV file"),
        (("sip:h", "--wav-outbound", "/nowhere.wav"), "/nowhere.wav: No such file or directory"),
        (("sip:h", "--tls-key", __file__), "--tls-key needs --tls-cert"),
        (("sip:h", "--user", ":"), "write NAME:PASSWORD"),
        (("sip:h", "--misconduct", "lost=1"), "'lost' is none of codec_change,"),
        (("sip:h", "--misconduct", "loss"), "'loss' takes a value"),
        (("sip:h", "--misconduct", "loss=2"), "no share from 0 to 1"),
        (("sip:h", "--misconduct", "silence=3"), "is not a duration"),
        (("sip:h", "--misconduct", "missing_label=yes"), "takes no value"),
        (("sip:h", "--misconduct", "only_track=left"), "neither inbound nor outbound"),
        (("sip:h", "--duration", "soon"), "is not a duration"),
        (("sip:h", "--session-timeout", "-1"), "--session-timeout"),
        (("sips:h", "--tls-ca", "/nowhere.pem"), "can't read /nowhere.pem: No such file or directory"),
        (("sip:h", "--media-ports", "5"), "write FIRST-LAST"),
    ],
)
def test_a_flag_that_says_what_cannot_be_is_refused_in_words(flags: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(commands, ["call-srs", *flags])
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("uri", "flags", "host", "port", "transport"),
    [
        ("sip:127.0.0.1:5060", {}, "127.0.0.1", 5060, Transport.UDP),
        ("srs.example.com", {}, "srs.example.com", None, Transport.UDP),
        ("sip:[::1]:5070;transport=tcp", {}, "::1", 5070, Transport.TCP),
        ("sip:h;transport=TCP", {}, "h", None, Transport.TCP),
        ("sip:h;transport=tcp", {"transport": "udp"}, "h", None, Transport.UDP),
        ("sips:h", {}, "h", None, Transport.TLS),
        ("sip:h", {"secure": True}, "h", None, Transport.TLS),
        ("sip:h", {"secure": True, "transport": "tcp"}, "h", None, Transport.TCP),
    ],
)
def test_a_uri_and_flags_say_where_and_how(
    uri: str, flags: dict[str, bool | str], host: str, port: int | None, transport: Transport
) -> None:
    order = order_of(Wanted(uri=uri, caller="+1", callee="+2", **flags))  # type: ignore[arg-type]
    assert (order.host, order.port, order.transport) == (host, port, transport)


def test_a_user_in_the_uri_is_who_calls() -> None:
    assert order_of(Wanted(uri="sip:+15550001@h", caller="+1", callee="+2")).caller == "+15550001"


def test_every_kind_of_misconduct_can_be_asked_for() -> None:
    asked = ["late-cancel", "only_track=inbound", "loss=0.25", "silence=2s", "codec_change=1s", "jitter=30ms"]
    assert misconduct_of(asked) == Misconduct(
        late_cancel=True,
        only_track=OneTrack.INBOUND,
        loss=0.25,
        silence=2 * SECOND,
        codec_change=SECOND,
        jitter=30_000,
    )
    with pytest.raises(click.BadParameter):
        misconduct_of([""])


@contextmanager
def recording_server(*flags: str) -> Iterator[int]:
    """``siprec-emulator srs`` on a free port, until the block ends."""
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "emulator", "srs", "--port", "0", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        line = next(line for line in iter(server.stdout.readline, "") if line.strip().endswith("by UDP"))
        try:
            yield int(line.split()[2].rpartition(":")[2])
        finally:
            server.terminate()
            server.communicate(timeout=PATIENCE_SECS)


def call(*flags: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "emulator", "call-srs", *flags],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECS,
        check=False,
    )


@contextmanager
def placing(*flags: str) -> Iterator[subprocess.Popen[str]]:
    """The command, once it has sent its INVITE."""
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "emulator", "call-srs", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as placed:
        try:
            assert placed.stdout is not None
            assert any("INVITE" in line for line in iter(placed.stdout.readline, ""))
            yield placed
        finally:
            placed.kill()


def test_a_session_is_shown_as_a_ladder_with_its_statistics_and_a_capture(tmp_path: Path) -> None:
    file = tmp_path / "session.pcap"
    with recording_server() as port:
        done = call(f"sip:127.0.0.1:{port}", "--duration", "500ms", "--pcap", str(file))
    assert done.returncode == 0, done.stderr
    assert "INVITE + SDP, metadata" in done.stdout
    assert "BYE" in done.stdout
    assert "siprec.started" in done.stdout
    assert re.search(r"inbound: [1-9]\d* packets", done.stdout)
    assert file.read_bytes()[:4] == PCAP_MAGIC


def test_a_refusal_is_status_1_and_says_what_telnyx_would() -> None:
    with recording_server("--answer", "busy") as port:
        done = call(f"sip:127.0.0.1:{port};transport=tcp", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert (told["answered"], told["status"], told["cause"]) == (False, 486, "user_busy")


def test_a_server_that_hangs_up_ends_the_session_with_status_0() -> None:
    with recording_server("--hang-up-after", "200ms") as port:
        done = call(f"sip:127.0.0.1:{port}", "--duration", "20s", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ended"], told["cause"]) == (0, "bye", "normal_clearing")


def test_a_server_that_hangs_up_is_said_to_have_done_so() -> None:
    with recording_server("--hang-up-after", "200ms") as port:
        done = call(f"sip:127.0.0.1:{port}", "--duration", "20s")
    assert "recorded, and ended: the server hung up (Telnyx: siprec.stopped, hangup_cause" in done.stdout


def test_nobody_there_is_status_1_at_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = call(f"sip:127.0.0.1:{port}")
    assert done.returncode == 1
    assert "nobody listens there" in done.stdout
    assert "normal_temporary_failure" in done.stdout


def test_whoever_gives_up_on_a_silent_server_does_not_wait_for_it() -> None:
    with recording_server("--answer", "silent") as port, placing(f"sip:127.0.0.1:{port}") as call:
        call.send_signal(signal.SIGINT)
        said, _ = call.communicate(timeout=SOON_SECS)
    assert call.returncode == 1
    assert "given up before an answer" in said


def test_a_silent_server_is_left_soon_once_the_answer_has_taken_too_long() -> None:
    flags = ("--answer-timeout", "100ms")
    with recording_server("--answer", "silent") as port, placing(f"sip:127.0.0.1:{port}", *flags) as call:
        said, _ = call.communicate(timeout=SOON_SECS)
    assert call.returncode == 1
    assert "no_answer" in said


def test_a_capture_that_cannot_be_written_is_told_before_anything_is_placed(tmp_path: Path) -> None:
    done = call("sip:127.0.0.1:9", "--pcap", str(tmp_path / "nowhere" / "session.pcap"))
    assert done.returncode == 2
    assert "No such file or directory" in done.stderr
    assert "INVITE" not in done.stdout


def test_a_challenge_is_answered_with_the_password_that_is_given() -> None:
    with recording_server("--answer", "challenge", "--user", "telnyx:secret") as port:
        known = call(f"sip:127.0.0.1:{port}", "--user", "telnyx:secret", "--duration", "100ms")
        unknown = call(f"sip:127.0.0.1:{port}", "--json")
    assert known.returncode == 0
    assert json.loads(unknown.stdout)["cause"] == "call_rejected"
