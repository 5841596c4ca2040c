"""What RFC 7865 and 7866 demand of metadata, and how each breach is told of."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.siprec.metadata.call import RecordedCall, snapshot, stopped
from emulator.siprec.metadata.checking import Checked, check, check_description
from emulator.siprec.metadata.model import NameId, Recording
from emulator.siprec.metadata.names import NAMESPACE
from emulator.siprec.metadata.nodes import read_node
from emulator.siprec.metadata.schema import against_schema
from emulator.siprec.metadata.violations import Weight
from emulator.siprec.metadata.writing import written_metadata
from emulator.siprec.sdp.description import SessionDescription, parse_sdp
from emulator.siprec.sdp.offer import offer
from emulator.siprec.sdp.streams import OfferedStream
from tests.siprec.metadata.calls import CALL, NOON, is_valid

OFFER = offer(
    tuple(
        OfferedStream(label=label, port=port, rtcp_port=port + 1)
        for label, port in (("inbound", 20000), ("outbound", 20002))
    ),
    host="192.0.2.1",
    session=1,
)
WHOLE = snapshot(CALL)
WRITTEN = written_metadata(WHOLE)
SESSION = "agnNw4lIR/CqYnSslD1sWA=="


def _check(
    data: bytes, description: SessionDescription | None = OFFER, before: Recording | None = None
) -> Checked:
    return check(data, description=description, before=before)


def _found(recording: Recording, before: Recording | None = None) -> list[str]:
    return [str(one) for one in _check(written_metadata(recording), before=before).violations]


def test_what_the_client_says_breaks_no_rule() -> None:
    opened = _check(WRITTEN)
    assert opened.violations == ()
    ended = _check(written_metadata(stopped(CALL, NOON + 1)), before=opened.recording)
    assert ended.violations == ()
    assert ended.recording is not None
    assert ended.recording.sessions[0].stop_time is not None
    assert check_description(OFFER) == ()


def test_what_telnyx_was_seen_to_send_in_2024_is_told_of() -> None:
    data = (
        b'<recording xmlns="urn:ietf:params:xml:ns:recording:1">'
        b'<session session_id="6a09cdc3-8948-47f0-aa62-74ac943d6c58"><sipSessionID>x</sipSessionID></session>'
        b'<participant participant_id="ERERESIiQzOERFVVVVVVVQ=="><nameID aor="sip:a@b"/></participant></recording>'
    )
    found = [str(one) for one in _check(data, description=None).violations]
    assert "RFC 7865 section 9: Line 1: session_id of session is no base64Binary." in found
    assert "RFC 7865 section 6.1: datamode does not say whether the document is complete or partial." in found


@pytest.mark.parametrize(
    ("recording", "section", "words"),
    [
        (replace(WHOLE, mode=None), "7865 section 6.1", "datamode"),
        (replace(WHOLE, sessions=(replace(WHOLE.sessions[0], session_id="YWJj"),)), "7865 section 6.10", "'YWJj'"),
        (replace(WHOLE, streams=(WHOLE.streams[0], *WHOLE.streams)), "7865 section 6.10", "given to 2 elements"),
        (replace(WHOLE, sessions=()), "7865 section 6.7", SESSION),
        (replace(WHOLE, sessions=()), "7865 section 6.4", SESSION),
        (replace(WHOLE, sessions=()), "7865 section 6.6", SESSION),
        (replace(WHOLE, streams=()), "7865 section 6.8", "is that of nothing"),
        (replace(WHOLE, participants=()), "7865 section 6.8", "is that of nothing"),
        (replace(WHOLE, sessions=(replace(WHOLE.sessions[0], group_ref=SESSION),)), "7865 section 6.3", "group"),
        (replace(WHOLE, streams=(replace(WHOLE.streams[0], label="97"),)), "7866 section 9.1", "'97'"),
        (replace(WHOLE, streams=(replace(WHOLE.streams[0], label=None),)), "7865 section 6.7", "has no label"),
        (replace(WHOLE, streams=WHOLE.streams[:1]), "7865 section 6.7", "'outbound'"),
        (replace(WHOLE, streams=(replace(WHOLE.streams[0], session_id=None),)), "7865 section 6.7", "not which"),
        (replace(WHOLE, participant_streams=()), "7865 section 6.8", "Nobody"),
        (replace(WHOLE, participant_sessions=()), "7865 section 6.6", "participantsessionassoc"),
        (replace(WHOLE, session_recordings=()), "7865 section 6.4", "sessionrecordingassoc"),
        (
            replace(WHOLE, participants=(replace(WHOLE.participants[0], names=(NameId(aor="bob"),)),)),
            "7865 section 6.5", "'bob'",
        ),
        (
            replace(WHOLE, sessions=(replace(WHOLE.sessions[0], start_time="2024-11-25T12:00:00"),)),
            "7865 section 6.9", "start-time",
        ),
        (
            replace(WHOLE, sessions=(replace(WHOLE.sessions[0], stop_time="2024-11-25T11:59:59Z"),)),
            "7865 section 6.9", "before its start-time",
        ),
        (stopped(CALL, NOON), "7866 section 9.1", "before any complete one"),
        (Recording(), "7865 section 6.3", "No session"),
    ],
)  # fmt: skip
def test_a_breach_is_told_of_with_its_section(recording: Recording, section: str, words: str) -> None:
    assert any(told.startswith(f"RFC {section}: ") and words in told for told in _found(recording))


def test_what_the_schema_does_not_allow_is_told_of() -> None:
    nameless = re.sub("<nameID.*?</nameID>", "", WRITTEN.decode()).encode()
    assert "RFC 7865 section 9: Line 1: participant has no nameID." in map(str, _check(nameless).violations)


def test_a_partial_document_may_name_what_was_told_of_before_alone() -> None:
    assert _found(stopped(CALL, NOON), before=WHOLE) == []
    other = RecordedCall(
        uuid="00000000-0000-4000-8000-000000000000", sip_call_id="x", caller=CALL.caller, callee=CALL.callee,
        tracks=(), started_at=NOON,
    )  # fmt: skip
    orphan = replace(stopped(other, NOON), sessions=())
    assert any("is that of nothing" in told for told in _found(orphan, before=WHOLE))


def test_what_cannot_be_read_is_told_of_and_changes_nothing() -> None:
    checked = _check(b"<recording", before=WHOLE)
    assert checked.recording is WHOLE
    assert [(one.weight, one.section) for one in checked.violations] == [(Weight.MUST, "5.1")]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("a=sendonly\r\n", "one a=label"),
        ("a=sendonly\r\na=label:1\r\na=label:2\r\n", "one a=label"),
        ("a=label:1\r\n", "neither sendonly nor inactive"),
        ("a=label:1\r\na=recvonly\r\n", "neither sendonly nor inactive"),
        ("a=label:1\r\na=sendonly\r\na=record:on\r\n", "a=record"),
        ("a=label:1\r\na=sendonly\r\nm=audio 2 RTP/AVP 0\r\na=label:1\r\na=sendonly\r\n", "2 m= lines"),
    ],
)
def test_an_offer_that_is_none_of_a_recording_sessions_is_told_of(lines: str, words: str) -> None:
    description = parse_sdp(f"v=0\r\no=- 1 1 IN IP4 a\r\nm=audio 1 RTP/AVP 0\r\n{lines}".encode())
    assert any(words in one.sentence for one in check_description(description))


def test_a_direction_of_the_whole_session_counts_for_each_stream() -> None:
    # RFC 8866 section 6.7: it may stand at either level
    description = parse_sdp(b"v=0\r\no=- 1 1 IN IP4 a\r\na=sendonly\r\nm=audio 1 RTP/AVP 0\r\na=label:1\r\n")
    assert check_description(description) == ()
    overruled = parse_sdp(
        b"v=0\r\no=- 1 1 IN IP4 a\r\na=sendonly\r\nm=audio 1 RTP/AVP 0\r\na=label:1\r\na=sendrecv\r\n"
    )
    assert len(check_description(overruled)) == 1


def test_a_stream_that_is_gone_needs_nothing_but_its_line() -> None:
    # RFC 3264 section 8.2: with port 0 all but the line may be left out
    assert check_description(parse_sdp(b"v=0\r\no=- 1 1 IN IP4 a\r\nm=audio 0 RTP/AVP 0\r\n")) == ()


# --- the table beside the schema itself ---

_NAMES = [
    "datamode", "group", "session", "participant", "stream", "sessionrecordingassoc", "participantsessionassoc",
    "participantstreamassoc", "sipSessionID", "reason", "group-ref", "start-time", "stop-time", "nameID", "name",
    "label", "send", "recv", "associate-time", "disassociate-time", "param", "other",
]  # fmt: skip
_ATTRIBUTES = [
    "group_id", "session_id", "participant_id", "stream_id", "aor", "cause", "protocol", "pname", "pval",
    "xml:lang", "x",
]  # fmt: skip
_TEXTS = [
    "", " ", "complete", "partial", " partial", "YWJj", "YWI=", "YW J j", "YWJ", "*", "2024-02-29T12:00:00Z",
    "2024-11-25T12:00:00", "2024-11-25T12:00:00.5+14:00", "2024-11-25T12:00:00+15:00", "2024-11-25", "16", "40000",
    "sip:a@b", "en", "x",
]  # fmt: skip


@st.composite
def _elements(draw: st.DrawFn, depth: int = 0) -> str:
    name = "recording" if depth == 0 else draw(st.sampled_from(_NAMES))
    given_ = draw(st.dictionaries(st.sampled_from(_ATTRIBUTES), st.sampled_from(_TEXTS), max_size=3))
    # the schema's xml:lang takes no blank, and the table does not look
    attributes = "".join(f' {key}="{"en" if key == "xml:lang" else value}"' for key, value in given_.items())
    foreign = draw(st.sampled_from(["", "", "", ' xmlns="urn:x"']))
    namespace = foreign if depth else f' xmlns="{NAMESPACE}"'
    inner = draw(st.lists(_elements(depth + 1), max_size=3)) if depth < 3 else []
    content = "".join(inner) or draw(st.sampled_from(_TEXTS))
    return f"<{name}{attributes}{namespace}>{content}</{name}>"


@given(_elements())
def test_the_table_says_what_the_schema_says(document: str) -> None:
    assert (against_schema(read_node(document.encode())) == ()) is is_valid(document.encode())


_CHANGES = [
    (" stream_id", " id"), ("<label>.*?</label>", ""), ("<nameID.*?</?nameID>", ""), (" session_id", " x"),
    ("datamode>", "dataMode>"), ("complete", "whole"), ("(<stream.*</stream>)", r"\1\1"), ("send>", "recv>"),
    (r"\.000Z", ""), ("T12", " 12"), ("(<datamode>.*?</datamode>)(.*)(</recording>)", r"\2\1\3"), ('=="', '="'),
    ("<sipSessionID>", "text<sipSessionID>"), ("</session>", '<x xmlns="urn:x"/></session>'),
    ("</session>", "<x/></session>"), ("</participant>", '<x xmlns="urn:x"/></participant>'),
    ("(<recv>.*?</recv>)(<associate-time>.*?</associate-time>)", r"\2\1"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "by"), _CHANGES)
def test_the_table_says_what_the_schema_says_of_a_document_that_was_changed(pattern: str, by: str) -> None:
    changed = re.sub(pattern, by, WRITTEN.decode()).encode()
    assert changed != WRITTEN
    assert (against_schema(read_node(changed)) == ()) is is_valid(changed)
