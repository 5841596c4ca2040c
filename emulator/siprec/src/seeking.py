"""From one address of the SRS's to the next (RFC 3263 section 4.3).

Owns when the INVITE goes on to another address, and what of the session that address changes. Must not open a way
there: the edge does, and says where this side then is.

A 503, a way that carries nothing (ICMP and broken connections among it) and an INVITE that nobody answers (timer
B) lead on while there is an address left; everything else is the SRS's answer. What is sent there is the same
request in a transaction of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.siprec.src.actions import Noted, Seek
from emulator.siprec.src.state import Phase, Purpose

if TYPE_CHECKING:
    from emulator.siprec.src.actions import Failed
    from emulator.siprec.src.turn import Turn

OVERLOADED = 503


def sought(turn: Turn, failed: Failed) -> bool:
    """Ask for a way to the next address.

    Args:
        turn: Work on the session.
        failed: What came of the INVITE at the one before; one of those that lead on.

    Returns:
        False where none is left, or an answer is not wanted any more: the failure stands.
    """
    left = turn.conduct.left
    if turn.conduct.phase is not Phase.INVITING or not left:
        return False
    # what the address before repeats is not answered: its way is closed
    turn.drop(Purpose.SETUP)
    turn.conduct = replace(turn.conduct, phase=Phase.SEEKING, left=())
    status = "" if failed.status is None else f"{failed.status} "
    turn.tell(Noted(text=f"the SRS's next address is tried: {status}{failed.reason}"))
    turn.actions.append(Seek(destinations=left))
    return True
