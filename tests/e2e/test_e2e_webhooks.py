"""Every webhook of the eight built-in scenarios, as an app receives it and verifies it with the official SDK."""

from __future__ import annotations

import base64
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
import telnyx

from emulator.core.signing import Signer
from tests.e2e.harness import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.harness import Emulator, Hook, Receiver

# Name to the causes of its events where nobody stops it; started has none.
EVENTS: dict[str, list[tuple[str, str | None]]] = {
    "happy-path": [("siprec.started", None), ("siprec.stopped", "normal_clearing")],
    "srs-busy": [("siprec.failed", "user_busy")],
    "srs-declined": [("siprec.failed", "decline")],
    "no-answer": [("siprec.failed", "no_answer")],
    "srs-unreachable": [("siprec.failed", "normal_temporary_failure")],
    "timed-stop": [("siprec.started", None), ("siprec.stopped", "normal_clearing")],
    "stopped-by-srs": [("siprec.started", None), ("siprec.stopped", "normal_clearing")],
    "api-error": [],
}


@pytest.fixture
def emulator(emulate: Callable[..., Emulator], receiver: Receiver, tmp_path: Path) -> Emulator:
    """Plays the built-in scenarios with each of their times cut to 10 ms."""
    for file in (ROOT / "scenarios").glob("*.yaml"):
        (tmp_path / file.name).write_text(re.sub(r"\b\d+(ms|s|h)$", "10ms", file.read_text(), flags=re.MULTILINE))
    return emulate(webhook_url=receiver.url, scenarios=(tmp_path,))


def unwrap(hook: Hook, public_key: str) -> Any:
    """As an app verifies: the raw text, and the headers as they came."""
    with telnyx.Telnyx(api_key="key", public_key=public_key) as client:
        return client.webhooks.unwrap(hook.body.decode(), headers=hook.headers)


@pytest.mark.parametrize("by", ["connector", "header"])
@pytest.mark.parametrize("scenario", list(EVENTS))
def test_the_sdk_unwraps_every_event_of_a_built_in_scenario(
    emulator: Emulator, receiver: Receiver, scenario: str, by: str
) -> None:
    """Chosen by a magic connector or by header, the scenario plays its events with the causes it promises."""
    if by == "connector":
        answer = emulator.start("c1", connector_name=f"emu:{scenario}", client_state="c3RhcnQ=")
    else:
        answer = emulator.start("c1", headers={"X-Emulator-Scenario": scenario}, client_state="c3RhcnQ=")
    assert answer.headers["X-Emulator-Scenario"] == scenario
    assert answer.status_code == (422 if scenario == "api-error" else 200)
    found = []
    for _ in EVENTS[scenario]:
        event = unwrap(receiver.next(), emulator.public_key).data
        payload = event.payload
        found.append(
            (event.event_type, getattr(payload, "failure_cause", None) or getattr(payload, "hangup_cause", None))
        )
        assert (payload.call_control_id, payload.client_state) == ("c1", "c3RhcnQ=")
    assert sorted(found, key=str) == sorted(EVENTS[scenario], key=str)
    assert len(emulator.webhooks_over(0)) == len(EVENTS[scenario])
    assert receiver.hooks.empty()


def test_a_stop_while_it_rings_cancels(emulate: Callable[..., Emulator], receiver: Receiver) -> None:
    """With its own times, no-answer tells of originator_cancel when the app loses patience."""
    emulator = emulate(webhook_url=receiver.url)
    emulator.start("c1", connector_name="emu:no-answer")
    emulator.http.post("/v2/calls/c1/actions/siprec_stop", json={}, headers={"Authorization": "Bearer key"})
    event = unwrap(receiver.next(), emulator.public_key).data
    assert (event.event_type, event.payload.hangup_cause) == ("siprec.stopped", "originator_cancel")


@pytest.fixture
def hook(emulator: Emulator, receiver: Receiver) -> Hook:
    """One genuine webhook."""
    emulator.start("c1", connector_name="emu:srs-busy")
    return receiver.next()


def test_the_sdk_refuses_an_altered_body(emulator: Emulator, hook: Hook) -> None:
    """One byte is enough."""
    with telnyx.Telnyx(api_key="key", public_key=emulator.public_key) as client:
        client.webhooks.unwrap(hook.body.decode(), headers=hook.headers)
        with pytest.raises(ValueError, match="does not match payload"):
            client.webhooks.unwrap(hook.body.decode().replace("user_busy", "user_bush"), headers=hook.headers)


def test_the_sdk_refuses_another_servers_key(hook: Hook) -> None:
    """A key that did not sign fits nothing."""
    with pytest.raises(ValueError, match="does not match payload"):
        unwrap(hook, Signer(seed=bytes(32)).public_key)


def test_the_sdk_refuses_a_stale_stamp(emulator: Emulator, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six minutes later the same webhook is too old."""
    key, later = emulator.public_key, time.time() + 360
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(ValueError, match="too old"):
        unwrap(hook, key)


def test_the_configured_key_signs(emulate: Callable[..., Emulator], receiver: Receiver) -> None:
    """A key that was set is the one that the server shows, so that an app can be told before it runs."""
    seed = bytes(range(32))
    emulator = emulate(webhook_url=receiver.url, signing_key=seed)
    emulator.start("c1", connector_name="emu:srs-busy")
    assert emulator.public_key == Signer(seed=seed).public_key
    assert len(base64.b64decode(emulator.public_key)) == 32
    unwrap(receiver.next(), Signer(seed=seed).public_key)


def test_a_webhook_has_telnyxs_headers_and_layout(emulator: Emulator, hook: Hook) -> None:
    """Nothing beside what Telnyx documents, the keys sorted, two spaces of indentation."""
    assert list(hook.headers) == [
        "Host",
        "Content-Type",
        "User-Agent",
        "Telnyx-Signature-Ed25519",
        "Telnyx-Timestamp",
        "Content-Length",
    ]
    assert (hook.headers["Content-Type"], hook.headers["User-Agent"]) == ("application/json", "telnyx-webhooks")
    assert hook.body.startswith(b'{\n  "data": {\n    "event_type": "siprec.failed",\n    "id": ')
    assert hook.event["meta"] == {"attempt": 1, "delivered_to": emulator.server.settings.webhook_url}


def test_without_a_webhook_url_the_emulators_own_receiver_takes_and_verifies(
    emulate: Callable[..., Emulator],
) -> None:
    """A first run needs no other server."""
    emulator = emulate()
    emulator.start("c1", connector_name="emu:srs-unreachable")
    (webhook,) = emulator.webhooks_over(1)
    assert webhook["state"] == "delivered"
    (received,) = emulator.control("/received")["data"]
    assert (received["verdict"], received["body"]) == ("good", webhook["attempts"][0]["request"]["body"])
