"""Pairs of UDP ports."""

from __future__ import annotations

import asyncio
import socket
from random import Random

import pytest

from emulator.core.errors import Unreachable
from emulator.siprec.media.ports import Address, PortPair, PortRange, open_ports

RANDOM = Random(5)  # noqa: S311 - nothing secret is drawn


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6 loopback")


def free_range(pairs: int) -> PortRange:
    """A range of ports that were free a moment ago."""
    for _ in range(100):
        opened = open_ports("127.0.0.1", randomness=RANDOM)
        first = opened.local[1]
        opened.close()
        ports = PortRange(first=first, last=first + 2 * pairs - 1)
        taken: list[PortPair] = []
        try:
            taken.extend(open_ports("127.0.0.1", randomness=RANDOM, within=ports) for _ in range(pairs))
        except Unreachable:
            continue
        finally:
            for one in taken:
                one.close()
        return ports
    raise AssertionError("no free range")


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_rtp_has_an_even_port_and_rtcp_the_odd_one_above(host: str) -> None:
    ports = open_ports(host, randomness=RANDOM)
    assert ports.local[1] % 2 == 0
    assert ports.local_rtcp == (host, ports.local[1] + 1)
    ports.close()


def test_a_range_gives_all_its_pairs_and_then_says_so() -> None:
    within = free_range(3)
    taken = [open_ports("127.0.0.1", randomness=RANDOM, within=within) for _ in range(3)]
    assert {one.local[1] for one in taken} == set(within.evens)
    with pytest.raises(Unreachable, match=f"from {within.first} to {within.last} at 127.0.0.1: "):
        open_ports("127.0.0.1", randomness=RANDOM, within=within)
    freed = taken[1].local
    taken[1].close()
    taken[1] = open_ports("127.0.0.1", randomness=RANDOM, within=within)
    assert taken[1].local == freed
    for one in taken:
        one.close()


@pytest.mark.parametrize(
    ("first", "last", "evens"), [(10, 13, [10, 12]), (11, 14, [12]), (10, 10, []), (11, 12, [])]
)
def test_a_pair_lies_whole_within_its_range(first: int, last: int, evens: list[int]) -> None:
    assert list(PortRange(first=first, last=last).evens) == evens


def test_an_empty_range_is_said() -> None:
    with pytest.raises(Unreachable, match="from 5001 to 5001"):
        open_ports("127.0.0.1", randomness=RANDOM, within=PortRange(first=5_001, last=5_001))


@pytest.mark.parametrize("within", [None, PortRange(first=40_000, last=40_003)])
def test_an_address_of_another_machine_is_said(within: PortRange | None) -> None:
    with pytest.raises(Unreachable, match=r"at 192\.0\.2\.1: "):
        open_ports("192.0.2.1", randomness=RANDOM, within=within)


async def test_what_comes_in_is_handed_over_with_who_sent_it() -> None:
    ours, peer = open_ports("127.0.0.1", randomness=RANDOM), open_ports("127.0.0.1", randomness=RANDOM)
    heard: asyncio.Queue[tuple[str, bytes, Address]] = asyncio.Queue()
    ours.listen(
        rtcp=lambda data, who: heard.put_nowait(("rtcp", data, who)),
        rtp=lambda data, who: heard.put_nowait(("rtp", data, who)),
    )
    peer.rtp.sendto(b"sound", ours.local)
    peer.rtcp.sendto(b"report", ours.local_rtcp)
    async with asyncio.timeout(5):
        came = {await heard.get(), await heard.get()}
    assert came == {("rtp", b"sound", peer.local), ("rtcp", b"report", peer.local_rtcp)}
    ours.close()
    peer.close()


async def test_rtp_that_nobody_wants_is_left_alone() -> None:
    ours, peer = open_ports("127.0.0.1", randomness=RANDOM), open_ports("127.0.0.1", randomness=RANDOM)
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    ours.listen(rtcp=lambda data, _: heard.put_nowait(data))
    peer.rtp.sendto(b"sound", ours.local)
    peer.rtcp.sendto(b"report", ours.local_rtcp)
    async with asyncio.timeout(5):
        assert await heard.get() == b"report"
    assert heard.empty()
    ours.close()
    peer.close()


async def test_ports_may_be_closed_by_what_hears_of_a_datagram() -> None:
    ours, peer = open_ports("127.0.0.1", randomness=RANDOM), open_ports("127.0.0.1", randomness=RANDOM)
    closed = asyncio.Event()

    def close(_: bytes, __: Address) -> None:
        ours.close()
        closed.set()

    ours.listen(rtcp=close)
    for _ in range(3):
        peer.rtcp.sendto(b"report", ours.local_rtcp)
    async with asyncio.timeout(5):
        await closed.wait()
    peer.close()


async def test_closing_twice_does_nothing_and_the_ports_are_free_again() -> None:
    ours = open_ports("127.0.0.1", randomness=RANDOM)
    ours.listen(rtcp=lambda _, __: None)
    local = ours.local
    ours.close()
    ours.close()
    again = open_ports("127.0.0.1", randomness=RANDOM, within=PortRange(first=local[1], last=local[1] + 1))
    assert again.local == local
    again.close()
