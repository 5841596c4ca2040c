"""Failures before any answer: names, connections, forbidden targets, TLS; as Telnyx's codes and in words."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest
from aiohttp import ThreadedResolver

from emulator.core.effects import AttemptError, AttemptOutcome
from emulator.core.models import MILLISECOND, CallbackMethod
from emulator.web.targets import TargetPolicy
from tests.web.receivers import OK, answering, open_desk, receiver, to

if TYPE_CHECKING:
    from pathlib import Path

FAILED, DELIVERED = AttemptOutcome.FAILED, AttemptOutcome.DELIVERED


async def test_a_name_that_does_not_resolve_is_75001() -> None:
    async with open_desk() as desk:
        result = await desk.try_once(to("http://nowhere.invalid/hook"))
    assert (result.outcome, result.error) == (FAILED, AttemptError.DNS)
    assert "nowhere.invalid does not resolve" in result.reason


@pytest.mark.parametrize("method", list(CallbackMethod))
async def test_a_port_where_nobody_listens_is_75002(method: CallbackMethod) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        async with open_desk() as desk:
            result = await desk.try_once(to(f"http://127.0.0.1:{port}/", method=method))
    assert (result.outcome, result.error) == (FAILED, AttemptError.CONNECT)
    assert f"cannot connect to 127.0.0.1:{port}" in result.reason


async def test_a_connection_that_does_not_come_about_in_time_is_75002(monkeypatch: pytest.MonkeyPatch) -> None:
    async def stuck(*_args: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(ThreadedResolver, "resolve", stuck)
    async with open_desk() as desk:
        result = await desk.try_once(to("http://stuck.test/", timeout=500 * MILLISECOND))
    assert (result.error, result.reason) == (AttemptError.CONNECT, "no connection within 0.5 s")


@pytest.mark.parametrize("url", ["http://8.8.8.8/", "http://169.254.169.254/latest/", "nonsense", "http://a@b/"])
async def test_a_forbidden_target_is_a_refusal_that_nothing_was_sent_for(url: str) -> None:
    async with open_desk() as desk:
        result = await desk.try_once(to(url))
    assert (result.outcome, result.error, result.refused) == (FAILED, AttemptError.GENERIC, True)
    assert result.request_headers == ()
    assert result.reason


async def test_a_name_that_leads_to_a_forbidden_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(_self: ThreadedResolver, host: str, port: int, _family: int) -> list[dict[str, object]]:
        return [{"hostname": host, "host": "169.254.169.254", "port": port, "family": 2, "proto": 6, "flags": 0}]

    monkeypatch.setattr(ThreadedResolver, "resolve", resolve)
    async with open_desk(targets=TargetPolicy.parse(["*"])) as desk:
        result = await desk.try_once(to("http://rebind.test/"))
    assert result.refused
    assert "rebind.test (169.254.169.254)" in result.reason


async def test_a_header_that_cannot_be_sent_fails_the_attempt_alone() -> None:
    async with receiver(answering(OK)) as base, open_desk() as desk:
        bad = await desk.try_once(to(base, headers=(("X-Bad", "a\r\nb"),)))
        good = await desk.try_once(to(base))
    assert (bad.outcome, bad.error) == (FAILED, AttemptError.GENERIC)
    assert good.outcome is DELIVERED


async def test_https_where_plain_http_answers_is_75003() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(OK)
        await writer.drain()

    async with receiver(plain) as base, open_desk() as desk:
        result = await desk.try_once(to(base.replace("http:", "https:")))
    assert (result.outcome, result.error) == (FAILED, AttemptError.CERTIFICATE)
    assert "no TLS with 127.0.0.1" in result.reason


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl command to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = f"{openssl} req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test"
    subprocess.run(  # noqa: S603 -- a fixed command line
        [*command.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True,
        capture_output=True,
    )
    return cert, key


async def test_a_certificate_that_nobody_vouches_for_is_75003(certificate: tuple[Path, Path]) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(*certificate)
    async with receiver(answering(OK), tls=serving) as base, open_desk() as desk:
        result = await desk.try_once(to(base))
    assert (result.outcome, result.error) == (FAILED, AttemptError.CERTIFICATE)
    assert "self-signed certificate" in result.reason.replace("self signed", "self-signed")


async def test_a_certificate_that_the_given_context_trusts_is_accepted(certificate: tuple[Path, Path]) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(*certificate)
    trusting = ssl.create_default_context(cafile=certificate[0])
    async with receiver(answering(OK), tls=serving) as base, open_desk(tls=trusting) as desk:
        assert (await desk.try_once(to(base))).outcome is DELIVERED
        named = await desk.try_once(to(base.replace("127.0.0.1", "localhost")))
    assert named.error is AttemptError.CERTIFICATE
    assert "localhost" in named.reason
