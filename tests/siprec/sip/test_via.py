"""Via by RFC 3261 sections 18.2 and 20.42, and RFC 3581."""

from __future__ import annotations

import pytest

from emulator.core.errors import GarbledSip, Unwritable
from emulator.siprec.sip.parameters import Parameters
from emulator.siprec.sip.via import Via, parse_via, parse_vias


@pytest.mark.parametrize(
    "text",
    [
        "SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds",
        "SIP/2.0/TLS [2001:db8::9:1]:5061;branch=z9hG4bKas3-111;rport",
        "SIP/2.0/TCP 192.0.2.2:5060;received=192.0.2.207;branch=z9hG4bK77asjd",
        "SIP/2.0/UDP a;received=[2001:db8::9:255];branch=z9hG4bKas3",
        "SIP/2.0/UDP erlang.bell-telephone.com:5060;ttl=16;maddr=224.2.0.1",
    ],
)
def test_a_via_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_via(text)) == text


def test_white_space_may_stand_around_its_parts() -> None:
    read = parse_via("SIP  / 2.0  /udp 192.0.2.2 : 5070  ;branch = 390skdjuw")
    assert read == Via(
        transport="UDP", host="192.0.2.2", port=5070, parameters=Parameters((("branch", "390skdjuw"),))
    )
    assert (read.branch, read.sent_by) == ("390skdjuw", "192.0.2.2:5070")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SIP/2.0/UDP",
        "SIP/2.0 UDP host",
        "SIP/1.0/UDP host",
        "HTTP/2.0/UDP host",
        "SIP/2.0/UDP host:0",
        "SIP/2.0/UDP a b",
        "SIP/2.0/UDP 2001:db8::1",
        "SIP/2.0/UDP a, SIP/2.0/UDP b",
        "SIP/2.0/UDP ;branch=a",
        "SIP/2.0/UDP a;branch=1;branch=2",
    ],
)
def test_what_is_no_via_is_refused(text: str) -> None:
    with pytest.raises(GarbledSip):
        parse_via(text)


def test_vias_stand_after_commas_the_nearest_first() -> None:
    assert [via.host for via in parse_vias('SIP/2.0/UDP a;x="1,2" , SIP/2.0/UDP b')] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "stamped"),
    [
        ("SIP/2.0/UDP 192.0.2.1;branch=1", "SIP/2.0/UDP 192.0.2.1;branch=1"),
        ("SIP/2.0/UDP bob.example;branch=1", "SIP/2.0/UDP bob.example;branch=1;received=192.0.2.1"),
        ("SIP/2.0/UDP h;received=evil;branch=1", "SIP/2.0/UDP h;branch=1;received=192.0.2.1"),
        ("SIP/2.0/UDP 192.0.2.1;rport;branch=1", "SIP/2.0/UDP 192.0.2.1;branch=1;received=192.0.2.1;rport=9988"),
    ],
)
def test_a_server_stamps_where_a_request_came_from(text: str, stamped: str) -> None:
    assert str(parse_via(text).stamped("192.0.2.1", 9988)) == stamped


def test_an_ipv6_source_is_stamped_bare() -> None:
    via = parse_via("SIP/2.0/UDP h;rport").stamped("2001:db8::1", 9)
    assert str(via) == "SIP/2.0/UDP h;received=2001:db8::1;rport=9"
    assert via.answered_at() == ("2001:db8::1", 9)
    assert parse_via("SIP/2.0/UDP [2001:DB8:0::1]").stamped("2001:db8::1", 9).parameters == Parameters()


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("SIP/2.0/UDP host", ("host", None)),
        ("SIP/2.0/UDP host:5070;rport", ("host", 5070)),
        ("SIP/2.0/UDP host:5070;received=192.0.2.1", ("192.0.2.1", 5070)),
        ("SIP/2.0/UDP host:5070;received=192.0.2.1;rport=9", ("192.0.2.1", 9)),
        ("SIP/2.0/UDP host;received=[2001:db8::1];rport=9", ("2001:db8::1", 9)),
        ("SIP/2.0/UDP host;received=[2001:db8::1]", ("2001:db8::1", None)),
        ("SIP/2.0/UDP host:5070;maddr=[ff02::1];received=192.0.2.1", ("ff02::1", 5070)),
    ],
)
def test_a_response_goes_back_to_where_the_request_came_from(text: str, target: tuple[str, int | None]) -> None:
    assert parse_via(text).answered_at() == target


def test_an_rport_that_is_no_port_is_refused() -> None:
    with pytest.raises(GarbledSip):
        parse_via("SIP/2.0/UDP host;received=192.0.2.1;rport=x").answered_at()


@pytest.mark.parametrize(
    "via",
    [Via(transport="U DP", host="h"), Via(transport="UDP", host="h\r\n"), Via(transport="UDP", host="h", port=0)],
)
def test_a_via_that_would_say_something_else_is_not_written(via: Via) -> None:
    with pytest.raises(Unwritable):
        str(via)
