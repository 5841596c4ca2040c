"""Events that somebody lets occur by hand, and webhooks that are sent again."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs

import orjson
import pytest

from emulator.core.clock import ClockMode, ClockSetting
from emulator.core.dispatch import Manner
from emulator.core.effects import DeliveryPolicy, Signing, SignMode, Simulate
from emulator.core.models import HOUR, MILLISECOND, SECOND, EventType, SessionState
from emulator.core.playback import Emission
from emulator.core.policy import Limits, Policy
from emulator.core.scenario.model import Deliver, ScriptedAttempt
from emulator.core.turn import Addresses
from tests.core.engines import CALL, FAILOVER, HOOK, KEY, T0, Rig, delivered, failed, header

RUNS = "timeline: [{emit: siprec.started, after: 1s}, {wait_for: {command: siprec_stop}}, {emit: siprec.stopped}]"
ONE = "timeline: [{emit: siprec.started}]"
USUAL = Manner(policy=DeliveryPolicy())
CALLBACK = b"StatusCallback=http://app.test/cb"


def emit(rig: Rig, emission: Emission) -> int:
    """Let an event occur to the only session; its entry's number."""
    (session,) = rig.namespace.sessions.values()
    entry, effects = rig.engine.emit(KEY, session, emission, rig.now)
    rig.effects += effects
    return entry.seq


def state(rig: Rig) -> SessionState:
    """Of the only session."""
    (session,) = rig.namespace.sessions.values()
    return session.state


def replay(rig: Rig, index: int = 0, manner: Manner = USUAL, **payload: str) -> int:
    """Send a webhook of the journal again, its payload edited; the new entry's number."""
    entry = rig.webhooks[index]
    event = replace(entry.event, payload={**entry.event.payload, **payload})
    repeated, effects = rig.engine.replay(entry, event, manner, rig.now)
    rig.effects += effects
    return repeated.seq


# --- emit ---


def test_an_event_by_hand_occurs_now_changes_the_session_and_is_announced() -> None:
    rig = Rig(RUNS)
    rig.start()
    rig.run(500 * MILLISECOND)
    seq = emit(rig, Emission(event=EventType.STARTED))
    (entry,) = rig.webhooks
    assert (entry.seq, entry.repeats, entry.warnings) == (seq, None, ())
    assert rig.events == [("siprec.started", 500)]
    assert entry.session is not None
    assert state(rig) is entry.session.state is SessionState.STARTED
    assert [send.url for send in rig.sends] == [HOOK]
    assert rig.namespace.playing


@pytest.mark.parametrize("event", [EventType.STOPPED, EventType.FAILED])
def test_an_event_that_ends_a_session_ends_its_timeline(event: EventType) -> None:
    rig = Rig(RUNS)
    rig.start()
    emit(rig, Emission(event=event))
    assert state(rig).value == event.removeprefix("siprec.")
    assert rig.namespace.playing == {}
    rig.deliver_all()
    assert rig.engine.idle()
    assert rig.engine.next_deadline() is None
    rig.run(HOUR)
    assert rig.events == [(event.value, 0)]
    assert header(rig.stop(), "X-Emulator-Hint")
    assert header(rig.start(), "X-Emulator-Hint") is None


def test_what_was_due_before_an_event_by_hand_occurs_before_it() -> None:
    rig = Rig(RUNS)
    rig.start()
    rig.now += 2 * SECOND
    emit(rig, Emission(event=EventType.STOPPED))
    assert rig.events == [("siprec.started", 1_000), ("siprec.stopped", 2_000)]


def test_an_event_that_contradicts_the_state_is_announced_and_the_timeline_goes_on() -> None:
    rig = Rig(RUNS)
    rig.start()
    rig.run(SECOND)
    emit(rig, Emission(event=EventType.FAILED))
    assert state(rig) is SessionState.STARTED
    rig.stop()
    assert [kind for kind, _ in rig.events] == ["siprec.started", "siprec.failed", "siprec.stopped"]


def test_on_a_session_that_is_over_an_event_is_announced_and_changes_nothing() -> None:
    rig = Rig(ONE)
    rig.start()
    (before,) = rig.namespace.sessions.values()
    transitions = len(rig.namespace.journal.transitions)
    rig.run(HOUR)
    emit(rig, Emission(event=EventType.STOPPED))
    (after,) = rig.namespace.sessions.values()
    assert after is before
    assert len(rig.namespace.journal.transitions) == transitions
    assert rig.events[1:] == [("siprec.stopped", 3_600_000)]
    assert len(rig.sends) == 2


