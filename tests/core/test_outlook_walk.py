"""What a start would get, without playing it: when each step happens, what its event holds, how it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import assume, given, settings

from emulator.core.errors import ScenarioError
from emulator.core.models import HOUR, MILLISECOND, SECOND
from emulator.core.outlook import EndAhead, EventAhead, Outlook, Span, WaitAhead
from emulator.core.outlook_question import ANY_CALL, ask
from emulator.core.outlook_text import text_lines
from emulator.core.outlook_views import outlook_view
from emulator.core.outlook_walk import outlook
from emulator.core.policy import PayloadFields, Policy
from emulator.core.scenario.load import load_scenario
from emulator.core.turn import Addresses
from tests.core.engines import GRAMMAR, SCHEMAS, T0, Rig, scenario
from tests.core.test_scenario_language import DOCUMENTS, TIMELINES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.models import Duration, JsonValue
    from emulator.core.outlook import Ahead

STANDARD = Policy()


def ahead(body: str, policy: Policy = STANDARD, call: str = ANY_CALL, **fields: JsonValue) -> Outlook:
    """The outlook of the scenario that is written in ``body`` for a start with these fields."""
    asked = ask(SCHEMAS, policy, call_control_id=call, body=json.dumps(fields).encode())
    return outlook(scenario(body), asked, policy)


def exactly(time: Duration) -> Span:
    """A moment that is known."""
    return Span(soonest=time, latest=time)


def events(steps: tuple[Ahead, ...]) -> list[EventAhead]:
    """The events of one list."""
    return [one for one in steps if isinstance(one, EventAhead)]


def wait(of: Outlook) -> WaitAhead:
    """Its only wait on the outermost list."""
    (found,) = [one for one in of.timeline if isinstance(one, WaitAhead)]
    return found


# --- when ---


def test_times_add_up_from_the_command() -> None:
    """``after`` counts from the step before, ``at`` from the command."""
    found = events(
        ahead(
            "timeline: [{emit: siprec.started, after: 400ms}, {emit: siprec.started, after: 1s}, "
            "{emit: siprec.stopped, at: 3s}]"
        ).timeline
    )
    assert [one.at for one in found] == [
        exactly(400 * MILLISECOND),
        exactly(1400 * MILLISECOND),
        exactly(3 * SECOND),
    ]
    assert [one.or_later for one in found] == [False, False, False]


def test_at_does_not_run_backwards() -> None:
    """A moment that has passed is now."""
    _, late = events(
        ahead("timeline: [{emit: siprec.started, after: 5s}, {emit: siprec.stopped, at: 3s}]").timeline
    )
    assert late.at == exactly(5 * SECOND)


def test_drawn_times_are_ranges() -> None:
    """Of two draws the bounds add up."""
    body = (
        "timeline: [{emit: siprec.started, after: {uniform: {min: 1s, max: 2s}}}, "
        "{emit: siprec.stopped, after: {lognormal: {median: 1s, sigma: 1, max: 5s}}}]"
    )
    first, second = events(ahead(body).timeline)
    assert first.at == Span(soonest=1 * SECOND, latest=2 * SECOND)
    assert second.at == Span(soonest=1 * SECOND, latest=7 * SECOND)


def test_after_a_wait_that_may_end_either_way_the_time_is_up_to_the_app() -> None:
    """The step after it counts from the wait's end."""
    found = ahead(
        "timeline: [{emit: siprec.started, after: 1s}, {wait_for: {command: siprec_stop}, timeout: 1h}, "
        "{emit: siprec.stopped, after: 50ms}]"
    )
    assert wait(found).at == exactly(1 * SECOND)
    assert wait(found).gives_up == exactly(HOUR + 1 * SECOND)
    _, stopped = events(found.timeline)
    assert (stopped.at, stopped.after) == (None, 50 * MILLISECOND)
    assert found.timeline[-1] == EndAhead(at=None, silent=False)


def test_where_only_the_timeout_leads_on_the_time_is_known() -> None:
    """As in no-answer: a stop ends the timeline, so the failure comes after a minute."""
    found = ahead(
        "timeline: [{wait_for: {command: siprec_stop}, timeout: 60s, "
        "then: [{emit: siprec.stopped}, end]}, {emit: siprec.failed}]"
    )
    stopped, end = wait(found).then
    assert isinstance(stopped, EventAhead)
    assert stopped.at is None
    assert end == EndAhead(at=None, silent=False)
    (failed,) = events(found.timeline)
    assert failed.at == exactly(60 * SECOND)


def test_at_after_a_wait_is_that_moment_or_later() -> None:
    """Nobody knows whether the wait was over by then, nor what time it is after it."""
    found = ahead(
        "timeline: [{wait_for: {command: siprec_stop}}, {emit: siprec.started, at: 5s}, {emit: siprec.stopped}]"
    )
    started, stopped = events(found.timeline)
    assert (started.at, started.or_later, started.after) == (exactly(5 * SECOND), True, None)
    assert stopped.at is None
    assert wait(found).gives_up is None


def test_a_timeline_that_ends_in_every_branch_has_no_other_end() -> None:
    """And what stands behind is never reached."""
    found = ahead(
        "timeline: [{wait_for: {command: siprec_stop}, timeout: 1s, then: [end], on_timeout: [end]}, "
        "{emit: siprec.stopped}]"
    )
    assert len(found.timeline) == 1
    assert wait(found).then == (EndAhead(at=None, silent=True),)
    assert wait(found).on_timeout == (EndAhead(at=exactly(1 * SECOND), silent=True),)


