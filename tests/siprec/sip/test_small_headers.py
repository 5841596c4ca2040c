"""CSeq, seconds, media types and words with parameters."""

from __future__ import annotations

import pytest

from emulator.core.errors import GarbledSip, Unwritable
from emulator.siprec.sip.content import MediaType, Valued, parse_media_type, parse_valued
from emulator.siprec.sip.cseq import CSeq, parse_cseq
from emulator.siprec.sip.parameters import Parameters
from emulator.siprec.sip.seconds import (
    MAX_SECONDS,
    Refresher,
    SessionExpires,
    parse_min_se,
    parse_retry_after,
    parse_session_expires,
)


def test_a_cseq_is_read_and_written() -> None:
    assert parse_cseq("0009 \t INVITE") == CSeq(number=9, method="INVITE")
    assert str(CSeq(number=2**31 - 1, method="Bye")) == "2147483647 Bye"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "INVITE",
        "1INVITE",
        "-1 INVITE",
        "2147483648 BYE",
        "36893488147419103232 REGISTER",
        "1 A B",
        "\u0661 BYE",
    ],
)
def test_what_is_no_cseq_is_refused(text: str) -> None:
    with pytest.raises(GarbledSip):
        parse_cseq(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1800", SessionExpires(seconds=1800)),
        ("90 ; refresher = UAS", SessionExpires(seconds=90, refresher=Refresher.UAS)),
        ("90;x=y;refresher=uac", SessionExpires(seconds=90, refresher=Refresher.UAC)),
        ("9" * 5000, SessionExpires(seconds=MAX_SECONDS)),
        ("0" * 5000 + "7", SessionExpires(seconds=7)),
        ("4294967296", SessionExpires(seconds=2**32 - 1)),
    ],
)
def test_a_session_expires_is_read(text: str, expected: SessionExpires) -> None:
    assert parse_session_expires(text) == expected


def test_a_session_expires_is_written() -> None:
    assert str(SessionExpires(seconds=90)) == "90"
    assert str(SessionExpires(seconds=90, refresher=Refresher.UAC)) == "90;refresher=uac"


@pytest.mark.parametrize("text", ["", "a", "-1", "1.5", "90 uac", "90;refresher=me", "90;refresher", "90, 91"])
def test_what_is_no_session_expires_is_refused(text: str) -> None:
    with pytest.raises(GarbledSip):
        parse_session_expires(text)


def test_other_seconds_are_read() -> None:
    assert parse_min_se("90;lr") == 90
    assert parse_retry_after("18000;duration=3600") == 18000
    assert parse_retry_after("120 (I'm in a meeting)") == 120
    with pytest.raises(GarbledSip):
        parse_retry_after("soon")


def test_a_media_type_is_read_with_its_quoted_boundary() -> None:
    read = parse_media_type('Multipart / Mixed ; boundary="a b;,c"')
    assert (read.name, read.multipart, read.parameters.get("boundary")) == ("multipart/mixed", True, "a b;,c")
    assert str(read) == 'multipart/mixed;boundary="a b;,c"'
    assert not parse_media_type("application/rs-metadata+xml").multipart


@pytest.mark.parametrize(
    "text", ["", "application", "application/", "/sdp", "a/b/c", "a/b c", "a/b, c/d", "a/b;=1"]
)
def test_what_is_no_media_type_is_refused(text: str) -> None:
    with pytest.raises(GarbledSip):
        parse_media_type(text)


def test_a_word_is_read_with_its_parameters() -> None:
    read = parse_valued('Q.850;cause=16;text="Normal, \\"clear\\""')
    assert (read.value, read.parameters.get("cause"), read.parameters.get("text")) == (
        "q.850",
        "16",
        'Normal, "clear"',
    )
    assert str(Valued(value="session", parameters=Parameters().added("handling", "optional"))) == (
        "session;handling=optional"
    )


@pytest.mark.parametrize("text", ["", "a b", "a, b", ";a", "a/b"])
def test_what_is_no_word_is_refused(text: str) -> None:
    with pytest.raises(GarbledSip):
        parse_valued(text)


@pytest.mark.parametrize(
    "made", [MediaType(name="a"), MediaType(name="a/b\r\n"), Valued(value="a\n"), Valued(value="")]
)
def test_what_would_say_something_else_is_not_written(made: MediaType | Valued) -> None:
    with pytest.raises(Unwritable):
        str(made)
