"""Setting the session up: the opening INVITE and whatever comes of it (RFC 3261 section 13.2, RFC 7866 section 6).

Owns what each answer to it means. Must not know what happens once the session is up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.errors import Garbled, GarbledSip, Unwritable
from emulator.core.srs import SrsReason
from emulator.siprec.net.link import Transport
from emulator.siprec.sip.dialog import of_client
from emulator.siprec.sip.message import Response, written
from emulator.siprec.sip.session_timer import agreed
from emulator.siprec.sip.statuses import FIRST_FAILURE, FIRST_SUCCESS
from emulator.siprec.sip.transactions.replying import cancel
from emulator.siprec.sip.transactions.table import Broken, TimedOut
from emulator.siprec.src.acknowledging import acknowledge, acknowledged_again
from emulator.siprec.src.actions import Answered, Failed, Noted, Ringing, StartMedia
from emulator.siprec.src.agreement import agreed_by
from emulator.siprec.src.bodies import opening
from emulator.siprec.src.ending import bye, give_up_asking, say_goodbye, send_cancel, tidy
from emulator.siprec.src.invite import opening_invite
from emulator.siprec.src.retrying import retried
from emulator.siprec.src.seeking import OVERLOADED, sought
from emulator.siprec.src.state import Alarm, Phase, Purpose

if TYPE_CHECKING:
    from emulator.siprec.sdp.streams import NegotiatedStream
    from emulator.siprec.sip.dialog import Dialog
    from emulator.siprec.src.state import Owned
    from emulator.siprec.src.turn import Came, Turn

TRYING = 100

_LARGEST_DATAGRAM = 1_300
"""Bytes above which a request should go over TCP (RFC 3261 18.1.1); Telnyx defaults to UDP all the same."""


def begin(turn: Turn) -> None:
    """Send the INVITE, to the first address or to a later one, where it has the number that it had."""
    order = turn.conduct.order
    misconduct = order.misconduct
    first = turn.conduct.number == 0
    turn.conduct = replace(turn.conduct, phase=Phase.INVITING, number=max(turn.conduct.number, 1))
    try:
        body = opening(
            turn.conduct.said,
            turn.conduct.call,
            turn.token(),
            misnamed=misconduct.wrong_boundary,
            in_order=not misconduct.invalid_metadata,
        )
        request = opening_invite(turn.conduct, turn.via(), body)
        # nothing is waited for that could not be sent
        written(request)
    except Unwritable as error:
        _failed(turn, Failed(why=SrsReason.MEDIA, reason=f"the INVITE can't be written: {error}"))
        return
    if first and order.transport is Transport.UDP and len(request.body) > _LARGEST_DATAGRAM:
        turn.tell(Noted(text=f"an INVITE with a body of {len(request.body)} bytes goes over UDP, as asked"))
    turn.arm(Alarm.ANSWER, turn.conduct.begun + order.answer_timeout)
    turn.ask(request, Purpose.SETUP)


def unanswered(turn: Turn) -> None:
    """The SRS has taken too long: the session failed, and the INVITE, where one is under way, is called off."""
    turn.conclude(Failed(why=SrsReason.NO_ANSWER, reason="no answer in time"))
    give_up_asking(turn)


def came(turn: Turn, owned: Owned, what: Came) -> None:
    """Take what came of the INVITE."""
    if isinstance(what, TimedOut):
        _failed_there(turn, Failed(why=SrsReason.SILENCE, reason="no response at all"))
    elif isinstance(what, Broken):
        _failed_there(turn, Failed(why=turn.lost.why, reason=turn.lost.reason))
    elif isinstance(what.message, Response):
        _answered(turn, owned, what.message)


def _answered(turn: Turn, owned: Owned, response: Response) -> None:
    if response.status < FIRST_SUCCESS:
        _provisional(turn, response)
    elif response.status < FIRST_FAILURE:
        _accepted(turn, owned, response)
    else:
        _refused(turn, owned, response)


def _provisional(turn: Turn, response: Response) -> None:
    conduct = turn.conduct
    if conduct.phase is Phase.CANCELLING:
        send_cancel(turn)
    elif response.status > TRYING and response.status not in conduct.rang:
        turn.conduct = replace(conduct, rang=(*conduct.rang, response.status))
        turn.tell(Ringing(status=response.status, reason=response.reason))


def _refused(turn: Turn, owned: Owned, response: Response) -> None:
    if turn.conduct.phase is Phase.INVITING and retried(turn, owned, response):
        return
    failed = Failed(why=SrsReason.RESPONSE, status=response.status, reason=response.reason)
    if response.status == OVERLOADED:
        _failed_there(turn, failed)
    else:
        _failed(turn, failed)


def _failed_there(turn: Turn, failed: Failed) -> None:
    """The end, unless there is another address."""
    if not sought(turn, failed):
        _failed(turn, failed)


def _failed(turn: Turn, failed: Failed) -> None:
    """The end, unless another branch of a fork has answered."""
    if turn.conduct.phase in (Phase.INVITING, Phase.CANCELLING):
        turn.conclude(failed)
        tidy(turn)


def _accepted(turn: Turn, owned: Owned, response: Response) -> None:
    """Take a 2xx: the first opens the session, another fork's is ended, a repeated one acknowledged again."""
    invite = owned.transaction.request
    try:
        if acknowledged_again(turn, response):
            return
        dialog = of_client(invite, response)
    except GarbledSip as error:
        _failed(turn, Failed(why=SrsReason.MEDIA, status=response.status, reason=error.reason))
        return
    if turn.conduct.order.misconduct.late_cancel and turn.conduct.phase is Phase.CANCELLING:
        turn.ask(cancel(invite), Purpose.CANCEL)
    acknowledge(turn, dialog, invite, response)
    if turn.conduct.dialog is not None:
        bye(turn, dialog, Purpose.STRAY_BYE)
        return
    _opened(turn, dialog, response)


def _opened(turn: Turn, dialog: Dialog, response: Response) -> None:
    updates = any("UPDATE" in value.upper() for value in response.headers.every("Allow"))
    phase = turn.conduct.phase
    turn.conduct = replace(turn.conduct, dialog=dialog, peer_updates=updates)
    if phase is not Phase.INVITING:
        say_goodbye(turn)
        return
    try:
        streams = agreed_by(turn.conduct, response)
        reason = "the answer has no description"
    except Garbled as error:
        streams, reason = None, error.reason
    if streams is None:
        turn.conclude(Failed(why=SrsReason.MEDIA, status=response.status, reason=reason))
        say_goodbye(turn)
        return
    _up(turn, response, streams)


def _up(turn: Turn, response: Response, streams: tuple[NegotiatedStream, ...]) -> None:
    turn.disarm(Alarm.ANSWER)
    turn.conduct = replace(
        turn.conduct,
        phase=Phase.UP,
        agreed=streams,
        answered_at=turn.now,
        timer=agreed(turn.conduct.asked, response, turn.now),
    )
    turn.actions.append(StartMedia(streams=streams))
    turn.tell(Answered(status=response.status, reason=response.reason, streams=streams))
