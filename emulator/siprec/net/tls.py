"""What TLS verifies and shows, for SIP (RFC 5922).

Owns the contexts: Python's own defaults with TLS 1.2 as the least. Must not open connections.

A peer's certificate must be for the host that the URI or the connector names, before DNS leads elsewhere (RFC 5922
section 4), as a DNS name or an address; a name as a ``sip:`` URI in the certificate is not looked at, as OpenSSL
knows none.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.errors import CertificateUnusable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTls:
    """How a client goes about TLS.

    Attributes:
        ca: A file of certificates in PEM that are trusted beside the system's.
        certificate: What the client shows where it is asked, with what is above it; PEM.
        key: Its key; None where it stands in the same file.
        verified: False lets any certificate pass, whoever issued it and whomever it is for.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    verified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """What a server shows.

    Attributes:
        certificate: With what is above it; PEM. None makes one that nobody issued but an authority of the moment.
        key: Its key; None where it stands in the same file.
        names: Whom a certificate that is made is for.
        client_ca: Clients must show a certificate that one of this file's signed; None asks for none.
    """

    certificate: Path | None = None
    key: Path | None = None
    names: tuple[str, ...] = ()
    client_ca: Path | None = None


def client_context(settings: ClientTls) -> ssl.SSLContext:
    """What a client verifies and shows.

    Raises:
        CertificateUnusable: A file can't be used.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not settings.verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.ca is not None:
        _trust(context, settings.ca)
        # a file that holds the peer's own certificate says enough; Python 3.13 sets this by itself
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if settings.certificate is not None:
        _show(context, settings.certificate, settings.key)
    return context


def server_context(settings: ServerTls) -> ssl.SSLContext:
    """What a server shows and asks for.

    Raises:
        CertificateUnusable: A file can't be used.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        _trust(context, settings.client_ca)
    if settings.certificate is None:
        _show_own(context, settings.names)
    else:
        _show(context, settings.certificate, settings.key)
    return context


def _trust(context: ssl.SSLContext, file: Path) -> None:
    try:
        context.load_verify_locations(file)
    except ssl.SSLError:
        raise CertificateUnusable(f"{file} holds no certificates in PEM") from None
    except OSError as error:
        raise CertificateUnusable(f"can't read {file}: {error.strerror or error}") from None


def _show(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    # it imports cryptography, which most sessions do without
    from emulator.certificates import read_pair  # noqa: PLC0415 - see above

    read_pair(certificate, key or certificate).load_into(context)


def _show_own(context: ssl.SSLContext, names: Iterable[str]) -> None:
    from emulator.certificates import issue, new_authority, now  # noqa: PLC0415 - see above

    made = now()
    issue(new_authority(made), names, made).load_into(context)
