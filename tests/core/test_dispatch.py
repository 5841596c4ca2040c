"""Where events go, each attempt's bytes, and what the journal shows of them."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from emulator.core.delivery import DeliveryState
from emulator.core.effects import AttemptOutcome, AttemptResult, Send, Signing, SignMode
from emulator.core.models import HOUR, SECOND, CallbackMethod, SessionState
from emulator.core.namespace import Overrides
from emulator.core.policy import Limits, Policy
from emulator.core.turn import Addresses, NoteKind
from tests.core.engines import FAILOVER, HOOK, KEY, T0, Rig, delivered, failed, sent_at

ONE = "timeline: [{emit: siprec.started}]"
FAILS = "timeline: [{emit: siprec.failed}]"
BOTH = Addresses(webhook_url=HOOK, webhook_failover_url=FAILOVER, receiver_url="http://emulator.test/receiver")
CALLBACK = b"StatusCallback=http://app.test/cb%3Fx%3D1&Name=mine"


def fail_all(rig: Rig, *, refused: bool = False) -> None:
    """Answer each attempt with a 500 as soon as it is made."""
    answered = 0
    while answered < len(rig.sends):
        rig.report(failed(rig.sends[answered], refused=refused))
        answered += 1
        rig.run(HOUR)


def only(rig: Rig) -> Send:
    """The only attempt so far."""
    (send,) = rig.sends
    return send


# --- where to ---


def test_webhooks_go_to_the_namespaces_url_else_the_servers_else_the_built_in_receiver() -> None:
    rig = Rig(ONE)
    rig.start()
    assert only(rig).url == HOOK
    rig = Rig(ONE)
    rig.engine.configure(KEY, Overrides(webhook_url="http://mine.test/"), (), T0)
    rig.start()
    assert only(rig).url == "http://mine.test/"
    rig = Rig(ONE, addresses=Addresses(receiver_url="http://emulator.test/receiver"))
    rig.start()
    assert only(rig).url == f"http://emulator.test/receiver/{KEY}"


def test_a_namespaces_id_is_encoded_where_it_stands_in_the_receivers_url() -> None:
    """Through the control API it may be any text, and a webhook says where it was delivered to (RFC 3986)."""
    rig = Rig(addresses=Addresses(receiver_url="http://emulator.test/receiver"))
    rig.call_in(key="a b/\u00fc\x0b")
    assert only(rig).url == "http://emulator.test/receiver/a%20b%2F%C3%BC%0B"


def test_results_find_a_namespace_whatever_it_is_called() -> None:
    """One with slashes in its name, too."""
    rig = Rig()
    rig.call_in(key="a/b/1")
    rig.deliver_all()
    namespace = rig.engine.namespaces.get("a/b/1")
    assert namespace is not None
    assert not namespace.deliveries
    (entry,) = namespace.journal.webhooks
    assert entry.delivery is not None
    assert entry.delivery.state is DeliveryState.DELIVERED


def test_a_namespaces_url_does_not_fail_over_to_the_servers() -> None:
    rig = Rig(ONE, addresses=BOTH)
    rig.engine.configure(KEY, Overrides(webhook_url="http://mine.test/"), (), T0)
    rig.start()
    fail_all(rig)
    assert {send.url for send in rig.sends} == {"http://mine.test/"}


# --- what is sent ---


def test_a_webhook_is_a_post_of_telnyxs_envelope_that_is_signed_as_it_is_sent() -> None:
    rig = Rig(ONE)
    rig.start()
    send = only(rig)
    assert (send.method, send.signed) == (CallbackMethod.POST, send.body)
    assert dict(send.headers) == {"Content-Type": "application/json", "User-Agent": "telnyx-webhooks"}
    document = orjson.loads(send.body)
    assert document["meta"] == {"attempt": 1, "delivered_to": HOOK}
    assert document["data"]["event_type"] == "siprec.started"
    assert document["data"]["record_type"] == "event"
    assert document["data"]["occurred_at"] == "2023-11-14T22:13:20.000000Z"
    assert send.body == orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)


def test_a_texml_callback_is_a_signed_form_by_post() -> None:
    rig = Rig(ONE)
    sid = orjson.loads(rig.texml_start(CALLBACK).body)["sid"]
    send = only(rig)
    assert (send.method, send.url, send.signed) == (CallbackMethod.POST, "http://app.test/cb?x=1", send.body)
    assert dict(send.headers)["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(send.body.decode()) == {
        "AccountSid": ["AC1"],
        "CallSid": ["v3:call"],
        "SiprecEvent": ["siprec-started"],
        "SiprecName": ["mine"],
        "SiprecSid": [sid],
        "Timestamp": ["2023-11-14T22:13:20.000000Z"],
    }
    assert rig.webhooks[0].texml is not None


def test_a_texml_callback_by_get_has_its_fields_in_the_query_and_no_body() -> None:
    rig = Rig(FAILS)
    rig.texml_start(CALLBACK + b"&StatusCallbackMethod=GET")
    send = only(rig)
    query = urlsplit(send.url).query
    assert (send.method, send.body, send.signed) == (CallbackMethod.GET, b"", query.encode())
    assert "Content-Type" not in dict(send.headers)
    fields = parse_qs(query)
    assert (fields["x"], fields["SiprecEvent"]) == (["1"], ["siprec-failed"])
    assert fields["SiprecError"] == ["SIPREC connection failed"]


def test_a_texml_session_without_status_callback_tells_nobody_and_the_journal_says_so() -> None:
    rig = Rig(ONE)
    rig.texml_start()
    assert rig.sends == []
    (entry,) = rig.webhooks
    assert (entry.delivery, entry.attempts) == (None, ())
    assert rig.engine.idle()


def test_a_scenarios_delivery_stands_before_the_policys() -> None:
    rig = Rig(ONE + "\ndelivery: {attempts_per_url: 1, timeout: 7s, success: '200'}")
    rig.start()
    fail_all(rig)
    send = only(rig)
    assert (send.timeout, send.success.value) == (7 * SECOND, "200")


# --- again, elsewhere, no more ---


def test_a_delivery_that_fails_is_tried_three_times_at_each_url_and_then_given_up() -> None:
    rig = Rig(ONE, addresses=BOTH)
    rig.start()
    fail_all(rig)
    assert [send.url for send in rig.sends] == [HOOK] * 3 + [FAILOVER] * 3
    metas = [orjson.loads(send.body)["meta"] for send in rig.sends]
    assert metas == [{"attempt": n + 1, "delivered_to": [HOOK, FAILOVER][n // 3]} for n in range(6)]
    (entry,) = rig.webhooks
    assert entry.delivery is not None
    assert entry.delivery.state is DeliveryState.FAILED
    assert [attempt.number for attempt in entry.attempts] == [1, 2, 3, 4, 5, 6]
    assert {attempt.result.status for attempt in entry.attempts if attempt.result} == {500}
    assert rig.count(NoteKind.ATTEMPT) == 6
    assert rig.engine.idle()


def test_pauses_grow_and_the_failover_follows_at_once() -> None:
    rig = Rig(ONE, addresses=BOTH)
    rig.start()
    made = [rig.now]
    for index in range(5):
        rig.report(failed(rig.sends[index]))
        while len(rig.sends) == index + 1:
            deadline = rig.engine.next_deadline()
            assert deadline is not None
            rig.tick(deadline - rig.now)
        made.append(rig.now)
    assert [(at - T0) // SECOND for at in made] == [0, 1, 3, 3, 4, 6]


def test_a_retry_ends_with_the_first_success() -> None:
    rig = Rig(ONE)
    rig.start()
    rig.report(failed(only(rig)))
    rig.run(SECOND)
    rig.report(delivered(rig.sends[1]))
    rig.run(HOUR)
    assert len(rig.sends) == 2
    (entry,) = rig.webhooks
    assert entry.delivery is not None
    assert entry.delivery.state is DeliveryState.DELIVERED
    outcomes = [attempt.result.outcome for attempt in entry.attempts if attempt.result]
    assert outcomes == [AttemptOutcome.FAILED, AttemptOutcome.DELIVERED]


def test_a_refused_target_is_not_tried_again() -> None:
    rig = Rig(ONE, addresses=BOTH)
    rig.start()
    fail_all(rig, refused=True)
    assert [send.url for send in rig.sends] == [HOOK, FAILOVER]


@pytest.mark.parametrize("attempt_id", ["", KEY, f"{KEY}/9/1", "other/1/1"])
def test_a_result_that_nobody_waits_for_changes_nothing(attempt_id: str) -> None:
    rig = Rig(ONE)
    rig.start()
    before = rig.webhooks
    result = AttemptResult(attempt_id=attempt_id, outcome=AttemptOutcome.DELIVERED, started_at=0, finished_at=0)
    assert rig.engine.delivered(result, rig.now) == ()
    assert rig.webhooks == before


def test_a_result_that_comes_twice_counts_once() -> None:
    rig = Rig(ONE)
    rig.start()
    rig.report(failed(only(rig)))
    rig.report(delivered(only(rig)))
    assert rig.count(NoteKind.ATTEMPT) == 1
    assert not rig.engine.idle()


# --- given up ---


def test_an_attempt_that_the_sender_abandons_ends_its_delivery() -> None:
    rig = Rig(ONE)
    rig.start()
    abandoned = AttemptOutcome.ABANDONED
    rig.report(AttemptResult(attempt_id=only(rig).attempt_id, outcome=abandoned, started_at=0, finished_at=0))
    (entry,) = rig.webhooks
    assert entry.delivery is not None
    assert entry.delivery.state is DeliveryState.ABANDONED
    assert rig.engine.idle()


def test_a_stop_of_the_emulator_journals_what_is_left_as_abandoned_and_tries_no_more() -> None:
    rig = Rig(ONE)
    rig.start("waits")
    rig.start("under way")
    rig.report(failed(rig.sends[0]))
    rig.effects += rig.engine.abandon(rig.now)
    assert [entry.delivery.state for entry in rig.webhooks if entry.delivery] == [DeliveryState.ABANDONED] * 2
    rig.run(HOUR)
    rig.deliver_all()
    assert len(rig.sends) == 2
    assert rig.engine.idle()


def test_a_policy_without_failover_leaves_the_second_url_alone() -> None:
    rig = Rig(ONE + "\ndelivery: {failover: false, attempts_per_url: 2}", addresses=BOTH, policy=Policy())
    rig.start()
    fail_all(rig)
    assert [send.url for send in rig.sends] == [HOOK] * 2


def test_an_entry_evicted_while_its_delivery_goes_on_does_not_come_back() -> None:
    rig = Rig(ONE, policy=Policy(limits=Limits(journal_entries=1)))
    rig.start("call-one")
    rig.start("call-two")
    first, second = rig.sends
    rig.report(delivered(first))
    rig.report(delivered(second))
    (kept,) = rig.webhooks
    assert kept.event.call_control_id == "call-two"
    assert kept.delivery is not None
    assert kept.delivery.state is DeliveryState.DELIVERED


# --- copies ---


def emitting(deliver: str, delivery: str = "") -> Rig:
    """A started session whose ``siprec.started`` is delivered that way."""
    rig = Rig(f"{delivery}\ntimeline: [{{emit: siprec.started, deliver: {deliver}}}]", addresses=BOTH)
    rig.start()
    return rig


def test_copies_are_deliveries_of_their_own_of_the_same_event() -> None:
    """Each has its entry, its attempts and its end; those after the first name it."""
    rig = emitting("{copies: 3}")
    first, *others = rig.webhooks
    assert first.repeats is None
    assert [entry.repeats for entry in others] == [first.seq] * 2
    assert len({entry.seq for entry in rig.webhooks}) == 3
    assert [entry.event for entry in others] == [first.event] * 2
    assert len({send.body for send in rig.sends}) == 1
    assert rig.count(NoteKind.WEBHOOK) == 3
    rig.report(delivered(rig.sends[1]))
    assert rig.states == ["pending", "delivered", "pending"]
    rig.report(failed(rig.sends[2]))
    rig.run(SECOND)
    assert [len(entry.attempts) for entry in rig.webhooks] == [1, 1, 2]


def test_copies_may_carry_ids_of_their_own() -> None:
    rig = emitting("{copies: 3, same_id: false}")
    documents = [orjson.loads(send.body)["data"] for send in rig.sends]
    assert len({document.pop("id") for document in documents}) == 3
    assert documents[0] == documents[1] == documents[2]


def test_copies_follow_each_other_after_the_gap_and_the_first_after_the_delay() -> None:
    rig = emitting("{copies: 3, delay: 5s, gap: 2s}")
    assert rig.sends == []
    assert {entry.at for entry in rig.webhooks} == {T0}
    assert sent_at(rig, HOUR) == [(HOOK, 5_000), (HOOK, 7_000), (HOOK, 9_000)]


def test_a_gap_holds_although_the_first_copy_is_tried_again_meanwhile() -> None:
    rig = emitting("{copies: 2, gap: 10s}")
    rig.report(failed(rig.sends[0]))
    assert sent_at(rig, HOUR) == [(HOOK, 1_000), (HOOK, 10_000)]


def test_delays_and_gaps_may_be_drawn() -> None:
    """The delay anew for each session, and within its bounds."""
    rig = emitting("{copies: 2, delay: {uniform: {min: 1s, max: 50s}}, gap: {uniform: {min: 100s, max: 200s}}}")
    rig.start()
    made = [at for _, at in sent_at(rig, HOUR)]
    assert len(made) == 4
    firsts, seconds = made[:2], made[2:]
    assert firsts[0] != firsts[1]
    assert all(1_000 <= at <= 50_000 for at in firsts)
    assert all(101_000 <= at <= 250_000 for at in seconds)


def test_with_no_copies_an_event_occurs_and_its_webhook_is_never_sent() -> None:
    rig = emitting("{copies: 0}")
    rig.run(HOUR)
    assert rig.sends == []
    (entry,) = rig.webhooks
    assert (entry.delivery, entry.attempts) == (None, ())
    assert entry.session is not None
    assert entry.session.state is SessionState.STARTED
    (warning,) = entry.warnings
    assert "copies" in warning
    assert rig.engine.idle()


def test_a_url_of_its_own_stands_in_place_of_primary_and_failover() -> None:
    rig = emitting("{url: 'http://step.test/'}", "delivery: {attempts_per_url: 2}")
    fail_all(rig)
    assert [send.url for send in rig.sends] == ["http://step.test/"] * 2
    assert orjson.loads(rig.sends[0].body)["meta"]["delivered_to"] == "http://step.test/"
    assert rig.states == ["failed"]


@pytest.mark.parametrize("callback", [CALLBACK, b""])
def test_texml_callbacks_are_copied_delayed_and_sent_elsewhere_too(callback: bytes) -> None:
    """Elsewhere also where there is no StatusCallback."""
    rig = Rig("timeline: [{emit: siprec.started, deliver: {copies: 2, gap: 3s, url: 'http://step.test/'}}]")
    rig.texml_start(callback)
    assert [send.url for send in rig.sends] == ["http://step.test/"]
    assert sent_at(rig, HOUR) == [("http://step.test/", 3_000)]
    assert len({send.body for send in rig.sends}) == 1
    assert rig.webhooks[1].repeats == rig.webhooks[0].seq


def test_a_texml_session_without_callback_has_one_entry_whatever_its_copies() -> None:
    rig = Rig("timeline: [{emit: siprec.started, deliver: {copies: 3}}]")
    rig.texml_start()
    assert [(entry.delivery, entry.warnings) for entry in rig.webhooks] == [(None, ())]


# --- out of order ---


def test_what_occurred_first_may_arrive_last() -> None:
    """And says honestly when it occurred."""
    rig = Rig("""
