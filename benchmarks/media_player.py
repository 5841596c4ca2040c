"""Plays sessions of two tracks each, at the ports that standard input names, and prints how well time was kept.

Started as a process of its own: ``python -m benchmarks.media_player SESSIONS SECONDS plain|secure|bare|idle``.
``bare`` is the baseline: the same number of equal packets in a loop that sleeps between slots and makes nothing.
``idle`` wakes as often and sends nothing, which tells how well the machine keeps time.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import resource
import socket
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from emulator.core.models import SECOND, Instant
from emulator.siprec.media.pacer import SLOTS, Pacer
from emulator.siprec.media.ports import PortPair, open_ports
from emulator.siprec.media.stream import Track, drawn_source
from emulator.siprec.media.tone import INBOUND_HZ, OUTBOUND_HZ, tone
from emulator.siprec.sdp.crypto import KEY_BYTES, CryptoKey
from emulator.siprec.sdp.streams import Direction, NegotiatedStream

SETTLED_SECS = 1.0
PACKET = bytes(172)
_DRAWS = random.Random(1)  # noqa: S311 - nothing secret is drawn
_OFFSET = time.time_ns() - time.monotonic_ns()


def clock() -> Instant:
    """Wall time that never goes back."""
    return (time.monotonic_ns() + _OFFSET) // 1_000


def resident_kb() -> int:
    """Of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1_024


def track(number: int, port: int, *, secure: bool) -> Track:
    """One of a session's two."""
    remote = ("127.0.0.1", port)
    agreed = NegotiatedStream(
        label="inbound" if number % 2 else "outbound",
        active=True,
        direction=Direction.SENDONLY,
        remote=remote,
        remote_rtcp=("127.0.0.1", 9),
        local_key=CryptoKey(key=_DRAWS.randbytes(KEY_BYTES)) if secure else None,
        remote_key=CryptoKey(key=_DRAWS.randbytes(KEY_BYTES)) if secure else None,
    )
    return Track(
        sound=tone(INBOUND_HZ if number % 2 else OUTBOUND_HZ),
        negotiated=agreed,
        source=drawn_source(_DRAWS, "benchmark"),
        randomness=_DRAWS,
    )


async def played(sessions: int, seconds: float, ports: list[int], *, secure: bool) -> dict[str, Any]:
    """Play, and measure once all have begun."""
    for frequency in (INBOUND_HZ, OUTBOUND_HZ):
        tone(frequency)
    before = resident_kb()
    pacer = Pacer(clock)
    playing: list[tuple[Track, PortPair]] = []
    for number in range(2 * sessions):
        pair = open_ports("127.0.0.1", randomness=_DRAWS)
        one = track(number, ports[number % len(ports)], secure=secure)
        pair.listen(rtcp=lambda _, __: None)
        pacer.add(one, pair)
        playing.append((one, pair))
    await asyncio.sleep(SETTLED_SECS)
    start, began, cpu = pacer.pace, time.perf_counter(), time.process_time()
    await asyncio.sleep(seconds)
    end, cpu, passed = pacer.pace, time.process_time() - cpu, time.perf_counter() - began
    kept = (resident_kb() - before) / sessions
    for one, pair in playing:
        pacer.remove(one)
        pair.close()
    sent = end.sent - start.sent
    return {
        "sent": sent,
        "wanted": round(2 * sessions * 50 * passed),
        "packets": sum(one.sent.packets for one, _ in playing),
        "late": end.late - start.late,
        "skipped": end.skipped,
        "unsent": end.unsent,
        "behind": [after - ahead for after, ahead in zip(end.behind, start.behind, strict=True)],
        "cpu": cpu / passed,
        "kb": kept,
    }


def bare(sessions: int, seconds: float, ports: list[int]) -> dict[str, Any]:
    """As many packets, 20 times in 20 ms, from one socket, and nothing else."""
    per_slot = 2 * sessions // SLOTS
    remote = ("127.0.0.1", ports[0])
    late, sent = 0, 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        sending.setblocking(False)
        cpu, began = time.process_time(), clock()
        for tick in range(round(seconds * 1_000)):
            due = began + (tick + 1) * 1_000
            time.sleep(max(due - clock(), 0) / SECOND)
            for _ in range(per_slot):
                sending.sendto(PACKET, remote)
            sent += max(per_slot, 1)
            late += max(per_slot, 1) * (clock() - due > 3_000)
        passed = (clock() - began) / SECOND
    return {"sent": sent, "late": late, "cpu": (time.process_time() - cpu) / passed}


def main() -> None:
    """Print one line of JSON."""
    sessions, seconds, kind = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))
    ports = json.loads(sys.stdin.readline())
    gc.freeze()
    if kind in {"bare", "idle"}:
        print(json.dumps(bare(sessions if kind == "bare" else 0, seconds, ports)))
        return
    print(json.dumps(uvloop.run(played(sessions, seconds, ports, secure=kind == "secure"))))


if __name__ == "__main__":
    main()
