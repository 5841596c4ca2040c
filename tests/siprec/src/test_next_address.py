"""A recorder of several addresses on real sockets: one that fails is left for the next (RFC 3263 section 4.3)."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from emulator.core.models import MILLISECOND, SECOND
from emulator.core.srs import SrsReason
from emulator.siprec.capture.ladder import drawn
from emulator.siprec.capture.record import Direction
from emulator.siprec.net.link import Transport
from emulator.siprec.net.names import Service
from emulator.siprec.sip.message import Request, parse, written
from emulator.siprec.sip.transactions.replying import response
from emulator.siprec.sip.transactions.timers import STANDARD, Timers
from emulator.siprec.sip.via import parse_via
from emulator.siprec.src.actions import Answered, Ended, Failed, Over
from emulator.siprec.srs.endpoint import RecordingServer, Wishes
from emulator.siprec.srs.manner import Manner, manner_of
from tests.siprec.src.on_sockets import Heard, by_hand, calling, free_port, methods, until
from tests.siprec.src.peer import ORDER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from emulator.siprec.src.order import Order
    from emulator.siprec.src.placed import Placed

QUICK = Timers(t1=25 * MILLISECOND)
"""Timer B of 1.6 s, for addresses that say nothing."""


@dataclass(slots=True)
class Listed:
    """A name whose SRV records lead to ports of this machine, in order."""

    ports: list[int]

    async def addresses(self, _: str) -> tuple[str, ...]:
        """This machine."""
        return ("127.0.0.1",)

    async def services(self, _: str) -> tuple[Service, ...]:
        """Each port, the first one first."""
        return tuple(
            Service(host="srs.example.com", port=port, priority=at, weight=0) for at, port in enumerate(self.ports)
        )


@asynccontextmanager
async def recorders(*answers: str | None) -> AsyncIterator[Listed]:
    """A server for each way to answer, in order; None: a port that nobody listens at."""
    async with AsyncExitStack() as stack:
        ports = []
        for answer in answers:
            if answer is None:
                ports.append(free_port())
                continue
            server = RecordingServer(Wishes(manner=manner_of(answer) or Manner()))
            await server.open()
            stack.push_async_callback(server.close)
            ports.append(server.addresses[Transport.UDP][1])
        yield Listed(ports)


def order(transport: Transport, timers: Timers = STANDARD) -> Order:
    return replace(ORDER, host="srs.example.com", port=None, transport=transport, timers=timers)


def invites(placed: Placed) -> list[tuple[int, Request]]:
    """The distinct INVITEs that were sent, each with the port that it went to."""
    sent = [one for one in placed.record.messages if one.direction is Direction.SENT]
    found = {one.data: (one.remote[1], parse(one.data)) for one in sent}
    return [(port, one) for port, one in found.values() if isinstance(one, Request) and one.method == "INVITE"]


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
@pytest.mark.parametrize("first", ["overloaded", "silent", None])
async def test_the_next_address_is_tried_where_one_fails(first: str | None, transport: Transport) -> None:
    async with recorders(first, "accept") as names, calling(names=names) as caller:
        heard = Heard()
        placed = caller.place(order(transport, QUICK if first == "silent" else STANDARD), heard)
        await heard.until(Answered)
        tried = invites(placed)
        # no INVITE leaves for a port that takes no connection
        expected = names.ports[1:] if first is None and transport is Transport.TCP else names.ports
        assert [port for port, _ in tried] == expected
        # of the same call, each in a transaction of its own
        assert len({one.headers.get("Call-ID") for _, one in tried}) == 1
        assert len({parse_via(one.headers.get("Via") or "").branch for _, one in tried}) == len(tried)
        placed.hang_up()
        await heard.until(Over)
        assert [type(one) for one in heard.outcomes] == [Answered, Ended, Over]


async def test_each_try_is_on_the_ladder() -> None:
    async with recorders("overloaded", "accept") as names, calling(names=names) as caller:
        heard = Heard()
        placed = caller.place(order(Transport.UDP), heard)
        await heard.until(Answered)
        lines = drawn(placed.record.messages).splitlines()
        first, second = names.ports
        assert f"SRS 127.0.0.1:{first}" in lines[0]
        assert "INVITE" in lines[1]
        refused, acknowledged, again = [
            line for line in lines[2:] if "100 Trying" not in line and "again" not in line
        ][:3]
        assert "503 Service Unavailable (INVITE)" in refused
        assert "ACK" in acknowledged
        assert "INVITE" in again
        assert again.endswith(f"to 127.0.0.1:{second}")


async def test_the_last_address_says_why_it_failed() -> None:
    async with recorders("silent", "overloaded") as names, calling(names=names) as caller:
        heard = Heard()
        caller.place(order(Transport.UDP, QUICK), heard)
        await heard.until(Over)
        failed = Failed(why=SrsReason.RESPONSE, status=503, reason="Service Unavailable")
        assert heard.outcomes == [failed, Over()]


async def test_hanging_up_after_an_address_was_left_ends_what_is_under_way() -> None:
    async with recorders("overloaded", "ring") as names, calling(names=names) as caller:
        heard = Heard()
        placed = caller.place(order(Transport.TCP), heard)
        async with asyncio.timeout(10):
            while len(invites(placed)) < 2:  # noqa: ASYNC110 - a record tells nobody
                await asyncio.sleep(0.01)
        placed.hang_up()
        await heard.until(Over)
        assert heard.outcomes[-2:] == [Ended(), Over()]


async def test_addresses_that_take_no_connection_are_bounded_by_the_answer_timer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A machine that drops what is sent to it would be waited for 5 s at each address."""

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("emulator.siprec.net.connecting.opened", never)
    async with calling(names=Listed([5_070, 5_071])) as caller:
        heard = Heard()
        caller.place(replace(order(Transport.TCP), answer_timeout=SECOND // 20), heard)
        await heard.until(Over)
        assert heard.outcomes == [Failed(why=SrsReason.NO_ANSWER, reason="no answer in time"), Over()]


async def test_a_503_is_acknowledged_where_it_came_from_before_that_address_is_left() -> None:
    async with by_hand() as (hand, first, port), recorders("accept") as names, calling(names=names) as caller:
        names.ports.insert(0, port)
        heard = Heard()
        placed = caller.place(order(Transport.UDP), heard)
        await until(lambda: bool(first.came))
        [invite] = first.came
        assert isinstance(invite, Request)
        refused = written(response(invite, 503, tag="srs"))
        hand.sendto(refused, placed.record.messages[0].local)
        await heard.until(Answered)
        await until(lambda: methods(first) == ["INVITE", "ACK"])
