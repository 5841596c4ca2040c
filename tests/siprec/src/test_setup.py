"""Setting a session up: the INVITE, and each answer to it."""

from __future__ import annotations

import pytest

from emulator.core.models import SECOND
from emulator.core.srs import Misconduct, SrsReason
from emulator.siprec.metadata.reading import read_metadata
from emulator.siprec.multipart import parse_multipart
from emulator.siprec.sdp.description import parse_sdp
from emulator.siprec.sip.message import Request
from emulator.siprec.src import machine
from emulator.siprec.src.actions import Answered, Ended, Failed, Ringing, StartMedia, StopMedia, Transmit
from emulator.siprec.src.order import INBOUND
from tests.siprec.src.peer import HERE, ORDER, SEED, TCP, Peer, placed, up


def parts(request: Request) -> list[tuple[str, bytes]]:
    content_type = request.headers.get("Content-Type") or ""
    return [(part.media_type.name, part.body) for part in parse_multipart(content_type, request.body)]


# --- the INVITE ---


def test_the_invite_is_what_rfc_7866_and_telnyx_say() -> None:
    invite = placed().request("INVITE")
    held = invite.headers
    assert invite.uri == "sip:+15551110000@srs.example.com:5070;transport=udp"
    assert held.get("Require") == "siprec"
    assert held.get("Supported") == "timer"
    assert held.get("Contact") == "<sip:+15551110000@192.0.2.1:5080;transport=udp>;+sip.src"
    assert held.get("Session-Expires") == "1800"
    assert held.get("CSeq") == "1 INVITE"
    assert (held.get("Via") or "").startswith("SIP/2.0/UDP 192.0.2.1:5080;branch=z9hG4bK")
    assert 'boundary="' in (held.get("Content-Type") or "")
    assert [name for name, _ in parts(invite)] == ["application/sdp", "application/rs-metadata+xml"]


def test_the_offer_has_a_labelled_stream_for_each_track_and_the_metadata_name_them() -> None:
    sdp, metadata = (body for _, body in parts(placed().request("INVITE")))
    media = parse_sdp(sdp).media
    assert [one.get("label") for one in media] == ["inbound", "outbound"]
    assert [one.port for one in media] == [40_000, 40_002]
    assert all(one.get("sendonly") is not None for one in media)
    recording = read_metadata(metadata)
    assert [stream.label for stream in recording.streams] == ["inbound", "outbound"]
    assert [one.names[0].aor for one in recording.participants] == [
        "sip:+15551110000@sip.telnyx.com",
        "sip:+15552220000@sip.telnyx.com",
    ]


def test_who_has_no_name_is_anonymous_since_a_uri_has_no_empty_user() -> None:
    """RFC 3323 section 4.1.1.3, and the grammar of RFC 3261 section 25.1."""
    invite = placed(caller="").request("INVITE")
    assert invite.uri == "sip:anonymous@srs.example.com:5070;transport=udp"
    caller = read_metadata(parts(invite)[1][1]).participants[0]
    assert caller.names[0].aor == "sip:anonymous@sip.telnyx.com"


def test_one_track_is_one_stream_and_still_two_participants() -> None:
    sdp, metadata = (body for _, body in parts(placed(tracks=(INBOUND,)).request("INVITE")))
    assert len(parse_sdp(sdp).media) == 1
    assert len(read_metadata(metadata).participants) == 2


def test_secure_media_have_a_key_for_each_stream() -> None:
    sdp, _ = (body for _, body in parts(placed(secure=True).request("INVITE")))
    media = parse_sdp(sdp).media
    assert [one.protocol for one in media] == ["RTP/SAVP", "RTP/SAVP"]
    assert len({one.get("crypto") for one in media}) == 2


def test_custom_headers_are_sip_headers_or_metadata() -> None:
    custom = (("X-Account", "7"), ("Via", "evil"), ("X-Bad", "a\r\nb"), ("no token", "x"))
    invite = placed(custom_headers=custom).request("INVITE")
    assert invite.headers.get("X-Account") == "7"
    assert len(invite.headers.every("Via")) == 1
    assert invite.headers.get("X-Bad") is None
    told = placed(custom_headers=custom[:1], metadata_headers=True).request("INVITE")
    assert told.headers.get("X-Account") is None
    assert read_metadata(parts(told)[1][1]).sessions[0].parameters == (("X-Account", "7"),)


def test_an_apps_subdomain_is_x_desthost_with_drachtios_user() -> None:
    invite = placed(app_subdomain="demo").request("INVITE")
    assert invite.uri.startswith("sip:drachtio@srs.example.com:5070")
    assert invite.headers.get("X-DestHost") == "demo"


def test_no_session_timeout_asks_for_no_timer_and_still_supports_it() -> None:
    invite = placed(session_timeout_secs=0).request("INVITE")
    assert invite.headers.get("Session-Expires") is None
    assert invite.headers.get("Supported") == "timer"


