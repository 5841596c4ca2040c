"""Refusals that say how to ask again: challenges, and session intervals that are too short."""

from __future__ import annotations

from emulator.core.srs import SrsReason
from emulator.siprec.sip.digest import Credentials, parse_authorization, verified
from emulator.siprec.src.actions import Answered, Failed
from tests.siprec.src.peer import placed

CHALLENGE = ("WWW-Authenticate", 'Digest realm="srs", nonce="n1", qop="auth", algorithm=SHA-256')
LOGIN = Credentials(username="me", password="secret")


def test_a_challenge_is_answered_once_with_the_next_number_and_the_same_call_id() -> None:
    peer = placed(credentials=LOGIN)
    peer.answer(401, CHALLENGE)
    first, second = peer.requests("INVITE")
    assert second.headers.get("CSeq") == "2 INVITE"
    for name in ("Call-ID", "From", "To"):
        assert second.headers.get(name) == first.headers.get(name)
    assert second.headers.get("Via") != first.headers.get("Via")
    assert second.body == first.body
    written = second.headers.get("Authorization")
    assert written is not None
    assert verified(parse_authorization(written), LOGIN, "INVITE")
    peer.answer(401, CHALLENGE, to=second)
    assert len(peer.requests("INVITE")) == 2
    assert peer.outcome() == Failed(why=SrsReason.RESPONSE, status=401, reason="Unauthorized")


def test_a_stale_nonce_is_answered_once_more() -> None:
    peer = placed(credentials=LOGIN)
    peer.answer(401, CHALLENGE)
    peer.answer(401, ("WWW-Authenticate", CHALLENGE[1] + ", stale=true"))
    peer.answer(401, ("WWW-Authenticate", CHALLENGE[1] + ", stale=true"))
    assert len(peer.requests("INVITE")) == 3
    assert peer.told(Failed)


def test_a_proxys_challenge_and_the_servers_are_both_answered() -> None:
    peer = placed(credentials=LOGIN)
    peer.answer(407, ("Proxy-Authenticate", 'Digest realm="proxy", nonce="p"'))
    peer.answer(401, CHALLENGE)
    third = peer.request("INVITE")
    assert third.headers.get("CSeq") == "3 INVITE"
    assert third.headers.get("Proxy-Authorization") is not None
    assert third.headers.get("Authorization") is not None
    peer.answer(200)
    assert peer.request("ACK").headers.get("Authorization") == third.headers.get("Authorization")
    peer.hang_up()
    bye = parse_authorization(peer.request("BYE").headers.get("Authorization") or "")
    assert (bye.count, bye.nonce) == (2, "n1")


def test_without_credentials_a_challenge_is_a_failure() -> None:
    peer = placed()
    peer.answer(407, ("Proxy-Authenticate", 'Digest realm="proxy", nonce="p"'))
    assert peer.told(Failed)[0].status == 407


def test_ever_new_realms_and_ever_longer_intervals_are_not_followed_for_ever() -> None:
    for status, name, value in (
        (401, "WWW-Authenticate", 'Digest realm="r{}", nonce="n"'),
        (422, "Min-SE", "{}"),
    ):
        peer = placed(credentials=LOGIN)
        for number in range(5_000, 5_040):
            if not peer.told(Failed):
                peer.answer(status, (name, value.format(number)))
        assert peer.told(Failed)[0].status == status
        assert peer.requests("INVITE")[-1].headers.get("CSeq") == "7 INVITE"


def test_a_422_is_followed_by_an_invite_with_its_interval() -> None:
    peer = placed(session_timeout_secs=90)
    peer.answer(422, ("Min-SE", "200"))
    first, second = peer.requests("INVITE")
    assert second.headers.get("Session-Expires") == "200"
    assert second.headers.get("Min-SE") == "200"
    assert second.headers.get("CSeq") == "2 INVITE"
    assert second.headers.get("Call-ID") == first.headers.get("Call-ID")
    peer.answer(200)
    assert peer.told(Answered)


def test_a_422_that_asks_for_nothing_longer_is_a_failure() -> None:
    peer = placed()
    peer.answer(422, ("Min-SE", "90"))
    assert peer.told(Failed)[0].status == 422
