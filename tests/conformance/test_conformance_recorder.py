"""The recorder: what a server answers and sends is seen as it leaves, and what is wrong with it is found."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import orjson
import pytest

from emulator.core.models import EventType, Route
from emulator.core.policy import Validation
from emulator.testing import running_emulator
from emulator.web.driver import Driver
from emulator.web.server import running
from emulator.web.telnyx_api import TelnyxApi
from tests.conformance.documents import Answer, Webhook, check
from tests.conformance.recorder import Recorder, blurred
from tests.conftest import KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import web

    from emulator.config import Settings
    from emulator.web.server import Server
    from tests.conformance.documents import Findings
    from tests.conftest import WebhookApp

START = "/v2/calls/v3:a/actions/siprec_start"
CONTROL = "/_emulator"
STARTED = {"version": 1, "name": "started", "timeline": [{"emit": "siprec.started"}]}


class Seen:
    """What a recorder saw, and what is to be said of it."""

    def __init__(self, recorder: Recorder) -> None:
        """Look at everything."""
        self.documents = list(recorder.distinct.values())

    def answer(self, status: int, route: Route | None = Route.SIPREC_START) -> Findings:
        """Of the one answer of a route that has the status."""
        (found,) = (
            one for one in self.documents if isinstance(one, Answer) and (one.status, one.route) == (status, route)
        )
        return check(found)

    @property
    def webhooks(self) -> list[Findings]:
        """Of the webhooks, in order."""
        return [check(one) for one in self.documents if isinstance(one, Webhook)]


@asynccontextmanager
async def recorded(settings: Settings) -> AsyncIterator[tuple[Recorder, Server, aiohttp.ClientSession]]:
    """A server with a recorder of its own, inside that of the whole run, and a client."""
    recorder = Recorder()
    with recorder.recording():
        async with running(settings) as server, aiohttp.ClientSession(server.url, headers=KEY) as http:
            yield recorder, server, http


async def ask(http: aiohttp.ClientSession, method: str, path: str, body: Any) -> Any:
    """The control API's answer."""
    async with http.request(method, f"{CONTROL}{path}", data=orjson.dumps(body)) as answer:
        assert answer.status < 300, await answer.text()
        return await answer.json() if answer.status != 204 else None


@pytest.fixture
def to_app(settings: Settings, webhook_app: WebhookApp) -> Settings:
    """Of a server that sends to the app."""
    return replace(settings, webhook_url=webhook_app.url)


# --- it sees what leaves ---


async def test_a_wrong_answer_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted outside the run's own recorder, and inside this one."""
    answer = TelnyxApi.answer

    async def wrong(api: TelnyxApi, http: web.BaseRequest) -> Any:
        response: Any = await answer(api, http)
        response.body = b'{"data":{"result":1}}'
        return response

    monkeypatch.setattr(TelnyxApi, "answer", wrong)
    async with recorded(settings) as (recorder, _, http):
        await http.post(START, json={})
    [document] = [one for one in recorder.distinct.values() if isinstance(one, Answer)]
    assert document.name == f"POST {START} -> 200"
    assert document.seen_in.endswith("::test_a_wrong_answer_is_found")
    found = check(document)
    assert found.excused == ()
    assert {one.pointer for one in found.deviations} == {"/data/result"}


