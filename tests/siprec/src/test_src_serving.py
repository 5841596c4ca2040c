"""What the SRS asks within the session, and how it is answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emulator.core.srs import SrsReason
from emulator.siprec.metadata.reading import read_metadata
from emulator.siprec.metadata.writing import written_snapshot_request
from emulator.siprec.multipart import parse_multipart
from emulator.siprec.sdp.description import parse_sdp
from emulator.siprec.sdp.streams import Direction
from emulator.siprec.sip.message import written
from emulator.siprec.sip.transactions.replying import cancel
from emulator.siprec.src import machine
from emulator.siprec.src.actions import ChangeMedia, Ended, MediaChanged, StopMedia, Transmit
from tests.siprec.src.peer import CONTACT, SDP, Peer, directed, media_of, up

SNAPSHOT = ("Content-Type", "application/rs-metadata-request")


def header(peer: Peer, name: str) -> str | None:
    """Of the client's last answer."""
    return peer.response().headers.get(name)


# --- BYE, OPTIONS and what is not known ---


def test_a_bye_of_the_srs_is_answered_and_ends_the_session() -> None:
    peer = up()
    peer.ask("BYE", ("Reason", 'Q.850;cause=16;text="done"'))
    assert peer.response().status == 200
    assert peer.outcome() == Ended(why=SrsReason.BYE, reason='Q.850;cause=16;text="done"')
    assert any(isinstance(one, StopMedia) for one in peer.did)
    assert peer.over
    assert not peer.requests("BYE")


def test_a_repeated_bye_is_answered_again_with_the_same_answer() -> None:
    peer = up()
    bye = peer.ask("BYE")
    first = peer.response()
    peer.hear(bye)
    assert peer.response() == first
    assert len([one for one in peer.sent if one == first]) == 2


def test_two_byes_that_cross_are_both_answered() -> None:
    peer = up()
    peer.hang_up()
    peer.ask("BYE")
    assert peer.response().status == 200
    peer.answer(481, to=peer.request("BYE"))
    assert peer.outcome() == Ended()
    assert peer.over


def test_options_are_answered_with_what_the_client_can() -> None:
    peer = up()
    peer.ask("OPTIONS")
    assert peer.response().status == 200
    assert "UPDATE" in (header(peer, "Allow") or "")
    assert header(peer, "Supported") == "timer"
    assert "application/sdp" in (header(peer, "Accept") or "")


@pytest.mark.parametrize(("method", "status"), [("INFO", 405), ("REFER", 405), ("SING", 501)])
def test_methods_without_a_use_here_are_refused(method: str, status: int) -> None:
    peer = up()
    peer.ask(method)
    assert peer.response().status == status
    assert "BYE" in (header(peer, "Allow") or "")


def test_an_option_that_is_not_understood_is_refused_by_name() -> None:
    peer = up()
    peer.ask("INVITE", SDP, ("Require", "siprec, timer, 100rel"), body=directed(Direction.RECVONLY))
    assert peer.response().status == 420
    assert header(peer, "Unsupported") == "100rel"


def test_a_request_of_no_session_of_the_clients_is_not_known() -> None:
    peer = up()
    stray = peer.theirs("BYE")
    headers = stray.headers.without("To").added(("To", "<sip:src@192.0.2.1>;tag=other"))
    peer.hear(replace(stray, headers=headers))
    assert peer.response().status == 481
    assert not peer.told(Ended)


def test_a_request_outside_of_a_session_is_refused_but_for_options() -> None:
    peer = up()
    for method, status in (("OPTIONS", 200), ("INVITE", 403), ("UPDATE", 481)):
        stray = peer.theirs(method)
        peer.hear(replace(stray, headers=stray.headers.without("To").added(("To", "<sip:src@192.0.2.1>"))))
        assert peer.response().status == status


def test_a_number_that_is_not_higher_is_refused() -> None:
    peer = up()
    peer.ask("OPTIONS", number=50)
    assert peer.response().status == 200
    peer.ask("UPDATE", number=49)
    assert peer.response().status == 500


