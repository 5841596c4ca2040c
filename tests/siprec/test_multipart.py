"""Bodies of several parts by RFC 2046 section 5.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import GarbledMultipart, Unwritable
from emulator.siprec.multipart import MAX_PARTS, Part, mixed, parse_multipart, written_multipart
from emulator.siprec.sip.headers import Headers

SIMPLE = 'multipart/mixed; boundary="simple boundary"'
RFC_2046 = b"\r\n".join(
    [
        b"This is the preamble.  It is to be ignored.",
        b"",
        b"--simple boundary",
        b"",
        b"This is implicitly typed plain US-ASCII text.",
        b"It does NOT end with a linebreak.",
        b"--simple boundary",
        b"Content-type: text/plain; charset=us-ascii",
        b"",
        b"This is explicitly typed plain US-ASCII text.",
        b"It DOES end with a linebreak.",
        b"",
        b"--simple boundary--",
        b"",
        b"This is the epilogue.  It is also to be ignored.",
        b"--simple boundary",
    ]
)


def test_the_example_of_rfc_2046_is_read() -> None:
    first, second = parse_multipart(SIMPLE, RFC_2046)
    assert first == Part(
        body=b"This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak."
    )
    assert second.headers.fields == (("Content-type", "text/plain; charset=us-ascii"),)
    assert second.body.endswith(b"It DOES end with a linebreak.\r\n")
    assert (first.media_type.name, second.media_type.parameters.get("charset")) == ("text/plain", "us-ascii")


def body(*lines: str) -> bytes:
    """These lines, with a line end between each."""
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        (body("--b", "", "x", "--b--"), (Part(body=b"x"),)),
        (body("--b", "", "", "--b--", ""), (Part(),)),
        (body("--b", "--b--"), (Part(),)),
        (body("--b", "", "--b--"), (Part(),)),
        (body("--b", "X-A: 1", "--b--"), (Part(headers=Headers((("X-A", "1"),))),)),
        (body("--b", "X-A: 1", "", "--b--"), (Part(headers=Headers((("X-A", "1"),))),)),
        (body("--b \t", "", "x", "--b-- \t"), (Part(body=b"x"),)),
        (body("--b", "", "x", "--b", "", "y", "--b--"), (Part(body=b"x"), Part(body=b"y"))),
        (body("--b", "", "--bc", "--b-", " --b", "--b--"), (Part(body=b"--bc\r\n--b-\r\n --b"),)),
        (
            body("--b", "X-A :", " 1", "", "", "x", "", "--b--"),
            (Part(headers=Headers((("X-A", "1"),)), body=b"\r\nx\r\n"),),
        ),
    ],
)
def test_parts_are_what_stands_between_delimiters(data: bytes, parts: tuple[Part, ...]) -> None:
    assert parse_multipart("multipart/mixed;boundary=b", data) == parts


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"v=0\r\n",
        body("--b--"),
        body("--b", "", "x"),
        body("--b", "", "x", "--b"),
        body("--b", "", "x", "--other--"),
        body("--B", "", "x", "--B--"),
        body("--b", "no colon", "", "x", "--b--"),
        body("--b", " folded", "", "x", "--b--"),
        body("--b", "Content-Type: multipart/mixed;boundary=c", "", "--c", "", "--c--", "--b--"),
        body("--b", "Content-Type: none", "", "x", "--b--"),
        body("--b", "Content-Type: a/b", "content-type: c/d", "", "x", "--b--"),
        body("--b", "", "x", "--b--").replace(b"\r\n", b"\n"),
        body(*["--b", "", "x"] * (MAX_PARTS + 1), "--b--"),
    ],
)
def test_what_has_no_parts_is_refused(data: bytes) -> None:
    with pytest.raises(GarbledMultipart):
        parse_multipart("multipart/mixed;boundary=b", data)


def test_as_many_parts_as_the_bound_are_read() -> None:
    assert (
        len(parse_multipart("multipart/mixed;boundary=b", body(*["--b", "", "x"] * MAX_PARTS, "--b--")))
        == MAX_PARTS
    )


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/sdp",
        "multipart/mixed",
        "multipart/mixed;boundary",
        'multipart/mixed;boundary=""',
        'multipart/mixed;boundary="b',
        'multipart/mixed;boundary="b "',
        'multipart/mixed;boundary="\u00e9"',
        f"multipart/mixed;boundary={'b' * 71}",
        "multipart/mixed;boundary=b;boundary=c",
    ],
)
def test_a_content_type_without_a_boundary_is_refused(content_type: str) -> None:
    with pytest.raises(GarbledMultipart):
        parse_multipart(content_type, body("--b", "", "x", "--b--"))


def test_a_body_is_written_as_siprec_wants_it() -> None:
    parts = (
        Part(headers=Headers((("Content-Type", "application/sdp"),)), body=b"v=0\r\n"),
        Part(headers=Headers((("Content-Disposition", "recording-session"),)), body=b"<recording/>"),
    )
    assert mixed("foobar") == 'multipart/mixed;boundary="foobar"'
    assert written_multipart(parts, "foobar") == (
        b"--foobar\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n"
        b"--foobar\r\nContent-Disposition: recording-session\r\n\r\n<recording/>\r\n--foobar--\r\n"
    )


@pytest.mark.parametrize("boundary", ["", " ", "b ", "b" * 71, "b\r\n", 'b"', "b\\", "\u00e9", "b\0"])
def test_a_boundary_that_is_none_is_not_written(boundary: str) -> None:
    with pytest.raises(Unwritable):
        written_multipart((Part(),), boundary)
    with pytest.raises(Unwritable):
        mixed(boundary)


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (Part(body=b"x\r\n--b\r\n"),),
        (Part(body=b"--b"),),
        (Part(headers=Headers((("A", "--b"),))),),
        (Part(headers=Headers((("A", "1\r\n\r\nInjected"),))),),
        (Part(headers=Headers((("A b", "1"),))),),
    ],
)
def test_a_part_that_would_end_early_is_not_written(parts: tuple[Part, ...]) -> None:
    with pytest.raises(Unwritable):
        written_multipart(parts, "b")


HEADERS = st.lists(st.tuples(st.sampled_from(["X-A", "X-B"]), st.text("ab-\u00e9", max_size=5)), max_size=3)
PARTS = st.builds(Part, headers=HEADERS.map(lambda fields: Headers(tuple(fields))), body=st.binary(max_size=20))
BOUNDARIES = st.text("ab'()+_,-./:=? ", min_size=1, max_size=70).filter(lambda text: not text.endswith(" "))


@given(st.lists(PARTS, min_size=1, max_size=4).map(tuple), BOUNDARIES)
def test_what_is_written_is_read_as_the_same(parts: tuple[Part, ...], boundary: str) -> None:
    try:
        data = written_multipart(parts, boundary)
    except Unwritable:
        return
    assert parse_multipart(mixed(boundary), data) == parts


@given(
    st.lists(st.sampled_from([b"--b", b"--", b"\r\n", b" ", b"X-A: 1", b"x", b"\r", b"\n", b"--b--"])).map(
        b"".join
    )
)
def test_any_body_is_read_or_refused(data: bytes) -> None:
    try:
        assert parse_multipart("multipart/mixed;boundary=b", data)
    except GarbledMultipart:
        return
