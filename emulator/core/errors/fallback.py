"""What is answered where another server should have answered in the emulator's stead (``--fallback-url``).

Must not render: ``documents.py`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.errors.base import ApiError, linked

if TYPE_CHECKING:
    from emulator.core.models import HeaderList

_NO_RETRY: HeaderList = (("x-should-retry", "false"),)
"""Tells SDKs that asking again is of no use."""


class FallbackFailed(ApiError):
    """The server that a request was passed on to did not answer, or not by HTTP (RFC 9110 section 15.6.3)."""

    status = 502

    def __init__(self, base: str, reason: str) -> None:
        """``base`` is the fallback's URL, ``reason`` why, in words."""
        note = f"The emulator does not cover this route; its fallback {base} failed: {reason}."
        super().__init__(
            [linked("10007", "Unexpected error", "An unexpected error occurred.", note)], headers=_NO_RETRY
        )


class FallbackTimedOut(ApiError):
    """The server that a request was passed on to took too long (RFC 9110 section 15.6.5)."""

    status = 504

    def __init__(self, base: str, secs: float) -> None:
        """``base`` is the fallback's URL, ``secs`` what it was given."""
        note = f"The emulator does not cover this route; its fallback {base} gave no whole answer in {secs:g} s."
        super().__init__([linked("10008", "Request timeout", "The request timed out.", note)], headers=_NO_RETRY)


class FallbackLoop(ApiError):
    """A request that the fallback brought back here."""

    status = 502

    def __init__(self) -> None:
        """Nothing else is known of it."""
        note = "The emulator does not cover this route, and its fallback leads back to it; see --fallback-url."
        super().__init__(
            [linked("10007", "Unexpected error", "An unexpected error occurred.", note)], headers=_NO_RETRY
        )
