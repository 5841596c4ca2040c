"""Attempts: what is simulated in their place, in which order they are made, and how many at once."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import orjson
import pytest

from emulator.core.clock import ClockSetting
from emulator.core.delivery import DeliveryState
from emulator.core.effects import AttemptError, AttemptOutcome, AttemptResult, Simulate
from emulator.core.models import HOUR, MILLISECOND, SECOND
from emulator.core.turn import Addresses, NoteKind
from tests.core.engines import FAILOVER, HOOK, KEY, T0, Rig, delivered, failed, scenario, sent_at

if TYPE_CHECKING:
    from emulator.core.journal import WebhookEntry

BOTH = Addresses(webhook_url=HOOK, webhook_failover_url=FAILOVER)
PATIENT = "delivery: {timeout: 5s, attempts_per_url: 2, backoff: {first: 3s}}\n"
CALLBACK = b"StatusCallback=http://app.test/cb"


def one(*attempts: str, delivery: str = PATIENT) -> Rig:
    """A started session that emits one event, whose attempts go as said."""
    listed = ", ".join(attempts)
    rig = Rig(f"{delivery}timeline: [{{emit: siprec.started, deliver: {{attempts: [{listed}]}}}}]", addresses=BOTH)
    rig.start()
    return rig


def simulate(*kinds: str) -> Rig:
    """The same, each attempt by what is simulated of it."""
    return one(*(f"{{simulate: {kind}}}" for kind in kinds))


def only(rig: Rig) -> WebhookEntry:
    """The only webhook's entry."""
    (entry,) = rig.webhooks
    return entry


def result_of(rig: Rig, index: int = 0) -> AttemptResult:
    """What came of an attempt at the only webhook; it must have ended."""
    result = only(rig).attempts[index].result
    assert result is not None
    return result


# --- drop ---


def test_a_dropped_attempt_sends_nothing_and_fails_after_the_timeout() -> None:
    """The next one follows after the backoff, counted from there."""
    rig = simulate("drop")
    assert rig.sends == []
    assert only(rig).attempts[0].result is None
    rig.run(5 * SECOND - 1)
    assert only(rig).attempts[0].result is None
    rig.run(1)
    failure = result_of(rig)
    assert (failure.outcome, failure.error, failure.status) == (AttemptOutcome.FAILED, AttemptError.GENERIC, None)
    assert "simulated" in failure.reason
    assert "5 s" in failure.reason
    assert sent_at(rig, HOUR) == [(HOOK, 3_000)]


def test_dropped_attempts_lead_to_the_failover_url() -> None:
    """Two at the first, each 5 s long and 3 s apart; the failover follows at once."""
    rig = simulate("drop", "drop")
    assert sent_at(rig, HOUR) == [(FAILOVER, 13_000)]
    document = orjson.loads(rig.sends[0].body)
    assert document["meta"] == {"attempt": 3, "delivered_to": FAILOVER}
    rig.deliver_all()
    assert rig.states == ["delivered"]
    assert rig.engine.idle()


def test_when_every_attempt_is_dropped_the_delivery_has_failed_and_nothing_was_sent() -> None:
    rig = simulate(*["drop"] * 4)
    rig.run(HOUR)
    assert rig.sends == []
    assert rig.states == ["failed"]
    assert [attempt.send.url for attempt in only(rig).attempts] == [HOOK, HOOK, FAILOVER, FAILOVER]
    assert rig.count(NoteKind.ATTEMPT) == 4
    assert rig.engine.idle()
    assert rig.engine.next_deadline() is None


