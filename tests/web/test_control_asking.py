"""POST /verify and GET /requests/near-misses over HTTP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.controlling import NOBODY, OTHER, Control, nobody_waits, somebody_waits

if TYPE_CHECKING:
    import aiohttp

    from emulator.web.server import Server


@pytest.fixture
async def control(http: aiohttp.ClientSession) -> Control:
    """A namespace whose clock stands."""
    control = Control(http)
    await control.load()
    await control.clock("manual")
    return control


async def verify(
    control: Control, status: int = 200, *, headers: dict[str, str] | None = None, **body: Any
) -> Any:
    """POST /verify with the API key."""
    return await control.ask("POST", "/verify", body, status=status, headers=headers)


async def test_what_is_so_is_verified_with_its_count(control: Control) -> None:
    """Requests by their parts, each kind by its fields."""
    await control.start("v3:a", connector_name="srs-1")
    await control.start("v3:b", connector_name="srs-2")
    found = await verify(
        control, requests={"route": "siprec_start", "body": {"connector_name": {"prefix": "srs"}}}
    )
    assert found == {"data": {"count": 2, "wanted": "at least 1"}}
    assert (await verify(control, sessions={"state": "starting"}, count=2))["data"]["wanted"] == "exactly 2"
    found = await verify(control, webhooks={"state": "failed"}, count=0)
    assert found["data"] == {"count": 0, "wanted": "exactly 0"}
    await verify(control, received={}, count={"at_most": 3})


async def test_what_is_not_so_is_a_409_with_what_comes_near(control: Control) -> None:
    """The nearest first, each with the fields that differ."""
    await control.start("v3:a", connector_name="srs-1")
    await control.start("v3:b", connector_name="srs-2")
    wanted = {"call_control_id": "v3:b", "body": {"connector_name": "srs-3"}}
    document = await verify(control, 409, requests=wanted)
    [error] = document["errors"]
    assert (error["code"], error["detail"]) == ("10027", "Of the requests 0 match, not at least 1.")
    near = document["meta"]["near_misses"]
    assert [(one["held"], one["entry"]["call_control_id"]) for one in near] == [(1, "v3:b"), (0, "v3:a")]
    assert near[0]["differences"] == [{"field": "body.connector_name", "expected": "'srs-3'", "found": "'srs-2'"}]


async def test_too_many_are_a_409_that_says_how_many(control: Control) -> None:
    """At most one was wanted."""
    await control.start("v3:a")
    await control.start("v3:b")
    document = await verify(control, 409, requests={"route": "siprec_start"}, count={"at_most": 1})
    assert document["meta"]["count"] == 2
    assert document["errors"][0]["detail"] == "Of the requests 2 match, not at most 1."


async def test_a_verification_may_wait_until_it_is_so(control: Control, server: Server) -> None:
    """Then it answers at once."""
    verifies = asyncio.create_task(verify(control, requests={"route": "siprec_stop"}, within="20s"))
    await somebody_waits(server)
    await control.start()
    assert not verifies.done()
    await control.stop()
    assert (await verifies)["data"]["count"] == 1


async def test_a_verification_that_waited_in_vain_is_a_409(control: Control, server: Server) -> None:
    """And nobody waits any more."""
    await verify(control, 409, requests={"route": "siprec_stop"}, within="1ms")
    await nobody_waits(server)


async def test_a_count_that_is_passed_is_not_reached_by_waiting(control: Control) -> None:
    """What no longer matches no longer counts: a session leaves a state."""
    await control.start()
    verifies = asyncio.create_task(verify(control, sessions={"state": "starting"}, count=0, within="20s"))
    await control.advance(by="1s")
    assert (await verifies)["data"]["count"] == 0


async def test_only_the_latest_may_be_asked_for(control: Control) -> None:
    """By the namespace's time; the age is among what differs."""
    await control.start("v3:a")
    await control.advance(by="30s")
    assert (await verify(control, requests={}, last="30s"))["data"]["count"] == 1
    await control.advance(by="1s")
    document = await verify(control, 409, requests={}, last="30s")
    [near] = document["meta"]["near_misses"]
    assert near["differences"] == [
        {"field": "at", "expected": "in the last 30s", "found": "2025-03-01T00:00:00.000000Z"}
    ]


async def test_each_namespace_is_asked_about_itself(control: Control) -> None:
    """Another's entries neither count nor come near; without a namespace all do."""
    await control.start("v3:mine")
    await control.start("v3:other", headers=OTHER)
    document = await verify(control, 409, requests={"call_control_id": "v3:other"})
    assert [one["entry"]["call_control_id"] for one in document["meta"]["near_misses"]] == ["v3:mine"]
    everybodys = await verify(control, requests={"route": "siprec_start"}, count=2, headers=NOBODY)
    assert everybodys["data"]["count"] == 2


@pytest.mark.parametrize("path", ["/verify", "/wait"])
@pytest.mark.parametrize("body", [{"colour": "red"}, {"within": "61s"}, {"timeout": "2m"}, {}])
async def test_a_question_that_means_nothing_is_refused(control: Control, path: str, body: Any) -> None:
    """422, never a long wait."""
    await control.ask("POST", path, body, status=422)


# --- near misses of requests ---

PICKY = """
version: 1
name: picky
match: {body: {connector_name: {glob: "eu-*"}, secure: true}}
"""


