"""SRTP and SRTCP (RFC 3711) with keys of a session description (RFC 4568), by ``pylibsrtp``.

Owns the one place that knows the library, which is an extra and loaded when first needed. Must not choose keys.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from emulator.core.errors import GarbledMedia, SrtpMissing, Unwritable
from emulator.siprec.sdp.crypto import Suite

if TYPE_CHECKING:
    from emulator.siprec.sdp.crypto import CryptoKey


class Protector:
    """Encrypts what one side sends, with its own key."""

    __slots__ = ("_error", "_session")

    def __init__(self, key: CryptoKey) -> None:
        """Nothing was sent yet.

        Raises:
            SrtpMissing: ``pylibsrtp`` is not installed.
        """
        library = _library()
        self._error = library.Error
        self._session = _session(library, key, library.Policy.SSRC_ANY_OUTBOUND)

    def protect(self, packet: bytes) -> bytes:
        """An RTP packet as SRTP.

        Raises:
            Unwritable: The library refuses it: one of the same number was sent, or it is too long.
        """
        try:
            sealed: bytes = self._session.protect(packet)
        except (self._error, ValueError) as error:
            raise Unwritable(f"SRTP: {error}") from error
        return sealed

    def protect_rtcp(self, packet: bytes) -> bytes:
        """An RTCP packet as SRTCP.

        Raises:
            Unwritable: The library refuses it.
        """
        try:
            sealed: bytes = self._session.protect_rtcp(packet)
        except (self._error, ValueError) as error:
            raise Unwritable(f"SRTCP: {error}") from error
        return sealed


class Unprotector:
    """Checks and decrypts what the peer sends, with the peer's key."""

    __slots__ = ("_error", "_session")

    def __init__(self, key: CryptoKey) -> None:
        """Nothing came yet.

        Raises:
            SrtpMissing: ``pylibsrtp`` is not installed.
        """
        library = _library()
        self._error = library.Error
        self._session = _session(library, key, library.Policy.SSRC_ANY_INBOUND)

    def unprotect(self, packet: bytes) -> bytes:
        """An SRTP packet as RTP.

        Raises:
            GarbledMedia: It is not authentic, came before, or is no packet.
        """
        try:
            opened: bytes = self._session.unprotect(packet)
        except (self._error, ValueError) as error:
            raise GarbledMedia(f"SRTP: {error}") from error
        return opened

    def unprotect_rtcp(self, packet: bytes) -> bytes:
        """An SRTCP packet as RTCP.

        Raises:
            GarbledMedia: It is not authentic, came before, or is no packet.
        """
        try:
            opened: bytes = self._session.unprotect_rtcp(packet)
        except (self._error, ValueError) as error:
            raise GarbledMedia(f"SRTCP: {error}") from error
        return opened


def demand_srtp() -> None:
    """Find out early whether secure media are possible.

    Raises:
        SrtpMissing: ``pylibsrtp`` is not installed.
    """
    _library()


def _library() -> Any:  # noqa: ANN401 - an extra, which type checking must not need
    try:
        return import_module("pylibsrtp")
    except ImportError:
        raise SrtpMissing from None


def _session(library: Any, key: CryptoKey, direction: int) -> Any:  # noqa: ANN401 - of the same extra
    """SRTCP is authenticated with 80 bits in either suite (RFC 4568 section 6.2.2), which the library sees to."""
    policy = library.Policy
    profile = (
        policy.SRTP_PROFILE_AES128_CM_SHA1_80
        if key.suite is Suite.AES_CM_128_HMAC_SHA1_80
        else policy.SRTP_PROFILE_AES128_CM_SHA1_32
    )
    return library.Session(policy(key=key.key, ssrc_type=direction, srtp_profile=profile))
