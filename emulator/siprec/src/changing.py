"""Requests of this side within the session: refreshes and snapshots (RFC 4028 section 10, RFC 7866 section 9.2).

Owns when one is sent, and what each answer to it means. Refreshes go by re-INVITE, as Telnyx says, with the
description that was sent last. One is under way at a time (RFC 3261 section 14.1).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.errors import Garbled, GarbledSip
from emulator.core.models import MILLISECOND, SECOND
from emulator.core.srs import SrsReason
from emulator.siprec.sip.dialog import in_dialog, retargeted
from emulator.siprec.sip.message import Response
from emulator.siprec.sip.seconds import parse_retry_after
from emulator.siprec.sip.session_timer import agreed
from emulator.siprec.sip.statuses import FIRST_FAILURE, FIRST_SUCCESS
from emulator.siprec.sip.transactions.table import Broken, TimedOut
from emulator.siprec.src.acknowledging import acknowledge, acknowledged_again
from emulator.siprec.src.actions import Noted
from emulator.siprec.src.agreement import agreed_by, follow
from emulator.siprec.src.bodies import Body, offering, opening
from emulator.siprec.src.ending import broken_off, dead
from emulator.siprec.src.invite import opening_fields
from emulator.siprec.src.retrying import retried
from emulator.siprec.src.state import Conduct, Phase, Purpose, Wanted

if TYPE_CHECKING:
    from emulator.core.models import Duration, Instant
    from emulator.siprec.src.state import Owned
    from emulator.siprec.src.turn import Came, Turn

_GONE = (408, 481)
"""Answers that say that the SRS does not know the session any more (RFC 3261 section 12.2.1.2)."""

_GLARE = 491
_GLARE_SHORTEST: Duration = 2_100 * MILLISECOND
_GLARE_STEPS = 191
_GLARE_STEP: Duration = 10 * MILLISECOND
"""2.1 to 4 s in steps of 10 ms, for the side that made the Call-ID (RFC 3261 section 14.1)."""

_LATER: Duration = 10 * SECOND
"""After a refusal that says nothing better; the session's timer sets the end."""


def due_at(conduct: Conduct) -> Instant | None:
    """When something here falls due; None while nothing does, or another request has to end first."""
    if conduct.phase is not Phase.UP:
        return None
    instants = []
    if not _blocked(conduct):
        instants += [wanted.at for wanted in conduct.wanted]
    if conduct.timer is not None and not _refreshing(conduct):
        instants += [at for at in (_refresh_at(conduct),) if at is not None]
    silent = conduct.silent
    return min((at for at in instants if silent is None or at < silent), default=None)


def expires_at(conduct: Conduct) -> Instant | None:
    """When the session ends for want of a refresh; None: never, or because this side keeps it from being told."""
    timer, silent = conduct.timer, conduct.silent
    if timer is None or (timer.ours and conduct.order.misconduct.no_refresh):
        return None
    # who plays dead takes no refresh in, and does not end what it was silent about
    return None if silent is not None and silent <= timer.expires_at else timer.expires_at


def expired(turn: Turn) -> None:
    """No refresh came in time (RFC 4028 section 10)."""
    broken_off(turn, SrsReason.TIMER, "the session was not refreshed in time")


def want(turn: Turn, purpose: Purpose, after: Duration = 0, *, by_update: bool = False) -> None:
    """Plan a request, once."""
    if not any(wanted.purpose is purpose for wanted in turn.conduct.wanted):
        new = Wanted(purpose=purpose, at=turn.now + after, by_update=by_update)
        turn.conduct = replace(turn.conduct, wanted=(*turn.conduct.wanted, new))


def pump(turn: Turn) -> None:
    """Send what is planned and due, if nothing stands against it."""
    conduct = turn.conduct
    if conduct.phase is not Phase.UP or dead(turn):
        return
    refresh_at = _refresh_at(conduct)
    if refresh_at is not None and refresh_at <= turn.now and not _refreshing(conduct):
        want(turn, Purpose.REFRESH)
    due = next((wanted for wanted in turn.conduct.wanted if wanted.at <= turn.now), None)
    if due is None or _blocked(turn.conduct):
        return
    turn.conduct = replace(turn.conduct, wanted=tuple(one for one in turn.conduct.wanted if one is not due))
    _send(turn, due)


