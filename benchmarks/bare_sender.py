"""The baseline of deliveries: an aiohttp client loop that posts the same bytes, 32 at once.

Started as a process of its own: ``python bare_sender.py URL COUNT``, the request's bytes on standard input. Prints
the posts a second.
"""

from __future__ import annotations

import asyncio
import sys
import time

import aiohttp
import uvloop

AT_ONCE = 32


async def post(url: str, count: int, request: bytes) -> float:
    """Post so many times; posts a second."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = (line.decode().partition(": ") for line in head.split(b"\r\n")[1:])
    headers = {name: value for name, _, value in lines if name.lower() not in {"host", "content-length"}}
    left = iter(range(count))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one_after_the_other() -> None:
            for _ in left:
                async with session.post(url, data=body, headers=headers) as response:
                    await response.read()

        began = time.perf_counter()
        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
        return count / (time.perf_counter() - began)


if __name__ == "__main__":
    print(uvloop.run(post(sys.argv[1], int(sys.argv[2]), sys.stdin.buffer.read())))
