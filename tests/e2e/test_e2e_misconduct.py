"""What a scenario asks to go wrong goes wrong at the recording server, and nothing where it asks for nothing."""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.models import MILLISECOND
from emulator.siprec.net.link import Transport
from emulator.siprec.sip import session_timer
from emulator.siprec.srs.actions import End
from emulator.siprec.srs.endpoint import RecordingServer, Wishes
from emulator.siprec.srs.manner import Manner
from tests.e2e.misbehaving import LABELS, LASTS, MANY, PCMA, PCMU, TONES, objections, playing
from tests.e2e.on_the_wire import BOUND, Notes, live
from tests.e2e.taken_down import frequency, media_of, track_of

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.siprec.srs.summary import Summary


async def recorded(wire: dict[str, Any], out: Path, lasts: str = LASTS, **settings: Any) -> Summary:
    """What the recording server says of such a session."""
    async with live(out=out, **settings) as rig:
        await rig.start(playing(wire, lasts))
        return await rig.notes.summary()


async def test_nothing_goes_wrong_where_no_wire_is_asked_for(tmp_path: Path) -> None:
    async with live(out=tmp_path) as rig:
        await rig.start(playing({}))
        summary = await rig.notes.summary()
    assert rig.notes.asked == ["INVITE", "ACK", "BYE"]
    assert (summary.how, summary.clean, summary.documents) == (End.CLIENT, True, 2)
    for label in LABELS:
        track, media = track_of(summary, label), media_of(summary, label)
        (source,) = track.arrived.sources
        assert (source.lost, source.duplicates, source.reordered, source.restarts) == (0, 0, 0, 0)
        assert (track.arrived.garbled, track.arrived.unknown, track.arrived.left) == (0, 0, True)
        assert len(media.packets) > MANY
        assert set(media.payload_types) == {PCMU}
        assert frequency(track, 0.1, 0.4) == pytest.approx(TONES[label], rel=0.02)


# --- SIP ---


@pytest.mark.parametrize(
    ("wire", "asked", "how"),
    [
        ({"late_cancel": True}, ["INVITE", "CANCEL", "ACK", "BYE"], End.CLIENT),
        ({}, ["INVITE", "CANCEL", "ACK"], End.CANCELLED),
    ],
)
async def test_a_late_cancel_crosses_the_answer(wire: dict[str, Any], asked: list[str], how: End) -> None:
    async with live(Manner(ring_for=300 * MILLISECOND)) as rig:
        await rig.start(playing(wire))
        await rig.notes.until("180")
        await rig.command("siprec_stop")
        assert (await rig.comes("siprec.stopped"))["hangup_cause"] == "originator_cancel"
        assert (await rig.notes.summary()).how is how
        assert rig.notes.asked == asked
        messages = rig.notes.messages
        late = ("200", False) in messages[: messages.index(("CANCEL", True))]
        assert late is bool(wire)


