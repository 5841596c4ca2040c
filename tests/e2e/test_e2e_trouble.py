"""Scripted trouble and real parts: the SDK's own retry, and a receiver that is killed and started again."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import telnyx

from tests.e2e.harness import BOUND_SECS, done, emulating, receiving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.harness import Emulator, Receiver, Sdk

SCRIPT = Path(__file__).with_name("killed_receiver.py")
KEY = {"Authorization": "Bearer key"}


async def test_the_sdks_retry_after_a_reset_finds_the_one_session_that_began(
    emulator: Emulator, receiver: Receiver, sdk: Sdk
) -> None:
    """api-reset-but-started with a command_id: two requests, one session, one siprec.started."""
    async with sdk(emulator, max_retries=2) as client:
        answer = await done(
            client.calls.actions.start_siprec(
                "c1", connector_name="emu:api-reset-but-started", extra_body={"command_id": "once"}
            )
        )
        assert answer.data.result == "ok"
        assert receiver.next().event_type == "siprec.started"
        await done(client.calls.actions.stop_siprec("c1"))
        assert receiver.next().event_type == "siprec.stopped"
    starts = emulator.control("/requests", route="siprec_start")["data"]
    assert len(starts) == 2
    assert starts[1]["hint"]
    assert len({one["session_id"] for one in starts}) == 1
    assert len(emulator.control("/sessions")["data"]) == 1
    assert len(emulator.control("/webhooks")["data"]) == 2


async def test_a_reset_without_a_retry_is_an_error_although_it_began(emulator: Emulator, sdk: Sdk) -> None:
    """What the client can't know: the session is there."""
    async with sdk(emulator) as client:
        try:
            await done(client.calls.actions.start_siprec("c1", connector_name="emu:api-reset-but-started"))
        except telnyx.APIConnectionError:
            [session] = emulator.control("/sessions")["data"]
            assert session["playing"]
        else:
            raise AssertionError("the connection was not reset")


async def test_the_sdk_waits_out_a_rate_limit(emulator: Emulator, sdk: Sdk) -> None:
    """rate-limited: refused with 429 and its headers, asked again, taken."""
    async with sdk(emulator, max_retries=4) as client:
        answer = await done(client.calls.actions.start_siprec("c1", connector_name="emu:rate-limited"))
        assert answer.data.result == "ok"
    starts = emulator.control("/requests", route="siprec_start")["data"]
    assert [one["status"] for one in starts][-1] == 200
    assert {one["status"] for one in starts[:-1]} == {429}
    refused = emulator.control(f"/requests/{starts[0]['id']}")["data"]["answer"]["headers"]
    names = {name.lower() for name, _ in refused}
    assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} <= names


class Process:
    """The receiver's process, which writes the id of each event that it takes.

    Attributes:
        ids: Of what was taken, in all its lives, once they have ended.
    """

    def __init__(self) -> None:
        """Find a port for all of its lives."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}/hook"
        self.ids: list[str] = []

    @contextmanager
    def alive(self) -> Iterator[None]:
        """One life, which ends by SIGKILL."""
        command = [sys.executable, str(SCRIPT), str(self._port)]
        # our own script, on this interpreter
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - see above
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
                yield
            finally:
                process.kill()
                output, _ = process.communicate(timeout=BOUND_SECS)
                self.ids += output.split()


def waited(emulator: Emulator, **asked: Any) -> None:
    """Wait for it through the control API."""
    answer = emulator.http.post("/_emulator/wait", json={**asked, "timeout": "20s"}, headers=KEY)
    assert answer.status_code == 200, answer.text


def test_every_event_arrives_though_the_receiver_is_killed_and_started_again() -> None:
    """flaky-receiver-failover, time running four times as fast."""
    process = Process()
    with (
        receiving() as failover,
        emulating(webhook_url=process.url, webhook_failover_url=failover.url) as emulator,
    ):
        emulator.http.put("/_emulator/clock", json={"speed": 4}, headers=KEY)
        with process.alive():
            assert emulator.start("c1", connector_name="emu:flaky-receiver-failover").status_code == 200
            waited(emulator, webhook={"event_type": "siprec.started"})
        # dead: siprec.stopped finds nobody, until the next life
        emulator.http.post("/v2/calls/c1/actions/siprec_stop", json={}, headers=KEY)
        tried = {"one_of": [1, 2, 3, 4]}
        waited(emulator, webhook={"event_type": "siprec.stopped", "state": "pending", "attempts": tried})
        with process.alive():
            waited(emulator, idle=True)
        events = {one["id"]: one for one in emulator.control("/webhooks")["data"]}
        assert [one["event_type"] for one in events.values()] == ["siprec.started", "siprec.stopped"]
        assert {one["state"] for one in events.values()} == {"delivered"}
        stopped = emulator.control(f"/webhooks/{list(events)[1]}")["data"]
        assert stopped["attempts"][0]["error"]["code"] == 75002
        assert stopped["attempts"][0]["simulate"] == "none"
        arrived = {*process.ids, *(hook.event["data"]["id"] for hook in list(failover.hooks.queue))}
        assert arrived == set(events)
