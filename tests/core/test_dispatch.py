"""Where events go, each attempt's bytes, and what the journal shows of them."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from emulator.core.delivery import DeliveryState
from emulator.core.effects import AttemptOutcome, AttemptResult, Send
from emulator.core.models import HOUR, SECOND, CallbackMethod, Route
from emulator.core.namespace import Overrides
from emulator.core.policy import Limits, Policy
from emulator.core.turn import Addresses, NoteKind
from tests.core.engines import FAILOVER, HOOK, KEY, T0, Rig, delivered, failed

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
    assert rig.webhooks[0].route is Route.TEXML_SIPREC_START


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
