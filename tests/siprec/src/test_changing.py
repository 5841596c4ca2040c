"""Refreshes and hanging up: what the client asks within the session, and what comes of it."""

from __future__ import annotations

import pytest

from emulator.core.srs import Misconduct, SrsReason
from emulator.siprec.metadata.reading import read_metadata
from emulator.siprec.sdp.description import parse_sdp
from emulator.siprec.sdp.streams import Direction
from emulator.siprec.sip.digest import Credentials
from emulator.siprec.src.actions import Answered, Ended, MediaChanged, Noted, Over, StopMedia
from emulator.siprec.src.bodies import description_in
from tests.siprec.src.peer import SDP, directed, up

UAC = ("Session-Expires", "100;refresher=uac")
UAS = ("Session-Expires", "100;refresher=uas")


# --- refreshes ---


def test_a_refresh_goes_by_reinvite_at_half_with_the_same_offer_and_version() -> None:
    peer = up(UAC)
    peer.pass_time(49)
    assert peer.asked("INVITE") == 1
    peer.pass_time(1)
    first, refresh = peer.requests("INVITE")
    assert parse_sdp(refresh.body) == description_in(first)
    assert refresh.uri == "sip:srs@192.0.2.9:5070"
    assert refresh.headers.get("CSeq") == "2 INVITE"
    assert refresh.headers.get("Session-Expires") == "1800;refresher=uac"
    assert refresh.headers.get("Supported") == "timer"
    assert "+sip.src" in (refresh.headers.get("Contact") or "")


def test_each_refresh_is_acknowledged_and_followed_by_the_next() -> None:
    peer = up(UAC)
    for number in (2, 3, 4):
        peer.pass_time(50)
        peer.answer(200, UAC)
        assert peer.request("ACK").headers.get("CSeq") == f"{number} ACK"
    assert not peer.told(MediaChanged)
    assert len(peer.told(Answered)) == 1


def test_without_a_word_of_timers_in_the_2xx_the_client_refreshes_at_half_of_what_it_asked() -> None:
    peer = up(session_timeout_secs=200)
    peer.pass_time(99)
    assert peer.asked("INVITE") == 1
    peer.pass_time(2)
    assert peer.asked("INVITE") == 2


def test_a_session_without_a_timer_is_never_refreshed() -> None:
    peer = up(session_timeout_secs=0)
    peer.pass_time(10_000)
    assert peer.asked("INVITE") == 1
    assert not peer.told(Ended)


def test_a_client_that_is_told_not_to_refresh_does_not_and_leaves_the_end_to_the_srs() -> None:
    peer = up(UAC, misconduct=Misconduct(no_refresh=True))
    peer.pass_time(1_000)
    assert peer.asked("INVITE") == 1
    assert not peer.told(Ended)


def test_a_client_that_plays_dead_leaves_the_end_to_the_srs_too() -> None:
    peer = up(UAC, misconduct=Misconduct(silence=20_000_000))
    peer.pass_time(1_000)
    assert peer.asked("INVITE") == 1
    assert not peer.told(Ended)


def test_an_srs_that_should_refresh_and_does_not_is_left_shortly_before_the_end() -> None:
    peer = up(UAS)
    peer.pass_time(67)
    assert not peer.told(Ended)
    peer.pass_time(2)
    assert peer.outcome() == Ended(why=SrsReason.TIMER, reason="the session was not refreshed in time")
    assert len(peer.requests("BYE")) == 2
    assert peer.asked("INVITE") == 1


@pytest.mark.parametrize("status", [408, 481])
def test_a_refresh_that_meets_nobody_ends_the_session(status: int) -> None:
    peer = up(UAC)
    peer.pass_time(50)
    peer.answer(status)
    outcome = peer.outcome()
    assert isinstance(outcome, Ended)
    assert (outcome.why, outcome.status) == (SrsReason.TIMER, status)
    assert peer.request("BYE").headers.get("CSeq") == "3 BYE"
    assert any(isinstance(one, StopMedia) for one in peer.did)


def test_a_refresh_that_nobody_answers_ends_the_session() -> None:
    peer = up(session_timeout_secs=400)
    peer.pass_time(200)
    peer.pass_time(31)
    assert not peer.told(Ended)
    peer.pass_time(2)
    outcome = peer.outcome()
    assert isinstance(outcome, Ended)
    assert outcome.why is SrsReason.TIMER
    assert peer.requests("BYE")


def test_a_refresh_whose_way_is_gone_ends_the_session() -> None:
    peer = up(UAC)
    peer.pass_time(50)
    peer.lose(SrsReason.LOST)
    outcome = peer.outcome()
    assert isinstance(outcome, Ended)
    assert outcome.why is SrsReason.LOST


def test_a_way_that_is_lost_while_nothing_is_asked_ends_nothing() -> None:
    peer = up()
    peer.lose(SrsReason.LOST)
    assert not peer.told(Ended)
    assert peer.told(Noted)


