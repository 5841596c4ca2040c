"""Clocks over the control API: a standing one stands; an advance runs what is due, in order, each delivered."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from emulator.web.server import running
from emulator.web.steering import MAX_TOLD, Account
from tests.web.controlling import (
    BEGINNING,
    NOBODY,
    OTHER,
    Control,
    nobody_waits,
    somebody_waits,
    until,
)

if TYPE_CHECKING:
    from emulator.config import Settings
    from emulator.web.server import Server
    from tests.conftest import WebhookApp


@pytest.fixture
async def control(http: aiohttp.ClientSession, webhook_app: WebhookApp) -> Control:
    """A namespace whose clock stands at the beginning, and whose webhooks go to the app."""
    control = Control(http)
    await control.load()
    await control.configure(webhook_url=webhook_app.url, default_scenario="talk")
    await control.clock("manual")
    return control


def after(secs: float) -> str:
    """The time so long after the beginning, less than a minute and a half."""
    micros = round(secs * 1_000_000)
    minutes, rest = divmod(micros, 60_000_000)
    return f"2025-03-01T00:{minutes:02d}:{rest // 1_000_000:02d}.{rest % 1_000_000:06d}Z"


def events(app: WebhookApp) -> list[tuple[str, str]]:
    """Type and time of each webhook, in the order of arrival."""
    got = [json.loads(hook.body)["data"] for hook in app.got]
    return [(one["event_type"], one["occurred_at"]) for one in got]


def kinds(account: Any) -> list[str]:
    """What fired."""
    return [one["kind"] for one in account["fired"]]


# --- standing ---


async def test_a_manual_clock_stands(control: Control, server: Server, webhook_app: WebhookApp) -> None:
    """After a start nothing comes by itself: no timer of the server is set."""
    await control.start()
    shown = await control.data("/clock")
    assert (shown["mode"], shown["time"], shown["next"]) == ("manual", BEGINNING, after(0.4))
    assert (shown["waiting"], shown["on_the_wire"], shown["idle"]) == (1, 0, False)
    assert server.driver.engine.next_deadline() is None
    assert webhook_app.got == []
    [request] = await control.data("/requests")
    assert request["at"] == BEGINNING


async def test_each_namespace_has_a_clock_of_its_own(control: Control) -> None:
    """Setting and moving one leaves the other alone."""
    await control.clock("manual", headers=OTHER)
    await control.start(headers=OTHER)
    account = await control.advance(by="1h")
    assert account["fired"] == []
    assert (await control.data("/clock", headers=OTHER))["time"] == BEGINNING
    assert (await control.data("/clock", headers=OTHER))["waiting"] == 1


async def test_a_clock_is_some_namespaces(control: Control) -> None:
    """Without a namespace there is nothing to show or move."""
    for method, path, body in (
        ("GET", "/clock", None),
        ("PUT", "/clock", {"mode": "manual"}),
        ("POST", "/clock/advance", {"by": "1s"}),
    ):
        document = await control.ask(method, path, body, status=422, headers=NOBODY)
        assert "namespace" in document["errors"][0]["detail"]


# --- advancing ---


async def test_an_advance_by_a_while_runs_what_is_due_and_ends_there(
    control: Control, webhook_app: WebhookApp
) -> None:
    """The event is the namespace's time, the account tells what happened."""
    await control.start()
    account = await control.advance(by="1s")
    assert (account["from"], account["to"]) == (BEGINNING, after(1))
    assert kinds(account) == ["transition", "webhook", "attempt"]
    assert account["fired"][2]["outcome"] == "delivered"
    assert events(webhook_app) == [("siprec.started", after(0.4))]


async def test_an_advance_to_a_time_ends_there(control: Control, webhook_app: WebhookApp) -> None:
    """What is due at that very instant happens, what is due later does not."""
    await control.start()
    assert (await control.advance(to=after(0.4)))["to"] == after(0.4)
    assert len(webhook_app.got) == 1
    assert (await control.data("/clock"))["next"] == after(60.4)


async def test_an_advance_to_the_next_thing_does_that_alone(control: Control, webhook_app: WebhookApp) -> None:
    """Then the one after; then there is nothing, and the clock stays."""
    await control.start()
    assert (await control.advance(until="next"))["to"] == after(0.4)
    assert len(webhook_app.got) == 1
    assert (await control.advance(until="next"))["to"] == after(60.4)
    over = await control.advance(until="next")
    assert (over["to"], over["fired"]) == (after(60.4), [])


async def test_an_advance_until_idle_runs_everything_in_order(control: Control, webhook_app: WebhookApp) -> None:
    """Of two sessions, by their times; the second began 100 ms later."""
    await control.start("v3:a")
    await control.advance(by="100ms")
    await control.start("v3:b")
    account = await control.advance(until="idle")
    assert account["to"] == after(60.5)
    assert [when for _, when in events(webhook_app)] == [after(0.4), after(0.5), after(60.4), after(60.5)]
    shown = await control.data("/clock")
    assert (shown["idle"], shown["next"]) == (True, None)


