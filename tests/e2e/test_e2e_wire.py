"""What went over the wire, asked for from the command line, from Python that blocks, and from a test."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest
from click.testing import CliRunner

from emulator.cli.group import commands
from emulator.client import EmulatorClient
from emulator.config import Attachment
from emulator.core.errors import ControlRefused
from emulator.fixture.host import attached
from emulator.siprec.net.link import Transport
from emulator.siprec.srs.endpoint import RecordingServer, Wishes
from emulator.testing import running_emulator
from tests.e2e.harness import BOUND_SECS, Background

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

    from emulator.fixture import SiprecEmulator

PCAP = bytes.fromhex("d4c3b2a1")
"""What a capture begins with (draft-ietf-opsawg-pcap)."""


@dataclass(frozen=True)
class Recorded:
    """A recording that is over.

    Attributes:
        url: Of the emulator that placed it.
        session: Its id.
        emulator: As a test holds it.
    """

    url: str
    api_key: str
    session: str
    emulator: SiprecEmulator


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    """A session that a recording server took, and that was stopped."""
    loop, srs = Background(), RecordingServer(Wishes())
    loop.call(srs.open())
    host, port = srs.addresses[Transport.UDP]
    try:
        with running_emulator(default_scenario="live", srs=f"{host}:{port}") as running:
            url = running.client.base_url
            emulator = attached(Attachment(url=url), ()).open(clock={"mode": "running"})
            command = f"{emulator.base_url}/calls/v3:any/actions/siprec_%s"
            headers = {"Authorization": f"Bearer {emulator.api_key}"}
            httpx.post(command % "start", json={"connector_name": "mine"}, headers=headers)
            emulator.wait_for_webhook("siprec.started", timeout=BOUND_SECS)
            httpx.post(command % "stop", json={}, headers=headers)
            emulator.wait_for_webhook("siprec.stopped", timeout=BOUND_SECS)
            (session,) = emulator.sessions
            yield Recorded(url, emulator.api_key, session.id, emulator)
    finally:
        loop.call(srs.close())
        loop.close()


def run(recorded: Recorded, *arguments: str) -> Result:
    """A command for that emulator."""
    port = recorded.url.rpartition(":")[2]
    environ = {"SIPREC_EMULATOR_PORT": port, "TELNYX_API_KEY": recorded.api_key}
    return CliRunner().invoke(commands, arguments, env=environ)


def test_the_blocking_client_shows_what_went_over_the_wire(recorded: Recorded) -> None:
    client = EmulatorClient(recorded.url, api_key=recorded.api_key)
    assert client.sip_messages(recorded.session)[0]["message"].startswith("INVITE ")
    assert client.pcap(recorded.session)[:4] == PCAP
    with pytest.raises(ControlRefused, match="no session 'none'") as refused:
        client.pcap("none")
    assert refused.value.status == 404


def test_the_commands_show_it_and_write_a_capture(recorded: Recorded, tmp_path: Path) -> None:
    shown = run(recorded, "sip", recorded.session)
    assert shown.exit_code == 0, shown.output
    assert "    INVITE sip:" in shown.stdout
    assert " <- " in shown.stdout
    assert json.loads(run(recorded, "sip", recorded.session, "--json").stdout)[0]["direction"] == "sent"
    file = tmp_path / "session.pcap"
    assert run(recorded, "pcap", recorded.session, "--out", str(file)).exit_code == 0
    assert file.read_bytes()[:4] == PCAP
    assert run(recorded, "pcap", recorded.session).stdout_bytes[:4] == PCAP


def test_commands_for_what_is_not_there_are_sentences(recorded: Recorded, tmp_path: Path) -> None:
    for command in ("sip", "pcap", "retell"):
        for name in ("none", "../none", "\udcff"):
            result = run(recorded, command, name)
            assert (result.exit_code, result.stdout) == (1, "")
            assert "There is no session '" in result.stderr
    kept = tmp_path / "kept.pcap"
    kept.write_bytes(b"of another session")
    assert run(recorded, "pcap", "none", "--out", str(kept)).exit_code == 1
    assert kept.read_bytes() == b"of another session"
    assert run(recorded, "pcap", recorded.session, "--json").exit_code == 2


def test_a_test_sees_it_too(recorded: Recorded) -> None:
    emulator = recorded.emulator
    (session,) = emulator.sessions
    messages = emulator.sip_messages(session)
    assert (messages[0].sent, messages[0].transport) == (True, "udp")
    assert messages[0].start_line.startswith("INVITE sip:")
    assert messages[1].start_line.startswith("SIP/2.0 ")
    assert emulator.pcap(session.id)[:4] == PCAP
