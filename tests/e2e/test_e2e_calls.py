"""A call's life with the official Python SDK, blocking and asyncio: as an app lives it, from its webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import telnyx

from emulator.client import EmulatorClient
from emulator.core.calls.model import Connection
from emulator.core.clock import ClockMode
from emulator.core.policy import Realism
from tests.e2e.harness import done

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.harness import Emulator, Receiver, Sdk

PARTIES = {"from_": "+18005550101", "to": "+18005550100"}


def control(emulator: Emulator) -> EmulatorClient:
    """The control API, of the key that the SDK sends here."""
    return EmulatorClient(emulator.server.url, api_key="key")


def next_event(receiver: Receiver, client: Any, kind: str) -> Any:
    """The next webhook, verified by the SDK; its payload."""
    hook = receiver.next()
    event = client.webhooks.unwrap(hook.body.decode(), headers=hook.headers)
    assert event.data.event_type == kind
    return event.data.payload


async def test_an_unmodified_app_runs_its_whole_flow(emulator: Emulator, receiver: Receiver, sdk: Sdk) -> None:
    """A call comes in, the app answers, the recording starts, the caller hangs up."""
    caller = control(emulator)
    async with sdk(emulator, public_key=emulator.public_key) as client:
        caller.call(from_="+13125550101", to="+13125550199", custom_headers={"X-Case": "7"})
        initiated = next_event(receiver, client, "call.initiated")
        assert (initiated.direction, initiated.state, initiated.from_) == ("incoming", "parked", "+13125550101")
        assert [(one.name, one.value) for one in initiated.custom_headers] == [("X-Case", "7")]
        call = initiated.call_control_id
        answered = await done(client.calls.actions.answer(call, client_state="YW5zd2VyZWQ=", command_id="a1"))
        assert answered.data.result == "ok"
        assert next_event(receiver, client, "call.answered").client_state == "YW5zd2VyZWQ="
        assert (await done(client.calls.actions.start_siprec(call, connector_name="mine"))).data.result == "ok"
        assert next_event(receiver, client, "siprec.started").call_session_id == initiated.call_session_id
        caller.hang_up(call)
        kinds = [next_event(receiver, client, kind) for kind in ("siprec.stopped", "call.hangup")]
        assert [one.hangup_cause for one in kinds] == ["normal_clearing", "normal_clearing"]
        assert kinds[1].hangup_source == "caller"
        with pytest.raises(telnyx.UnprocessableEntityError) as ended:
            await done(client.calls.actions.stop_siprec(call))
        assert _code(ended.value) == "90018"


async def test_a_dial_is_answered_read_and_hung_up(emulator: Emulator, receiver: Receiver, sdk: Sdk) -> None:
    """As dialled, read and listed; the far end answers by its scenario."""
    caller = control(emulator)
    caller.set_clock(mode=ClockMode.MANUAL)
    async with sdk(emulator, public_key=emulator.public_key) as client:
        dialled = (
            await done(
                client.calls.dial(
                    **PARTIES, connection_id="7", client_state="ZGlhbA==", command_id="d1", timeout_secs=20
                )
            )
        ).data
        assert (dialled.record_type, dialled.is_alive, dialled.client_state) == ("call", False, "ZGlhbA==")
        again = (await done(client.calls.dial(**PARTIES, connection_id="7", command_id="d1"))).data
        assert again.call_control_id == dialled.call_control_id
        assert next_event(receiver, client, "call.initiated").direction == "outgoing"
        caller.advance("2s")
        next_event(receiver, client, "call.answered")
        caller.advance("50s")
        alive = (await done(client.calls.retrieve_status(dialled.call_control_id))).data
        assert (alive.is_alive, alive.call_duration, alive.end_time) == (True, 50, None)
        active = [one async for one in _each(client.connections.list_active_calls("7", page_size=1))]
        assert [one.call_control_id for one in active] == [dialled.call_control_id]
        with pytest.raises(telnyx.UnprocessableEntityError) as outbound:
            await done(client.calls.actions.answer(dialled.call_control_id))
        assert _code(outbound.value) == "90102"
        state = await done(client.calls.actions.update_client_state(dialled.call_control_id, client_state="bmV3"))
        assert state.data.result == "ok"
        assert (await done(client.calls.actions.hangup(dialled.call_control_id))).data.result == "ok"
        hung_up = next_event(receiver, client, "call.hangup")
        assert (hung_up.hangup_source, hung_up.client_state) == ("caller", "bmV3")
        over = (await done(client.calls.retrieve_status(dialled.call_control_id))).data
        assert (over.is_alive, over.call_duration) == (False, 50)
        assert over.end_time is not None
        assert [one async for one in _each(client.connections.list_active_calls("7"))] == []
        caller.advance("10m")
        with pytest.raises(telnyx.UnprocessableEntityError) as gone:
            await done(client.calls.retrieve_status(dialled.call_control_id))
        assert _code(gone.value) == "90015"


async def test_active_calls_come_in_pages(emulator: Emulator, sdk: Sdk) -> None:
    """The SDK asks for one after the other, each call once."""
    async with sdk(emulator) as client:
        made = [
            (await done(client.calls.dial(**PARTIES, connection_id="9"))).data.call_control_id for _ in range(5)
        ]
        listed = [one async for one in _each(client.connections.list_active_calls("9", page_size=2))]
        assert [one.call_control_id for one in listed] == made


async def test_a_call_is_rejected(emulator: Emulator, receiver: Receiver, sdk: Sdk) -> None:
    """The app's cause is the call's."""
    caller = control(emulator)
    async with sdk(emulator, public_key=emulator.public_key) as client:
        call = caller.call()["call_control_id"]
        next_event(receiver, client, "call.initiated")
        assert (await done(client.calls.actions.reject(call, cause="USER_BUSY"))).data.result == "ok"
        assert next_event(receiver, client, "call.hangup").hangup_cause == "user_busy"


@pytest.mark.parametrize(
    ("changed", "code", "pointer"),
    [
        ({"to": ""}, "10004", "/to"),
        ({"to": "5551234"}, "10016", "/to"),
        ({"to": ["+18005550100", "nobody"]}, "10016", "/to/1"),
        ({"timeout_secs": 4}, "10033", "/timeout_secs"),
        ({"time_limit_secs": 20}, "10033", "/time_limit_secs"),
        ({"client_state": "!"}, "90017", "/client_state"),
        ({"webhook_url_method": "PUT"}, "10032", "/webhook_url_method"),
    ],
)
async def test_a_dial_that_breaks_a_rule_is_told_which(
    emulator: Emulator, sdk: Sdk, changed: dict[str, Any], code: str, pointer: str
) -> None:
    """As Telnyx documents it."""
    async with sdk(emulator) as client:
        with pytest.raises(telnyx.UnprocessableEntityError) as refused:
            await done(client.calls.dial(**{**PARTIES, "connection_id": "7", **changed}))
    assert isinstance(refused.value.body, dict)
    (item,) = refused.value.body["errors"]
    assert (item["code"], item["source"]) == (code, {"pointer": pointer})


async def test_strict_realism_wants_a_connection_and_a_call(
    emulate: Callable[..., Emulator], receiver: Receiver, sdk: Sdk
) -> None:
    """And sends the webhooks of its calls to the connection's URL."""
    connection = Connection(id="7", webhook_event_url=receiver.url)
    emulator = emulate(realism=Realism.STRICT, connections=(connection,))
    async with sdk(emulator, public_key=emulator.public_key) as client:
        with pytest.raises(telnyx.UnprocessableEntityError) as unknown:
            await done(client.calls.dial(**PARTIES, connection_id="8"))
        assert _code(unknown.value) == "10015"
        call = (await done(client.calls.dial(**PARTIES, connection_id="7"))).data.call_control_id
        next_event(receiver, client, "call.initiated")
        with pytest.raises(telnyx.UnprocessableEntityError) as rings:
            await done(client.calls.actions.start_siprec(call))
        assert _code(rings.value) == "90034"
        with pytest.raises(telnyx.UnprocessableEntityError) as nobody:
            await done(client.calls.actions.hangup("v3:nobody"))
        assert _code(nobody.value) == "90015"


