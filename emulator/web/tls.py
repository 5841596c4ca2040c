"""TLS as the settings ask for it: what the server shows, and what trusts it.

Owns the two contexts, Python's own defaults with TLS 1.2 as the least, and whom a certificate of the emulator's is
for. Must not make certificates: ``emulator/certificates.py`` does, and is imported only where TLS is asked for.
"""

from __future__ import annotations

import logging
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.errors import CertificateUnusable, ConfigError

if TYPE_CHECKING:
    from emulator.certificates import Pair
    from emulator.config import Settings

logger = logging.getLogger("emulator")

_WILDCARDS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared, not bound
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """What a server needs to speak TLS.

    Attributes:
        server: What it shows.
        trust: What verifies it, and everybody else as the system does.
        ca_pem: The certificate of the emulator's own authority; None where a certificate was given.
        facts: For the log: whom the certificate is for, until when, by whom.
        names: Whom it is for.
    """

    server: ssl.SSLContext
    trust: ssl.SSLContext
    ca_pem: str | None
    facts: dict[str, object]
    names: tuple[str, ...]

    def host(self, reachable: str) -> str:
        """The name by which the server calls itself: localhost where the certificate is good for that alone.

        Args:
            reachable: How this machine reaches it, as a URL has it.
        """
        local = reachable in {*_LOOPBACK, "[::1]"}
        return "localhost" if local and not self.covers(reachable) and self.covers("localhost") else reachable

    def tell(self, url: str) -> None:
        """Log what is shown, and that webhooks to ``url`` will not be sent where it is not for that."""
        logger.info("tls", extra={"fields": self.facts})
        host = url.removeprefix("https://").rpartition(":")[0]
        if not self.covers(host):
            warning = f"the certificate is not for {host}: the emulator's own receiver can't be sent webhooks"
            logger.warning("tls", extra={"fields": {"warning": warning}})

    def covers(self, host: str) -> bool:
        """Whether the certificate is for a host, as a URL has it; a ``*`` stands for one label (RFC 9525)."""
        plain = host.strip("[]").lower()
        parent = f"*.{plain.partition('.')[2]}"
        return any(name.lower() in {plain, parent} for name in self.names)


def outgoing(settings: Settings) -> ssl.SSLContext | None:
    """How others are verified: the system's way, and by ``--tls-ca``; None where nothing is added to the first.

    Raises:
        ConfigError: The file holds no certificates.
    """
    return None if settings.tls_ca is None else _trusting(settings)


def prepare(settings: Settings) -> Tls | None:
    """Load or make what TLS needs; None where it is not asked for.

    Raises:
        ConfigError: A file can't be used, or settings contradict each other.
    """
    if settings.tls_key is not None and settings.tls_cert is None:
        raise ConfigError.of("--tls-key", "goes with --tls-cert")
    if settings.tls_cert is not None and settings.tls_dir is not None:
        raise ConfigError.of("--tls-dir", "is for certificates of the emulator's own: it goes without --tls-cert")
    if not settings.secure:
        return None
    from emulator import certificates  # noqa: PLC0415 - most servers speak no TLS

    try:
        if settings.tls_cert is not None:
            pair = certificates.read_pair(settings.tls_cert, settings.tls_key or settings.tls_cert)
            return _given(settings, pair, stale=pair.stale(certificates.now()))
        now = certificates.now()
        folder = settings.tls_dir
        authority = certificates.new_authority(now) if folder is None else certificates.kept_authority(folder, now)
        return _own(settings, authority, certificates.issue(authority, own_names(settings.host), now))
    except CertificateUnusable as unusable:
        raise ConfigError.of("--tls-cert" if settings.tls_cert else "--tls-dir", str(unusable)) from None


def own_names(host: str) -> tuple[str, ...]:
    """Whom a certificate of the emulator's own is for: loopback, this machine's name, and ``--host``."""
    named = () if host in _WILDCARDS else (host,)
    return (*_LOOPBACK, socket.gethostname(), *named)


def _own(settings: Settings, authority: Pair, leaf: Pair) -> Tls:
    ca_pem = authority.certificate_pem.decode("ascii")
    trust = _trusting(settings)
    trust.load_verify_locations(cadata=ca_pem)
    facts = {"certificate": "own", **_facts(leaf), "ca_sha256": authority.fingerprint, "ca": ca_pem}
    return Tls(server=_showing(leaf), trust=trust, ca_pem=ca_pem, facts=facts, names=leaf.names)


def _given(settings: Settings, pair: Pair, *, stale: bool) -> Tls:
    trust = _trusting(settings)
    trust.load_verify_locations(cadata=pair.certificate_pem.decode("ascii"))
    # the certificate itself is trusted, whoever issued it; Python 3.13 sets this by itself
    trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    facts: dict[str, object] = {"certificate": str(settings.tls_cert), **_facts(pair)}
    if stale:
        facts["expired"] = True
    return Tls(server=_showing(pair), trust=trust, ca_pem=None, facts=facts, names=pair.names)


def _facts(pair: Pair) -> dict[str, object]:
    first = pair.certificates[0]
    return {
        "names": ",".join(pair.names),
        "not_after": first.not_valid_after_utc.isoformat().replace("+00:00", "Z"),
        "sha256": pair.fingerprint,
    }


def _showing(pair: Pair) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    pair.load_into(context)
    return context


def _trusting(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.tls_ca is not None:
        try:
            context.load_verify_locations(settings.tls_ca)
        except (OSError, ssl.SSLError):
            raise ConfigError.of("--tls-ca", f"{settings.tls_ca} holds no certificates in PEM") from None
    return context
