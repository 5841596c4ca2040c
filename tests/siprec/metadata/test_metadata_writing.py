"""Recording metadata to bytes and back (RFC 7865 sections 5 and 9)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import Unwritable
from emulator.siprec.metadata.call import snapshot, stopped
from emulator.siprec.metadata.model import (
    DataMode,
    Group,
    NameId,
    Participant,
    ParticipantSession,
    ParticipantStreams,
    Reason,
    Recording,
    Session,
    SessionRecording,
    Stream,
    unique_id,
)
from emulator.siprec.metadata.reading import SnapshotRequest, read_metadata, read_snapshot_request
from emulator.siprec.metadata.writing import written_metadata, written_snapshot_request
from tests.siprec.metadata.calls import CALL, NOON, is_valid

if TYPE_CHECKING:
    from emulator.siprec.metadata.call import Track

texts = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFFFD, blacklist_categories=["Cs"]), min_size=1, max_size=12
).map(str.strip)
names = texts.filter(bool)
ids = st.uuids().map(str).map(unique_id)
times = st.none() | st.sampled_from(["2024-11-25T12:00:00.000Z", "2010-12-16T23:41:07Z"])
spans = {"associate_time": times, "disassociate_time": times}
recordings = st.builds(
    Recording,
    mode=st.sampled_from([None, *DataMode]),
    groups=st.lists(st.builds(Group, group_id=ids, **spans), max_size=2).map(tuple),
    sessions=st.lists(
        st.builds(
            Session,
            session_id=ids,
            sip_session_ids=st.lists(names, max_size=2).map(tuple),
            reasons=st.lists(st.builds(Reason, text=texts, cause=st.integers(0, 700).map(str)), max_size=2).map(
                tuple
            ),
            group_ref=st.none() | ids,
            start_time=times,
            stop_time=times,
            parameters=st.lists(st.tuples(names, texts), max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    participants=st.lists(
        st.builds(
            Participant,
            participant_id=ids,
            names=st.lists(
                st.builds(NameId, aor=st.just("sip:a@example.com"), name=st.none() | names), min_size=1, max_size=2
            ).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    streams=st.lists(
        st.builds(Stream, stream_id=ids, session_id=st.none() | ids, label=st.none() | names), max_size=2
    ).map(tuple),
    session_recordings=st.lists(st.builds(SessionRecording, session_id=ids, **spans), max_size=2).map(tuple),
    participant_sessions=st.lists(
        st.builds(
            ParticipantSession,
            participant_id=ids,
            session_id=ids,
            parameters=st.lists(st.tuples(names, texts), max_size=2).map(tuple),
            **spans,
        ),
        max_size=2,
    ).map(tuple),
    participant_streams=st.lists(
        st.builds(
            ParticipantStreams,
            participant_id=ids,
            sends=st.lists(ids, max_size=2).map(tuple),
            receives=st.lists(ids, max_size=2).map(tuple),
            **spans,
        ),
        max_size=2,
    ).map(tuple),
)


def test_a_call_is_written_in_the_shape_of_telnyx() -> None:
    session, caller, callee = "agnNw4lIR/CqYnSslD1sWA==", "ERERESIiQzOERFVVVVVVVQ==", "ERERESIiQzOERGZmZmZmZg=="
    inbound, outbound = "qqqqqgAAQACAAAAAAAAAAQ==", "qqqqqgAAQACAAAAAAAAAAg=="
    since = "<associate-time>2024-11-25T12:00:00.000Z</associate-time>"
    expected = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>complete</datamode>'
        f'<session session_id="{session}"><sipSessionID>a84b4c76e66710@pc33.example.com</sipSessionID>'
        "<start-time>2024-11-25T12:00:00.000Z</start-time></session>"
        f'<participant participant_id="{caller}"><nameID aor="sip:+15551230001@sip.telnyx.com">'
        "<name>Zoë</name></nameID></participant>"
        f'<participant participant_id="{callee}"><nameID aor="sip:+15551230002@sip.telnyx.com" /></participant>'
        f'<stream stream_id="{inbound}" session_id="{session}"><label>inbound</label></stream>'
        f'<stream stream_id="{outbound}" session_id="{session}"><label>outbound</label></stream>'
        f'<sessionrecordingassoc session_id="{session}">{since}</sessionrecordingassoc>'
        f'<participantsessionassoc participant_id="{caller}" session_id="{session}">{since}'
        "</participantsessionassoc>"
        f'<participantsessionassoc participant_id="{callee}" session_id="{session}">{since}'
        "</participantsessionassoc>"
        f'<participantstreamassoc participant_id="{caller}"><send>{inbound}</send><recv>{outbound}</recv>{since}'
        "</participantstreamassoc>"
        f'<participantstreamassoc participant_id="{callee}"><send>{outbound}</send><recv>{inbound}</recv>{since}'
        "</participantstreamassoc></recording>"
    )
    assert written_metadata(snapshot(CALL)).decode() == expected


@pytest.mark.parametrize("tracks", [CALL.tracks, CALL.tracks[:1], CALL.tracks[1:]])
@pytest.mark.parametrize("parameters", [(), (("X-Account", "42"), ("X-Note", '<&"ü'))])
def test_what_is_said_of_a_call_is_valid(
    tracks: tuple[Track, ...], parameters: tuple[tuple[str, str], ...]
) -> None:
    call = replace(CALL, tracks=tracks, parameters=parameters)
    assert is_valid(written_metadata(snapshot(call)))
    assert is_valid(written_metadata(stopped(call, NOON + 1_000_000)))


def test_two_participants_are_told_of_though_one_track_is_recorded() -> None:
    recording = snapshot(replace(CALL, tracks=CALL.tracks[:1]))
    assert len(recording.participants) == 2
    assert [stream.label for stream in recording.streams] == ["inbound"]


def test_custom_headers_stand_last_in_the_session_in_another_namespace() -> None:
    written = written_metadata(snapshot(replace(CALL, parameters=(("X-Account", "42"),)))).decode()
    assert (
        '<ExtensionParameters xmlns="urn:telnyx-siprec-emulator:extension-parameters:1">'
        '<Parameter name="X-Account" value="42" /></ExtensionParameters></session>'
    ) in written


def test_the_end_is_a_partial_document_that_names_times_alone() -> None:
    recording = stopped(CALL, NOON + 61_000_000)
    ended = "2024-11-25T12:01:01.000Z"
    assert recording.mode is DataMode.PARTIAL
    assert recording.sessions[0].stop_time == ended
    assert (recording.participants, recording.streams) == ((), ())
    assert [one.disassociate_time for one in recording.session_recordings] == [ended]
    assert [one.disassociate_time for one in recording.participant_sessions] == [ended] * 2
    assert [one.disassociate_time for one in recording.participant_streams] == [ended] * 2


@given(recordings)
def test_what_is_written_reads_back_the_same_and_is_valid(recording: Recording) -> None:
    written = written_metadata(recording)
    assert read_metadata(written) == recording
    assert is_valid(written)


def test_elements_out_of_order_are_not_valid_and_are_written_where_that_is_asked_for() -> None:
    assert not is_valid(written_metadata(snapshot(CALL), in_order=False))


@pytest.mark.parametrize("bad", ["\x00", "a\x0bb", "\ud800", "\uffff", "a\rb"])
def test_a_character_that_xml_cannot_hold_is_not_written(bad: str) -> None:
    with pytest.raises(Unwritable):
        written_metadata(snapshot(replace(CALL, sip_call_id=bad)))
    with pytest.raises(Unwritable):
        written_snapshot_request(bad)


def test_markup_in_a_value_stays_a_value() -> None:
    name = "</name></nameID><evil/>]]>&lt;"
    call = replace(CALL, caller=replace(CALL.caller, name=name), parameters=(('x"y', "1\n2\t3"),))
    read = read_metadata(written_metadata(snapshot(call)))
    assert read.participants[0].names[0].name == name
    assert read.sessions[0].parameters == (('x"y', "1\n2\t3"),)


@pytest.mark.parametrize("reason", [None, "the disk was full"])
def test_a_snapshot_request_reads_back_the_same_and_is_valid(reason: str | None) -> None:
    written = written_snapshot_request(reason)
    assert read_snapshot_request(written) == SnapshotRequest(reason)
    assert is_valid(written)


def test_an_id_is_base64_of_the_uuid() -> None:
    assert unique_id("00000000-0000-0000-0000-000000000000") == "AAAAAAAAAAAAAAAAAAAAAA=="
    with pytest.raises(ValueError, match="badly formed"):
        unique_id("nothing")
