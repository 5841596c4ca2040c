"""The client's machine of an INVITE (RFC 3261 17.1.1, RFC 6026 section 7.2).

Owns its table. A provisional answer stops Timer B: how long an answer may take then is the owner's to say. 2xx are
delivered each time that they come, since each wants an ACK, which its owner makes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.siprec.sip.transactions.table import Do, Heard, Rule, State, Table
from emulator.siprec.sip.transactions.timers import Timer
from emulator.siprec.sip.transactions.transaction import sent

if TYPE_CHECKING:
    from emulator.core.models import Instant
    from emulator.siprec.sip.message import Request
    from emulator.siprec.sip.transactions.timers import Timers
    from emulator.siprec.sip.transactions.transaction import Step

_PROVISIONAL = Rule(to=State.PROCEEDING, do=(Do.DELIVER,))
_SUCCESS = Rule(to=State.ACCEPTED, do=(Do.DELIVER,), start=(Timer.M,))
_FAILURE = Rule(to=State.COMPLETED, do=(Do.ACK, Do.DELIVER), start=(Timer.D,))
_BROKEN = Rule(to=State.TERMINATED, do=(Do.BROKEN,))
_END = Rule(to=State.TERMINATED)

TABLE: Table = {
    (State.CALLING, Timer.A): Rule(to=State.CALLING, do=(Do.RESEND,)),
    (State.CALLING, Timer.B): Rule(to=State.TERMINATED, do=(Do.TIMED_OUT,)),
    (State.CALLING, Heard.PROVISIONAL): _PROVISIONAL,
    (State.CALLING, Heard.SUCCESS): _SUCCESS,
    (State.CALLING, Heard.FAILURE): _FAILURE,
    (State.CALLING, Heard.BROKEN): _BROKEN,
    (State.PROCEEDING, Heard.PROVISIONAL): _PROVISIONAL,
    (State.PROCEEDING, Heard.SUCCESS): _SUCCESS,
    (State.PROCEEDING, Heard.FAILURE): _FAILURE,
    (State.PROCEEDING, Heard.BROKEN): _BROKEN,
    (State.COMPLETED, Heard.FAILURE): Rule(to=State.COMPLETED, do=(Do.ACK,)),
    (State.COMPLETED, Timer.D): _END,
    (State.COMPLETED, Heard.BROKEN): _END,
    (State.ACCEPTED, Heard.SUCCESS): Rule(to=State.ACCEPTED, do=(Do.DELIVER,)),
    (State.ACCEPTED, Timer.M): _END,
}


def begin(request: Request, now: Instant, *, reliable: bool, timers: Timers) -> Step:
    """Send an INVITE.

    Args:
        request: With a branch of its own in its Via.
        now: When.
        reliable: Whether the transport is TCP or TLS.
        timers: How long they run.
    """
    return sent(
        request, now, table=TABLE, state=State.CALLING, first=(Timer.A, Timer.B), reliable=reliable, timers=timers
    )
