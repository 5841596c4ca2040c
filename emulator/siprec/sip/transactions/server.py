"""The server's machine of any request but INVITE and ACK (RFC 3261 17.2.2).

Owns its table. A request that is repeated is answered again with the same answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.siprec.sip.transactions.table import Do, Heard, Rule, State, Table
from emulator.siprec.sip.transactions.timers import Timer
from emulator.siprec.sip.transactions.transaction import taken

if TYPE_CHECKING:
    from emulator.core.models import Instant
    from emulator.siprec.sip.message import Request
    from emulator.siprec.sip.transactions.timers import Timers
    from emulator.siprec.sip.transactions.transaction import Step

_PROVISIONAL = Rule(to=State.PROCEEDING, do=(Do.SEND,))
_FINAL = Rule(to=State.COMPLETED, do=(Do.SEND,), start=(Timer.J,))
_BROKEN = Rule(to=State.TERMINATED, do=(Do.BROKEN,))

TABLE: Table = {
    (State.TRYING, Heard.PROVISIONAL): _PROVISIONAL,
    (State.TRYING, Heard.SUCCESS): _FINAL,
    (State.TRYING, Heard.FAILURE): _FINAL,
    (State.TRYING, Heard.BROKEN): _BROKEN,
    (State.PROCEEDING, Heard.REQUEST): Rule(to=State.PROCEEDING, do=(Do.RESEND,)),
    (State.PROCEEDING, Heard.PROVISIONAL): _PROVISIONAL,
    (State.PROCEEDING, Heard.SUCCESS): _FINAL,
    (State.PROCEEDING, Heard.FAILURE): _FINAL,
    (State.PROCEEDING, Heard.BROKEN): _BROKEN,
    (State.COMPLETED, Heard.REQUEST): Rule(to=State.COMPLETED, do=(Do.RESEND,)),
    (State.COMPLETED, Heard.BROKEN): _BROKEN,
    (State.COMPLETED, Timer.J): Rule(to=State.TERMINATED),
}


def begin(request: Request, now: Instant, *, reliable: bool, timers: Timers) -> Step:
    """Take a new request; it is delivered at once.

    Args:
        request: As received.
        now: When.
        reliable: Whether the transport is TCP or TLS.
        timers: How long they run.
    """
    return taken(request, now, table=TABLE, reliable=reliable, timers=timers)
