"""Bodies of POST /verify and POST /wait: what they mean, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from emulator.core.calls.model import CallState, Direction
from emulator.core.delivery import DeliveryState
from emulator.core.errors import ControlError
from emulator.core.facts import Field
from emulator.core.matching import read_matcher
from emulator.core.models import SECOND, EventType, Route, SessionState
from emulator.core.query import Count, Kind, Query
from emulator.core.questions import Questions, Verification, Wait
from emulator.core.selection import Rule
from emulator.core.signing import Verdict
from emulator.core.views import UNADDRESSED
from emulator.resources import load_schemas

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.models import JsonValue

QUESTIONS = Questions(load_schemas())
DEFINITIONS: dict[str, Any] = load_schemas()["query.schema.json"]["$defs"]
DELIVERED = (Field("state"), read_matcher("delivered"))


def refusal(document: JsonValue, *, wait: bool = False) -> tuple[str | None, str | None]:
    """The pointer and the detail of what is said to a wrong body."""
    with pytest.raises(ControlError) as caught:
        (QUESTIONS.read_wait if wait else QUESTIONS.read_verify)(document)
    assert caught.value.status == 422
    [item] = caught.value.items
    return item.pointer, item.detail


def test_a_verification_names_its_kind_its_matchers_its_count_and_its_times() -> None:
    """Header names in any case are one; a part's fields stand below it."""
    read = QUESTIONS.read_verify(
        {
            "requests": {
                "route": "siprec_start",
                "status": {"one_of": [200, 422]},
                "headers": {"X-Foo": {"present": True}},
                "body": {"a.b": None},
            },
            "count": {"at_least": 1, "at_most": 3},
            "last": "10s",
            "within": "500ms",
        }
    )
    matchers = (
        (Field("route"), read_matcher("siprec_start")),
        (Field("status"), read_matcher({"one_of": [200, 422]})),
        (Field("headers", "x-foo"), read_matcher({"present": True})),
        (Field("body", "a.b"), read_matcher(None)),
    )
    assert read == Verification(
        query=Query(kind=Kind.REQUESTS, matchers=matchers, last=10 * SECOND),
        count=Count(at_least=1, at_most=3),
        within=SECOND // 2,
    )


@pytest.mark.parametrize("kind", Kind)
def test_a_verification_that_says_no_more_wants_at_least_one_of_any_age_now(kind: Kind) -> None:
    assert QUESTIONS.read_verify({kind.value: {}}) == Verification(query=Query(kind=kind), count=Count())


@pytest.mark.parametrize(
    ("written", "count"),
    [
        (0, Count(at_least=0, at_most=0)),
        (2.0, Count(at_least=2, at_most=2)),
        ({"at_least": 2}, Count(at_least=2)),
        ({"at_most": 2}, Count(at_least=0, at_most=2)),
        ({"at_least": 2, "at_most": 2}, Count(at_least=2, at_most=2)),
    ],
)
def test_a_number_is_exact_and_bounds_are_as_written(written: JsonValue, count: Count) -> None:
    assert QUESTIONS.read_verify({"webhooks": {}, "count": written}).count == count


def test_a_wait_for_a_webhook_is_for_one_delivered_unless_it_says_otherwise() -> None:
    started = (Field("event_type"), read_matcher("siprec.started"))
    assert QUESTIONS.read_wait({"webhook": {"event_type": "siprec.started"}}) == Wait(
        query=Query(kind=Kind.WEBHOOKS, matchers=(started, DELIVERED)),
        count=Count(at_least=1),
        timeout=10 * SECOND,
    )
    failed = QUESTIONS.read_wait({"webhook": {"state": "failed"}, "count": 2, "timeout": "60s"})
    assert failed == Wait(
        query=Query(kind=Kind.WEBHOOKS, matchers=((Field("state"), read_matcher("failed")),)),
        count=Count(at_least=2),
        timeout=60 * SECOND,
    )


@pytest.mark.parametrize(
    ("state", "same"),
    [("started", "started"), (["stopped", "ended"], {"one_of": ["stopped", "ended"]}), ({"prefix": "st"},) * 2],
)
def test_a_wait_for_a_session_takes_a_state_or_a_list_of_them(state: JsonValue, same: JsonValue) -> None:
    read = QUESTIONS.read_wait({"session": {"state": state, "session_id": "s"}})
    matchers = ((Field("state"), read_matcher(same)), (Field("session_id"), read_matcher("s")))
    assert read.query == Query(kind=Kind.SESSIONS, matchers=matchers)


def test_a_wait_for_a_call_takes_what_calls_are_found_by() -> None:
    read = QUESTIONS.read_wait({"call": {"state": "ended", "to": "+12025550143"}})
    matchers = ((Field("state"), read_matcher("ended")), (Field("to"), read_matcher("+12025550143")))
    assert read.query == Query(kind=Kind.CALLS, matchers=matchers)


def test_a_wait_for_idleness_asks_for_nothing() -> None:
    assert QUESTIONS.read_wait({"idle": True, "timeout": "0s"}) == Wait(query=None, count=Count(), timeout=0)


ONE_KIND = "a verification asks for exactly one of requests, webhooks, received, sessions, calls"
DELIVERY_STATES = "pending, delivered, failed, abandoned, unaddressed"
SESSION_STATES = "starting, started, stopped, failed, ended"
MATCHER = "a matcher is one comparison: equals, prefix, glob, one_of or present"
DURATION = "a duration is a number and its unit, such as 250ms, 30s, 10m or 1h"