timeline:
  - {emit: siprec.started, after: 1s, deliver: {delay: 30s}}
  - {emit: siprec.stopped, after: 1s}
""")
    rig.start()
    rig.run(HOUR)
    told = [orjson.loads(send.body)["data"] for send in rig.sends]
    assert [one["event_type"] for one in told] == ["siprec.stopped", "siprec.started"]
    assert [one["occurred_at"][17:23] for one in told] == ["22.000", "21.000"]
    assert [entry.event.type.value for entry in rig.webhooks] == ["siprec.started", "siprec.stopped"]
    assert rig.events == [("siprec.started", 1_000), ("siprec.stopped", 2_000)]


def test_a_delay_holds_up_neither_the_timeline_nor_the_session() -> None:
    rig = Rig("timeline: [{emit: siprec.started, deliver: {delay: 1h}}, {emit: siprec.stopped, after: 1s}]")
    rig.start()
    rig.run(SECOND)
    assert rig.namespace.playing == {}
    assert not rig.engine.idle()
    assert rig.states == ["pending", "pending"]
    rig.effects += rig.engine.abandon(rig.now)
    rig.run(2 * HOUR)
    assert len(rig.sends) == 1


# --- signatures ---


def test_a_step_says_how_its_webhook_is_signed_in_every_attempt_and_copy() -> None:
    rig = Rig("timeline: [{emit: siprec.started, deliver: {copies: 2}, sign: {timestamp_skew: -10m}}]")
    rig.start()
    fail_all(rig)
    assert {send.signing for send in rig.sends} == {Signing(mode=SignMode.GOOD, skew=-600 * SECOND)}
    assert len(rig.sends) == 6
    assert {entry.signing for entry in rig.webhooks} == {Signing(skew=-600 * SECOND)}


def test_no_more_webhooks_wait_than_may_and_those_left_out_are_counted() -> None:
    """A standing clock under traffic costs bounded memory; the journal says what went unsent; room comes back."""
    story = "timeline:\n  - {emit: siprec.started, deliver: {copies: 3}}\n  - {emit: siprec.stopped}\n"
    rig = Rig(story, policy=Policy(limits=Limits(max_sessions=3)))
    rig.start("a")
    assert len(rig.namespace.deliveries) == 3
    assert [entry.delivery.state for entry in rig.webhooks if entry.delivery] == ["pending"] * 3 + ["abandoned"]
    assert rig.webhooks[-1].warnings == ("As many webhooks wait as may (--max-sessions); this one is not sent.",)
    assert rig.namespace.dropped_webhooks == 1
    rig.deliver_all()
    rig.start("b")
    assert len(rig.namespace.deliveries) == 3