@pytest.mark.parametrize("data", [b"", b"\0" * 40, b"INVITE sip:x SIP/2.0\r\n\r\n", b"SIP/2.0 200 OK\r\n\r\n"])
def test_what_cannot_be_read_changes_nothing(data: bytes) -> None:
    peer = up()
    before = peer.conduct
    peer.take(machine.heard(peer.conduct, data, peer.now))
    assert peer.conduct == before


def test_a_flood_of_requests_is_answered_up_to_a_bound() -> None:
    peer = up()
    for _ in range(200):
        peer.ask("OPTIONS")
    assert len(peer.conduct.owned) <= 64
    peer.pass_time(33)
    peer.ask("OPTIONS")
    assert peer.response().headers.get("CSeq") == f"{peer.number} OPTIONS"


def test_an_answer_goes_back_to_where_its_request_came_from_however_late() -> None:
    peer = up()
    invite = written(peer.theirs("INVITE", SDP, body=directed(Direction.INACTIVE)))
    peer.take(machine.heard(peer.conduct, invite, peer.now, ("192.0.2.44", 5099)))
    options = written(peer.theirs("OPTIONS"))
    peer.take(machine.heard(peer.conduct, options, peer.now, ("192.0.2.45", 5060)))
    peer.pass_time(0.6)
    backs = [one.back for one in peer.did if isinstance(one, Transmit) and one.hop is None]
    assert backs == [("192.0.2.44", 5099), ("192.0.2.45", 5060), ("192.0.2.44", 5099)]
    assert "received=192.0.2.44" in (peer.response().headers.get("Via") or "")


# --- re-INVITE ---


def reinvited(peer: Peer, body: bytes, *fields: tuple[str, str]) -> Peer:
    """A re-INVITE of the SRS's, acknowledged."""
    invite = peer.ask("INVITE", SDP, CONTACT, *fields, body=body)
    if peer.response().status < 300:
        peer.acknowledge(invite)
    return peer


@pytest.mark.parametrize(
    ("theirs", "ours", "sending"),
    [
        (Direction.INACTIVE, "inactive", False),
        (Direction.SENDONLY, "inactive", False),
        (Direction.RECVONLY, "sendonly", True),
        (Direction.SENDRECV, "sendonly", True),
    ],
)
def test_a_reinvite_changes_which_way_media_flow(theirs: Direction, ours: str, *, sending: bool) -> None:
    peer = reinvited(up(), directed(theirs))
    assert peer.response().status == 200
    assert media_of(peer.response()) == [ours, ours]
    assert all(stream.sending is sending for stream in peer.conduct.agreed)


def test_a_hold_and_its_end_are_told_and_the_version_goes_up_with_each() -> None:
    peer = reinvited(up(), directed(Direction.INACTIVE))
    held = parse_sdp(peer.response().body).origin.version
    reinvited(peer, directed(Direction.RECVONLY, version=3))
    back = parse_sdp(peer.response().body).origin.version
    assert (held, back) == (2, 3)
    assert len(peer.told(MediaChanged)) == 2
    assert len([one for one in peer.did if isinstance(one, ChangeMedia)]) == 2


def test_port_0_stops_a_stream_and_the_session_goes_on() -> None:
    peer = reinvited(up(), directed(Direction.RECVONLY, ports=(50_000, 0)))
    assert media_of(peer.response()) == ["sendonly", None]
    assert [stream.active for stream in peer.conduct.agreed] == [True, False]


def test_port_0_for_all_streams_is_accepted_too() -> None:
    peer = reinvited(up(), directed(Direction.RECVONLY, ports=(0, 0)))
    assert peer.response().status == 200
    assert not peer.told(Ended)


