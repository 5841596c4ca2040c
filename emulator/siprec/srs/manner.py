"""How the recording server answers: well, or in the ways in which a client has to be tried.

Owns the words of ``--answer`` and what each means. Must not do any of it: ``entry.py`` and ``session.py`` do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from emulator.core.models import SECOND

if TYPE_CHECKING:
    from emulator.core.models import Duration
    from emulator.siprec.sip.digest import Credentials

LONGEST_RING = 600 * SECOND
"""A client gives up long before; one that is gone would be waited for without end."""


class Answer(Enum):
    """What becomes of a first INVITE.

    ACCEPT: 200. REFUSE: ``Manner.status``. SILENT: not one byte.
    RING: 180 and nothing more until a CANCEL, or 480 after ``LONGEST_RING``.
    TOO_SHORT: 422 with twice the interval that was asked for, then 200. CHALLENGE: 401, then 200 to one who knows.
    """

    ACCEPT = auto()
    REFUSE = auto()
    RING = auto()
    SILENT = auto()
    TOO_SHORT = auto()
    CHALLENGE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How one server answers every session.

    Attributes:
        status: 300 to 699, of REFUSE.
        ring_for: How long 180 stands before an answer; 0 answers at once.
        hang_up_after: From the answer to a BYE of the server; None leaves the end to the client.
        hold_after: From the answer to a re-INVITE that makes every stream inactive; None never.
        resume_after: From then to one that lets them flow again; None never.
        snapshot_after: From the answer to a request for a snapshot of the metadata; None never.
        credentials: Whom CHALLENGE lets in.
    """

    answer: Answer = Answer.ACCEPT
    status: int = 200
    ring_for: Duration = 0
    hang_up_after: Duration | None = None
    hold_after: Duration | None = None
    resume_after: Duration | None = None
    snapshot_after: Duration | None = None
    credentials: Credentials | None = None


REFUSALS = {
    "moved": 302,
    "forbidden": 403,
    "not-found": 404,
    "unavailable": 480,
    "bad-extension": 420,
    "busy": 486,
    "not-acceptable": 488,
    "error": 500,
    "overloaded": 503,
    "decline": 603,
}
"""Words for the statuses that a client should be tried with; any other is given as its number."""

_OTHERWISE = {
    "accept": Answer.ACCEPT,
    "ring": Answer.RING,
    "silent": Answer.SILENT,
    "422": Answer.TOO_SHORT,
    "challenge": Answer.CHALLENGE,
}
_REFUSED = range(300, 700)
_STATUS = re.compile("[0-9]{3}")

WORDS = (*_OTHERWISE, *REFUSALS)
"""All that ``manner_of`` knows beside numbers."""


def manner_of(word: str) -> Manner | None:
    """What a word of ``--answer`` means, or a number of 300 to 699; None for any other.

    A number is what every INVITE is answered with, but for ``422``: the client tries again then, with a longer
    interval, and is let in (RFC 4028 section 7.3).
    """
    if word in _OTHERWISE:
        return Manner(answer=_OTHERWISE[word])
    status = REFUSALS.get(word)
    if status is None and _STATUS.fullmatch(word) and int(word) in _REFUSED:
        status = int(word)
    return None if status is None else Manner(answer=Answer.REFUSE, status=status)
