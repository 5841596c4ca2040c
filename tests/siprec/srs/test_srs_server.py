"""The recording server's machine: how it answers a client, and what it notices (RFC 7866, 3261, 4028)."""

from __future__ import annotations

import pytest

from emulator.core.models import SECOND
from emulator.siprec.net.link import Transport
from emulator.siprec.sdp.description import parse_sdp
from emulator.siprec.sip.digest import Credentials, authorization, parse_challenge
from emulator.siprec.sip.message import Request, Response
from emulator.siprec.srs.actions import (
    Action,
    Began,
    End,
    Ended,
    Flowing,
    Ignored,
    MetadataCame,
    Objected,
    Transmit,
)
from emulator.siprec.srs.manner import Answer, Manner, manner_of
from emulator.siprec.srs.server import MOST_TRANSACTIONS
from tests.siprec.srs.calling import LINK, METADATA, Caller, FakeLink, methods, recorded, statuses


def only(actions: list[Action]) -> Action:
    """The one action."""
    (action,) = actions
    return action


def ended(caller: Caller) -> tuple[End, int]:
    """How the one session ended."""
    (action,) = caller.of(Ended)
    assert isinstance(action, Ended)
    return action.how, action.status


def test_a_well_formed_invite_is_answered_with_recvonly_streams_and_no_objection() -> None:
    caller = Caller()
    (answer,) = caller.invite()
    assert isinstance(answer, Response)
    described = parse_sdp(answer.body)
    assert [media.port for media in described.media] == [50_000, 50_002]
    # it is not Telnyx's media gateway, and says so to whoever reads a capture
    assert (described.origin.username, described.name) == ("-", "telnyx-siprec-emulator recording server")
    assert [media.get("recvonly") for media in described.media] == ["", ""]
    assert [media.get("label") for media in described.media] == ["inbound", "outbound"]
    assert "+sip.srs" in (answer.headers.get("Contact") or "")
    assert caller.of(Objected) == []
    assert only(caller.of(MetadataCame)) == MetadataCame(session=1, document=METADATA.encode())
    flowing = only(caller.of(Flowing))
    assert isinstance(flowing, Flowing)
    assert [stream.label for stream in flowing.streams] == ["inbound", "outbound"]
    assert all(stream.receiving for stream in flowing.streams)


def test_a_bye_is_answered_and_ends_the_session() -> None:
    caller = recorded()
    caller.cseq = 2
    assert statuses(caller.say(caller.request("BYE"))) == [200]
    assert ended(caller) == (End.CLIENT, 200)
    assert not caller.server.busy


def test_a_200_is_sent_again_until_its_ack_comes_even_over_tcp() -> None:
    caller = Caller(link=FakeLink(transport=Transport.TCP))
    caller.invite()
    assert statuses(caller.wait(4 * SECOND)) == [200, 200, 200]
    caller.ack()
    assert caller.wait(10 * SECOND) == []


def test_a_200_without_any_ack_ends_with_bye_after_32_seconds() -> None:
    caller = Caller()
    caller.invite()
    sent = caller.wait(33 * SECOND)
    assert methods(sent)[:1] == ["BYE"]
    caller.answer(next(one for one in sent if isinstance(one, Request)), 200)
    assert ended(caller) == (End.UNACKNOWLEDGED, 200)


@pytest.mark.parametrize(
    ("word", "status"), [("busy", 486), ("decline", 603), ("not-found", 404), ("503", 503), ("606", 606)]
)
def test_a_refusal_is_answered_as_it_is_called_and_judged_all_the_same(word: str, status: int) -> None:
    manner = manner_of(word)
    assert manner is not None
    caller = Caller(manner=manner)
    assert statuses(caller.invite(extra="")) == [status]
    assert ended(caller) == (End.REFUSED, status)
    assert caller.of(Objected)
    assert caller.wait(64 * SECOND) != []
    assert caller.server.deadline is None


