"""An SRS that costs next to nothing: every INVITE is answered at once, and media go where nobody reads.

Started as a process of its own: ``python -m benchmarks.call_answerer``. It prints its port, and ends when its
standard input does.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import cast

from emulator.siprec.sip.message import Request, parse, written
from emulator.siprec.sip.transactions.replying import response

_SDP = ("Content-Type", "application/sdp")


class Answerer(asyncio.DatagramProtocol):
    """Answers."""

    def __init__(self, sink: int) -> None:
        """Let media go to a port."""
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"]
        lines += [f"m=audio {sink} RTP/AVP 0", "a=recvonly"] * 2
        self._description = "".join(f"{line}\r\n" for line in lines).encode()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        """Answer everything but an ACK with 200."""
        asked = parse(data)
        if self._transport is None or not isinstance(asked, Request) or asked.method == "ACK":
            return
        fields: tuple[tuple[str, str], ...] = ()
        if asked.method == "INVITE":
            host, port = self._transport.get_extra_info("sockname")
            fields = (("Contact", f"<sip:srs@{host}:{port}>"), _SDP)
        body = self._description if fields else b""
        self._transport.sendto(written(response(asked, 200, tag="srs", headers=fields, body=body)), address)


async def main() -> None:
    """Serve until nobody is left to serve."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", 0))
        answerer = Answerer(sink.getsockname()[1])
        transport, _ = await loop.create_datagram_endpoint(lambda: answerer, local_addr=("127.0.0.1", 0))
        print(transport.get_extra_info("sockname")[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)
        transport.close()


if __name__ == "__main__":
    asyncio.run(main())
