"""Opens the real line, as the settings say.

Owns what each setting comes to. Must not be loaded before the first session is placed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
