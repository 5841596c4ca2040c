"""What the SRS asks within the session: re-INVITE, UPDATE, OPTIONS, BYE, and what is not known here.

Owns the answer to each (RFC 3261 sections 8.2, 12.2.2, 14.2 and 15.1.2, RFC 3311, RFC 4028 section 9, RFC 7866
sections 7 and 9.2). Must not send: ``machine.py`` gives the answer to its transaction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.errors import Garbled, GarbledSdp, GarbledSip
from emulator.core.srs import SrsReason
from emulator.siprec.sip.address import parse_address
from emulator.siprec.sip.cseq import parse_cseq
from emulator.siprec.sip.dialog import Dialog, belongs, followed, retargeted
from emulator.siprec.sip.option_tags import option_tags
from emulator.siprec.sip.session_timer import MIN_SE, answering, too_short
from emulator.siprec.sip.transactions.matching import needed
from emulator.siprec.sip.transactions.replying import response
from emulator.siprec.src.actions import Ended, Noted
from emulator.siprec.src.agreement import agreed_by, answer_to, follow
from emulator.siprec.src.bodies import EMPTY, Body, asks_for_snapshot, description_in, offering, unreadable
from emulator.siprec.src.changing import want
from emulator.siprec.src.ending import tidy
from emulator.siprec.src.invite import ACCEPT, ALLOW, METHODS, UNDERSTOOD, contact
from emulator.siprec.src.state import Alarm, Phase, Purpose, Unacknowledged

if TYPE_CHECKING:
    from emulator.core.models import HeaderList
    from emulator.siprec.sdp.description import SessionDescription
    from emulator.siprec.sip.message import Request, Response
    from emulator.siprec.src.turn import Turn

KNOWN = frozenset(
    ("INFO", "MESSAGE", "NOTIFY", "PRACK", "PUBLISH", "REFER", "REGISTER", "SUBSCRIBE"),
)
"""Methods that exist and have no use here: 405 rather than 501 (RFC 3261 sections 8.2.1 and 21.5.2)."""

_SUPPORTED = ("Supported", "timer")
_RETRY_SECONDS = 10


def served(turn: Turn, request: Request) -> Response:
    """The answer to a request other than ACK and CANCEL; what it changes has happened.

    Args:
        turn: Work on the session.
        request: New: one that is repeated never gets here.
    """
    try:
        return _refusal(turn, request) or _within(turn, request)
    except GarbledSip:
        return _answer(turn, request, 400)


def _refusal(turn: Turn, request: Request) -> Response | None:
    """What is wrong with a request before its method is looked into (RFC 3261 section 8.2)."""
    if request.method not in METHODS:
        return _answer(turn, request, 405 if request.method in KNOWN else 501, (ALLOW,))
    unknown = [tag for tag in option_tags(request, "Require") if tag not in UNDERSTOOD]
    if unknown:
        return _answer(turn, request, 420, (("Unsupported", ", ".join(unknown)),))
    dialog = turn.conduct.dialog
    if parse_address(needed(request, "To")).tag is None:
        return _outside(turn, request)
    if dialog is None or not belongs(dialog, request):
        return _answer(turn, request, 481)
    after = followed(dialog, request)
    if after is None:
        return _answer(turn, request, 500)
    turn.conduct = replace(turn.conduct, dialog=after)
    return None


def _outside(turn: Turn, request: Request) -> Response:
    """A client takes no sessions of others, but says what it can."""
    if request.method == "OPTIONS":
        return _options(turn, request)
    return _answer(turn, request, 403 if request.method == "INVITE" else 481)


def _within(turn: Turn, request: Request) -> Response:
    if request.method == "OPTIONS":
        return _options(turn, request)
    if request.method == "BYE":
        return _bye(turn, request)
    if turn.conduct.phase is not Phase.UP:
        return _answer(turn, request, 481)
    return _busy(turn, request) or _modified(turn, request)


def _options(turn: Turn, request: Request) -> Response:
    return _answer(turn, request, 200, (("Contact", contact(turn.conduct)), ALLOW, ACCEPT, _SUPPORTED))


def _bye(turn: Turn, request: Request) -> Response:
    if turn.conduct.phase is Phase.UP:
        turn.conclude(Ended(why=SrsReason.BYE, reason=request.headers.get("Reason") or ""))
        tidy(turn)
    turn.disarm(Alarm.LINGERED)
    return _answer(turn, request, 200)


# --- re-INVITE and UPDATE ---


def _busy(turn: Turn, request: Request) -> Response | None:
    """What stands against a change now (RFC 3261 section 14.2, RFC 3311 section 5.2)."""
    offers = request.method == "INVITE" or bool(request.body)
    if offers and turn.conduct.changing:
        return _answer(turn, request, 491)
    waiting = turn.conduct.unacknowledged
    if offers and waiting is not None and waiting.offers:
        seconds = str(turn.number(_RETRY_SECONDS + 1))
        return _answer(turn, request, 500, (("Retry-After", seconds),))
    if too_short(request):
        return _answer(turn, request, 422, (("Min-SE", str(MIN_SE)),))
    return _answer(turn, request, 415, (ACCEPT,)) if unreadable(request) else None


def _modified(turn: Turn, request: Request) -> Response:
    try:
        offer = description_in(request)
    except Garbled:
        return _answer(turn, request, 400)
    try:
        said = None if offer is None else answer_to(turn, offer)
    except GarbledSdp as error:
        return _answer(turn, request, 488, (("Warning", _warning(turn, error.reason)),))
    if offer is not None and said is None:
        return _answer(turn, request, 488)
    if asks_for_snapshot(request):
        want(turn, Purpose.SNAPSHOT, by_update=request.method == "UPDATE")
    return _agreed(turn, request, said)


def _agreed(turn: Turn, request: Request, said: SessionDescription | None) -> Response:
    """The 2xx; one to an INVITE without an offer makes the offer (RFC 3261 section 14.2)."""
    conduct = turn.conduct
    timer, timed = answering(request, conduct.timer, turn.now)
    dialog = None if conduct.dialog is None else retargeted(conduct.dialog, request)
    turn.conduct = replace(conduct, timer=timer, dialog=dialog)
    offers = said is None and request.method == "INVITE"
    body = offering(conduct.said if said is None else said) if said is not None or offers else EMPTY
    fields = (("Contact", contact(conduct)), ALLOW, _SUPPORTED, *timed)
    made = _answer(turn, request, 200, fields, body)
    if request.method == "INVITE":
        _await_ack(turn, request, made, offers=offers)
    return made


def _await_ack(turn: Turn, request: Request, made: Response, *, offers: bool) -> None:
    timers = turn.conduct.order.timers
    waiting = Unacknowledged(
        response=made,
        number=parse_cseq(needed(request, "CSeq")).number,
        offers=offers,
        back=turn.source,
        again_at=turn.now + timers.t1,
        pause=timers.t1,
        until=turn.now + timers.patience,
    )
    turn.conduct = replace(turn.conduct, unacknowledged=waiting)


def _answer(turn: Turn, request: Request, status: int, fields: HeaderList = (), body: Body = EMPTY) -> Response:
    named = (("User-Agent", turn.conduct.order.user_agent),)
    tag = turn.conduct.tag
    return response(request, status, tag=tag, headers=(*fields, *named, *body.fields), body=body.data)


def _warning(turn: Turn, reason: str) -> str:
    """Why not, in words (RFC 3261 section 20.43)."""
    words = reason.replace("\\", "").replace('"', "'")
    host = turn.conduct.whereabouts.host
    return f'399 {f"[{host}]" if ":" in host else host} "{words}"'


# --- ACK ---


def acknowledged(turn: Turn, ack: Request) -> None:
    """Take the ACK of a 2xx; one of another number, or of another dialog, is of no account."""
    waiting, dialog = turn.conduct.unacknowledged, turn.conduct.dialog
    if waiting is None or dialog is None or not _acknowledges(ack, dialog, waiting):
        return
    turn.conduct = replace(turn.conduct, unacknowledged=None)
    if not waiting.offers:
        return
    try:
        streams = agreed_by(turn.conduct, ack)
    except Garbled as error:
        turn.tell(Noted(text=f"the description in the ACK can't be used: {error.reason}"))
        return
    if streams is not None:
        follow(turn, streams)


def _acknowledges(ack: Request, dialog: Dialog, waiting: Unacknowledged) -> bool:
    try:
        return belongs(dialog, ack) and parse_cseq(needed(ack, "CSeq")).number == waiting.number
    except GarbledSip:
        return False
