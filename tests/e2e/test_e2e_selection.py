"""Scenarios that are put while the server runs, and what the journal says of the choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.e2e.harness import recording_scenarios

if TYPE_CHECKING:
    from tests.e2e.harness import Emulator, Receiver

BUILTIN = set(recording_scenarios())

SCENARIO = """
version: 1
name: {name}
priority: {priority}
match: {{body: {{connector_name: {{glob: "{glob}"}}}}}}
timeline: [{{emit: siprec.failed, payload: {{failure_cause: {name}}}}}]
"""


def put(emulator: Emulator, name: str, *, priority: int, glob: str = "eu-*") -> None:
    """Load one that matches by the connector's name and says its own as the cause."""
    emulator.put_scenario(name, SCENARIO.format(name=name, priority=priority, glob=glob))


def selection(emulator: Emulator) -> Any:
    """What the journal says of the latest start."""
    latest = emulator.control("/requests")["data"][-1]
    return emulator.control(f"/requests/{latest['id']}")["data"]["selection"]


def reasons(emulator: Emulator) -> dict[str, str]:
    """Why each other scenario did not play."""
    return {one["scenario"]: one["reason"] for one in selection(emulator)["others"]}


def test_a_match_is_decided_by_priority_then_name(emulator: Emulator, receiver: Receiver) -> None:
    """The webhook is the winner's, and the journal says of each other one why it lost."""
    put(emulator, "low", priority=1)
    put(emulator, "b-high", priority=5)
    put(emulator, "a-high", priority=5)
    put(emulator, "elsewhere", priority=9, glob="us-*")
    answer = emulator.start("c1", connector_name="eu-1")
    assert answer.headers["X-Emulator-Scenario"] == "a-high"
    assert receiver.next().event["data"]["payload"]["failure_cause"] == "a-high"
    assert (selection(emulator)["scenario"], selection(emulator)["rule"]) == ("a-high", "match")
    why = reasons(emulator)
    assert set(why) == BUILTIN | {"low", "b-high", "elsewhere"}
    assert why["low"] == "its match holds, but 'a-high' has priority 5, above its 1"
    assert why["b-high"] == "its match holds, but 'a-high' has the same priority and comes first by name"
    assert why["elsewhere"] == "body.connector_name is 'eu-1', not matching glob 'us-*'"
    assert {why[name] for name in BUILTIN} == {
        "it has no match: it plays only where it is named or is the default"
    }


def test_a_header_and_a_magic_connector_come_before_a_match(emulator: Emulator) -> None:
    """The header comes first of all."""
    put(emulator, "any", priority=1000, glob="*")
    by_connector = emulator.start("c1", connector_name="emu:srs-busy")
    assert by_connector.headers["X-Emulator-Scenario"] == "srs-busy"
    assert reasons(emulator)["any"].startswith("its match holds, but magic connector comes first")
    by_header = emulator.start(
        "c2", connector_name="emu:srs-busy", headers={"X-Emulator-Scenario": "srs-declined"}
    )
    assert by_header.headers["X-Emulator-Scenario"] == "srs-declined"
    assert selection(emulator)["rule"] == "header"


def test_a_removed_scenario_plays_no_more(emulator: Emulator) -> None:
    """The default takes its place; naming it is an error that says so."""
    put(emulator, "any", priority=1, glob="*")
    assert emulator.http.delete("/_emulator/scenarios/any").status_code == 204
    assert emulator.start("c1").headers["X-Emulator-Scenario"] == "happy-path"
    refused = emulator.start("c2", connector_name="emu:any")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "10005")
    assert "No scenario named 'any' is loaded" in refused.json()["errors"][0]["detail"]


def test_a_scenario_of_one_key_is_not_seen_by_another(emulator: Emulator) -> None:
    """A PUT with an API key's Authorization is that namespace's own."""
    text = SCENARIO.format(name="mine", priority=1, glob="*")
    put_own = emulator.http.put(
        "/_emulator/scenarios/mine", content=text, headers={"Authorization": "Bearer tenant-1"}
    )
    assert put_own.status_code == 201
    assert emulator.start("c1", key="tenant-1").headers["X-Emulator-Scenario"] == "happy-path"
    assert emulator.start("c1", key="tenant-1", connector_name="x").headers["X-Emulator-Hint"]
    assert emulator.start("c2", key="tenant-1", connector_name="x").headers["X-Emulator-Scenario"] == "mine"
    assert emulator.start("c2", key="tenant-2", connector_name="x").headers["X-Emulator-Scenario"] == "happy-path"
