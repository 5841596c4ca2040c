"""The whole built-in scenario set, minutes of it, played through while a client waits for a moment."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import telnyx

from emulator.core.clock import REPEATABLE_START, ClockMode
from emulator.core.times import iso_micros
from tests.e2e.harness import recording_scenarios

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.e2e.harness import Emulator, Receiver

NAMES = recording_scenarios()

BOUND_SECS = 10
"""Of real time; a quiet machine takes less than two seconds."""

SCRIPTED = timedelta(minutes=3)


def start(emulator: Emulator, name: str) -> None:
    """Start by the official SDK, with the scenario's name as API key; once more where it was told to slow down."""
    with telnyx.Telnyx(api_key=name, base_url=emulator.url, max_retries=0) as client:
        for _ in range(2):
            try:
                client.calls.actions.start_siprec(f"v3:{name}", connector_name=f"emu:{name}")
            except telnyx.RateLimitError:
                continue
            except telnyx.APIError:
                # what the scenario is about
                return
            return


def passed(emulator: Emulator, name: str) -> timedelta:
    """How far a namespace's clock has gone since it began."""
    answer = emulator.http.get("/_emulator/clock", headers={"Authorization": f"Bearer {name}"})
    shown = answer.json()["data"]
    assert shown["idle"], name
    return datetime.fromisoformat(shown["time"]) - datetime.fromisoformat(iso_micros(REPEATABLE_START))


def test_minutes_of_scenarios_play_through_while_somebody_waits(
    emulate: Callable[..., Emulator], receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each in a namespace of its own, on clocks that go by themselves; every webhook is delivered or given up."""
    emulator = emulate(webhook_url=receiver.url, webhook_failover_url=receiver.url, clock=ClockMode.AUTO, seed="7")
    began = time.monotonic()
    for name in NAMES:
        start(emulator, name)
    answer = emulator.http.post("/_emulator/wait", json={"idle": True, "timeout": f"{BOUND_SECS}s"})
    took = time.monotonic() - began
    assert answer.json() == {"data": {"idle": True}}
    scripted = sum((passed(emulator, name) for name in NAMES), timedelta())
    with capsys.disabled():
        print(f"\n{len(NAMES)} scenarios, {scripted} of scripted time, {took:.2f} s of real time")  # noqa: T201
    assert scripted > SCRIPTED
    assert took < BOUND_SECS
    sessions = emulator.control("/sessions", limit="1000")["data"]
    # one of them refuses every start
    assert {one["scenario"] for one in sessions} == {*NAMES} - {"api-error"}
    assert {one["playing"] for one in sessions} == {False}
    states = {one["state"] for one in emulator.control("/webhooks", limit="1000")["data"]}
    assert states == {"delivered"}
