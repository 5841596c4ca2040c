"""A call recorder on aiohttp, with Telnyx's async SDK.

    TELNYX_API_KEY=... TELNYX_PUBLIC_KEY=... python aiohttp_app.py

Where Telnyx is, the API key and the key that verifies webhooks come from TELNYX_BASE_URL, TELNYX_API_KEY and
TELNYX_PUBLIC_KEY, which the SDK reads itself. What to do upon which event is ``recorder.py``'s.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING

from aiohttp import web
from telnyx import APIError, AsyncTelnyx

from recorder import Answer, Recorder, StartRecording, read_event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from recorder import Command

RECORDER = web.AppKey("recorder", Recorder)
TELNYX = web.AppKey("telnyx", AsyncTelnyx)
UNDER_WAY = web.AppKey("under_way", set[asyncio.Task[None]])

LAST_COMMANDS_SECS = 10

logger = logging.getLogger("recorder")


async def take_webhook(request: web.Request) -> web.Response:
    """Verify a webhook, take its event in and answer; what it asks for is done afterwards.

    Telnyx waits two seconds for the answer, and then sends the webhook again.
    """
    app = request.app
    try:
        # the bytes as they came: a body that was parsed and written again has another signature
        body = (await request.read()).decode()
        app[TELNYX].webhooks.unwrap(body, headers=request.headers)
    except ValueError as error:
        logger.warning("refused a webhook: %s", error)
        return web.Response(status=401)
    command = app[RECORDER].take(read_event(body))
    if command is not None:
        task = asyncio.create_task(carry_out(app, command))
        app[UNDER_WAY].add(task)  # a task that nobody holds may be collected before it has run
        task.add_done_callback(app[UNDER_WAY].discard)
    return web.Response()


async def carry_out(app: web.Application, command: Command) -> None:
    """Tell Telnyx; the SDK tries again where that may help."""
    actions = app[TELNYX].calls.actions
    try:
        match command:
            case Answer():
                await actions.answer(command.call_control_id, command_id=command.command_id)
            case StartRecording():
                await actions.start_siprec(
                    command.call_control_id,
                    connector_name=command.connector_name,
                    # the SDK has no argument for it
                    extra_body={"command_id": command.command_id},
                )
    except APIError as error:
        logger.warning("%s was refused: %s", command, error)
        app[RECORDER].refused(command, str(error))


async def _telnyx(app: web.Application) -> AsyncIterator[None]:
    """The SDK's client, for as long as the app runs and its last commands are under way."""
    async with AsyncTelnyx() as telnyx:
        if telnyx.public_key is None:
            raise RuntimeError("TELNYX_PUBLIC_KEY is not set, so that no webhook could be verified")
        # loaded now, which takes the SDK a second, and not while Telnyx waits for the first answer
        _ = telnyx.webhooks, telnyx.calls
        app[TELNYX] = telnyx
        yield
        under_way = app[UNDER_WAY]
        if under_way:
            await asyncio.wait(under_way, timeout=LAST_COMMANDS_SECS)


def make_app(connector_name: str) -> web.Application:
    """The app; its webhooks come to ``/webhooks``.

    Args:
        connector_name: The SIPREC connector that leads to the recorder.
    """
    app = web.Application()
    app[RECORDER] = Recorder(connector_name)
    app[UNDER_WAY] = set()
    app.cleanup_ctx.append(_telnyx)
    app.add_routes([web.post("/webhooks", take_webhook)])
    return app


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    web.run_app(make_app(os.environ.get("SIPREC_CONNECTOR", "my-srs")), port=8080)
