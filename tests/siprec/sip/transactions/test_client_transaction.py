"""The client's machine of other requests, beside RFC 3261 figure 6."""

from __future__ import annotations

from emulator.siprec.sip.transactions import client
from emulator.siprec.sip.transactions.timers import Timers
from emulator.siprec.sip.transactions.transaction import Step, broken, received
from tests.siprec.sip.transactions.wires import MS, answer, played, request, told

BYE = request("BYE")


def begun(*, reliable: bool = False) -> Step:
    return client.begin(BYE, 0, reliable=reliable, timers=Timers())


def test_a_request_is_sent_again_with_pauses_of_at_most_4_seconds_until_32_are_over() -> None:
    _, story = played(begun().transaction, 40_000)
    sent = [at for at, word in story if word == "send BYE"]
    assert sent == [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
    assert story[-2:] == [(32_000, "TimedOut"), (32_000, "Terminated")]


def test_a_provisional_answer_leaves_the_end_and_slows_the_repeating() -> None:
    step = received(begun().transaction, answer(BYE, 100), 100 * MS)
    assert told(step) == ["deliver 100"]
    _, story = played(step.transaction, 40_000)
    sent = [at for at, word in story if word == "send BYE"]
    assert sent == [500, 4_500, 8_500, 12_500, 16_500, 20_500, 24_500, 28_500]
    assert story[-2:] == [(32_000, "TimedOut"), (32_000, "Terminated")]


def test_a_final_answer_is_delivered_once_and_absorbed_for_5_seconds() -> None:
    step = received(begun().transaction, answer(BYE, 200), 100 * MS)
    assert told(step) == ["deliver 200"]
    assert told(received(step.transaction, answer(BYE, 200), 200 * MS)) == []
    assert played(step.transaction, 40_000)[1] == [(5_100, "Terminated")]


def test_over_a_reliable_transport_it_is_sent_once_and_a_final_answer_ends_it_at_once() -> None:
    step = begun(reliable=True)
    assert played(step.transaction, 40_000)[1] == [(32_000, "TimedOut"), (32_000, "Terminated")]
    assert told(received(step.transaction, answer(BYE, 481), 0)) == ["deliver 481", "Terminated"]


def test_a_transport_that_fails_ends_it() -> None:
    assert told(broken(begun().transaction, 0)) == ["Broken", "Terminated"]
