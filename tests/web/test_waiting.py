"""POST /wait, and clocks that go by themselves while somebody waits."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from emulator.core.clock import ClockMode
from emulator.web import protocol, waiting
from emulator.web.control import asking
from emulator.web.server import running
from tests.web.controlling import (
    BEGINNING,
    BOUND_SECS,
    NOBODY,
    OTHER,
    Control,
    nobody_waits,
    somebody_waits,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from aiohttp.web import BaseRequest

    from emulator.config import Settings
    from emulator.web.server import Server
    from tests.conftest import WebhookApp

SLOWLY = {"requests": [{"answer": {"result": "ok", "delay": "3s"}, "routes": ["siprec_start"]}]}


@pytest.fixture
async def control(http: aiohttp.ClientSession, webhook_app: WebhookApp) -> Control:
    """A namespace with an automatic clock, whose webhooks go to the app."""
    control = Control(http)
    await control.load()
    await control.configure(webhook_url=webhook_app.url, default_scenario="talk")
    await control.clock("auto")
    return control


async def wait(control: Control, status: int = 200, **what: Any) -> Any:
    """POST /wait with the API key."""
    return await control.ask("POST", "/wait", {"timeout": "20s", **what}, status=status)


def causes(app: WebhookApp) -> list[str]:
    """How each recording that the app heard of ended."""
    got = [json.loads(hook.body)["data"] for hook in app.got]
    return [one["payload"]["hangup_cause"] for one in got if one["event_type"] == "siprec.stopped"]


# --- what is waited for ---


async def test_what_is_so_already_answers_at_once(control: Control, server: Server) -> None:
    """Also with a timeout of nothing, and no clock moves for it."""
    assert await wait(control, idle=True, timeout="0s") == {"data": {"idle": True}}
    await control.start()
    waited = await wait(control, session={"state": "starting"}, timeout="0s")
    assert [one["call_control_id"] for one in waited["data"]["matched"]] == ["v3:a"]
    assert (await control.data("/clock"))["time"] == BEGINNING
    assert not server._waits._waiters  # noqa: SLF001 - there is no other place that tells


async def test_a_wait_for_a_webhook_ends_with_its_delivery(control: Control, webhook_app: WebhookApp) -> None:
    """The app has it by then, and nothing later has happened."""
    await control.start()
    waited = await wait(control, webhook={"event_type": "siprec.started"})
    [hook] = waited["data"]["matched"]
    assert (waited["data"]["count"], hook["state"], hook["attempts"]) == (1, "delivered", 1)
    assert len(webhook_app.got) == 1
    assert (await control.data("/clock"))["time"] == "2025-03-01T00:00:00.400000Z"


async def test_a_wait_for_a_session_ends_with_its_state(control: Control) -> None:
    """Of the call that is named, whatever others do."""
    await control.start("v3:a")
    await control.start("v3:b")
    waited = await wait(control, session={"call_control_id": "v3:b", "state": "stopped"})
    [session] = waited["data"]["matched"]
    assert (session["call_control_id"], session["state"]) == ("v3:b", "stopped")


async def test_a_state_that_passes_at_once_is_not_missed(control: Control) -> None:
    """Two states in one instant: the first ends a wait too."""
    quick = "version: 1\nname: quick\ntimeline: [{emit: siprec.started, after: 1s}, {emit: siprec.stopped}]\n"
    await control.load("quick", quick)
    await control.start()
    waited = await wait(control, session={"state": "started"})
    assert waited["data"]["count"] == 1


async def test_what_happens_while_a_wait_begins_is_not_missed(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop may turn once more before the wait listens."""

    async def begin_late(http: BaseRequest, work: Coroutine[Any, Any, bool]) -> bool:
        await control.start()
        return await protocol.attended(http, work)

    monkeypatch.setattr(asking, "attended", begin_late)
    assert (await wait(control, session={"state": "starting"}, timeout="1s"))["data"]["count"] == 1