def test_a_codec_that_the_srs_prefers_is_taken() -> None:
    body = directed(Direction.RECVONLY).replace(b"RTP/AVP 0", b"RTP/AVP 8").replace(b"0 PCMU", b"8 PCMA")
    peer = reinvited(up(), body)
    assert peer.response().status == 200
    assert [stream.payload_type for stream in peer.conduct.agreed] == [8, 8]


def test_codecs_that_are_not_spoken_are_refused_and_nothing_changes() -> None:
    peer = up()
    before = peer.conduct.agreed
    reinvited(
        peer, directed(Direction.RECVONLY).replace(b"RTP/AVP 0", b"RTP/AVP 18").replace(b"0 PCMU", b"18 G729")
    )
    assert peer.response().status == 488
    assert peer.conduct.agreed == before
    assert not peer.told(MediaChanged)


def test_an_offer_with_fewer_streams_than_before_is_refused() -> None:
    assert reinvited(up(), directed(Direction.RECVONLY, ports=(50_000,))).response().status == 488


def test_streams_that_the_srs_adds_are_refused_and_stay_so_in_the_next_refresh() -> None:
    peer = reinvited(up(), directed(Direction.RECVONLY, ports=(50_000, 50_002, 50_004)))
    assert media_of(peer.response()) == ["sendonly", "sendonly", None]
    peer.pass_time(900)
    refresh = peer.request("INVITE")
    assert media_of(refresh) == ["sendonly", "sendonly", None]


@pytest.mark.parametrize(
    ("fields", "body", "status"),
    [
        ((SDP,), b"nonsense", 400),
        ((("Content-Type", "text/plain"),), b"hello", 415),
        ((), b"no type", 415),
    ],
)
def test_a_body_that_is_no_good_is_refused(fields: tuple[tuple[str, str], ...], body: bytes, status: int) -> None:
    peer = up()
    peer.ask("INVITE", *fields, body=body)
    assert peer.response().status == status


def test_a_reinvite_without_an_offer_gets_one_and_its_ack_answers() -> None:
    peer = up()
    invite = peer.ask("INVITE")
    assert peer.response().status == 200
    assert media_of(peer.response()) == ["sendonly", "sendonly"]
    peer.acknowledge(invite, directed(Direction.INACTIVE))
    assert not any(stream.sending for stream in peer.conduct.agreed)
    assert peer.told(MediaChanged)


def test_a_2xx_is_sent_again_until_its_ack_comes() -> None:
    peer = up()
    invite = peer.ask("INVITE", SDP, body=directed(Direction.INACTIVE))
    peer.pass_time(4)
    answers = [one for one in peer.sent if one == peer.response()]
    assert len(answers) == 4
    peer.acknowledge(invite)
    peer.pass_time(20)
    assert len([one for one in peer.sent if one == peer.response()]) == 4


def test_a_2xx_whose_ack_never_comes_ends_the_session() -> None:
    peer = up()
    peer.ask("INVITE", SDP, body=directed(Direction.INACTIVE))
    peer.pass_time(33)
    outcome = peer.outcome()
    assert isinstance(outcome, Ended)
    assert outcome.why is SrsReason.SILENCE
    assert len(peer.requests("BYE")) >= 1


def test_a_refusal_of_a_reinvite_is_sent_again_until_its_ack_comes() -> None:
    peer = up()
    peer.ask("INVITE", ("Content-Type", "text/plain"), body=b"hello")
    peer.pass_time(4)
    assert len([one for one in peer.sent if one == peer.response()]) == 4


def test_a_reinvite_moves_the_remote_target() -> None:
    peer = up()
    peer.ask("INVITE", SDP, ("Contact", "<sip:srs@192.0.2.77:5099>"), body=directed(Direction.INACTIVE))
    peer.hang_up()
    assert peer.request("BYE").uri == "sip:srs@192.0.2.77:5099"


def test_a_reinvite_that_crosses_the_clients_own_is_told_to_wait() -> None:
    peer = up()
    peer.pass_time(900)
    assert len(peer.requests("INVITE")) == 2
    peer.ask("INVITE", SDP, body=directed(Direction.INACTIVE))
    assert peer.response().status == 491


