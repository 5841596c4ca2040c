"""What a session at the server does next, as values: its phases, what it asks of ``server.py``.

Owns the words. Must not decide anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from emulator.core.ids import Randomness
    from emulator.siprec.sip.message import Request, Response
    from emulator.siprec.sip.transactions.timers import Timers
    from emulator.siprec.srs.actions import Action
    from emulator.siprec.srs.manner import Manner


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Answer a request by the transaction that it began."""

    request: Request
    response: Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Resend:
    """Send a 2xx again, which no transaction does (RFC 3261 section 13.3.1.4)."""

    response: Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Begin a transaction of this side's; an ACK has none and is just sent."""

    request: Request


Doing: TypeAlias = "Reply | Resend | Ask | Action"


class Phase(Enum):
    """Where a session stands: unanswered, answered without an ACK, under way, ending by this side's BYE, over."""

    ARRIVED = auto()
    ANSWERED = auto()
    LIVE = auto()
    LEAVING = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a server's sessions share."""

    manner: Manner
    randomness: Randomness
    timers: Timers
