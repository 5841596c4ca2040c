"""How one session at the server is kept alive: its timer, and by which request this side refreshes it (RFC 4028).

Owns what was agreed on, whether the client takes UPDATE, and what a refresh says. Must not send it: ``session.py``
does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.models import SECOND
from emulator.siprec.sip import session_timer
from emulator.siprec.sip.option_tags import option_tags
from emulator.siprec.srs.plans import Plan

if TYPE_CHECKING:
    from emulator.core.models import Duration, HeaderList, Instant
    from emulator.siprec.sip.message import Message, Request, Response
    from emulator.siprec.sip.session_timer import SessionTimer
    from emulator.siprec.srs.plans import Plans

_NOT_TAKEN = frozenset({405, 501})
"""The client knows no UPDATE, whatever its Allow says (RFC 3261 sections 8.2.1 and 21.5.2)."""

_LATER: Duration = 10 * SECOND
"""After a refusal; the session's timer sets the end."""


class Refreshing:
    """One session's."""

    def __init__(self, plans: Plans) -> None:
        """Nothing is agreed on yet.

        Args:
            plans: The session's, in which refreshes and their absence are noted.
        """
        self._plans = plans
        self._timer: SessionTimer | None = None
        self._updates = False

    def heard(self, message: Message) -> None:
        """Note whether the client takes UPDATE; no Allow says nothing of it (RFC 3261 section 20.5)."""
        allowed = option_tags(message, "Allow")
        if allowed:
            self._updates = "update" in allowed

    def answering(self, request: Request, now: Instant) -> HeaderList:
        """What the 2xx to an INVITE or UPDATE of the client's says of the timer, which holds from then on."""
        self._timer, said = session_timer.answering(request, self._timer, now)
        self._plans.watch(self._timer)
        return said

    def asked(self, description: bytes) -> tuple[str, HeaderList, bytes] | None:
        """A refresh; where none succeeds in time the session is to end (RFC 4028 section 10).

        Args:
            description: What this side said last of its streams, as it is sent again.

        Returns:
            The method, headers and body: UPDATE without an offer where the client is known to take it, else a
            re-INVITE with an offer that changes nothing (section 7.4). None where there is no timer.
        """
        if self._timer is None:
            return None
        self._plans.set(Plan.EXPIRE, self._timer.expires_at)
        fields = session_timer.asking(session_timer.Asked(interval=self._timer.interval), self._timer)
        if self._updates:
            return "UPDATE", fields, b""
        return "INVITE", (*fields, ("Content-Type", "application/sdp")), description

    def agreed(self, response: Response, now: Instant) -> None:
        """Take the 2xx to a refresh."""
        if self._timer is not None:
            asked = session_timer.Asked(interval=self._timer.interval)
            self._timer = session_timer.agreed(asked, response, now)
            self._plans.watch(self._timer)

    def refused(self, request: Request, response: Response, now: Instant) -> None:
        """Take a refusal that leaves the session as it is: at once in the other way, or later in the same."""
        pause = _LATER
        if request.method == "UPDATE" and response.status in _NOT_TAKEN:
            self._updates, pause = False, 0
        self._plans.after(Plan.REFRESH, pause, now)
