"""What the recording server asks of a client within a session: to hold, to go on, to tell all, to live on."""

from __future__ import annotations

from emulator.core.models import SECOND
from emulator.siprec.sdp.description import parse_sdp
from emulator.siprec.sip.message import Request
from emulator.siprec.srs.actions import Flowing
from emulator.siprec.srs.manner import Manner
from tests.siprec.srs.calling import SDP, Caller, methods, recorded


def test_the_server_refreshes_where_the_client_leaves_it_to_it() -> None:
    caller = Caller()
    extra = "Require: siprec\r\nSupported: timer\r\nSession-Expires: 90;refresher=uas\r\n"
    caller.invite(extra=extra)
    caller.ack()
    sent = caller.wait(45 * SECOND)
    assert methods(sent) == ["UPDATE"]
    asked = next(one for one in sent if isinstance(one, Request))
    caller.answer(asked, 200, extra="Session-Expires: 90;refresher=uac\r\n")
    assert methods(caller.wait(45 * SECOND)) == ["UPDATE"]


def test_a_refresh_that_crosses_a_request_of_the_clients_is_tried_again() -> None:
    caller = Caller()
    caller.invite(extra="Require: siprec\r\nSupported: timer\r\nSession-Expires: 90;refresher=uas\r\n")
    caller.ack()
    asked = next(one for one in caller.wait(45 * SECOND) if isinstance(one, Request))
    caller.answer(asked, 491)
    again = next(one for one in caller.wait(2_100_000) if isinstance(one, Request))
    assert (again.method, again.headers.get("CSeq")) == ("UPDATE", "2 UPDATE")


def test_one_request_waits_for_the_answer_to_another() -> None:
    caller = recorded(Manner(hold_after=SECOND, snapshot_after=SECOND))
    first = next(one for one in caller.wait(SECOND) if isinstance(one, Request))
    sent = methods(caller.wait(3 * SECOND))
    assert set(sent) == {first.method}
    caller.answer(first, 500)
    sent = methods(caller.wait(SECOND))
    assert set(sent) - {"ACK"} == {"INVITE", "UPDATE"} - {first.method}


def test_holding_and_resuming_asks_the_client_by_reinvite() -> None:
    caller = recorded(Manner(hold_after=SECOND, resume_after=SECOND))
    held = caller.wait(SECOND)
    assert methods(held) == ["INVITE"]
    offer = next(one for one in held if isinstance(one, Request))
    assert [media.get("inactive") for media in parse_sdp(offer.body).media] == ["", ""]
    body = SDP.replace("sendonly", "inactive")
    acked = caller.answer(offer, 200, extra="Content-Type: application/sdp\r\n", body=body)
    assert methods(acked) == ["ACK"]
    flowing = caller.of(Flowing)[-1]
    assert isinstance(flowing, Flowing)
    assert [stream.receiving for stream in flowing.streams] == [False, False]
    resumed = next(one for one in caller.wait(SECOND) if isinstance(one, Request))
    assert [media.get("recvonly") for media in parse_sdp(resumed.body).media] == ["", ""]
    assert parse_sdp(resumed.body).origin.version == parse_sdp(offer.body).origin.version + 1


def test_glare_is_tried_again_within_two_seconds() -> None:
    caller = recorded(Manner(hold_after=SECOND))
    offer = next(one for one in caller.wait(SECOND) if isinstance(one, Request))
    assert methods(caller.answer(offer, 491)) == ["ACK"]
    # and sent again meanwhile, since nobody answers
    assert set(methods(caller.wait(2_100_000))) == {"INVITE"}


def test_a_snapshot_is_asked_for_by_update() -> None:
    caller = recorded(Manner(snapshot_after=SECOND))
    asked = next(one for one in caller.wait(SECOND) if isinstance(one, Request))
    assert asked.method == "UPDATE"
    assert asked.headers.get("Content-Type") == "application/rs-metadata-request"
    assert b"requestsnapshot" in asked.body
