"""Requests that were passed on: how the journal keeps and shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.effects import Forwarded
from emulator.core.policy import Limits, Policy
from emulator.core.query import Kind, candidates
from emulator.core.turn import Note, NoteKind
from emulator.core.unmatched import unmatched
from emulator.core.views import request_detail, request_line
from tests.core.engines import KEY, T0, Rig

if TYPE_CHECKING:
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
