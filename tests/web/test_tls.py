"""TLS over sockets: who trusts the server and who does not, with clients as apps have them."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import telnyx
from aiohttp import web

from emulator.certificates import issue, new_authority
from emulator.client import AsyncEmulatorClient, EmulatorClient
from emulator.config import Settings
from emulator.core.errors import ConfigError, ControlUnreachable
from emulator.testing import running_emulator
from emulator.web import tls
from emulator.web.server import Server, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

BOUND_SECS = 20
EVERYWHERE = "0.0.0.0"  # noqa: S104 - put into settings, never bound
FAULTY = "version: 1\nname: faulty\nrespond: {{fault: {}, over: 100ms}}\n"


@pytest.fixture
def given(tmp_path: Path) -> Callable[..., dict[str, Path]]:
    """Makes a certificate by another authority, as settings."""

    def make(*names: str, age: timedelta = timedelta()) -> dict[str, Path]:
        then = datetime.now(UTC) - age
        authority = new_authority(then)
        leaf = issue(authority, names, then)
        for name, text in (
            ("c.pem", leaf.certificate_pem),
            ("k.pem", leaf.key_pem),
            ("a.pem", authority.certificate_pem),
        ):
            (tmp_path / name).write_bytes(text)
        return {"tls_cert": tmp_path / "c.pem", "tls_key": tmp_path / "k.pem"}

    return make


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with running(Settings(tls=True, port=0, drain=0)) as server:
        yield server


def ca_of(server: Server) -> str:
    """The authority's certificate, which there must be."""
    assert server.tls is not None
    assert server.tls.ca_pem is not None
    return server.tls.ca_pem


# --- clients ---


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
async def test_the_sdk_works_once_it_is_told_the_authority(asynchronous: bool) -> None:
    """The webhook to the emulator's own receiver goes by TLS too, and is verified."""
    with running_emulator(tls=True) as emulator:
        assert emulator.base_url.startswith("https://127.0.0.1:")
        options: dict[str, Any] = {"api_key": emulator.api_key, "base_url": emulator.base_url, "max_retries": 0}
        if asynchronous:
            async with telnyx.AsyncTelnyx(
                **options, http_client=telnyx.DefaultAsyncHttpxClient(verify=emulator.trust)
            ) as awaited:
                await awaited.calls.actions.start_siprec("v3:a")
            strange: Any = telnyx.AsyncTelnyx(**options)
        else:
            with telnyx.Telnyx(**options, http_client=telnyx.DefaultHttpxClient(verify=emulator.trust)) as sdk:
                await asyncio.to_thread(sdk.calls.actions.start_siprec, "v3:a")
            strange = telnyx.Telnyx(**options)
        with pytest.raises(telnyx.APIConnectionError):
            await (
                strange.calls.actions.start_siprec("v3:b")
                if asynchronous
                else asyncio.to_thread(strange.calls.actions.start_siprec, "v3:b")
            )
        closing = strange.close()
        if asynchronous:
            await closing
        found = await asyncio.to_thread(
            emulator.client.wait, "webhook", {"event_type": "siprec.started", "state": "delivered"}, timeout=20
        )
        assert found["count"] == 1
        assert emulator.webhook_url.startswith("https://")
        verdicts = await asyncio.to_thread(emulator.client.verify, "received", {"verdict": "good"})
        assert verdicts["count"] == 1


async def test_the_async_form_speaks_tls_too() -> None:
    async with running_emulator(tls=True) as emulator:
        assert await emulator.client.ready()
        async with emulator.client.events() as events:
            async with httpx.AsyncClient(verify=emulator.trust) as http:
                await http.get(
                    f"{emulator.base_url}/public_key", headers={"Authorization": f"Bearer {emulator.api_key}"}
                )
            assert (await anext(events)).kind == "request"


def test_a_folder_hands_out_what_other_programs_trust_by(tmp_path: Path) -> None:
    with running_emulator(tls_dir=tmp_path / "tls") as emulator:
        assert emulator.ca_file == tmp_path / "tls" / "ca.pem"
        assert emulator.env["SSL_CERT_FILE"] == emulator.env["NODE_EXTRA_CA_CERTS"] == str(emulator.ca_file)
        assert emulator.ca_file.read_text() == emulator.ca_pem


