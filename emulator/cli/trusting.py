"""Whom a command believes that it is the server: from the server's own settings.

Owns which files are trusted. Must not connect.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
from typing import TYPE_CHECKING

from emulator.core.errors import ConfigError
from emulator.options import CA_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from emulator.config import Settings

_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")


def trust(settings: Settings) -> ssl.SSLContext | None:
    """How the server's certificate is verified; None where no TLS is spoken.

    By the system's authorities, ``--tls-ca``, and the authority in ``--tls-dir`` once a server has made it. Where
    the server's own ``--tls-cert`` is known and no authority, it is that certificate and no other, whatever name
    it is for: this machine may go by another.

    Raises:
        ConfigError: A file holds no certificates.
    """
    if not settings.secure:
        return None
    if settings.tls_cert is not None and settings.tls_ca is None:
        return _pinned(settings.tls_cert)
    context = ssl.create_default_context()
    for flag, file in _files(settings):
        try:
            context.load_verify_locations(file)
        except OSError:
            # of ssl.SSLError, too, it is the parent
            raise _no_certificates(flag, file) from None
    return context


def _pinned(file: Path) -> ssl.SSLContext:
    """Trusts the first certificate of a file alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    # it stands for itself, whoever issued it
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        first = _CERTIFICATE.search(file.read_text("ascii"))
        context.load_verify_locations(cadata=first[0] if first else "")
    except (OSError, ValueError):
        # of ssl.SSLError and UnicodeDecodeError, too, these are the parents
        raise _no_certificates("--tls-cert", file) from None
    return context


def _no_certificates(flag: str, file: Path) -> ConfigError:
    return ConfigError.of(flag, f"{file} holds no certificates in PEM")


def trust_of_a_probe(settings: Settings) -> ssl.SSLContext | None:
    """As ``trust``; but a probe of this very machine that knows of no authority takes whatever is shown.

    It sends no credentials and learns one bit. Otherwise a container could not tell that it is healthy: there the
    authority is in the server's memory alone.

    Raises:
        ConfigError: A file holds no certificates.
    """
    context = trust(settings)
    known = settings.tls_cert is not None or any(True for _ in _files(settings))
    if context is not None and not known and _is_loopback(settings.host):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _files(settings: Settings) -> Iterator[tuple[str, Path]]:
    if settings.tls_ca is not None:
        yield "--tls-ca", settings.tls_ca
    if settings.tls_dir is not None and (settings.tls_dir / CA_FILE).exists():
        yield "--tls-dir", settings.tls_dir / CA_FILE


def _is_loopback(host: str) -> bool:
    """A wildcard counts: a client reaches it by loopback."""
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
