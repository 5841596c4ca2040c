"""SIP over UDP: refusal at once, peers apart, and what may come from elsewhere."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from emulator.core.errors import Unreachable
from emulator.siprec.net.link import Destination, Transport
from emulator.siprec.net.udp import UdpLink
from tests.siprec.net.peers import BOUND_SECS, Ears, message

if TYPE_CHECKING:
    from tests.siprec.net.conftest import Wire


def closed_port(family: socket.AddressFamily = socket.AF_INET, host: str = "127.0.0.1") -> int:
    with closing(socket.socket(family, socket.SOCK_DGRAM)) as opened:
        opened.bind((host, 0))
        return int(opened.getsockname()[1])


async def test_a_message_and_its_answer_go_both_ways(wire: Wire, ears: Ears, server_ears: Ears) -> None:
    listener = await wire.listener(server_ears, Transport.UDP)
    link = await wire.link(listener.addresses[Transport.UDP], ears)
    link.send(message("INVITE"))
    assert await server_ears.message() == message("INVITE")
    _, back = server_ears.heard[0]
    assert back.remote == link.local
    assert back.local == link.remote == listener.addresses[Transport.UDP]
    back.send(message("BYE"))
    assert await ears.message() == message("BYE")
    assert ears.heard[0][1] is link


@pytest.mark.parametrize("listens", [True, False])
async def test_another_port_of_the_peer_is_reached_from_the_same_socket(
    wire: Wire, ears: Ears, server_ears: Ears, listens: bool
) -> None:
    listener = await wire.listener(server_ears, Transport.UDP)
    link = await wire.link(listener.addresses[Transport.UDP], ears)
    link.send(message("INVITE"))
    await server_ears.message()
    way, mine = (server_ears.heard[0][1], link.remote) if listens else (link, link.local)
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as other:
        other.bind(("127.0.0.1", 0))
        other.setblocking(False)
        way.towards(other.getsockname()[1]).send(message("BYE"))
        async with asyncio.timeout(BOUND_SECS):
            got, sender = await asyncio.get_running_loop().sock_recvfrom(other, 4_096)
    assert (got, sender) == (message("BYE"), mine)
    assert way.towards(way.remote[1]) == way


async def test_a_closed_port_is_told_at_once(wire: Wire, ears: Ears) -> None:
    port = closed_port()
    link = await wire.link(("127.0.0.1", port), ears)
    link.send(message("INVITE"))
    assert await ears.loss() == f"127.0.0.1:{port} can't be reached by UDP: nobody listens there"
    assert ears.losses[0][1] is link


async def test_a_closed_port_of_ipv6_is_told_at_once(wire: Wire, ears: Ears) -> None:
    port = closed_port(socket.AF_INET6, "::1")
    link = await wire.link(("::1", port), ears)
    link.send(message("INVITE"))
    assert await ears.loss() == f"[::1]:{port} can't be reached by UDP: nobody listens there"


async def test_a_link_that_was_refused_goes_on_once_somebody_listens(
    wire: Wire, ears: Ears, server_ears: Ears
) -> None:
    port = closed_port()
    link = await wire.link(("127.0.0.1", port), ears)
    link.send(message("INVITE"))
    await ears.loss()
    await wire.listener(server_ears, Transport.UDP, port=port)
    link.send(message("BYE"))
    assert await server_ears.message() == message("BYE")


async def test_who_sends_from_elsewhere_is_heard_and_answered_there(wire: Wire, ears: Ears) -> None:
    link = await wire.link(("127.0.0.1", closed_port()), ears)
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as other:
        other.bind(("127.0.0.1", 0))
        other.setblocking(False)
        # so that only what comes from the link's own port gets back
        other.connect(link.local)
        other.send(message("BYE"))
        assert await ears.message() == message("BYE")
        _, back = ears.heard[0]
        assert back is not link
        assert back.remote == other.getsockname()
        assert back.local == link.local
        back.send(b"answer")
        async with asyncio.timeout(BOUND_SECS):
            assert await asyncio.get_running_loop().sock_recv(other, 100) == b"answer"


async def test_peers_of_a_listener_are_keys(wire: Wire, server_ears: Ears) -> None:
    listener = await wire.listener(server_ears, Transport.UDP)
    first = await wire.link(listener.addresses[Transport.UDP], Ears())
    second = await wire.link(listener.addresses[Transport.UDP], Ears())
    for link in (first, second, first):
        link.send(message("INVITE"))
    await server_ears.message(3)
    one, two, three = (link for _, link in server_ears.heard)
    assert one == three
    assert len({one, two, three}) == 2


async def test_links_of_one_client_never_share_a_port(wire: Wire, ears: Ears, server_ears: Ears) -> None:
    listener = await wire.listener(server_ears, Transport.UDP)
    links = [await wire.link(listener.addresses[Transport.UDP], ears) for _ in range(200)]
    assert len({link.local for link in links}) == 200


async def test_line_ends_that_keep_a_way_open_are_no_message(wire: Wire, ears: Ears, server_ears: Ears) -> None:
    listener = await wire.listener(server_ears, Transport.UDP)
    link = await wire.link(listener.addresses[Transport.UDP], ears)
    for data in (b"\r\n\r\n", b"", b"\0", message("INVITE")):
        link.send(data)
    assert await server_ears.message() == message("INVITE")
    assert len(server_ears.heard) == 1


async def test_the_largest_datagram_arrives_and_a_larger_one_is_a_loss(
    wire: Wire, ears: Ears, server_ears: Ears
) -> None:
    listener = await wire.listener(server_ears, Transport.UDP)
    link = await wire.link(listener.addresses[Transport.UDP], ears)
    link.send(b"x" * 65_507)
    assert len(await server_ears.message()) == 65_507
    link.send(b"x" * 65_508)
    assert "message too long" in await ears.loss()


async def test_a_listener_on_every_address_tells_which_one_a_peer_sees(
    wire: Wire, ears: Ears, server_ears: Ears
) -> None:
    listener = await wire.listener(server_ears, Transport.UDP, host="0.0.0.0")  # noqa: S104 - the test is about it
    port = listener.addresses[Transport.UDP][1]
    link = await wire.link(("127.0.0.1", port), ears)
    link.send(message("INVITE"))
    await server_ears.message()
    assert server_ears.heard[0][1].local == ("127.0.0.1", port)


async def test_a_closed_link_sends_nothing_and_tells_nothing(wire: Wire, ears: Ears, server_ears: Ears) -> None:
    listener = await wire.listener(server_ears, Transport.UDP)
    address = listener.addresses[Transport.UDP]
    link, other = await wire.link(address, ears), await wire.link(address, ears)
    link.close()
    link.send(message("INVITE"))
    other.send(message("BYE"))
    assert await server_ears.message() == message("BYE")
    assert ears.losses == []


async def test_an_address_that_no_packet_can_go_to_is_unreachable(ears: Ears) -> None:
    destination = Destination(address=("255.255.255.255", 5060), transport=Transport.UDP, name="x")
    with pytest.raises(Unreachable, match=r"^there is no way to 255\.255\.255\.255:5060 by UDP: "):
        UdpLink(destination, ears)


async def test_a_source_address_is_kept_to(wire: Wire, server_ears: Ears, ears: Ears) -> None:
    listener = await wire.listener(server_ears, Transport.UDP)
    destination = Destination(address=listener.addresses[Transport.UDP], transport=Transport.UDP, name="x")
    link = UdpLink(destination, ears, source="127.0.0.7")
    link.send(message("INVITE"))
    await server_ears.message()
    link.close()
    assert server_ears.heard[0][1].remote[0] == "127.0.0.7"
