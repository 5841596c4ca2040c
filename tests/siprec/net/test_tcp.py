"""SIP over TCP: whole messages, signs of life, ends of connections and what comes after them."""

from __future__ import annotations

import asyncio
import errno
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from emulator.core.errors import Unreachable
from emulator.core.models import MILLISECOND, SECOND
from emulator.siprec.net.connecting import Ways
from emulator.siprec.net.link import Transport
from emulator.siprec.net.stream import Habits
from emulator.siprec.net.udp import listen_udp
from tests.siprec.net.conftest import QUIET
from tests.siprec.net.peers import message

if TYPE_CHECKING:
    from emulator.siprec.net.link import Address, Receiver
    from emulator.siprec.net.udp import Datagrams
    from tests.siprec.net.conftest import Peer, Wire
    from tests.siprec.net.peers import Ears


def free_port() -> int:
    with closing(socket.socket()) as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


async def test_a_message_and_its_answer_go_both_ways(wire: Wire, ears: Ears, server_ears: Ears) -> None:
    listener = await wire.listener(server_ears, Transport.TCP)
    link = await wire.link(listener.addresses[Transport.TCP], ears, Transport.TCP)
    link.send(message("INVITE", b"v=0\r\n\r\n"))
    assert await server_ears.message() == message("INVITE", b"v=0\r\n\r\n")
    _, back = server_ears.heard[0]
    assert back.remote == link.local
    assert back.local == link.remote
    back.send(message("BYE"))
    assert await ears.message() == message("BYE")
    assert ears.heard[0][1] is link


async def test_messages_are_whole_however_they_are_cut(wire: Wire, ears: Ears, peer: Peer) -> None:
    await wire.link(peer.address, ears, Transport.TCP)
    both = message("BYE", b"first") + b"\r\n" + message("OPTIONS", b"second")
    for index in range(len(both)):
        await peer.write(both[index : index + 1])
    assert await ears.message(2) == message("OPTIONS", b"second")
    assert await ears.message(1) == message("BYE", b"first")


async def test_a_ping_is_answered_with_a_pong(wire: Wire, server_ears: Ears) -> None:
    listener = await wire.listener(server_ears, Transport.TCP)
    reader, writer = await asyncio.open_connection(*listener.addresses[Transport.TCP])
    with closing(writer):
        writer.write(b"\r\n\r\n")
        assert await asyncio.wait_for(reader.readexactly(2), 10) == b"\r\n"
        assert server_ears.heard == []


async def test_an_idle_client_gives_signs_of_life(wire: Wire, ears: Ears, peer: Peer) -> None:
    ways = Ways(habits=Habits(keep_alive=20 * MILLISECOND))
    await wire.link(peer.address, ears, Transport.TCP, ways=ways)
    assert await peer.read(8) == b"\r\n\r\n\r\n\r\n"
    await peer.write(b"\r\n\r\n")
    assert ears.heard == []


async def test_a_closed_port_is_unreachable_in_words(wire: Wire, ears: Ears) -> None:
    port = free_port()
    with pytest.raises(Unreachable) as told:
        await wire.link(("127.0.0.1", port), ears, Transport.TCP)
    assert str(told.value) == f"127.0.0.1:{port} can't be reached by TCP: nobody listens there"