@pytest.mark.parametrize("word", ["", "200", "99", "700", "bsuy", "\uff14\uff18\uff16", "-486"])
def test_a_word_that_is_no_answer_is_none(word: str) -> None:
    assert manner_of(word) is None


def test_a_silent_server_says_nothing_at_all() -> None:
    caller = Caller(manner=Manner(answer=Answer.SILENT))
    assert caller.invite() == []
    assert caller.wait(60 * SECOND) == []
    assert caller.of(Began) == []


def test_a_ringing_server_waits_for_the_cancel() -> None:
    caller = Caller(manner=Manner(answer=Answer.RING))
    assert statuses(caller.invite()) == [180]
    assert caller.wait(300 * SECOND) == []
    assert statuses(caller.say(caller.request("CANCEL"))) == [200, 487]
    assert ended(caller) == (End.CANCELLED, 487)


def test_a_ringing_server_does_not_wait_for_ever_for_a_client_that_is_gone() -> None:
    caller = Caller(manner=Manner(answer=Answer.RING))
    caller.invite()
    assert statuses(caller.wait(600 * SECOND)) == [480]
    assert ended(caller) == (End.REFUSED, 480)


@pytest.mark.parametrize(
    ("transport", "via", "port"),
    [
        # RFC 3261 section 18.2.2: to the port in Via; some clients send from any other
        (Transport.UDP, "SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bK-1", 5070),
        (Transport.UDP, "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK-1", 5060),
        # RFC 3581 section 4: to where it came from, if the client asks for it
        (Transport.UDP, "SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bK-1;rport", 49_152),
        (Transport.TCP, "SIP/2.0/TCP 192.0.2.7:5070;branch=z9hG4bK-1", 49_152),
    ],
)
def test_an_answer_goes_to_the_port_that_via_asks_for(transport: Transport, via: str, port: int) -> None:
    caller = Caller(link=FakeLink(remote=("192.0.2.7", 49_152), transport=transport))
    written = b"SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bK-rs-1-1-OPTIONS;rport"
    caller.say(caller.request("OPTIONS").replace(written, via.encode()))
    (sent,) = caller.of(Transmit)
    assert isinstance(sent, Transmit)
    assert sent.link.remote == ("192.0.2.7", port)


def test_both_answers_of_a_cancelled_invite_have_one_tag() -> None:
    # RFC 3261 section 9.2
    caller = Caller(manner=Manner(answer=Answer.RING))
    caller.invite()
    cancelled, invited = caller.say(caller.request("CANCEL"))
    assert cancelled.headers.get("To") == invited.headers.get("To")


def test_a_flood_of_requests_is_held_in_bounded_memory() -> None:
    caller = Caller()
    answered = sum(
        len(caller.server.received(caller.request("OPTIONS", number=number), LINK, caller.now))
        for number in range(MOST_TRANSACTIONS + 100)
    )
    assert answered == MOST_TRANSACTIONS
    caller.wait(33 * SECOND)
    assert statuses(caller.say(caller.request("OPTIONS", number=MOST_TRANSACTIONS + 200))) == [200]


def test_a_cancel_of_nothing_is_481() -> None:
    caller = Caller()
    assert statuses(caller.say(caller.request("CANCEL"))) == [481]


def test_a_cancel_after_the_answer_changes_nothing() -> None:
    caller = Caller()
    caller.invite()
    tag, caller.to_tag = caller.to_tag, ""
    assert statuses(caller.say(caller.request("CANCEL"))) == [200]
    caller.to_tag = tag
    caller.ack()
    assert caller.of(Ended) == []


def test_ringing_for_a_while_ends_in_an_answer() -> None:
    caller = Caller(manner=Manner(ring_for=2 * SECOND))
    assert statuses(caller.invite()) == [180]
    assert statuses(caller.wait(2 * SECOND)) == [200]


