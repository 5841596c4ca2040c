"""Calls from Python: they come in, are shown and waited for, and their far end hangs up, with both clients."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from emulator.client import AsyncEmulatorClient, EmulatorClient
from emulator.core.clock import ClockMode
from emulator.core.errors import ControlRefused

if TYPE_CHECKING:
    import aiohttp

    from emulator.web.server import Server

KEY = "KEY_of_the_tests"

pytestmark = pytest.mark.parametrize("settings", [{"clock": ClockMode.MANUAL, "seed": "tests"}], indirect=True)


async def test_a_call_comes_in_is_answered_recorded_and_hung_up(
    server: Server, http: aiohttp.ClientSession
) -> None:
    """The whole flow: the recording stops before the call is said to have ended."""
    async with AsyncEmulatorClient(server.url, api_key=KEY) as emulator:
        call = await emulator.call(from_="+13125550101", to="+13125550199", custom_headers={"X-Case": "7"})
        assert (call["state"], call["direction"], call["from"]) == ("ringing", "incoming", "+13125550101")
        assert call["custom_headers"] == [{"name": "X-Case", "value": "7"}]
        name = call["call_control_id"]
        await emulator.wait("webhook", {"event_type": "call.initiated", "call_control_id": name})
        async with http.post(f"/v2/calls/{name}/actions/answer", json={}) as answer:
            assert answer.status == 200
        waited = await emulator.wait("call", {"call_control_id": name, "state": "answered"})
        assert waited["matched"][0]["call_control_id"] == name
        async with http.post(f"/v2/calls/{name}/actions/siprec_start", json={}) as answer:
            assert answer.status == 200
        await emulator.advance("1s")
        ended = await emulator.hang_up(name)
        assert (ended["state"], ended["hangup_cause"], ended["hangup_source"]) == (
            "ended",
            "normal_clearing",
            "caller",
        )
        kinds = [one["event_type"] for one in await emulator.webhooks(call_control_id=name)]
        assert kinds == ["call.initiated", "call.answered", "siprec.started", "siprec.stopped", "call.hangup"]
        shown = await emulator.show_call(name)
        assert [one["to_state"] for one in shown["transitions"]] == ["ringing", "answered", "ended"]
        assert len(shown["webhooks"]) == 5
        assert len(shown["sessions"]) == 1
        assert [one["call_control_id"] for one in await emulator.calls(state="ended")] == [name]
        verified = await emulator.verify("calls", {"hangup_cause": "normal_clearing"}, count=1)
        assert verified["count"] == 1


async def test_the_blocking_client_does_the_same(server: Server) -> None:
    """A far end may say how it hangs up; a call that has ended refuses, and one that there is not."""
    client = EmulatorClient(server.url, api_key=KEY)

    def flow() -> None:
        name = client.call(caller_id_name="Somebody", connection_id="17")["call_control_id"]
        assert client.show_call(name)["connection_id"] == "17"
        ended = client.hang_up(name, hangup_cause="user_busy")
        assert (ended["hangup_cause"], ended["sip_hangup_cause"]) == ("user_busy", "486")
        assert [one["state"] for one in client.calls()] == ["ended"]
        with pytest.raises(ControlRefused, match="no longer active"):
            client.hang_up(name)
        with pytest.raises(ControlRefused, match="There is no call 'v3:nobody'"):
            client.show_call("v3:nobody")

    await asyncio.to_thread(flow)


async def test_connections_say_where_webhooks_go(server: Server) -> None:
    """Put, replaced, listed and removed; the URL that is left out is the server's."""
    async with AsyncEmulatorClient(server.url, api_key=KEY) as emulator:
        made = await emulator.put_connection(
            "7", webhook_event_url=f"{server.url}/_emulator/receiver/elsewhere", webhook_timeout_secs=5
        )
        assert (made["id"], made["webhook_timeout_secs"], made["webhook_api_version"]) == ("7", 5, "2")
        call = await emulator.call()
        assert call["connection_id"] == "7"
        (webhook,) = await emulator.webhooks(call_control_id=call["call_control_id"])
        assert webhook["event_type"] == "call.initiated"
        assert [one["id"] for one in await emulator.connections()] == ["7"]
        await emulator.put_connection("7")
        assert (await emulator.connections())[0]["webhook_event_url"] is None
        await emulator.remove_connection("7")
        with pytest.raises(ControlRefused, match="There is no connection '7'"):
            await emulator.remove_connection("7")
    client = EmulatorClient(server.url, api_key=KEY)

    def flow() -> None:
        with pytest.raises(ControlRefused, match="must be an absolute http or https URL"):
            client.put_connection("7", webhook_event_url="nowhere")
        assert client.connections() == []

    await asyncio.to_thread(flow)
