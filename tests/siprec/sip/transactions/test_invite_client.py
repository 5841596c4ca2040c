"""The client's machine of an INVITE, beside RFC 3261 figure 5 and RFC 6026 figure 2."""

from __future__ import annotations

from emulator.siprec.sip.message import Request
from emulator.siprec.sip.transactions import invite_client
from emulator.siprec.sip.transactions.table import State, Transmit
from emulator.siprec.sip.transactions.timers import Timers
from emulator.siprec.sip.transactions.transaction import Step, broken, received, tick
from tests.siprec.sip.transactions.wires import MS, answer, played, request, told

INVITE = request()


def begun(*, reliable: bool = False) -> Step:
    return invite_client.begin(INVITE, 0, reliable=reliable, timers=Timers())


def test_an_invite_is_sent_again_with_doubled_pauses_until_32_seconds_are_over() -> None:
    step = begun()
    assert told(step) == ["send INVITE"]
    _, story = played(step.transaction, 40_000)
    assert story == [
        (500, "send INVITE"),
        (1_500, "send INVITE"),
        (3_500, "send INVITE"),
        (7_500, "send INVITE"),
        (15_500, "send INVITE"),
        (31_500, "send INVITE"),
        (32_000, "TimedOut"),
        (32_000, "Terminated"),
    ]


def test_a_reliable_transport_sends_it_once_and_waits_as_long() -> None:
    _, story = played(begun(reliable=True).transaction, 40_000)
    assert story == [(32_000, "TimedOut"), (32_000, "Terminated")]


def test_a_provisional_answer_ends_the_repeating_and_the_waiting() -> None:
    step = received(begun().transaction, answer(INVITE, 180), 400 * MS)
    assert told(step) == ["deliver 180"]
    assert step.transaction.deadline is None


def test_each_later_provisional_answer_is_delivered() -> None:
    transaction = received(begun().transaction, answer(INVITE, 100), 0).transaction
    assert told(received(transaction, answer(INVITE, 183), 0)) == ["deliver 183"]


def test_a_failure_is_acknowledged_each_time_and_delivered_once() -> None:
    step = received(begun().transaction, answer(INVITE, 486), 100 * MS)
    assert told(step) == ["send ACK", "deliver 486"]
    assert told(received(step.transaction, answer(INVITE, 486), 600 * MS)) == ["send ACK"]
    _, story = played(step.transaction, 60_000)
    assert story == [(32_100, "Terminated")]


def test_over_a_reliable_transport_a_failure_ends_it_at_once() -> None:
    step = received(begun(reliable=True).transaction, answer(INVITE, 486), 100 * MS)
    assert told(step) == ["send ACK", "deliver 486", "Terminated"]


def test_the_ack_of_a_failure_has_the_branch_and_route_of_its_invite_and_the_failures_to() -> None:
    action = received(begun().transaction, answer(INVITE, 404), 0).actions[0]
    assert isinstance(action, Transmit)
    ack = action.message
    assert isinstance(ack, Request)
    assert (ack.method, ack.uri) == ("ACK", INVITE.uri)
    for name in ("Via", "Route", "From", "Call-ID"):
        assert ack.headers.every(name) == INVITE.headers.every(name)
    assert ack.headers.get("To") == "<sip:srs@10.0.0.2>;tag=theirs"
    assert ack.headers.get("CSeq") == "7 ACK"
    assert ack.body == b""


def test_every_2xx_is_delivered_until_64_t1_after_the_first() -> None:
    step = received(begun().transaction, answer(INVITE, 200), 1_000 * MS)
    assert told(step) == ["deliver 200"]
    assert told(received(step.transaction, answer(INVITE, 200), 2_000 * MS)) == ["deliver 200"]
    assert told(received(step.transaction, answer(INVITE, 180), 2_000 * MS)) == []
    _, story = played(step.transaction, 60_000)
    assert story == [(33_000, "Terminated")]


def test_a_transport_that_fails_ends_it() -> None:
    assert told(broken(begun().transaction, 0)) == ["Broken", "Terminated"]


def test_nothing_happens_before_a_deadline_or_after_the_end() -> None:
    transaction = begun().transaction
    assert tick(transaction, 499 * MS) == Step(transaction=transaction)
    ended = broken(transaction, 0).transaction
    assert ended.state is State.TERMINATED
    assert ended.deadline is None
    assert told(received(ended, answer(INVITE, 200), 0)) == []


def test_a_late_tick_sends_once_and_counts_on_from_then() -> None:
    step = tick(begun().transaction, 10_000 * MS)
    assert told(step) == ["send INVITE"]
    assert step.transaction.deadline == 11_000 * MS
