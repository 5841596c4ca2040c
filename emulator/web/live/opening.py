"""Opens the real line, as the settings say.

Owns what each setting comes to. Must not be loaded before the first session is placed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.errors import CertificateUnusable, ConfigError
from emulator.siprec.media.ports import PortRange
from emulator.siprec.net.connecting import Ways
from emulator.siprec.net.tls import ClientTls, client_context
from emulator.siprec.src.endpoint import Caller
from emulator.web.targets import TargetPolicy

if TYPE_CHECKING:
    import ssl

    from emulator.config import Settings


def open_line(settings: Settings) -> Caller:
    """What places sessions.

    Args:
        settings: Addresses, ports, trust, and where sessions may go.

    Raises:
        CertificateUnusable: A certificate or authority can't be used.
    """
    ports = settings.rtp_ports
    return Caller(
        permit=_targets(settings).check_address,
        ways=Ways(tls=_tls(settings), source=settings.sip_host),
        ports=None if ports is None else PortRange(first=ports[0], last=ports[1]),
        advertised=settings.sip_advertise,
        media_bytes=settings.capture_size,
    )


def demand_tls(settings: Settings) -> None:
    """Look into the files for TLS, as the first session would.

    Args:
        settings: With the flag of at least one of them.

    Raises:
        ConfigError: One can't be used, or goes with another that is not given.
    """
    if settings.sip_key is not None and settings.sip_cert is None:
        raise ConfigError.of("--sip-key", "goes with --sip-cert")
    for flag, files in (
        ("--sip-ca", ClientTls(ca=settings.sip_ca)),
        ("--sip-cert", ClientTls(certificate=settings.sip_cert, key=settings.sip_key)),
    ):
        try:
            client_context(files)
        except CertificateUnusable as unusable:
            raise ConfigError.of(flag, str(unusable)) from None


def _targets(settings: Settings) -> TargetPolicy:
    """Where sessions may go: as webhooks, and to the recording server that is configured."""
    own = () if settings.srs is None else (settings.srs.host,)
    return TargetPolicy.parse((*settings.allow_targets, *own))


def _tls(settings: Settings) -> ssl.SSLContext | None:
    """None where nothing is set: the system's authorities are enough then, and are read when TLS is spoken."""
    own = ClientTls(
        ca=settings.sip_ca,
        certificate=settings.sip_cert,
        key=settings.sip_key,
        verified=not settings.sip_insecure,
    )
    return None if own == ClientTls() else client_context(own)
