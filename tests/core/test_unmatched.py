"""Requests that no match took, or no route: what they came near."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.journal import Selected
from emulator.core.matching import read_matcher
from emulator.core.scenario.model import Match, Scenario
from emulator.core.selection import Catalog, Subject, choose
from emulator.core.unmatched import unmatched, unmatched_view
from tests.core.journals import namespace, request, stray

if TYPE_CHECKING:
    from emulator.core.models import JsonValue

ROUTES = ("POST /calls/{}/actions/siprec_start", "GET /public_key")
HAPPY = Scenario(name="happy-path")


def scenario(name: str, *, call: JsonValue = None, **body: JsonValue) -> Scenario:
    """One that matches a call and fields of the body."""
    return Scenario(
        name=name,
        match=Match(
            call_control_id=None if call is None else read_matcher(call),
            headers={"x-tenant": read_matcher("blue")} if name == "headers" else {},
            body={field: read_matcher(written) for field, written in body.items()},
        ),
    )


def selected(*scenarios: Scenario, **headers: str) -> Selected:
    """How a start on ``v3:a`` through ``srs`` came by its scenario among these and the default."""
    subject = Subject(call_control_id="v3:a", headers=headers, body={"connector_name": "srs"})
    catalog = Catalog.of([HAPPY, *scenarios])
    return Selected(choice=choose(subject, catalog, "happy-path"), subject=subject, catalog=catalog)


def test_a_request_that_ended_at_the_default_tells_the_nearest_scenarios() -> None:
    """Fewest differences first, then most that holds, then the order in which they are asked; three are told."""
    scenarios = (
        scenario("far", call="x", connector_name="y", siprec_track="z"),
        scenario("near", connector_name={"prefix": "sip"}),
        scenario("nearest", call="v3:a", connector_name="x"),
        scenario("headers"),
    )
    [told] = unmatched([namespace(request(selected=selected(*scenarios)))], ROUTES)
    assert told.routes == ()
    assert [(near.scenario, near.held, len(near.differences)) for near in told.scenarios] == [
        ("nearest", 1, 1),
        ("headers", 0, 1),
        ("near", 0, 1),
    ]
    shown = unmatched_view(told)
    assert shown["entry"]["id"] == 1
    assert shown["scenarios"][1] == {
        "scenario": "headers",
        "held": 0,
        "differences": [{"field": "header x-tenant", "expected": "'blue'", "found": "not there"}],
    }
    assert shown["scenarios"][2]["differences"] == [
        {"field": "body.connector_name", "expected": "text that starts with 'sip'", "found": "'srs'"}
    ]


def test_a_request_that_was_chosen_for_or_had_nothing_to_match_is_not_told() -> None:
    header = {"x-emulator-scenario": "happy-path"}
    taken = (
        request(1, selected=selected(scenario("fits", connector_name="srs"))),
        request(2, selected=selected(scenario("other", connector_name="x"), **header)),
        request(3, selected=selected()),
        request(4),
    )
    assert unmatched([namespace(*taken)], ROUTES) == ()


def test_a_stray_tells_the_nearest_routes_unless_a_route_would_have_taken_it() -> None:
    """A 401 is no matter of routes."""
    where = namespace(
        stray(1, "/v2/calls/x/actions/siprec_strat", method="POST"),
        stray(2, "/v2/calls/x/actions/siprec_start", method="POST", status=401),
        stray(3, "/v2/nowhere"),
    )
    nowhere, misspelt = unmatched([where], ROUTES)
    assert unmatched_view(nowhere)["routes"] == []
    assert unmatched_view(misspelt)["entry"]["target"] == "/v2/calls/x/actions/siprec_strat"
    assert unmatched_view(misspelt)["routes"] == [
        {
            "route": "POST /calls/{}/actions/siprec_start",
            "differences": [{"field": "path", "expected": "'siprec_start'", "found": "'siprec_strat'"}],
        }
    ]


def test_the_latest_come_first_and_no_more_than_wanted() -> None:
    where = namespace(*(stray(seq) for seq in range(1, 6)))
    assert [unmatched_view(one)["entry"]["id"] for one in unmatched([where], ROUTES, limit=2)] == [5, 4]
