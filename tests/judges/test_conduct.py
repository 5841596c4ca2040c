"""The recording client's conduct, checked message by message by SIPp as the recording server, over UDP and TCP."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.models import MILLISECOND, SECOND
from emulator.core.srs import SrsReason
from emulator.siprec.sip.digest import Credentials
from emulator.siprec.sip.transactions.timers import STANDARD
from emulator.siprec.src.actions import Answered, Ended, Failed, MediaChanged, Over, Ringing
from emulator.siprec.src.order import INBOUND
from tests.judges.clients import QUICK, order, placing
from tests.judges.relay import Losing, relaying
from tests.judges.scenarios import scenario
from tests.judges.sinks import sinks
from tests.judges.sipp import serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges.conftest import Serve
    from tests.judges.programs import Transport

each_transport = pytest.mark.parametrize("transport", ["udp", "tcp"])

ALICE = Credentials(username="alice", password="open-sesame")
CUSTOM = (("X-Account", "4711"),)

SESSIONS: dict[str, dict[str, Any]] = {
    "accept": {},
    "compact": {},
    "custom-headers": {"custom_headers": CUSTOM, "app_subdomain": "example-app"},
    "extension-parameters": {"custom_headers": CUSTOM, "metadata_headers": True},
    "one-stream-refused": {},
    "one-track": {"tracks": (INBOUND,)},
    "proxy-unauthorized": {"credentials": ALICE},
    "ring-then-accept": {},
    "too-short": {},
    "unauthorized": {"credentials": ALICE},
}
"""The client ends each; by the scenario: what its order has besides."""

BRIEF = replace(QUICK, t1=20 * MILLISECOND)

REFUSALS = {
    "bad-extension": 420,
    "busy": 486,
    "decline": 603,
    "moved": 302,
    "not-acceptable": 488,
    "not-found": 404,
}


@each_transport
@pytest.mark.parametrize("name", SESSIONS)
async def test_a_session_is_set_up_and_ended(name: str, transport: Transport, serve: Serve) -> None:
    with sinks() as media:
        async with (
            serve(name, transport, media.keys) as srs,
            placing(order(srs.port, transport, **SESSIONS[name])) as client,
        ):
            await client.until(Answered)
            client.placed.hang_up()
            found = await srs.verdict()
            assert found.passed, found
            assert (await client.until(Ended)).why is None
            await client.until(Over)


@each_transport
@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_is_acknowledged_and_told(name: str, transport: Transport, serve: Serve) -> None:
    async with (
        serve(name, transport) as srs,
        placing(order(srs.port, transport)) as client,
    ):
        failed = await client.until(Failed)
        assert (failed.why, failed.status) == (SrsReason.RESPONSE, REFUSALS[name])
        found = await srs.verdict()
        assert found.passed, found


@pytest.mark.parametrize("name", ["unauthorized", "proxy-unauthorized"])
async def test_a_challenge_without_credentials_is_a_refusal(name: str, serve: Serve) -> None:
    async with serve(name) as srs, placing(order(srs.port)) as client:
        failed = await client.until(Failed)
        assert failed.status in {401, 407}
        assert failed.why is SrsReason.RESPONSE


async def test_a_wrong_password_is_tried_once(serve: Serve) -> None:
    wrong = Credentials(username="alice", password="open-barley")
    async with (
        serve("unauthorized") as srs,
        placing(order(srs.port, credentials=wrong)) as client,
    ):
        await client.until(Answered)
        client.placed.hang_up()
        assert (await srs.verdict()).failed == ("credentials_are_right",)


# --- what takes too long ---


@each_transport
async def test_one_that_never_answers_is_cancelled(transport: Transport, serve: Serve) -> None:
    async with (
        serve("ring-then-cancel", transport) as srs,
        placing(order(srs.port, transport, answer_timeout=400 * MILLISECOND)) as client,
    ):
        assert (await client.until(Failed)).why is SrsReason.NO_ANSWER
        found = await srs.verdict()
        assert found.passed, found
        assert (await client.until(Ringing)).status == 180


@each_transport
async def test_hanging_up_while_it_rings_cancels(transport: Transport, serve: Serve) -> None:
    async with (
        serve("ring-then-cancel", transport) as srs,
        placing(order(srs.port, transport)) as client,
    ):
        await client.until(Ringing)
        client.placed.hang_up()
        assert (await client.until(Ended)).why is None
        found = await srs.verdict()
        assert found.passed, found


@each_transport
async def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_ended(
    transport: Transport, serve: Serve
) -> None:
    async with (
        serve("cancel-crosses-answer", transport) as srs,
        placing(order(srs.port, transport, answer_timeout=400 * MILLISECOND)) as client,
    ):
        found = await srs.verdict()
        assert found.passed, found
        await client.until(Over)
        assert [type(one) for one in client.reports if isinstance(one, Answered | Failed | Ended)] == [Failed]


async def test_one_that_says_nothing_is_given_up(serve: Serve) -> None:
    """By Timer B, 64 times T1 (RFC 3261 17.1.1.2)."""
    async with (
        serve("silent") as srs,
        placing(order(srs.port, timers=BRIEF)) as client,
    ):
        assert (await client.until(Failed)).why is SrsReason.SILENCE
        found = await srs.verdict()
        assert found.passed, found


# --- what is lost ---


async def test_an_invite_is_repeated_until_it_is_heard(serve: Serve) -> None:
    async with (
        serve("first-invites-lost") as srs,
        placing(order(srs.port)) as client,
    ):
        await client.until(Answered)
        client.placed.hang_up()
        found = await srs.verdict()
        assert found.passed, found


async def test_a_repeated_answer_is_acknowledged_each_time(serve: Serve) -> None:
    async with (
        serve("answer-repeated") as srs,
        placing(order(srs.port)) as client,
    ):
        found = await srs.verdict()
        assert found.passed, found
        assert (await client.until(Ended)).why is SrsReason.BYE
        assert len([one for one in client.reports if isinstance(one, Answered)]) == 1


@pytest.mark.parametrize("begins", [b"INVITE", b"ACK", b"BYE"])
async def test_what_the_client_sends_may_be_lost(begins: bytes, serve: Serve) -> None:
    losing = Losing(begins, 2)
    async with (
        serve("accept") as srs,
        relaying(srs.port, losing) as port,
        placing(order(port)) as client,
    ):
        await client.until(Answered)
        if begins == b"ACK":
            await client.until_played(120)
        client.placed.hang_up()
        found = await srs.verdict()
        assert found.passed, found
        assert losing.lost == 2


@pytest.mark.parametrize("begins", [b"SIP/2.0 200", b"SIP/2.0 486"])
async def test_what_the_server_answers_may_be_lost(begins: bytes, serve: Serve) -> None:
    losing = Losing(begins, 2)
    async with (
        serve("accept" if b"200" in begins else "busy") as srs,
        relaying(srs.port, to_client=losing) as port,
        placing(order(port)) as client,
    ):
        if b"200" in begins:
            await client.until(Answered)
            client.placed.hang_up()
        else:
            await client.until(Failed)
        found = await srs.verdict()
        assert found.passed, found
        assert losing.lost == 2


async def test_a_second_server_s_answer_is_ended_at_once(serve: Serve) -> None:
    async with serve("forked") as srs, placing(order(srs.port)) as client:
        found = await srs.verdict()
        assert found.passed, found
        assert (await client.until(Ended)).why is SrsReason.BYE
        assert len([one for one in client.reports if isinstance(one, Answered)]) == 1


@each_transport
async def test_a_server_by_ipv6_is_recorded_to(transport: Transport, tmp_path: Path) -> None:
    async with (
        serving(scenario("accept"), transport, tmp_path / "srs", host="::1") as srs,
        placing(replace(order(srs.port, transport), host="::1")) as client,
    ):
        await client.until(Answered)
        await client.until_played(5)
        client.placed.hang_up()
        found = await srs.verdict()
        assert found.passed, found


# --- what the server asks for within the session ---


@each_transport
@pytest.mark.parametrize("name", ["asks-and-updates", "server-ends", "snapshot"])
async def test_the_server_is_served_within_the_session(name: str, transport: Transport, serve: Serve) -> None:
    async with (
        serve(name, transport) as srs,
        placing(order(srs.port, transport)) as client,
    ):
        found = await srs.verdict()
        assert found.passed, found
        assert (await client.until(Ended)).why is SrsReason.BYE


@each_transport
async def test_streams_pause_and_go_on_as_the_server_wants(transport: Transport, serve: Serve) -> None:
    with sinks() as media:
        async with (
            serve("hold-and-resume", transport, media.keys) as srs,
            placing(order(srs.port, transport)) as client,
        ):
            found = await srs.verdict()
            assert found.passed, found
            assert (await client.until(Ended)).why is SrsReason.BYE
            changes = [one.streams for one in client.reports if isinstance(one, MediaChanged)]
            assert [[stream.sending for stream in streams] for streams in changes] == [[False] * 2, [True] * 2]


# --- session timers ---


@each_transport
async def test_a_session_is_refreshed_at_half_its_time(transport: Transport, serve: Serve) -> None:
    async with (
        serve("refreshed", transport, {"interval": 2}) as srs,
        placing(order(srs.port, transport, session_timeout_secs=2)) as client,
    ):
        answered = await client.until(Answered)
        found = await srs.verdict()
        assert found.passed, found
        ended = await client.until(Ended)
        assert (answered.status, ended.why) == (200, SrsReason.BYE)
        invites = [packet.at for packet in client.placed.record.messages if packet.data.startswith(b"INVITE ")]
        pauses = [after - before for before, after in pairwise(invites)]
        assert [round(pause / SECOND) for pause in pauses] == [1, 1]


@each_transport
async def test_a_change_that_crosses_a_refresh_is_put_off(transport: Transport, serve: Serve) -> None:
    async with (
        serve("refresh-crossed", transport, {"interval": 2}) as srs,
        placing(order(srs.port, transport, session_timeout_secs=2, timers=STANDARD)) as client,
    ):
        found = await srs.verdict()
        assert found.passed, found
        assert (await client.until(Ended)).why is SrsReason.BYE


@each_transport
@pytest.mark.parametrize("name", ["refresh-refused", "refresh-forgotten"])
async def test_a_session_that_is_not_refreshed_ends(name: str, transport: Transport, serve: Serve) -> None:
    async with (
        serve(name, transport, {"interval": 2}) as srs,
        placing(order(srs.port, transport, session_timeout_secs=2)) as client,
    ):
        found = await srs.verdict()
        assert found.passed, found
        assert (await client.until(Ended)).why is SrsReason.TIMER
