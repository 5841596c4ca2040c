"""Kamailio as a judge can fail, with SIPp as the client on the one side and as the server on the other."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from emulator.certificates import Pair, issue, new_authority
from tests.judges.identities import identity
from tests.judges.kamailio import PASSWORD, Judged, Proxy, Tls, proxying
from tests.judges.ports import HOST, free_port
from tests.judges.scenarios import Scenario, scenario
from tests.judges.sipp import calling, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges.programs import Transport

BOUND_SECS = 10

SPOILT = {
    "sanity": ("CSeq: 7 INVITE", "CSeq: 7 OPTIONS", "INVITE"),
    "max_forwards": ("70", "0", "Max-Forwards"),
    "multipart": ("multipart/mixed", "multipart/alternative", "Content-Type"),
    "sdp": ("application/sdp", "text/plain", "--edge"),
    "metadata": ("application/rs-metadata+xml", "application/xml", "--edge"),
    "route_set": ("[routes]\n", "X-Routes: none\n", "ACK "),
}
"""By the check that must fail: what stands in the good client, what takes its place, what stands before."""

ACKNOWLEDGED = Judged(check="sanity", result="passed", method="ACK")
CHALLENGED = Judged(check="digest", result="challenged", method="INVITE")
OPTIONS = (
    f"OPTIONS sip:{HOST} SIP/2.0\r\nVia: SIP/2.0/TLS {HOST};branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
    f"From: <sip:a@{HOST}>;tag=1\r\nTo: <sip:b@{HOST}>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
    f"Contact: <sip:a@{HOST}>\r\nContent-Length: 0\r\n\r\n"
)


async def judged(client: Scenario, transport: Transport, folder: Path, algorithm: str | None = None) -> Proxy:
    """The proxy, once the session is over; the server behind it has to be content."""
    async with (
        serving(scenario("accept"), transport, folder / "server") as srs,
        proxying(srs.port, folder / "proxy", transport=transport, algorithm=algorithm) as proxy,
        calling(client, transport, folder / "client", proxy.port),
    ):
        found = await srs.verdict()
        assert found.passed, found
        return proxy


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_client_without_a_fault_passes(transport: Transport, tmp_path: Path) -> None:
    proxy = await judged(scenario("recorder-client"), transport, tmp_path)
    assert proxy.failed() == ()
    assert {one.check for one in proxy.judged()} == {
        "sanity",
        "multipart",
        "sdp",
        "metadata",
        "route_set",
    }
    assert {one.method for one in proxy.judged()} == {"INVITE", "ACK", "BYE"}


@pytest.mark.parametrize("check", SPOILT)
async def test_each_check_catches_what_it_is_there_for(check: str, tmp_path: Path) -> None:
    async with (
        serving(scenario("accept"), "udp", tmp_path / "server") as srs,
        proxying(srs.port, tmp_path / "proxy") as proxy,
        calling(scenario("recorder-client").replaced(*SPOILT[check]), "udp", tmp_path / "client", proxy.port),
    ):
        await proxy.run.until(lambda: bool(proxy.failed()))
        assert check in {one.check for one in proxy.failed()}


async def test_an_ack_of_a_failure_must_belong_to_its_invite(tmp_path: Path) -> None:
    stray = scenario("refused-client").replaced("[branch-3]", "[branch]")
    for client, failed in ((scenario("refused-client"), False), (stray, True)):
        async with (
            serving(scenario("busy"), "udp", tmp_path / f"server-{failed}") as srs,
            proxying(srs.port, tmp_path / f"proxy-{failed}") as proxy,
            calling(client, "udp", tmp_path / f"client-{failed}", proxy.port),
        ):
            await proxy.run.until(lambda: ACKNOWLEDGED in proxy.judged())
            assert (Judged(check="ack_matches", result="failed", method="ACK") in proxy.judged()) is failed


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_digest_is_asked_for_and_taken(transport: Transport, tmp_path: Path) -> None:
    proxy = await judged(scenario("digest-client"), transport, tmp_path, "MD5")
    assert proxy.failed() == ()
    assert [one.result for one in proxy.judged() if one.check == "digest"] == ["challenged", "passed"]


async def test_a_wrong_password_is_challenged_again(tmp_path: Path) -> None:
    client = scenario("digest-client").replaced(PASSWORD, "open-barley")
    async with (
        proxying(free_port(), tmp_path / "proxy", algorithm="MD5") as proxy,
        calling(client, "udp", tmp_path / "client", proxy.port),
    ):
        await proxy.run.until(lambda: proxy.judged().count(CHALLENGED) == 2)


# --- TLS ---


def kept(pair: Pair, folder: Path, name: str) -> tuple[Path, Path]:
    """The files of a certificate and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
    certificate.write_bytes(pair.certificate_pem)
    key.write_bytes(pair.key_pem)
    return certificate, key


@pytest.fixture
def authority() -> Pair:
    return new_authority(datetime.now(UTC))


def shown(authority: Pair, folder: Path, client_ca: Path | None = None) -> Tls:
    """What the proxy shows, by this authority."""
    certificate, key = kept(issue(authority, [HOST], datetime.now(UTC)), folder, "proxy")
    return Tls(certificate=certificate, key=key, client_ca=client_ca)


async def asked(port: int, trust: ssl.SSLContext) -> None:
    """Send OPTIONS over TLS and wait for an answer, or until the other side closes."""
    reader, writer = await asyncio.open_connection(HOST, port, ssl=trust)
    try:
        writer.write(OPTIONS.encode())
        async with asyncio.timeout(BOUND_SECS):
            await reader.readline()
    finally:
        writer.close()
        with suppress(ssl.SSLError, ConnectionError):
            await writer.wait_closed()


async def test_tls_is_taken_and_judged_alike(authority: Pair, tmp_path: Path) -> None:
    trust = ssl.create_default_context(cadata=authority.certificate_pem.decode())
    async with proxying(free_port(), tmp_path / "proxy", tls=shown(authority, tmp_path)) as proxy:
        await asked(proxy.tls_port, trust)
        assert Judged(check="sanity", result="passed", method="OPTIONS") in proxy.judged()


async def test_tls_wants_the_client_s_certificate_where_told(authority: Pair, tmp_path: Path) -> None:
    trust = ssl.create_default_context(cadata=authority.certificate_pem.decode())
    certificate, key = identity(tmp_path)
    async with proxying(free_port(), tmp_path / "proxy", tls=shown(authority, tmp_path, certificate)) as proxy:
        with suppress(ssl.SSLError, ConnectionError):
            await asked(proxy.tls_port, trust)
        assert proxy.judged() == ()
        trust.load_cert_chain(certificate, key)
        await asked(proxy.tls_port, trust)
        assert Judged(check="sanity", result="passed", method="OPTIONS") in proxy.judged()


async def test_tls_of_a_stranger_is_not_trusted(authority: Pair, tmp_path: Path) -> None:
    trust = ssl.create_default_context(cadata=new_authority(datetime.now(UTC)).certificate_pem.decode())
    async with proxying(free_port(), tmp_path / "proxy", tls=shown(authority, tmp_path)) as proxy:
        with pytest.raises(ssl.SSLCertVerificationError):
            await asked(proxy.tls_port, trust)