def test_422_names_twice_the_interval_and_takes_the_second_try() -> None:
    caller = Caller(manner=Manner(answer=Answer.TOO_SHORT))
    extra = "Require: siprec\r\nSupported: timer\r\nSession-Expires: 120\r\n"
    (refused,) = caller.invite(extra=extra)
    assert isinstance(refused, Response)
    assert (refused.status, refused.headers.get("Min-SE")) == (422, "240")
    caller.ack()
    caller.cseq = 2
    assert statuses(caller.invite(extra=extra.replace("120", "240"))) == [200]


def test_an_interval_below_the_minimum_is_422_whatever_the_manner() -> None:
    caller = Caller()
    (refused,) = caller.invite(extra="Require: siprec\r\nSession-Expires: 60\r\n")
    assert isinstance(refused, Response)
    assert (refused.status, refused.headers.get("Min-SE")) == (422, "90")


def test_a_challenge_lets_in_who_knows_the_password() -> None:
    credentials = Credentials(username="telnyx", password="secret")
    caller = Caller(manner=Manner(answer=Answer.CHALLENGE, credentials=credentials))
    (refused,) = caller.invite()
    assert isinstance(refused, Response)
    assert refused.status == 401
    challenge = parse_challenge(refused.headers.every("WWW-Authenticate")[0])
    caller.cseq = 2
    said = authorization(challenge, credentials, "INVITE", "sip:srs@192.0.2.1", "c", 1)
    extra = f"Require: siprec\r\nAuthorization: {said}\r\n"
    assert statuses(caller.invite(extra=extra)) == [200]


def test_a_challenge_refuses_a_wrong_password_for_good() -> None:
    known = Credentials(username="telnyx", password="secret")
    caller = Caller(manner=Manner(answer=Answer.CHALLENGE, credentials=known))
    (refused,) = caller.invite()
    assert isinstance(refused, Response)
    challenge = parse_challenge(refused.headers.every("WWW-Authenticate")[0])
    wrong = Credentials(username="telnyx", password="guess")
    said = authorization(challenge, wrong, "INVITE", "sip:srs@192.0.2.1", "c", 1)
    caller.cseq = 2
    assert statuses(caller.invite(extra=f"Require: siprec\r\nAuthorization: {said}\r\n")) == [401]
    assert ended(caller) == (End.REFUSED, 401)


def test_an_option_that_is_not_understood_is_420() -> None:
    caller = Caller()
    (refused,) = caller.invite(extra="Require: siprec, 100rel\r\n")
    assert isinstance(refused, Response)
    assert (refused.status, refused.headers.get("Unsupported")) == (420, "100rel")


def test_a_session_without_ports_is_503() -> None:
    caller = Caller(gives_ports=False)
    assert statuses(caller.invite()) == [503]
    assert ended(caller) == (End.REFUSED, 503)


def test_what_is_no_sip_is_ignored_with_a_reason() -> None:
    caller = Caller()
    assert caller.say(b"GET / HTTP/1.1\r\n\r\n") == []
    assert isinstance(only(caller.of(Ignored)), Ignored)


def test_a_session_that_is_not_refreshed_is_ended() -> None:
    caller = Caller()
    extra = "Require: siprec\r\nSupported: timer\r\nSession-Expires: 90;refresher=uac\r\n"
    (answer,) = caller.invite(extra=extra)
    assert isinstance(answer, Response)
    assert answer.headers.get("Session-Expires") == "90;refresher=uac"
    caller.ack()
    assert caller.wait(59 * SECOND) == []
    # half a minute before the end: RFC 4028 section 10
    sent = caller.wait(SECOND)
    assert methods(sent) == ["BYE"]
    caller.answer(next(one for one in sent if isinstance(one, Request)), 481)
    assert ended(caller) == (End.EXPIRED, 200)


