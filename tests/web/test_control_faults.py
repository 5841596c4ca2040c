"""Faults that are switched on while the server runs, over HTTP, as the app's side meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from emulator.core.signing import Verdict
from tests.web.controlling import NOBODY, OTHER, Control

if TYPE_CHECKING:
    from tests.conftest import WebhookApp

DOWN = {"answer": {"status": 503, "error": "10007"}}
START = "/v2/calls/v3:a/actions/siprec_start"


@pytest.fixture
async def control(http: aiohttp.ClientSession, webhook_app: WebhookApp) -> Control:
    """A seeded namespace with a standing clock, whose webhooks go to the app."""
    control = Control(http)
    await control.load()
    await control.configure(webhook_url=webhook_app.url, default_scenario="talk", seed="faults")
    await control.clock("manual")
    return control


async def set_faults(control: Control, **faults: Any) -> Any:
    """PUT /faults with the API key."""
    return (await control.ask("PUT", "/faults", faults))["data"]


async def test_every_request_fails_until_the_faults_are_cleared(control: Control) -> None:
    """By DELETE, or by an empty object; no session began."""
    await set_faults(control, requests=[DOWN])
    failed = await control.start()
    assert (failed.status, failed.headers["x-should-retry"]) == (503, "false")
    assert (await control.http.get("/v2/public_key")).status == 503
    await control.ask("DELETE", "/faults", status=204)
    assert (await control.http.get("/v2/public_key")).status == 200
    await set_faults(control, requests=[DOWN])
    assert await set_faults(control) == {"requests": [], "webhooks": []}
    assert (await control.http.get("/v2/public_key")).status == 200
    assert await control.data("/sessions") == []


async def test_a_fault_strikes_the_routes_that_it_names_so_often(control: Control) -> None:
    """How often it has is shown."""
    await set_faults(control, requests=[{**DOWN, "routes": ["siprec_start"], "count": 2}])
    assert (await control.http.get("/v2/public_key")).status == 200
    assert [(await control.start()).status for _ in range(3)] == [503, 503, 200]
    [fault] = (await control.data("/faults"))["requests"]
    assert (fault["routes"], fault["count"], fault["struck"]) == (["siprec_start"], 2, 2)
    assert fault["answer"] == {
        "delay": "0s",
        "takes_effect": False,
        "status": 503,
        "codes": ["10007"],
        "sdk_retry": False,
    }


async def test_what_a_seed_draws_repeats(control: Control) -> None:
    """Half of the requests fail, the same ones after a reset with the same seed."""
    runs: list[list[int]] = []
    for _ in range(2):
        await control.ask("POST", "/reset")
        await control.configure(seed="half")
        await set_faults(control, requests=[{**DOWN, "probability": 0.5}])
        runs.append([(await control.http.get("/v2/public_key")).status for _ in range(32)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}


async def test_a_reset_of_the_connection_may_take_effect(control: Control) -> None:
    """The client sees its connection break, the recording runs; the journal says so."""
    await set_faults(control, requests=[{"answer": {"fault": "reset", "session": "started"}, "count": 1}])
    with pytest.raises(aiohttp.ClientConnectionError):
        await control.http.post(START, json={})
    [session] = await control.data("/sessions")
    assert session["state"] == "starting"
    [request] = await control.data("/requests")
    shown = await control.data(f"/requests/{request['id']}")
    assert shown["answer"]["fault"] == "reset"
    assert shown["warnings"] == ["An injected fault answered in place of the emulator."]


async def test_a_fault_that_is_added_leaves_the_others_and_their_counts(control: Control) -> None:
    await set_faults(control, requests=[{**DOWN, "count": 1}])
    assert (await control.start()).status == 503
    added = {"webhooks": [{"deliver": {"copies": 0}}]}
    shown = (await control.ask("POST", "/faults", added, status=201))["data"]
    assert ([one["struck"] for one in shown["requests"]], len(shown["webhooks"])) == ([1], 1)
    assert (await control.start()).status == 200


async def test_webhooks_are_delivered_and_signed_as_the_fault_says(
    control: Control, webhook_app: WebhookApp
) -> None:
    """siprec.started comes twice with a strange key's signature, siprec.stopped once with a good one."""
    twice = {"deliver": {"copies": 2, "gap": "1s"}, "sign": {"mode": "wrong_key"}, "events": ["siprec.started"]}
    await set_faults(control, webhooks=[twice])
    await control.start()
    await control.advance(until="idle")
    verdicts = [await control.verdict(hook) for hook in webhook_app.got]
    assert verdicts == [Verdict.WRONG, Verdict.WRONG, Verdict.GOOD]
    [fault] = (await control.data("/faults"))["webhooks"]
    assert (fault["struck"], fault["events"], fault["sign"]) == (
        1,
        ["siprec.started"],
        {"mode": "wrong_key", "skew_ms": 0},
    )
    assert (fault["deliver"]["copies"], fault["deliver"]["gap"]) == (2, "1s")
    first, second, _ = await control.data("/webhooks")
    assert (first["repeats"], second["repeats"]) == (None, first["seq"])
    shown = await control.data(f"/webhooks/{second['seq']}")
    assert (shown["seq"], shown["signing"]) == (second["seq"], {"mode": "wrong_key", "skew_ms": 0})


