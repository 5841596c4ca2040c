"""A call recorder on FastAPI, with Telnyx's async SDK.

    TELNYX_API_KEY=... TELNYX_PUBLIC_KEY=... uvicorn --factory fastapi_app:make_app

Where Telnyx is, the API key and the key that verifies webhooks come from TELNYX_BASE_URL, TELNYX_API_KEY and
TELNYX_PUBLIC_KEY, which the SDK reads itself. What to do upon which event is ``recorder.py``'s.
"""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, BackgroundTasks, FastAPI, Request, Response
from telnyx import APIError, AsyncTelnyx

from recorder import Answer, Command, Recorder, StartRecording, read_event

logger = logging.getLogger("recorder")
router = APIRouter()


@router.post("/webhooks")
async def take_webhook(request: Request, afterwards: BackgroundTasks) -> Response:
    """Verify a webhook, take its event in and answer; what it asks for is done afterwards.

    Telnyx waits two seconds for the answer, and then sends the webhook again.
    """
    telnyx: AsyncTelnyx = request.app.state.telnyx
    recorder: Recorder = request.app.state.recorder
    try:
        # the bytes as they came: a body that was parsed and written again has another signature
        body = (await request.body()).decode()
        telnyx.webhooks.unwrap(body, headers=request.headers)
    except ValueError as error:
        logger.warning("refused a webhook: %s", error)
        return Response(status_code=401)
    command = recorder.take(read_event(body))
    if command is not None:
        afterwards.add_task(carry_out, telnyx, recorder, command)
    return Response()


async def carry_out(telnyx: AsyncTelnyx, recorder: Recorder, command: Command) -> None:
    """Tell Telnyx; the SDK tries again where that may help."""
    actions = telnyx.calls.actions
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
        recorder.refused(command, str(error))


@asynccontextmanager
async def _telnyx(app: FastAPI) -> AsyncIterator[None]:
    """The SDK's client, for as long as the app runs; the server waits for the last commands before it ends."""
    async with AsyncTelnyx() as telnyx:
        if telnyx.public_key is None:
            raise RuntimeError("TELNYX_PUBLIC_KEY is not set, so that no webhook could be verified")
        # loaded now, which takes the SDK a second, and not while Telnyx waits for the first answer
        _ = telnyx.webhooks, telnyx.calls
        app.state.telnyx = telnyx
        yield


def make_app(connector_name: str | None = None) -> FastAPI:
    """The app; its webhooks come to ``/webhooks``.

    Args:
        connector_name: The SIPREC connector that leads to the recorder; None: as SIPREC_CONNECTOR says.
    """
    app = FastAPI(lifespan=_telnyx)
    app.state.recorder = Recorder(connector_name or os.environ.get("SIPREC_CONNECTOR", "my-srs"))
    app.include_router(router)
    return app
