"""The values of which the table of a transaction machine is made, and what a machine asks of its owner.

Owns the words: states, occurrences, doings, rules, actions. Must not decide anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING, TypeAlias

from emulator.siprec.sip.transactions.timers import Timer

if TYPE_CHECKING:
    from emulator.siprec.sip.message import Message


class State(StrEnum):
    """Where a transaction stands (the boxes of RFC 3261 figures 5 to 8, and RFC 6026's)."""

    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    ACCEPTED = "accepted"
    TERMINATED = "terminated"


class Heard(Enum):
    """What happens to a transaction beside its timers.

    PROVISIONAL, SUCCESS and FAILURE are answers: received by a client, given by the owner of a server.
    REQUEST is a request that is repeated, ACK an ACK, BROKEN that the transport could not carry a message.
    """

    PROVISIONAL = auto()
    SUCCESS = auto()
    FAILURE = auto()
    REQUEST = auto()
    ACK = auto()
    BROKEN = auto()


class Do(Enum):
    """What a rule does.

    SEND keeps the answer at hand as what is repeated, and sends it; RESEND sends what is kept; ACK acknowledges
    the failure at hand; DELIVER hands the message at hand to the owner; TRYING sends 100; the rest report an end.
    """

    SEND = auto()
    RESEND = auto()
    ACK = auto()
    DELIVER = auto()
    TRYING = auto()
    TIMED_OUT = auto()
    BROKEN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What an occurrence does in a state.

    Attributes:
        to: The state after it.
        do: In this order.
        start: Timers that start with it.
    """

    to: State
    do: tuple[Do, ...] = ()
    start: tuple[Timer, ...] = ()


Occurrence: TypeAlias = Timer | Heard
Table: TypeAlias = Mapping[tuple[State, Occurrence], Rule]
"""What is not in it changes nothing. A timer runs on for as long as the state has a rule for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmit:
    """Action: put this on the wire."""

    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Action: the owner has to look at this message."""

    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedOut:
    """Action: no final answer came in time (RFC 3261 8.1.3.1: as if 408), or no ACK of a failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """Action: the transport could not carry it (RFC 3261 8.1.3.1: as if 503)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminated:
    """Action: the transaction has ended and may be forgotten."""


Action: TypeAlias = Transmit | Deliver | TimedOut | Broken | Terminated