async def test_an_advance_awaits_each_delivery(control: Control, webhook_app: WebhookApp) -> None:
    """While the app has not answered, the clock stands where the webhook set out."""
    await control.start()
    webhook_app.gate.clear()
    advance = asyncio.create_task(control.advance(by="2m"))
    await webhook_app.wait_for(1)
    shown = await control.data("/clock")
    assert (shown["time"], shown["on_the_wire"]) == (after(0.4), 1)
    assert not advance.done()
    webhook_app.gate.set()
    account = await advance
    assert [one["outcome"] for one in account["fired"] if one["kind"] == "attempt"] == ["delivered"] * 2


async def test_retries_come_in_the_namespaces_time(control: Control, webhook_app: WebhookApp) -> None:
    """The app refuses once; the second attempt waits for its pause, which the advance goes through."""
    webhook_app.statuses = [500]
    await control.start()
    assert (await control.advance(until="next"))["to"] == after(0.4)
    assert len(webhook_app.got) == 1
    account = await control.advance(by="1s")
    assert [one["number"] for one in account["fired"] if one["kind"] == "attempt"] == [2]
    [webhook] = await control.data("/webhooks")
    assert (webhook["state"], webhook["attempts"]) == ("delivered", 2)


async def test_two_advances_at_once_come_one_after_the_other(control: Control, webhook_app: WebhookApp) -> None:
    """The second begins where the first has ended."""
    await control.start()
    webhook_app.gate.clear()
    first = asyncio.create_task(control.advance(by="1s"))
    await webhook_app.wait_for(1)
    second = asyncio.create_task(control.advance(by="1s"))
    webhook_app.gate.set()
    one, other = await first, await second
    assert (one["from"], one["to"]) == (BEGINNING, after(1))
    assert (other["from"], other["to"]) == (after(1), after(2))


async def test_a_running_clock_can_be_advanced_too(control: Control, webhook_app: WebhookApp) -> None:
    """It goes on running from where it was moved to."""
    await control.ask("PUT", "/clock", {"mode": "running"})
    await control.start()
    account = await control.advance(by="2m")
    assert account["to"] >= after(60.4)
    assert [name for name, _ in events(webhook_app)] == ["siprec.started", "siprec.stopped"]
    assert (await control.data("/clock"))["mode"] == "running"


async def test_a_held_answer_is_told_when_it_goes(control: Control, server: Server) -> None:
    """It is one of the things that fall due."""
    await control.ask("PUT", "/faults", {"requests": [{"answer": {"result": "ok", "delay": "3s"}, "count": 1}]})
    start = asyncio.create_task(control.start())
    await until(lambda: server.driver.holding)
    [request] = await control.data("/requests")
    account = await control.advance(by="3s")
    assert {"kind": "answer", "request_id": request["id"]} in account["fired"]
    assert (await start).status == 200


# --- refusals ---


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"to": "2025-02-28T23:59:59Z"}, "/to"),
        ({"to": "2100-01-01T00:00:00Z"}, "/to"),
        ({"to": "soon"}, "/to"),
        ({"to": "2025-02-30T00:00:00Z"}, "/to"),
        ({"by": "25h"}, "/by"),
        ({"by": "${vars.x}"}, "/by"),
        ({"by": 1}, "/by"),
        ({"until": "tomorrow"}, "/until"),
        ({"for": "1s"}, "/for"),
        ({"by": "1s", "until": "next"}, None),
        ({}, None),
    ],
)
async def test_an_advance_that_cannot_be_is_refused(control: Control, body: Any, pointer: str | None) -> None:
    """The past among them; the clock stays."""
    assert (await control.refusal("POST", "/clock/advance", body))[0] == pointer
    assert (await control.data("/clock"))["time"] == BEGINNING


# --- setting ---


async def test_a_clock_goes_no_way_but_forward_once_something_happened(control: Control) -> None:
    """Before that it may be set to any time."""
    await control.ask("PUT", "/clock", {"time": "2024-01-01T00:00:00Z"})
    await control.ask("PUT", "/clock", {"time": BEGINNING})
    await control.start()
    pointer, detail = await control.refusal("PUT", "/clock", {"time": "2024-01-01T00:00:00Z"})
    assert (pointer, BEGINNING in detail) == ("/time", True)
    body = {"clock": {"time": "2024-01-01T00:00:00Z"}, "realism": "strict"}
    assert (await control.refusal("PUT", "/namespaces/self", body))[0] == "/clock/time"
    assert (await control.data("/namespaces/self"))["settings"]["default_scenario"] == "talk"
    await control.ask("PUT", "/clock", {"time": after(30)})
    assert (await control.data("/clock"))["time"] == after(30)