def test_without_tls_there_is_nothing_to_trust() -> None:
    with running_emulator() as emulator:
        assert (emulator.trust, emulator.ca_pem, emulator.ca_file) == (True, None, None)


async def test_both_clients_take_a_file_a_text_or_a_context(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text(ca_of(server))
    context = ssl.create_default_context(cadata=ca_of(server))
    for ca in (file, str(file), ca_of(server), context):
        assert await asyncio.to_thread(EmulatorClient(server.url, ca=ca).ready)
        async with AsyncEmulatorClient(server.url, ca=ca) as client:
            assert await client.ready()


async def test_a_client_that_knows_nothing_of_it_is_told_what_helps(server: Server) -> None:
    helps = (
        "its certificate is not trusted .*self-signed certificate in certificate chain.*name its authority's file"
    )
    with pytest.raises(ControlUnreachable, match=helps):
        await asyncio.to_thread(EmulatorClient(server.url).ready)
    async with AsyncEmulatorClient(server.url) as client:
        with pytest.raises(ControlUnreachable, match=helps):
            await client.ready()


def test_what_is_no_authority_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("hello")
    with pytest.raises(ValueError, match="text holds no certificates in PEM"):
        EmulatorClient("https://localhost", ca=text)
    with pytest.raises(ValueError, match=r"can't read .*/none: No such file or directory"):
        AsyncEmulatorClient("https://localhost", ca=tmp_path / "none")
    with pytest.raises(ValueError, match="the text holds no certificates in PEM"):
        EmulatorClient("https://localhost", ca="-----BEGIN CERTIFICATE-----\n?")


def test_without_tls_an_authority_is_of_no_use_and_no_harm(tmp_path: Path) -> None:
    EmulatorClient("http://localhost", ca=tmp_path / "none")


async def test_the_authority_is_served_to_everybody(server: Server) -> None:
    """No admin token is asked for, since whoever has none yet has to trust first."""
    async with running(Settings(tls=True, port=0, drain=0, admin_token="t")) as guarded:
        for one in (server, guarded):
            async with httpx.AsyncClient(verify=one.tls.trust if one.tls else True) as http:
                answer = await http.get(f"{one.url}/_emulator/ca.pem")
            assert (answer.status_code, answer.text) == (200, ca_of(one))
            assert answer.headers["Content-Type"].startswith("application/pem-certificate-chain")


async def test_there_is_no_authority_where_a_certificate_was_given_or_none_is_used(
    given: Callable[..., dict[str, Path]],
) -> None:
    for settings in (Settings(port=0, drain=0), Settings(port=0, drain=0, **given("localhost", "127.0.0.1"))):  # type: ignore[arg-type]
        async with running(settings) as server, httpx.AsyncClient(verify=False) as http:  # noqa: S501 - of interest is the answer
            assert (await http.get(f"{server.url}/_emulator/ca.pem")).status_code == 404


async def test_texml_resources_are_where_they_can_be_reached(server: Server) -> None:
    async with httpx.AsyncClient(
        verify=server.tls.trust if server.tls else True, headers={"Authorization": "Bearer k"}
    ) as http:
        made = (
            await http.post(f"{server.url}/v2/texml/Accounts/a/Calls/c/Siprec.json", data={"Track": "both_tracks"})
        ).json()
        assert made["uri"].startswith(f"{server.url}/v2/texml/")
        assert (await http.post(f"{made['uri']}.json", data={"Status": "stopped"})).status_code == 200


async def test_old_protocols_are_refused(server: Server) -> None:
    """TLS 1.2 is the least."""
    assert server.tls is not None
    assert server.tls.server.minimum_version is ssl.TLSVersion.TLSv1_2
    context = ssl.create_default_context(cadata=ca_of(server))
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert await asyncio.to_thread(EmulatorClient(server.url, ca=context).ready)


# --- trouble ---


@pytest.mark.parametrize("fault", ["reset", "empty", "garbage", "trickle"])
async def test_answers_go_wrong_by_tls_as_without_it(server: Server, fault: str) -> None:
    """Only a trickle is an answer in the end; the server goes on after each."""
    async with httpx.AsyncClient(
        base_url=server.url, verify=server.tls.trust if server.tls else True, headers={"Authorization": "Bearer k"}
    ) as http:
        text = FAULTY.format(fault) if fault == "trickle" else FAULTY.format(fault).replace(", over: 100ms", "")
        assert (await http.put("/_emulator/scenarios/faulty", content=text)).status_code == 201
        asked = http.post("/v2/calls/c/actions/siprec_start", json={}, headers={"X-Emulator-Scenario": "faulty"})
        if fault == "trickle":
            assert (await asked).json() == {"data": {"result": "ok"}}
        else:
            with pytest.raises(httpx.TransportError):
                await asked
        assert (await http.get("/_emulator/health")).status_code == 200


async def test_a_client_without_tls_is_hung_up_on_and_others_are_served(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """And neither it nor one that leaves in the handshake fills the log with tracebacks."""
    for said in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b""):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(said)
        if said[:1] != b"G":
            writer.close()
        else:
            async with asyncio.timeout(BOUND_SECS):
                with_alert = await reader.read()
            assert b"HTTP" not in with_alert
            writer.close()
    assert await asyncio.to_thread(EmulatorClient(server.url, ca=ca_of(server)).ready)
    assert [record for record in caplog.records if record.exc_info and record.levelno >= logging.ERROR] == []


async def test_it_stops_at_once_although_clients_keep_their_connections() -> None:
    """Nobody waits for a client to say goodbye by TLS."""
    began = time.monotonic()
    async with running(Settings(tls=True, port=0, drain=0)) as server:
        assert server.tls is not None
        http = httpx.AsyncClient(verify=server.tls.trust)
        await http.get(f"{server.url}/_emulator/health")
    assert time.monotonic() - began < BOUND_SECS
    await http.aclose()


async def test_a_webhook_to_a_target_that_nobody_vouches_for_fails(
    given: Callable[..., dict[str, Path]], tmp_path: Path
) -> None:
    """With TLS or without; once its authority is named by --tls-ca, it is delivered."""
    paths = given("localhost", "127.0.0.1")
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(paths["tls_cert"], paths["tls_key"])

    async def take(_http: web.BaseRequest) -> web.Response:
        return web.Response()

    runner = web.ServerRunner(web.Server(take), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=shown).start()
    url = f"https://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        for own, ca, outcome in (
            (False, None, "failed"),
            (True, None, "failed"),
            (False, tmp_path / "a.pem", "delivered"),
            (True, tmp_path / "a.pem", "delivered"),
        ):
            options: dict[str, Any] = {"tls_ca": ca} if ca else {}
            async with running_emulator(webhook_url=url, tls=own, webhook_attempts=1, **options) as emulator:
                async with httpx.AsyncClient(verify=emulator.trust) as http:
                    await http.post(
                        f"{emulator.base_url}/calls/c/actions/siprec_start",
                        json={},
                        headers={"Authorization": f"Bearer {emulator.api_key}"},
                    )
                found = await emulator.client.wait("webhook", {"state": outcome}, timeout=20)
                assert found["count"] == 1
    finally:
        await runner.cleanup()


