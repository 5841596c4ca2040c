"""What a recording client's conduct asks of its edge, and what it tells of the session.

Owns the shapes alone. ``endpoint.py`` carries the actions out, and passes the reports on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from emulator.core.srs import SrsReason
    from emulator.siprec.net.link import Address, Destination, Target
    from emulator.siprec.sdp.streams import NegotiatedStream

# --- what is told ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing:
    """A provisional answer above 100 came; each status is told once."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The session is up.

    Attributes:
        streams: What was agreed on, one for each track of the order, in its order.
    """

    status: int
    reason: str
    streams: tuple[NegotiatedStream, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaChanged:
    """The SRS, or an answer of its, agreed on something else."""

    streams: tuple[NegotiatedStream, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The session never came about; told once, and instead of ``Ended``.

    Attributes:
        why: What kind of failure.
        status: Of the answer, where one told it.
        reason: Its phrase, or in words what happened.
    """

    why: SrsReason
    status: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The session is over, or was given up before it was answered; told once.

    Attributes:
        why: Whose doing it was; None: this side hung up.
        status: Of the answer that ended it, where one did.
        reason: In words.
    """

    why: SrsReason | None = None
    status: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something that a log should have, and that changes nothing."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """Nothing is awaited any more; the last of all, told once. What the SRS repeats is still answered a while."""


Report: TypeAlias = Ringing | Answered | MediaChanged | Failed | Ended | Noted | Over

# --- what is asked ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmit:
    """Send a message.

    Attributes:
        hop: Where a request goes next; None for an answer.
        back: Where the request came from that an answer is for, as it was said when it was heard.
    """

    data: bytes
    hop: Target | None
    back: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seek:
    """Leave the way that there is, and open one to the first of these that takes it (RFC 3263 section 4.3).

    ``machine.reached`` is told then, or ``machine.unreached``.
    """

    destinations: tuple[Destination, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartMedia:
    """Send the tracks as agreed on."""

    streams: tuple[NegotiatedStream, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMedia:
    """Go on sending as agreed on now."""

    streams: tuple[NegotiatedStream, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopMedia:
    """Send no track any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Pass a report on."""

    report: Report


Action: TypeAlias = Transmit | Seek | StartMedia | ChangeMedia | StopMedia | Tell
