"""A whole emulator beside a recording server on real sockets, and what came to that server by SIP."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

from emulator.client import AsyncEmulatorClient
from emulator.config import Settings
from emulator.core.models import SECOND
from emulator.core.srs import SrsAddress
from emulator.siprec.capture.record import Direction
from emulator.siprec.net.link import Transport
from emulator.siprec.net.tls import ServerTls, server_context
from emulator.siprec.sip.message import Request, parse
from emulator.siprec.srs.endpoint import RecordingServer, Wishes
from emulator.siprec.srs.manner import Manner
from emulator.siprec.srs.summary import Summary
from emulator.web.server import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from emulator.client import Document
    from emulator.siprec.capture.record import Packet
    from emulator.siprec.srs.endpoint import Told
    from emulator.web.server import Server

BOUND = 20.0
KEY = "KEY_live"


class Notes:
    """What a recording server went through.

    Attributes:
        messages: Each as it came or went: its method or status, and whether it came.
    """

    def __init__(self) -> None:
        """Nothing happened yet."""
        self.messages: list[tuple[str, bool]] = []
        self._more = asyncio.Event()
        self._told: asyncio.Queue[Told] = asyncio.Queue()

    def passed(self, packet: Packet) -> None:
        """A message came or went."""
        message = parse(packet.data)
        word = message.method if isinstance(message, Request) else str(message.status)
        self.messages.append((word, packet.direction is Direction.RECEIVED))
        self._more.set()

    def told(self, told: Told) -> None:
        """A session is over, or something is amiss."""
        self._told.put_nowait(told)

    @property
    def asked(self) -> list[str]:
        """The methods of what the client asked."""
        return [word for word, came in self.messages if came and not word.isdigit()]

    async def until(self, word: str) -> None:
        """Wait for a message."""
        async with asyncio.timeout(BOUND):
            while word not in (seen for seen, _ in self.messages):
                self._more.clear()
                await self._more.wait()

    async def summary(self) -> Summary:
        """Of the next session that is over."""
        told = await asyncio.wait_for(self._told.get(), BOUND)
        assert isinstance(told, Summary), told
        return told


@dataclass(slots=True)
class Rig:
    """An emulator, its control API, and whoever records.

    Attributes:
        srs: None where nobody listens.
        notes: Of who records.
    """

    server: Server
    control: AsyncEmulatorClient
    http: aiohttp.ClientSession
    srs: RecordingServer | None
    notes: Notes = field(default_factory=Notes)

    async def command(self, action: str, **body: Any) -> None:
        """A command to the call, which is accepted."""
        url = f"{self.server.url}/v2/calls/v3:live/actions/{action}"
        async with self.http.post(url, json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def start(self, scenario: str | Document = "live", **body: Any) -> None:
        """siprec_start, which a scenario plays."""
        await self.control.queue(scenario)
        await self.command("siprec_start", connector_name="mine", **body)

    async def comes(self, event: str) -> Document:
        """The payload of a webhook, once it was delivered."""
        found = await self.control.wait("webhook", {"event_type": event, "state": "delivered"}, timeout=BOUND)
        payload: Document = found["matched"][-1]["payload"]
        return payload

    async def session(self) -> Document:
        """The only session."""
        (session,) = await self.control.sessions()
        return await self.control.session(session["id"])

    async def stages(self) -> list[str]:
        """How far it came on the wire."""
        return [one["stage"] for one in (await self.session())["srs"]]


@asynccontextmanager
async def live(
    manner: Manner | None = None,
    *,
    nobody: bool = False,
    transport: Transport = Transport.UDP,
    out: Path | None = None,
    **settings: Any,
) -> AsyncIterator[Rig]:
    """An emulator whose connectors lead to a recording server of that manner, or to nobody."""
    tls = server_context(ServerTls(names=("127.0.0.1",))) if transport is Transport.TLS else None
    wishes = Wishes(manner=manner or Manner(), ports={transport: 0}, tls=tls, out=out)
    notes = Notes()
    srs = RecordingServer(wishes, passed=notes.passed, told=notes.told)
    await srs.open()
    host, port = srs.addresses[transport]
    if nobody:
        await srs.close()
    own = Settings(port=0, srs=SrsAddress(host=host, port=port), drain=2 * SECOND, **settings)
    headers = {"Authorization": f"Bearer {KEY}"}
    try:
        async with (
            running(own) as server,
            AsyncEmulatorClient(server.url, api_key=KEY) as control,
            aiohttp.ClientSession(headers=headers) as http,
        ):
            yield Rig(server, control, http, None if nobody else srs, notes)
    finally:
        if not nobody:
            await srs.close()
