"""The server's machine of an INVITE (RFC 3261 17.2.1, RFC 6026 section 7.1).

Owns its table. A 2xx that gets no ACK is sent again by the owner (RFC 3261 13.3.1.4), not here.
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
_SUCCESS = Rule(to=State.ACCEPTED, do=(Do.SEND,), start=(Timer.L,))
_FAILURE = Rule(to=State.COMPLETED, do=(Do.SEND,), start=(Timer.G, Timer.H))
_BROKEN = Rule(to=State.TERMINATED, do=(Do.BROKEN,))
_END = Rule(to=State.TERMINATED)

TABLE: Table = {
    (State.TRYING, Timer.TRYING): Rule(to=State.PROCEEDING, do=(Do.TRYING,)),
    (State.TRYING, Heard.PROVISIONAL): _PROVISIONAL,
    (State.TRYING, Heard.SUCCESS): _SUCCESS,
    (State.TRYING, Heard.FAILURE): _FAILURE,
    (State.TRYING, Heard.BROKEN): _BROKEN,
    (State.PROCEEDING, Heard.REQUEST): Rule(to=State.PROCEEDING, do=(Do.RESEND,)),
    (State.PROCEEDING, Heard.PROVISIONAL): _PROVISIONAL,
    (State.PROCEEDING, Heard.SUCCESS): _SUCCESS,
    (State.PROCEEDING, Heard.FAILURE): _FAILURE,
    (State.PROCEEDING, Heard.BROKEN): _BROKEN,
    (State.COMPLETED, Heard.REQUEST): Rule(to=State.COMPLETED, do=(Do.RESEND,)),
    (State.COMPLETED, Timer.G): Rule(to=State.COMPLETED, do=(Do.RESEND,)),
    (State.COMPLETED, Timer.H): Rule(to=State.TERMINATED, do=(Do.TIMED_OUT,)),
    (State.COMPLETED, Heard.ACK): Rule(to=State.CONFIRMED, start=(Timer.I,)),
    (State.COMPLETED, Heard.BROKEN): _BROKEN,
    (State.CONFIRMED, Timer.I): _END,
    (State.ACCEPTED, Heard.ACK): Rule(to=State.ACCEPTED, do=(Do.DELIVER,)),
    (State.ACCEPTED, Timer.L): _END,
}


def begin(request: Request, now: Instant, *, reliable: bool, timers: Timers) -> Step:
    """Take a new INVITE; it is delivered at once.

    Args:
        request: As received.
        now: When.
        reliable: Whether the transport is TCP or TLS.
        timers: How long they run.
    """
    return taken(request, now, table=TABLE, first=(Timer.TRYING,), reliable=reliable, timers=timers)
