"""One recording session as the server sees it, from its INVITE to its end: a machine without sockets or clock.

Owns what the session is at, its dialog, its own clockwork and its answers. Must not know transactions:
``server.py`` finds the session that a message belongs to, and carries what it says.

Every method returns nothing and leaves what is to be done in ``out``, in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSdp, GarbledSip
from emulator.core.models import SECOND
from emulator.siprec.sip import dialog as dialogs
from emulator.siprec.sip import session_timer
from emulator.siprec.sip.statuses import FIRST_FAILURE, FIRST_SUCCESS
from emulator.siprec.srs import media as streams
from emulator.siprec.srs import writing
from emulator.siprec.srs.actions import Began, End, Ended, Flowing, PortsWanted
from emulator.siprec.srs.contents import contents_of
from emulator.siprec.srs.judging import Judge
from emulator.siprec.srs.manner import LONGEST_RING, Answer
from emulator.siprec.srs.plans import ASKING, Plan, Plans, plan_of
from emulator.siprec.srs.refreshing import Refreshing
from emulator.siprec.srs.steps import Ask, Phase, Reply, Resend

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.core.models import Duration, HeaderList, Instant
    from emulator.siprec.net.link import Link
    from emulator.siprec.sip.dialog import Dialog
    from emulator.siprec.sip.message import Request, Response
    from emulator.siprec.srs.actions import Ports
    from emulator.siprec.srs.entry import Refusal
    from emulator.siprec.srs.media import Media
    from emulator.siprec.srs.steps import Doing, Setting

_GONE = frozenset({408, 481})
"""The client knows nothing of the session any more (RFC 3261 section 12.2.1.2)."""

_REQUEST_PENDING = 491
"""Both sides asked at once (RFC 3261 section 14.1)."""


class Session:
    """One recording session.

    Attributes:
        number: By which actions name it.
        link: Where its client last spoke from.
        call_id: Of its dialog.
        tag: This side's, in To.
        phase: Where it stands.
        out: What is to be done and was not taken yet.
    """

    def __init__(self, number: int, invite: Request, link: Link, setting: Setting) -> None:
        """Take an INVITE that was let in; nothing is answered before ``ready``."""
        self.number = number
        self.link = link
        self.call_id = invite.headers.get("Call-ID") or ""
        self.tag = f"{setting.randomness.getrandbits(64):016x}"
        self.phase = Phase.ARRIVED
        self.out: list[Doing] = []
        self._setting = setting
        self._invite = invite
        self._contents = contents_of(invite)
        self._plans = Plans()
        self._dialog: Dialog | None = None
        self._media: Media | None = None
        self._judge = Judge(number)
        self._refreshing = Refreshing(self._plans)
        self._refreshing.heard(invite)
        self._answer: Response | None = None
        self._gap: Duration = 0
        self._asked: Request | None = None
        self._why_left = End.SERVER

    @property
    def deadline(self) -> Instant | None:
        """When it must be ticked next."""
        return self._plans.deadline

    def turn_away(self, refused: Refusal) -> None:
        """Judge the INVITE all the same, and refuse it."""
        self._arrive()
        self._reply(self._invite, refused.status, refused.headers)
        self._end(End.REFUSED, refused.status)

    def begin(self) -> None:
        """Judge the INVITE, and ask for ports if it can be recorded."""
        self._arrive()
        invite = self._invite
        try:
            self._dialog = dialogs.of_server(invite, self.tag)
        except GarbledSip:
            self._refuse(400)
            return
        description = self._contents.description
        if description is None:
            self._refuse(400 if self._contents.violations else 488)
            return
        self.out.append(
            PortsWanted(
                session=self.number,
                host=self.link.local[0],
                streams=min(len(description.media), streams.MOST_STREAMS),
                secure=streams.asks_for_srtp(description),
            )
        )

    def ready(self, host: str, ports: tuple[Ports, ...], now: Instant) -> None:
        """Go on with ports; none at all refuses the session with 503."""
        description = self._contents.description
        if self.phase is not Phase.ARRIVED or description is None:
            return
        if not ports:
            self._refuse(503)
            return
        begun = streams.begun(description, ports, host=host, randomness=self._setting.randomness)
        try:
            self._media = streams.answering(begun, description)
        except GarbledSdp:
            self._refuse(400)
            return
        if not self._media.flows:
            self._refuse(488)
            return
        self._ring(now)

    # --- what the client does ---

    def requested(self, request: Request, now: Instant) -> None:
        """Take a request of the client's within the dialog."""
        followed = None if self._dialog is None else dialogs.followed(self._dialog, request)
        if followed is None:
            self._reply(request, 500)
            return
        self._dialog = dialogs.retargeted(followed, request)
        self._refreshing.heard(request)
        take = {"INVITE": self._offered, "UPDATE": self._updated, "BYE": self._left}.get(request.method)
        if take is not None:
            take(request, now)
        elif request.method == "OPTIONS":
            self._reply(request, 200, writing.success(self.link))
        else:
            self._reply(request, 405, (writing.ALLOW,))

    def acked(self, now: Instant) -> None:
        """Take the ACK of a 200."""
        self._plans.forget(Plan.RESEND, Plan.GIVE_UP)
        if self.phase is not Phase.ANSWERED:
            return
        self.phase = Phase.LIVE
        manner = self._setting.manner
        self._plans.after(Plan.HANG_UP, manner.hang_up_after, now)
        self._plans.after(Plan.HOLD, manner.hold_after, now)
        self._plans.after(Plan.SNAPSHOT, manner.snapshot_after, now)

    def cancelled(self) -> None:
        """Take a CANCEL; one that comes after the answer changes nothing (RFC 3261 section 9.2)."""
        if self.phase is Phase.ARRIVED:
            self._reply(self._invite, 487)
            self._end(End.CANCELLED, 487)

    def responded(self, request: Request, response: Response, now: Instant) -> None:
        """Take the answer to a request of this side's."""
        if response.status < FIRST_SUCCESS:
            return
        success = response.status < FIRST_FAILURE
        if success and request.method == "INVITE":
            self._acknowledge(request, response)
        if self._asked is not request:
            return
        self._asked = None
        if request.method == "BYE":
            self._end(self._why_left, 200)
        elif response.status in _GONE:
            self._leave(End.LOST, now)
        elif response.status == _REQUEST_PENDING:
            self._again(request, now)
        elif success:
            self.out.extend(self._judge.other(response, f"answer to {request.method}"))
            self._settle(request, response, now)
        elif plan_of(request, rests=False) is Plan.REFRESH:
            self._refreshing.refused(request, response, now)

    def unanswered(self, request: Request, now: Instant) -> None:
        """A request of this side's got no answer, or could not be sent."""
        if self._asked is request:
            self._asked = None
        if request.method == "BYE":
            self._end(self._why_left, 200)
            return
        self._leave(End.LOST, now)

    def lost(self) -> None:
        """The way to the client is gone; a session that is answered outlives its connection."""
        if self.phase is Phase.ARRIVED:
            self._end(End.LOST, 0)

    # --- what this side does ---

    def hang_up(self, now: Instant) -> None:
        """End it, whatever it is at."""
        if self.phase is Phase.ARRIVED:
            self._refuse(480)
        else:
            self._leave(End.SERVER, now)

    def tick(self, now: Instant) -> None:
        """Do what is due."""
        while (plan := self._plans.due(now)) is not None:
            if plan in ASKING and (self._asked is not None or self._plans.has(Plan.RESEND)):
                self._plans.after(plan, SECOND, now)
            else:
                self._carried_out(plan)(now)

    def _carried_out(self, plan: Plan) -> Callable[[Instant], None]:
        table: Mapping[Plan, Callable[[Instant], None]] = {
            Plan.ANSWER: self._accept,
            Plan.RESEND: self._resend,
            Plan.GIVE_UP: lambda now: self._leave(End.UNACKNOWLEDGED, now),
            Plan.HANG_UP: self.hang_up,
            Plan.HOLD: self._hold,
            Plan.RESUME: self._resume,
            Plan.SNAPSHOT: self._ask_for_snapshot,
            Plan.REFRESH: self._refresh,
            Plan.EXPIRE: lambda now: self._leave(End.EXPIRED, now),
        }
        return table[plan]

    def _arrive(self) -> None:
        caller = self._invite.headers.get("From") or ""
        self.out.append(Began(session=self.number, caller=caller, call_id=self.call_id))
        self.out.extend(self._judge.first(self._invite, self._contents))

    def _ring(self, now: Instant) -> None:
        manner = self._setting.manner
        rings = manner.answer is Answer.RING
        if not rings and not manner.ring_for:
            self._accept(now)
            return
        self._reply(self._invite, 180, (writing.contact(self.link),))
        if rings:
            self._plans.after(Plan.HANG_UP, LONGEST_RING, now)
        else:
            self._plans.after(Plan.ANSWER, min(manner.ring_for, LONGEST_RING), now)

    def _accept(self, now: Instant) -> None:
        if self._media is None:
            return
        self._answer_offer(self._invite, self._refreshing.answering(self._invite, now), now)
        self.phase = Phase.ANSWERED
        self.out.append(Flowing(session=self.number, streams=self._media.streams))

    def _answer_offer(self, invite: Request, headers: HeaderList, now: Instant) -> None:
        """200 to an INVITE; it is sent again until its ACK comes, over whatever transport."""
        body = b"" if self._media is None else self._media.body
        self._answer = writing.answer(
            invite, 200, tag=self.tag, headers=writing.success(self.link, headers), body=body
        )
        self.out.append(Reply(request=invite, response=self._answer))
        self._gap = self._setting.timers.t1
        self._plans.set(Plan.RESEND, now + self._gap)
        self._plans.set(Plan.GIVE_UP, now + self._setting.timers.patience)

    def _resend(self, now: Instant) -> None:
        if self._answer is not None:
            self.out.append(Resend(response=self._answer))
            self._gap = min(2 * self._gap, self._setting.timers.t2)
            self._plans.set(Plan.RESEND, now + self._gap)

    def _offered(self, invite: Request, now: Instant) -> None:
        """A re-INVITE: a refresh, or streams that change (RFC 3261 section 14.2)."""
        if self._asked is not None and self._asked.method == "INVITE":
            self._reply(invite, 491)
            return
        if self.phase is Phase.ANSWERED:
            self._reply(invite, 500, (("Retry-After", "1"),))
            return
        headers = self._renegotiated(invite, now)
        if headers is not None:
            self._answer_offer(invite, headers, now)

    def _updated(self, update: Request, now: Instant) -> None:
        """An UPDATE (RFC 3311): as a re-INVITE, without an ACK."""
        headers = self._renegotiated(update, now)
        if headers is None:
            return
        body = self._media.body if self._media is not None and contents_of(update).description else b""
        self._reply(update, 200, writing.success(self.link, headers), body)

    def _renegotiated(self, request: Request, now: Instant) -> HeaderList | None:
        """Take what a request within the dialog says; None where it was refused."""
        contents = contents_of(request)
        self.out.extend(self._judge.within(request, contents))
        if session_timer.too_short(request):
            self._reply(request, 422, (("Min-SE", str(session_timer.MIN_SE)),))
            return None
        if contents.description is not None and self._media is not None:
            try:
                self._media = streams.answering(self._media, contents.description)
            except GarbledSdp:
                self._reply(request, 488)
                return None
            self.out.append(Flowing(session=self.number, streams=self._media.streams))
        return self._refreshing.answering(request, now)

    def _left(self, bye: Request, _: Instant) -> None:
        self.out.extend(self._judge.other(bye, bye.method))
        self._reply(bye, 200)
        self._end(End.CLIENT, 200)

    # --- requests of this side ---

    def _hold(self, now: Instant) -> None:
        self._offer(resting=True)
        self._plans.after(Plan.RESUME, self._setting.manner.resume_after, now)

    def _resume(self, _: Instant) -> None:
        self._offer(resting=False)

    def _offer(self, *, resting: bool) -> None:
        if self._media is not None:
            self._media = streams.offering(self._media, resting=resting)
            self._ask("INVITE", (("Content-Type", "application/sdp"),), self._media.body)

    def _ask_for_snapshot(self, _: Instant) -> None:
        self._ask("UPDATE", *writing.snapshot_request())

    def _refresh(self, _: Instant) -> None:
        refresh = self._refreshing.asked(b"" if self._media is None else self._media.body)
        if refresh is not None:
            self._ask(*refresh)

    def _again(self, request: Request, now: Instant) -> None:
        """Somewhat later: who did not make the Call-ID waits up to 2 s (RFC 3261 section 14.1)."""
        plan = plan_of(request, rests=self._media is not None and self._media.rests)
        self._plans.after(plan, self._setting.randomness.getrandbits(20) * 2, now)

    def _settle(self, request: Request, response: Response, now: Instant) -> None:
        if self._dialog is not None:
            self._dialog = dialogs.retargeted(self._dialog, response)
        self._refreshing.heard(response)
        description = contents_of(response).description
        if request.method == "INVITE" and description is not None and self._media is not None:
            try:
                self._media = streams.agreed(self._media, description)
            except GarbledSdp:
                self._leave(End.SERVER, now)
                return
            self.out.append(Flowing(session=self.number, streams=self._media.streams))
        if plan_of(request, rests=False) is Plan.REFRESH:
            self._refreshing.agreed(response, now)

    def _acknowledge(self, request: Request, response: Response) -> None:
        if self._dialog is not None:
            dialog = dialogs.retargeted(self._dialog, response)
            ack = writing.ack(dialog, request, via=writing.via(self.link, self._setting.randomness))
            self.out.append(Ask(request=ack))

    def _ask(self, method: str, headers: HeaderList, body: bytes) -> None:
        if self._dialog is None:
            return
        via = writing.via(self.link, self._setting.randomness)
        fields = writing.asking(self.link, headers)
        self._dialog, request = dialogs.in_dialog(self._dialog, method, via=via, fields=fields, body=body)
        self._asked = request
        self.out.append(Ask(request=request))

    # --- its end ---

    def _refuse(self, status: int) -> None:
        self._reply(self._invite, status)
        self._end(End.REFUSED, status)

    def _leave(self, why: End, _: Instant) -> None:
        """Say BYE, once."""
        if self.phase in {Phase.LEAVING, Phase.OVER}:
            return
        self._plans.clear()
        self.phase = Phase.LEAVING
        self._why_left = why
        self._ask("BYE", (), b"")

    def _end(self, how: End, status: int) -> None:
        if self.phase is Phase.OVER:
            return
        self.phase = Phase.OVER
        self._plans.clear()
        self.out.append(Ended(session=self.number, how=how, status=status))

    # --- small things ---

    def _reply(self, request: Request, status: int, headers: HeaderList = (), body: bytes = b"") -> None:
        answer = writing.answer(request, status, tag=self.tag, headers=headers, body=body)
        self.out.append(Reply(request=request, response=answer))