@pytest.mark.parametrize(
    ("wire", "how", "why"), [({"no_refresh": True}, End.EXPIRED, "bye"), ({}, End.CLIENT, None)]
)
async def test_a_session_that_is_never_refreshed_is_ended_by_the_server(
    wire: dict[str, Any], how: End, why: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 4028 section 10: of 90 s, the least interval, a refresh is due after 45 s and the BYE after 60 s."""
    monkeypatch.setattr(session_timer, "SECOND", 15 * MILLISECOND)
    async with live() as rig:
        await rig.start(playing(wire, lasts="1100ms"), session_timeout_secs=90)
        await rig.comes("siprec.stopped")
        assert (await rig.notes.summary()).how is how
        assert (await rig.session())["srs"][-1].get("why") == why
        assert rig.notes.asked.count("INVITE") == (1 if wire else 2)


async def test_a_body_with_another_boundary_is_refused() -> None:
    async with live() as rig:
        await rig.start(playing({"wrong_boundary": True}))
        await rig.comes("siprec.failed")
        summary = await rig.notes.summary()
    assert (summary.how, summary.status, summary.clean) == (End.REFUSED, 400, False)
    (objection,) = summary.objections
    assert "can't be taken apart" in objection.violation.sentence


async def test_streams_without_labels_are_recorded_and_objected_to(tmp_path: Path) -> None:
    summary = await recorded({"missing_label": True}, tmp_path)
    assert (summary.how, summary.clean) == (End.CLIENT, False)
    assert ("INVITE", 7866) in objections(summary)
    assert any("label" in one.violation.sentence for one in summary.objections)
    assert [track.label for track in summary.tracks] == ["stream-1", "stream-2"]
    assert [frequency(track, 0.1, 0.4) for track in summary.tracks] == pytest.approx([440, 880], rel=0.02)


async def test_metadata_that_the_schema_refuses_are_objected_to(tmp_path: Path) -> None:
    summary = await recorded({"invalid_metadata": True}, tmp_path)
    assert (summary.how, summary.clean) == (End.CLIENT, False)
    assert {one for one in objections(summary) if one[0] == "INVITE"} == {("INVITE", 7865)}
    assert all(media_of(summary, label).packets for label in LABELS)


# --- media ---


@pytest.mark.parametrize("track", LABELS)
async def test_media_on_one_track_alone(track: str, tmp_path: Path) -> None:
    summary = await recorded({"only_track": track}, tmp_path)
    (other,) = set(LABELS) - {track}
    assert len(media_of(summary, track).packets) > MANY
    assert (track_of(summary, other).arrived.sources, track_of(summary, other).file) == ((), None)
    assert summary.clean


async def test_all_packets_lost_are_none_at_all_and_counted_as_sent(tmp_path: Path) -> None:
    async with live(out=tmp_path) as rig:
        await rig.start(playing({"loss": 1}))
        summary = await rig.notes.summary()
        streams = (await rig.session())["live"]["streams"]
    assert [track.arrived.sources for track in summary.tracks] == [(), ()]
    for stream in streams:
        assert stream["sent"]["packets"] == stream["sent"]["lost"] > MANY


async def test_the_share_that_is_lost_is_lost_and_a_seed_repeats_which(tmp_path: Path) -> None:
    wire = {"loss": 0.3}
    once, again = [await recorded(wire, tmp_path / run, seed="lossy") for run in ("once", "again")]
    packets = lost = 0
    for label in LABELS:
        source = track_of(once, label).arrived.sources[0]
        packets, lost = packets + source.packets, lost + source.lost
        numbers = [media_of(one, label).numbers for one in (once, again)]
        last = min(numbers[0][-1], numbers[1][-1])
        assert [number for number in numbers[0] if number <= last] == [n for n in numbers[1] if n <= last]
        assert source.lost == numbers[0][-1] - numbers[0][0] + 1 - len(numbers[0])
    # three standard deviations of some 60 draws
    assert abs(lost / (packets + lost) - 0.3) < 0.18


async def test_reordered_packets_come_after_their_successors(tmp_path: Path) -> None:
    summary = await recorded({"reordering": 1}, tmp_path)
    for label in LABELS:
        (source,) = track_of(summary, label).arrived.sources
        # every other one, but a stall of this machine spares some, and the last one may still have been held back
        assert source.packets / 4 < source.reordered <= source.packets / 2 + 1
        assert (source.lost, source.duplicates) == (0, 0)
        assert sorted(numbers := media_of(summary, label).numbers) != numbers
        assert frequency(track_of(summary, label), 0.1, 0.4) == pytest.approx(TONES[label], rel=0.02)


async def test_jitter_is_measured_by_the_server(tmp_path: Path) -> None:
    """Delays drawn uniformly up to 300 ms differ by 100 ms on average, which RFC 3550's estimate nears slowly."""
    summary = await recorded({"jitter": "300ms"}, tmp_path, lasts="1s")
    for label in LABELS:
        (source,) = track_of(summary, label).arrived.sources
        assert 40 * MILLISECOND < source.jitter < 160 * MILLISECOND


async def test_the_other_codec_is_recorded_as_what_it_is(tmp_path: Path) -> None:
    summary = await recorded({"codec_change": "300ms"}, tmp_path)
    for label in LABELS:
        track = track_of(summary, label)
        runs = [(kind, len(list(run))) for kind, run in groupby(media_of(summary, label).payload_types)]
        assert [kind for kind, _ in runs] == [PCMU, PCMA]
        assert MANY // 2 < runs[0][1] <= 15
        assert (track.arrived.unknown, track.arrived.sources[0].lost) == (0, 0)
        for begin, end in ((0.1, 0.25), (0.35, 0.5)):
            assert frequency(track, begin, end) == pytest.approx(TONES[label], rel=0.02)


async def test_a_client_that_falls_silent_sends_nothing_any_more_and_no_bye(tmp_path: Path) -> None:
    manner = Manner(hang_up_after=1200 * MILLISECOND)
    async with live(manner, out=tmp_path) as rig:
        await rig.start(playing({"silence": "300ms"}, lasts="700ms"))
        await rig.comes("siprec.stopped")
        summary = await rig.notes.summary()
    assert rig.notes.asked == ["INVITE", "ACK"]
    assert summary.how is End.SERVER
    for label in LABELS:
        media = media_of(summary, label)
        assert MANY // 2 < len(media.packets) <= 15
        assert not track_of(summary, label).arrived.left


async def test_a_server_hears_of_a_silent_client_by_its_session_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_timer, "SECOND", 10 * MILLISECOND)
    async with live() as rig:
        dial = {"dial": "srs", "wire": {"silence": "100ms"}}
        ended = {"wait_for": {"srs": "ended"}, "timeout": "20s"}
        timeline = [dial, ended, {"emit": "siprec.stopped"}]
        await rig.start({"timeline": timeline}, session_timeout_secs=90)
        assert (await rig.notes.summary()).how is End.EXPIRED
        await rig.comes("siprec.stopped")
        assert (await rig.session())["srs"][-1]["why"] == "bye"


