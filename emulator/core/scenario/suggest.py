"""What was probably meant: the nearest known name.

Owns one sentence and how near a name must be for it. Must not be called where nothing is wrong: it is slow.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 200


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like ``name``, None when none does."""
    if len(name) > _LONGEST:
        return None
    by_fold = {candidate.lower(): candidate for candidate in sorted(known)}
    found = get_close_matches(name.lower(), by_fold, n=1)
    return by_fold[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"``, or nothing when no known name is near."""
    found = nearest(name, known)
    return f"; did you mean '{found}'?" if found else ""
