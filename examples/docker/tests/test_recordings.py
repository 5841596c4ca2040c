"""Did the app record? The emulator knows what it was asked, and what the app answered to its webhooks."""

from __future__ import annotations

import os
import uuid

import httpx
import pytest
from telnyx import Telnyx

from emulator.client import EmulatorClient

APP = os.environ["APP_URL"]
EMULATOR = os.environ["SIPREC_EMULATOR_URL"]


@pytest.fixture
def emulator() -> EmulatorClient:
    """The control API, as the app's API key: its calls, sessions and webhooks."""
    return EmulatorClient(EMULATOR, api_key=os.environ["TELNYX_API_KEY"])


@pytest.fixture
def call() -> str:
    """A call of this test alone."""
    return f"v3:{uuid.uuid4()}"


def record(call: str, connector: str) -> int:
    """Tell the app to record a call, and return its status."""
    return httpx.post(f"{APP}/recordings/{call}", params={"connector": connector}).status_code


def events(call: str) -> list[str]:
    """What the app was told of a call."""
    told = httpx.get(f"{APP}/events").json()
    return [one["event_type"] for one in told if one["payload"]["call_control_id"] == call]


def test_a_recording_is_started_and_stopped(emulator: EmulatorClient, call: str) -> None:
    assert record(call, "front-desk") == 202
    stopped = {"event_type": "siprec.stopped", "call_control_id": call, "state": "delivered"}
    emulator.verify("webhooks", stopped, count=1, within="10s")
    emulator.verify("requests", {"call_control_id": call, "body": {"connector_name": "front-desk"}}, count=1)
    assert events(call) == ["siprec.started", "siprec.stopped"]


def test_a_busy_recorder_is_told_to_the_app(emulator: EmulatorClient, call: str) -> None:
    """The connector's name chooses examples/scenarios/busy-recorder.yaml, which compose.yaml mounts."""
    assert record(call, "my-busy-connector") == 202
    failed = {"call_control_id": call, "payload": {"failure_cause": "user_busy"}, "state": "delivered"}
    emulator.verify("webhooks", failed, count=1, within="10s")
    assert events(call) == ["siprec.failed"]


def test_a_refused_start_is_the_apps_502(emulator: EmulatorClient, call: str) -> None:
    emulator.queue("api-error")
    assert record(call, "front-desk") == 502


def test_another_api_key_is_another_world(call: str) -> None:
    """So tests that need no app may run at the same time, each with a key of its own."""
    key = f"KEY{uuid.uuid4().hex}"
    with Telnyx(api_key=key, base_url=f"{EMULATOR}/v2") as client:
        client.calls.actions.start_siprec(call, connector_name="front-desk")
    assert [one["call_control_id"] for one in EmulatorClient(EMULATOR, api_key=key).sessions()] == [call]
