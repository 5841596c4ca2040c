"""A stream is cut into messages by Content-Length, however its bytes come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import GarbledSip
from emulator.siprec.sip.framing import Framed, Framing, KeepAlive

EMPTY = b"BYE sip:a@b SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n"
BODY = b"INFO sip:a@b SIP/2.0\r\nl: 6\r\nCall-ID: 2\r\n\r\na\r\n\r\nb"


def whole(framing: Framing, *pieces: bytes) -> list[Framed]:
    """What comes out of all of them."""
    return [framed for piece in pieces for framed in framing.feed(piece)]


def one_by_one(data: bytes) -> list[bytes]:
    """Each byte alone."""
    return [data[place : place + 1] for place in range(len(data))]


@pytest.mark.parametrize("opened", [True, False])
def test_messages_that_come_together_are_cut_apart(opened: bool) -> None:
    assert whole(Framing(opened=opened), EMPTY + BODY + EMPTY) == [EMPTY, BODY, EMPTY]


@pytest.mark.parametrize("opened", [True, False])
def test_a_message_that_comes_byte_by_byte_is_put_together(opened: bool) -> None:
    assert whole(Framing(opened=opened), *one_by_one(EMPTY + BODY)) == [EMPTY, BODY]


def test_a_message_waits_for_the_last_byte_of_its_body() -> None:
    framing = Framing(opened=True)
    assert whole(framing, BODY[:-1]) == []
    assert framing.unfinished
    assert whole(framing, BODY[-1:]) == [BODY]
    assert not framing.unfinished


def test_the_end_that_accepted_reads_two_empty_lines_as_a_ping() -> None:
    framing = Framing(opened=False)
    assert whole(framing, b"\r\n", b"\r\n", EMPTY, b"\r\n\r\n\r\n\r\n") == [
        KeepAlive.PING,
        EMPTY,
        KeepAlive.PING,
        KeepAlive.PING,
    ]


def test_the_end_that_opened_reads_an_empty_line_as_a_pong() -> None:
    assert whole(Framing(opened=True), b"\r", b"\n", EMPTY, b"\r\n") == [KeepAlive.PONG, EMPTY, KeepAlive.PONG]


def test_an_empty_line_alone_before_a_message_is_skipped() -> None:
    assert whole(Framing(opened=False), b"\r\n" + EMPTY) == [EMPTY]
    assert whole(Framing(opened=False), *one_by_one(b"\r\n\r\n\r\n" + EMPTY)) == [KeepAlive.PING, EMPTY]


@given(st.lists(st.sampled_from([EMPTY, BODY, b"\r\n\r\n"]), max_size=6), st.data(), st.booleans())
def test_how_the_stream_is_cut_makes_no_difference(pieces: list[bytes], data: st.DataObject, opened: bool) -> None:
    stream = b"".join(pieces)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)))))
    parts = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert whole(Framing(opened=opened), *parts) == whole(Framing(opened=opened), stream)


def test_a_message_without_content_length_has_no_end() -> None:
    with pytest.raises(GarbledSip, match="no Content-Length"):
        whole(Framing(opened=True), b"BYE sip:a@b SIP/2.0\r\nCall-ID: 1\r\n\r\n")


@pytest.mark.parametrize(
    "length", [b"-1", b"+1", b"1, 1", b"0x1", b"", b"one", b"9999999999", "\u0661".encode(), b"1\r\nl: 1"]
)
def test_a_content_length_that_is_no_number_can_not_be_followed(length: bytes) -> None:
    with pytest.raises(GarbledSip):
        whole(Framing(opened=True), b"BYE sip:a@b SIP/2.0\r\nContent-Length: " + length + b"\r\n\r\n")


def test_a_head_without_an_end_is_refused_at_its_bound() -> None:
    framing = Framing(opened=True, max_head=100)
    assert whole(framing, b"x" * 100) == []
    with pytest.raises(GarbledSip, match="headers are too long"):
        whole(framing, b"x" * 5)
    with pytest.raises(GarbledSip, match="headers are too long"):
        whole(Framing(opened=True, max_head=len(EMPTY) - 5), EMPTY)
    assert whole(Framing(opened=True, max_head=len(EMPTY) - 4), EMPTY) == [EMPTY]


def test_a_body_beyond_its_bound_is_refused_before_it_comes() -> None:
    assert whole(Framing(opened=True, max_body=6), BODY) == [BODY]
    with pytest.raises(GarbledSip, match="body is too long"):
        whole(Framing(opened=True, max_body=5), BODY[:-6])


def test_what_came_whole_before_garbage_is_still_given() -> None:
    framing = Framing(opened=True)
    given_first = framing.feed(EMPTY + b"\x00\r\n\r\n")
    assert next(given_first) == EMPTY
    with pytest.raises(GarbledSip):
        next(given_first)


def test_a_stream_that_was_lost_stays_lost() -> None:
    framing = Framing(opened=True)
    with pytest.raises(GarbledSip):
        whole(framing, b"\x00\r\n\r\n")
    with pytest.raises(GarbledSip):
        framing.feed(EMPTY)


def test_what_nobody_took_comes_with_the_next_call() -> None:
    framing = Framing(opened=True)
    framing.feed(EMPTY)
    assert whole(framing, BODY) == [EMPTY, BODY]
