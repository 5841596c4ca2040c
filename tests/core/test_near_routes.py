"""Which routes a path comes near."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.matching import Difference
from emulator.core.near_routes import nearest_routes, takes

START, STOP = "POST /calls/{}/actions/siprec_start", "POST /calls/{}/actions/siprec_stop"
UPDATE = "POST /texml/Accounts/{}/Calls/{}/Siprec/{}.json"
ROUTES = (START, STOP, "POST /siprec_connectors", "GET /siprec_connectors/{}", UPDATE, "GET /public_key")


def differs(expected: str, found: str, field: str = "path") -> Difference:
    """One difference."""
    return Difference(field=field, expected=expected, found=found)


@pytest.mark.parametrize(
    ("method", "target", "route", "differences"),
    [
        ("POST", "/v2/calls/x/actions/siprec_strat", START, [differs("'siprec_start'", "'siprec_strat'")]),
        ("POST", "/calls/x/actions/siprec_stopp?a=/b", STOP, [differs("'siprec_stop'", "'siprec_stopp'")]),
        ("GET", "/v2/calls/x/actions/siprec_start", START, [differs("'POST'", "'GET'", "method")]),
        ("POST", "/v2/calls/x/siprec_start", START, [differs("'actions'", "not there")]),
        ("POST", "/v1/calls/x/actions/siprec_start", START, [differs("not there", "'v1'")]),
        ("POST", "/v2/calls//actions/siprec_start", START, [differs("a value", "''")]),
        ("POST", "http://h:1/v2/Calls/x/actions/siprec_start", START, [differs("'calls'", "'Calls'")]),
        (
            "POST",
            "/v2/texml/Accounts/a/Calls/c/Siprec/sid",
            UPDATE,
            [differs("a value and '.json'", "'sid'")],
        ),
        ("GET", "/v2/public_keys", "GET /public_key", [differs("'public_key'", "'public_keys'")]),
    ],
)
def test_the_nearest_route_comes_with_what_differs(
    method: str, target: str, route: str, differences: list[Difference]
) -> None:
    near = nearest_routes(method, target, ROUTES, 3)
    assert (near[0].route, list(near[0].differences)) == (route, differences)
    assert not takes(method, target, ROUTES)


def test_what_shares_no_segment_with_any_route_comes_near_none() -> None:
    assert nearest_routes("GET", "/favicon.ico", ROUTES, 3) == ()
    assert nearest_routes("GET", "*", ROUTES, 3) == ()


def test_as_many_are_told_as_wanted_the_cheapest_first() -> None:
    near = nearest_routes("POST", "/v2/calls/x/actions/siprec_strat", ROUTES, 2)
    assert [one.route for one in near] == [START, STOP]


VALUES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(ROUTES), VALUES, st.sampled_from(["", "/v2", "https://api.test/v2"]))
def test_a_route_takes_the_paths_that_are_made_of_it(route: str, value: str, before: str) -> None:
    method, _, path = route.partition(" ")
    assert takes(method, f"{before}{path.replace('{}', value)}?q=1", ROUTES)


def test_hostile_paths_cost_little() -> None:
    """Eight thousand segments, and one of eight thousand characters."""
    began = time.process_time()
    for target in ("/calls" * 8_000, "/calls/" + "siprec_start" * 700):
        nearest_routes("POST", target, ROUTES, 3)
    assert time.process_time() - began < 1
