"""Whom a command believes that it is the server: from the server's own settings.

Owns which files are trusted. Must not connect.
"""

from __future__ import annotations

import ipaddress
import ssl
from typing import TYPE_CHECKING

from emulator.core.errors import ConfigError, Problem
from emulator.options import CA_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from emulator.config import Settings


def trust(settings: Settings) -> ssl.SSLContext | None:
    """How the server's certificate is verified; None where no TLS is spoken.

    The system's authorities, ``--tls-ca``, the authority in ``--tls-dir`` once a server has made it, and the
    certificate of ``--tls-cert`` itself.

    Raises:
        ConfigError: A file holds no certificates.
    """
    if not settings.secure:
        return None
    context = ssl.create_default_context()
    for flag, file in _files(settings):
        try:
            context.load_verify_locations(file)
        except (OSError, ssl.SSLError):
            message = f"{file} holds no certificates in PEM"
            raise ConfigError([Problem(file=flag, line=0, column=0, message=message)]) from None
    # a certificate stands for itself, whoever issued it; Python 3.13 sets this by itself
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def trust_of_a_probe(settings: Settings) -> ssl.SSLContext | None:
    """As ``trust``; but a probe of this very machine that knows of no authority takes whatever is shown.

    It sends no credentials and learns one bit. Otherwise a container could not tell that it is healthy: there the
    authority is in the server's memory alone.

    Raises:
        ConfigError: A file holds no certificates.
    """
    context = trust(settings)
    if context is not None and _is_loopback(settings.host) and not any(True for _ in _files(settings)):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _files(settings: Settings) -> Iterator[tuple[str, Path]]:
    if settings.tls_ca is not None:
        yield "--tls-ca", settings.tls_ca
    if settings.tls_dir is not None and (settings.tls_dir / CA_FILE).exists():
        yield "--tls-dir", settings.tls_dir / CA_FILE
    if settings.tls_cert is not None:
        yield "--tls-cert", settings.tls_cert


def _is_loopback(host: str) -> bool:
    """A wildcard counts: a client reaches it by loopback."""
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
