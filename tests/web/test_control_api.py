"""The control API over HTTP: every route, its refusals, paging, filters and the choice of a namespace."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.policy import Realism
from emulator.web.credentials import namespace_of

if TYPE_CHECKING:
    import aiohttp

    from emulator.web.server import Server

BOUND_SECS = 20
API = "/_emulator"
START = "/v2/calls/{}/actions/siprec_start"
OTHER = {"Authorization": "Bearer KEY_of_another"}
NOBODY = {"Authorization": ""}
MINE = namespace_of("KEY_of_the_tests")
SCENARIO = b"version: 1\nname: mine\ndescription: Ours.\ntimeline: []\n"


async def data(http: aiohttp.ClientSession, path: str, **options: Any) -> Any:
    """What a GET shows under ``data``."""
    response = await http.get(API + path, **options)
    document = await response.json()
    assert response.status == 200, document
    return document["data"]


async def refused(response: aiohttp.ClientResponse, status: int) -> dict[str, Any]:
    """The one entry of an error document."""
    document = await response.json()
    assert response.status == status, document
    [found] = document["errors"]
    return dict(found)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/health",
        "/ready",
        "/info",
        "/openapi.json",
        "/schemas",
        "/public-key",
        "/scenarios",
        "/namespaces",
        "/sessions",
        "/requests",
        "/webhooks",
        "/received",
        "/schemas/request.siprec_start",
        "/scenarios/srs-busy",
    ],
)
async def test_every_page_can_be_read_without_a_key(http: aiohttp.ClientSession, path: str) -> None:
    response = await http.get(API + path, headers=NOBODY)
    assert response.status == 200
    assert response.headers["Content-Type"].startswith("application/json")
    assert isinstance(await response.json(), dict)


async def test_what_is_not_there_is_404(http: aiohttp.ClientSession) -> None:
    for path in (
        "/nothing",
        "/namespaces/",
        "/schemas/nothing",
        "/scenarios/nothing",
        "/namespaces/nothing",
        "/sessions/nothing",
        "/requests/1",
        "/requests/x",
        "/requests/%D9%A1",
        "/webhooks/nothing",
    ):
        assert (await refused(await http.get(API + path), 404))["code"] == "10005"


async def test_a_wrong_method_is_405_with_the_right_ones(http: aiohttp.ClientSession) -> None:
    response = await http.delete(f"{API}/info")
    assert response.headers["Allow"] == "GET"
    assert (await refused(response, 405))["code"] == "10030"


async def test_probes_may_ask_for_the_head_alone(http: aiohttp.ClientSession) -> None:
    for path in ("/health", "/ready"):
        assert (await http.head(API + path)).status == 200


@pytest.mark.parametrize("settings", [{"admin_token": "secret"}], indirect=True)
async def test_an_admin_token_guards_all_but_probes_and_the_receiver(http: aiohttp.ClientSession) -> None:
    assert (await refused(await http.get(f"{API}/requests"), 401))["code"] == "10009"
    assert (await http.get(f"{API}/health")).status == 200
    assert (await http.post(f"{API}/receiver/x")).status == 200
    assert await data(http, "/requests", headers={"X-Emulator-Admin-Token": "secret"}) == []
    await http.post(START.format("a"), json={})
    # as a bearer it opens the door and names no namespace
    assert len(await data(http, "/requests", headers={"Authorization": "Bearer secret"})) == 1


async def test_a_foreign_host_or_origin_is_403(http: aiohttp.ClientSession) -> None:
    for header in ({"Host": "evil.com"}, {"Origin": "http://evil.com"}):
        assert (await refused(await http.get(f"{API}/requests", headers=header), 403))["code"] == "10010"


# --- what happened ---


async def test_requests_of_each_key_are_its_own_and_all_are_seen_without_one(http: aiohttp.ClientSession) -> None:
    await http.post(START.format("a"), json={})
    await http.post(START.format("b"), json={}, headers=OTHER)
    await http.get("/nowhere")
    assert [one["target"] for one in await data(http, "/requests")] == [START.format("a"), "/nowhere"]
    other = namespace_of("KEY_of_another")
    for selected in ({"headers": OTHER}, {"params": {"namespace": other}}):
        assert [one["call_control_id"] for one in await data(http, "/requests", **selected)] == ["b"]
    everybodys = await data(http, "/requests", headers=NOBODY)
    assert [one["id"] for one in everybodys] == sorted(one["id"] for one in everybodys)
    assert len(everybodys) == 3
    assert await data(http, "/requests", params={"namespace": "unused"}) == []


async def test_lists_are_paged_by_the_last_number_seen(http: aiohttp.ClientSession) -> None:
    for name in "abcde":
        await http.post(START.format(name), json={})
    latest = await (await http.get(f"{API}/requests?limit=2")).json()
    assert [one["call_control_id"] for one in latest["data"]] == ["d", "e"]
    seen: list[str] = []
    after = 0
    while True:
        page = await (await http.get(f"{API}/requests?after={after}&limit=2")).json()
        if not page["data"]:
            break
        seen += [one["call_control_id"] for one in page["data"]]
        after = page["meta"]["next_after"]
    assert seen == list("abcde")
    assert (await (await http.get(f"{API}/requests?limit=0")).json())["data"] == []


async def test_lists_are_filtered_by_what_they_show(http: aiohttp.ClientSession) -> None:
    await http.post(START.format("a"), json={})
    await http.post(START.format("b"), json={}, headers={"X-Emulator-Scenario": "srs-busy"})
    await http.get("/nowhere")
    for query, found in {
        "call_control_id=a": 1,
        "scenario=srs-busy": 1,
        "status=404": 1,
        "route=siprec_start&method=POST": 2,
        "method=PUT": 0,
    }.items():
        assert len(await data(http, f"/requests?{query}")) == found, query
    assert len(await data(http, "/sessions?scenario=srs-busy&api=call_control")) == 1


@pytest.mark.parametrize("name", ["requests", "sessions", "webhooks", "received"])
@pytest.mark.parametrize("query", ["colour=red", "limit=x", "limit=-1", "limit=1001", "limit=", "after=1.5"])
async def test_a_query_that_means_nothing_is_422(http: aiohttp.ClientSession, name: str, query: str) -> None:
    found = await refused(await http.get(f"{API}/{name}?{query}"), 422)
    assert query.partition("=")[0] in found["detail"]


async def test_a_request_is_shown_with_its_answer_and_why_each_scenario_was_or_was_not_chosen(
    http: aiohttp.ClientSession,
) -> None:
    await http.post(START.format("a"), json={"secure": 1})
    await http.post(START.format("a"), json={"secure": True})
    bad, good = await data(http, "/requests")
    detail = await data(http, f"/requests/{bad['id']}")
    assert detail["violations"] == [
        {
            "pointer": "/secure",
            "keyword": "type",
            "code": "10026",
            "detail": "The 'secure' parameter must be of type 'boolean'",
        }
    ]
    assert json.loads(detail["answer"]["body"])["errors"][0]["code"] == "10026"
    detail = await data(http, f"/requests/{good['id']}")
    assert detail["request"]["body"] == '{"secure": true}'
    assert detail["selection"]["scenario"] == "happy-path"
    assert {"srs-busy", "no-answer"} <= {one["scenario"] for one in detail["selection"]["others"]}


async def _delivered(http: aiohttp.ClientSession, count: int) -> list[dict[str, Any]]:
    """The webhooks once so many were delivered: the stream of events tells when to look."""
    async with asyncio.timeout(BOUND_SECS), http.get(f"{API}/events") as stream:
        while True:
            found: list[dict[str, Any]] = await data(http, "/webhooks?state=delivered")
            if len(found) >= count:
                return found
            await stream.content.readline()


async def test_without_a_target_webhooks_reach_the_receiver_which_verifies_them(
    http: aiohttp.ClientSession,
) -> None:
    await http.post(START.format("a"), json={}, headers={"X-Emulator-Scenario": "srs-busy"})
    [webhook] = await _delivered(http, 1)
    assert webhook["event_type"] == "siprec.failed"
    [received] = await data(http, "/received")
    assert (received["method"], received["verdict"]) == ("POST", "good")
    assert json.loads(received["body"])["data"]["id"] == webhook["id"]
    [attempt] = (await data(http, f"/webhooks/{webhook['id']}"))["attempts"]
    assert (attempt["outcome"], attempt["response"]["status"]) == ("delivered", 200)
    [session] = await data(http, "/sessions")
    detail = await data(http, f"/sessions/{session['id']}")
    assert [one["to"] for one in detail["transitions"]] == ["starting", "failed"]
    assert [one["id"] for one in detail["webhooks"]] == [webhook["id"]]


async def test_the_receiver_tells_what_is_wrong_with_a_signature(http: aiohttp.ClientSession) -> None:
    await http.post(START.format("a"), json={}, headers={"X-Emulator-Scenario": "api-error"})
    path = f"{API}/receiver/{MINE}"
    stale = {"Telnyx-Timestamp": "1", "Telnyx-Signature-Ed25519": "A" * 86 + "=="}
    for headers in ({}, stale, {**stale, "Telnyx-Signature-Ed25519": "\u00ff"}):
        assert (await http.post(path, data=b"\xff", headers=headers)).status == 200
    await http.get(f"{path}?SiprecEvent=x")
    received = await data(http, "/received")
    assert len(received) == 4
    assert "good" not in {one["verdict"] for one in received}
    assert all(one["reason"] for one in received)
    assert received[0]["body_base64"] == "/w=="
    assert await data(http, "/received?method=GET") == [received[3]]
    assert (await http.post(f"{API}/receiver/unused")).status == 200
    assert len(await data(http, "/received", headers=NOBODY)) == 4


async def test_the_journal_can_be_forgotten_for_one_key(http: aiohttp.ClientSession) -> None:
    await http.post(START.format("a"), json={})
    await http.post(START.format("b"), json={}, headers=OTHER)
    assert (await http.delete(f"{API}/requests")).status == 204
    assert await data(http, "/requests") == []
    assert len(await data(http, "/requests", headers=OTHER)) == 1
    [session] = await data(http, "/sessions")
    assert session["call_control_id"] == "a"


@pytest.mark.parametrize("one", [True, False])
async def test_reset_forgets_one_namespace_or_all(http: aiohttp.ClientSession, one: bool) -> None:
    await http.post(START.format("a"), json={})
    await http.post(START.format("b"), json={}, headers=OTHER)
    response = await http.post(f"{API}/reset", headers={} if one else NOBODY)
    assert await response.json() == {"reset": MINE if one else "all"}
    assert len(await data(http, "/namespaces", headers=NOBODY)) == (1 if one else 0)


# --- scenarios ---


async def test_a_scenario_is_put_for_one_key_read_used_and_taken_away(http: aiohttp.ClientSession) -> None:
    path = f"{API}/scenarios/mine"
    assert [(await http.put(path, data=SCENARIO)).status for _ in range(2)] == [201, 200]
    assert (await data(http, "/scenarios/mine"))["text"] == SCENARIO.decode()
    text = await http.get(path, headers={"Accept": "application/yaml"})
    assert (text.content_type, await text.read()) == ("application/yaml", SCENARIO)
    assert "mine" in [one["name"] for one in await data(http, "/scenarios")]
    assert "mine" not in [one["name"] for one in await data(http, "/scenarios", headers=OTHER)]
    started = await http.post(START.format("a"), json={}, headers={"X-Emulator-Scenario": "mine"})
    assert started.headers["X-Emulator-Scenario"] == "mine"
    assert (await http.delete(path)).status == 204
    await refused(await http.delete(path), 404)


async def test_a_scenario_put_without_a_key_is_everybodys(http: aiohttp.ClientSession) -> None:
    assert (await http.put(f"{API}/scenarios/mine", data=SCENARIO, headers=NOBODY)).status == 201
    assert "mine" in [one["name"] for one in await data(http, "/scenarios", headers=OTHER)]


async def test_a_scenario_that_is_wrong_is_422_with_each_problem_at_its_place(http: aiohttp.ClientSession) -> None:
    response = await http.put(f"{API}/scenarios/mine", data=b"version: 1\nname: mine\ntimelin: []\n")
    document = await response.json()
    assert (response.status, document["valid"]) == (422, False)
    [problem] = document["problems"]
    assert (problem["line"], problem["column"]) == (3, 1)
    assert problem["text"].startswith("<control API>:3:1: ")
    for body in (b"", b"\xff", b"a: b: c", b"[]"):
        assert (await http.put(f"{API}/scenarios/mine", data=body)).status == 422
    found = await refused(await http.put(f"{API}/scenarios/other", data=SCENARIO), 422)
    assert found["detail"] == "The path says 'other', the scenario 'mine'."


async def test_validating_stores_nothing(http: aiohttp.ClientSession) -> None:
    path = f"{API}/scenarios/validate"
    good = await (await http.post(path, data=SCENARIO)).json()
    assert (good["valid"], good["scenario"]["name"]) == (True, "mine")
    assert good["scenario"]["warnings"] == []
    waits = b"timeline:\n  - wait_for: {command: siprec_stop}\n"
    doubtful = await (await http.post(path, data=b"version: 1\nname: mine\n" + waits)).json()
    [warning] = doubtful["scenario"]["warnings"]
    assert doubtful["valid"] is True
    assert warning.startswith("4:5: the timeline never ends by itself")
    bad = await (await http.post(f"{path}?file=my.yaml", data=b"version: 2\n")).json()
    assert bad["valid"] is False
    assert {one["file"] for one in bad["problems"]} == {"my.yaml"}
    await refused(await http.get(f"{API}/scenarios/mine"), 404)


# --- namespaces ---


async def test_a_namespace_takes_settings_of_its_own(http: aiohttp.ClientSession) -> None:
    body = {
        "realism": "strict",
        "webhook_url": "http://127.0.0.1:9/x",
        "default_scenario": "srs-busy",
        "calls": [{"call_control_id": "known"}, {"call_control_id": "over", "state": "ended"}],
    }
    response = await http.put(f"{API}/namespaces/self", json=body)
    assert response.status == 200
    shown = (await data(http, "/namespaces/self"))["settings"]
    assert shown == {
        "webhook_url": "http://127.0.0.1:9/x",
        "webhook_failover_url": None,
        "realism": "strict",
        "validation": "standard",
        "default_scenario": "srs-busy",
        "seed": None,
    }
    codes = []
    for call in ("known", "over", "unknown"):
        answer = await (await http.post(START.format(call), json={"connector_name": "x"})).json()
        codes.append(answer["errors"][0]["code"])
    assert codes == ["10005", "90018", "90015"]
    assert (await http.post(START.format("unknown"), json={}, headers=OTHER)).status == 200
    assert (await http.delete(f"{API}/namespaces/self")).status == 204
    await refused(await http.get(f"{API}/namespaces/self"), 404)


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"{", 400, None),
        (b"[]", 400, None),
        (b"\xff", 400, None),
        (b'{"realism": "strict", "realism": "strict"}', 400, None),
        (b'{"colour": 1}', 422, "/colour"),
        (b'{"realism": "harsh"}', 422, "/realism"),
        (b'{"default_scenario": "nothing"}', 422, "/default_scenario"),
        (b'{"calls": [1]}', 422, "/calls/0"),
    ],
)
async def test_settings_that_are_wrong_are_refused_with_their_place(
    http: aiohttp.ClientSession, body: bytes, status: int, pointer: str | None
) -> None:
    found = await refused(await http.put(f"{API}/namespaces/self", data=body), status)
    assert found.get("source", {}).get("pointer") == pointer
    await refused(await http.get(f"{API}/namespaces/self"), 404)


async def test_self_needs_a_key(http: aiohttp.ClientSession) -> None:
    for method in ("GET", "PUT", "DELETE"):
        found = await refused(await http.request(method, f"{API}/namespaces/self", headers=NOBODY), 422)
        assert "Authorization" in found["detail"]


@pytest.mark.parametrize("settings", [{"realism": Realism.STRICT}], indirect=True)
async def test_a_namespace_shows_its_connectors(http: aiohttp.ClientSession) -> None:
    connector = {"name": "x", "host": "srs.example.com", "port": 5060}
    await http.post("/v2/siprec_connectors", json=connector)
    assert (await data(http, "/namespaces/self"))["connectors"] == [{**connector, "app_subdomain": None}]


# --- the stream ---


async def _events(stream: aiohttp.ClientResponse, count: int) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    kind = ""
    async with asyncio.timeout(BOUND_SECS):
        while len(found) < count:
            line = (await stream.content.readline()).decode().rstrip("\n")
            assert line is not None
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            if line.startswith("data: "):
                found.append((kind, json.loads(line.removeprefix("data: "))))
    return found


async def test_the_stream_tells_of_everything_in_order_to_those_whom_it_concerns(
    http: aiohttp.ClientSession,
) -> None:
    async with http.get(f"{API}/events") as mine, http.get(f"{API}/events", headers=NOBODY) as all_of_them:
        for stream in (mine, all_of_them):
            assert stream.headers["Content-Type"] == "text/event-stream"
            assert await stream.content.readline() == b": watching\n"
        await http.post(START.format("b"), json={}, headers={**OTHER, "X-Emulator-Scenario": "api-error"})
        await http.post(START.format("a"), json={}, headers={"X-Emulator-Scenario": "srs-busy"})
        own = await _events(mine, 6)
        assert {one["namespace"] for _, one in own} == {MINE}
        kinds = [kind for kind, _ in own]
        assert sorted(kinds) == sorted(["transition", "request", "transition", "webhook", "received", "attempt"])
        assert kinds.index("webhook") < kinds.index("received") < kinds.index("attempt")
        everybodys = await _events(all_of_them, 7)
        assert everybodys[0][1]["namespace"] == namespace_of("KEY_of_another")
        assert everybodys[1:] == own


async def test_streams_end_when_the_server_stops(server: Server, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{API}/events") as stream:
        assert await stream.content.readline() == b": watching\n"
        stopping = asyncio.create_task(server.stop(0))
        async with asyncio.timeout(BOUND_SECS):
            assert re.fullmatch(rb"id: [0-9a-f]{8}-\d+\n\n", await stream.content.read())
            await stopping


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/namespaces/self", {"realism": "x" * 10_000}),
        ("PUT", "/namespaces/self", {"default_scenario": "x" * 10_000}),
        ("PUT", "/namespaces/self", {"x" * 10_000: 1}),
        ("POST", "/queue", {"scenario": "x" * 10_000}),
        ("POST", "/verify", {"webhooks": {"payload": {"x" * 10_000: []}}}),
    ],
)
async def test_a_refusal_is_short_however_long_what_it_refuses(
    http: aiohttp.ClientSession, method: str, path: str, body: dict[str, Any]
) -> None:
    """Its pointer alone has to be exact."""
    error = await refused(await http.request(method, API + path, json=body), 422)
    assert len(error["detail"]) < 300


async def test_what_the_control_api_is_told_is_logged(
    http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    """Changes and questions, refused ones too, each without its query; what is only looked at is not."""
    caplog.set_level(logging.INFO, logger="emulator")
    await http.get(f"{API}/clock")
    await http.put(f"{API}/clock?a=b", json={"mode": "manual"})
    await http.post(f"{API}/verify", json={"requests": {}})
    await http.put(f"{API}/namespaces/self", json={"realism": "loose"})
    await http.delete(f"{API}/nothing", headers=NOBODY)
    await http.post(f"{API}/receiver/{MINE}", data=b"{}")
    told = [one.fields for one in caplog.records if one.getMessage() == "control"]  # type: ignore[attr-defined]
    assert [tuple(line.values()) for line in told] == [
        (MINE, "PUT", f"{API}/clock", 200),
        (MINE, "POST", f"{API}/verify", 409),
        (MINE, "PUT", f"{API}/namespaces/self", 422),
        (None, "DELETE", f"{API}/nothing", 404),
    ]
    assert list(told[0]) == ["namespace", "method", "target", "status"]