async def test_requests_that_nothing_took_are_told_with_what_came_near(control: Control) -> None:
    """A start that no match took, and a path that is none: latest first."""
    await control.load("picky", PICKY)
    await control.configure(default_scenario="talk")
    await control.start(connector_name="us-1", secure=True)
    await control.http.post("/v2/calls/v3:a/actions/siprec_strat", json={})
    stray, start = await control.data("/requests/near-misses")
    assert stray["routes"][0]["route"] == "POST /calls/{}/actions/siprec_start"
    assert (start["scenarios"][0]["scenario"], start["scenarios"][0]["held"]) == ("picky", 1)
    [differs] = start["scenarios"][0]["differences"]
    assert (differs["field"], differs["found"]) == ("body.connector_name", "'us-1'")


async def test_near_misses_are_each_namespaces_own(control: Control) -> None:
    """Another key sees none of them."""
    await control.http.post("/v2/nowhere")
    assert await control.data("/requests/near-misses", headers=OTHER) == []
    assert len(await control.data("/requests/near-misses", headers=NOBODY)) == 1


@pytest.mark.parametrize("settings", [{"admin_token": "secret"}], indirect=True)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/verify", {"requests": {}, "count": 0}),
        ("POST", "/wait", {"idle": True}),
        ("GET", "/requests/near-misses", None),
        ("GET", "/clock", None),
        ("PUT", "/clock", {"mode": "manual"}),
        ("POST", "/clock/advance", {"by": "1s"}),
        ("GET", "/faults", None),
        ("PUT", "/faults", {}),
        ("DELETE", "/faults", None),
        ("GET", "/queue", None),
        ("POST", "/queue", {"scenario": "happy-path"}),
        ("DELETE", "/queue", None),
        ("POST", "/webhooks/none/replay", {}),
        ("POST", "/sessions/none/events", {"event_type": "siprec.failed"}),
    ],
)
async def test_an_admin_token_guards_what_can_be_asked_and_steered(
    http: aiohttp.ClientSession, method: str, path: str, body: Any
) -> None:
    """401 without it, and with the API key alone; in its own header it lets the API key name the namespace."""
    control = Control(http)
    document = await control.ask(method, path, body, status=401)
    assert document["errors"][0]["code"] == "10009"
    admin = {"X-Emulator-Admin-Token": "secret"}
    response = await http.request(method, f"/_emulator{path}", json=body, headers=admin)
    assert response.status in ({404} if "none" in path else {200, 201, 204})


async def test_what_went_wrong_is_listed_and_narrowed(control: Control) -> None:
    """Only a namespace's own, and of one kind where that is asked for."""
    await control.http.post("/v2/calls/v3:a/actions/siprec_strat")
    await control.start(connector_name="emu:nothing")
    told = await control.data("/problems")
    assert [one["kind"] for one in told] == ["no_route", "no_scenario"]
    assert await control.data("/problems?kind=no_scenario") == told[1:]
    assert await control.data(f"/problems?after={told[0]['id']}") == told[1:]
    assert await control.data("/problems", headers=OTHER) == []
    await control.ask("GET", "/problems?sort=kind", status=422)


@pytest.mark.parametrize("kind", ["requests", "sessions", "webhooks"])
async def test_a_list_can_show_its_entries_whole(control: Control, kind: str) -> None:
    """Just as each of them is shown by itself; the filters are the same."""
    await control.start()
    await control.advance(by="1s")
    [line] = await control.data(f"/{kind}?call_control_id=v3:a")
    [whole] = await control.data(f"/{kind}?call_control_id=v3:a&view=whole")
    assert whole == await control.data(f"/{kind}/{line['id']}")
    assert whole != line
    assert await control.data(f"/{kind}?call_control_id=v3:b&view=whole") == []
    assert "view" in (await control.ask("GET", f"/{kind}?view=half", status=422))["errors"][0]["detail"]


async def test_a_list_of_what_has_no_more_to_tell_knows_no_view(control: Control) -> None:
    assert "view" in (await control.ask("GET", "/received?view=whole", status=422))["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("kind", "one"),
    [
        ("requests", "/requests/{id}"),
        ("webhooks", "/webhooks/{seq}"),
        ("sessions", "/sessions/{id}"),
        ("received", ""),
    ],
)
async def test_a_verification_tells_what_matched_where_that_is_asked_for(
    control: Control, kind: str, one: str
) -> None:
    """In a line or whole, as the lists show it; without a view only how many."""
    await control.configure(default_scenario="talk", seed="asking")
    await control.start()
    await control.advance(by="1s")
    assert "matched" not in (await control.ask("POST", "/verify", {kind: {}}))["data"]
    for view in ("line", "whole"):
        told = (await control.ask("POST", f"/verify?view={view}", {kind: {}}))["data"]
        assert told["matched"] == await control.data(f"/{kind}" + (f"?view={view}" if one else ""))
    await control.ask("POST", "/verify?view=half", {kind: {}}, status=422)


@pytest.mark.parametrize(("kind", "of"), [("webhook", "webhooks"), ("session", "sessions")])
async def test_a_wait_tells_what_matched_in_a_line_or_whole(control: Control, kind: str, of: str) -> None:
    await control.start()
    await control.advance(by="1s")
    for path, view in (("/wait", "line"), ("/wait?view=line", "line"), ("/wait?view=whole", "whole")):
        told = (await control.ask("POST", path, {kind: {}}))["data"]
        assert told["matched"] == await control.data(f"/{of}?view={view}")
    await control.ask("POST", "/wait?view=half", {kind: {}}, status=422)


async def test_calls_are_shown_in_a_line_or_whole(control: Control) -> None:
    await control.ask("POST", "/calls", {}, status=201)
    [line] = await control.data("/calls")
    [whole] = await control.data("/calls?view=whole")
    assert whole == await control.data(f"/calls/{line['call_control_id']}")
    told = (await control.ask("POST", "/wait?view=whole", {"call": {"state": "ringing"}}))["data"]
    assert told["matched"] == [whole]