@pytest.mark.parametrize(
    ("clock", "pointer"),
    [
        ({"mode": "fast"}, "/mode"),
        ({"speed": 0}, "/speed"),
        ({"speed": "2"}, "/speed"),
        ({"time": "1969-12-31T23:59:59Z"}, "/time"),
        ({"colour": "red"}, "/colour"),
        ({}, ""),
        ("manual", ""),
    ],
)
async def test_a_clock_that_cannot_be_is_refused(control: Control, clock: Any, pointer: str) -> None:
    """With its place in the body, alone or within a namespace's settings."""
    assert (await control.refusal("PUT", "/namespaces/self", {"clock": clock}))[0] == f"/clock{pointer}"
    if isinstance(clock, dict):
        assert (await control.refusal("PUT", "/clock", clock))[0] == (pointer or None)


async def test_a_seeded_namespace_with_a_standing_clock_repeats_itself(control: Control) -> None:
    """Whatever is set with it: after each reset the calls that it declares have the same ids."""
    shown: list[Any] = []
    for _ in range(2):
        await control.ask("POST", "/reset")
        await control.load()
        await control.ask("POST", "/reset")
        settings: dict[str, Any] = {"seed": 7, "clock": {"mode": "manual"}, "calls": [{"call_control_id": "v3:a"}]}
        one = await control.configure(**settings)
        assert one["settings"]["seed"] == "7"
        await control.start()
        await control.advance(until="idle")
        webhooks = await control.data("/webhooks")
        shown.append([(hook["id"], hook["occurred_at"], hook["payload"]) for hook in webhooks])
    assert shown[0] == shown[1]
    assert shown[0][0][1].startswith("2025-01-01T00:00:00")


async def test_a_namespace_takes_its_clock_with_its_settings_and_null_leaves_it(control: Control) -> None:
    """Unlike other settings it is no more than a change."""
    shown = await control.configure(clock={"mode": "running", "speed": 4})
    assert (shown["clock"]["mode"], shown["clock"]["speed"]) == ("running", 4)
    shown = await control.configure(clock=None)
    assert (shown["clock"]["mode"], shown["clock"]["speed"]) == ("running", 4)


# --- ends ---


async def test_a_client_that_leaves_takes_its_advance_along(
    control: Control, server: Server, webhook_app: WebhookApp
) -> None:
    """The clock stays where it was, and the next advance begins there."""
    await control.start()
    webhook_app.gate.clear()
    advance = asyncio.create_task(control.advance(by="2m"))
    await webhook_app.wait_for(1)
    await somebody_waits(server)
    advance.cancel()
    await nobody_waits(server)
    webhook_app.gate.set()
    assert (await control.advance(by="1s"))["from"] == after(0.4)


async def test_a_reset_ends_an_advance(control: Control, server: Server, webhook_app: WebhookApp) -> None:
    """There is nothing to wait for any more."""
    await control.start()
    webhook_app.gate.clear()
    advance = asyncio.create_task(control.advance(by="1s"))
    await webhook_app.wait_for(1)
    await somebody_waits(server)
    await control.ask("POST", "/reset")
    assert [one["kind"] for one in (await advance)["fired"]] == ["transition", "webhook"]


@pytest.mark.parametrize("settings", [{"drain": 0}], indirect=True)
async def test_a_server_that_stops_ends_an_advance(settings: Settings, webhook_app: WebhookApp) -> None:
    """It answers how far it came, and no webhook is left under way."""
    async with running(settings) as server, aiohttp.ClientSession(server.url, headers=OTHER) as http:
        control = Control(http)
        await control.load()
        await control.configure(webhook_url=webhook_app.url, default_scenario="talk")
        await control.clock("manual")
        await control.start()
        webhook_app.gate.clear()
        advance = asyncio.create_task(control.advance(by="2m"))
        await webhook_app.wait_for(1)
        await somebody_waits(server)
        await server.stop(0)
        assert (await advance)["from"] == BEGINNING
        [namespace] = server.driver.engine.namespaces
        assert {entry.delivery.state for entry in namespace.journal.webhooks if entry.delivery} == {"abandoned"}


def test_an_account_tells_so_many_and_counts_the_rest() -> None:
    """The answer is bounded, however long the advance."""
    account = Account(namespace="n", began_at=0, ended_at=0)
    for number in range(MAX_TOLD + 2):
        account._tell({"kind": "answer", "request_id": number})  # noqa: SLF001 - the bound is what is tested
    assert (len(account.fired), account.untold) == (MAX_TOLD, 2)


async def test_what_falls_due_after_the_last_instant_never_comes(
    control: Control, webhook_app: WebhookApp
) -> None:
    """A clock ends with the year 2099, and so does an advance, instead of turning for ever."""
    await control.ask("PUT", "/clock", {"time": "2099-12-31T23:59:59Z"})
    await control.start()
    account = await control.advance(until="idle")
    assert [name for name, _ in events(webhook_app)] == ["siprec.started"]
    assert account["to"] <= "2099-12-31T23:59:59.999999Z"
    assert (await control.advance(by="24h"))["to"] == "2099-12-31T23:59:59.999999Z"
    await control.ask("PUT", "/clock", {"mode": "auto"})
    await control.ask("POST", "/wait", {"idle": True, "timeout": "20ms"}, status=408)
