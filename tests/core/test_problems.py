"""What went wrong that nobody scripted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.dispatch import INJECTED, NO_ROOM, WITHHELD
from emulator.core.effects import Forwarded
from emulator.core.errors import UnknownRoute
from emulator.core.models import EventType
from emulator.core.problems import ProblemKind, mishap_view, mishaps
from tests.core.engines import KEY, T0, Rig
from tests.core.journals import namespace, request, stray, webhook

if TYPE_CHECKING:
    from emulator.core.facts import Answerable

ROUTES = ("POST /calls/{}/actions/siprec_start", "GET /public_key")
WITHOUT_VALUE = "${request.body.x} has no value and no fallback; the field is null."


def met(*entries: Answerable) -> list[tuple[int, str]]:
    """Number and kind of each problem among these entries."""
    found = namespace(*entries)
    return [(one.seq, str(one.kind)) for one in mishaps(found.journal, ROUTES)]


def test_a_request_that_no_route_takes_is_a_problem_and_the_nearest_route_is_told() -> None:
    found = namespace(stray(3, "/v2/calls/v3:a/actions/siprec_strat", method="POST"))
    [told] = mishaps(found.journal, ROUTES)
    assert told.text == (
        "No route takes POST /v2/calls/v3:a/actions/siprec_strat;"
        " the nearest is POST /calls/{}/actions/siprec_start."
    )
    assert mishap_view(told) == {"id": 3, "namespace": "n", "kind": "no_route", "text": told.text}


def test_where_no_route_is_near_none_is_told() -> None:
    [told] = mishaps(namespace(stray(1, "/elsewhere")).journal, ())
    assert told.text == "No route takes GET /elsewhere."


def test_a_request_that_was_refused_before_a_route_was_looked_for_is_none() -> None:
    """A wrong method is one, a body that is too large or a key that is not known is not."""
    assert met(stray(1, status=405), stray(2, status=413), stray(3, status=401)) == [(1, "no_route")]


def test_a_request_that_was_passed_on_is_none_whatever_it_was_answered() -> None:
    """The server behind the emulator took it, and its 404 is its own."""
    rig = Rig()
    passed = Forwarded(
        namespace=KEY,
        method="GET",
        target="/v2/calls/v3:a/actions/siprec_strat",
        status=404,
        reason="",
        to="http://behind.test/v2/calls/v3:a/actions/siprec_strat",
        took=1,
    )
    rig.engine.forwarded(passed, T0)
    assert list(mishaps(rig.namespace.journal, ROUTES)) == []
    rig.stray(UnknownRoute())
    assert [one.seq for one in mishaps(rig.namespace.journal, ROUTES)] == [2]


def test_a_calls_webhook_is_told_by_its_call() -> None:
    warned = webhook(1, type=EventType.CALL_ANSWERED)
    warned = replace(warned, event=replace(warned.event, session_id=None), warnings=(WITHOUT_VALUE,))
    [told] = mishaps(namespace(warned).journal, ROUTES)
    assert told.text == f"call.answered of call v3:a: {WITHOUT_VALUE}"


def test_a_warning_of_a_webhook_is_a_problem_unless_somebody_wanted_it_so() -> None:
    """A template without a value, and a webhook that found no room; not one withheld, nor an injected fault."""
    warned = [
        replace(webhook(seq), warnings=(text,))
        for seq, text in enumerate((WITHOUT_VALUE, WITHHELD, INJECTED, NO_ROOM), 1)
    ]
    assert met(*warned) == [(1, ProblemKind.TEMPLATE), (4, ProblemKind.NO_ROOM)]


def test_problems_come_in_the_order_in_which_they_happened() -> None:
    entries = (
        replace(request(1), problem="No scenario named 'x' is loaded."),
        request(2),
        stray(3),
        replace(webhook(4), warnings=(WITHOUT_VALUE, NO_ROOM)),
        stray(5),
    )
    assert met(*entries) == [
        (1, "no_scenario"),
        (3, "no_route"),
        (4, "template"),
        (4, "no_room"),
        (5, "no_route"),
    ]


def test_a_start_that_names_a_scenario_which_is_not_loaded_is_a_problem_and_its_refusal_says_the_same() -> None:
    rig = Rig()
    assert rig.start(connector_name="emu:happy-pth").status == 422
    [told] = mishaps(rig.namespace.journal, ROUTES)
    assert (told.kind, told.text) == (
        ProblemKind.NO_SCENARIO,
        "No scenario named 'happy-pth' is loaded. Did you mean 'happy-path'?",
    )


def test_what_telnyx_refuses_by_its_own_rules_is_no_problem() -> None:
    rig = Rig()
    assert rig.start(siprec_track="none").status == 422
    assert list(mishaps(rig.namespace.journal, ROUTES)) == []
