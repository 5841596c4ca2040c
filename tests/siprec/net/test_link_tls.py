"""SIP over TLS: who is trusted, who has to show what, and words where it fails."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from emulator.certificates import issue, new_authority
from emulator.core.errors import CertificateUnusable, Unreachable
from emulator.core.models import SECOND
from emulator.siprec.net.connecting import Ways
from emulator.siprec.net.link import Transport
from emulator.siprec.net.tls import ClientTls, ServerTls, client_context, server_context
from tests.siprec.net.conftest import QUIET
from tests.siprec.net.peers import message

if TYPE_CHECKING:
    from pathlib import Path

    from tests.siprec.net.conftest import Peer, Wire
    from tests.siprec.net.peers import Ears


class Papers:
    """Files of certificates: an authority, a server's for localhost and 127.0.0.1, and a client's own."""

    def __init__(self, folder: Path) -> None:
        """Make them."""
        made = datetime.now(UTC)
        authority = new_authority(made)
        server = issue(authority, ["localhost", "127.0.0.1"], made)
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(authority.certificate_pem)
        self.server = folder / "server.pem"
        self.server.write_bytes(server.certificate_pem + server.key_pem)
        self.client, self.client_key = folder / "client.pem", folder / "client-key.pem"
        _write_client(self.client, self.client_key, made)


def _write_client(certificate: Path, key_file: Path, made: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a client")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(made - timedelta(hours=1))
        .not_valid_after(made + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    return Papers(tmp_path)


def ways(settings: ClientTls) -> Ways:
    return Ways(tls=client_context(settings), habits=QUIET)


async def test_a_peer_that_its_authority_vouches_for_is_spoken_to(
    wire: Wire, ears: Ears, server_ears: Ears, papers: Papers
) -> None:
    context = server_context(ServerTls(certificate=papers.server))
    listener = await wire.listener(server_ears, Transport.TLS, tls=context)
    address = listener.addresses[Transport.TLS]
    for name in ("127.0.0.1", "localhost", "localhost."):
        link = await wire.link(address, ears, Transport.TLS, ways=ways(ClientTls(ca=papers.ca)), name=name)
        link.send(message("INVITE"))
        await server_ears.message(len(server_ears.heard) + 1)
    back = server_ears.heard[-1][1]
    assert back.transport is Transport.TLS
    back.send(message("BYE"))
    assert await ears.message() == message("BYE")


async def test_a_certificate_that_nobody_known_issued_is_refused(
    wire: Wire, ears: Ears, server_ears: Ears
) -> None:
    context = server_context(ServerTls(names=("127.0.0.1",)))
    listener = await wire.listener(server_ears, Transport.TLS, tls=context)
    host, port = listener.addresses[Transport.TLS]
    with pytest.raises(Unreachable) as told:
        await wire.link((host, port), ears, Transport.TLS)
    assert str(told.value).startswith(f"{host}:{port} can't be reached by TLS: its certificate is not trusted: ")
    assert "self-signed certificate" in str(told.value)


async def test_a_certificate_for_another_host_is_refused(
    wire: Wire, ears: Ears, server_ears: Ears, papers: Papers
) -> None:
    context = server_context(ServerTls(certificate=papers.server))
    listener = await wire.listener(server_ears, Transport.TLS, tls=context)
    with pytest.raises(Unreachable, match=r"not valid for 'srs\.example\.com'"):
        await wire.link(
            listener.addresses[Transport.TLS],
            ears,
            Transport.TLS,
            ways=ways(ClientTls(ca=papers.ca)),
            name="srs.example.com",
        )


async def test_an_explicit_switch_lets_any_certificate_pass(wire: Wire, ears: Ears, server_ears: Ears) -> None:
    context = server_context(ServerTls(names=("elsewhere.example.com",)))
    listener = await wire.listener(server_ears, Transport.TLS, tls=context)
    link = await wire.link(
        listener.addresses[Transport.TLS], ears, Transport.TLS, ways=ways(ClientTls(verified=False))
    )
    link.send(message("INVITE"))
    assert await server_ears.message() == message("INVITE")


async def test_the_name_is_sent_before_the_certificate_comes(
    wire: Wire, ears: Ears, server_ears: Ears, papers: Papers
) -> None:
    context = server_context(ServerTls(certificate=papers.server))
    names: list[str | None] = []
    context.sni_callback = lambda _opened, name, _context: names.append(name)
    listener = await wire.listener(server_ears, Transport.TLS, tls=context)
    await wire.link(
        listener.addresses[Transport.TLS],
        ears,
        Transport.TLS,
        ways=ways(ClientTls(ca=papers.ca)),
        name="localhost",
    )
    assert names == ["localhost"]


async def test_a_server_may_ask_for_a_certificate(
    wire: Wire, ears: Ears, server_ears: Ears, papers: Papers
) -> None:
    context = server_context(ServerTls(certificate=papers.server, client_ca=papers.client))
    listener = await wire.listener(server_ears, Transport.TLS, tls=context)
    settings = ClientTls(ca=papers.ca, certificate=papers.client, key=papers.client_key)
    link = await wire.link(listener.addresses[Transport.TLS], ears, Transport.TLS, ways=ways(settings))
    link.send(message("INVITE"))
    assert await server_ears.message() == message("INVITE")


async def test_a_client_without_the_certificate_that_is_asked_for_is_not_taken(
    wire: Wire, ears: Ears, server_ears: Ears, papers: Papers
) -> None:
    context = server_context(ServerTls(certificate=papers.server, client_ca=papers.client))
    listener = await wire.listener(server_ears, Transport.TLS, tls=context)
    # in TLS 1.3 the refusal comes after the client's part of the handshake (RFC 8446 section 4.4.2.4)
    await wire.link(listener.addresses[Transport.TLS], ears, Transport.TLS, ways=ways(ClientTls(ca=papers.ca)))
    await ears.loss()
    assert server_ears.heard == []


async def test_a_peer_that_speaks_no_tls_is_unreachable(wire: Wire, ears: Ears, peer: Peer) -> None:
    async def speak() -> None:
        await peer.read(1)
        await peer.write(b"SIP/2.0 400 Bad Request\r\n\r\n")

    speaking = asyncio.ensure_future(speak())
    with pytest.raises(Unreachable, match="can't be reached by TLS: TLS failed: "):
        await wire.link(peer.address, ears, Transport.TLS)
    await speaking


async def test_a_peer_that_says_nothing_is_unreachable_in_time(wire: Wire, ears: Ears, peer: Peer) -> None:
    with pytest.raises(Unreachable, match=r"no connection within 0\.2 s$"):
        await wire.link(peer.address, ears, Transport.TLS, ways=Ways(habits=QUIET, timeout=SECOND // 5))


async def test_a_client_that_speaks_no_tls_is_ended(wire: Wire, server_ears: Ears) -> None:
    context = server_context(ServerTls(names=("127.0.0.1",)))
    listener = await wire.listener(server_ears, Transport.TLS, tls=context)
    with closing(socket.create_connection(listener.addresses[Transport.TLS])) as plain:
        plain.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(plain, message("INVITE"))
        async with asyncio.timeout(10):
            while await loop.sock_recv(plain, 1000):
                pass
    assert server_ears.heard == []


@pytest.mark.parametrize(
    ("field", "file", "words"),
    [
        ("ca", "none.pem", "can't read .*none.pem: No such file or directory"),
        ("ca", "client-key.pem", "client-key.pem holds no certificates in PEM"),
        ("certificate", "client.pem", "client.pem holds no private key in PEM"),
        ("certificate", "none.pem", "none.pem: No such file or directory"),
    ],
)
@pytest.mark.usefixtures("papers")
def test_files_that_can_not_be_used_are_named(field: str, file: str, words: str, tmp_path: Path) -> None:
    paths: dict[str, Any] = {field: tmp_path / file}
    with pytest.raises(CertificateUnusable, match=words):
        client_context(ClientTls(**paths))