def _send(turn: Turn, wanted: Wanted) -> None:
    conduct = turn.conduct
    if conduct.dialog is None:
        return
    by_update = wanted.purpose is Purpose.SNAPSHOT and (wanted.by_update or conduct.peer_updates)
    body = _body(turn, wanted.purpose)
    fields = (*opening_fields(conduct), *body.fields)
    method = "UPDATE" if by_update else "INVITE"
    dialog, request = in_dialog(conduct.dialog, method, via=turn.via(), fields=fields, body=body.data)
    turn.conduct = replace(turn.conduct, dialog=dialog)
    turn.ask(request, wanted.purpose)


def _body(turn: Turn, purpose: Purpose) -> Body:
    if purpose is Purpose.REFRESH:
        return offering(turn.conduct.said)
    return opening(turn.conduct.said, turn.conduct.call, turn.token(), misnamed=False, in_order=True)


def _refresh_at(conduct: Conduct) -> Instant | None:
    if conduct.timer is None or conduct.order.misconduct.no_refresh:
        return None
    return conduct.timer.refresh_at


def _refreshing(conduct: Conduct) -> bool:
    planned = any(wanted.purpose is Purpose.REFRESH for wanted in conduct.wanted)
    return planned or any(one.purpose is Purpose.REFRESH and one.unanswered for one in conduct.owned)


def _blocked(conduct: Conduct) -> bool:
    return conduct.changing or conduct.unacknowledged is not None


# --- what comes of one ---


def came(turn: Turn, owned: Owned, what: Came) -> None:
    """Take what came of a request."""
    if isinstance(what, TimedOut | Broken):
        if turn.conduct.phase is Phase.UP:
            _unheard(turn, what)
    elif isinstance(what.message, Response) and what.message.status >= FIRST_FAILURE:
        if turn.conduct.phase is Phase.UP:
            _refused(turn, owned, what.message)
    elif isinstance(what.message, Response) and what.message.status >= FIRST_SUCCESS:
        _accepted(turn, owned, what.message)


def _unheard(turn: Turn, what: TimedOut | Broken) -> None:
    """A refresh that nobody answers ends the session (RFC 4028 section 10, RFC 3261 section 14.1)."""
    if isinstance(what, Broken):
        broken_off(turn, turn.lost.why, turn.lost.reason)
    else:
        broken_off(turn, SrsReason.TIMER, "the SRS does not answer any more")


def _refused(turn: Turn, owned: Owned, response: Response) -> None:
    if retried(turn, owned, response):
        return
    if response.status in _GONE:
        broken_off(turn, SrsReason.TIMER, response.reason, response.status)
        return
    after = _retry_after(turn, response)
    if after is None and owned.purpose is Purpose.SNAPSHOT:
        turn.tell(Noted(text=f"the SRS refused its snapshot: {response.status} {response.reason}"))
        return
    by_update = owned.transaction.request.method == "UPDATE"
    want(turn, owned.purpose, _LATER if after is None else after, by_update=by_update)


def _retry_after(turn: Turn, response: Response) -> Duration | None:
    """When a refusal lets itself be asked again; None where it says nothing of it."""
    if response.status == _GLARE:
        return _GLARE_SHORTEST + turn.number(_GLARE_STEPS) * _GLARE_STEP
    try:
        return parse_retry_after(response.headers.get("Retry-After") or "") * SECOND
    except GarbledSip:
        return None


def _accepted(turn: Turn, owned: Owned, response: Response) -> None:
    if owned.transaction.request.method == "INVITE" and not _acknowledged(turn, owned, response):
        return
    if turn.conduct.phase is not Phase.UP:
        return
    if turn.conduct.dialog is not None:
        turn.conduct = replace(turn.conduct, dialog=retargeted(turn.conduct.dialog, response))
    turn.conduct = replace(turn.conduct, timer=agreed(turn.conduct.asked, response, turn.now))
    try:
        streams = agreed_by(turn.conduct, response)
    except Garbled as error:
        turn.tell(Noted(text=f"the description in the answer can't be used: {error.reason}"))
        return
    if streams is not None:
        follow(turn, streams)


def _acknowledged(turn: Turn, owned: Owned, response: Response) -> bool:
    """Acknowledge a 2xx to a re-INVITE; False where it came again, or can't be."""
    dialog = turn.conduct.dialog
    try:
        if dialog is None or acknowledged_again(turn, response):
            return False
        acknowledge(turn, retargeted(dialog, response), owned.transaction.request, response)
    except GarbledSip:
        return False
    return True
