"""Attempts: what is simulated in their place, and what the journal says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from emulator.core.clock import ClockSetting
from emulator.core.delivery import DeliveryState
from emulator.core.effects import AttemptError, AttemptOutcome, AttemptResult, Simulate
from emulator.core.models import HOUR, MILLISECOND, SECOND
from emulator.core.turn import Addresses, NoteKind
from tests.core.engines import FAILOVER, HOOK, KEY, T0, Rig, delivered, sent_at

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