def test_a_payload_by_hand_is_laid_over_the_standard_one_and_fields_may_be_left_out() -> None:
    """As it is: what looks like a template is text."""
    rig = Rig(RUNS)
    rig.start(client_state="bmV3")
    laid = {"failure_cause": "busy", "extra": {"a": ["${uuid}"]}}
    without = ("client_state", "calling_party_type", "no_such_field")
    emit(rig, Emission(event=EventType.FAILED, payload=laid, without=without))
    (payload,) = rig.payloads
    assert payload["call_control_id"] == CALL
    assert {key: payload[key] for key in laid} == laid
    assert not payload.keys() & set(without)
    (session,) = rig.namespace.sessions.values()
    assert session.cause == "busy"


def test_an_event_by_hand_is_delivered_and_signed_as_it_says_under_the_scenarios_policy() -> None:
    """Once the session is over, under the namespace's."""
    rig = Rig(f"delivery: {{timeout: 9s}}\n{RUNS}")
    rig.start()
    signing = Signing(mode=SignMode.WRONG_KEY, skew=-SECOND)
    emit(rig, Emission(event=EventType.STOPPED, deliver=Deliver(copies=2, delay=SECOND), signing=signing))
    assert rig.sends == []
    rig.run(SECOND)
    assert [(send.signing, send.timeout) for send in rig.sends] == [(signing, 9 * SECOND)] * 2
    emit(rig, Emission(event=EventType.STOPPED))
    assert rig.sends[-1].timeout == 2 * SECOND


def test_events_by_hand_count_with_the_timelines() -> None:
    """In what templates call seq."""
    rig = Rig("timeline: [{emit: siprec.started, after: 1s, payload: {n: '${seq}'}}]")
    rig.start()
    emit(rig, Emission(event=EventType.STARTED))
    rig.run(SECOND)
    assert rig.payloads[1]["n"] == 2


def test_an_event_by_hand_goes_to_a_texml_sessions_callback() -> None:
    rig = Rig(RUNS)
    rig.texml_start(CALLBACK)
    emit(rig, Emission(event=EventType.FAILED, payload={"SiprecError": "mine"}))
    (send,) = rig.sends
    assert send.url == "http://app.test/cb"
    assert parse_qs(send.body.decode())["SiprecError"] == ["mine"]


def test_an_event_by_hand_needs_no_call_that_is_still_remembered() -> None:
    rig = Rig(ONE, policy=Policy(limits=Limits(max_sessions=2)))
    rig.start()
    for number in range(6):
        rig.stop(f"call{number}")
    assert CALL not in {call.call_control_id for call in rig.namespace.calls}
    emit(rig, Emission(event=EventType.STOPPED))
    assert rig.payloads[1]["call_control_id"] == CALL
    emit(rig, Emission(event=EventType.STOPPED))
    assert rig.payloads[2]["call_leg_id"] == rig.payloads[1]["call_leg_id"]


def test_an_event_by_hand_on_a_call_that_is_recorded_anew_leaves_the_new_recording_alone() -> None:
    rig = Rig(RUNS)
    rig.start()
    old = next(iter(rig.namespace.sessions.values()))
    emit(rig, Emission(event=EventType.STOPPED))
    rig.start()
    _, effects = rig.engine.emit(KEY, old, Emission(event=EventType.STOPPED), rig.now)
    rig.effects += effects
    rig.run(SECOND)
    assert rig.namespace.active_session(CALL) is not None
    assert [kind for kind, _ in rig.events] == ["siprec.stopped", "siprec.stopped", "siprec.started"]


def test_while_the_clock_stands_an_event_by_hand_occurs_at_its_time() -> None:
    rig = Rig(RUNS, policy=Policy(clock=ClockSetting(mode=ClockMode.MANUAL)))
    rig.start()
    rig.run(HOUR)
    emit(rig, Emission(event=EventType.STARTED))
    assert rig.events == [("siprec.started", 0)]


# --- replay ---


def test_a_replay_sends_the_very_bytes_of_the_first_attempt_as_a_delivery_of_its_own() -> None:
    """Whatever became of the original, whose entry stays as it is."""
    rig = Rig(ONE)
    rig.start()
    rig.report(failed(rig.sends[0]))
    rig.run(SECOND)
    rig.report(delivered(rig.sends[1]))
    before = rig.webhooks[0]
    rig.run(HOUR)
    seq = replay(rig)
    again = rig.sends[2]
    assert (again.body, again.url, again.signed) == (rig.sends[0].body, HOOK, rig.sends[0].signed)
    original, repeated = rig.webhooks
    assert original == before
    assert (repeated.seq, repeated.repeats, repeated.at) == (seq, original.seq, T0 + HOUR + SECOND)
    assert (repeated.event, repeated.session) == (original.event, original.session)
    rig.report(failed(again))
    rig.run(SECOND)
    assert orjson.loads(rig.sends[3].body)["meta"]["attempt"] == 2
    rig.report(delivered(rig.sends[3]))
    assert rig.states == ["delivered", "delivered"]


