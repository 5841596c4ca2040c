"""The other end of ``demo --live``: a recording server in a thread of its own, whose files can be listened to.

Owns that thread and what it prints. Must not know SIP: ``emulator.siprec.srs`` does.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

from emulator.core.errors import Unreachable
from emulator.core.srs import SrsAddress
from emulator.siprec.capture.ladder import Ladder, Party
from emulator.siprec.net.link import Transport
from emulator.siprec.srs.endpoint import RecordingServer, Wishes
from emulator.siprec.srs.summary import Summary, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from emulator.siprec.capture.record import Packet
    from emulator.siprec.srs.endpoint import Told

HOST = "127.0.0.1"


@contextmanager
def recording_server(out: Path, say: Callable[[str], None]) -> Iterator[SrsAddress]:
    """A server on a free port, for the length of the block.

    Args:
        out: Where each session gets a folder of its own.
        say: Prints a line; called from the server's thread.

    Yields:
        Where it listens.

    Raises:
        Unreachable: No port can be bound.
    """
    opened: Future[tuple[SrsAddress, Callable[[], None]]] = Future()
    thread = Thread(target=lambda: asyncio.run(_serve(out, say, opened)), name="recording-server", daemon=True)
    thread.start()
    address, stop = opened.result()
    try:
        yield address
    finally:
        stop()
        thread.join()


async def _serve(
    out: Path, say: Callable[[str], None], opened: Future[tuple[SrsAddress, Callable[[], None]]]
) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    ladder = Ladder(Party.SRS)

    def told(one: Told) -> None:
        for line in lines(one) if isinstance(one, Summary) else (one.reason,):
            say(f"| {line}")

    def passed(packet: Packet) -> None:
        for line in ladder.lines(packet):
            say(f"| {line}")

    def stop() -> None:
        loop.call_soon_threadsafe(over.set)

    server = RecordingServer(Wishes(host=HOST, out=out), passed=passed, told=told)
    try:
        await server.open()
    except Unreachable as error:
        opened.set_exception(error)
        return
    opened.set_result((SrsAddress(host=HOST, port=server.addresses[Transport.UDP][1]), stop))
    await over.wait()
    await server.close()
