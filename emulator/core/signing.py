"""Ed25519 signatures of webhooks: making them, and checking them as Telnyx's SDKs do.

Owns the signature's two header fields and what is signed: ``<timestamp>|<raw body>``, and for a webhook sent by
GET the raw query string in the body's place. Must not read a clock or draw a key: both are arguments.

A wrong key is another ``Signer`` (``decoy``), a skewed stamp another ``timestamp``, no signature no call of
``headers``.

Source: Telnyx, "Webhook fundamentals", signature validation; the checks follow ``client.webhooks.unwrap`` of the
official Python SDK. Ed25519: RFC 8032. Only PyNaCl's bindings are imported: its classes cost start-up time and
add nothing here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import BadSignatureError

if TYPE_CHECKING:
    from emulator.core.models import HeaderList

SIGNATURE_HEADER = "Telnyx-Signature-Ed25519"
TIMESTAMP_HEADER = "Telnyx-Timestamp"

SEED_BYTES = 32
PUBLIC_KEY_BYTES = 32
TOLERANCE_SECS = 300
"""How far a stamp may lie from the receiver's clock, either way, in Telnyx's SDKs."""

_MAX_STAMP_DIGITS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A private key and what follows from it.

    Attributes:
        seed: The private key's 32 bytes (RFC 8032 section 5.1.5); never shown.
        public_key: Base64 of the 32 raw bytes, 44 characters: what TELNYX_PUBLIC_KEY holds.
    """

    seed: bytes = field(repr=False)
    public_key: str = field(init=False)
    _secret: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Derive the public key.

        Raises:
            ValueError: The seed is not 32 bytes long.
        """
        if len(self.seed) != SEED_BYTES:
            raise ValueError(f"a signing seed has {SEED_BYTES} bytes, not {len(self.seed)}")
        public, secret = crypto_sign_seed_keypair(self.seed)
        object.__setattr__(self, "public_key", base64.b64encode(public).decode("ascii"))
        object.__setattr__(self, "_secret", secret)

    def headers(self, timestamp: int, signed: bytes) -> HeaderList:
        """Sign once.

        Args:
            timestamp: Seconds since the Unix epoch, as the receiver will read it.
            signed: The raw body, or the raw query string of a GET.

        Returns:
            The signature's header field, then the stamp's.
        """
        stamp = str(timestamp)
        signature = crypto_sign(_message(stamp, signed), self._secret)[:crypto_sign_BYTES]
        return (
            (SIGNATURE_HEADER, base64.b64encode(signature).decode("ascii")),
            (TIMESTAMP_HEADER, stamp),
        )

    def decoy(self) -> Signer:
        """Another key, the same each time: its signatures look right and match nothing that this key says."""
        return Signer(seed=hashlib.sha256(b"decoy" + self.seed).digest())


class Verdict(StrEnum):
    """What a receiver finds; the value says why in words."""

    GOOD = "the signature is good"
    MISSING = "a signature header is missing"
    GARBLED = "a signature header or the public key is garbled"
    STALE = "the timestamp is too old or too new"
    WRONG = "the signature does not match the body and key"


def verify(
    public_key: str, headers: HeaderList, body: bytes, now: int, tolerance: int = TOLERANCE_SECS
) -> Verdict:
    """Check a webhook as a receiver would.

    Args:
        public_key: Base64 of 32 bytes.
        headers: As received; of a field that came twice the first counts.
        body: The raw body, or the raw query string of a GET.
        now: The receiver's clock, seconds since the Unix epoch.
        tolerance: Seconds that the stamp may lie from ``now``, either way.

    Returns:
        GOOD, or the first thing that is wrong.
    """
    encoded, stamp = _field(headers, SIGNATURE_HEADER), _field(headers, TIMESTAMP_HEADER)
    if encoded is None or stamp is None:
        return Verdict.MISSING
    signature, key = _unbase64(encoded), _unbase64(public_key)
    sound = len(signature) == crypto_sign_BYTES and len(key) == PUBLIC_KEY_BYTES and _is_stamp(stamp)
    if not sound:
        return Verdict.GARBLED
    if abs(now - int(stamp)) > tolerance:
        return Verdict.STALE
    try:
        crypto_sign_open(signature + _message(stamp, body), key)
    except BadSignatureError:
        return Verdict.WRONG
    return Verdict.GOOD


def parse_seed(text: str) -> bytes:
    """Read a signing seed as people write it down.

    Args:
        text: Base64 of 32 bytes (44 characters), or 64 hexadecimal digits; space around it does not count.

    Returns:
        The 32 bytes.

    Raises:
        ValueError: Neither; the message does not repeat the text, which may be a mistyped secret.
    """
    stripped = text.strip()
    seed = _unhex(stripped) or _unbase64(stripped)
    if len(seed) != SEED_BYTES:
        raise ValueError("a signing seed is Base64 of 32 bytes (44 characters) or 64 hexadecimal digits")
    return seed


def _message(stamp: str, signed: bytes) -> bytes:
    return stamp.encode("ascii") + b"|" + signed


def _field(headers: HeaderList, name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def _is_stamp(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_STAMP_DIGITS


def _unbase64(text: str) -> bytes:
    """Nothing for what is not Base64: no key or signature is empty, so the length tells."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _unhex(text: str) -> bytes:
    """Nothing for what is not 64 hexadecimal digits."""
    if len(text) != 2 * SEED_BYTES:
        return b""
    try:
        return binascii.unhexlify(text)
    except (binascii.Error, ValueError):
        return b""