def test_a_refresh_keeps_the_session() -> None:
    caller = Caller()
    extra = "Require: siprec\r\nSupported: timer\r\nSession-Expires: 90;refresher=uac\r\n"
    caller.invite(extra=extra)
    caller.ack()
    caller.wait(45 * SECOND)
    caller.cseq = 2
    (answer,) = caller.invite(extra=extra)
    assert isinstance(answer, Response)
    assert len(parse_sdp(answer.body).media) == 2
    caller.ack()
    assert caller.wait(50 * SECOND) == []
    assert caller.of(Ended) == []


def test_hanging_up_after_a_while_sends_bye() -> None:
    caller = recorded(Manner(hang_up_after=5 * SECOND))
    sent = caller.wait(5 * SECOND)
    assert methods(sent) == ["BYE"]
    caller.answer(next(one for one in sent if isinstance(one, Request)), 200)
    assert ended(caller) == (End.SERVER, 200)


def test_a_bye_that_nobody_answers_ends_the_session_all_the_same() -> None:
    caller = recorded(Manner(hang_up_after=5 * SECOND))
    caller.wait(60 * SECOND)
    assert ended(caller) == (End.SERVER, 200)


def test_a_request_that_is_older_than_the_last_is_500() -> None:
    caller = recorded()
    assert statuses(caller.say(caller.request("OPTIONS", number=1))) == [500]


def test_requests_within_and_outside_a_dialog_are_told_apart() -> None:
    caller = recorded()
    caller.cseq = 2
    assert statuses(caller.say(caller.request("OPTIONS"))) == [200]
    caller.cseq = 3
    assert statuses(caller.say(caller.request("INFO"))) == [405]
    caller.to_tag = "another"
    assert statuses(caller.say(caller.request("BYE", number=4))) == [481]
    assert statuses(caller.say(caller.request("INFO", number=5))) == [481]
    caller.to_tag = ""
    assert statuses(caller.say(caller.request("OPTIONS", number=6))) == [200]
    assert statuses(caller.say(caller.request("MESSAGE", number=7))) == [405]


def test_an_invite_that_is_repeated_is_answered_the_same() -> None:
    caller = Caller(manner=Manner(answer=Answer.RING))
    first = caller.invite()
    assert statuses(first) == [180]
    assert caller.invite() == first


def test_hanging_up_ends_what_is_under_way_and_what_rings() -> None:
    caller = recorded()
    sent = [one.message for one in caller.server.hang_up(caller.now) if hasattr(one, "message")]
    assert [one.method for one in sent if isinstance(one, Request)] == ["BYE"]
    ringing = Caller(manner=Manner(answer=Answer.RING))
    ringing.invite()
    answers = [one.message for one in ringing.server.hang_up(ringing.now) if hasattr(one, "message")]
    assert [one.status for one in answers if isinstance(one, Response)] == [480]


def test_a_server_that_hangs_up_lets_nobody_in_any_more() -> None:
    caller = Caller()
    caller.server.hang_up(caller.now)
    assert statuses(caller.invite()) == [503]
    assert not caller.server.busy


def test_a_lost_link_ends_what_is_unanswered_alone() -> None:
    ringing = Caller(manner=Manner(answer=Answer.RING), link=FakeLink(transport=Transport.TCP))
    ringing.invite()
    assert any(isinstance(one, Ended) for one in ringing.server.lost(ringing.link, ringing.now))
    under_way = recorded()
    assert not any(isinstance(one, Ended) for one in under_way.server.lost(under_way.link, under_way.now))


@pytest.mark.parametrize("via", ["", "Via: ,\r\n", "Via: none\r\n"])
def test_a_request_that_can_not_be_answered_for_want_of_a_via_is_ignored(via: str) -> None:
    caller = Caller()
    assert caller.say(f"OPTIONS sip:srs@192.0.2.1 SIP/2.0\r\n{via}CSeq: 1 OPTIONS\r\n\r\n".encode()) == []
    assert isinstance(only(caller.actions), Ignored)
