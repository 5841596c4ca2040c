"""Recording metadata from bytes, whoever wrote them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import GarbledMetadata
from emulator.siprec.metadata.call import snapshot, stopped
from emulator.siprec.metadata.model import DataMode, NameId, Recording, Stream, merged, unique_id
from emulator.siprec.metadata.reading import SnapshotRequest, read_metadata, read_snapshot_request
from emulator.siprec.metadata.writing import written_metadata
from tests.siprec.metadata.calls import CALL, NOON

NAMESPACE = "urn:ietf:params:xml:ns:recording:1"


def test_a_document_with_prefixes_and_white_space_is_read() -> None:
    read = read_metadata(
        b"""<?xml version='1.0' encoding='utf-8'?>
        <r:recording xmlns:r='urn:ietf:params:xml:ns:recording:1' xmlns:x='urn:x'>
          <r:datamode> complete </r:datamode>
          <r:participant participant_id='srfBElmCRp2QB23b7Mpk0w=='>
            <r:nameID aor='sip:bob@biloxi.com'><r:name xml:lang='it'>Bob</r:name></r:nameID>
            <x:nameID aor='sip:someone@else'/>
          </r:participant>
          <r:stream stream_id='UAAMm5GRQKSCMVvLyl4rFw==' session_id='hVpd7YQgRW2nD22h7q60JQ=='>
            <r:label>96</r:label>
          </r:stream>
          <x:stream/>
        </r:recording>"""
    )
    assert read.mode is DataMode.COMPLETE
    assert read.participants[0].names == (NameId(aor="sip:bob@biloxi.com", name="Bob", language="it"),)
    assert read.streams == (
        Stream(stream_id="UAAMm5GRQKSCMVvLyl4rFw==", session_id="hVpd7YQgRW2nD22h7q60JQ==", label="96"),
    )


def test_a_document_in_the_style_of_telnyx_of_2024_is_read() -> None:
    read = read_metadata(
        b'<recording xmlns="urn:ietf:params:xml:ns:recording:1"><session session_id="a-b">'
        b"<sipSessionID>x</sipSessionID>"
        b'<ExtensionParameters><Parameter name="k" value="v"/></ExtensionParameters></session></recording>'
    )
    assert read.mode is None
    assert read.sessions[0].sip_session_ids == ("x",)
    assert read.sessions[0].parameters == (("k", "v"),)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no xml",
        b"<recording/>",
        b"<recording xmlns='urn:else'/>",
        f"<session xmlns='{NAMESPACE}'/>".encode(),
        f"<!DOCTYPE recording [<!ENTITY a 'b'>]><recording xmlns='{NAMESPACE}'>&a;</recording>".encode(),
        f"<!DOCTYPE recording SYSTEM 'http://127.0.0.1/x'><recording xmlns='{NAMESPACE}'/>".encode(),
        f"<recording xmlns='{NAMESPACE}'>&a;</recording>".encode(),
        f"<recording xmlns='{NAMESPACE}'><p:x/></recording>".encode(),
        f"<recording xmlns='{NAMESPACE}'/>".encode("utf-16"),
        f"<recording xmlns='{NAMESPACE}'>{'<a>' * 40}{'</a>' * 40}</recording>".encode(),
        f"<recording xmlns='{NAMESPACE}'>{'<a/>' * 3000}</recording>".encode(),
        f"<recording xmlns='{NAMESPACE}'>{' ' * 70_000}</recording>".encode(),
    ],
)
def test_what_is_no_recording_or_over_a_bound_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(GarbledMetadata) as refused:
        read_metadata(data)
    assert refused.value.reason


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 10))
def test_no_document_gives_another_exception(data: bytes, at: int, cut: int) -> None:
    whole = written_metadata(snapshot(CALL))
    for garbled in (data, whole[:at] + data + whole[at + cut :]):
        try:
            read_metadata(garbled)
        except GarbledMetadata:
            continue


@pytest.mark.parametrize("root", ["requestsnapshot", "requestSnapshot"])
def test_a_snapshot_request_is_read_in_either_spelling(root: str) -> None:
    data = f"<{root} xmlns='{NAMESPACE}'><requestreason xml:lang='en'> lost it </requestreason></{root}>".encode()
    assert read_snapshot_request(data) == SnapshotRequest("lost it")


def test_what_is_no_snapshot_request_is_refused() -> None:
    with pytest.raises(GarbledMetadata):
        read_snapshot_request(f"<recording xmlns='{NAMESPACE}'/>".encode())


def test_a_partial_document_is_laid_over_what_was_said_before() -> None:
    known = merged(snapshot(CALL), stopped(CALL, NOON + 1_000_000))
    assert known.mode is DataMode.COMPLETE
    assert known.sessions[0].sip_session_ids == (CALL.sip_call_id,)
    assert known.sessions[0].stop_time == "2024-11-25T12:00:01.000Z"
    assert len(known.participants) == len(known.streams) == len(known.participant_sessions) == 2
    assert known.participant_streams[0].sends == (unique_id(CALL.tracks[0].uuid),)


def test_a_complete_document_takes_the_place_of_all_before() -> None:
    assert merged(snapshot(CALL), Recording()) == Recording(mode=DataMode.COMPLETE)
