"""The baseline of every figure: an aiohttp application with uvloop whose handlers return a constant."""

from __future__ import annotations

import asyncio
import sys

import uvloop
from aiohttp import web

ANSWER = b'{"data":{"result":"ok"}}'


async def constant(_request: web.Request) -> web.Response:
    """Answer without reading anything."""
    return web.Response(body=ANSWER, content_type="application/json")


async def serve(port: int) -> None:
    """Serve until killed."""
    app = web.Application()
    app.router.add_post("/v2/calls/{call_control_id}/actions/siprec_start", constant)
    app.router.add_get("/_emulator/ready", constant)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
