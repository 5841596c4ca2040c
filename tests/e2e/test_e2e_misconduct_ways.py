"""What a scenario asks to go wrong goes wrong by TCP, and by TLS with SRTP, and both sides say the same of it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.models import MILLISECOND
from emulator.siprec.sip import session_timer
from emulator.siprec.srs.actions import End
from emulator.siprec.srs.manner import Manner
from tests.e2e.misbehaving import (
    LABELS,
    MANY,
    PCMA,
    PCMU,
    SECURED,
    TCP,
    TONES,
    Way,
    agree,
    heard_on,
    objections,
    playing,
    told_of,
)
from tests.e2e.on_the_wire import live
from tests.e2e.taken_down import captured, frequency, media_of, track_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=[TCP, SECURED], ids=["tcp", "tls-srtp"])
def way(request: pytest.FixtureRequest) -> Way:
    """Each way in turn."""
    taken: Way = request.param
    if taken.secure:
        pytest.importorskip("pylibsrtp")
    return taken


async def test_nothing_goes_wrong_where_no_wire_is_asked_for(way: Way, tmp_path: Path) -> None:
    told = await told_of(way, {}, tmp_path)
    agree(told, way)
    assert (told.summary.clean, told.asked) == (True, ["INVITE", "ACK", "BYE"])
    for label in LABELS:
        track = track_of(told.summary, label)
        assert frequency(track, 0.1, 0.4) == pytest.approx(TONES[label], rel=0.02)
        assert track.arrived.left


async def test_media_in_both_captures_are_the_same_and_encrypted_where_they_are_secure(
    way: Way, tmp_path: Path
) -> None:
    told = await told_of(way, {}, tmp_path)
    for label in LABELS:
        packets = media_of(told.summary, label).packets
        (source,) = track_of(told.summary, label).arrived.sources
        assert packets == captured(told.capture, source.ssrc)
        # RFC 3711 section 5.2: 10 bytes of authentication tag
        assert {len(packet.payload) for packet in packets} == {170 if way.secure else 160}


# --- SIP ---


@pytest.mark.parametrize(
    ("wire", "asked", "how"),
    [
        ({"late_cancel": True}, ["INVITE", "CANCEL", "ACK", "BYE"], End.CLIENT),
        ({}, ["INVITE", "CANCEL", "ACK"], End.CANCELLED),
    ],
    ids=["late", "in-time"],
)
async def test_a_late_cancel_crosses_the_answer(
    wire: dict[str, Any], asked: list[str], how: End, way: Way
) -> None:
    async with live(Manner(ring_for=300 * MILLISECOND), **way.setting) as rig:
        await rig.start(playing(wire, secure=way.secure), sip_transport=str(way.transport))
        await rig.notes.until("180")
        await rig.command("siprec_stop")
        assert (await rig.comes("siprec.stopped"))["hangup_cause"] == "originator_cancel"
        assert (await rig.notes.summary()).how is how
        assert rig.notes.asked == asked


async def test_a_session_that_is_never_refreshed_is_ended_by_the_server(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 4028 section 10: of 90 s, the least interval, the BYE comes after 60 s."""
    monkeypatch.setattr(session_timer, "SECOND", 10 * MILLISECOND)
    async with live(**way.setting) as rig:
        scenario = playing({"no_refresh": True}, lasts="5s", secure=way.secure)
        await rig.start(scenario, session_timeout_secs=90, sip_transport=str(way.transport))
        assert (await rig.comes("siprec.stopped"))["hangup_cause"] == "normal_clearing"
        assert (await rig.notes.summary()).how is End.EXPIRED
        assert (await rig.session())["srs"][-1]["why"] == "bye"
        assert rig.notes.asked == ["INVITE", "ACK"]


async def test_a_body_with_another_boundary_is_refused(way: Way) -> None:
    async with live(**way.setting) as rig:
        await rig.start(playing({"wrong_boundary": True}, secure=way.secure), sip_transport=str(way.transport))
        assert (await rig.comes("siprec.failed"))["failure_cause"] == "normal_temporary_failure"
        summary = await rig.notes.summary()
        assert (await rig.session())["srs"][-1]["status"] == 400
    assert (summary.how, summary.status, objections(summary)) == (End.REFUSED, 400, [("INVITE", 7866)])


async def test_streams_without_labels_are_recorded_and_objected_to(way: Way, tmp_path: Path) -> None:
    told = await told_of(way, {"missing_label": True}, tmp_path)
    agree(told, way)
    assert ("INVITE", 7866) in objections(told.summary)
    assert [track.label for track in told.summary.tracks] == ["stream-1", "stream-2"]
    assert [frequency(track, 0.1, 0.4) for track in told.summary.tracks] == pytest.approx([440, 880], rel=0.02)