async def test_a_wait_may_be_for_several(control: Control) -> None:
    """Two webhooks of one session are a minute apart."""
    await control.start()
    waited = await wait(control, webhook={"call_control_id": "v3:a"}, count=2)
    assert [one["event_type"] for one in waited["data"]["matched"]] == ["siprec.started", "siprec.stopped"]


async def test_idleness_comes_when_everything_is_over_and_delivered(
    control: Control, webhook_app: WebhookApp
) -> None:
    """More than a minute of the namespace's time."""
    await control.start()
    assert await wait(control, idle=True) == {"data": {"idle": True}}
    assert causes(webhook_app) == ["time_limit"]
    assert {one["state"] for one in await control.data("/webhooks")} == {"delivered"}


async def test_a_timeout_tells_what_came_near(control: Control) -> None:
    """408, with the fields that differ."""
    await control.start()
    await wait(control, idle=True)
    document = await wait(control, 408, webhook={"event_type": "siprec.failed"}, timeout="0s")
    assert document["errors"][0]["code"] == "10008"
    assert document["meta"]["count"] == 0
    near = document["meta"]["near_misses"]
    assert [one["entry"]["event_type"] for one in near] == ["siprec.stopped", "siprec.started"]
    assert near[0]["differences"] == [
        {"field": "event_type", "expected": "'siprec.failed'", "found": "'siprec.stopped'"}
    ]


async def test_a_timeout_of_idleness_tells_what_is_at_work(control: Control) -> None:
    """On a clock that stands nothing ends."""
    await control.ask("PUT", "/clock", {"mode": "manual"})
    await control.start()
    document = await wait(control, 408, idle=True, timeout="1ms")
    assert (
        document["errors"][0]["detail"]
        == "Not idle: sessions that play 1, webhooks under way 0, answers held 0, timers 1."
    )


async def test_another_namespaces_webhooks_end_no_wait(control: Control) -> None:
    """Nor do its sessions show as near misses; its clock stands."""
    await control.load(headers=OTHER)
    await control.clock("auto", headers=OTHER)
    await control.start(headers=OTHER)
    document = await wait(control, 408, webhook={"state": "pending"}, timeout="1ms")
    assert document["meta"] == {"count": 0, "near_misses": []}
    document = await wait(control, 408, session={}, timeout="1ms")
    assert document["meta"] == {"count": 0, "near_misses": []}
    assert (await control.data("/clock", headers=OTHER))["time"] == BEGINNING
    assert await wait(control, idle=True, timeout="0s") == {"data": {"idle": True}}


async def test_who_names_no_namespace_waits_for_all(control: Control) -> None:
    """Every automatic clock goes."""
    await control.load(headers=OTHER)
    await control.clock("auto", headers=OTHER)
    await control.start()
    await control.start(headers=OTHER)
    answer = await control.ask("POST", "/wait", {"idle": True, "timeout": "20s"}, headers=NOBODY)
    assert answer == {"data": {"idle": True}}
    for headers in ({}, OTHER):
        assert (await control.data("/clock", headers=headers))["time"] == "2025-03-01T00:01:00.400000Z"


# --- clocks that go by themselves ---


async def test_no_time_passes_before_somebody_waits(control: Control, webhook_app: WebhookApp) -> None:
    """Start and stop without a wait between them: it was the app that ended it, before the recording began."""
    await control.start()
    assert (await control.data("/clock"))["time"] == BEGINNING
    await control.stop()
    await wait(control, idle=True)
    assert causes(webhook_app) == ["normal_clearing"]


async def test_a_stop_after_a_wait_wins_over_the_timeout(control: Control, webhook_app: WebhookApp) -> None:
    """The wait has ended, so the clock stands, however long the app takes."""
    await control.start()
    await wait(control, webhook={"event_type": "siprec.started"})
    stood = await control.data("/clock")
    await control.stop()
    await wait(control, idle=True)
    assert stood["time"] == "2025-03-01T00:00:00.400000Z"
    assert causes(webhook_app) == ["normal_clearing"]