async def test_the_dummy_ids_of_the_sdk_suites_pass_in_lenient_realism(
    emulate: Callable[..., Emulator], sdk: Sdk
) -> None:
    """Every method of a call's life, on a fresh server."""
    emulator = emulate(realism=Realism.LENIENT)
    async with sdk(emulator, base_url=emulator.server.url) as client:
        calls, actions = client.calls, client.calls.actions
        await done(calls.retrieve_status("call_control_id"))
        await done(
            calls.dial(
                connection_id="7267xxxxxxxxxxxxxx",
                from_="+18005550101",
                to="+18005550100 or sip:username@sip.telnyx.com".partition(" ")[0],
                custom_headers=[{"name": "head_1", "value": "val_1"}],
                record="record-from-answer",
                webhook_urls={"call.hangup": ["https://www.example.com/webhooks/hangup"]},
            )
        )
        await done(actions.answer("ringing", record="record-from-answer", command_id="1"))
        await done(actions.update_client_state("call_control_id", client_state="aGF2ZSBhIG5pY2UgZGF5ID1d"))
        await done(actions.reject("other", cause="USER_BUSY", command_id="2"))
        await done(actions.hangup("call_control_id", command_id="3"))
        assert [one async for one in _each(client.connections.list_active_calls("1293384261075731461"))] == []


async def _each(listed: Any) -> Any:
    """The items of all pages, whichever client asked."""
    if hasattr(listed, "__aiter__"):
        async for one in listed:
            yield one
        return
    for one in await done(listed):
        yield one


def _code(error: telnyx.APIStatusError) -> str:
    assert isinstance(error.body, dict)
    return str(error.body["errors"][0]["code"])
