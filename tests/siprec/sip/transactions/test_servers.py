"""The servers' machines, beside RFC 3261 figures 7 and 8 and RFC 6026 figure 1."""

from __future__ import annotations

from emulator.siprec.sip.transactions import invite_server, server
from emulator.siprec.sip.transactions.timers import Timers
from emulator.siprec.sip.transactions.transaction import Step, answered, broken, received, tick
from tests.siprec.sip.transactions.wires import MS, answer, played, request, told

INVITE, ACK, OPTIONS = request(), request("ACK"), request("OPTIONS")


def invited(*, reliable: bool = False) -> Step:
    return invite_server.begin(INVITE, 0, reliable=reliable, timers=Timers())


def asked(*, reliable: bool = False) -> Step:
    return server.begin(OPTIONS, 0, reliable=reliable, timers=Timers())


# --- INVITE ---


def test_an_invite_that_is_not_answered_within_200_ms_gets_100() -> None:
    step = invited()
    assert told(step) == ["deliver INVITE"]
    transaction, story = played(step.transaction, 40_000)
    assert story == [(200, "send 100")]
    assert told(received(transaction, INVITE, 500 * MS)) == ["send 100"]


def test_a_repeated_invite_gets_the_last_provisional_answer() -> None:
    transaction = answered(invited().transaction, answer(INVITE, 180), 0).transaction
    transaction = answered(transaction, answer(INVITE, 183), 0).transaction
    assert transaction.deadline is None
    assert told(received(transaction, INVITE, 500 * MS)) == ["send 183"]


def test_a_failure_is_sent_again_until_its_ack_comes() -> None:
    step = answered(invited().transaction, answer(INVITE, 488), 0)
    assert told(step) == ["send 488"]
    transaction, story = played(step.transaction, 4_000)
    assert story == [(500, "send 488"), (1_500, "send 488"), (3_500, "send 488")]
    assert told(received(transaction, INVITE, 4_000 * MS)) == ["send 488"]
    step = received(transaction, ACK, 4_100 * MS)
    assert told(step) == []
    assert played(step.transaction, 40_000)[1] == [(9_100, "Terminated")]


def test_a_failure_without_an_ack_times_out_after_32_seconds() -> None:
    transaction = answered(invited().transaction, answer(INVITE, 488), 0).transaction
    story = played(transaction, 40_000)[1]
    assert [at for at, word in story if word == "send 488"][-1] == 31_500
    assert story[-2:] == [(32_000, "TimedOut"), (32_000, "Terminated")]


def test_after_a_provisional_answer_a_failure_is_repeated_with_pauses_that_grow_just_so() -> None:
    transaction = answered(invited().transaction, answer(INVITE, 180), 0).transaction
    transaction = answered(transaction, answer(INVITE, 486), 0).transaction
    assert [at for at, _ in played(transaction, 8_000)[1]] == [500, 1_500, 3_500, 7_500]


def test_over_a_reliable_transport_a_failure_is_sent_once_and_its_ack_ends_it() -> None:
    transaction = answered(invited(reliable=True).transaction, answer(INVITE, 488), 0).transaction
    assert played(transaction, 31_999)[1] == []
    assert told(received(transaction, ACK, 0)) == ["Terminated"]


def test_after_a_2xx_repeated_invites_are_absorbed_for_64_t1() -> None:
    step = answered(invited().transaction, answer(INVITE, 200), 0)
    assert told(step) == ["send 200"]
    assert told(received(step.transaction, INVITE, 500 * MS)) == []
    assert told(received(step.transaction, ACK, 500 * MS)) == ["deliver ACK"]
    assert played(step.transaction, 40_000)[1] == [(32_000, "Terminated")]


def test_a_second_final_answer_is_not_sent() -> None:
    transaction = answered(invited().transaction, answer(INVITE, 200), 0).transaction
    assert told(answered(transaction, answer(INVITE, 486), 0)) == []


# --- other requests ---


def test_a_repeated_request_is_answered_again_with_the_same_answer_for_32_seconds() -> None:
    step = asked()
    assert told(step) == ["deliver OPTIONS"]
    assert told(received(step.transaction, OPTIONS, 0)) == []
    step = answered(step.transaction, answer(OPTIONS, 200), 0)
    assert told(step) == ["send 200"]
    again = received(step.transaction, OPTIONS, 500 * MS)
    assert again.actions == step.actions
    assert played(again.transaction, 40_000)[1] == [(32_000, "Terminated")]


def test_over_a_reliable_transport_an_answer_ends_it_at_once() -> None:
    step = answered(asked(reliable=True).transaction, answer(OPTIONS, 200), 0)
    assert told(step) == ["send 200", "Terminated"]


def test_a_repeated_request_gets_the_last_provisional_answer() -> None:
    transaction = answered(asked().transaction, answer(OPTIONS, 100), 0).transaction
    assert told(received(transaction, OPTIONS, 0)) == ["send 100"]


def test_a_transport_that_fails_ends_either() -> None:
    for step in (invited(), asked()):
        assert told(broken(step.transaction, 0)) == ["Broken", "Terminated"]


def test_an_answered_invite_needs_no_100() -> None:
    transaction = answered(invited().transaction, answer(INVITE, 486), 0).transaction
    assert told(tick(transaction, 300 * MS)) == []
