"""What the recording server asks of a client within a session: to hold, to go on, to tell all, to live on."""

from __future__ import annotations

from emulator.core.models import SECOND
from emulator.siprec.sdp.description import parse_sdp
from emulator.siprec.sip.message import Request
from emulator.siprec.srs.actions import Flowing
from emulator.siprec.srs.manner import Manner
from tests.siprec.srs.calling import SDP, methods, recorded


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
