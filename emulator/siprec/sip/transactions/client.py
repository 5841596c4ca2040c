"""The client's machine of any request but INVITE and ACK (RFC 3261 17.1.2).

Owns its table.
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

_FINAL = Rule(to=State.COMPLETED, do=(Do.DELIVER,), start=(Timer.K,))
_TIMED_OUT = Rule(to=State.TERMINATED, do=(Do.TIMED_OUT,))
_BROKEN = Rule(to=State.TERMINATED, do=(Do.BROKEN,))

TABLE: Table = {
    (State.TRYING, Timer.E): Rule(to=State.TRYING, do=(Do.RESEND,)),
    (State.TRYING, Timer.F): _TIMED_OUT,
    (State.TRYING, Heard.PROVISIONAL): Rule(to=State.PROCEEDING, do=(Do.DELIVER,)),
    (State.TRYING, Heard.SUCCESS): _FINAL,
    (State.TRYING, Heard.FAILURE): _FINAL,
    (State.TRYING, Heard.BROKEN): _BROKEN,
    (State.PROCEEDING, Timer.E): Rule(to=State.PROCEEDING, do=(Do.RESEND,)),
    (State.PROCEEDING, Timer.F): _TIMED_OUT,
    (State.PROCEEDING, Heard.PROVISIONAL): Rule(to=State.PROCEEDING, do=(Do.DELIVER,)),
    (State.PROCEEDING, Heard.SUCCESS): _FINAL,
    (State.PROCEEDING, Heard.FAILURE): _FINAL,
    (State.PROCEEDING, Heard.BROKEN): _BROKEN,
    (State.COMPLETED, Timer.K): Rule(to=State.TERMINATED),
}


def begin(request: Request, now: Instant, *, reliable: bool, timers: Timers) -> Step:
    """Send a request.

    Args:
        request: With a branch of its own in its Via, or the INVITE's branch if it is a CANCEL.
        now: When.
        reliable: Whether the transport is TCP or TLS.
        timers: How long they run.
    """
    return sent(
        request, now, table=TABLE, state=State.TRYING, first=(Timer.E, Timer.F), reliable=reliable, timers=timers
    )
