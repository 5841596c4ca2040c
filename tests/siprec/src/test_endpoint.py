"""The recording client on real sockets, beside a recording server and beside nobody."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from emulator.core.errors import Unreachable
from emulator.core.models import SECOND
from emulator.core.srs import Misconduct, OneTrack, SrsReason
from emulator.siprec.capture.record import Direction, Kind
from emulator.siprec.net.connecting import Ways
from emulator.siprec.net.link import Transport
from emulator.siprec.net.tls import ClientTls, ServerTls, client_context, server_context
from emulator.siprec.sdp.streams import Direction as Way
from emulator.siprec.sip.message import Request, written
from emulator.siprec.sip.transactions.replying import response
from emulator.siprec.src.actions import Answered, Ended, Failed, MediaChanged, Noted, Over
from emulator.siprec.src.endpoint import Caller
from emulator.siprec.srs.endpoint import RecordingServer, Wishes
from tests.siprec.src.on_sockets import (
    BOUND_SECS,
    Heard,
    by_hand,
    calling,
    free_port,
    messages,
    methods,
    order_to,
    recording,
    until,
)
from tests.siprec.src.peer import ORDER, SDP, directed
from tests.siprec.src.peer import placed as stand_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.siprec.net.names import Service


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
async def test_a_session_is_placed_sounds_and_is_hung_up(transport: Transport) -> None:
    async with recording() as server, calling(media_bytes=16 << 20) as caller:
        heard = Heard()
        placed = caller.place(order_to(server, transport), heard)
        assert heard.reports == []
        await heard.until(Answered)
        await until(lambda: len(placed.counted) == 2 and all(one.sent.packets > 5 for one in placed.counted))
        placed.hang_up()
        await heard.until(Over)
        assert [type(report) for report in heard.outcomes] == [Answered, Ended, Over]
        assert messages(placed, Direction.SENT) == ["INVITE", "ACK", "BYE"]
        assert messages(placed, Direction.RECEIVED)[-2:] == ["200", "200"]
        kinds = {packet.kind for packet in placed.record.packets}
        assert kinds == {Kind.SIP, Kind.RTP, Kind.RTCP}


async def test_secure_media_are_srtp() -> None:
    pytest.importorskip("pylibsrtp")
    async with recording() as server, calling(media_bytes=16 << 20) as caller:
        heard = Heard()
        placed = caller.place(replace(order_to(server), secure=True), heard)
        answered = await heard.until(Answered)
        assert isinstance(answered, Answered)
        assert all(stream.local_key is not None and stream.remote_key is not None for stream in answered.streams)
        await until(lambda: any(one.sent.packets > 1 for one in placed.counted))
        packets = [packet.data for packet in placed.record.packets if packet.kind is Kind.RTP]
        assert {len(packet) for packet in packets} == {12 + 160 + 10}


async def test_one_way_media_are_so_though_no_stream_has_a_label() -> None:
    wrong = Misconduct(only_track=OneTrack.OUTBOUND, missing_label=True)
    async with recording() as server, calling() as caller:
        placed = caller.place(replace(order_to(server), misconduct=wrong), Heard())
        await until(lambda: len(placed.counted) == 2 and placed.counted[1].sent.packets > 5)
        assert placed.counted[0].sent.packets == 0


async def test_a_port_that_nobody_listens_at_is_refused_at_once() -> None:
    async with calling() as caller:
        for transport in (Transport.UDP, Transport.TCP):
            heard = Heard()
            order = replace(ORDER, host="127.0.0.1", port=free_port(), transport=transport)
            caller.place(order, heard)
            failed = await heard.until(Failed)
            assert isinstance(failed, Failed)
            assert failed.why is SrsReason.REFUSED
            await heard.until(Over)


async def test_a_certificate_that_nobody_trusts_is_a_failure_of_tls_unless_that_is_let_pass() -> None:
    wishes = Wishes(ports={Transport.TLS: 0}, tls=server_context(ServerTls(names=("127.0.0.1",))))
    server = RecordingServer(wishes)
    await server.open()
    try:
        for verified in (True, False):
            tls = client_context(ClientTls(verified=verified))
            async with calling(ways=Ways(tls=tls)) as caller:
                heard = Heard()
                caller.place(order_to(server, Transport.TLS), heard)
                if verified:
                    failed = await heard.until(Failed)
                    assert isinstance(failed, Failed)
                    assert failed.why is SrsReason.TLS
                else:
                    await heard.until(Answered)
    finally:
        await server.close()


async def test_a_port_that_takes_no_tls_connection_is_refused() -> None:
    async with calling() as caller:
        heard = Heard()
        caller.place(replace(ORDER, host="127.0.0.1", port=free_port(), transport=Transport.TLS), heard)
        failed = await heard.until(Failed)
        assert isinstance(failed, Failed)
        assert failed.why is SrsReason.REFUSED


async def test_a_name_that_nobody_knows_fails_for_dns() -> None:
    class Nobody:
        async def addresses(self, host: str) -> tuple[str, ...]:
            raise Unreachable(f"{host} has no address")

        async def services(self, _: str) -> tuple[Service, ...]:
            return ()

    async with calling(names=Nobody()) as caller:
        heard = Heard()
        caller.place(replace(ORDER, host="nowhere.example"), heard)
        failed = await heard.until(Failed)
        assert failed == Failed(why=SrsReason.DNS, reason="nowhere.example has no address")
        assert heard.outcomes == [failed, Over()]


async def test_an_address_that_is_not_permitted_is_not_dialled() -> None:
    def never(_: str, address: str) -> None:
        raise Unreachable(f"{address} is forbidden")

    async with recording() as server, calling(permit=never) as caller:
        heard = Heard()
        placed = caller.place(order_to(server), heard)
        await heard.until(Over)
        assert isinstance(heard.outcomes[0], Failed)
        assert placed.record.messages == ()


async def test_media_go_to_no_address_that_is_not_permitted_though_the_srs_asks_for_it() -> None:
    asked: list[str] = []

    def only_once(_: str, address: str) -> None:
        asked.append(address)
        if len(asked) > 1:
            raise Unreachable(f"{address} is forbidden")

    async with recording() as server, calling(permit=only_once) as caller:
        heard = Heard()
        placed = caller.place(order_to(server), heard)
        await heard.until(Answered)
        await until(lambda: any(isinstance(one, Noted) and "is forbidden" in one.text for one in heard.reports))
        assert placed.counted == ()


async def test_hanging_up_before_anything_was_sent_ends_it() -> None:
    async with recording() as server, calling() as caller:
        heard = Heard()
        placed = caller.place(order_to(server), heard)
        placed.hang_up()
        await heard.until(Over)
        assert heard.outcomes == [Ended(), Over()]
        assert placed.record.messages == ()


async def test_closing_says_bye_in_every_session() -> None:
    async with recording() as server:
        caller = Caller()
        tellings = [Heard() for _ in range(3)]
        placed = [caller.place(order_to(server), heard) for heard in tellings]
        for heard in tellings:
            await heard.until(Answered)
        await caller.close()
        for one, heard in zip(placed, tellings, strict=True):
            assert messages(one, Direction.SENT)[-1] == "BYE"
            assert heard.reports[-1] == Over()
        with pytest.raises(Unreachable):
            caller.place(ORDER, Heard())


async def test_closing_does_not_wait_for_who_never_answers() -> None:
    with silent_port() as port:
        caller = Caller()
        heard = Heard()
        placed = caller.place(replace(ORDER, host="127.0.0.1", port=port), heard)
        await until(lambda: bool(placed.record.messages))
        async with asyncio.timeout(BOUND_SECS):
            await caller.close(0.05)
        assert heard.outcomes == [Ended(), Over()]


async def test_an_answer_that_never_comes_is_no_answer_and_nothing_is_left() -> None:
    with silent_port() as port:
        async with calling() as caller:
            heard = Heard()
            order = replace(ORDER, host="127.0.0.1", port=port, answer_timeout=SECOND // 10)
            caller.place(order, heard)
            assert await heard.until(Failed) == Failed(why=SrsReason.NO_ANSWER, reason="no answer in time")
            await caller.close(0.05)
            late = Noted(text="the SRS took too long to answer, and is not waited for")
            assert [report for report in heard.reports if isinstance(report, Noted | Over)][-2:] == [late, Over()]


async def test_an_ack_goes_to_the_contact_of_the_2xx_and_requests_from_there_are_answered_there() -> None:
    async with (
        by_hand() as (first, first_hand, port),
        by_hand() as (other, other_hand, moved),
        calling() as caller,
    ):
        heard = Heard()
        session = caller.place(replace(ORDER, host="127.0.0.1", port=port), heard)
        await until(lambda: bool(first_hand.came))
        invite = first_hand.came[0]
        assert isinstance(invite, Request)
        peer = stand_in()
        peer.sent = [invite]
        fields = (("Contact", f"<sip:srs@127.0.0.1:{moved}>"), SDP)
        away = session.record.messages[0].local
        accepted = response(invite, 200, tag="srs", headers=fields, body=peer.sdp(invite))
        first.sendto(written(accepted), away)
        await heard.until(Answered)
        await until(lambda: bool(other_hand.came))
        assert methods(other_hand) == ["ACK"]
        other.sendto(written(peer.theirs("INVITE", SDP, body=directed(Way.INACTIVE))), away)
        await heard.until(MediaChanged)
        await until(lambda: len(other_hand.came) > 1)
        assert methods(other_hand)[1] == "200"


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes everything and answers nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        yield int(silent.getsockname()[1])