# --- settings ---


async def test_a_given_certificate_is_shown_and_trusted_by_itself(
    given: Callable[..., dict[str, Path]], tmp_path: Path
) -> None:
    """Its own commands and webhooks need no authority; others trust by theirs."""
    paths: dict[str, Any] = given("localhost", "127.0.0.1")
    async with running_emulator(**paths) as emulator:
        assert emulator.base_url.startswith("https://127.0.0.1:")
        assert await emulator.client.ready()
        by_authority = ssl.create_default_context(cafile=tmp_path / "a.pem")
        async with httpx.AsyncClient(
            verify=by_authority, headers={"Authorization": f"Bearer {emulator.api_key}"}
        ) as http:
            await http.post(f"{emulator.base_url}/calls/c/actions/siprec_start", json={})
        found = await emulator.client.wait("webhook", {"state": "delivered"}, timeout=20)
        assert found["count"] == 1


async def test_a_certificate_for_a_name_makes_the_server_go_by_that_name(
    given: Callable[..., dict[str, Path]],
) -> None:
    """One that is good for localhost alone would else be refused by the emulator's own webhooks."""
    paths: dict[str, Any] = given("localhost", "emulator.test")
    async with running_emulator(**paths) as emulator:
        assert emulator.base_url.startswith("https://localhost:")


