"""What a session on real sockets leaves behind, and what it does while names are looked up."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.siprec.net import connecting
from emulator.siprec.net.connecting import opened
from emulator.siprec.sdp.streams import Direction as Way
from emulator.siprec.sip.message import Request, written
from emulator.siprec.sip.transactions.replying import response
from emulator.siprec.src.actions import Answered, Ended, MediaChanged, Over
from emulator.siprec.src.endpoint import Caller
from tests.siprec.src.on_sockets import BOUND_SECS, Heard, by_hand, calling, free_port, order_to, recording, until
from tests.siprec.src.peer import ORDER, SDP, directed
from tests.siprec.src.peer import placed as stand_in

if TYPE_CHECKING:
    import pytest

    from emulator.siprec.net.connecting import Ways
    from emulator.siprec.net.link import Destination, Link, Receiver
    from emulator.siprec.net.names import Service


class Slow:
    """Names that are found once ``found`` is set, at an address that nobody listens at."""

    def __init__(self) -> None:
        """Nobody asked yet."""
        self.asked = asyncio.Event()
        self.found = asyncio.Event()

    async def addresses(self, _: str) -> tuple[str, ...]:
        """Wait."""
        self.asked.set()
        await self.found.wait()
        return ("127.0.0.3",)

    async def services(self, _: str) -> tuple[Service, ...]:
        """None."""
        return ()


class Two:
    """Names with two addresses."""

    async def addresses(self, _: str) -> tuple[str, ...]:
        """Both."""
        return ("127.0.0.1", "127.0.0.3")

    async def services(self, _: str) -> tuple[Service, ...]:
        """None."""
        return ()


async def test_closing_lets_go_of_sessions_that_are_over_though_others_were_placed_after_them() -> None:
    async with recording() as server:
        caller = Caller()
        first, second = Heard(), Heard()
        over = caller.place(order_to(server), first)
        await first.until(Answered)
        over.hang_up()
        await first.until(Over)
        caller.place(order_to(server), second)
        await second.until(Answered)
        await caller.close()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            # what it waited for repeated messages with is free again
            probe.bind(over.record.messages[0].local)


async def test_media_that_change_while_a_name_is_looked_up_go_where_they_were_told_last() -> None:
    names = Slow()
    async with by_hand() as (hand, came, port), calling(names=names) as caller:
        heard = Heard()
        session = caller.place(replace(ORDER, host="127.0.0.1", port=port), heard)
        await until(lambda: bool(came.came))
        invite = came.came[0]
        assert isinstance(invite, Request)
        peer = stand_in()
        peer.sent = [invite]
        there = session.record.messages[0].local
        named = peer.sdp(invite).replace(b"192.0.2.9", b"slow.example")
        fields = (("Contact", f"<sip:srs@127.0.0.1:{port}>"), SDP)
        hand.sendto(written(response(invite, 200, tag="srs", headers=fields, body=named)), there)
        async with asyncio.timeout(BOUND_SECS):
            await names.asked.wait()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as recorder:
            recorder.setblocking(False)
            recorder.bind(("127.0.0.1", 0))
            moved = directed(Way.RECVONLY, ports=(recorder.getsockname()[1], 0)).replace(
                b"192.0.2.9", b"127.0.0.1"
            )
            hand.sendto(written(peer.theirs("INVITE", SDP, body=moved)), there)
            await heard.until(MediaChanged)
            names.found.set()
            async with asyncio.timeout(BOUND_SECS):
                assert await asyncio.get_running_loop().sock_recv(recorder, 2_000)


async def test_hanging_up_while_the_next_address_is_tried_gives_that_up(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up, tried = asyncio.Event(), asyncio.Event()

    async def slow_at_last(destination: Destination, receiver: Receiver, ways: Ways) -> Link:
        if destination.address[0] == "127.0.0.1":
            return await opened(destination, receiver, ways)
        tried.set()
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()
        raise AssertionError

    monkeypatch.setattr(connecting, "opened", slow_at_last)
    async with calling(names=Two()) as caller:
        heard = Heard()
        session = caller.place(replace(ORDER, host="two.example", port=free_port()), heard)
        async with asyncio.timeout(BOUND_SECS):
            await tried.wait()
        session.hang_up()
        await heard.until(Over)
        async with asyncio.timeout(BOUND_SECS):
            await given_up.wait()
        assert heard.outcomes == [Ended(), Over()]
