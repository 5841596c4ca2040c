"""Headers that say a number of seconds: Session-Expires, Min-SE, Retry-After (RFC 4028, RFC 3261 section 20.33).

Owns their grammar. Must not count time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from emulator.core.errors import GarbledSip
from emulator.siprec.sip.parameters import NO_PARAMETERS, Parameters, parse_parameters

MAX_SECONDS = 2**32 - 1
"""The largest delta-seconds (RFC 3261 section 25.1); a larger one means it too (RFC 9110 section 1.2.2 alike)."""

_SECONDS = re.compile(r"([0-9]++)[ \t]*+(?:\([^()]*+\)[ \t]*+)?+((?:;.*)?)", re.DOTALL)
_MAX_DIGITS = 10


class Refresher(StrEnum):
    """Who refreshes a session (RFC 4028 section 4): the request's client or its server."""

    UAC = "uac"
    UAS = "uas"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionExpires:
    """How long a session lives without a refresh (RFC 4028 section 4).

    Attributes:
        seconds: At most ``MAX_SECONDS``.
        refresher: None where it is left open.
    """

    seconds: int
    refresher: Refresher | None = None

    def __str__(self) -> str:
        """As it stands on the wire."""
        return str(self.seconds) if self.refresher is None else f"{self.seconds};refresher={self.refresher}"


def parse_session_expires(text: str) -> SessionExpires:
    """Read a Session-Expires; parameters other than ``refresher`` are skipped (RFC 4028 section 4).

    Raises:
        GarbledSip: It is none.
    """
    seconds, parameters = _parse(text)
    named = parameters.get("refresher")
    if named is None:
        return SessionExpires(seconds=seconds)
    if named.lower() not in tuple(Refresher):
        raise GarbledSip("a session's refresher is neither side")
    return SessionExpires(seconds=seconds, refresher=Refresher(named.lower()))


def parse_min_se(text: str) -> int:
    """The seconds of a Min-SE (RFC 4028 section 5).

    Raises:
        GarbledSip: It is none.
    """
    return _parse(text)[0]


def parse_retry_after(text: str) -> int:
    """The seconds of a Retry-After, without its comment and parameters (RFC 3261 section 20.33).

    Raises:
        GarbledSip: It is none.
    """
    return _parse(text)[0]


def _parse(text: str) -> tuple[int, Parameters]:
    found = _SECONDS.fullmatch(text.strip(" \t"))
    if found is None:
        raise GarbledSip("a number of seconds can't be read")
    digits = found[1].lstrip("0")
    seconds = MAX_SECONDS if len(digits) > _MAX_DIGITS else min(int(digits or "0"), MAX_SECONDS)
    return seconds, parse_parameters(found[2]) if found[2] else NO_PARAMETERS