def test_a_refresh_that_crosses_another_is_tried_again_after_2_to_4_seconds() -> None:
    peer = up(UAC)
    peer.pass_time(50)
    peer.answer(491)
    peer.pass_time(2)
    assert peer.asked("INVITE") == 2
    peer.pass_time(2)
    assert peer.asked("INVITE") == 3
    assert peer.request("INVITE").headers.get("CSeq") == "3 INVITE"
    peer.answer(200, UAC)
    assert not peer.told(Ended)


def test_retry_after_is_heeded() -> None:
    peer = up(UAC)
    peer.pass_time(50)
    peer.answer(500, ("Retry-After", "7"))
    peer.pass_time(6)
    assert peer.asked("INVITE") == 2
    peer.pass_time(1)
    assert peer.asked("INVITE") == 3


def test_a_refresh_that_is_refused_for_good_ends_the_session_at_its_time() -> None:
    peer = up(UAC)
    peer.pass_time(50)
    peer.answer(488)
    assert not peer.told(Ended)
    peer.pass_time(10)
    peer.answer(488)
    peer.pass_time(10)
    outcome = peer.outcome()
    assert isinstance(outcome, Ended)
    assert outcome.why is SrsReason.TIMER


def test_a_refresh_is_asked_again_with_a_longer_interval_and_with_credentials() -> None:
    peer = up(UAC, credentials=Credentials(username="me", password="secret"), session_timeout_secs=100)
    peer.pass_time(50)
    peer.answer(422, ("Min-SE", "300"))
    again = peer.request("INVITE")
    assert again.headers.get("Session-Expires") == "300;refresher=uac"
    assert again.headers.get("CSeq") == "3 INVITE"
    peer.answer(401, ("WWW-Authenticate", 'Digest realm="srs", nonce="n", qop="auth"'))
    third = peer.request("INVITE")
    assert third.headers.get("CSeq") == "4 INVITE"
    assert third.headers.get("Authorization") is not None
    peer.answer(200, ("Session-Expires", "300;refresher=uac"))
    peer.pass_time(140)
    assert not peer.told(Ended)


def test_the_answer_to_a_refresh_may_change_media() -> None:
    peer = up(UAC)
    peer.pass_time(50)
    peer.answer(200, UAC, body=directed(Direction.INACTIVE))
    assert peer.told(MediaChanged)
    assert not any(stream.sending for stream in peer.conduct.agreed)


def test_a_repeated_2xx_of_a_refresh_is_acknowledged_again() -> None:
    peer = up(UAC)
    peer.pass_time(50)
    peer.answer(200, UAC)
    peer.answer(200, UAC)
    acks = peer.requests("ACK")
    assert len(acks) == 3
    assert acks[1] == acks[2]


def test_a_refresh_waits_for_the_ack_of_the_srs() -> None:
    peer = up(UAC)
    peer.pass_time(49)
    invite = peer.ask("INVITE", SDP, body=directed(Direction.RECVONLY))
    peer.pass_time(10)
    assert peer.asked("INVITE") == 1
    peer.acknowledge(invite)
    peer.pass_time(41)
    assert peer.asked("INVITE") == 2


# --- hanging up ---


def test_hanging_up_says_bye_with_the_end_of_the_recording_and_tells_at_once() -> None:
    peer = up()
    peer.pass_time(5)
    peer.hang_up()
    assert peer.outcome() == Ended()
    bye = peer.request("BYE")
    assert bye.uri == "sip:srs@192.0.2.9:5070"
    assert bye.headers.get("CSeq") == "2 BYE"
    assert bye.headers.get("Content-Disposition") == "recording-session"
    assert "+sip.src" in (bye.headers.get("Contact") or "")
    assert read_metadata(bye.body).sessions[0].stop_time == "1970-01-01T00:00:05.000Z"
    assert not peer.over
    peer.answer(200, to=bye)
    assert peer.over


def test_a_bye_that_nobody_answers_is_sent_again_and_given_up() -> None:
    peer = up()
    peer.hang_up()
    peer.pass_time(31)
    assert len(peer.requests("BYE")) == 10
    assert not peer.told(Over)
    peer.pass_time(2)
    assert peer.over
    assert peer.outcome() == Ended()
    assert peer.told(Noted)[-1] == Noted(text="the SRS did not answer the BYE")


def test_a_bye_that_is_challenged_is_answered_for() -> None:
    peer = up(credentials=Credentials(username="me", password="secret"))
    peer.hang_up()
    peer.answer(407, ("Proxy-Authenticate", 'Digest realm="p", nonce="n"'), to=peer.request("BYE"))
    again = peer.request("BYE")
    assert again.headers.get("CSeq") == "3 BYE"
    assert again.headers.get("Proxy-Authorization") is not None
    peer.answer(200, to=again)
    assert peer.over


def test_hanging_up_twice_says_bye_once() -> None:
    peer = up()
    peer.hang_up()
    peer.hang_up()
    assert len(peer.requests("BYE")) == 1


def test_a_refresh_that_is_answered_after_hanging_up_is_acknowledged_and_no_more() -> None:
    peer = up(UAC)
    peer.pass_time(50)
    peer.hang_up()
    peer.answer(200, UAC, to=peer.request("INVITE"))
    assert peer.request("ACK").headers.get("CSeq") == "2 ACK"
    peer.answer(200, to=peer.request("BYE"))
    assert peer.over