def test_a_replay_changes_no_session_and_starts_nothing() -> None:
    rig = Rig(RUNS)
    rig.start()
    rig.run(SECOND)
    rig.stop()
    rig.start()
    replay(rig, 1)
    assert rig.namespace.active_session(CALL) is not None
    assert len(rig.namespace.sessions) == 2
    assert len(rig.events) == 3


def test_a_replay_may_be_edited() -> None:
    rig = Rig(ONE)
    rig.start()
    replay(rig, client_state="ZWRpdGVk")
    first, second = (orjson.loads(send.body)["data"] for send in rig.sends)
    assert second["payload"] == {**first["payload"], "client_state": "ZWRpdGVk"}
    assert {key: second[key] for key in second if key != "payload"} == {
        key: first[key] for key in first if key != "payload"
    }
    assert rig.webhooks[0].event.payload["client_state"] is None


def test_a_replay_is_delivered_and_signed_in_a_manner_of_its_own() -> None:
    rig = Rig("timeline: [{emit: siprec.started, deliver: {url: 'http://step.test/'}, sign: {mode: none}}]")
    rig.start()
    deliver = Deliver(
        url="http://replay.test/", delay=SECOND, attempts=(ScriptedAttempt(simulate=Simulate.ACK_LOST),)
    )
    skewed = Signing(skew=-HOUR)
    replay(rig, manner=Manner(policy=DeliveryPolicy(timeout=SECOND), deliver=deliver, signing=skewed))
    assert len(rig.sends) == 1
    rig.run(SECOND)
    send = rig.sends[1]
    assert (send.url, send.signing, send.timeout) == ("http://replay.test/", skewed, SECOND)
    assert rig.simulated == [[Simulate.NONE], [Simulate.ACK_LOST]]
    assert (rig.webhooks[1].deliver, rig.webhooks[1].signing) == (deliver, skewed)


def test_a_replay_without_a_url_of_its_own_goes_where_webhooks_go_now_with_its_failover() -> None:
    rig = Rig(ONE, addresses=Addresses(webhook_url=HOOK, webhook_failover_url=FAILOVER))
    rig.start()
    replay(rig, manner=Manner(policy=DeliveryPolicy(attempts_per_url=1)))
    rig.report(failed(rig.sends[1]))
    assert [send.url for send in rig.sends[1:]] == [HOOK, FAILOVER]


def test_copies_of_a_replay_repeat_its_first() -> None:
    rig = Rig(ONE)
    rig.start()
    seq = replay(rig, manner=Manner(policy=DeliveryPolicy(), deliver=Deliver(copies=3, same_id=False)))
    assert [entry.repeats for entry in rig.webhooks] == [None, rig.webhooks[0].seq, seq, seq]
    assert len({entry.event.id for entry in rig.webhooks}) == 3
    assert rig.webhooks[0].event.id == rig.webhooks[1].event.id


def test_a_webhook_that_was_never_sent_can_be_replayed() -> None:
    rig = Rig("timeline: [{emit: siprec.started, deliver: {copies: 0}}]")
    rig.start()
    assert rig.sends == []
    replay(rig)
    assert len(rig.sends) == 1


def test_a_texml_callback_is_replayed_as_one() -> None:
    for method in (b"", b"&StatusCallbackMethod=GET"):
        rig = Rig(ONE)
        rig.texml_start(CALLBACK + method)
        replay(rig)
        first, again = rig.sends
        assert (again.method, again.url, again.body, again.signed) == (
            first.method,
            first.url,
            first.body,
            first.signed,
        )


def test_a_replay_lets_what_is_due_happen_first() -> None:
    rig = Rig(RUNS)
    rig.start()
    emit(rig, Emission(event=EventType.STARTED))
    rig.now += SECOND
    replay(rig)
    assert [entry.at - T0 for entry in rig.webhooks] == [0, SECOND, SECOND]
    assert rig.webhooks[2].repeats == rig.webhooks[0].seq


def test_an_event_by_hand_on_a_session_that_is_over_leaves_its_timeline_alone() -> None:
    """A scenario may go on after the last event; only the event that ends a life ends its timeline."""
    rig = Rig("timeline:\n  - {emit: siprec.failed}\n  - {emit: siprec.stopped, after: 1s}\n")
    rig.start()
    emit(rig, Emission(event=EventType.FAILED))
    rig.run(2 * SECOND)
    assert [event for event, _ in rig.events] == ["siprec.failed", "siprec.failed", "siprec.stopped"]
