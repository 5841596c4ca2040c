"""What the recording server has against a client's messages, by RFC 7866 and 7865."""

from __future__ import annotations

import pytest

from emulator.core.models import SECOND
from emulator.siprec.metadata.violations import Weight
from emulator.siprec.multipart import parse_multipart
from emulator.siprec.sip.message import Request
from emulator.siprec.srs.actions import MetadataCame, Objected
from emulator.siprec.srs.manner import Manner
from tests.siprec.srs.calling import METADATA, SDP, Caller, multipart, statuses


def objections(caller: Caller) -> str:
    """All sentences."""
    found = [action for action in caller.actions if isinstance(action, Objected)]
    return "\n".join(str(violation) for action in found for violation in action.violations)


def test_metadata_that_come_later_are_no_breach() -> None:
    # RFC 7866 section 9.1: they should be in the initial INVITE, and follow where they are not known yet
    caller = Caller()
    caller.invite(body=multipart(metadata=None))
    (objected,) = caller.of(Objected)
    assert isinstance(objected, Objected)
    assert [one.weight for one in objected.violations if "no metadata" in one.sentence] == [Weight.SHOULD]


def test_a_boundary_without_its_quotes_is_told_by_the_rfc_that_wants_them() -> None:
    caller = Caller()
    body = multipart().replace("--b1", "--b:1")
    typed = "Require: siprec\r\nContent-Type: multipart/mixed; boundary=b:1\r\n"
    caller.say(caller.request("INVITE", extra=typed, body=body))
    assert "RFC 2046 section 5.1.1: The boundary in Content-Type needs quotes." in objections(caller)


def test_a_missing_require_is_told_with_its_section() -> None:
    caller = Caller()
    assert statuses(caller.invite(extra="")) == [200]
    assert "RFC 7866 section 6.1.1: The INVITE has no Require: siprec." in objections(caller)


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (multipart(metadata=None), 200, "no metadata"),
        (multipart(disposition=""), 200, "Content-Disposition"),
        (multipart(sdp=SDP.replace("a=label:inbound\n", "")), 200, "has not one a=label"),
        (multipart(sdp=SDP.replace("a=sendonly", "a=sendrecv")), 200, "neither sendonly nor inactive"),
        (multipart(metadata=METADATA.replace("</recording>", "")), 200, "can't be read"),
        (multipart(sdp=None), 488, "no session description"),
        (multipart(sdp="v=0\nnonsense\n"), 400, "can't be read"),
        (
            multipart(sdp=SDP.replace("RTP/AVP 0", "RTP/AVP 9").replace("a=rtpmap:0 PCMU", "a=rtpmap:9 G722")),
            488,
            "",
        ),
        ("no parts at all", 400, "can't be taken apart"),
    ],
)
def test_what_is_amiss_with_a_body_is_told_and_answered(body: str, status: int, told: str) -> None:
    caller = Caller()
    assert statuses(caller.invite(body=body)) == [status]
    assert told in objections(caller)


def test_a_contact_without_the_feature_tag_is_told() -> None:
    caller = Caller()
    data = caller.request("INVITE", extra="Require: siprec\r\n").replace(b";+sip.src", b"")
    caller.say(data)
    assert "no Contact with the feature tag +sip.src" in objections(caller)


def test_metadata_within_the_session_are_laid_over_what_was_said() -> None:
    caller = Caller()
    caller.invite()
    caller.ack()
    partial = METADATA.replace("complete", "partial")
    caller.cseq = 2
    typed = 'Content-Type: multipart/mixed; boundary="b1"\r\n'
    update = caller.request("UPDATE", extra=typed, body=multipart(sdp=None, metadata=partial))
    assert statuses(caller.say(update)) == [200]
    assert len(caller.of(MetadataCame)) == 2
    assert caller.of(Objected) == []


def test_a_part_of_another_type_is_no_reason_to_object() -> None:
    body = multipart().replace("--b1--", "--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1--")
    assert len(parse_multipart('multipart/mixed; boundary="b1"', body.encode())) == 3
    caller = Caller()
    assert statuses(caller.invite(body=body)) == [200]
    assert caller.of(Objected) == []


def test_a_2xx_that_comes_again_is_acknowledged_and_counts_once() -> None:
    caller = Caller(manner=Manner(hold_after=SECOND))
    caller.invite()
    caller.ack()
    asked = next(one for one in caller.wait(SECOND) if isinstance(one, Request))
    typed = 'Content-Type: multipart/mixed; boundary="b1"\r\n'
    body = multipart(sdp=SDP.replace("sendonly", "inactive"))
    for _ in range(2):
        (ack,) = caller.answer(asked, 200, extra=typed, body=body)
        assert isinstance(ack, Request)
        assert ack.method == "ACK"
    assert len(caller.of(MetadataCame)) == 2


def test_metadata_in_an_answer_count_as_those_in_a_request_do() -> None:
    # RFC 7866 section 9.1: updates come in requests and responses alike
    caller = Caller(manner=Manner(snapshot_after=SECOND))
    caller.invite()
    caller.ack()
    asked = next(one for one in caller.wait(SECOND) if isinstance(one, Request))
    typed = 'Content-Type: multipart/mixed; boundary="b1"\r\n'
    caller.answer(asked, 200, extra=typed, body=multipart(sdp=None))
    caller.answer(asked, 200, extra=typed, body=multipart(sdp=None))
    assert len(caller.of(MetadataCame)) == 2
    assert caller.of(Objected) == []
