"""The same by the fixture, which SIPREC_EMULATOR_URL tells to use the container's emulator instead of its own."""

from __future__ import annotations

import os
from typing import Any

import httpx
from telnyx import Telnyx

APP = os.environ["APP_URL"]


def start(emulator: Any, call: str) -> None:
    """A recording by a client of the fixture's own API key."""
    with Telnyx(api_key=emulator.api_key, base_url=emulator.base_url) as client:
        client.calls.actions.start_siprec(call, connector_name="front-desk")


def test_it_is_the_emulator_of_the_container(siprec_emulator: Any) -> None:
    assert siprec_emulator.base_url == f"{os.environ['SIPREC_EMULATOR_URL']}/v2"


def test_a_busy_recorder(siprec_emulator: Any) -> None:
    siprec_emulator.queue("srs-busy")
    start(siprec_emulator, "v3:any-call")
    siprec_emulator.wait_for_webhook("siprec.failed", failure_cause="user_busy")


def test_the_app_gets_its_webhooks(siprec_emulator: Any) -> None:
    siprec_emulator.webhook_url = f"{APP}/webhooks"
    siprec_emulator.queue("srs-busy")
    call = f"v3:{siprec_emulator.api_key}"
    start(siprec_emulator, call)
    siprec_emulator.wait_for_webhook("siprec.failed", failure_cause="user_busy")
    assert call in [one["payload"]["call_control_id"] for one in httpx.get(f"{APP}/events").json()]
