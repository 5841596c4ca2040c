"""The one-shot queue over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.web.controlling import NOBODY, OTHER, Control

if TYPE_CHECKING:
    import aiohttp


@pytest.fixture
def control(http: aiohttp.ClientSession) -> Control:
    """The control API with a key."""
    return Control(http)


async def queue(control: Control, *, status: int = 201, **body: Any) -> Any:
    """POST /queue with the API key."""
    return await control.ask("POST", "/queue", body, status=status)


async def played(control: Control, call: str, **body: Any) -> str:
    """Which scenario a start gets."""
    return str((await control.start(call, **body)).headers["X-Emulator-Scenario"])


async def test_queued_scenarios_play_the_next_starts_in_order(control: Control) -> None:
    """Each as often as it says; then the default again."""
    await queue(control, scenario="srs-busy", times=2)
    await queue(control, scenario="no-answer")
    names = [await played(control, f"v3:{number}") for number in range(4)]
    assert names == ["srs-busy", "srs-busy", "no-answer", "happy-path"]
    latest = (await control.data("/requests"))[-2]
    assert (latest["scenario"], latest["rule"]) == ("no-answer", "queue")


async def test_what_waits_is_shown_with_how_often_it_still_plays(control: Control) -> None:
    """The next one first, numbered by arrival."""
    assert (await queue(control, scenario="srs-busy", times=3))["data"] == {
        "number": 1,
        "scenario": "srs-busy",
        "matches": False,
        "left": 3,
    }
    await queue(control, scenario="no-answer", match={"call_control_id": "v3:x"})
    await played(control, "v3:a")
    shown = await control.data("/queue")
    assert [(one["number"], one["left"], one["matches"]) for one in shown] == [(1, 2, False), (2, 1, True)]
    assert (await control.data("/namespaces/self"))["queued"] == 2


async def test_a_queued_scenario_waits_for_its_match(control: Control) -> None:
    """Other starts pass it by, and the journal says why."""
    await queue(control, scenario="srs-busy", match={"body": {"connector_name": "mine"}})
    assert await played(control, "v3:a", connector_name="other") == "happy-path"
    [request] = await control.data("/requests")
    others = (await control.data(f"/requests/{request['id']}"))["selection"]["others"]
    assert others[0] == {
        "scenario": "srs-busy",
        "reason": "queued as 1, but body.connector_name is 'other', not 'mine'",
    }
    assert await played(control, "v3:b", connector_name="mine") == "srs-busy"


async def test_a_scenario_may_be_written_out(control: Control) -> None:
    """Without version and name; it is loaded for nobody else."""
    scenario = {"timeline": [{"emit": "siprec.failed", "payload": {"failure_cause": "busy"}}]}
    name = (await queue(control, scenario=scenario))["data"]["scenario"]
    assert await played(control, "v3:a") == name
    [session] = await control.data("/sessions")
    assert (session["state"], session["cause"]) == ("failed", "busy")
    assert name not in [one["name"] for one in await control.data("/scenarios")]


async def test_a_queued_scenario_stays_what_it_was(control: Control) -> None:
    """Taking it away from the loaded ones changes nothing."""
    await control.load()
    await queue(control, scenario="talk")
    await control.ask("DELETE", "/scenarios/talk", status=204)
    assert await played(control, "v3:a") == "talk"


async def test_the_queue_is_emptied(control: Control) -> None:
    """Also where there is none yet."""
    await control.ask("DELETE", "/queue", status=204)
    await queue(control, scenario="srs-busy")
    await control.ask("DELETE", "/queue", status=204)
    assert await control.data("/queue") == []
    assert await played(control, "v3:a") == "happy-path"


async def test_a_queue_is_one_namespaces(control: Control) -> None:
    """Another's starts do not take from it, and it cannot name another's scenarios; nobody's is a 422."""
    await control.load(headers=OTHER)
    await queue(control, scenario="srs-busy")
    assert await control.data("/queue", headers=OTHER) == []
    other = await control.start("v3:b", headers=OTHER)
    assert other.headers["X-Emulator-Scenario"] == "talk"
    assert (await control.refusal("POST", "/queue", {"scenario": "talk"}))[0] == "/scenario"
    for method, body in (("GET", None), ("POST", {"scenario": "srs-busy"}), ("DELETE", None)):
        await control.ask(method, "/queue", body, status=422, headers=NOBODY)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"scenario": "nothing"}, "/scenario"),
        ({"scenario": {"timelin": []}}, "/scenario/timelin"),
        ({"scenario": {"timeline": [{"emit": "siprec.begun"}]}}, "/scenario/timeline/0/emit"),
        ({"scenario": {"timeline": [{"emit": "siprec.failed", "after": "soon"}]}}, "/scenario/timeline/0/after"),
        ({"scenario": 1}, "/scenario"),
        ({"scenario": "srs-busy", "times": 0}, "/times"),
        ({"scenario": "srs-busy", "match": {}}, "/match"),
        ({"scenario": "srs-busy", "match": {"body": {"secure": {"equal": 1}}}}, "/match/body/secure/equal"),
        ({}, None),
    ],
)
async def test_what_cannot_be_queued_is_refused_at_its_place(
    control: Control, body: Any, pointer: str | None
) -> None:
    """And nothing waits."""
    assert (await control.refusal("POST", "/queue", body))[0] == pointer
    assert await control.data("/queue") == []
