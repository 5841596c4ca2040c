"""A certificate authority of the emulator's own, and certificates by it.

Owns what stands in them and how the authority is kept in a folder. Must not know what they are used for:
``web/tls.py`` and ``siprec/net/tls.py`` do. Imports ``cryptography``, so it is imported itself only where such a
certificate is asked for.

A certificate for a name goes by its subjectAltName alone (RFC 9525 section 2). Extensions are those that strict
verifiers ask for (RFC 5280 section 4.2.1): key identifiers, key usage, basic constraints.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import ssl
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from emulator.core.errors import CertificateUnusable
from emulator.options import CA_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

CA_KEY_FILE = "ca-key.pem"

_SKEW = timedelta(hours=1)
"""How far a client's clock may be behind."""

_CA_LIFE = timedelta(days=3_650)
_LIFE = timedelta(days=397)
"""Longer ones are refused by some clients, whoever issued them (Apple, "About upcoming limits on trusted
certificates")."""

_NAMED = "Telnyx SIPREC emulator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A certificate, with those above it where a file has them, and its key; both PEM (RFC 7468)."""

    certificates: tuple[x509.Certificate, ...]
    key: PrivateKeyTypes

    @property
    def certificate_pem(self) -> bytes:
        """All of the certificates, its own first."""
        return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in self.certificates)

    @property
    def key_pem(self) -> bytes:
        """The key, without a passphrase."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Whom the certificate is for: names, then addresses."""
        try:
            found = self.certificates[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return ()
        return (
            *found.get_values_for_type(x509.DNSName),
            *map(str, found.get_values_for_type(x509.IPAddress)),
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as ``openssl x509 -fingerprint -sha256`` writes it."""
        return self.certificates[0].fingerprint(hashes.SHA256()).hex(":").upper()

    def stale(self, now: datetime) -> bool:
        """Whether the certificate's time is over."""
        return self.certificates[0].not_valid_after_utc <= now

    def load_into(self, context: ssl.SSLContext) -> None:
        """Let a context show it.

        Raises:
            CertificateUnusable: OpenSSL takes it not, such as for a key that it holds to be too weak.
        """
        try:
            with _readable(self.certificate_pem + self.key_pem) as path:
                context.load_cert_chain(path)
        except ssl.SSLError as error:
            raise CertificateUnusable(f"OpenSSL takes neither it nor its key: {error.reason or error}") from None


@contextmanager
def _readable(text: bytes) -> Iterator[str]:
    """A path under which the text can be read, for OpenSSL reads nothing else.

    In memory where the system can (memfd_create(2)): a key of the emulator's own is on no disk.
    """
    if hasattr(os, "memfd_create") and Path("/proc/self/fd").exists():
        with os.fdopen(os.memfd_create("tls"), "wb") as file:
            file.write(text)
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
    else:
        with tempfile.NamedTemporaryFile() as file:
            file.write(text)
            file.flush()
            yield file.name


# --- making ---


def new_authority(now: datetime) -> Pair:
    """An authority that signs servers' certificates and no other authority's."""
    key = ec.generate_private_key(ec.SECP256R1())
    # by what little it is known apart, clients that trusted an earlier one keep them apart too
    serial = x509.random_serial_number()
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _NAMED),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{_NAMED} CA {serial % 0x1_0000_0000:08x}"),
        ]
    )
    built = (
        _begun(name, name, key, serial, now, _CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    return Pair(certificates=(built.sign(key, hashes.SHA256()),), key=key)


def issue(authority: Pair, names: Iterable[str], now: datetime) -> Pair:
    """A server's certificate.

    Args:
        authority: Signs it.
        names: Host names and addresses; those that no certificate can hold are left out.
        now: It is good from an hour before.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificates[0]
    assert isinstance(authority.key, ec.EllipticCurvePrivateKey)  # noqa: S101 - as new_authority makes them
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAMED)])
    built = (
        _begun(subject, issuer.subject, key, x509.random_serial_number(), now, _LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False
        )
        .add_extension(x509.SubjectAlternativeName(list(_general_names(names))), critical=False)
    )
    return Pair(certificates=(built.sign(authority.key, hashes.SHA256()), issuer), key=key)


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    serial: int,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_names(names: Iterable[str]) -> Iterator[x509.GeneralName]:
    for name in dict.fromkeys(names):
        try:
            yield x509.IPAddress(ipaddress.ip_address(name.partition("%")[0]))
        except ValueError:
            if name and name.isascii():
                yield x509.DNSName(name.lower())


# --- files ---


def kept_authority(folder: Path, now: datetime) -> Pair:
    """The authority that a folder holds; a new one is put there where it holds none.

    Its key is readable for its owner alone. Servers that start at the same time get the same one.

    Args:
        folder: Made if need be.
        now: Says whether its time is over.

    Raises:
        CertificateUnusable: The folder can't be written, or what is in it is no authority any more.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder):
            if not (folder / CA_FILE).exists():
                _keep(folder, new_authority(now))
            return _authority_in(folder, now)
    except OSError as error:
        raise CertificateUnusable(f"can't keep a certificate authority in {folder}: {error.strerror}") from None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let others that want the same folder wait; the lock ends with the descriptor (flock(2))."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def _keep(folder: Path, authority: Pair) -> None:
    # the certificate last: where it is there, so is its key
    for name, text, mode in (
        (CA_KEY_FILE, authority.key_pem, 0o600),
        (CA_FILE, authority.certificate_pem, 0o644),
    ):
        unfinished = folder / f".{name}.new"
        unfinished.unlink(missing_ok=True)
        opened = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(opened, "wb") as file:
            file.write(text)
        unfinished.replace(folder / name)


def _authority_in(folder: Path, now: datetime) -> Pair:
    authority = read_pair(folder / CA_FILE, folder / CA_KEY_FILE)
    advice = f"; remove {folder / CA_FILE} and {folder / CA_KEY_FILE} for a new one"
    if authority.stale(now):
        raise CertificateUnusable(f"the authority in {folder} was good until {_until(authority)}{advice}")
    if not isinstance(authority.key, ec.EllipticCurvePrivateKey) or not _may_sign(authority.certificates[0]):
        raise CertificateUnusable(f"what {folder} holds is no authority of the emulator's{advice}")
    return authority


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _until(pair: Pair) -> str:
    return pair.certificates[0].not_valid_after_utc.date().isoformat()


def read_pair(certificate: Path, key: Path) -> Pair:
    """A certificate and its key, each from a PEM file, which may be the same one.

    Raises:
        CertificateUnusable: A file can't be read or holds something else; the key is encrypted or another's.
    """
    certificates = _certificates(certificate)
    found = _key(key)
    if found.public_key() != certificates[0].public_key():
        raise CertificateUnusable(f"the key in {key} is not that of the certificate in {certificate}")
    return Pair(certificates=certificates, key=found)


def _certificates(file: Path) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificates(_bytes(file)))
    except ValueError:
        raise CertificateUnusable(f"{file} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)") from None


def _key(file: Path) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(_bytes(file), None)
    except TypeError:
        advice = f"openssl pkey -in {file} -out plain.pem writes it without"
        raise CertificateUnusable(
            f"the key in {file} is encrypted, and nobody is here to type a passphrase: {advice}"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateUnusable(f"{file} holds no private key in PEM (-----BEGIN PRIVATE KEY-----)") from None


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CertificateUnusable(f"can't read {file}: {error.strerror}") from None


def now() -> datetime:
    """The time that certificates are made for."""
    return datetime.now(UTC)
