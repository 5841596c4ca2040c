"""Requests that were passed on: how the journal keeps and shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.core.documents import error_reply
from emulator.core.effects import Forwarded
from emulator.core.errors import FallbackFailed, FallbackLoop, FallbackTimedOut
from emulator.core.policy import Limits, Policy
from emulator.core.query import Kind, candidates
from emulator.core.turn import Note, NoteKind
from emulator.core.unmatched import unmatched
from emulator.core.views import request_detail, request_line
from tests.core.engines import KEY, T0, Rig, error_of, header

if TYPE_CHECKING:
    from emulator.core.errors import ApiError
    from emulator.core.journal import StrayEntry

PASSED = Forwarded(
    namespace=KEY,
    method="GET",
    target="/v2/balance?a",
    status=200,
    reason="",
    to="http://behind.test/balance",
    took=12_500,
    sent=1,
    received=2,
)


def entry(rig: Rig) -> StrayEntry:
    """The only one."""
    [found] = rig.namespace.journal.strays
    return found


def test_it_is_journaled_with_where_it_went_and_how_long_it_took() -> None:
    rig = Rig()
    [note] = rig.engine.forwarded(PASSED, T0)
    shown = request_line(entry(rig))
    assert shown == {
        "id": 1,
        "namespace": KEY,
        "at": "2023-11-14T22:13:20.000000Z",
        "method": "GET",
        "target": "/v2/balance?a",
        "route": None,
        "status": 200,
        "reason": "",
        "forwarded_to": "http://behind.test/balance",
        "duration_ms": 12.5,
        "sent_bytes": 1,
        "received_bytes": 2,
    }
    assert request_detail(entry(rig)) == shown
    assert [hit.entry for hit in candidates(Kind.REQUESTS, [rig.namespace])] == [entry(rig)]
    assert note == Note(kind=NoteKind.REQUEST, entry=entry(rig))


def test_it_came_near_nothing() -> None:
    """It went where it was to go."""
    rig = Rig()
    rig.engine.forwarded(PASSED, T0)
    assert unmatched([rig.namespace], ["GET /public_key"]) == ()


def test_where_no_namespace_has_room_it_is_journaled_nowhere() -> None:
    rig = Rig(policy=Policy(limits=Limits(max_namespaces=1)))
    rig.start(key="busy")
    assert rig.engine.forwarded(PASSED, T0) == ()
    assert rig.engine.namespaces.get(KEY) is None


@pytest.mark.parametrize(
    ("error", "status", "code", "note"),
    [
        (
            FallbackFailed("http://b.test", "nobody there"),
            502,
            "10007",
            "The emulator does not cover this route; its fallback http://b.test failed: nobody there.",
        ),
        (
            FallbackTimedOut("http://b.test", 0.5),
            504,
            "10008",
            "The emulator does not cover this route; its fallback http://b.test gave no whole answer in 0.5 s.",
        ),
        (
            FallbackLoop(),
            502,
            "10007",
            "The emulator does not cover this route, and its fallback leads back to it; see --fallback-url.",
        ),
    ],
)
def test_a_fallback_that_fails_is_told_in_telnyxs_form(error: ApiError, status: int, code: str, note: str) -> None:
    """What only the emulator knows stands in meta; an SDK need not ask again."""
    reply = error_reply(error)
    item = error_of(reply)
    assert (reply.status, item["code"], item["meta"]["emulator"]) == (status, code, note)
    assert header(reply, "x-should-retry") == "false"