@pytest.mark.parametrize(
    ("document", "pointer", "detail"),
    [
        ({}, None, ONE_KIND),
        ({"requests": {}, "webhooks": {}}, None, ONE_KIND),
        ({"request": {}}, "/request", "a verification has no key 'request'; did you mean 'requests'?"),
        ({"requests": []}, "/requests", "expected a mapping, found a list"),
        ({"requests": {"rout": "x"}}, "/requests/rout", "requests has no key 'rout'; did you mean 'route'?"),
        ({"requests": {"status": "200"}}, "/requests/status", "expected a whole number, found text"),
        ({"requests": {"scenario": None}}, "/requests/scenario", "expected text, found nothing"),
        (
            {"requests": {"status": {}}},
            "/requests/status",
            "a matcher of numbers is one comparison: equals, one_of or present",
        ),
        ({"requests": {"target": {}}}, "/requests/target", MATCHER),
        ({"requests": {"body": {"a": {"prefix": "x", "glob": "y"}}}}, "/requests/body/a", MATCHER),
        (
            {"requests": {"body": {"a/b": {"prefx": "x"}}}},
            "/requests/body/a~1b/prefx",
            "a matcher has no key 'prefx'; did you mean 'prefix'?",
        ),
        ({"requests": {"body": {}}}, "/requests/body", "it is empty: fill it in, or leave it out"),
        (
            {"requests": {"headers": {"A": "x", "a": "y"}}},
            "/requests/headers/a",
            "the header 'a' stands here twice: case is one",
        ),
        (
            {"webhooks": {"state": "delivred"}},
            "/webhooks/state",
            f"'delivred' is not a webhook's state: {DELIVERY_STATES}; did you mean 'delivered'?",
        ),
        ({"requests": {}, "count": -1}, "/count", "a count is a whole number, or bounds: at_least, at_most"),
        ({"requests": {}, "count": {}}, "/count", "it is empty: fill it in, or leave it out"),
        (
            {"requests": {}, "count": {"at_least": 3, "at_most": 2}},
            "/count",
            "at_most is below at_least: no number is both.",
        ),
        ({"requests": {}, "last": 10}, "/last", DURATION),
        ({"requests": {}, "last": "${vars.x}"}, "/last", f"{DURATION}: '${{vars.x}}' is not"),
        ({"requests": {}, "last": "25h"}, "/last", "'25h' is longer than 24h, the longest duration there is"),
        ({"requests": {}, "within": "60001ms"}, "/within", "'60001ms' is longer than 1m, the most."),
    ],
)
def test_a_wrong_verification_is_refused_where_it_is_wrong(
    document: JsonValue, pointer: str | None, detail: str
) -> None:
    assert refusal(document) == (pointer, detail)


@pytest.mark.parametrize(
    ("document", "pointer", "detail"),
    [
        ({"idle": True, "webhook": {}}, None, "a wait is for exactly one of webhook, session, call, idle"),
        ({"idle": False}, "/idle", "expected true, found false"),
        (
            {"idle": True, "count": 2},
            "/count",
            "'count' says how many webhooks, sessions or calls; idle has none.",
        ),
        (
            {"session": {"state": ["startd"]}},
            "/session/state/0",
            f"'startd' is not a session's state: {SESSION_STATES}; did you mean 'started'?",
        ),
        ({"webhook": {}, "count": 0}, "/count", "0 is below 1, the least"),
        ({"webhook": {}, "timeout": "61s"}, "/timeout", "'61s' is longer than 1m, the most."),
    ],
)
def test_a_wrong_wait_is_refused_where_it_is_wrong(document: JsonValue, pointer: str | None, detail: str) -> None:
    assert refusal(document, wait=True) == (pointer, detail)


def test_the_schema_is_well_formed_and_names_what_the_code_names() -> None:
    Draft202012Validator.check_schema(load_schemas()["query.schema.json"])
    assert {
        name: DEFINITIONS[name]["enum"]
        for name in ("route", "rule", "event_type", "session_state", "call_state", "direction")
    } == {
        "route": list(Route),
        "rule": list(Rule),
        "event_type": list(EventType),
        "session_state": list(SessionState),
        "call_state": list(CallState),
        "direction": list(Direction),
    }
    assert DEFINITIONS["delivery_state"]["enum"] == [*DeliveryState, UNADDRESSED]
    assert DEFINITIONS["verdict"]["enum"] == [verdict.name.lower() for verdict in Verdict]
    assert all("description" in definition for definition in DEFINITIONS.values())


OUTER = [*Kind, "webhook", "session", "call", "idle", "count", "last", "timeout"]
INNER = ["status", "state", "body", "headers", "payload", "equals", "one_of", "at_least", "at_most", "x"]
SCALARS = st.none() | st.booleans() | st.integers(-3, 300) | st.sampled_from(["x", "10s", "started", "delivered"])
WRITTEN = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(INNER), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=150)
@given(st.dictionaries(st.sampled_from(OUTER), WRITTEN, max_size=2))
def test_whatever_is_asked_is_read_or_refused_with_its_place(document: JsonValue) -> None:
    """A refusal's pointer leads to something that is there, or is the whole."""
    for read in (QUESTIONS.read_verify, QUESTIONS.read_wait):
        pointer = _refused_at(read, document)
        assert pointer is None or pointer == "" or pointer.split("/")[1] in document


def _refused_at(read: Callable[[JsonValue], object], document: JsonValue) -> str | None:
    """None where it is read."""
    try:
        read(document)
    except ControlError as error:
        return error.items[0].pointer
    return None
