"""Instants as Telnyx writes them.

Owns the text forms of an ``Instant``. Must not ask any clock: the instant is always an argument.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.core.models import Instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(2100, 1, 1, tzinfo=UTC)


def _moment(instant: Instant) -> datetime:
    """The instant as a datetime; timedelta keeps the microseconds exact where a float would not."""
    return _EPOCH + timedelta(microseconds=instant)


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    """The part that all instants of one second share: a busy server writes thousands of them."""
    return _moment(seconds * 1_000_000).strftime("%Y-%m-%dT%H:%M:%S")


def iso_micros(instant: Instant) -> str:
    """``2021-12-15T14:11:24.613295Z``, as in a webhook's ``occurred_at``."""
    seconds, micros = divmod(instant, 1_000_000)
    return f"{_second(seconds)}.{micros:06d}Z"


def parse_iso(text: str) -> Instant:
    """The instant that a UTC time says.

    Args:
        text: ``2021-12-15T14:11:24Z``, fractions of a second to the microsecond.

    Raises:
        ValueError: There is no such time, or it is not from 1970 to 2099.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text}' is no time: write it as 2025-01-01T00:00:00Z") from None
    if moment.tzinfo is None or not _EPOCH <= moment < _END:
        raise ValueError(f"'{text}' is not a time in UTC from 1970 to 2099")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def iso_millis(instant: Instant) -> str:
    """``2024-01-23T18:10:02.574Z``, as in a connector's ``created_at``."""
    return _moment(instant).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rfc2822(instant: Instant) -> str:
    """``Fri, 11 Aug 2023 19:12:11 +0000``, as in a TeXML resource's dates (RFC 2822 section 3.3)."""
    return format_datetime(_moment(instant))
