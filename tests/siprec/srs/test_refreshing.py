"""The server keeps a session alive that its client leaves to it (RFC 4028 sections 7.4 and 10, RFC 3311)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.core.models import SECOND
from emulator.siprec.sdp.description import parse_sdp
from emulator.siprec.sip.message import Message, Request, Response
from emulator.siprec.srs.actions import End, Ended, Flowing, Objected
from emulator.siprec.srs.manner import Manner
from tests.siprec.srs.calling import SDP, Caller, methods

if TYPE_CHECKING:
    from emulator.core.models import Duration

HALF = 45 * SECOND
"""Of the interval, when a refresh goes (RFC 4028 section 10)."""

UPDATES = "Allow: INVITE, ACK, BYE, UPDATE\r\n"
NO_UPDATES = "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\n"
AGREED = "Session-Expires: 90;refresher=uac\r\n"
DESCRIBED = "Content-Type: application/sdp\r\n"


def left_to_the_server(allow: str, manner: Manner | None = None) -> tuple[Caller, Response]:
    """A client whose session is under way, and the 200 that opened it."""
    caller = Caller(manner=manner or Manner())
    extra = "Require: siprec\r\nSupported: timer\r\nSession-Expires: 90;refresher=uas\r\n"
    sent = caller.invite(extra=extra + allow)
    caller.ack()
    return caller, next(one for one in sent if isinstance(one, Response) and one.status == 200)


def request(sent: list[Message]) -> Request:
    return next(one for one in sent if isinstance(one, Request))


def after(caller: Caller, duration: Duration) -> Request:
    """The first request within some time."""
    return request(caller.wait(duration))


def test_a_client_that_allows_update_is_refreshed_by_update_which_offers_nothing() -> None:
    caller, _ = left_to_the_server(UPDATES)
    asked = after(caller, HALF)
    assert (asked.method, asked.body, asked.headers.get("Content-Type")) == ("UPDATE", b"", None)
    caller.answer(asked, 200, extra=AGREED)
    assert after(caller, HALF).method == "UPDATE"


@pytest.mark.parametrize("allow", [NO_UPDATES, "", "Allow: INVITE\r\nAllow: X-UPDATE\r\n"])
def test_one_that_is_not_known_to_take_update_is_refreshed_by_reinvite(allow: str) -> None:
    """RFC 4028 section 7.4 has UPDATE where Allow was seen to list it."""
    caller, answer = left_to_the_server(allow)
    asked = after(caller, HALF)
    assert asked.method == "INVITE"
    assert asked.headers.get("Session-Expires") == "90;refresher=uac"
    # an offer that is the same is no change (RFC 3264 section 8)
    assert asked.body == answer.body
    assert parse_sdp(asked.body).origin == parse_sdp(answer.body).origin
    acked = caller.answer(asked, 200, extra=AGREED + DESCRIBED, body=SDP)
    assert methods(acked) == ["ACK"]
    flowing = caller.of(Flowing)[-1]
    assert isinstance(flowing, Flowing)
    assert [stream.receiving for stream in flowing.streams] == [True, True]
    assert after(caller, HALF).method == "INVITE"
    assert caller.of(Ended) == []
    assert all(not one.violations for one in caller.of(Objected) if isinstance(one, Objected))


def test_what_the_client_says_later_of_update_counts() -> None:
    caller, _ = left_to_the_server(NO_UPDATES)
    asked = after(caller, HALF)
    caller.answer(asked, 200, extra=AGREED + DESCRIBED + UPDATES, body=SDP)
    assert after(caller, HALF).method == "UPDATE"


@pytest.mark.parametrize("status", [405, 501])
def test_a_client_that_refuses_update_after_all_is_asked_by_reinvite_at_once(status: int) -> None:
    caller, _ = left_to_the_server(UPDATES)
    caller.answer(after(caller, HALF), status)
    assert after(caller, 0).method == "INVITE"


@pytest.mark.parametrize("allow", [UPDATES, NO_UPDATES])
def test_a_refresh_that_crosses_a_request_of_the_clients_is_tried_again_within_two_seconds(allow: str) -> None:
    caller, _ = left_to_the_server(allow)
    asked = after(caller, HALF)
    caller.answer(asked, 491)
    again = after(caller, 2_100_000)
    assert again.method == asked.method
    assert again.headers.get("CSeq") == f"2 {asked.method}"
    assert again.body == asked.body


def test_a_refresh_waits_while_the_client_has_not_acknowledged_an_answer() -> None:
    """RFC 3261 section 14.1: no INVITE while another is under way in either direction."""
    caller, _ = left_to_the_server(NO_UPDATES)
    caller.wait(HALF - SECOND)
    caller.cseq += 1
    caller.invite(extra="Require: siprec\r\nSession-Expires: 90;refresher=uas\r\nSupported: timer\r\n")
    # the refresh of the client's moves this side's by half an interval
    assert methods(caller.wait(20 * SECOND)) == []
    caller.ack()
    assert after(caller, HALF).method == "INVITE"


@pytest.mark.parametrize("allow", [UPDATES, NO_UPDATES])
def test_a_session_whose_refreshes_are_all_refused_ends_before_its_interval_does(allow: str) -> None:
    """RFC 4028 section 10: BYE the lesser of 32 s and a third before the end."""
    caller, _ = left_to_the_server(allow)
    asked = after(caller, HALF)
    caller.answer(asked, 500)
    again = after(caller, 10 * SECOND)
    assert again.method == asked.method
    caller.answer(again, 500)
    bye = after(caller, 5 * SECOND)
    assert bye.method == "BYE"
    caller.answer(bye, 200)
    [ended] = caller.of(Ended)
    assert isinstance(ended, Ended)
    assert ended.how is End.EXPIRED
