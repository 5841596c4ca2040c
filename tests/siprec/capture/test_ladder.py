"""A session drawn as a ladder: the whole, line by line, and what peers might put into it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.models import MILLISECOND
from emulator.siprec.capture.ladder import Ladder, Party, drawn
from emulator.siprec.capture.record import Direction, Packet
from emulator.siprec.net.link import Transport
from tests.siprec.capture.sessions import BEGIN, Script

SESSION = """\
      UDP  SRC 127.0.0.1:41000                     SRS 127.0.0.1:5080
    0.000 | INVITE + SDP ---------------------------------------> |
    0.010 | <-------------------------------- 100 Trying (INVITE) |
    0.020 | <------------------------------ 200 OK (INVITE) + SDP |
    0.021 | ACK ------------------------------------------------> |
    2.100 | BYE ------------------------------------------------> |
    2.110 | <--------------------------------------- 200 OK (BYE) |
"""

MULTIPART = (
    "--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--x\r\n"
    "Content-Type: application/rs-metadata+xml\r\n\r\n<recording/>\r\n--x--\r\n"
)


def packet(text: str, *, after: int = 0, direction: Direction = Direction.SENT, remote: int = 5080) -> Packet:
    return Packet(
        at=BEGIN + after,
        direction=direction,
        transport=Transport.UDP,
        local=("127.0.0.1", 41_000),
        remote=("127.0.0.1", remote),
        data=text.encode(),
    )


def invite(*headers: str, to: str = "<sip:srs@127.0.0.1>", body: str = "") -> str:
    lines = ("INVITE sip:srs@127.0.0.1 SIP/2.0", f"To: {to}", "CSeq: 1 INVITE", *headers)
    return "\r\n".join((*lines, f"Content-Length: {len(body)}", "", body))


def row(text: str) -> str:
    """The line of one message, without its time and rails."""
    return Ladder().lines(packet(text))[1][11:]


def test_a_whole_session() -> None:
    assert drawn(Script().packets()) == SESSION


def test_the_same_session_from_the_other_end() -> None:
    turned = [
        replace(
            one,
            direction=Direction.RECEIVED if one.direction is Direction.SENT else Direction.SENT,
            local=one.remote,
            remote=one.local,
        )
        for one in Script().packets()
    ]
    assert drawn(turned, Party.SRS) == SESSION


def test_line_by_line_is_the_same() -> None:
    ladder = Ladder()
    lines = [line for one in Script().packets() for line in ladder.lines(one)]
    assert "\n".join(lines) + "\n" == SESSION


def test_no_message_no_ladder() -> None:
    assert drawn(()) == ""


def test_ipv6_stands_in_brackets() -> None:
    first = drawn(Script(client="2001:db8::1", server="2001:db8::2", transport=Transport.TLS).packets())
    assert first.startswith("      TLS  SRC [2001:db8::1]:41000 ")


def test_what_is_sent_again_is_said_to_be() -> None:
    ladder = Ladder()
    once, again = ladder.lines(packet(invite())), ladder.lines(packet(invite(), after=500 * MILLISECOND))
    assert not once[-1].endswith("again")
    assert again == ["    0.500" + once[-1][9:] + "  again"]


def test_the_same_bytes_the_other_way_are_no_repetition() -> None:
    ladder = Ladder()
    ladder.lines(packet(invite()))
    assert not ladder.lines(packet(invite(), direction=Direction.RECEIVED))[-1].endswith("again")


def test_an_invite_within_the_session_is_said_to_be() -> None:
    assert row(invite(to="<sip:srs@127.0.0.1>;tag=b")).endswith("|  re-INVITE")


def test_who_is_not_the_first_peer_is_named() -> None:
    ladder = Ladder()
    ladder.lines(packet(invite()))
    assert ladder.lines(packet(invite("X: 1"), remote=5090))[0].endswith("|  to 127.0.0.1:5090")
    received = packet(invite("X: 2"), remote=5090, direction=Direction.RECEIVED)
    assert ladder.lines(received)[0].endswith("|  from 127.0.0.1:5090")


@pytest.mark.parametrize(
    ("kind", "body", "label"),
    [
        ("multipart/mixed;boundary=x", MULTIPART, "INVITE + SDP, metadata "),
        ("application/rs-metadata+xml", "<recording/>", "INVITE + metadata "),
        ("text/plain", "hello", "INVITE + body "),
    ],
)
def test_bodies_are_named(kind: str, body: str, label: str) -> None:
    assert row(invite(f"Content-Type: {kind}", body=body)).startswith(f" {label}-")


def test_what_happened_beside_messages_stands_between_the_rails() -> None:
    ladder = Ladder()
    ladder.lines(packet(invite()))
    line = f"{'inbound: PCMU to 127.0.0.1:50000':<54}"
    assert ladder.note(BEGIN + 30 * MILLISECOND, "inbound: PCMU to 127.0.0.1:50000") == [f"    0.030 :  {line}:"]


def test_no_line_is_wider_than_the_ladder_whatever_a_peer_calls_it() -> None:
    ladder = Ladder()
    plain = ladder.lines(packet(invite()))[-1]
    long = ladder.lines(packet(f"SIP/2.0 200 {'O' * 500}\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"))
    assert len(long[0]) == len(plain)
    assert "..." in long[0]


def test_nothing_reaches_the_terminal_but_text() -> None:
    lines = drawn([packet("SIP/2.0 200 \x1b[31mred\x1b[0m\r\nCSeq: 1 X\x1bY\r\nContent-Length: 0\r\n\r\n")])
    assert "\x1b" not in lines


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_anything_can_be_drawn(messages: list[bytes]) -> None:
    packets = [replace(packet(""), data=data) for data in messages]
    lines = drawn(packets).splitlines()
    assert len(lines) == (len(messages) + 1 if messages else 0)
    assert all(line.isprintable() for line in lines)