def test_an_end_is_silent_where_no_last_event_came() -> None:
    """siprec.started alone tells of no end; one branch that tells leaves the joint open."""
    assert ahead("timeline: [{emit: siprec.started}]").timeline[-1] == EndAhead(at=exactly(0), silent=True)
    assert ahead("timeline: [{emit: siprec.failed}]").timeline[-1] == EndAhead(at=exactly(0), silent=False)
    mixed = ahead(
        "timeline: [{wait_for: {command: siprec_stop}, timeout: 0s, then: [{emit: siprec.stopped}]}]"
    ).timeline[-1]
    assert mixed == EndAhead(at=None, silent=False)


def test_a_refused_start_has_no_timeline() -> None:
    """Nothing follows where no answer takes effect."""
    found = ahead("respond: {error: 90018}")
    assert (found.starts, found.timeline) == (False, ())


# --- what ---


def test_an_event_holds_what_is_known_and_names_what_is_not() -> None:
    """The standard fields under the scenario's own; what is made at run time in angle brackets."""
    body = """
vars: {cause: decline}
timeline:
  - emit: siprec.failed
    payload:
      failure_cause: ${vars.cause}
      note: '${request.body.connector_name} of ${call.id}, ${session.scenario}, ${event.id} ${seq} ${uuid} ${now}'
      track: ${session.track}
"""
    (event,) = events(ahead(body, call="v3:x", connector_name="srs", client_state="aGk=").timeline)
    assert event.payload == {
        "call_control_id": "v3:x",
        "call_leg_id": "<call.leg_id>",
        "call_session_id": "<call.session_id>",
        "connection_id": "<call.connection_id>",
        "client_state": "aGk=",
        "calling_party_type": "pstn",
        "failure_cause": "decline",
        "note": "srs of v3:x, happy-path, <event.id> <seq> <uuid> <now>",
        "track": "both_tracks",
    }
    assert list(event.told) == ["failure_cause", "note", "track"]


def test_documented_fields_are_those_of_the_policy() -> None:
    """Without calling_party_type and a null client_state."""
    policy = Policy(payload_fields=PayloadFields.DOCUMENTED)
    (event,) = events(ahead("timeline: [{emit: siprec.started}]", policy).timeline)
    assert set(event.payload) == {"call_control_id", "call_leg_id", "call_session_id", "connection_id"}


def test_what_the_request_lacks_is_told() -> None:
    """A path that leads nowhere gives null."""
    (event,) = events(
        ahead('timeline: [{emit: siprec.failed, payload: {note: "${request.body.nothing}"}}]').timeline
    )
    assert (event.payload["note"], event.empty) == (None, ("request.body.nothing",))


def test_a_mismatch_is_told() -> None:
    """Only where there is a match, and it doesn't hold."""
    body = "match: {body: {connector_name: srs}}\ntimeline: [{emit: siprec.failed}]"
    assert ahead(body, connector_name="srs").mismatch is None
    assert ahead("timeline: [{emit: siprec.failed}]").mismatch is None
    assert "connector_name" in (ahead(body, connector_name="other").mismatch or "")


def test_headers_are_those_of_the_request() -> None:
    """For matches and templates, whatever their case."""
    asked = ask(SCHEMAS, STANDARD, headers=(("X-Tenant", "7"),))
    body = """
match: {headers: {x-tenant: "7"}}
timeline: [{emit: siprec.failed, payload: {t: "${request.headers.x-tenant}"}}]
"""
    found = outlook(scenario(body), asked, STANDARD)
    (event,) = events(found.timeline)
    assert (found.mismatch, event.payload["t"]) == (None, "7")


# --- any scenario ---


@settings(max_examples=50, deadline=None)
@given(DOCUMENTS)
def test_whatever_loads_can_be_explained(written: dict[str, JsonValue]) -> None:
    """Its lines are lines, and its view is JSON."""
    text = json.dumps({"version": 1, "vars": {"pause": "3s"}, **written})
    try:
        loaded = load_scenario(text, file="s", grammar=GRAMMAR)
    except ScenarioError:
        assume(False)
    found = outlook(loaded, ask(SCHEMAS, STANDARD), STANDARD)
    assert all(line.plain.isprintable() for line in text_lines(found))
    assert json.loads(json.dumps(outlook_view(found)))["scenario"] == written["name"]


def _left_alone(steps: tuple[Ahead, ...]) -> Iterator[EventAhead]:
    """The events where the app neither stops nor takes a webhook."""
    for one in steps:
        if isinstance(one, EventAhead):
            yield one
        if isinstance(one, WaitAhead):
            yield from _left_alone(one.on_timeout)


@settings(max_examples=50, deadline=None)
@given(TIMELINES)
def test_what_is_foretold_comes_to_pass(timeline: list[JsonValue]) -> None:
    """Played without a stop and without a receiver: the same events, at the times that were known."""
    loaded = scenario(f"vars: {{pause: 3s}}\ntimeline: {json.dumps(timeline)}")
    rig = Rig(loaded, addresses=Addresses(webhook_url="http://a.test/", receiver_url="http://a.test/"))
    rig.start()
    while rig.engine.next_deadline() is not None:
        rig.run(24 * HOUR)
    foretold = list(_left_alone(outlook(loaded, ask(SCHEMAS, STANDARD), STANDARD).timeline))
    played = [entry.event for entry in rig.webhooks if entry.repeats is None]
    assert [one.event for one in foretold] == [one.type for one in played]
    for one, event in zip(foretold, played, strict=True):
        assert set(one.payload) == set(event.payload)
        if one.at is not None and not one.or_later:
            assert one.at.soonest <= event.occurred_at - T0 <= one.at.latest
