"""Durations as people write them: ``250ms``, ``30s``, ``1.5s``, ``10m``, ``1h``.

Owns the grammar and its bound; scenarios, the configuration and the control API share it. Must not know where a
text came from: a caller that has a place adds it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from emulator.core.models import HOUR, MILLISECOND, MINUTE, SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.models import Duration

MAX_DURATION: Duration = 24 * HOUR
"""No duration is longer: a recorded call isn't either."""

_UNITS: Mapping[str, Duration] = {"h": HOUR, "m": MINUTE, "s": SECOND, "ms": MILLISECOND}
_SHOWN = 40
_GRAMMAR = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,9}))?(ms|s|m|h)")


def parse_duration(text: str) -> Duration:
    """The microseconds that ``text`` says.

    Args:
        text: A number, at most nine digits before and after the point, then ``ms``, ``s``, ``m`` or ``h``.

    Returns:
        0 to 24 hours; exact, never rounded.

    Raises:
        ValueError: The text is none, is finer than a microsecond or is over 24 hours; the message says which.
    """
    found = _GRAMMAR.fullmatch(text)
    if found is None:
        shown = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
        raise ValueError(
            f"'{shown}' is not a duration: write a number and its unit, such as 250ms, 30s, 10m or 1h"
        )
    whole, fraction, unit = found.groups(default="")
    scale: int = 10 ** len(fraction)
    duration, rest = divmod(int(whole + fraction) * _UNITS[unit], scale)
    if rest:
        raise ValueError(f"'{text}' is finer than a microsecond")
    if duration > MAX_DURATION:
        raise ValueError(f"'{text}' is longer than 24h, the longest duration there is")
    return duration


def format_duration(duration: Duration) -> str:
    """The shortest text that ``parse_duration`` reads as ``duration``.

    Args:
        duration: Microseconds, 0 to 24 hours.

    Returns:
        A whole number in the largest unit that divides it; below a millisecond a fraction of ``ms``.
    """
    for unit, size in _UNITS.items():
        if duration and duration % size == 0:
            return f"{duration // size}{unit}"
    if not duration:
        return "0s"
    whole, fraction = divmod(duration, MILLISECOND)
    return f"{whole}.{fraction:03d}".rstrip("0") + "ms"
