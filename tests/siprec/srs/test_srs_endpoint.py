"""The recording server on real sockets: what it keeps of a session, and that it leaves nothing open."""

from __future__ import annotations

import asyncio
import wave
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from emulator.siprec.media import rtp
from emulator.siprec.net.link import Transport
from emulator.siprec.sdp.description import parse_sdp
from emulator.siprec.sip.message import Response, parse
from emulator.siprec.srs.actions import End, Ignored
from emulator.siprec.srs.endpoint import RecordingServer, Told, Wishes
from emulator.siprec.srs.manner import manner_of
from emulator.siprec.srs.summary import Summary, lines
from tests.siprec.srs.calling import SDP, Caller, multipart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PATIENCE_SECS = 5.0


class Peer(asyncio.DatagramProtocol):
    """A client's socket that keeps what comes."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self.came: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, _: Any) -> None:
        """Keep it."""
        self.came.put_nowait(data)

    async def response(self) -> Response:
        """The next message, which is a response."""
        message = parse(await asyncio.wait_for(self.came.get(), PATIENCE_SECS))
        assert isinstance(message, Response)
        return message


@pytest.fixture
async def peer() -> AsyncIterator[tuple[Peer, asyncio.DatagramTransport]]:
    """A client's socket on loopback."""
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        Peer, local_addr=("127.0.0.1", 0)
    )
    yield protocol, transport
    transport.close()


class Recorded:
    """A server that keeps in a folder, and what it told."""

    def __init__(self, wishes: Wishes) -> None:
        """Nothing happened yet."""
        self.told: asyncio.Queue[Told] = asyncio.Queue()
        self.server = RecordingServer(wishes, told=self.told.put_nowait)

    async def next(self) -> Told:
        """What is told next."""
        return await asyncio.wait_for(self.told.get(), PATIENCE_SECS)


@pytest.fixture
async def recorded(tmp_path: Path) -> AsyncIterator[Recorded]:
    """A server that takes everything."""
    made = Recorded(Wishes(ports={Transport.UDP: 0}, out=tmp_path))
    await made.server.open()
    yield made
    await made.server.close()


def invite(client: Caller) -> bytes:
    """A first INVITE by hand."""
    typed = 'Require: siprec\r\nContent-Type: multipart/mixed; boundary="b1"\r\n'
    return client.request("INVITE", extra=typed, body=multipart(SDP.replace("192.0.2.7", "127.0.0.1")))


async def begun(
    client: Caller, peer: tuple[Peer, asyncio.DatagramTransport], recorded: Recorded
) -> tuple[int, ...]:
    """Call and acknowledge; the ports that media go to."""
    protocol, transport = peer
    transport.sendto(invite(client), recorded.server.addresses[Transport.UDP])
    answer = await protocol.response()
    assert answer.status == 200
    client.to_tag = (answer.headers.get("To") or "").rpartition(";tag=")[2]
    transport.sendto(client.request("ACK"), recorded.server.addresses[Transport.UDP])
    return tuple(media.port for media in parse_sdp(answer.body).media)


async def test_a_session_leaves_a_wav_a_track_its_metadata_and_a_report(
    peer: tuple[Peer, asyncio.DatagramTransport], recorded: Recorded
) -> None:
    client = Caller()
    protocol, transport = peer
    ports = await begun(client, peer, recorded)
    for number in range(50):
        for at, port in enumerate(ports):
            packet = rtp.RtpPacket(
                payload_type=0,
                sequence=number,
                timestamp=160 * number,
                ssrc=at + 1,
                payload=bytes([0x80 + at]) * 160,
            )
            transport.sendto(rtp.written(packet), ("127.0.0.1", port))
    # once this is answered, the media that came before it have been read
    transport.sendto(client.request("OPTIONS", number=2), recorded.server.addresses[Transport.UDP])
    assert (await protocol.response()).status == 200
    client.cseq = 3
    transport.sendto(client.request("BYE"), recorded.server.addresses[Transport.UDP])
    assert (await protocol.response()).status == 200
    summary = await recorded.next()
    assert isinstance(summary, Summary)
    assert summary.how is End.CLIENT
    assert summary.clean
    assert summary.folder is not None
    assert [track.label for track in summary.tracks] == ["inbound", "outbound"]
    for track in summary.tracks:
        assert track.file is not None
        with wave.open(str(track.file)) as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8_000, 1, 2)
            assert 0 < sound.getnframes() <= 8_000
    assert (summary.folder / "metadata-1.xml").read_text().startswith("<?xml")
    assert "INVITE" in (summary.folder / "sip.txt").read_text()
    assert (summary.folder / "session.pcap").stat().st_size > 100 * 200
    kept = orjson.loads((summary.folder / "session.json").read_bytes())
    assert (kept["ended"], kept["status"], kept["violations"]) == ("client", 200, [])
    assert [track["sources"][0]["packets"] for track in kept["tracks"]] == [50, 50]
    assert "nothing against RFC 7866 and RFC 7865 was seen" in "\n".join(lines(summary))


async def test_what_is_no_sip_is_told_and_answered_with_nothing(
    peer: tuple[Peer, asyncio.DatagramTransport], recorded: Recorded
) -> None:
    protocol, transport = peer
    transport.sendto(b"\x00\x01 nonsense", recorded.server.addresses[Transport.UDP])
    assert isinstance(await recorded.next(), Ignored)
    assert protocol.came.empty()


async def test_closing_hangs_up_and_waits_a_little_for_the_answer(
    peer: tuple[Peer, asyncio.DatagramTransport], tmp_path: Path
) -> None:
    made = Recorded(Wishes(ports={Transport.UDP: 0}, out=tmp_path))
    await made.server.open()
    protocol, _ = peer
    await begun(Caller(), peer, made)
    closing = asyncio.create_task(made.server.close())
    assert parse(await asyncio.wait_for(protocol.came.get(), PATIENCE_SECS)).headers.get("CSeq") == "1 BYE"
    await asyncio.wait_for(closing, PATIENCE_SECS)
    # nobody answered, and what came is written down all the same
    summary = await made.next()
    assert isinstance(summary, Summary)
    assert (summary.how, summary.status) == (End.SERVER, 200)
    assert summary.folder is not None
    assert (summary.folder / "session.json").exists()


async def test_a_folder_that_cannot_be_made_is_told_and_the_session_goes_on(
    peer: tuple[Peer, asyncio.DatagramTransport], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    made = Recorded(Wishes(ports={Transport.UDP: 0}, out=tmp_path / "file"))
    await made.server.open()
    await begun(Caller(), peer, made)
    told = await made.next()
    assert "file" in str(told)
    closing = asyncio.create_task(made.server.close())
    await asyncio.wait_for(closing, PATIENCE_SECS)


async def test_a_refusal_is_kept_with_what_was_amiss(
    peer: tuple[Peer, asyncio.DatagramTransport], tmp_path: Path
) -> None:
    manner = manner_of("busy")
    assert manner is not None
    made = Recorded(Wishes(ports={Transport.UDP: 0}, out=tmp_path, manner=manner))
    await made.server.open()
    client = Caller()
    protocol, transport = peer
    transport.sendto(client.request("INVITE"), made.server.addresses[Transport.UDP])
    assert (await protocol.response()).status == 486
    summary = await made.next()
    assert isinstance(summary, Summary)
    assert (summary.how, summary.status, summary.clean) == (End.REFUSED, 486, False)
    assert "refused with 486" in "\n".join(lines(summary))
    await made.server.close()
