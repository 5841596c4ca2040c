"""Certificates of the emulator's own, and files that are none."""

from __future__ import annotations

import ssl
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from emulator.certificates import CA_KEY_FILE, Pair, issue, kept_authority, new_authority, read_pair
from emulator.core.errors import CertificateUnusable

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
NAMES = ("localhost", "127.0.0.1", "::1", "Host-A", "localhost")


@pytest.fixture(scope="module")
def authority() -> Pair:
    return new_authority(NOW)


def written(folder: Path, name: str, text: bytes) -> Path:
    file = folder / name
    file.write_bytes(text)
    return file


def test_a_certificate_is_for_the_names_it_was_issued_for_each_once(authority: Pair) -> None:
    assert issue(authority, NAMES, NOW).names == ("localhost", "host-a", "127.0.0.1", "::1")


def test_a_name_that_no_certificate_can_hold_is_left_out(authority: Pair) -> None:
    """And the zone of an address, which is this machine's own affair."""
    assert issue(authority, ("höst", "", "fe80::1%eth0"), NOW).names == ("fe80::1",)


def test_the_authority_signs_servers_and_no_other_authority(authority: Pair) -> None:
    basic = authority.certificates[0].extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)
    leaf = issue(authority, NAMES, NOW).certificates[0]
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    leaf.verify_directly_issued_by(authority.certificates[0])


def test_a_certificate_lives_as_long_as_clients_allow(authority: Pair) -> None:
    """Apple's refuse more than 398 days; a clock that is behind by some minutes takes it."""
    leaf = issue(authority, NAMES, NOW).certificates[0]
    assert leaf.not_valid_before_utc <= NOW - timedelta(minutes=30)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=398)


def test_two_authorities_differ_in_name_so_that_a_client_may_trust_both() -> None:
    first, second = (new_authority(NOW).certificates[0].subject for _ in range(2))
    assert first != second


def test_a_strict_verifier_takes_it(tmp_path: Path) -> None:
    """RFC 5280's rules to the letter, as Python from 3.13 asks for them by itself."""
    now = datetime.now(UTC)
    authority = new_authority(now)
    leaf = issue(authority, NAMES, now)
    client, server = ssl.create_default_context(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    client.load_verify_locations(cadata=authority.certificate_pem.decode())
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    server.load_cert_chain(written(tmp_path, "leaf.pem", leaf.certificate_pem + leaf.key_pem))
    for name in ("localhost", "127.0.0.1", "::1"):
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        one = client.wrap_bio(to_client, to_server, server_hostname=name)
        other = server.wrap_bio(to_server, to_client, server_side=True)
        for end in (one, other, one, other):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
        assert one.version() == "TLSv1.3"


# --- kept ---


def test_a_folder_keeps_one_authority_whose_key_its_owner_alone_reads(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "tls"
    first = kept_authority(folder, NOW)
    assert kept_authority(folder, NOW).certificate_pem == first.certificate_pem
    assert (folder / CA_KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(one.name for one in folder.iterdir()) == ["ca-key.pem", "ca.pem"]


def test_servers_that_start_together_get_the_same_authority(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(kept_authority(tmp_path, NOW).certificate_pem))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (len(found), len(set(found))) == (8, 1)


def test_what_a_start_left_unfinished_is_made_anew(tmp_path: Path) -> None:
    """A key alone is nobody's: its certificate is written last."""
    written(tmp_path, CA_KEY_FILE, b"half a ke")
    written(tmp_path, ".ca.pem.new", b"half")
    assert kept_authority(tmp_path, NOW).names == ()


def test_an_authority_whose_time_is_over_is_told_with_what_helps(tmp_path: Path) -> None:
    kept_authority(tmp_path, NOW - timedelta(days=4_000))
    with pytest.raises(CertificateUnusable, match=r"was good until 20.*; remove .*ca\.pem and .* for a new one"):
        kept_authority(tmp_path, NOW)


def test_a_folder_with_somebody_elses_files_is_refused(tmp_path: Path, authority: Pair) -> None:
    """A server's certificate is no authority, and neither is what has no such mark."""
    leaf = issue(authority, NAMES, NOW)
    written(tmp_path, "ca.pem", leaf.certificate_pem)
    written(tmp_path, CA_KEY_FILE, leaf.key_pem)
    with pytest.raises(CertificateUnusable, match="is no authority of the emulator's; remove"):
        kept_authority(tmp_path, NOW)


def test_a_folder_that_can_not_be_is_told(tmp_path: Path) -> None:
    file = written(tmp_path, "file", b"")
    with pytest.raises(CertificateUnusable, match=r"can't keep a certificate authority in .*/file: File exists"):
        kept_authority(file, NOW)


# --- given ---


def test_a_pair_is_read_from_two_files_or_one(tmp_path: Path, authority: Pair) -> None:
    leaf = issue(authority, NAMES, NOW)
    both = written(tmp_path, "both.pem", leaf.key_pem + leaf.certificate_pem)
    one, other = written(tmp_path, "c.pem", leaf.certificate_pem), written(tmp_path, "k.pem", leaf.key_pem)
    assert read_pair(both, both).certificate_pem == read_pair(one, other).certificate_pem == leaf.certificate_pem


@pytest.mark.parametrize(
    ("certificate", "key", "complaint"),
    [
        ("none", "key", "can't read .*/none: No such file or directory"),
        ("folder", "key", "can't read .*/folder: Is a directory"),
        ("text", "key", r"text holds no certificate in PEM \(-----BEGIN CERTIFICATE-----\)"),
        ("broken", "key", "broken holds no certificate in PEM"),
        ("key", "key", "key holds no certificate in PEM"),
        ("certificate", "none", "can't read .*/none: No such file or directory"),
        ("certificate", "text", r"text holds no private key in PEM \(-----BEGIN PRIVATE KEY-----\)"),
        ("certificate", "certificate", "certificate holds no private key in PEM"),
        ("certificate", "other", "the key in .*/other is not that of the certificate in .*/certificate"),
        ("certificate", "rsa", "the key in .*/rsa is not that of the certificate in .*/certificate"),
        (
            "certificate",
            "encrypted",
            "encrypted is encrypted, and nobody .*: openssl pkey -in .*/encrypted -out plain.pem",
        ),
    ],
)
def test_a_file_that_can_not_be_used_is_told_by_name(
    tmp_path: Path, authority: Pair, certificate: str, key: str, complaint: str
) -> None:
    leaf, other = issue(authority, NAMES, NOW), issue(authority, NAMES, NOW)
    locked = leaf.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    strange = Pair(certificates=(), key=rsa.generate_private_key(65_537, 2_048))
    (tmp_path / "folder").mkdir()
    for name, text in {
        "certificate": leaf.certificate_pem,
        "key": leaf.key_pem,
        "other": other.key_pem,
        "rsa": strange.key_pem,
        "encrypted": locked,
        "text": b"hello",
        "broken": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    }.items():
        written(tmp_path, name, text)
    with pytest.raises(CertificateUnusable, match=complaint):
        read_pair(tmp_path / certificate, tmp_path / key)