# --- the command line ---


async def called(out: Path, *misconduct: str, manner: Manner | None = None) -> tuple[Any, Summary, Notes]:
    """``call-srs`` as a user starts it: what it prints, and what the recording server says."""
    notes = Notes()
    wishes = Wishes(ports={Transport.UDP: 0}, out=out, manner=manner or Manner())
    srs = RecordingServer(wishes, passed=notes.passed, told=notes.told)
    await srs.open()
    try:
        uri = f"sip:127.0.0.1:{srs.addresses[Transport.UDP][1]}"
        flags = [flag for one in misconduct for flag in ("--misconduct", one)]
        command = (sys.executable, "-m", "emulator", "call-srs", uri, "--json", "--duration", "600ms", *flags)
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        printed, _ = await asyncio.wait_for(process.communicate(), BOUND)
        assert process.returncode == 0
        return json.loads(printed), await notes.summary(), notes
    finally:
        await srs.close()


async def test_the_command_does_the_same_to_media(tmp_path: Path) -> None:
    told, summary, _ = await called(tmp_path, "only_track=inbound", "codec_change=200ms", "loss=0.2")
    source = track_of(summary, "inbound").arrived.sources[0]
    numbers = media_of(summary, "inbound").numbers
    assert source.lost == numbers[-1] - numbers[0] + 1 - len(numbers) > 0
    assert set(media_of(summary, "inbound").payload_types) == {PCMU, PCMA}
    assert track_of(summary, "outbound").arrived.sources == ()
    assert told["tracks"][0]["lost_on_purpose"] >= source.lost


async def test_the_command_does_the_same_to_sip(tmp_path: Path) -> None:
    manner = Manner(hang_up_after=400 * MILLISECOND)
    told, summary, notes = await called(tmp_path, "missing_label", "silence=200ms", manner=manner)
    assert notes.asked == ["INVITE", "ACK"]
    assert (told["answered"], summary.how, summary.clean) == (True, End.SERVER, False)
    for label in ("stream-1", "stream-2"):
        assert 5 <= len(media_of(summary, label).packets) <= 10
