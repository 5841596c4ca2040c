"""What goes wrong with a recording session on the wire: what a peer sent, and what could not be sent to it."""

from __future__ import annotations

from emulator.core.errors.base import EmulatorError


class SiprecError(EmulatorError):
    """Anything about a recording session's wire."""


class Garbled(SiprecError):
    """A peer sent what can't be read; the parsers of ``emulator.siprec`` raise nothing else.

    Attributes:
        reason: What was wrong, in words, for the session's record.
    """

    def __init__(self, reason: str) -> None:
        """The message is the reason."""
        self.reason = reason
        super().__init__(reason)


class GarbledSip(Garbled):
    """No SIP message (RFC 3261 section 25)."""


class GarbledSdp(Garbled):
    """No session description (RFC 4566 section 9)."""


class GarbledMultipart(Garbled):
    """No multipart body (RFC 2046 section 5.1)."""


class GarbledMetadata(Garbled):
    """No recording metadata (RFC 7865)."""


class GarbledMedia(Garbled):
    """No RTP or RTCP packet (RFC 3550)."""


class Unwritable(SiprecError):
    """A value that would say something else on the wire than what it is, such as a header with a line break."""


class Unreachable(SiprecError):
    """A peer that can't be found or connected to; the message says where and why, in words.

    Attributes:
        tls: Whether there was a way, and TLS came to no agreement: no trust, or the peer speaks none.
    """

    def __init__(self, message: str, *, tls: bool = False) -> None:
        """Say where and why."""
        self.tls = tls
        super().__init__(message)


class SoundUnusable(SiprecError):
    """A WAV file that can't be read or is of a kind that is not played; the message says which and why."""


class SrtpMissing(SiprecError):
    """Secure media were asked for and ``pylibsrtp`` is not installed."""

    def __init__(self) -> None:
        """Say what would help."""
        super().__init__("secure media need pylibsrtp: pip install 'telnyx-siprec-emulator[srtp]'")
