"""How a session ends: hanging up, being given up, and the tidying up behind it (RFC 3261 sections 9 and 15).

Owns CANCEL and BYE of this side. Must not know why a session is ended, beyond telling it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.errors import Unwritable
from emulator.siprec.sip.dialog import in_dialog
from emulator.siprec.sip.message import Response
from emulator.siprec.sip.statuses import FIRST_FAILURE
from emulator.siprec.sip.transactions.replying import cancel
from emulator.siprec.sip.transactions.table import Deliver, State
from emulator.siprec.src.actions import Ended, Noted, Over, StopMedia
from emulator.siprec.src.bodies import EMPTY, Body, closing
from emulator.siprec.src.invite import closing_fields
from emulator.siprec.src.retrying import retried
from emulator.siprec.src.state import Alarm, Phase, Purpose

if TYPE_CHECKING:
    from emulator.core.models import Instant
    from emulator.core.srs import SrsReason
    from emulator.siprec.sip.dialog import Dialog
    from emulator.siprec.src.state import Owned
    from emulator.siprec.src.turn import Came, Turn

_PATIENCES_LEFT = 3
"""Times 64*T1: a BYE, one more where it is challenged, and what waits for repeated messages."""


def hang_up(turn: Turn) -> None:
    """End the session, however far it has come; a second time does nothing."""
    phase = turn.conduct.phase
    if phase is Phase.IDLE:
        turn.conclude(Ended())
        tidy(turn)
    elif phase in (Phase.INVITING, Phase.SEEKING):
        turn.conclude(Ended())
        give_up_asking(turn)
    elif phase is Phase.UP:
        finish(turn, Ended())


def finish(turn: Turn, ended: Ended) -> None:
    """End a session that is up, and tell how it ended."""
    turn.conclude(ended)
    say_goodbye(turn)


def say_goodbye(turn: Turn) -> None:
    """BYE, unless this side plays dead; to be called where there is a dialog."""
    dialog = turn.conduct.dialog
    tidy(turn)
    if dead(turn):
        turn.arm(Alarm.LINGERED, _last(turn))
    elif dialog is not None:
        bye(turn, dialog, Purpose.BYE)


def bye(turn: Turn, dialog: Dialog, purpose: Purpose) -> None:
    """Send a BYE within a dialog: the session's, or one of a fork that nobody wants."""
    body = _farewell(turn) if purpose is Purpose.BYE else EMPTY
    fields = (*closing_fields(turn.conduct), *body.fields)
    counted, request = in_dialog(dialog, "BYE", via=turn.via(), fields=fields, body=body.data)
    if purpose is Purpose.BYE:
        turn.conduct = replace(turn.conduct, dialog=counted)
    turn.ask(request, purpose)


def _farewell(turn: Turn) -> Body:
    """The metadata that say that it is over, once there were any."""
    try:
        return closing(turn.conduct.call, turn.now)
    except Unwritable:
        return EMPTY


def bye_came(turn: Turn, owned: Owned, came: Came) -> None:
    """Take what came of a BYE: the session is over, whatever it is; a challenge is answered (RFC 3261 15.1.1)."""
    if not isinstance(came, Deliver):
        turn.tell(Noted(text="the SRS did not answer the BYE"))
        return
    answer = came.message
    if isinstance(answer, Response) and answer.status >= FIRST_FAILURE:
        retried(turn, owned, answer)


def tidy(turn: Turn) -> None:
    """Stop media and everything that was planned; what is under way may come to its end."""
    if turn.conduct.agreed:
        turn.actions.append(StopMedia())
    turn.disarm(Alarm.ANSWER, Alarm.CANCELLED)
    turn.arm(Alarm.LAST, _last(turn))
    turn.conduct = replace(
        turn.conduct, phase=Phase.LEAVING, agreed=(), wanted=(), timer=None, unacknowledged=None
    )


def _last(turn: Turn) -> Instant:
    """When a session that is over now is let go of at the latest."""
    return turn.now + _PATIENCES_LEFT * turn.conduct.order.timers.patience


def settle(turn: Turn) -> None:
    """Notice that nothing is awaited any more, and later that nothing is left."""
    if turn.conduct.phase is not Phase.LEAVING:
        return
    if not turn.conduct.over_told and not any(one.unanswered for one in turn.conduct.owned):
        turn.conduct = replace(turn.conduct, over_told=True)
        turn.tell(Over())
    lingers = any(alarm is Alarm.LINGERED for alarm, _ in turn.conduct.alarms)
    if not turn.conduct.owned and not lingers:
        turn.conduct = replace(turn.conduct, phase=Phase.OVER, alarms=())


def dead(turn: Turn) -> bool:
    """Whether this side has gone silent because it is told to."""
    silent = turn.conduct.silent
    return silent is not None and silent <= turn.now


# --- before an answer ---


def give_up_asking(turn: Turn) -> None:
    """Wait for no answer any more, which is told already."""
    if turn.conduct.phase is Phase.SEEKING:
        tidy(turn)
    else:
        _call_off(turn)


def _call_off(turn: Turn) -> None:
    """Cancel the INVITE: at once if a provisional answer has come, else as soon as one does (RFC 3261 9.1)."""
    turn.conduct = replace(turn.conduct, phase=Phase.CANCELLING)
    turn.disarm(Alarm.ANSWER)
    if turn.conduct.order.misconduct.late_cancel:
        turn.arm(Alarm.CANCELLED, turn.now + turn.conduct.order.timers.patience)
        return
    send_cancel(turn)


def send_cancel(turn: Turn) -> None:
    """Send the CANCEL that is wanted, once, if it may be sent."""
    if any(alarm is Alarm.CANCELLED for alarm, _ in turn.conduct.alarms):
        return
    for owned in turn.conduct.owned:
        if owned.purpose is Purpose.SETUP and owned.transaction.state is State.PROCEEDING:
            turn.arm(Alarm.CANCELLED, turn.now + turn.conduct.order.timers.patience)
            turn.ask(cancel(owned.transaction.request), Purpose.CANCEL)
            return


def cancelled_in_vain(turn: Turn) -> None:
    """No final answer came after the CANCEL: the INVITE counts as cancelled (RFC 3261 section 9.1)."""
    turn.drop(Purpose.SETUP)
    tidy(turn)


def give_up(turn: Turn) -> None:
    """Forget whatever is left."""
    turn.conduct = replace(turn.conduct, owned=())


def broken_off(turn: Turn, why: SrsReason, reason: str, status: int | None = None) -> None:
    """End a session that is up because of the SRS or of the way to it."""
    finish(turn, Ended(why=why, status=status, reason=reason))
