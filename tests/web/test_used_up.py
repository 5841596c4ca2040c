"""A server with few descriptors, asked for more sessions, or more connections, than they are enough for."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from emulator.siprec.net.link import Transport
from emulator.siprec.srs.endpoint import RecordingServer, Wishes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.conftest import Hook, WebhookApp

BOUND_SECS = 60
DESCRIPTORS = 128
SESSIONS = 30
"""Six descriptors each, of which sessions leave a third."""

TOO_MANY = f"too many open files: sessions leave {DESCRIPTORS // 3} of {DESCRIPTORS} (ulimit -n)"

SERVE = """
import asyncio, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[1])))
sys.modules["uvloop"] = None if sys.argv[2] == "asyncio" else __import__("uvloop")
from emulator.config import Settings
from emulator.core.srs import SrsAddress
from emulator.web.server import run
srs = SrsAddress(host="127.0.0.1", port=int(sys.argv[4]))
patient = {"webhook_timeout": 30_000_000}
sys.exit(run(Settings(port=0, webhook_url=sys.argv[3], srs=srs, default_scenario="live", **patient)))
"""


@asynccontextmanager
async def serving(loop: str, webhooks: str, srs: int) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Where it listens, and what it logged once the block is left."""
    command = (sys.executable, "-c", SERVE, f"{DESCRIPTORS}", loop, webhooks, f"{srs}")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    log: list[bytes] = []
    assert process.stdout is not None
    assert process.stderr is not None
    reading = asyncio.create_task(process.stderr.read())
    try:
        async with asyncio.timeout(BOUND_SECS):
            line = (await process.stdout.readline()).decode()
        yield line.split()[-1], log
    finally:
        process.terminate()
        async with asyncio.timeout(BOUND_SECS):
            log.append(await reading)
            await process.wait()


def client(url: str) -> httpx.AsyncClient:
    few = httpx.Limits(max_connections=4)
    return httpx.AsyncClient(base_url=url, headers={"Authorization": "Bearer k"}, timeout=BOUND_SECS, limits=few)


async def all_of(http: httpx.AsyncClient, action: str, body: dict[str, Any]) -> Counter[int]:
    """The statuses of a command to every call at once."""
    calls = (http.post(f"/v2/calls/v3:{at}/actions/{action}", json=body) for at in range(SESSIONS))
    return Counter(answer.status_code for answer in await asyncio.gather(*calls))


def event(hook: Hook) -> tuple[str, str | None]:
    """What a webhook tells, and the cause of a failure."""
    data = json.loads(hook.body)["data"]
    return data["event_type"], data["payload"].get("failure_cause")


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
async def test_each_session_is_told_of_and_commands_are_answered(loop: str, webhook_app: WebhookApp) -> None:
    srs = RecordingServer(Wishes())
    await srs.open()
    _, port = srs.addresses[Transport.UDP]
    try:
        async with serving(loop, webhook_app.url, port) as (url, log), client(url) as http:
            assert await all_of(http, "siprec_start", {"connector_name": "any"}) == {200: SESSIONS}
            first = Counter(event(one) for one in await webhook_app.wait_for(SESSIONS))
            up = first["siprec.started", None]
            assert up
            assert first == {
                ("siprec.started", None): up,
                ("siprec.failed", "normal_temporary_failure"): SESSIONS - up,
            }
            # also on a connection of its own
            async with client(url) as another:
                sessions = (await another.get("/_emulator/sessions")).json()["data"]
                shown = [
                    (await another.get(f"/_emulator/sessions/{one['id']}")).json()["data"] for one in sessions
                ]
            dialled = [one["srs"] for one in shown]
            last = Counter((one[-1]["stage"], one[-1]["why"]) for one in dialled)
            assert last == {("answered", None): up, ("failed", "refused"): SESSIONS - up}
            reasons = [one[-1]["reason"] for one in dialled if one[-1]["stage"] == "failed"]
            assert [one for one in reasons if TOO_MANY not in one] == []
            assert await all_of(http, "siprec_stop", {}) == {200: SESSIONS}
            ended = Counter(event(one) for one in (await webhook_app.wait_for(SESSIONS + up))[SESSIONS:])
            assert sum(ended.values()) == up
            assert {name for name, _ in ended} == {"siprec.stopped"}
    finally:
        await srs.close()
    assert b"Traceback" not in log[0]


async def test_connections_that_find_no_descriptor_wait_and_are_told_of_without_a_traceback(
    webhook_app: WebhookApp,
) -> None:
    async with serving("asyncio", webhook_app.url, 9) as (url, log), client(url) as http:
        assert (await http.get("/_emulator/ready")).status_code == 200
        port = int(url.rpartition(":")[2])
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(DESCRIPTORS)]
        # who has a connection is answered
        assert (await http.get("/_emulator/ready")).status_code == 200
        for _, writer in idle:
            writer.close()
            await writer.wait_closed()
        async with client(url) as another:
            assert (await another.get("/_emulator/ready")).status_code == 200
    assert b"no connection is accepted for a second" in log[0]
    assert b"Traceback" not in log[0]