async def test_a_webhook_may_be_withheld(control: Control, webhook_app: WebhookApp) -> None:
    """It occurred, and is never sent."""
    await set_faults(control, webhooks=[{"deliver": {"copies": 0}, "count": 1}])
    await control.start()
    await control.advance(until="idle")
    started, stopped = await control.data("/webhooks")
    assert (started["state"], stopped["state"]) == ("withheld", "delivered")
    assert len(webhook_app.got) == 1
    assert [one["id"] for one in await control.data("/webhooks?state=withheld")] == [started["id"]]


async def test_simulated_attempts_are_told_from_real_ones(control: Control, webhook_app: WebhookApp) -> None:
    """The first is dropped, the second arrives."""
    await set_faults(control, webhooks=[{"deliver": {"attempts": [{"simulate": "drop"}]}, "count": 1}])
    await control.start()
    await control.advance(by="30s")
    [webhook] = await control.data("/webhooks")
    attempts = (await control.data(f"/webhooks/{webhook['id']}"))["attempts"]
    assert [(one["simulate"], one["outcome"]) for one in attempts] == [("drop", "failed"), ("none", "delivered")]
    assert len(webhook_app.got) == 1


async def test_faults_are_one_namespaces(control: Control) -> None:
    """Another's requests go well; nobody's faults are a 422."""
    await set_faults(control, requests=[DOWN])
    assert await control.data("/faults", headers=OTHER) == {"requests": [], "webhooks": []}
    assert (await control.http.get("/v2/public_key", headers=OTHER)).status == 200
    await control.ask("DELETE", "/faults", status=204, headers=OTHER)
    assert (await control.http.get("/v2/public_key")).status == 503
    for method, body in (("GET", None), ("PUT", {}), ("DELETE", None)):
        await control.ask(method, "/faults", body, status=422, headers=NOBODY)


@pytest.mark.parametrize(
    ("faults", "pointer"),
    [
        ({"requests": [{}]}, "/requests/0"),
        ({"requests": [{"answer": {"fault": "explode"}}]}, "/requests/0/answer/fault"),
        ({"requests": [DOWN, {**DOWN, "routes": ["nowhere"]}]}, "/requests/1/routes/0"),
        ({"requests": [{**DOWN, "probability": 1.5}]}, "/requests/0/probability"),
        ({"webhooks": [{}]}, "/webhooks/0"),
        ({"webhooks": [{"sign": {}, "events": ["siprec.begun"]}]}, "/webhooks/0/events/0"),
        ({"webhooks": [{"deliver": {"url": "ftp://a/"}}]}, "/webhooks/0/deliver/url"),
        ({"webhook": []}, "/webhook"),
    ],
)
async def test_what_cannot_be_a_fault_is_refused_at_its_place(control: Control, faults: Any, pointer: str) -> None:
    """And what was set stays."""
    await set_faults(control, requests=[DOWN])
    assert (await control.refusal("PUT", "/faults", faults))[0] == pointer
    assert len((await control.data("/faults"))["requests"]) == 1