async def test_no_clock_jumps_while_a_webhook_is_on_its_way(control: Control, webhook_app: WebhookApp) -> None:
    """The next thing is a minute off, and the app has not answered."""
    webhook_app.gate.clear()
    await control.start()
    waits = asyncio.create_task(wait(control, idle=True))
    await webhook_app.wait_for(1)
    for _ in range(3):
        assert (await control.data("/clock"))["time"] == "2025-03-01T00:00:00.400000Z"
    webhook_app.gate.set()
    assert (await waits)["data"] == {"idle": True}


async def test_an_app_that_stops_while_it_takes_a_webhook_wins(control: Control, webhook_app: WebhookApp) -> None:
    """Its siprec_stop comes before its answer: later timers are later."""
    webhook_app.gate.clear()
    await control.start()
    waits = asyncio.create_task(wait(control, idle=True))
    await webhook_app.wait_for(1)
    assert (await control.stop()).status == 200
    webhook_app.gate.set()
    await waits
    assert causes(webhook_app) == ["normal_clearing"]


async def test_several_may_wait_each_for_its_own(control: Control) -> None:
    """The clock goes until the last has what it wants."""
    await control.start()
    answers = await asyncio.gather(
        wait(control, webhook={"event_type": "siprec.started"}),
        wait(control, session={"state": "stopped"}),
        wait(control, idle=True),
        wait(control, webhook={"event_type": "siprec.stopped"}),
    )
    assert [one["data"].get("count", 1) for one in answers] == [1, 1, 1, 1]


async def test_a_clock_that_is_made_automatic_goes_for_who_waits_already(control: Control, server: Server) -> None:
    """Setting it is enough."""
    await control.ask("PUT", "/clock", {"mode": "manual"})
    await control.start()
    waits = asyncio.create_task(wait(control, idle=True))
    await somebody_waits(server)
    await control.ask("PUT", "/clock", {"mode": "auto"})
    assert (await waits)["data"] == {"idle": True}


async def test_a_session_that_starts_during_a_wait_plays(control: Control, server: Server) -> None:
    """Who waits need not come last."""
    waits = asyncio.create_task(wait(control, webhook={"event_type": "siprec.started"}))
    await somebody_waits(server)
    await control.start()
    assert (await waits)["data"]["count"] == 1


async def test_a_client_that_leaves_waits_no_more(control: Control, server: Server) -> None:
    """The clock stands again."""
    waits = asyncio.create_task(wait(control, webhook={"event_type": "siprec.failed"}))
    await somebody_waits(server)
    waits.cancel()
    await nobody_waits(server)
    await control.start()
    assert (await control.data("/clock"))["time"] == BEGINNING