@pytest.mark.parametrize(
    ("names", "host", "warned"),
    [
        (("127.0.0.1",), "127.0.0.1", False),
        (("::1", "localhost"), "localhost", False),
        (("::1",), "127.0.0.1", True),
        (("*.emulator.test",), "127.0.0.1", True),
    ],
)
async def test_a_certificate_that_is_not_for_this_machine_is_warned_of(
    given: Callable[..., dict[str, Path]],
    caplog: pytest.LogCaptureFixture,
    names: tuple[str, ...],
    host: str,
    warned: bool,
) -> None:
    """The emulator listens on 127.0.0.1 here: another address of this machine is of no help."""
    paths: dict[str, Any] = given(*names)
    caplog.set_level(logging.INFO, logger="emulator")
    async with running(Settings(port=0, drain=0, **paths)) as server:
        assert server.url == f"https://{host}:{server.port}"
        assert server.tls is not None
        assert server.tls.covers("a.emulator.test") == (names == ("*.emulator.test",))
        assert not server.tls.covers("a.b.emulator.test")
    assert [record.levelname for record in caplog.records].count("WARNING") == warned


async def test_an_expired_certificate_is_told_of_in_the_log(
    given: Callable[..., dict[str, Path]], caplog: pytest.LogCaptureFixture
) -> None:
    paths: dict[str, Any] = given("localhost", age=timedelta(days=500))
    caplog.set_level(logging.INFO, logger="emulator")
    async with running(Settings(port=0, drain=0, **paths)):
        pass
    [told] = [record for record in caplog.records if record.getMessage() == "tls"]
    fields: Any = vars(told)["fields"]
    assert (fields["expired"], fields["names"]) == (True, "localhost")


def wrong(**settings: Any) -> str:
    """The complaint of a server with such settings."""
    with pytest.raises(ConfigError) as caught:
        Server(Settings(port=0, **settings))
    return str(caught.value)


def test_settings_that_go_not_together_are_told(given: Callable[..., dict[str, Path]], tmp_path: Path) -> None:
    paths = given("localhost")
    assert wrong(tls_key=paths["tls_key"]) == "--tls-key: goes with --tls-cert"
    assert "goes without --tls-cert" in wrong(tls_dir=tmp_path, **paths)


def test_files_that_can_not_be_used_are_told_by_their_flag(
    given: Callable[..., dict[str, Path]], tmp_path: Path
) -> None:
    paths = given("localhost")
    other = tmp_path / "other.pem"
    other.write_text("hello")
    assert (
        wrong(tls_cert=other) == f"--tls-cert: {other} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"
    )
    assert wrong(tls_cert=paths["tls_cert"]).startswith(
        f"--tls-cert: {paths['tls_cert']} holds no private key in PEM"
    )
    assert wrong(tls_dir=other).startswith("--tls-dir: can't keep a certificate authority in ")
    assert wrong(tls_ca=other) == f"--tls-ca: {other} holds no certificates in PEM"


def test_a_key_that_openssl_holds_to_be_weak_is_told(tmp_path: Path) -> None:
    """Such as RSA of 1024 bits, at its usual level of security."""
    from cryptography import x509  # noqa: PLC0415 - for this test alone
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - same
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - same

    key = rsa.generate_private_key(65_537, 1_024)  # noqa: S505 - that is the point
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "weak")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "weak.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    assert wrong(tls_cert=file).startswith("--tls-cert: OpenSSL takes neither it nor its key: ")


def test_without_memory_files_a_temporary_one_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on systems that have no memfd_create."""
    monkeypatch.delattr(os, "memfd_create", raising=False)
    server = Server(Settings(tls=True, port=0))
    server._socket.close()  # noqa: SLF001 - it was never started
    assert server.tls is not None


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("127.0.0.1", ()),
        (EVERYWHERE, ()),
        ("::", ()),
        ("emulator.test", ("emulator.test",)),
        ("10.0.0.7", ("10.0.0.7",)),
    ],
)
def test_an_own_certificate_is_for_loopback_this_machine_and_the_host(host: str, named: tuple[str, ...]) -> None:
    found = tls.own_names(host)
    assert found[:3] == ("127.0.0.1", "localhost", "::1")
    assert len(found[3]) > 0
    assert set(named) <= set(found)
    assert not {EVERYWHERE, "::"} & set(found)


def test_nothing_of_it_is_loaded_without_tls() -> None:
    """A start does not pay for it."""
    import subprocess  # noqa: PLC0415 - for this test alone
    import sys  # noqa: PLC0415 - same

    script = "import sys; import emulator.web.server; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0  # noqa: S603 - our own script
