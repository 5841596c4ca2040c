"""Messages from and to bytes, by RFC 3261 and with the troubles of RFC 4475."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import GarbledSip, Unwritable
from emulator.siprec.sip.head import MAX_FIELDS, MAX_HEAD, MAX_LINE, SINGLE
from emulator.siprec.sip.headers import SHORT_NAMES, Headers
from emulator.siprec.sip.message import MAX_BODY, Message, Request, Response, parse, written


def request(*lines: str | bytes, first: str = "OPTIONS sip:a@b SIP/2.0") -> bytes:
    """A request of these header lines, without a body."""
    held = (first, *lines, "", "")
    return b"\r\n".join(line.encode() if isinstance(line, str) else line for line in held)


def headers(*lines: str | bytes) -> tuple[tuple[str, str], ...]:
    """What is read from these lines."""
    return parse(request(*lines)).headers.fields


def test_a_request_is_read() -> None:
    data = b"INVITE sip:bob@biloxi.com SIP/2.0\r\nCall-ID: a84b4c76e66710\r\nContent-Length: 4\r\n\r\nv=0\n"
    assert parse(data) == Request(
        method="INVITE",
        uri="sip:bob@biloxi.com",
        headers=Headers((("Call-ID", "a84b4c76e66710"), ("Content-Length", "4"))),
        body=b"v=0\n",
    )


@pytest.mark.parametrize(
    ("line", "status", "reason"),
    [
        ("SIP/2.0 200 OK", 200, "OK"),
        ("SIP/2.0 100 ", 100, ""),
        ("SIP/2.0 180", 180, ""),
        ("sip/2.0 699 Any Phrase: at <all>", 699, "Any Phrase: at <all>"),
        ("SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять", 200, "= 2**3 * 5**2 но сто девяносто девять"),
    ],
)
def test_a_response_is_read(line: str, status: int, reason: str) -> None:
    assert parse(request(first=line)) == Response(status=status, reason=reason, headers=Headers())


@pytest.mark.parametrize(
    "line",
    [
        "",
        "INVITE",
        "INVITE sip:a@b",
        "INVITE sip:a@b SIP/2.0 ",
        "INVITE  sip:a@b SIP/2.0",
        "INVITE sip:a@b  SIP/2.0",
        " INVITE sip:a@b SIP/2.0",
        "INVITE <sip:a@b> SIP/2.0",
        "INVITE sip:a@b; lr SIP/2.0",
        "INVITE sip:a@b SIP/7.0",
        "INVITE sip:a@b HTTP/1.1",
        "INV(ITE sip:a@b SIP/2.0",
        "ÏNVITE sip:a@b SIP/2.0",
        "INVITE sip:a@b\n SIP/2.0",
        "INVITE sip:a\0@b SIP/2.0",
        "SIP/2.0 200 O\rK",
        "SIP/2.0 99 Low",
        "SIP/2.0 099 Low",
        "SIP/2.0 700 High",
        "SIP/2.0 4294967301 better not break the receiver",
        "SIP/2.0 -200 OK",
        "SIP/2.0 2OO OK",
        "SIP/2.0 \u0662\u0660\u0660 OK",
        "SIP/2.0  200 OK",
        "SIP/2.0 200OK",
    ],
)
def test_any_other_first_line_is_refused(line: str) -> None:
    with pytest.raises(GarbledSip):
        parse(request(first=line))


def test_a_method_is_any_token_and_keeps_its_case() -> None:
    method = "!interesting-Method0123456789_*+`.%indeed'~"
    read = parse(request(first=f"{method} soap.beep://192.0.2.103:3002 sip/2.0"))
    assert isinstance(read, Request)
    assert (read.method, read.uri) == (method, "soap.beep://192.0.2.103:3002")


@pytest.mark.parametrize(("short", "name"), SHORT_NAMES.items())
def test_short_names_stand_for_the_long_ones(short: str, name: str) -> None:
    assert headers(f"{short}: 0") == headers(f"{short.upper()} : 0") == ((name, "0"),)


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        (
            "TO :\r\n sip:vivekg@chair.example.com ;   tag    = 1",
            ("TO", "sip:vivekg@chair.example.com ;   tag    = 1"),
        ),
        ("s:", ("Subject", "")),
        ("n\t:\t\r\n \r\n\tx\t", ("Identity-Info", "x")),
        ("Subject: a\r\n\t  b", ("Subject", "a b")),
    ],
)
def test_folds_and_white_space_are_undone(lines: str, field: tuple[str, str]) -> None:
    assert headers(lines, "Max-Forwards: 1") == (field, ("Max-Forwards", "1"))


def test_empty_lines_before_a_message_are_skipped() -> None:
    assert parse(b"\r\n\r\n\r\n" + request("a: b")) == parse(request("a: b"))


def test_text_is_utf_8() -> None:
    assert headers("Subject: Ünïcödé 大停電") == (("Subject", "Ünïcödé 大停電"),)


def test_a_line_that_is_not_utf_8_is_read_as_latin_1() -> None:
    data = request(b"Subject: \xfcber", "From: ü")
    read = parse(data)
    assert read.headers.fields == (("Subject", "über"), ("From", "ü"))
    assert "über".encode() in written(read)


@pytest.mark.parametrize(
    "line",
    [
        "no colon",
        ": no name",
        "two words: 1",
        "Näme: 1",
        'na"me: 1',
        "a: 1\nInjected: 2",
        "a: 1\rInjected: 2",
        "a: 1\x00",
        "a\n: 1",
        " a: fold before the first",
        "\ta: fold before the first",
    ],
)
def test_a_line_that_could_be_read_in_two_ways_is_refused(line: str) -> None:
    with pytest.raises(GarbledSip):
        parse(request(line))


@pytest.mark.parametrize("name", sorted(SINGLE))
def test_a_header_that_stands_alone_can_not_stand_twice(name: str) -> None:
    with pytest.raises(GarbledSip, match="twice"):
        parse(request(f"{name}: 0", "Via: x", f"{name.upper()}: 0"))


def test_other_headers_stand_as_often_as_they_are_sent() -> None:
    read = parse(request("Via: a", "v: b, c", "VIA: d"))
    assert read.headers.every("via") == ("a", "b, c", "d")
    assert read.headers.listed("VIA") == ("a", "b", "c", "d")


def test_a_body_longer_than_content_length_is_cut() -> None:
    assert parse(b"BYE sip:a@b SIP/2.0\r\nl: 2\r\n\r\nabrest").body == b"ab"


def test_a_body_shorter_than_content_length_was_cut_on_its_way() -> None:
    with pytest.raises(GarbledSip, match="shorter"):
        parse(b"BYE sip:a@b SIP/2.0\r\nl: 3\r\n\r\nab")


def test_a_datagram_without_content_length_is_body_to_its_end() -> None:
    assert parse(b"BYE sip:a@b SIP/2.0\r\na: b\r\n\r\nab\r\n\r\ncd").body == b"ab\r\n\r\ncd"


@pytest.mark.parametrize("length", ["-999", "+1", "1 1", "1,1", "", "1" * 10_000, "\u0661"])
def test_a_content_length_that_is_no_number_is_refused(length: str) -> None:
    with pytest.raises(GarbledSip):
        parse(request(f"Content-Length: {length}"))


@pytest.mark.parametrize(
    "data",
    [b"", b"\r\n", b"\r\n\r\n", b"\x00" * 4, b"BYE sip:a@b SIP/2.0\r\na: b\r\n", b"BYE sip:a@b SIP/2.0\n\n"],
)
def test_what_has_no_head_is_no_message(data: bytes) -> None:
    with pytest.raises(GarbledSip):
        parse(data)


@pytest.mark.parametrize(
    "data",
    [
        request(*["a: b"] * (MAX_FIELDS + 1)),
        request("a: " + "b" * MAX_LINE),
        request(*["a: " + "b" * 10_000] * 7),
        request(first="OPTIONS sip:" + "a" * MAX_HEAD + " SIP/2.0"),
        request() + b"a" * (MAX_BODY + 1),
    ],
    ids=["headers", "line", "head", "first line", "body"],
)
def test_what_is_out_of_bounds_is_refused(data: bytes) -> None:
    with pytest.raises(GarbledSip, match=r"too (long|many)"):
        parse(data)


def test_a_message_is_written_with_its_length_last() -> None:
    made = Headers((("Content-Length", "99"), ("Via", "SIP/2.0/UDP a"), ("Subject", "")))
    assert written(Request(method="INFO", uri="sip:a@b", headers=made, body=b"abc")) == (
        b"INFO sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nSubject: \r\nContent-Length: 3\r\n\r\nabc"
    )
    assert (
        written(Response(status=100, reason="", headers=Headers())) == b"SIP/2.0 100 \r\nContent-Length: 0\r\n\r\n"
    )


BREAKING = ["a\r\nInjected: 1", "a\n", "a\r", "\x00", "\ud800"]


@pytest.mark.parametrize("value", BREAKING)
def test_a_value_that_would_end_its_line_is_not_written(value: str) -> None:
    fine = Request(method="INFO", uri="sip:a@b", headers=Headers())
    for message in (
        Request(method=value, uri="sip:a@b", headers=Headers()),
        Request(method="INFO", uri=value, headers=Headers()),
        Request(method="INFO", uri="sip:a@b", headers=fine.headers.added((value, "1"))),
        Request(method="INFO", uri="sip:a@b", headers=fine.headers.added(("Subject", value))),
        Response(status=200, reason=value, headers=Headers()),
    ):
        with pytest.raises(Unwritable):
            written(message)


@pytest.mark.parametrize(
    "message",
    [
        Request(method="", uri="sip:a@b", headers=Headers()),
        Request(method="INFO sip:c@d SIP/2.0", uri="sip:a@b", headers=Headers()),
        Request(method="INFO", uri="", headers=Headers()),
        Request(method="INFO", uri="sip:a@b SIP/2.0", headers=Headers()),
        Request(method="INFO", uri="<sip:a@b>", headers=Headers()),
        Request(method="INFO", uri="sip:a@b", headers=Headers((("", "1"),))),
        Request(method="INFO", uri="sip:a@b", headers=Headers((("Subject: x", "1"),))),
        Response(status=99, reason="Low", headers=Headers()),
        Response(status=700, reason="High", headers=Headers()),
    ],
)
def test_what_would_be_read_as_something_else_is_not_written(message: Message) -> None:
    with pytest.raises(Unwritable):
        written(message)


NAMES = st.text("abcXYZ019-.!%*_+`'~", min_size=2, max_size=20).filter(lambda name: name.lower() not in SINGLE)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=30).map(
    lambda text: text.strip(" \t")
)
HEADERS = st.lists(st.tuples(NAMES, TEXTS), max_size=10).map(lambda fields: Headers(tuple(fields)))
URIS = st.text(
    st.characters(exclude_categories=["Cs", "Zs"], min_codepoint=0x21, exclude_characters='\x7f<>"'), min_size=1
)
MESSAGES = st.builds(Request, method=NAMES, uri=URIS, headers=HEADERS, body=st.binary()) | st.builds(
    Response, status=st.integers(100, 699), reason=TEXTS, headers=HEADERS, body=st.binary()
)


@given(MESSAGES)
def test_what_is_written_is_read_as_the_same(message: Message) -> None:
    read = parse(written(message))
    assert read.headers.without("Content-Length") == message.headers
    assert read.body == message.body
    if isinstance(message, Request) and isinstance(read, Request):
        assert (read.method, read.uri) == (message.method, message.uri)
    elif isinstance(message, Response) and isinstance(read, Response):
        assert (read.status, read.reason) == (message.status, message.reason)
    else:
        pytest.fail("it is read as the other kind")


@given(st.binary())
def test_any_bytes_are_read_or_refused_and_what_is_read_can_be_written(data: bytes) -> None:
    try:
        read = parse(data)
    except GarbledSip:
        return
    assert parse(written(read)).body == read.body
