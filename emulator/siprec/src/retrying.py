"""Refusals that say how to ask again: 401 and 407 (RFC 3261 section 22), and 422 (RFC 4028 section 7.3).

Owns whether a request is tried again. Must not know what it is for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.siprec.sip.session_timer import asking, raised
from emulator.siprec.src.digests import CHALLENGES, challenged, kept
from emulator.siprec.src.invite import renewed

if TYPE_CHECKING:
    from emulator.core.models import HeaderList
    from emulator.siprec.sip.message import Response
    from emulator.siprec.src.state import Owned
    from emulator.siprec.src.turn import Turn

_TOO_SHORT = 422

_MOST_TRIES = 6
"""Refusals that a request gets over: a server could name a new realm, or a longer interval, for ever."""


def retried(turn: Turn, owned: Owned, refusal: Response) -> bool:
    """Ask again, if the refusal says how.

    Args:
        turn: Work on the session.
        owned: The transaction that was refused.
        refusal: With a status of 300 or more.

    Returns:
        Whether it was asked again; else the refusal stands.
    """
    if len(owned.tried) >= _MOST_TRIES:
        return False
    if refusal.status in CHALLENGES:
        return _authenticated(turn, owned, refusal)
    if refusal.status == _TOO_SHORT and owned.transaction.request.headers.get("Session-Expires"):
        return _longer(turn, owned, refusal)
    return False


def _authenticated(turn: Turn, owned: Owned, refusal: Response) -> bool:
    if turn.conduct.order.credentials is None:
        return False
    new = challenged(refusal, owned.tried)
    if new is None:
        return False
    turn.conduct = replace(turn.conduct, digests=kept(turn.conduct.digests, new))
    _again(turn, owned, tried=(*owned.tried, new.challenge.realm))
    return True


def _longer(turn: Turn, owned: Owned, refusal: Response) -> bool:
    asked = raised(turn.conduct.asked, refusal)
    if asked is None:
        return False
    turn.conduct = replace(turn.conduct, asked=asked)
    _again(turn, owned, fields=asking(asked, turn.conduct.timer), tried=(*owned.tried, ""))
    return True


def _again(turn: Turn, owned: Owned, *, tried: tuple[str, ...], fields: HeaderList = ()) -> None:
    number = _counted(turn)
    turn.ask(renewed(owned.transaction.request, number, turn.via(), fields), owned.purpose, tried=tried)


def _counted(turn: Turn) -> int:
    """The next number: of the dialog, or before there is one."""
    conduct = turn.conduct
    if conduct.dialog is None:
        turn.conduct = replace(conduct, number=conduct.number + 1)
        return turn.conduct.number
    number = conduct.dialog.local_cseq + 1
    turn.conduct = replace(conduct, dialog=replace(conduct.dialog, local_cseq=number))
    return number