async def test_a_wrong_webhook_is_found(
    to_app: Settings, webhook_app: WebhookApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted between the two recorders likewise."""
    attach = Driver.attach

    def wrong(driver: Driver, submit: Any, line: Any) -> None:
        attach(
            driver, lambda send: submit(replace(send, body=send.body.replace(b'"call_leg_id"', b'"leg"'))), line
        )

    monkeypatch.setattr(Driver, "attach", wrong)
    async with recorded(to_app) as (recorder, _, http):
        await http.post(START, json={})
        await webhook_app.wait_for(1)
    found = Seen(recorder).webhooks[0]
    assert [one.pointer for one in found.deviations] == ["/data/payload/call_leg_id"]


def test_a_server_in_another_thread_is_recorded() -> None:
    """As the pytest fixture and running_emulator start theirs."""
    recorder = Recorder()
    with recorder.recording(), running_emulator() as emulator:
        sent = httpx.post(f"{emulator.client.base_url}{START}", json={}, headers=KEY)
        assert sent.status_code == 200
    assert recorder.answers == 1
    assert Seen(recorder).answer(200).deviations == ()


async def test_what_is_alike_is_checked_once(to_app: Settings, webhook_app: WebhookApp) -> None:
    """Apart from identifiers and times; how many there were is counted all the same."""
    async with recorded(to_app) as (recorder, _, http):
        await ask(http, "PUT", "/scenarios/started", STARTED)
        for call in ("v3:a", "v3:b", "v3:c"):
            headers = {"X-Emulator-Scenario": "started"}
            await http.post(f"/v2/calls/{call}/actions/siprec_start", json={}, headers=headers)
        await webhook_app.wait_for(3)
    assert (recorder.answers, recorder.webhooks) == (3, 3)
    assert len(recorder.distinct) == 2


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (b'"11111111-aaaa-4111-8111-0123456789ab"', b'"22222222-bbbb-4222-9222-0123456789ab"', True),
        (b'"2026-01-02T03:04:05.678Z"', b'"2027-11-12T13:14:15.161Z"', True),
        (b'"2026-01-02T03:04:05.678Z"', b'"2026-01-02T03:04:05Z"', False),
        (b'"2026-01-02T03:04:05.678Z"', b'"2026-01-02 03:04:05.678"', False),
        (b'{"call_control_id":"v3:a"}', b'{"call_control_id":"v3:a"}', True),
        (b'{"call_control_id":"v3:a"}', b'{"call_control_id":""}', False),
        (b'{"status":"ok"}', b'{"status":"no"}', False),
    ],
)
def test_only_what_is_well_formed_is_blurred(one: bytes, other: bytes, *, alike: bool) -> None:
    """An identifier that is none stays distinct, and is checked."""
    assert (blurred(one) == blurred(other)) is alike


async def test_refusals_of_every_kind_are_recorded(settings: Settings) -> None:
    """An unknown path, no credentials, a body that is none."""
    async with recorded(settings) as (recorder, server, http):
        await http.get("/v2/nothing")
        await http.post(START, data=b"{", headers={"Content-Type": "application/json"})
        async with aiohttp.ClientSession(server.url) as nobody:
            await nobody.post(START, json={})
    seen = Seen(recorder)
    assert [seen.answer(404, None), seen.answer(401).deviations, seen.answer(400).deviations] == [
        ((), (), False),
        (),
        (),
    ]


async def test_the_control_api_is_none_of_telnyx(settings: Settings) -> None:
    async with recorded(settings) as (recorder, _, http):
        await http.get(f"{CONTROL}/info")
    assert recorder.answers == 0


async def test_what_another_server_answers_is_left_out(settings: Settings, webhook_app: WebhookApp) -> None:
    """Passed on, it is none of the emulator's."""
    behind = webhook_app.url.removesuffix("/webhooks")
    async with recorded(replace(settings, fallback_url=behind)) as (recorder, _, http):
        assert (await http.get("/v2/messages")).status == 200
    assert (len(webhook_app.got), recorder.answers) == (1, 0)


# --- what was to be wrong ---


async def test_what_a_scenario_answers_is_its_own(settings: Settings) -> None:
    """Without a body, where Telnyx has one."""
    empty = {"version": 1, "name": "empty", "respond": {"status": 503, "error": []}}
    async with recorded(settings) as (recorder, _, http):
        await ask(http, "PUT", "/scenarios/empty", empty)
        await http.post(START, json={}, headers={"X-Emulator-Scenario": "empty"})
    found = Seen(recorder).answer(503)
    assert (found.deviations, len(found.excused)) == ((), 1)


async def test_what_an_injected_fault_answers_is_its_own(settings: Settings) -> None:
    """On whatever route it strikes."""
    async with recorded(settings) as (recorder, _, http):
        fault = {"answer": {"status": 502, "error": []}, "routes": ["public_key"]}
        await ask(http, "PUT", "/faults", {"requests": [fault]})
        await http.get("/v2/public_key")
    found = Seen(recorder).answer(502, Route.PUBLIC_KEY)
    assert (found.deviations, len(found.excused)) == ((), 1)


async def test_what_lenient_validation_lets_through_is_repeated(settings: Settings) -> None:
    """A connector at port 0, which nobody would have been given otherwise."""
    async with recorded(replace(settings, validation=Validation.WARN)) as (recorder, _, http):
        await http.post("/v2/siprec_connectors", json={"name": "srs", "host": "srs.example", "port": 0})
    found = Seen(recorder).answer(201, Route.CONNECTOR_CREATE)
    assert found.deviations == ()
    assert {one.pointer for one in found.excused} == {"/data/port"}


async def test_only_the_fields_that_were_laid_over_may_be_wrong(to_app: Settings, webhook_app: WebhookApp) -> None:
    """By a timeline, by hand in an event and in a replay; of copies with ids of their own too."""
    step = {"emit": "siprec.started", "payload": {"call_leg_id": 7}, "deliver": {"copies": 2, "same_id": False}}
    odd = {"version": 1, "name": "odd", "timeline": [step, {"wait_for": {"command": "siprec_stop"}}]}
    async with recorded(to_app) as (recorder, _, http):
        await ask(http, "PUT", "/scenarios/odd", odd)
        await http.post(START, json={}, headers={"X-Emulator-Scenario": "odd"})
        await webhook_app.wait_for(2)
        [session] = (await ask(http, "GET", "/sessions", {}))["data"]
        by_hand = {"event_type": "siprec.failed", "set": {"failure_cause": 1}, "remove": ["call_session_id"]}
        event = (await ask(http, "POST", f"/sessions/{session['id']}/events", by_hand))["data"]
        await webhook_app.wait_for(3)
        await ask(http, "POST", f"/webhooks/{event['id']}/replay", {"set": {"connection_id": []}, "new_id": True})
        await webhook_app.wait_for(4)
    found = Seen(recorder).webhooks
    assert [one.deviations for one in found] == [()] * len(found)
    payload = "/data/payload/"
    assert [sorted({two.pointer.removeprefix(payload) for two in one.excused}) for one in found] == [
        ["call_leg_id"],
        ["call_session_id", "failure_cause"],
        ["call_session_id", "connection_id", "failure_cause"],
    ]


def test_what_was_not_laid_over_stays_wrong() -> None:
    """A neighbour of a field that was."""
    body = {"data": {"payload": {"call_leg_id": 7, "connection_id": 8}}}
    webhook = Webhook(
        method="POST",
        url="http://a.test/",
        media_type="application/json",
        content=orjson.dumps(body),
        event=EventType.STARTED,
        laid_over=frozenset({"call_leg_id"}),
    )
    found = check(webhook)
    assert {one.pointer for one in found.excused} == {"/data/payload/call_leg_id"}
    assert "/data/payload/connection_id" in {one.pointer for one in found.deviations}
    assert "/data/id" in {one.pointer for one in found.deviations}
