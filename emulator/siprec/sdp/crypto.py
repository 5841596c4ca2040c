"""Keys of SRTP in a session description (RFC 4568): ``a=crypto`` lines as values, and which of them is taken.

Owns the lines' grammar and the rules of choosing. Must not know packets, nor draw randomness: key bytes are an
argument.

A line of a suite or with parameters that are not spoken here is no mistake: it is passed over for the next one
(section 5.1.2), and only a line that breaks the grammar is refused.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSdp, Unwritable

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY_BYTES = 30
"""Master key of 16 and master salt of 14 bytes: both suites have the same (section 6.2)."""

MAX_TAG = 999_999_999
_MAX_MKI_BYTES = 128
_MAX_LIFETIME = 2**48
"""Packets that one master key may protect (RFC 3711 section 9.2)."""

_LINE = re.compile(r"([0-9]{1,9})[ \t]+([A-Za-z0-9_]+)[ \t]+(\S+)((?:[ \t]+\S+)*)")
_POWER = re.compile(r"2\^([0-9]{1,2})")
_DIGITS = re.compile(r"[0-9]{1,39}")
_MKI = re.compile(r"([0-9]{1,39}):([0-9]{1,3})")


class Suite(StrEnum):
    """The crypto suites that are spoken (section 6.2)."""

    AES_CM_128_HMAC_SHA1_80 = "AES_CM_128_HMAC_SHA1_80"
    AES_CM_128_HMAC_SHA1_32 = "AES_CM_128_HMAC_SHA1_32"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mki:
    """What names a master key in each packet (RFC 3711 section 3.1).

    Attributes:
        length: Bytes that it takes at the end of each packet, 1 to 128.
    """

    value: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CryptoKey:
    """What one side encrypts with.

    Attributes:
        tag: The line's number, which the answer repeats.
        key: Master key and salt, 30 bytes.
        lifetime: Packets until a new key is due; None where nothing is said.
        mki: None where packets carry none.
    """

    tag: int = 1
    suite: Suite = Suite.AES_CM_128_HMAC_SHA1_80
    key: bytes
    lifetime: int | None = None
    mki: Mki | None = None

    def __repr__(self) -> str:
        """Without the key, which has no place in a log."""
        return f"CryptoKey(tag={self.tag}, suite={self.suite}, key=...)"


def parse_crypto(value: str) -> CryptoKey | None:
    """Read what stands behind ``a=crypto:`` (section 9.1).

    Returns:
        The key; None where the suite, the way of keying or a parameter is none that is spoken here.

    Raises:
        GarbledSdp: It breaks the grammar.
    """
    line = _LINE.fullmatch(value.strip(" \t"))
    if line is None:
        raise GarbledSdp("a=crypto has not a tag, a suite and a key")
    suite = _suite(line[2])
    method, colon, parameters = line[3].partition(":")
    if not colon:
        raise GarbledSdp("a=crypto names no way of keying")
    # several keys take turns by their MKI, which is not done here
    if suite is None or method != "inline" or ";" in parameters or not _all_optional(line[4].split()):
        return None
    key, lifetime, mki = _inline(parameters)
    return CryptoKey(tag=int(line[1]), suite=suite, key=key, lifetime=lifetime, mki=mki)


def _suite(name: str) -> Suite | None:
    return Suite(name) if name in set(Suite) else None


def _all_optional(parameters: Sequence[str]) -> bool:
    """Whether all session parameters may be left unheeded: WSH is a hint, and a dash says so (section 6.3.7)."""
    return all(one.startswith(("-", "WSH=")) for one in parameters)


def _inline(text: str) -> tuple[bytes, int | None, Mki | None]:
    """``key|lifetime|MKI:length``, of which the last two may be missing."""
    key, *behind = text.split("|")
    lifetimes = [one for one in behind if ":" not in one]
    mkis = [one for one in behind if ":" in one]
    if behind != [*lifetimes, *mkis] or len(lifetimes) > 1 or len(mkis) > 1:
        raise GarbledSdp("a=crypto has too much behind its key")
    lifetime = _lifetime(lifetimes[0]) if lifetimes else None
    return _key(key), lifetime, _mki(mkis[0]) if mkis else None


def _key(text: str) -> bytes:
    try:
        key = b64decode(text, validate=True)
    except (Error, ValueError):
        raise GarbledSdp("the key in a=crypto is no base64") from None
    if len(key) != KEY_BYTES:
        raise GarbledSdp(f"the key in a=crypto has {len(key)} bytes, not {KEY_BYTES}")
    return key


def _lifetime(text: str) -> int:
    power = _POWER.fullmatch(text)
    if power is None and not _DIGITS.fullmatch(text):
        raise GarbledSdp("the lifetime in a=crypto is no number")
    lifetime = 2 ** int(power[1]) if power else int(text)
    if not 0 < lifetime <= _MAX_LIFETIME:
        raise GarbledSdp("the lifetime in a=crypto is out of range")
    return lifetime


def _mki(text: str) -> Mki:
    found = _MKI.fullmatch(text)
    if found is None:
        raise GarbledSdp("the MKI in a=crypto is no number and length")
    mki = Mki(value=int(found[1]), length=int(found[2]))
    if not 0 < mki.length <= _MAX_MKI_BYTES or mki.value >= 256**mki.length:
        raise GarbledSdp("the MKI in a=crypto does not fit its length")
    return mki


def written_crypto(key: CryptoKey) -> str:
    """What stands behind ``a=crypto:``.

    Raises:
        Unwritable: The key has not 30 bytes, or the tag is out of range.
    """
    if len(key.key) != KEY_BYTES or not 0 < key.tag <= MAX_TAG:
        raise Unwritable(f"a key of SRTP has {KEY_BYTES} bytes and a tag from 1")
    inline = b64encode(key.key).decode("ascii")
    lifetime = "" if key.lifetime is None else f"|{key.lifetime}"
    mki = "" if key.mki is None else f"|{key.mki.value}:{key.mki.length}"
    return f"{key.tag} {key.suite} inline:{inline}{lifetime}{mki}"


def chosen(values: Sequence[str], own: CryptoKey) -> tuple[CryptoKey, CryptoKey] | None:
    """Take one of an offer's lines: one of the own key's suite if there is one, else the first that can be used.

    Args:
        values: What stands behind each ``a=crypto:`` of the offer, in its order of preference.
        own: What this side would encrypt with.

    Returns:
        The peer's key, and this side's under the same tag and suite (section 5.1.2); None where none can be used.

    Raises:
        GarbledSdp: A line breaks the grammar.
    """
    # packets with an MKI can't be read with pylibsrtp
    keys = [key for key in map(parse_crypto, values) if key is not None and key.mki is None]
    if not keys:
        return None
    taken = next((key for key in keys if key.suite is own.suite), keys[0])
    return taken, replace(own, tag=taken.tag, suite=taken.suite)


def answered_key(values: Sequence[str], offered: CryptoKey) -> CryptoKey:
    """The peer's key out of its answer (section 5.1.3).

    Args:
        values: What stands behind each ``a=crypto:`` of the answer.
        offered: The one line that was offered.

    Raises:
        GarbledSdp: There is not one line, or it is not of the offered tag and suite.
    """
    if len(values) != 1:
        raise GarbledSdp(f"the answer has {len(values)} a=crypto lines where one is due")
    key = parse_crypto(values[0])
    if key is None or key.tag != offered.tag or key.suite is not offered.suite:
        raise GarbledSdp("the answer's a=crypto is none that was offered")
    return key