def test_a_second_offer_before_the_first_was_answered_is_told_to_wait() -> None:
    peer = up()
    peer.ask("INVITE")
    peer.ask("INVITE", SDP, body=directed(Direction.INACTIVE))
    assert peer.response().status == 500
    assert 0 <= int(header(peer, "Retry-After") or "") <= 10


def test_the_cancel_of_a_reinvite_that_was_answered_changes_nothing() -> None:
    peer = up()
    invite = peer.ask("INVITE", SDP, body=directed(Direction.INACTIVE))
    peer.hear(cancel(invite))
    assert peer.response().status == 200
    assert not peer.told(Ended)
    peer.hear(cancel(peer.theirs("INVITE")))
    assert peer.response().status == 481


# --- UPDATE, timers, snapshots ---


def test_an_update_without_a_body_refreshes() -> None:
    peer = up(("Session-Expires", "100;refresher=uas"))
    peer.pass_time(60)
    peer.ask("UPDATE", ("Session-Expires", "100;refresher=uac"), ("Supported", "timer"))
    assert peer.response().status == 200
    assert header(peer, "Session-Expires") == "100;refresher=uac"
    assert header(peer, "Require") == "timer"
    assert peer.response().body == b""
    peer.pass_time(60)
    assert not peer.told(Ended)


def test_an_update_with_an_offer_is_answered_with_a_description() -> None:
    peer = up()
    peer.ask("UPDATE", SDP, body=directed(Direction.INACTIVE))
    assert media_of(peer.response()) == ["inactive", "inactive"]
    assert not any(stream.sending for stream in peer.conduct.agreed)


def test_an_update_with_an_offer_that_crosses_a_refresh_is_told_to_wait_and_one_without_is_not() -> None:
    peer = up()
    peer.pass_time(900)
    peer.ask("UPDATE", SDP, body=directed(Direction.INACTIVE))
    assert peer.response().status == 491
    peer.ask("UPDATE")
    assert peer.response().status == 200


def test_less_than_90_seconds_is_refused() -> None:
    peer = up()
    peer.ask("UPDATE", ("Session-Expires", "60"))
    assert peer.response().status == 422
    assert header(peer, "Min-SE") == "90"


@pytest.mark.parametrize(
    ("field", "body"),
    [
        (SNAPSHOT, b"lost everything"),
        (("Content-Type", "application/rs-metadata+xml"), written_snapshot_request("lost")),
        (("Content-Type", "application/rs-metadata"), written_snapshot_request("lost")),
    ],
)
def test_a_snapshot_request_is_followed_by_a_full_snapshot(field: tuple[str, str], body: bytes) -> None:
    peer = up()
    peer.ask("UPDATE", field, ("Content-Disposition", "recording-session"), body=body)
    assert peer.response().status == 200
    update = peer.request("UPDATE")
    parts = parse_multipart(update.headers.get("Content-Type") or "", update.body)
    assert [part.media_type.name for part in parts] == ["application/sdp", "application/rs-metadata+xml"]
    assert parse_sdp(parts[0].body).origin.version == 1
    opening = peer.requests("INVITE")[0]
    first = parse_multipart(opening.headers.get("Content-Type") or "", opening.body)
    assert read_metadata(parts[1].body) == read_metadata(first[1].body)
    peer.answer(200, to=update)
    assert not peer.told(MediaChanged)


def test_a_snapshot_that_is_asked_for_by_reinvite_goes_by_reinvite_once_that_is_acknowledged() -> None:
    peer = up()
    invite = peer.ask("INVITE", SNAPSHOT, body=b"again")
    assert len(peer.requests("INVITE")) == 1
    peer.acknowledge(invite, directed(Direction.RECVONLY))
    snapshot = peer.request("INVITE")
    assert snapshot is not peer.requests("INVITE")[0]
    assert b"rs-metadata+xml" in snapshot.body
