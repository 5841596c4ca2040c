"""An app as its author would write it for Telnyx: starts a recording, takes its webhooks, verifies them, stops it.

Nothing here knows of the emulator: TELNYX_BASE_URL, TELNYX_API_KEY and TELNYX_PUBLIC_KEY, which the SDK reads
itself, are all that points it there.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING, Any

from aiohttp import web
from telnyx import APIError, AsyncTelnyx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TELNYX = web.AppKey("telnyx", AsyncTelnyx)
EVENTS = web.AppKey("events", list[dict[str, Any]])

logger = logging.getLogger("app")


async def take_webhook(request: web.Request) -> web.Response:
    """Verify a webhook by its raw body, remember it, and stop a recording that has started."""
    payload = await request.text()
    telnyx = request.app[TELNYX]
    try:
        telnyx.webhooks.unwrap(payload, headers=request.headers)
    except ValueError as error:
        logger.warning("refused a webhook: %s", error)
        return web.Response(status=400)
    event = (await request.json())["data"]
    request.app[EVENTS].append(event)
    logger.info("%s on %s", event["event_type"], event["payload"]["call_control_id"])
    if event["event_type"] == "siprec.started":
        await telnyx.calls.actions.stop_siprec(event["payload"]["call_control_id"])
    return web.Response(status=200)


async def list_events(request: web.Request) -> web.Response:
    """What came so far."""
    return web.json_response(request.app[EVENTS])


async def start_recording(request: web.Request) -> web.Response:
    """Start recording a call: ``POST /recordings/{call_control_id}?connector=NAME``."""
    call, connector = request.match_info["call_control_id"], request.query["connector"]
    try:
        await request.app[TELNYX].calls.actions.start_siprec(call, connector_name=connector)
    except APIError as error:
        return web.json_response({"error": str(error)}, status=502)
    return web.json_response({"recording": call}, status=202)


async def _record_at_start(app: web.Application) -> AsyncIterator[None]:
    """A first recording once the app listens, so that there is something to see."""
    connector = os.environ.get("CONNECTOR_NAME", "my-siprec-connector")
    starting = asyncio.create_task(_record(app[TELNYX], connector))
    yield
    starting.cancel()


async def _record(telnyx: AsyncTelnyx, connector: str) -> None:
    try:
        await telnyx.calls.actions.start_siprec("v3:example-call", connector_name=connector)
    except APIError:
        logger.exception("the recording was refused")


def make_app(telnyx: AsyncTelnyx) -> web.Application:
    """The app, on a client that is already configured."""
    app = web.Application()
    app[TELNYX] = telnyx
    app[EVENTS] = []
    app.add_routes(
        [
            web.post("/webhooks", take_webhook),
            web.get("/events", list_events),
            web.post("/recordings/{call_control_id}", start_recording),
        ]
    )
    return app


def main() -> None:
    """Serve on port 8080."""
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    app = make_app(AsyncTelnyx())
    app.cleanup_ctx.append(_record_at_start)
    web.run_app(app, port=8080)


if __name__ == "__main__":
    main()
