"""The ACK of a 2xx: its own transaction, through the route set, as often as the 2xx comes (RFC 3261 13.2.2.4).

Owns which 2xx was acknowledged. Must not decide what becomes of the session.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSip
from emulator.siprec.sip.address import parse_address
from emulator.siprec.sip.cseq import parse_cseq
from emulator.siprec.sip.dialog import ack
from emulator.siprec.sip.transactions.matching import needed
from emulator.siprec.src.digests import ANSWERS
from emulator.siprec.src.invite import common_fields
from emulator.siprec.src.state import Acknowledged

if TYPE_CHECKING:
    from emulator.siprec.sip.dialog import Dialog
    from emulator.siprec.sip.message import Request, Response
    from emulator.siprec.src.turn import Turn

_REMEMBERED = 8


def acknowledged_again(turn: Turn, response: Response) -> bool:
    """Repeat the ACK of a 2xx that is repeated.

    Returns:
        Whether it was acknowledged before.

    Raises:
        GarbledSip: It has no To or CSeq that can be read.
    """
    tag, number = _identity(response)
    held = next((one for one in turn.conduct.acknowledged if (one.tag, one.number) == (tag, number)), None)
    if held is None:
        return False
    turn.transmit(held.ack)
    return True


def acknowledge(turn: Turn, dialog: Dialog, invite: Request, response: Response) -> None:
    """Send the ACK of a new 2xx, with the credentials of its INVITE (RFC 3261 section 22.1).

    Raises:
        GarbledSip: It has no To or CSeq that can be read.
    """
    tag, number = _identity(response)
    credentials = tuple((name, value) for name in ANSWERS for value in invite.headers.every(name))
    fields = (*common_fields(turn.conduct), *credentials)
    made = ack(dialog, number, via=turn.via(), fields=fields)
    kept = (*turn.conduct.acknowledged, Acknowledged(tag=tag, number=number, ack=made))[-_REMEMBERED:]
    turn.conduct = replace(turn.conduct, acknowledged=kept)
    turn.transmit(made)


def _identity(response: Response) -> tuple[str, int]:
    tag = parse_address(needed(response, "To")).tag
    if tag is None:
        raise GarbledSip("a 2xx has no tag")
    return tag, parse_cseq(needed(response, "CSeq")).number
