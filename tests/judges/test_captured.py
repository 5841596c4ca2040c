"""Whole sessions as Wireshark sees them: on loopback, and in the capture that the emulator keeps itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from emulator.siprec.capture.pcap import written
from emulator.siprec.net.tls import ClientTls
from emulator.siprec.src.actions import Answered, Over
from tests.judges.clients import Client, order, placing
from tests.judges.heard import demand_pace, demand_reports, demand_secure_reports, demand_tone, opened, punctual
from tests.judges.kamailio import proxying
from tests.judges.scenarios import scenario
from tests.judges.sinks import Sinks, sinks
from tests.judges.sipp import serving
from tests.judges.tshark import Dissection, Ports, capturing, dissected
from tests.judges.undisturbed import undisturbed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges.conftest import Shown
    from tests.judges.programs import Transport

PACKETS = 50
PLAIN_PORT = 5060
"""Where the record shows what was inside of TLS."""

KEY = r"crypto:1 AES_CM_128_HMAC_SHA1_80 inline:([A-Za-z0-9+/]{40})"
TONES = (440, 880)
"""Of inbound and outbound, as the facts say."""


def kept(client: Client, folder: Path) -> Path:
    """What the session's own record holds, as a capture file."""
    file = folder / "record.pcap"
    file.write_bytes(b"".join(written(client.placed.record.packets)))
    return file


async def play(client: Client) -> None:
    """Let the session go on for a second, then end it."""
    await client.until(Answered)
    await client.until_played(PACKETS)
    client.placed.hang_up()
    await client.until(Over)


def demand_session(found: Dissection, media: Sinks) -> None:
    """A session in plain, from INVITE to BYE."""
    assert found.malformed() == []
    assert found.methods() == ["INVITE", "ACK", "BYE"]
    assert found.statuses() == ["200", "200"]
    assert {"mime_multipart", "sdp"} <= set(found.invite().protocols.split(":"))
    labels = [one for one in found.attributes("INVITE") if "label:" in one]
    assert labels == ["label:inbound", "label:outbound"]
    demand_pace(found, media.both, PACKETS)
    demand_reports(found, media.both)
    for port, hertz in zip(media.both, TONES, strict=True):
        demand_tone([packet.payload for packet in found.rtp(port)], hertz)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A session, as it was on the wire and as the emulator kept it."""

    media: Sinks
    wire: Dissection
    record: Dissection

    @property
    def punctual(self) -> bool:
        """Whether the machine let it be on time."""
        return punctual(self.wire)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_session_is_seen_alike_on_the_wire_and_in_its_record(transport: Transport, tmp_path: Path) -> None:
    async def attempt(number: int) -> Seen:
        folder = tmp_path / f"{number}"
        folder.mkdir()
        with sinks() as media:
            async with serving(scenario("accept"), transport, folder / "srs", media.keys) as srs:
                ports = Ports(sip=(srs.port,), rtp=media.both)
                async with (
                    capturing(ports, folder / "capture") as capture,
                    placing(order(srs.port, transport), keeps_media=True) as client,
                ):
                    await play(client)
                    wire = await dissected(await capture.whole(), ports)
        return Seen(media=media, wire=wire, record=await dissected(kept(client, folder), ports))

    seen = await undisturbed(attempt, lambda seen: seen.punctual)
    for one in (seen.wire, seen.record):
        demand_session(one, seen.media)
    for port in (*seen.media.both, seen.media.inbound + 1):
        assert seen.wire.datagrams(port) == seen.record.datagrams(port)


async def test_a_secure_session_decrypts_to_the_same(
    shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIP by the log of TLS keys, media by the keys that SIP then tells."""
    key_log = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", f"{key_log}")

    async def attempt(number: int) -> Seen:
        folder = tmp_path / f"{number}"
        folder.mkdir()
        with sinks() as media:
            async with (
                serving(scenario("accept-secure"), "udp", folder / "srs", media.keys) as srs,
                proxying(srs.port, folder / "proxy", tls=shown.tls) as proxy,
            ):
                ports = Ports(tls=(proxy.tls_port,), rtp=media.both, secure=True)
                async with (
                    capturing(ports, folder / "capture") as capture,
                    placing(
                        order(proxy.tls_port, "tls", secure=True), ClientTls(ca=shown.ca), keeps_media=True
                    ) as client,
                ):
                    await play(client)
                    wire = await dissected(await capture.whole(), ports, key_log)
        plain = Ports(sip=(PLAIN_PORT,), rtp=media.both, secure=True)
        return Seen(media=media, wire=wire, record=await dissected(kept(client, folder), plain))

    seen = await undisturbed(attempt, lambda seen: seen.punctual)
    for one in (seen.wire, seen.record):
        assert one.malformed() == []
        assert one.methods() == ["INVITE", "ACK", "BYE"]
        demand_pace(one, seen.media.both, PACKETS)
        keys = re.findall(KEY, " ".join(one.attributes("INVITE")))
        assert len(set(keys)) == len(TONES)
        for port, hertz, key in zip(seen.media.both, TONES, keys, strict=True):
            demand_tone(opened(one.rtp(port), key), hertz)
            demand_secure_reports(one, port, key)
