"""A suite that brings its emulator: ``pytest examples/testcontainers``."""

from __future__ import annotations

import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Any

import pytest
from emulator_container import EmulatorContainer
from telnyx import Telnyx

if TYPE_CHECKING:
    from collections.abc import Iterator

SCENARIOS = Path(__file__).parent.parent / "scenarios"


class App:
    """Stands for the app under test: it takes webhooks, on every address, so that a container may reach it."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self.webhooks: Queue[tuple[str, dict[str, str]]] = Queue()
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.send_response(200)
                self.end_headers()
                app.webhooks.put((body, dict(self.headers)))

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("0.0.0.0", 0), Handler)  # noqa: S104 - see above
        self.port = self.server.server_port


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    """The app, for all tests of this file."""
    app = App()
    serving = threading.Thread(target=app.server.serve_forever)
    serving.start()
    yield app
    app.server.shutdown()
    serving.join()
    app.server.server_close()


@pytest.fixture(scope="module")
def emulator(app: App) -> Iterator[EmulatorContainer]:
    """One container for all tests of this file; each has an API key of its own, and sees nothing of the others."""
    with EmulatorContainer(webhook_port=app.port, scenarios=SCENARIOS) as container:
        yield container


@pytest.fixture
def api_key() -> str:
    """Of one test."""
    return f"KEY{uuid.uuid4().hex}"


@pytest.fixture
def telnyx(emulator: EmulatorContainer, api_key: str) -> Iterator[Telnyx]:
    """The SDK, as the app would have it."""
    environment = emulator.environment(api_key)
    with Telnyx(
        base_url=environment["TELNYX_BASE_URL"],
        api_key=environment["TELNYX_API_KEY"],
        public_key=environment["TELNYX_PUBLIC_KEY"],
    ) as client:
        yield client


def test_the_webhook_of_a_busy_recorder_reaches_the_app_and_verifies(telnyx: Telnyx, app: App) -> None:
    """The connector's name chooses the mounted busy-recorder.yaml."""
    telnyx.calls.actions.start_siprec("v3:any-call", connector_name="my-busy-connector")
    body, headers = app.webhooks.get(timeout=10)
    telnyx.webhooks.unwrap(body, headers=headers)
    event: dict[str, Any] = json.loads(body)["data"]
    assert (event["event_type"], event["payload"]["failure_cause"]) == ("siprec.failed", "user_busy")


def test_what_was_asked_can_be_verified(emulator: EmulatorContainer, telnyx: Telnyx, api_key: str) -> None:
    control = emulator.client(api_key)
    control.queue("no-answer")
    telnyx.calls.actions.start_siprec("v3:any-call", connector_name="front-desk")
    control.verify("requests", {"body": {"connector_name": "front-desk"}}, count=1)
