"""Calls as the control API shows them, and as questions find them."""

from __future__ import annotations

from emulator.core.calls.model import Ending, Parties
from emulator.core.calls.views import call_detail, call_view
from emulator.core.facts import Field
from emulator.core.matching import read_matcher
from emulator.core.models import MILLISECOND, Route
from emulator.core.query import Kind, Query, Tally, candidates, hit_view, hit_whole
from emulator.core.turn import NoteKind
from emulator.core.views import note_line
from tests.core.engines import KEY, Rig


def recorded() -> tuple[Rig, str]:
    """A call that came in, was answered and is being recorded."""
    rig = Rig()
    call = rig.call_in(
        parties=Parties(caller="+12025550142", callee="+12025550143"), custom_headers=(("X-Tenant", "blue"),)
    ).call_control_id
    rig.command(Route.ANSWER, call)
    rig.start(call)
    rig.run(400 * MILLISECOND)
    return rig, call


def test_a_call_is_shown_with_who_calls_whom_and_what_records_it() -> None:
    rig, call = recorded()
    [session] = rig.namespace.sessions
    shown = call_view(rig.namespace.calls[call], rig.namespace)
    assert (shown["state"], shown["direction"], shown["from"], shown["to"]) == (
        "answered",
        "incoming",
        "+12025550142",
        "+12025550143",
    )
    assert shown["custom_headers"] == [{"name": "X-Tenant", "value": "blue"}]
    assert shown["recording"] == session
    assert (shown["created_at"], shown["ended_at"]) == ("2023-11-14T22:13:20.000000Z", None)
    rig.hang_up(call, Ending(cause="user_busy", source="caller", sip="486"))
    over = call_view(rig.namespace.calls[call], rig.namespace)
    assert (over["recording"], over["hangup_cause"], over["sip_hangup_cause"]) == (None, "user_busy", "486")


def test_a_whole_call_has_its_changes_its_sessions_and_its_webhooks_and_no_others() -> None:
    rig, call = recorded()
    rig.call_in()
    rig.start("v3:other")
    shown = call_detail(rig.namespace.calls[call], rig.namespace)
    changes = shown["transitions"]
    assert isinstance(changes, list)
    assert [(one["from_state"], one["to_state"]) for one in changes if isinstance(one, dict)] == [
        (None, "ringing"),
        ("ringing", "answered"),
    ]
    assert shown["sessions"] == [
        one.id for one in rig.namespace.sessions.values() if one.start.call_control_id == call
    ]
    mine = [one.event for one in rig.webhooks if one.event.call_control_id == call]
    assert [event.type for event in mine] == ["call.initiated", "call.answered", "siprec.started"]
    assert shown["webhooks"] == [event.id for event in mine]


def test_a_change_of_a_call_is_told_to_those_who_watch() -> None:
    rig, call = recorded()
    told = [note_line(note) for note in rig.notes if note.kind is NoteKind.CALL]
    assert [(one["call_control_id"], one["to_state"]) for one in told] == [(call, "ringing"), (call, "answered")]


def test_questions_find_calls_in_the_order_in_which_they_began_in_all_namespaces() -> None:
    rig, call = recorded()
    rig.run(MILLISECOND)
    elsewhere = rig.call_in(key="other").call_control_id
    rig.run(MILLISECOND)
    last = rig.call_in().call_control_id
    hits = list(candidates(Kind.CALLS, list(rig.engine.namespaces)))
    assert [hit_view(hit)["call_control_id"] for hit in hits] == [call, elsewhere, last]
    assert [hit_view(hit)["namespace"] for hit in hits] == [KEY, "other", KEY]
    assert "transitions" in hit_whole(hits[0])
    query = Query(kind=Kind.CALLS, matchers=((Field("state"), read_matcher("answered")),))
    tally = Tally(query, lasting=True)
    for hit in (*hits, hits[0]):
        tally.take(hit)
    assert [hit_view(hit)["call_control_id"] for hit in tally.hits(lambda _: 0)] == [call]
