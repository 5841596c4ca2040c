"""Session timers: how long a session lives without a refresh, and who refreshes it (RFC 4028).

Owns the negotiation and the instants that follow from it. Must not send a refresh.

Deliberate: where a peer's 2xx says nothing of session timers, this side refreshes all the same, at half of what it
asked for, as Telnyx documents of ``session_timeout_secs``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSip
from emulator.core.models import SECOND
from emulator.siprec.sip.option_tags import option_tags
from emulator.siprec.sip.seconds import (
    Refresher,
    SessionExpires,
    parse_min_se,
    parse_session_expires,
)

if TYPE_CHECKING:
    from emulator.core.models import Duration, HeaderList, Instant
    from emulator.siprec.sip.message import Message, Request, Response

MIN_SE = 90
"""Seconds below which no session may be asked to be refreshed (RFC 4028 section 4)."""

_LONGEST_MARGIN = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What this side asks for in its next request.

    Attributes:
        interval: Seconds; 0 asks for no session timer.
        min_se: The largest Min-SE that a 422 named, in seconds; 0 when there was none.
    """

    interval: int
    min_se: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTimer:
    """What was agreed at the last refresh.

    Attributes:
        interval: Seconds that the session lives.
        ours: Whether this side refreshes.
        since: When it was agreed.
    """

    interval: int
    ours: bool
    since: Instant

    @property
    def refresh_at(self) -> Instant | None:
        """When this side refreshes: at half; None where the peer does (RFC 4028 section 10)."""
        return self.since + self.interval * SECOND // 2 if self.ours else None

    @property
    def expires_at(self) -> Instant:
        """When a side that has seen no refresh sends BYE: somewhat before the end (RFC 4028 section 10)."""
        return self.since + self.interval * SECOND - self._margin

    @property
    def _margin(self) -> Duration:
        return min(_LONGEST_MARGIN * SECOND, self.interval * SECOND // 3)


def asking(asked: Asked, current: SessionTimer | None) -> HeaderList:
    """The headers of a request; ``Supported: timer`` is the caller's.

    Args:
        asked: What is wanted.
        current: What holds, whose refresher stays who it is (RFC 4028 section 7.4); None before the first answer.
    """
    if asked.interval == 0:
        return ()
    refresher = None
    if current is not None:
        refresher = Refresher.UAC if current.ours else Refresher.UAS
    fields = (("Session-Expires", str(SessionExpires(seconds=asked.interval, refresher=refresher))),)
    return (*fields, ("Min-SE", str(asked.min_se))) if asked.min_se else fields


def raised(asked: Asked, refusal: Response) -> Asked | None:
    """What to ask for after a 422 (RFC 4028 section 7.3).

    Returns:
        None where it names no interval that is longer than what was asked for, so that another try has no point.
    """
    try:
        wanted = parse_min_se(refusal.headers.get("Min-SE") or "")
    except GarbledSip:
        return None
    if wanted <= asked.interval:
        return None
    return Asked(interval=max(asked.interval, wanted), min_se=max(asked.min_se, wanted))


def agreed(asked: Asked, answer: Response, now: Instant) -> SessionTimer | None:
    """What a 2xx to this side's request settles (RFC 4028 section 7.2).

    Returns:
        None where neither side wants a timer.
    """
    said = _said(answer)
    if said is not None:
        return SessionTimer(interval=said.seconds, ours=said.refresher is not Refresher.UAS, since=now)
    if asked.interval:
        return SessionTimer(interval=asked.interval, ours=True, since=now)
    return None


def too_short(request: Request) -> bool:
    """Whether a peer's request asks for less than is allowed, which is answered with 422 (RFC 4028 section 9)."""
    said = _said(request)
    return said is not None and said.seconds < MIN_SE


def answering(
    request: Request, current: SessionTimer | None, now: Instant
) -> tuple[SessionTimer | None, HeaderList]:
    """What a 2xx to a peer's refresh says, and what holds from then on (RFC 4028 section 9).

    Args:
        request: The peer's INVITE or UPDATE.
        current: What held before.
        now: When.

    Returns:
        What holds, and the headers of the 2xx. A peer that names no refresher refreshes itself, if it knows how
        to. One that names no interval leaves interval and refresher as they were, which the 2xx says: one that
        said nothing would turn the timer off (section 7.2).
    """
    said = _said(request) or _as_before(current)
    if said is None:
        return None, ()
    supports = "timer" in option_tags(request, "Supported")
    refresher = said.refresher or (Refresher.UAC if supports else Refresher.UAS)
    expires = SessionExpires(seconds=said.seconds, refresher=refresher)
    required = (("Require", "timer"),) if refresher is Refresher.UAC else ()
    timer = SessionTimer(interval=said.seconds, ours=refresher is Refresher.UAS, since=now)
    return timer, (*required, ("Session-Expires", str(expires)))


def _as_before(current: SessionTimer | None) -> SessionExpires | None:
    """What held, as a request would say it; a peer that refreshed does so only if it still knows how to."""
    if current is None:
        return None
    return SessionExpires(seconds=current.interval, refresher=Refresher.UAS if current.ours else None)


def _said(message: Message) -> SessionExpires | None:
    """A message's Session-Expires; one that can't be read, or is 0, counts as none."""
    written = message.headers.get("Session-Expires")
    if written is None:
        return None
    try:
        said = parse_session_expires(written)
    except GarbledSip:
        return None
    return said if said.seconds else None