def test_the_transport_stands_in_the_uri_the_via_and_the_contact() -> None:
    invite = placed(transport=TCP).request("INVITE")
    assert invite.uri.endswith(";transport=tcp")
    assert (invite.headers.get("Via") or "").startswith("SIP/2.0/TCP ")
    assert ";transport=tcp>" in (invite.headers.get("Contact") or "")


def test_a_party_that_is_a_uri_is_taken_as_it_is() -> None:
    peer = placed(caller="sip:alice@example.com", callee="tel:+15550001111")
    assert peer.request("INVITE").uri.startswith("sip:alice@srs.example.com")
    recording = read_metadata(parts(peer.request("INVITE"))[1][1])
    assert [one.names[0].aor for one in recording.participants] == ["sip:alice@example.com", "tel:+15550001111"]


def test_the_same_seed_makes_the_same_session() -> None:
    assert placed().sent == placed().sent


# --- answers ---


def test_a_2xx_is_acknowledged_through_the_route_set_and_starts_media() -> None:
    peer = placed()
    peer.answer(180)
    peer.answer(200, ("Record-Route", "<sip:proxy.example.com;lr>"))
    ack = peer.request("ACK")
    assert ack.uri == "sip:srs@192.0.2.9:5070"
    assert ack.headers.get("Route") == "<sip:proxy.example.com;lr>"
    assert ack.headers.get("CSeq") == "1 ACK"
    assert ack.headers.get("Via") != peer.request("INVITE").headers.get("Via")
    assert "+sip.src" in (ack.headers.get("Contact") or "")
    (hop,) = [one.hop for one in peer.did if isinstance(one, Transmit) and one.data.startswith(b"ACK")]
    assert hop is not None
    assert hop.host == "proxy.example.com"
    assert [report.status for report in peer.told(Ringing)] == [180]
    (started,) = [one for one in peer.did if isinstance(one, StartMedia)]
    assert [stream.remote for stream in started.streams] == [("192.0.2.9", 50_000), ("192.0.2.9", 50_002)]
    assert all(stream.sending for stream in started.streams)
    assert peer.told(Answered)[0].streams == started.streams


def test_a_provisional_status_is_told_once_and_100_never() -> None:
    peer = placed()
    for status in (100, 180, 180, 183):
        peer.answer(status)
    assert [report.status for report in peer.told(Ringing)] == [180, 183]


def test_a_repeated_2xx_is_acknowledged_again_with_the_same_ack() -> None:
    peer = up()
    peer.answer(200)
    first, second = peer.requests("ACK")
    assert first == second
    assert len(peer.told(Answered)) == 1
    peer.pass_time(60)
    peer.answer(200)
    assert len(peer.requests("ACK")) == 3


def test_a_second_2xx_of_another_fork_is_acknowledged_and_ended() -> None:
    peer = up()
    peer.answer(200, ("Contact", "<sip:other@192.0.2.8>"), tag="other")
    assert peer.request("ACK").uri == "sip:other@192.0.2.8"
    bye = peer.request("BYE")
    assert bye.uri == "sip:other@192.0.2.8"
    assert (bye.headers.get("To") or "").endswith(";tag=other")
    assert not peer.told(Ended)


@pytest.mark.parametrize("status", [302, 404, 420, 486, 488, 491, 503, 603])
def test_a_failure_is_acknowledged_and_told(status: int) -> None:
    peer = placed()
    peer.answer(status)
    assert peer.request("ACK").headers.get("CSeq") == "1 ACK"
    outcome = peer.outcome()
    assert isinstance(outcome, Failed)
    assert (outcome.why, outcome.status) == (SrsReason.RESPONSE, status)
    peer.pass_time(40)
    assert peer.over


def test_no_response_at_all_is_silence_after_32_seconds() -> None:
    peer = placed()
    peer.pass_time(31)
    assert len(peer.requests("INVITE")) == 6
    assert not peer.told(Failed)
    peer.pass_time(2)
    assert peer.outcome() == Failed(why=SrsReason.SILENCE, reason="no response at all")
    assert peer.over


def test_ringing_for_longer_than_32_seconds_is_no_failure_until_the_answer_timer() -> None:
    peer = placed()
    peer.answer(180)
    peer.pass_time(59)
    assert not peer.told(Failed)
    peer.pass_time(2)
    assert peer.outcome() == Failed(why=SrsReason.NO_ANSWER, reason="no answer in time")
    cancel = peer.request("CANCEL")
    assert cancel.headers.get("Via") == peer.request("INVITE").headers.get("Via")
    peer.answer(200, to=cancel)
    peer.answer(487)
    assert peer.request("ACK").headers.get("CSeq") == "1 ACK"
    peer.pass_time(40)
    assert peer.over


def test_the_answer_timer_can_be_set() -> None:
    peer = placed(answer_timeout=3 * SECOND)
    peer.answer(100)
    peer.pass_time(3)
    assert peer.outcome() == Failed(why=SrsReason.NO_ANSWER, reason="no answer in time")


def test_a_way_that_is_refused_fails_at_once() -> None:
    peer = placed()
    peer.lose(SrsReason.REFUSED)
    assert peer.outcome() == Failed(why=SrsReason.REFUSED, reason="refused")
    assert peer.over


