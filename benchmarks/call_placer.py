"""Places sessions at a steady rate, each for a second, and prints what came of them as JSON.

Started as a process of its own: ``python -m benchmarks.call_placer PORT RATE SECONDS whole|bare``. ``bare`` is the
baseline: an INVITE as large, an ACK and a BYE over a bare socket for each session, made of bytes that are ready.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import uvloop

from emulator.siprec.src.actions import Answered, Failed, Over, Report
from emulator.siprec.src.endpoint import Caller
from emulator.siprec.src.order import Order

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.siprec.src.placed import Placed

LASTS_SECS = 1.0
WARM = 20
HELD = 200
_INVITE_BYTES = 3_300


def order_to(port: int) -> Order:
    """A session of two tracks."""
    return Order(
        host="127.0.0.1",
        port=port,
        caller="+15551110000",
        callee="+15552220000",
        session_id="8a2fbb1e-5c9a-4a1f-9a7b-0d1f2e3c4b5a",
        sip_call_id="benchmark",
    )


class Session:
    """One that is placed, answered, hung up after a second, and over."""

    def __init__(self, caller: Caller, order: Order) -> None:
        """Place it."""
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self.took: float | None = None
        self.failed = False
        self.over = asyncio.Event()
        self._placed: Placed = caller.place(order, self._told)

    def _told(self, report: Report) -> None:
        if isinstance(report, Answered):
            self.took = self._loop.time() - self._began
            self._loop.call_later(LASTS_SECS, self._placed.hang_up)
        self.failed |= isinstance(report, Failed)
        if isinstance(report, Over):
            self.over.set()


class Bare(asyncio.DatagramProtocol):
    """The same messages by bytes that are ready."""

    def __init__(self) -> None:
        """Begin."""
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self.took: float | None = None
        self.failed = False
        self.over = asyncio.Event()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the INVITE."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        self._transport.sendto(_bare("INVITE", _INVITE_BYTES))

    def datagram_received(self, _: bytes, __: tuple[str, int]) -> None:
        """Acknowledge, hang up later, and close."""
        assert self._transport is not None
        if self.took is None:
            self.took = self._loop.time() - self._began
            self._transport.sendto(_bare("ACK", 0))
            self._loop.call_later(LASTS_SECS, self._transport.sendto, _bare("BYE", 0))
        else:
            self._transport.close()
            self.over.set()


def _bare(method: str, size: int) -> bytes:
    head = (
        f"{method} sip:srs@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n"
        "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\n"
        f"CSeq: 1 {method}\r\nContent-Length: {size}\r\n\r\n"
    )
    return head.encode() + bytes(size)


def _resident_kb() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1_024


async def placed(port: int, rate: int, seconds: float, *, whole: bool) -> dict[str, Any]:
    """Place them, and wait until each is over."""
    caller, order, loop = Caller(), order_to(port), asyncio.get_running_loop()
    sessions: list[Session | Bare] = [await _one(caller, order, whole=whole) for _ in range(WARM)]
    for session in sessions:
        await session.over.wait()
    sessions.clear()
    began, cpu = loop.time(), time.process_time()
    for number in range(round(rate * seconds)):
        await asyncio.sleep(max(began + number / rate - loop.time(), 0))
        sessions.append(await _one(caller, order, whole=whole))
    for session in sessions:
        await session.over.wait()
    spent = time.process_time() - cpu
    kb = await _kept_kb(caller, order) if whole else 0.0
    await caller.close(0)
    took = sorted(session.took for session in sessions if session.took is not None)
    return {
        "sessions": len(sessions),
        "failed": sum(session.failed for session in sessions),
        "cpu_ms": 1_000 * spent / len(sessions),
        "p50_ms": 1_000 * took[len(took) // 2],
        "p99_ms": 1_000 * took[len(took) * 99 // 100],
        "kb": kb,
        "late": caller.pace.late / max(caller.pace.sent, 1),
    }


async def _kept_kb(caller: Caller, order: Order) -> float:
    """Resident memory for each of many sessions that are up at once."""
    before = _resident_kb()
    answered = [asyncio.Event() for _ in range(HELD)]
    held = [caller.place(order, _setting(event)) for event in answered]
    for event in answered:
        await event.wait()
    kept = _resident_kb() - before
    for one in held:
        one.hang_up()
    return kept / HELD


def _setting(event: asyncio.Event) -> Callable[[Report], None]:
    return lambda report: event.set() if isinstance(report, Answered) else None


async def _one(caller: Caller, order: Order, *, whole: bool) -> Session | Bare:
    if whole:
        return Session(caller, order)
    address = ("127.0.0.1", order.port or 0)
    _, bare = await asyncio.get_running_loop().create_datagram_endpoint(Bare, remote_addr=address)
    return bare


def main() -> None:
    """Place what the arguments say."""
    port, rate, seconds, kind = sys.argv[1:]
    told = uvloop.run(placed(int(port), int(rate), float(seconds), whole=kind == "whole"))
    print(json.dumps(told))


if __name__ == "__main__":
    main()
