"""The recording client behind a proxy: Kamailio must be content with every message, and SIPp behind it too."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from emulator.core.models import MILLISECOND
from emulator.core.srs import SrsReason
from emulator.siprec.net.tls import ClientTls
from emulator.siprec.sip.digest import Credentials
from emulator.siprec.sip.transactions.timers import STANDARD
from emulator.siprec.src.actions import Answered, Ended, Failed, Over
from tests.judges.clients import Client, order, placing
from tests.judges.identities import identity
from tests.judges.kamailio import PASSWORD, Judged, Proxy
from tests.judges.ports import free_port
from tests.judges.sinks import sinks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.judges.conftest import Route, Serve, Shown
    from tests.judges.programs import Transport
    from tests.judges.sipp import Judge

ACKNOWLEDGED = Judged(check="sanity", result="passed", method="ACK")
ALICE = Credentials(username="alice", password=PASSWORD)

each_transport = pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])


class Behind(Protocol):
    """Places a session by way of the proxy."""

    def __call__(
        self, name: str, transport: str, *, algorithm: str | None = None, **changes: Any
    ) -> AbstractAsyncContextManager[tuple[Judge, Proxy, Client]]:
        """The server, the proxy and the client.

        Args:
            name: The scenario that the server plays.
            transport: Between client and proxy; to the server it is TCP where it is that, and UDP otherwise.
            algorithm: Of the proxy's digest.
            changes: Of the order.
        """


@pytest.fixture
def behind(serve: Serve, route: Route, shown: Shown) -> Behind:
    @asynccontextmanager
    async def start(
        name: str, transport: str, *, algorithm: str | None = None, **changes: Any
    ) -> AsyncIterator[tuple[Judge, Proxy, Client]]:
        onward: Transport = "tcp" if transport == "tcp" else "udp"
        with sinks() as media:
            async with (
                serve(name, onward, media.keys) as srs,
                route(srs, shown.tls, transport=onward, algorithm=algorithm) as proxy,
                placing(
                    order(proxy.tls_port if transport == "tls" else proxy.port, transport, **changes),
                    ClientTls(ca=shown.ca),
                ) as client,
            ):
                yield srs, proxy, client

    return start


def demand_content(proxy: Proxy, *methods: str) -> None:
    """The proxy had nothing against any message, and saw at least these."""
    assert proxy.failed() == ()
    assert {one.method for one in proxy.judged()} >= set(methods)


def digests(proxy: Proxy) -> list[str]:
    """What the proxy said of credentials, in order."""
    return [one.result for one in proxy.judged() if one.check == "digest"]


# --- conduct ---


@each_transport
async def test_a_session_passes_a_proxy_that_stays_in_the_way(transport: str, behind: Behind) -> None:
    async with behind("accept", transport) as (srs, proxy, client):
        await client.until(Answered)
        client.placed.hang_up()
        found = await srs.verdict()
        assert found.passed, found
        await client.until(Ended)
        demand_content(proxy, "INVITE", "ACK", "BYE")


@each_transport
async def test_a_refusal_is_acknowledged_to_the_proxy(transport: str, behind: Behind) -> None:
    async with behind("busy", transport) as (_, proxy, client):
        assert (await client.until(Failed)).status == 486
        await proxy.run.until(lambda: ACKNOWLEDGED in proxy.judged())
        demand_content(proxy, "INVITE", "ACK")


@each_transport
async def test_a_cancel_passes_the_proxy(transport: str, behind: Behind) -> None:
    patience = 400 * MILLISECOND
    async with behind("ring-then-cancel", transport, answer_timeout=patience) as (
        srs,
        proxy,
        client,
    ):
        assert (await client.until(Failed)).why is SrsReason.NO_ANSWER
        found = await srs.verdict()
        assert found.passed, found
        await proxy.run.until(lambda: ACKNOWLEDGED in proxy.judged())
        demand_content(proxy, "INVITE", "CANCEL", "ACK")


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@each_transport
async def test_a_digest_is_answered(transport: str, algorithm: str, behind: Behind) -> None:
    """With ``qop``, within SIP's own rules: the credentials are those of the proxy's realm."""
    async with behind("accept", transport, algorithm=algorithm, credentials=ALICE, timers=STANDARD) as (
        _,
        proxy,
        client,
    ):
        await client.until(Answered)
        client.placed.hang_up()
        await client.until(Over)
        demand_content(proxy, "INVITE", "ACK", "BYE")
        assert digests(proxy) == ["challenged", "passed"]


async def test_a_wrong_password_fails(behind: Behind) -> None:
    wrong = Credentials(username="alice", password="open-barley")
    async with behind("accept", "tcp", algorithm="SHA-256", credentials=wrong) as (
        _,
        proxy,
        client,
    ):
        failed = await client.until(Failed)
        assert (failed.why, failed.status) == (SrsReason.RESPONSE, 407)
        assert digests(proxy) == ["challenged"] * 2


# --- TLS ---


async def test_a_session_is_secure_throughout(behind: Behind) -> None:
    async with behind("accept-secure", "tls", secure=True) as (srs, proxy, client):
        answered = await client.until(Answered)
        assert all(stream.local_key and stream.remote_key for stream in answered.streams)
        client.placed.hang_up()
        found = await srs.verdict()
        assert found.passed, found
        demand_content(proxy, "INVITE", "ACK", "BYE")


async def test_a_certificate_is_shown_where_it_is_asked_for(
    shown: Shown, serve: Serve, route: Route, tmp_path: Path
) -> None:
    certificate, key = identity(tmp_path)
    asking = replace(shown.tls, client_ca=certificate)
    for tls, outcome in (
        (ClientTls(ca=shown.ca, certificate=certificate, key=key), "answered"),
        (ClientTls(ca=shown.ca), "failed"),
    ):
        async with (
            serve("accept") as srs,
            route(srs, asking) as proxy,
            placing(order(proxy.tls_port, "tls"), tls) as client,
        ):
            if outcome == "answered":
                await client.until(Answered)
                client.placed.hang_up()
                found = await srs.verdict()
                assert found.passed, found
            else:
                await client.until(Failed)
                assert proxy.judged() == ()


async def test_a_stranger_is_not_trusted_unless_told(shown: Shown, serve: Serve, route: Route) -> None:
    async with (
        serve("accept") as srs,
        route(srs, shown.tls) as proxy,
    ):
        async with placing(order(proxy.tls_port, "tls"), ClientTls()) as client:
            assert (await client.until(Failed)).why is SrsReason.TLS
            assert proxy.judged() == ()
        async with placing(order(proxy.tls_port, "tls"), ClientTls(verified=False)) as client:
            await client.until(Answered)
            client.placed.hang_up()
            found = await srs.verdict()
            assert found.passed, found


@each_transport
async def test_nobody_there_is_told_at_once(transport: str) -> None:
    """Refused, by ICMP or by TCP, and not after the answer timer."""
    async with placing(order(free_port(), transport)) as client:
        assert (await client.until(Failed)).why in {SrsReason.REFUSED, SrsReason.TLS}
