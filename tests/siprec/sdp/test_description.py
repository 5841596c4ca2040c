"""Session descriptions to and from bytes (RFC 8866)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emulator.core.errors import GarbledSdp, Unwritable
from emulator.siprec.sdp.description import (
    MAX_BYTES,
    MAX_FORMATS,
    MAX_LINES,
    MAX_MEDIA,
    Attribute,
    MediaDescription,
    Origin,
    SessionDescription,
    parse_sdp,
    revised,
    written_sdp,
)

ORIGIN = Origin(username="FreeSWITCH", session="1712345678", version=7, host="192.0.2.1")
AUDIO = MediaDescription(kind="audio", port=49170, protocol="RTP/AVP", formats=("0",))
PLAIN = SessionDescription(origin=ORIGIN, name="Telnyx Media Gateway", host="192.0.2.1", media=(AUDIO,))

HEAD = b"v=0\r\no=alice 2890844526 2890844527 IN IP4 host.example.com\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"

tokens = st.text("abcXYZ019-+._!", min_size=1, max_size=8)
texts = st.text(st.characters(blacklist_characters="\r\n\0", blacklist_categories=["Cs"]), max_size=20).map(
    lambda text: text.strip(" \t")
)
hosts = st.sampled_from(["192.0.2.1", "2001:db8::1", "rec.example.com", "0.0.0.0"])  # noqa: S104
attributes = st.lists(st.builds(Attribute, tokens, st.none() | texts), max_size=3).map(tuple)
sections = st.builds(
    MediaDescription,
    kind=tokens,
    port=st.integers(0, 65535),
    protocol=st.sampled_from(["RTP/AVP", "RTP/SAVP", "udp"]),
    formats=st.lists(tokens, min_size=1, max_size=3).map(tuple),
    host=st.none() | hosts,
    attributes=attributes,
)
descriptions = st.builds(
    SessionDescription,
    origin=st.builds(
        Origin, username=tokens, session=st.from_regex("[0-9]{1,19}", fullmatch=True).map(str),
        version=st.integers(0, 2**64 - 1), host=hosts,
    ),
    name=texts.filter(bool),
    host=st.none() | hosts,
    attributes=attributes,
    media=st.lists(sections, max_size=3).map(tuple),
)  # fmt: skip


def test_a_description_is_written_in_the_order_of_the_rfc() -> None:
    assert written_sdp(PLAIN) == (
        b"v=0\r\no=FreeSWITCH 1712345678 7 IN IP4 192.0.2.1\r\ns=Telnyx Media Gateway\r\nc=IN IP4 192.0.2.1\r\n"
        b"t=0 0\r\nm=audio 49170 RTP/AVP 0\r\n"
    )


@given(descriptions)
def test_what_is_written_reads_back_the_same(description: SessionDescription) -> None:
    assert parse_sdp(written_sdp(description)) == description


def test_the_example_of_rfc_8866_section_5_is_read() -> None:
    read = parse_sdp(
        b"v=0\r\no=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\ns=Call to John Smith\r\n"
        b"i=SDP Offer #1\r\nu=http://www.jdoe.example.com/home.html\r\n"
        b"e=Jane Doe <jane@jdoe.example.com>\r\np=+1 617 555-6011\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n"
        b"m=audio 49170 RTP/AVP 0\r\nm=audio 49180 RTP/AVP 0\r\nm=video 51372 RTP/AVP 99\r\n"
        b"c=IN IP6 2001:db8::2\r\na=rtpmap:99 h263-1998/90000\r\n"
    )
    assert read.origin == Origin(username="jdoe", session="3724394400", version=3724394405, host="198.51.100.1")
    assert (read.name, read.host) == ("Call to John Smith", "198.51.100.1")
    assert [(media.kind, media.port, media.host) for media in read.media] == [
        ("audio", 49170, None),
        ("audio", 49180, None),
        ("video", 51372, "2001:db8::2"),
    ]
    assert read.media[2].get("rtpmap") == "99 h263-1998/90000"


def test_attributes_before_the_first_medium_are_the_sessions() -> None:
    read = parse_sdp(HEAD + b"a=recvonly\r\nm=audio 4000 RTP/AVP 8 0\r\na=ptime:20\r\na=ptime:30\r\n")
    assert read.attributes == (Attribute("recvonly"),)
    assert read.media[0].every("ptime") == ("20", "30")
    assert read.media[0].get("ptime") == "20"
    assert read.media[0].get("label") is None


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_either_line_end_is_read_and_blank_lines_behind_the_last_are_too(end: bytes) -> None:
    lines = HEAD.replace(b"\r\n", end) + b"m=audio 4000 RTP/AVP 0" + end + end + end
    assert parse_sdp(lines).media[0].port == 4000


def test_lines_out_of_order_within_a_section_are_read() -> None:
    read = parse_sdp(b"v=0\r\ns=x\r\nt=0 0\r\na=inactive\r\nc=IN IP4 192.0.2.1\r\no=- 1 1 IN IP4 192.0.2.9\r\n")
    assert (read.origin.host, read.host, read.name) == ("192.0.2.9", "192.0.2.1", "x")


def test_a_session_without_name_and_time_is_read() -> None:
    assert parse_sdp(b"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=\r\n").name == "-"
    assert parse_sdp(b"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\n").name == "-"


def test_a_port_count_and_a_multicast_ttl_are_read_past() -> None:
    read = parse_sdp(b"v=0\no=- 1 1 IN IP4 a\nm=audio 4000/2 RTP/AVP 0\nc=IN IP4 224.2.36.42/127\n")
    assert (read.media[0].port, read.media[0].host) == (4000, "224.2.36.42")


def test_bytes_that_are_no_utf8_go_through_unchanged() -> None:
    read = parse_sdp(b"v=0\r\no=- 1 1 IN IP4 a\r\ns=caf\xe9\r\n")
    assert b"s=caf\xe9\r\n" in written_sdp(read)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n",
        b"hello",
        b"v=1\r\no=- 1 1 IN IP4 a\r\n",
        b"o=- 1 1 IN IP4 a\r\nv=0\r\n",
        b"v=0\r\n",
        b"v=0\r\no=- 1 1 IN IP4 a\r\no=- 1 1 IN IP4 a\r\n",
        b"v=0\r\no=- 1 x IN IP4 a\r\n",
        b"v=0\r\no=- 1 99999999999999999999 IN IP4 a\r\n",
        b"v=0\r\no=- 1 1 IN IP4\r\n",
        b"v=0\r\no=- 1 1 ATM NSAP a\r\n",
        b"v=0\r\no=- 1 1 IN IP4 <a>\r\n",
        b"v=0\r\no=- 1 1 IN IP4 /127\r\n",
        HEAD + b"c=IN IP4\r\n" + b"m=audio 1 RTP/AVP 0\r\nc=IN IP4\r\n",
        HEAD + b"m=audio 1 RTP/AVP\r\n",
        HEAD + b"m=audio -1 RTP/AVP 0\r\n",
        HEAD + b"m=audio 65536 RTP/AVP 0\r\n",
        HEAD + b"m=audio 4000 RTP/AVP <0>\r\n",
        HEAD + "m=audio ٣٣ RTP/AVP 0\r\n".encode(),
        HEAD + b"a=\r\n",
        HEAD + b"a=a b:c\r\n",
        HEAD + b"q=1\r\n",
        HEAD + b"a=x:1\r\r\na=y\r\n",
        HEAD + b"a=x:\x00\r\n",
        HEAD + b"\r\na=x\r\n",
    ],
)
def test_what_is_no_description_is_refused(data: bytes) -> None:
    with pytest.raises(GarbledSdp):
        parse_sdp(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (HEAD + b"a=x:" + b"y" * MAX_BYTES, "larger"),
        (HEAD + b"a=x\r\n" * MAX_LINES, "lines"),
        (HEAD + b"m=audio 1 RTP/AVP 0\r\n" * (MAX_MEDIA + 1), "m= lines"),
        (HEAD + b"m=audio 1 RTP/AVP" + b" 0" * (MAX_FORMATS + 1), "formats"),
    ],
)
def test_what_is_over_a_bound_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(GarbledSdp, match=reason):
        parse_sdp(data)


@given(st.binary(max_size=300) | st.binary(max_size=60).map(lambda tail: HEAD + b"m=audio 1 RTP/AVP 0\r\n" + tail))
@example(b"v=0\r\no=- 1 " + b"9" * 5000 + b" IN IP4 a\r\n")
def test_no_input_gives_another_exception(data: bytes) -> None:
    try:
        read = parse_sdp(data)
    except GarbledSdp:
        return
    assert parse_sdp(written_sdp(read)) == read


@pytest.mark.parametrize(
    "description",
    [
        replace(PLAIN, name="x\r\na=y"),
        replace(PLAIN, name="\ud800x"),
        replace(PLAIN, host="192.0.2.1\r\na=y"),
        replace(PLAIN, host=""),
        replace(PLAIN, origin=replace(ORIGIN, username="a b")),
        replace(PLAIN, origin=replace(ORIGIN, username="a\u2028b")),
        replace(PLAIN, origin=replace(ORIGIN, session="")),
        replace(PLAIN, origin=replace(ORIGIN, version=-1)),
        replace(PLAIN, attributes=(Attribute("label", "x\na=y"),)),
        replace(PLAIN, attributes=(Attribute("label:x"),)),
        replace(PLAIN, media=(replace(AUDIO, formats=("0\r\na=x",)),)),
        replace(PLAIN, media=(replace(AUDIO, formats=()),)),
        replace(PLAIN, media=(replace(AUDIO, port=70_000),)),
        replace(PLAIN, media=(replace(AUDIO, protocol="RTP//AVP"),)),
        replace(PLAIN, media=(replace(AUDIO, kind="audio 1"),)),
        replace(PLAIN, media=(replace(AUDIO, host="a b"),)),
    ],
)
def test_a_value_that_would_say_something_else_is_not_written(description: SessionDescription) -> None:
    with pytest.raises(Unwritable):
        written_sdp(description)


def test_the_version_stays_in_a_refresh_and_goes_up_with_a_change() -> None:
    wanted = replace(PLAIN, origin=replace(ORIGIN, version=1))
    assert revised(PLAIN, wanted) == PLAIN
    changed = revised(PLAIN, replace(wanted, media=(replace(AUDIO, port=0),)))
    assert changed.origin == replace(ORIGIN, version=8)
    assert changed.media[0].port == 0


def test_an_ipv6_host_is_written_as_one() -> None:
    assert b"c=IN IP6 2001:db8::1\r\n" in written_sdp(replace(PLAIN, host="2001:db8::1"))