def test_a_dropped_attempt_passes_in_the_namespaces_time() -> None:
    """At a speed of 60, 5 s and 3 s take 133 ms; the times of the attempt itself are wall time."""
    rig = Rig(f"{PATIENT}timeline: [{{emit: siprec.started, deliver: {{attempts: [{{simulate: drop}}]}}}}]")
    rig.set_clock(ClockSetting(speed=60.0))
    rig.start()
    rig.run(8 * SECOND // 60)
    assert rig.sends == []
    rig.run(MILLISECOND)
    assert len(rig.sends) == 1
    failure = result_of(rig)
    assert (failure.started_at, failure.finished_at) == (T0, T0 + 83_334)


# --- connect_error ---


def test_a_connection_error_fails_at_once_as_telnyxs_75002_and_sends_nothing() -> None:
    rig = simulate("connect_error")
    assert rig.sends == []
    failure = result_of(rig)
    assert (failure.outcome, failure.error) == (AttemptOutcome.FAILED, AttemptError.CONNECT)
    assert failure.error is not None
    assert failure.error.value == 75002
    assert (failure.started_at, failure.finished_at) == (T0, T0)
    assert sent_at(rig, HOUR) == [(HOOK, 3_000)]


def test_connection_errors_lead_to_the_failover_url() -> None:
    rig = simulate("connect_error", "connect_error")
    assert sent_at(rig, HOUR) == [(FAILOVER, 3_000)]


# --- ack_lost ---


def test_a_lost_acknowledgement_is_a_failure_at_once_and_the_receiver_gets_it_again() -> None:
    rig = simulate("ack_lost")
    (first,) = rig.sends
    rig.run(SECOND)
    rig.report(delivered(first))
    failure = result_of(rig)
    assert (failure.outcome, failure.error) == (AttemptOutcome.FAILED, AttemptError.GENERIC)
    assert "simulated" in failure.reason
    assert sent_at(rig, HOUR) == [(HOOK, 3_000)]
    again = rig.sends[1]
    documents = [orjson.loads(send.body) for send in (first, again)]
    assert documents[0]["data"] == documents[1]["data"]
    assert [document["meta"]["attempt"] for document in documents] == [1, 2]
    rig.report(delivered(again))
    assert rig.states == ["delivered"]


@pytest.mark.parametrize("kind", ["ack_lost", "timeout"])
@pytest.mark.parametrize("outcome", [AttemptOutcome.FAILED, AttemptOutcome.ABANDONED])
def test_a_real_failure_stands_as_it_is(kind: str, outcome: AttemptOutcome) -> None:
    rig = simulate(kind)
    real = AttemptResult(
        attempt_id=rig.sends[0].attempt_id,
        outcome=outcome,
        started_at=T0,
        finished_at=T0 + 1,
        error=AttemptError.DNS,
        reason="no such host",
    )
    rig.report(real)
    assert result_of(rig) == real


def test_a_webhook_whose_acknowledgement_was_lost_was_not_acked() -> None:
    rig = Rig("""
timeline:
  - {emit: siprec.started, deliver: {attempts: [{simulate: ack_lost}]}}
  - {wait_for: {webhook_acked: siprec.started}}
  - emit: siprec.stopped
""")
    rig.start()
    rig.deliver_all()
    assert [kind for kind, _ in rig.events] == ["siprec.started"]
    rig.run(SECOND)
    rig.deliver_all()
    assert [kind for kind, _ in rig.events] == ["siprec.started", "siprec.stopped"]


# --- timeout ---


def test_a_timeout_is_counted_once_its_time_has_passed_although_the_answer_came_at_once() -> None:
    rig = simulate("timeout")
    rig.run(SECOND)
    rig.deliver_all()
    assert only(rig).attempts[0].result is None
    assert rig.namespace.settled
    assert not rig.engine.idle()
    rig.run(4 * SECOND - 1)
    assert only(rig).attempts[0].result is None
    rig.run(1)
    failure = result_of(rig)
    assert (failure.outcome, failure.error) == (AttemptOutcome.FAILED, AttemptError.GENERIC)
    assert "5 s" in failure.reason
    assert sent_at(rig, HOUR) == [(HOOK, 3_000)]


@pytest.mark.parametrize("later", [5 * SECOND, 7 * SECOND])
def test_a_timeout_whose_answer_took_longer_is_counted_as_the_answer_comes(later: int) -> None:
    rig = simulate("timeout")
    rig.run(later)
    rig.deliver_all()
    assert result_of(rig).outcome is AttemptOutcome.FAILED
    assert sent_at(rig, HOUR) == [(HOOK, 3_000)]


def test_a_result_that_comes_again_while_a_timeout_passes_changes_nothing() -> None:
    rig = simulate("timeout")
    rig.deliver_all()
    rig.deliver_all()
    rig.fail_all()
    assert only(rig).attempts[0].result is None
    assert rig.count(NoteKind.ATTEMPT) == 0
    rig.run(5 * SECOND)
    assert rig.count(NoteKind.ATTEMPT) == 1


# --- the list ---


def test_attempts_beyond_the_list_are_made_as_usual_and_the_journal_says_what_was_simulated() -> None:
    """Also which none of them was."""
    rig = simulate("connect_error", "none", "ack_lost")
    for _ in range(4):
        rig.run(HOUR)
        rig.fail_all()
    assert rig.simulated == [[Simulate.CONNECT_ERROR, Simulate.NONE, Simulate.ACK_LOST, Simulate.NONE]]
    assert [send.url for send in rig.sends] == [HOOK, FAILOVER, FAILOVER]
    assert rig.states == ["failed"]


def test_an_attempt_may_go_to_a_url_of_its_own_and_the_next_goes_where_it_would_have() -> None:
    rig = one("{url: 'http://elsewhere.test/'}", "{url: 'http://third.test/', simulate: drop}")
    assert rig.sends[0].url == "http://elsewhere.test/"
    assert orjson.loads(rig.sends[0].body)["meta"]["delivered_to"] == "http://elsewhere.test/"
    rig.fail_all()
    rig.run(10 * SECOND)
    assert only(rig).attempts[1].send.url == "http://third.test/"
    assert rig.sends[-1].url == FAILOVER


@pytest.mark.parametrize(
    ("method", "sent"),
    [(b"", "http://elsewhere.test/"), (b"&StatusCallbackMethod=GET", "http://elsewhere.test/?AccountSid=AC1")],
)
def test_attempts_at_a_texml_callback_are_scripted_alike(method: bytes, sent: str) -> None:
    rig = Rig(
        "timeline: [{emit: siprec.started,"
        " deliver: {attempts: [{simulate: connect_error}, {url: 'http://elsewhere.test/'}]}}]"
    )
    rig.texml_start(CALLBACK + method)
    assert rig.sends == []
    rig.run(HOUR)
    (send,) = rig.sends
    assert send.url.startswith(sent)


def test_the_emulators_stop_gives_up_what_is_being_simulated() -> None:
    for kind in ("drop", "timeout"):
        rig = simulate(kind)
        rig.deliver_all()
        rig.effects += rig.engine.abandon(rig.now)
        before = len(rig.sends)
        rig.run(HOUR)
        assert rig.states == [DeliveryState.ABANDONED]
        assert len(rig.sends) == before
        assert rig.engine.next_deadline() is None


def test_a_reset_forgets_what_is_being_simulated() -> None:
    rig = simulate("drop")
    rig.effects += rig.engine.reset(KEY)
    rig.run(HOUR)
    assert rig.sends == []
    assert rig.engine.next_deadline() is None


def test_a_long_chain_of_attempts_that_end_at_once_is_followed_to_its_end() -> None:
    """100 copies wait for the first webhook's end, and none of their 20 attempts each takes any time."""
    listed = ", ".join(["{simulate: connect_error}"] * 20)
    rig = Rig(f"""
delivery: {{order: per_session, concurrency: 1, attempts_per_url: 20, backoff: {{first: 0s, max: 0s}}}}
timeline: [{{emit: siprec.started}}, {{emit: siprec.stopped, deliver: {{copies: 100, attempts: [{listed}]}}}}]
""")
    rig.start()
    assert rig.count(NoteKind.ATTEMPT) == 0
    rig.deliver_all()
    assert rig.states == ["delivered"] + ["failed"] * 100
    assert {len(entry.attempts) for entry in rig.webhooks[1:]} == {20}
    assert rig.engine.idle()


# --- one after the other in a session ---

LINED = "delivery: {order: per_session, timeout: 5s, attempts_per_url: 2, backoff: {first: 3s}}\n"
THREE = "timeline: [{emit: siprec.started}, {emit: siprec.failed}, {emit: siprec.stopped}]"


def kinds(rig: Rig) -> list[str]:
    """The type of each attempt's event."""
    return [orjson.loads(send.body)["data"]["event_type"].removeprefix("siprec.") for send in rig.sends]


def test_webhooks_overtake_each_other_unless_told_not_to() -> None:
    rig = Rig(THREE)
    rig.start()
    assert kinds(rig) == ["started", "failed", "stopped"]


def test_a_webhook_waits_until_the_one_before_it_in_its_session_is_over() -> None:
    rig = Rig(LINED + THREE)
    rig.start()
    assert kinds(rig) == ["started"]
    rig.report(failed(rig.sends[0]))
    rig.run(3 * SECOND - 1)
    assert kinds(rig) == ["started"]
    rig.run(1)
    assert kinds(rig) == ["started", "started"]
    rig.report(failed(rig.sends[1]))
    assert kinds(rig) == ["started", "started", "failed"]
    rig.deliver_all()
    assert kinds(rig) == ["started", "started", "failed", "stopped"]
    rig.deliver_all()
    assert rig.states == ["failed", "delivered", "delivered"]
    assert rig.engine.idle()


def test_other_sessions_do_not_wait() -> None:
    rig = Rig(LINED + THREE)
    rig.start("one")
    rig.start("two")
    assert kinds(rig) == ["started", "started"]
    rig.report(delivered(rig.sends[1]))
    assert kinds(rig) == ["started", "started", "failed"]
    assert rig.webhooks[1].attempts == ()


def test_in_line_a_delayed_webhook_holds_up_those_after_it() -> None:
    rig = Rig(LINED + "timeline: [{emit: siprec.started, deliver: {delay: 10s}}, {emit: siprec.stopped}]")
    rig.start()
    assert kinds(rig) == []
    rig.run(10 * SECOND)
    assert kinds(rig) == ["started"]
    rig.deliver_all()
    assert kinds(rig) == ["started", "stopped"]


def test_in_line_a_webhook_keeps_its_own_delay() -> None:
    """Its turn comes before its time, and it waits for both; or after, and it goes at once."""
    rig = Rig(LINED + "timeline: [{emit: siprec.started}, {emit: siprec.stopped, deliver: {delay: 10s}}]")
    rig.start("early")
    rig.deliver_all()
    rig.run(10 * SECOND - 1)
    assert kinds(rig) == ["started"]
    rig.run(1)
    assert kinds(rig) == ["started", "stopped"]
    rig.start("late")
    rig.run(20 * SECOND)
    assert kinds(rig) == ["started", "stopped", "started"]
    rig.deliver_all()
    assert kinds(rig) == ["started", "stopped", "started", "stopped"]


def test_copies_stand_in_line_too() -> None:
    rig = Rig(LINED + "timeline: [{emit: siprec.started, deliver: {copies: 2}}, {emit: siprec.stopped}]")
    rig.start()
    for expected in (["started"], ["started"] * 2, ["started", "started", "stopped"]):
        assert kinds(rig) == expected
        rig.deliver_all()
    assert rig.engine.idle()


def test_a_webhook_that_is_never_sent_holds_up_nobody() -> None:
    rig = Rig(LINED + "timeline: [{emit: siprec.started, deliver: {copies: 0}}, {emit: siprec.stopped}]")
    rig.start()
    assert kinds(rig) == ["stopped"]


# --- so many at once ---

NARROW = "delivery: {concurrency: 2, timeout: 5s, attempts_per_url: 2, backoff: {first: 3s}}\n"


def under_way(rig: Rig) -> int:
    """Attempts on the wire."""
    return len(rig.namespace.attempts)


def test_no_more_attempts_are_under_way_than_may_over_all_sessions_of_a_scenario() -> None:
    rig = Rig(NARROW + THREE)
    for call in ("one", "two"):
        rig.start(call)
    assert (len(rig.sends), under_way(rig)) == (2, 2)
    for reported in range(6):
        rig.report(delivered(rig.sends[reported]))
        assert under_way(rig) == min(2, 5 - reported)
    assert [entry.seq for entry in rig.webhooks] == [int(send.attempt_id.split("/")[1]) for send in rig.sends]
    assert rig.engine.idle()


def test_other_scenarios_have_attempts_of_their_own() -> None:
    rig = Rig(NARROW + THREE, scenario(NARROW + THREE, "other"), scenario(THREE, "free"))
    rig.start("one")
    assert len(rig.sends) == 2
    rig.start("two", connector_name="emu:other")
    assert len(rig.sends) == 4
    rig.start("three", connector_name="emu:free")
    assert len(rig.sends) == 7


def test_a_retry_waits_for_a_free_place_as_any_attempt() -> None:
    """While it pauses its place is another's; when its time comes it waits for the end of one."""
    rig = Rig(NARROW.replace("2,", "1,", 1) + "timeline: [{emit: siprec.started}, {emit: siprec.stopped}]")
    rig.start()
    rig.report(failed(rig.sends[0]))
    assert kinds(rig) == ["started", "stopped"]
    rig.run(3 * SECOND)
    assert kinds(rig) == ["started", "stopped"]
    rig.report(delivered(rig.sends[1]))
    assert kinds(rig) == ["started", "stopped", "started"]
    rig.deliver_all()
    assert rig.states == ["delivered", "delivered"]


@pytest.mark.parametrize(("kind", "free_after"), [("drop", 5), ("timeout", 5), ("connect_error", 0)])
def test_a_simulated_attempt_takes_a_place_as_long_as_it_lasts(kind: str, free_after: int) -> None:
    rig = Rig(f"""
{NARROW.replace("2,", "1,", 1)}
timeline: [{{emit: siprec.started, deliver: {{attempts: [{{simulate: {kind}}}]}}}}, {{emit: siprec.stopped}}]
""")
    rig.start()
    if kind == "timeout":
        rig.report(delivered(rig.sends[0]))
    if free_after:
        rig.run(free_after * SECOND - 1)
        assert "stopped" not in kinds(rig)
        rig.run(1)
    assert kinds(rig)[-1] == "stopped"


def test_a_webhook_in_line_takes_no_place_of_another_session() -> None:
    rig = Rig(NARROW.replace("{", "{order: per_session, ", 1) + THREE)
    for call in ("one", "two", "three"):
        rig.start(call)
    calls = [orjson.loads(send.body)["data"]["payload"]["call_control_id"] for send in rig.sends]
    assert calls == ["one", "two"]
    rig.report(delivered(rig.sends[0]))
    calls = [orjson.loads(send.body)["data"]["payload"]["call_control_id"] for send in rig.sends]
    assert calls == ["one", "two", "three"]


@pytest.mark.parametrize("order", ["free", "per_session"])
def test_nobody_starves_whatever_comes_of_the_attempts(order: str) -> None:
    """Each webhook is over in the end, and there are never more under way than may."""
    dice = random.Random(order)  # noqa: S311 - a fixed story, no secret
    body = NARROW.replace("{", f"{{order: {order}, ", 1).replace("2,", "3,", 1)
    trouble = "deliver: {copies: 2, attempts: [{simulate: none}, {simulate: ack_lost}, {simulate: drop}]}"
    rig = Rig(f"{body}timeline: [{{emit: siprec.started, {trouble}}}, {{emit: siprec.stopped}}]", addresses=BOTH)
    reported: set[str] = set()
    for number in range(30):
        rig.start(f"call{number}")
    for _ in range(2_000):
        waiting = [send for send in rig.sends if send.attempt_id not in reported]
        assert under_way(rig) == len(waiting) <= 3
        if waiting:
            send = dice.choice(waiting)
            reported.add(send.attempt_id)
            rig.report(delivered(send) if dice.random() < 0.5 else failed(send))
        else:
            rig.run(SECOND)
    assert len(rig.webhooks) == 90
    assert set(rig.states) <= {"delivered", "failed"}
    assert rig.engine.idle()
    assert rig.engine.next_deadline() is None


def test_order_and_concurrency_end_with_the_emulator() -> None:
    """Nobody whose turn would have come is sent any more."""
    rig = Rig(NARROW.replace("{", "{order: per_session, ", 1).replace("2,", "1,", 1) + THREE)
    rig.start("one")
    rig.start("two")
    rig.effects += rig.engine.abandon(rig.now)
    rig.deliver_all()
    rig.run(HOUR)
    assert len(rig.sends) == 1
    assert set(rig.states) == {"abandoned"}
