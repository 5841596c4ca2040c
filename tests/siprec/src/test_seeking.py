"""An INVITE goes on to the SRS's next address where one fails (RFC 3263 section 4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.core.models import SECOND
from emulator.core.srs import SrsReason
from emulator.siprec.sip.digest import Credentials
from emulator.siprec.sip.via import parse_via
from emulator.siprec.src.actions import Answered, Ended, Failed, Noted, Ringing, Seek, StartMedia
from emulator.siprec.src.bodies import description_in
from tests.siprec.src.peer import Peer, addresses, placed

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.siprec.sip.message import Request

TWO = addresses(2)
TIMER_B = 32
"""Seconds: 64*T1 (RFC 3261 section 17.1.1.2)."""


def sought(peer: Peer) -> list[Seek]:
    return [action for action in peer.did if isinstance(action, Seek)]


def branch(request: Request) -> str | None:
    return parse_via(request.headers.get("Via") or "").parameters.get("branch")


def test_a_503_leads_to_the_next_address_once_it_is_acknowledged() -> None:
    peer = placed(left=TWO)
    peer.answer(503)
    assert peer.asked("ACK") == 1
    assert sought(peer) == [Seek(destinations=TWO)]
    assert peer.told(Failed) == []
    # nothing is sent before there is a way
    assert len(peer.requests("INVITE")) == 1


def test_the_next_address_gets_the_same_request_in_a_transaction_of_its_own() -> None:
    peer = placed(left=TWO)
    peer.answer(503)
    peer.reach(TWO[1:])
    first, second = peer.requests("INVITE")
    same = ("From", "To", "Call-ID", "CSeq", "Require", "Session-Expires")
    assert [first.headers.get(name) for name in same] == [second.headers.get(name) for name in same]
    assert first.uri == second.uri
    assert branch(first) != branch(second)
    # this side stands elsewhere on the way there
    assert ":5090" in (second.headers.get("Contact") or "")
    assert media_ports(first) + media_ports(second) == [40_000, 40_002, 40_100, 40_102]


def media_ports(request: Request) -> list[int]:
    description = description_in(request)
    assert description is not None
    return [media.port for media in description.media]


def test_what_is_noted_of_the_request_is_noted_once_and_each_address_that_is_left_too() -> None:
    peer = placed(left=TWO)
    peer.answer(503)
    peer.reach(TWO[1:])
    peer.lose()
    large, *left = (note.text for note in peer.told(Noted))
    assert "goes over UDP, as asked" in large
    tried = "the SRS's next address is tried:"
    assert left == [f"{tried} 503 Service Unavailable", f"{tried} refused"]


def test_the_session_comes_up_at_the_next_address() -> None:
    peer = placed(left=TWO)
    peer.answer(503)
    peer.reach()
    peer.answer(200)
    assert len(peer.told(Answered)) == 1
    assert [type(one) for one in peer.did if isinstance(one, StartMedia)] == [StartMedia]
    peer.hang_up()
    peer.answer(200, to=peer.request("BYE"))
    assert peer.outcome() == Ended()


def test_an_address_that_is_silent_is_left_after_timer_b() -> None:
    peer = placed(left=TWO)
    peer.pass_time(TIMER_B - 1)
    assert sought(peer) == []
    peer.pass_time(1)
    assert sought(peer) == [Seek(destinations=TWO)]


@pytest.mark.parametrize("answered", [False, True])
def test_a_way_that_carries_nothing_is_left(answered: bool) -> None:
    peer = placed(left=TWO)
    if answered:
        peer.answer(100)
    peer.lose()
    assert sought(peer) == [Seek(destinations=TWO)]


@pytest.mark.parametrize("status", [302, 404, 408, 486, 500, 504, 603])
def test_any_other_refusal_is_the_answer(status: int) -> None:
    peer = placed(left=TWO)
    peer.answer(status)
    assert sought(peer) == []
    assert peer.outcome() == Failed(why=SrsReason.RESPONSE, status=status, reason=peer.told(Failed)[0].reason)


def test_a_single_address_with_503_fails_at_once() -> None:
    peer = placed()
    peer.answer(503)
    assert sought(peer) == []
    assert peer.outcome() == Failed(why=SrsReason.RESPONSE, status=503, reason="Service Unavailable")
    assert peer.over


def overloaded(peer: Peer) -> None:
    peer.answer(503)


def silent(peer: Peer) -> None:
    peer.pass_time(TIMER_B)


def refused(peer: Peer) -> None:
    peer.lose()


@pytest.mark.parametrize(
    ("at_first", "at_last", "why", "status"),
    [
        (silent, overloaded, SrsReason.RESPONSE, 503),
        (overloaded, refused, SrsReason.REFUSED, None),
        (overloaded, Peer.fail_to_reach, SrsReason.REFUSED, None),
    ],
)
def test_what_the_last_address_did_is_the_cause(
    at_first: Callable[[Peer], None], at_last: Callable[[Peer], None], why: SrsReason, status: int | None
) -> None:
    peer = placed(left=addresses(1))
    at_first(peer)
    if at_last is not Peer.fail_to_reach:
        peer.reach()
    at_last(peer)
    failed = peer.outcome()
    assert isinstance(failed, Failed)
    assert (failed.why, failed.status) == (why, status)
    assert peer.over


def test_silence_everywhere_is_bounded_by_the_answer_timer() -> None:
    """60 s hold one whole timer B, and part of another."""
    peer = placed(left=TWO)
    peer.pass_time(TIMER_B)
    peer.reach(TWO[1:])
    peer.pass_time(60 - TIMER_B)
    assert peer.outcome() == Failed(why=SrsReason.NO_ANSWER, reason="no answer in time")
    assert len(sought(peer)) == 1


def test_the_answer_timer_counts_while_a_way_is_sought() -> None:
    peer = placed(left=TWO, answer_timeout=10 * SECOND)
    peer.answer(503)
    peer.pass_time(10)
    assert peer.outcome() == Failed(why=SrsReason.NO_ANSWER, reason="no answer in time")
    assert peer.over
    # a way that is there now comes too late
    peer.reach()
    assert len(peer.requests("INVITE")) == 1


def test_hanging_up_while_a_way_is_sought_ends_it() -> None:
    peer = placed(left=TWO)
    peer.answer(503)
    peer.hang_up()
    assert peer.outcome() == Ended()
    assert peer.over
    peer.reach()
    peer.fail_to_reach()
    assert len(peer.requests("INVITE")) == 1
    assert peer.outcome() == Ended()


def test_one_that_was_hung_up_on_goes_nowhere_else() -> None:
    peer = placed(left=TWO)
    peer.answer(180)
    peer.hang_up()
    peer.answer(503)
    assert sought(peer) == []
    assert peer.outcome() == Ended()


def test_what_the_address_before_says_late_is_not_listened_to() -> None:
    peer = placed(left=TWO)
    peer.answer(503)
    peer.reach()
    first, _ = peer.requests("INVITE")
    peer.answer(200, to=first)
    assert peer.told(Answered) == []
    peer.answer(200)
    assert len(peer.told(Answered)) == 1


def test_ringing_is_told_once_however_many_addresses_ring() -> None:
    peer = placed(left=TWO)
    peer.answer(180)
    peer.answer(503)
    peer.reach()
    peer.answer(180)
    assert [one.status for one in peer.told(Ringing)] == [180]


def test_a_request_that_got_over_a_challenge_keeps_its_number_and_its_answer() -> None:
    peer = placed(left=TWO, credentials=Credentials(username="me", password="secret"))
    peer.answer(401, ("WWW-Authenticate", 'Digest realm="a", nonce="b", qop="auth"'))
    peer.answer(503)
    peer.reach()
    _, second, third = peer.requests("INVITE")
    assert second.headers.get("CSeq") == third.headers.get("CSeq") == "2 INVITE"
    assert 'nonce="b"' in (third.headers.get("Authorization") or "")
