"""A call recorder on Flask, with Telnyx's blocking SDK.

    TELNYX_API_KEY=... TELNYX_PUBLIC_KEY=... flask --app flask_app:create_app run --port 8080

Where Telnyx is, the API key and the key that verifies webhooks come from TELNYX_BASE_URL, TELNYX_API_KEY and
TELNYX_PUBLIC_KEY, which the SDK reads itself. What to do upon which event is ``recorder.py``'s.
"""

from __future__ import annotations

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from telnyx import APIError, Telnyx

from recorder import Answer, Recorder, StartRecording, read_event

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from recorder import Command

logger = logging.getLogger("recorder")


def make_app(telnyx: Telnyx, workers: Executor, connector_name: str) -> Flask:
    """The app; its webhooks come to ``/webhooks``, and ``extensions["recorder"]`` knows its calls.

    Args:
        telnyx: The SDK's client, with the key that verifies webhooks.
        workers: They tell Telnyx what a webhook asks for, once that has been answered.
        connector_name: The SIPREC connector that leads to the recorder.
    """
    if telnyx.public_key is None:
        raise RuntimeError("TELNYX_PUBLIC_KEY is not set, so that no webhook could be verified")
    # loaded now, which takes the SDK a second, and not while Telnyx waits for the first answer
    _ = telnyx.webhooks, telnyx.calls
    app = Flask(__name__)
    recorder = app.extensions["recorder"] = Recorder(connector_name)

    @app.post("/webhooks")
    def take_webhook() -> Response:
        """Verify a webhook, take its event in and answer; what it asks for is done afterwards.

        Telnyx waits two seconds for the answer, and then sends the webhook again.
        """
        try:
            # the bytes as they came: a body that was parsed and written again has another signature
            body = request.get_data().decode()
            telnyx.webhooks.unwrap(body, headers=dict(request.headers))
        except ValueError as error:
            logger.warning("refused a webhook: %s", error)
            return Response(status=401)
        command = recorder.take(read_event(body))
        if command is not None:
            workers.submit(carry_out, telnyx, recorder, command)
        return Response()

    return app


def carry_out(telnyx: Telnyx, recorder: Recorder, command: Command) -> None:
    """Tell Telnyx; the SDK tries again where that may help."""
    actions = telnyx.calls.actions
    try:
        match command:
            case Answer():
                actions.answer(command.call_control_id, command_id=command.command_id)
            case StartRecording():
                actions.start_siprec(
                    command.call_control_id,
                    connector_name=command.connector_name,
                    # the SDK has no argument for it
                    extra_body={"command_id": command.command_id},
                )
    except APIError as error:
        logger.warning("%s was refused: %s", command, error)
        recorder.refused(command, str(error))


def create_app() -> Flask:
    """The app as a server runs it, for as long as the process lives."""
    return make_app(Telnyx(), ThreadPoolExecutor(), os.environ.get("SIPREC_CONNECTOR", "my-srs"))