def test_an_invite_that_cannot_be_written_fails_at_once_and_says_why() -> None:
    """No timer is waited for, since nothing was sent."""
    peer = placed(app_subdomain="a\r\nb")
    outcome = peer.outcome()
    assert isinstance(outcome, Failed)
    assert outcome.why is SrsReason.MEDIA
    assert outcome.reason.startswith("the INVITE can't be written: ")
    assert peer.over
    assert not peer.requests("INVITE")


@pytest.mark.parametrize("body", [b"", b"nonsense", b"v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\nt=0 0\r\n"])
def test_a_2xx_whose_description_is_no_good_is_acknowledged_and_ended(body: bytes) -> None:
    peer = placed()
    peer.answer(200, body=body)
    assert len(peer.requests("ACK")) == len(peer.requests("BYE")) == 1
    outcome = peer.outcome()
    assert isinstance(outcome, Failed)
    assert outcome.why is SrsReason.MEDIA
    assert not [one for one in peer.did if isinstance(one, StartMedia | StopMedia)]


# --- CANCEL and its races ---


def test_hanging_up_before_any_answer_waits_with_the_cancel_for_a_provisional_one() -> None:
    peer = placed()
    peer.hang_up()
    assert peer.outcome() == Ended()
    assert not peer.requests("CANCEL")
    peer.answer(100)
    assert peer.request("CANCEL").headers.get("CSeq") == "1 CANCEL"
    peer.answer(183)
    assert len(peer.requests("CANCEL")) == 1
    peer.answer(487)
    peer.pass_time(40)
    assert peer.over


def test_hanging_up_while_nobody_answers_ends_with_timer_b() -> None:
    peer = placed()
    peer.hang_up()
    peer.pass_time(33)
    assert peer.over
    assert not peer.requests("CANCEL")


def test_a_2xx_that_crosses_the_cancel_is_acknowledged_and_ended() -> None:
    peer = placed()
    peer.answer(180)
    peer.hang_up()
    assert len(peer.requests("CANCEL")) == 1
    peer.answer(200)
    assert len(peer.requests("ACK")) == 1
    bye = peer.request("BYE")
    assert bye.headers.get("CSeq") == "2 BYE"
    peer.answer(200, to=bye)
    peer.answer(481, to=peer.request("CANCEL"))
    assert peer.outcome() == Ended()
    assert not peer.told(Answered)
    peer.pass_time(40)
    assert peer.over


def test_an_invite_that_is_never_answered_after_its_cancel_is_given_up() -> None:
    peer = placed()
    peer.answer(180)
    peer.hang_up()
    peer.answer(200, to=peer.request("CANCEL"))
    peer.pass_time(40)
    assert peer.over


def test_a_session_that_was_never_started_ends_at_once() -> None:
    peer = Peer(machine.prepared(ORDER, HERE, SEED, 0))
    peer.hang_up()
    assert peer.outcome() == Ended()
    assert peer.over
    assert not peer.sent


def test_a_way_that_never_came_about_fails_before_anything_is_sent() -> None:
    peer = Peer(machine.prepared(ORDER, HERE, SEED, 0))
    peer.lose(SrsReason.DNS)
    assert peer.outcome() == Failed(why=SrsReason.DNS, reason="refused")
    assert peer.over


# --- misconduct ---


def test_each_misconduct_is_off_until_it_is_asked_for() -> None:
    plain = placed().request("INVITE")
    boundary = (plain.headers.get("Content-Type") or "").partition('boundary="')[2].rstrip('"')
    assert boundary.encode() in plain.body
    wrong = placed(misconduct=Misconduct(wrong_boundary=True)).request("INVITE")
    named = (wrong.headers.get("Content-Type") or "").partition('boundary="')[2].rstrip('"')
    assert named.encode() not in wrong.body
    bare = placed(misconduct=Misconduct(missing_label=True)).request("INVITE")
    assert all(media.get("label") is None for media in parse_sdp(parts(bare)[0][1]).media)
    invalid = placed(misconduct=Misconduct(invalid_metadata=True)).request("INVITE")
    assert parts(invalid)[1][1] != parts(plain)[1][1]


def test_a_late_cancel_goes_out_only_once_the_answer_is_here() -> None:
    peer = placed(misconduct=Misconduct(late_cancel=True))
    peer.answer(180)
    peer.hang_up()
    peer.answer(183)
    assert not peer.requests("CANCEL")
    peer.answer(200)
    methods = [one.method for one in peer.sent if isinstance(one, Request)]
    assert methods == ["INVITE", "CANCEL", "ACK", "BYE"]
    peer.answer(481, to=peer.request("CANCEL"))
    peer.answer(200, to=peer.request("BYE"))
    assert peer.over


def test_a_late_cancel_waits_for_an_answer_no_longer_than_any() -> None:
    peer = placed(misconduct=Misconduct(late_cancel=True))
    peer.answer(180)
    peer.hang_up()
    peer.pass_time(33)
    assert peer.over
    assert not peer.requests("CANCEL")