async def test_metadata_that_the_schema_refuses_are_objected_to(way: Way, tmp_path: Path) -> None:
    told = await told_of(way, {"invalid_metadata": True}, tmp_path)
    agree(told, way)
    assert {one for one in objections(told.summary) if one[0] == "INVITE"} == {("INVITE", 7865)}


# --- media ---


async def test_media_on_one_track_alone(way: Way, tmp_path: Path) -> None:
    told = await told_of(way, {"only_track": "outbound"}, tmp_path)
    agree(told, way)
    assert heard_on(told, "outbound") > MANY
    assert (heard_on(told, "inbound"), track_of(told.summary, "inbound").file) == (0, None)
    assert told.summary.clean


@pytest.mark.parametrize("share", [0.4, 1])
async def test_what_is_lost_never_comes_and_is_counted_on_both_sides(
    share: float, way: Way, tmp_path: Path
) -> None:
    told = await told_of(way, {"loss": share}, tmp_path)
    agree(told, way)
    for label, shown in zip(LABELS, told.live["streams"], strict=True):
        sent = shown["sent"]
        assert sent["packets"] > MANY
        assert sent["lost"] == sent["packets"] if share == 1 else 0 < sent["lost"] < sent["packets"]
        # those before the first that came and after the last are not known to the server
        known = sum(source.lost for source in track_of(told.summary, label).arrived.sources)
        assert known <= sent["lost"]


async def test_reordered_packets_come_after_their_successors(way: Way, tmp_path: Path) -> None:
    told = await told_of(way, {"reordering": 1}, tmp_path)
    agree(told, way, under_way=2)
    for label in LABELS:
        (source,) = track_of(told.summary, label).arrived.sources
        assert source.packets / 4 < source.reordered <= source.packets / 2 + 1
        assert frequency(track_of(told.summary, label), 0.1, 0.4) == pytest.approx(TONES[label], rel=0.02)


async def test_jitter_is_measured_by_the_server(way: Way, tmp_path: Path) -> None:
    """Delays up to 300 ms hold back no more than 15 packets at a time, and one may be under way."""
    told = await told_of(way, {"jitter": "300ms"}, tmp_path, lasts="1s")
    agree(told, way, under_way=16)
    for label in LABELS:
        (source,) = track_of(told.summary, label).arrived.sources
        assert 40 * MILLISECOND < source.jitter < 160 * MILLISECOND


async def test_the_other_codec_is_recorded_as_what_it_is(way: Way, tmp_path: Path) -> None:
    told = await told_of(way, {"codec_change": "300ms"}, tmp_path)
    agree(told, way)
    for label in LABELS:
        types = media_of(told.summary, label).payload_types
        assert [kind for kind, _ in groupby(types)] == [PCMU, PCMA]
        for begin, end in ((0.1, 0.25), (0.35, 0.5)):
            assert frequency(track_of(told.summary, label), begin, end) == pytest.approx(TONES[label], rel=0.02)


async def test_a_client_that_falls_silent_sends_nothing_any_more_and_no_bye(way: Way, tmp_path: Path) -> None:
    manner = Manner(hang_up_after=1000 * MILLISECOND)
    told = await told_of(way, {"silence": "300ms"}, tmp_path, lasts="500ms", manner=manner)
    agree(told, way)
    assert (told.asked, told.summary.how) == (["INVITE", "ACK"], End.SERVER)
    for label in LABELS:
        assert MANY // 2 < heard_on(told, label) <= 15
        assert not track_of(told.summary, label).arrived.left


async def test_all_that_can_go_wrong_at_once_goes_wrong_at_once(way: Way, tmp_path: Path) -> None:
    wire = {
        "missing_label": True,
        "invalid_metadata": True,
        "no_refresh": True,
        "only_track": "inbound",
        "loss": 0.2,
        "reordering": 0.2,
        "jitter": "20ms",
        "codec_change": "200ms",
        "silence": "400ms",
    }
    manner = Manner(hang_up_after=1000 * MILLISECOND)
    told = await told_of(way, wire, tmp_path, lasts="500ms", manner=manner)
    agree(told, way, under_way=3)
    assert (told.summary.how, {rfc for _, rfc in objections(told.summary)}) == (End.SERVER, {7865, 7866})
    assert set(media_of(told.summary, "stream-1").payload_types) == {PCMU, PCMA}
    assert heard_on(told, "stream-2") == 0