async def test_only_so_many_may_wait(control: Control, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one is a 503."""
    monkeypatch.setattr(waiting, "MAX_WAITING", 1)
    waits = asyncio.create_task(wait(control, webhook={}))
    await somebody_waits(server)
    document = await wait(control, 503, webhook={})
    assert document["errors"][0]["code"] == "10007"
    waits.cancel()


async def test_the_bound_holds_for_those_that_come_at_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their requests are all read before any of them waits."""
    monkeypatch.setattr(waiting, "MAX_WAITING", 2)
    host, port = server.url.removeprefix("http://").split(":")
    body = json.dumps({"webhook": {}, "timeout": "100ms"}).encode()
    head = f"POST /_emulator/wait HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer KEY_a\r\n"
    asked = f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    async with asyncio.timeout(BOUND_SECS):
        clients = [await asyncio.open_connection(host, port) for _ in range(6)]
        for _, writer in clients:
            writer.write(asked)
        statuses = [int((await reader.read()).split()[1]) for reader, _ in clients]
    for _, writer in clients:
        writer.close()
    assert sorted(statuses) == [408] * 2 + [503] * 4


# --- answers that are held back ---


async def test_a_held_answer_lets_an_automatic_clock_go(control: Control) -> None:
    """Its client waits for it; three seconds of the namespace's time."""
    await control.ask("PUT", "/faults", SLOWLY)
    assert (await control.start()).status == 200
    assert (await control.data("/clock"))["time"] == "2025-03-01T00:00:03.000000Z"


async def test_a_reset_lets_held_answers_go(control: Control, server: Server) -> None:
    """A standing clock would never."""
    await control.ask("PUT", "/clock", {"mode": "manual"})
    await control.ask("PUT", "/faults", SLOWLY)
    start = asyncio.create_task(control.start())
    await until(lambda: server.driver.holding)
    await control.ask("POST", "/reset")
    assert (await start).status == 200
    assert not server.driver.holding


@pytest.mark.parametrize("settings", [{"clock": ClockMode.MANUAL, "drain": 0}], indirect=True)
async def test_a_server_that_stops_lets_held_answers_go(settings: Settings) -> None:
    """They are answered, and the end is not held up."""
    async with running(settings) as server, aiohttp.ClientSession(server.url, headers=OTHER) as http:
        control = Control(http)
        await control.ask("PUT", "/faults", SLOWLY)
        start = asyncio.create_task(control.start())
        await until(lambda: server.driver.holding)
        await server.stop(0)
        assert (await start).status == 200


async def test_a_client_that_left_is_held_up_no_more(control: Control, server: Server) -> None:
    """No clock jumps for it."""
    await control.ask("PUT", "/clock", {"mode": "manual"})
    await control.ask("PUT", "/faults", SLOWLY)
    start = asyncio.create_task(control.start())
    await until(lambda: server.driver.holding)
    start.cancel()
    await until(lambda: not server.driver.holding)
    await control.ask("PUT", "/clock", {"mode": "auto"})
    assert (await control.data("/clock"))["time"] == BEGINNING
    await wait(control, idle=True)
    [request] = await control.data("/requests")
    assert request["status"] == 200


@pytest.mark.parametrize("settings", [{"drain": 0}], indirect=True)
async def test_a_server_that_stops_ends_every_wait(settings: Settings) -> None:
    """With what is so by then; no time is told that was not waited."""
    async with running(settings) as server, aiohttp.ClientSession(server.url, headers=OTHER) as http:
        control = Control(http)
        waits = asyncio.create_task(wait(control, 408, webhook={}))
        verifies = asyncio.create_task(
            control.ask("POST", "/verify", {"requests": {}, "within": "20s"}, status=409)
        )
        await somebody_waits(server, 2)
        await server.stop(0)
        document = await waits
        assert document["meta"]["count"] == 0
        [error] = document["errors"]
        assert error["detail"] == "Of the webhooks 0 matched until the emulator stopped, not at least 1."
        assert (await verifies)["meta"]["count"] == 0


@pytest.mark.parametrize("settings", [{"drain": 0}], indirect=True)
async def test_nobody_begins_to_wait_at_a_server_that_has_stopped(settings: Settings) -> None:
    """A wait that comes last would else hold up the end."""
    async with running(settings) as server:
        await server.stop(0)
        waits = server._waits  # noqa: SLF001 - no request comes in any more
        assert await waits.until(lambda _: False, namespace=None) is False
        assert await waits.until(lambda _: True, namespace=None) is True


async def test_what_has_just_happened_puts_a_jump_off(
    control: Control, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quiet before a jump begins anew; in another namespace it does not."""
    monkeypatch.setattr(waiting, "QUIET_SECS", 3600)
    await control.start("v3:a")
    waits = asyncio.create_task(wait(control, webhook={}))
    await somebody_waits(server)
    jumps = server._waits._jumps  # noqa: SLF001 - what is planned shows nowhere else
    [planned] = jumps.values()
    await control.start("v3:a", headers=OTHER)
    assert list(jumps.values()) == [planned]
    await control.start("v3:b")
    [later] = jumps.values()
    assert planned.cancelled()
    assert not later.cancelled()
    server._waits.stop()  # noqa: SLF001 - the server's end, which would close the connections too
    assert later.cancelled()
    waits.cancel()


async def test_what_an_app_does_after_it_has_answered_a_webhook_comes_before_what_is_due_later(
    control: Control, server: Server, webhook_app: WebhookApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telnyx wants a quick answer, so apps act afterwards; the command that follows ends the patience."""
    monkeypatch.setattr(waiting, "PATIENT_SECS", 3600)
    await control.start()
    await wait(control, webhook={"event_type": "siprec.started"})
    waits = asyncio.create_task(wait(control, webhook={"event_type": "siprec.stopped"}))
    await somebody_waits(server)
    [planned] = server._waits._jumps.values()  # noqa: SLF001 - what is planned shows nowhere else
    assert planned.when() - asyncio.get_running_loop().time() > 50
    await control.stop()
    await waits
    assert causes(webhook_app) == ["normal_clearing"]


@pytest.mark.parametrize(("took", "given"), [(100_000, 0.8), (60_000_000, 2.0)])
async def test_an_app_that_was_slow_to_answer_is_given_longer_to_act(
    control: Control, server: Server, monkeypatch: pytest.MonkeyPatch, took: int, given: float
) -> None:
    """Eight times as long as its answer took, and never more than two seconds."""
    monkeypatch.setattr(waiting, "PATIENT_SECS", 0.001)
    await control.start()
    await wait(control, webhook={"event_type": "siprec.started"})
    [namespace] = server.driver.engine.namespaces
    namespace.answered_in = took
    waits = asyncio.create_task(wait(control, webhook={"event_type": "siprec.stopped"}))
    await somebody_waits(server)
    [planned] = server._waits._jumps.values()  # noqa: SLF001 - what is planned shows nowhere else
    assert given / 2 < planned.when() - asyncio.get_running_loop().time() <= given
    waits.cancel()


async def test_no_app_is_given_longer_than_it_would_have_in_real_time(
    control: Control, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What falls due a minute later comes after a minute at the latest, however patient one is."""
    monkeypatch.setattr(waiting, "PATIENT_SECS", 3600)
    await control.start()
    await wait(control, webhook={"event_type": "siprec.started"})
    waits = asyncio.create_task(wait(control, webhook={"event_type": "siprec.stopped"}))
    await somebody_waits(server)
    [planned] = server._waits._jumps.values()  # noqa: SLF001 - what is planned shows nowhere else
    assert 50 < planned.when() - asyncio.get_running_loop().time() <= 60
    waits.cancel()


async def test_an_app_that_does_nothing_holds_a_jump_up_only_for_a_moment(
    control: Control, webhook_app: WebhookApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "PATIENT_SECS", 0.02)
    await control.start()
    await wait(control, idle=True)
    assert causes(webhook_app) == ["time_limit"]


async def test_the_built_in_receiver_is_no_app_that_could_still_act(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "PATIENT_SECS", 3600)
    await control.configure(webhook_url=None, default_scenario="talk")
    await control.start()
    await wait(control, idle=True)
    assert len(await control.data("/received")) == 2


async def test_copies_of_a_webhook_ask_for_no_more_than_the_first_one(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An app acts once upon them: after its command nothing is left to be patient for."""
    monkeypatch.setattr(waiting, "PATIENT_SECS", 3600)
    await control.ask("PUT", "/faults", {"webhooks": [{"deliver": {"copies": 2}}]})
    await control.start()
    await wait(control, webhook={"event_type": "siprec.started"}, count=2)
    await control.stop()
    await wait(control, webhook={"event_type": "siprec.stopped"})


async def test_a_jump_that_nobody_waits_for_any_more_is_none(
    control: Control, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was planned, and its client has left meanwhile."""
    monkeypatch.setattr(waiting, "QUIET_SECS", 3600)
    await control.start()
    waits = asyncio.create_task(wait(control, webhook={}))
    await somebody_waits(server)
    waits.cancel()
    await nobody_waits(server)
    [name] = server._waits._jumps  # noqa: SLF001 - the moment has come
    server._waits._jump(name)  # noqa: SLF001 - as above
    assert (await control.data("/clock"))["time"] == BEGINNING
