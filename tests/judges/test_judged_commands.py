"""The commands that speak SIP, before others' programs: ``call-srs`` and ``srs``."""

from __future__ import annotations

import asyncio
import re
import sys
import wave
from typing import TYPE_CHECKING

import pytest

from tests.judges.heard import demand_reports, demand_tone
from tests.judges.ports import HOST, free_port
from tests.judges.programs import running
from tests.judges.scenarios import scenario
from tests.judges.sinks import sinks
from tests.judges.sipp import calling, serving
from tests.judges.tones import share, to_ulaw, tone
from tests.judges.tshark import Ports, dissected

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges.programs import Transport

EMULATOR = (sys.executable, "-m", "emulator")
BOUND_SECS = 30
HERTZ = 600


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_call_is_placed_and_its_capture_can_be_read(transport: Transport, tmp_path: Path) -> None:
    file = tmp_path / "session.pcap"
    with sinks() as media:
        async with serving(scenario("accept"), transport, tmp_path / "srs", media.keys) as srs:
            uri = f"sip:{HOST}:{srs.port};transport={transport}"
            command = (*EMULATOR, "call-srs", uri, "--duration", "500ms", "--pcap", f"{file}")
            async with running(*command, output=tmp_path / "said", folder=tmp_path) as run:
                found = await srs.verdict()
                assert found.passed, found
                async with asyncio.timeout(BOUND_SECS):
                    assert await run.process.wait() == 0, run.said()
                assert "INVITE" in run.said()
        kept = await dissected(file, Ports(sip=(srs.port,), rtp=media.both))
    assert kept.malformed() == []
    assert kept.methods() == ["INVITE", "ACK", "BYE"]
    demand_reports(kept, media.both)
    demand_tone([packet.payload for packet in kept.rtp(media.inbound)], 440)
    demand_tone([packet.payload for packet in kept.rtp(media.outbound)], 880)


async def test_a_call_that_is_refused_ends_with_status_1(tmp_path: Path) -> None:
    async with serving(scenario("busy"), "udp", tmp_path / "srs") as srs:
        command = (*EMULATOR, "call-srs", f"sip:{HOST}:{srs.port}")
        async with running(*command, output=tmp_path / "said", folder=tmp_path) as run:
            found = await srs.verdict()
            assert found.passed, found
            async with asyncio.timeout(BOUND_SECS):
                assert await run.process.wait() == 1
            assert "486" in run.said()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_server_takes_a_session_of_a_stranger_and_records_its_sound(
    transport: Transport, tmp_path: Path
) -> None:
    """SIPp plays a tone that nothing of the emulator's does."""
    port, out = free_port(), tmp_path / "out"
    command = (*EMULATOR, "srs", "--port", f"{port}", "--out", f"{out}", "--sessions", "1")
    async with running(*command, output=tmp_path / "said", folder=tmp_path) as server:
        await server.until(lambda: re.search(rf":{port} by TCP", server.said()) is not None)
        files = {"tone.ulaw": to_ulaw(tone(HERTZ, 8_000))}
        async with calling(
            scenario("sounding-client"), transport, tmp_path / "client", port, files=files
        ) as client:
            found = await client.verdict()
            assert found.passed, found
        async with asyncio.timeout(BOUND_SECS):
            assert await server.process.wait() == 0, server.said()
    recorded = next(out.glob("*/*inbound*.wav"))
    with wave.open(f"{recorded}") as sound:
        assert sound.getframerate() == 8_000
        frames = sound.readframes(sound.getnframes())
    samples = [int.from_bytes(frames[at : at + 2], "little", signed=True) for at in range(0, len(frames), 2)]
    assert share(samples[1_600:6_400], HERTZ) > 0.98