async def test_a_peer_that_never_accepts_is_unreachable_in_time(wire: Wire, ears: Ears) -> None:
    # a full backlog drops further SYNs (listen(2))
    with closing(socket.socket()) as full, closing(socket.socket()) as first, closing(socket.socket()) as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        with pytest.raises(Unreachable, match=r"can't be reached by TCP: no connection within 0\.2 s$"):
            await wire.link(full.getsockname(), ears, Transport.TCP, ways=Ways(habits=QUIET, timeout=SECOND // 5))


async def test_a_connection_that_the_peer_ends_is_told(wire: Wire, ears: Ears, peer: Peer) -> None:
    link = await wire.link(peer.address, ears, Transport.TCP)
    await peer.end()
    where = f"127.0.0.1:{link.remote[1]}"
    assert await ears.loss() == f"the connection with {where} by TCP is over: it closed the connection"


async def test_an_end_in_the_middle_of_a_message_is_told_as_such(wire: Wire, ears: Ears, peer: Peer) -> None:
    await wire.link(peer.address, ears, Transport.TCP)
    await peer.write(message("BYE", b"half of it")[:-4])
    await peer.end()
    assert (await ears.loss()).endswith("it closed the connection in the middle of a message")
    assert ears.heard == []


async def test_a_reset_is_told(wire: Wire, ears: Ears, peer: Peer) -> None:
    await wire.link(peer.address, ears, Transport.TCP)
    await peer.reset()
    assert (await ears.loss()).endswith("it broke the connection off")


async def test_the_next_message_opens_the_connection_again_from_the_same_port(
    wire: Wire, ears: Ears, peer: Peer
) -> None:
    link = await wire.link(peer.address, ears, Transport.TCP)
    before = link.local
    await peer.end()
    await ears.loss()
    link.send(message("INVITE"))
    link.send(message("BYE"))
    await peer.accepted(2)
    both = message("INVITE") + message("BYE")
    assert await peer.read(len(both)) == both
    assert link.local == before


async def test_another_port_serves_where_the_one_before_is_not_to_be_had(
    wire: Wire, ears: Ears, peer: Peer
) -> None:
    link = await wire.link(peer.address, ears, Transport.TCP)
    before = link.local
    await peer.end()
    await ears.loss()
    with closing(socket.socket()) as taken:
        # the kernel may still see to the end of the connection
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(before)
        taken.listen()
        link.send(message("INVITE"))
        await peer.accepted(2)
        assert await peer.read(len(message("INVITE"))) == message("INVITE")
    assert link.local != before


async def test_a_connection_that_can_not_be_opened_again_is_told_once(wire: Wire, ears: Ears, peer: Peer) -> None:
    link = await wire.link(peer.address, ears, Transport.TCP)
    await peer.end()
    await ears.loss()
    await peer.stop()
    link.send(message("INVITE"))
    link.send(message("BYE"))
    assert (await ears.loss(2)).endswith("nobody listens there")
    assert len(ears.losses) == 2


async def test_a_link_that_is_closed_while_it_opens_again_stays_closed(wire: Wire, ears: Ears, peer: Peer) -> None:
    link = await wire.link(peer.address, ears, Transport.TCP)
    await peer.end()
    await ears.loss()
    link.send(message("INVITE"))
    link.close()
    await asyncio.wait_for(link.closed(), 10)
    link.send(message("BYE"))
    assert len(ears.losses) == 1


async def test_what_is_no_sip_ends_the_connection(wire: Wire, server_ears: Ears) -> None:
    listener = await wire.listener(server_ears, Transport.TCP)
    reader, writer = await asyncio.open_connection(*listener.addresses[Transport.TCP])
    with closing(writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await asyncio.wait_for(reader.readexactly(1), 10)
    assert "it sent what is no SIP: " in await server_ears.loss()


async def test_half_a_message_ends_the_connection_in_time(wire: Wire, server_ears: Ears) -> None:
    habits = Habits(keep_alive=None, patience=50 * MILLISECOND)
    listener = await wire.listener(server_ears, Transport.TCP, habits=habits)
    reader, writer = await asyncio.open_connection(*listener.addresses[Transport.TCP])
    with closing(writer):
        writer.write(message("OPTIONS") + message("INVITE")[:20])
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await asyncio.wait_for(reader.readexactly(1), 10)
    assert (await server_ears.loss()).endswith("it never finished a message")
    assert len(server_ears.heard) == 1


async def test_a_lone_line_end_is_no_half_message(wire: Wire, server_ears: Ears) -> None:
    habits = Habits(keep_alive=None, patience=20 * MILLISECOND)
    listener = await wire.listener(server_ears, Transport.TCP, habits=habits)
    _, writer = await asyncio.open_connection(*listener.addresses[Transport.TCP])
    with closing(writer):
        writer.write(b"\r\n")
        # the patience of the one that does begin a message is over later than the other's would be
        other = await wire.link(listener.addresses[Transport.TCP], server_ears, Transport.TCP)
        other.send(b"INVITE")
        await server_ears.loss(2)
        writer.write(message("INVITE"))
        assert await server_ears.message() == message("INVITE")


async def test_a_peer_that_reads_nothing_is_given_up(wire: Wire, ears: Ears, peer: Peer) -> None:
    link = await wire.link(peer.address, ears, Transport.TCP)
    await peer.pause()
    for _ in range(40):
        link.send(b"x" * (1 << 20))
    assert (await ears.loss()).endswith("it does not read what it is sent")


async def test_connections_past_the_bound_are_closed(
    wire: Wire, ears: Ears, server_ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.siprec.net.listening.MOST_CONNECTIONS", 1)
    listener = await wire.listener(server_ears, Transport.TCP)
    first = await wire.link(listener.addresses[Transport.TCP], ears, Transport.TCP)
    first.send(message("INVITE"))
    await server_ears.message()
    second = await wire.link(listener.addresses[Transport.TCP], ears, Transport.TCP)
    await ears.loss()
    assert ears.losses[0][1] is second
    first.close()
    await first.closed()
    assert server_ears.losses or await server_ears.loss()
    third = await wire.link(listener.addresses[Transport.TCP], ears, Transport.TCP)
    third.send(message("BYE"))
    assert await server_ears.message(2) == message("BYE")


async def test_a_listener_that_closes_ends_its_connections(wire: Wire, ears: Ears, server_ears: Ears) -> None:
    listener = await wire.listener(server_ears, Transport.TCP)
    link = await wire.link(listener.addresses[Transport.TCP], ears, Transport.TCP)
    link.send(message("INVITE"))
    await server_ears.message()
    await asyncio.wait_for(listener.close(), 10)
    await ears.loss()
    assert server_ears.losses == []


async def test_a_peer_that_reads_nothing_does_not_hold_up_the_end(
    wire: Wire, ears: Ears, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.siprec.net.stream.GOODBYE_SECS", 0.05)
    link = await wire.link(peer.address, ears, Transport.TCP)
    await peer.pause()
    for _ in range(3):
        link.send(b"x" * (1 << 20))
    link.close()
    await asyncio.wait_for(link.closed(), 10)
    assert ears.losses == []


async def test_a_flood_of_pings_earns_no_flood_of_pongs(wire: Wire, server_ears: Ears) -> None:
    listener = await wire.listener(server_ears, Transport.TCP)
    reader, writer = await asyncio.open_connection(*listener.addresses[Transport.TCP])
    with closing(writer):
        writer.write(b"\r\n\r\n" * 10_000 + message("INVITE"))
        await server_ears.message()
        server_ears.heard[0][1].close()
        async with asyncio.timeout(10):
            answered = await reader.read()
    assert set(answered) == set(b"\r\n")
    assert len(answered) < 1_000


async def test_a_port_that_is_taken_is_told_and_nothing_stays_open(wire: Wire, server_ears: Ears) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(Unreachable, match=rf"^can't listen on 127\.0\.0\.1:{port} by UDP: "):
            await wire.listener(server_ears, Transport.UDP, Transport.TCP, port=port)
        with closing(socket.socket()) as tried:
            # connections of others that are over may still have it
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(("127.0.0.1", port))


async def test_a_port_that_is_free_for_tcp_alone_is_not_settled_on(
    wire: Wire, server_ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []

    def refuse_once(address: Address, receiver: Receiver) -> Datagrams:
        taken.append(address[1])
        if len(taken) == 1:
            raise OSError(errno.EADDRINUSE, "Address already in use")
        return listen_udp(address, receiver)

    monkeypatch.setattr("emulator.siprec.net.listening.listen_udp", refuse_once)
    listener = await wire.listener(server_ears, Transport.UDP, Transport.TCP)
    assert listener.addresses[Transport.TCP][1] == taken[1]


async def test_udp_and_tcp_share_a_free_port(wire: Wire, server_ears: Ears) -> None:
    listener = await wire.listener(server_ears, Transport.UDP, Transport.TCP, host="::1")
    assert listener.addresses[Transport.UDP] == listener.addresses[Transport.TCP]
    assert listener.addresses[Transport.UDP][1] > 0
