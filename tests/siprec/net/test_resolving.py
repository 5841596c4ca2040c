"""From a host to the addresses that are tried: RFC 3263 and RFC 2782, with real questions to a DNS server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NoReturn

import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import TargetRefused, Unreachable
from emulator.core.models import MILLISECOND, SECOND
from emulator.siprec.net.link import Destination, Target, Transport
from emulator.siprec.net.names import Service, SystemNames
from emulator.siprec.net.resolving import MOST, ordered, resolve
from tests.siprec.net.dns_server import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.siprec.net.dns_server import DnsServer


@pytest.fixture
async def dns_server() -> AsyncIterator[DnsServer]:
    async with serving() as server:
        yield server


class KnownNames(SystemNames):
    """SRV records are asked for, addresses are known."""

    def __init__(self, server: DnsServer, **addresses: str) -> None:
        """Know addresses, several after commas; a name's dots are written as underscores."""
        super().__init__(server=server.address, patience=300 * MILLISECOND)
        self._addresses = {name.replace("_", "."): text.split(",") for name, text in addresses.items()}

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Look into the table."""
        if host not in self._addresses:
            raise Unreachable(f"{host!a} has no address: unknown")
        return tuple(self._addresses[host])


def target(host: str, port: int | None = None, transport: Transport = Transport.UDP) -> Target:
    return Target(host=host, port=port, transport=transport)


def least(_: int) -> int:
    return 0


def most(bound: int) -> int:
    return bound


def addresses(found: tuple[Destination, ...]) -> list[str]:
    return [f"{host} {port}" for host, port in (one.address for one in found)]


@pytest.mark.parametrize(
    ("host", "port", "transport", "expected"),
    [
        ("192.0.2.7", 5080, Transport.UDP, "192.0.2.7 5080"),
        ("192.0.2.7", None, Transport.TCP, "192.0.2.7 5060"),
        ("192.0.2.7", 0, Transport.TLS, "192.0.2.7 5061"),
        ("[2001:db8::7]", 5080, Transport.UDP, "2001:db8::7 5080"),
        ("2001:db8::7", None, Transport.UDP, "2001:db8::7 5060"),
        ("fe80::1%lo", 5060, Transport.UDP, "fe80::1%lo 5060"),
    ],
)
async def test_an_address_is_taken_as_it_is(
    host: str, port: int | None, transport: Transport, expected: str, dns_server: DnsServer
) -> None:
    found = await resolve(target(host, port, transport), KnownNames(dns_server), least)
    assert addresses(found) == [expected]
    assert found[0].transport is transport
    assert found[0].name == host.strip("[]")
    assert dns_server.asked == []


async def test_a_name_with_a_port_has_all_its_addresses_tried_and_no_srv_asked(dns_server: DnsServer) -> None:
    names = KnownNames(dns_server, srs_test="2001:db8::7,192.0.2.7")
    found = await resolve(target("srs.test", 5080), names, least)
    assert addresses(found) == ["2001:db8::7 5080", "192.0.2.7 5080"]
    assert dns_server.asked == []


@pytest.mark.parametrize(
    ("transport", "question"),
    [
        (Transport.UDP, "_sip._udp.srs.test."),
        (Transport.TCP, "_sip._tcp.srs.test."),
        (Transport.TLS, "_sips._tcp.srs.test."),
    ],
)
async def test_a_name_without_port_is_asked_for_its_service(
    transport: Transport, question: str, dns_server: DnsServer
) -> None:
    dns_server.services[question] = ["10 0 5070 one.test.", "5 0 5090 two.test."]
    names = KnownNames(dns_server, one_test="192.0.2.1", two_test="192.0.2.2,192.0.2.3")
    found = await resolve(target("srs.test", None, transport), names, least)
    assert addresses(found) == ["192.0.2.2 5090", "192.0.2.3 5090", "192.0.2.1 5070"]
    assert dns_server.asked == [question]
    assert {one.name for one in found} == {"srs.test"}


@pytest.mark.parametrize("rcode", [dns.rcode.NXDOMAIN, dns.rcode.NOERROR, dns.rcode.SERVFAIL, dns.rcode.REFUSED])
async def test_without_records_the_name_itself_is_looked_up(rcode: dns.rcode.Rcode, dns_server: DnsServer) -> None:
    dns_server.rcode = rcode
    found = await resolve(target("srs.test"), KnownNames(dns_server, srs_test="192.0.2.7"), least)
    assert addresses(found) == ["192.0.2.7 5060"]


async def test_a_silent_dns_server_does_not_keep_a_name_from_being_found(dns_server: DnsServer) -> None:
    dns_server.silent = True
    found = await resolve(target("srs.test"), KnownNames(dns_server, srs_test="192.0.2.7"), least)
    assert addresses(found) == ["192.0.2.7 5060"]


async def test_a_service_that_is_not_offered_is_unreachable(dns_server: DnsServer) -> None:
    dns_server.services["_sip._udp.srs.test."] = ["0 0 0 ."]
    with pytest.raises(Unreachable, match=r"^DNS says that 'srs\.test' takes no SIP sessions by this transport$"):
        await resolve(target("srs.test"), KnownNames(dns_server, srs_test="192.0.2.7"), least)


async def test_a_service_without_address_is_passed_over(dns_server: DnsServer) -> None:
    dns_server.services["_sip._udp.srs.test."] = ["1 0 5070 gone.test.", "2 0 5090 two.test."]
    found = await resolve(target("srs.test"), KnownNames(dns_server, two_test="192.0.2.2"), least)
    assert addresses(found) == ["192.0.2.2 5090"]


async def test_services_that_all_have_no_address_are_unreachable(dns_server: DnsServer) -> None:
    dns_server.services["_sip._udp.srs.test."] = ["1 0 5070 gone.test."]
    with pytest.raises(Unreachable, match=r"^none of the services that DNS names for 'srs\.test' has an address$"):
        await resolve(target("srs.test"), KnownNames(dns_server), least)


async def test_a_name_that_nobody_knows_is_unreachable_in_words(dns_server: DnsServer) -> None:
    with pytest.raises(Unreachable, match=r"^'no-such-name\.invalid' has no address: \w"):
        await resolve(target("no-such-name.invalid", 5060), SystemNames(server=dns_server.address), least)


@pytest.mark.parametrize(
    "host", ["", "[]", ".", "a..b", "x" * 64 + ".test", "a\0b", "a b", "\u00e4" * 70, "x." * 200]
)
@pytest.mark.parametrize("port", [None, 5060])
async def test_what_is_no_name_is_unreachable(host: str, port: int | None, dns_server: DnsServer) -> None:
    with pytest.raises(Unreachable):
        await resolve(target(host, port), SystemNames(server=dns_server.address), least)


async def test_localhost_is_asked_of_nobody(dns_server: DnsServer) -> None:
    found = await resolve(target("localhost"), SystemNames(server=dns_server.address), least)
    assert "127.0.0.1 5060" in addresses(found)
    assert dns_server.asked == []


async def test_it_ends_in_time(dns_server: DnsServer) -> None:
    class Slow(KnownNames):
        async def addresses(self, host: str) -> tuple[str, ...]:
            await asyncio.Event().wait()
            return (host,)

    with pytest.raises(Unreachable, match=r"^'srs\.test' could not be resolved within 0\.05 s$"):
        await resolve(target("srs.test", 5060), Slow(dns_server), least, bound=SECOND // 20)


async def test_an_address_that_may_not_be_dialled_spoils_the_whole(dns_server: DnsServer) -> None:
    asked = []

    def permit(host: str, address: str) -> None:
        asked.append((host, address))
        if address == "169.254.169.254":
            refuse(host)

    def refuse(host: str) -> NoReturn:
        raise TargetRefused(host, "link-local")

    names = KnownNames(dns_server, srs_test="192.0.2.7,169.254.169.254")
    with pytest.raises(TargetRefused):
        await resolve(target("srs.test", 5060), names, least, permit=permit)
    assert asked == [("srs.test", "192.0.2.7"), ("srs.test", "169.254.169.254")]


async def test_addresses_are_bounded_and_each_there_once(dns_server: DnsServer) -> None:
    every = ",".join(f"192.0.2.{index % 100}" for index in range(200))
    found = await resolve(target("srs.test", 5060), KnownNames(dns_server, srs_test=every), least)
    assert len(found) == len(set(found)) == MOST


def service(priority: int, weight: int, host: str = "x") -> Service:
    return Service(host=host, port=5060, priority=priority, weight=weight)


def test_a_draw_lands_by_weight_and_those_without_have_a_small_chance() -> None:
    none, one, three = service(1, 0, "none"), service(1, 1, "one"), service(1, 3, "three")
    records = [three, none, one]
    # RFC 2782: running sums 0, 1, 4; the first whose sum is at least what was drawn
    assert ordered(records, least)[0] is none
    assert ordered(records, lambda bound: min(bound, 1))[0] is one
    assert ordered(records, lambda bound: min(bound, 2))[0] is three
    assert ordered(records, most)[0] is three


@given(
    st.lists(st.builds(service, st.integers(0, 3), st.integers(0, 65_535), st.sampled_from("abc")), max_size=30),
    st.randoms(use_true_random=False),
)
def test_every_service_is_tried_once_and_priorities_never_mix(records: list[Service], random: object) -> None:
    drawn = ordered(records, lambda bound: random.randint(0, bound))  # type: ignore[attr-defined]
    assert sorted(map(repr, drawn)) == sorted(map(repr, records))
    assert [one.priority for one in drawn] == sorted(one.priority for one in records)
