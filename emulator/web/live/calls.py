"""Sessions on the wire: the engine's effects become calls, and what comes of them goes back as reports.

Owns which calls there are, and how long the record of one that is over is kept. Must not decide what a report
means to a recording: the engine does.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.errors import CertificateUnusable, SiprecError, Unreachable
from emulator.core.srs import DialSrs, ForgetSrs, HangUpSrs, SrsReason, SrsReport, SrsStage
from emulator.siprec.src.actions import Answered, Ended, Failed, MediaChanged, Noted, Over, Ringing
from emulator.web.live.orders import order_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.config import Settings
    from emulator.core.srs import AskedOfLine
    from emulator.siprec.sdp.streams import NegotiatedStream
    from emulator.siprec.src.actions import Report
    from emulator.siprec.src.order import Order
    from emulator.web.live.line import Line, Placed

logger = logging.getLogger("emulator")

_Told: TypeAlias = Ringing | Answered | MediaChanged | Failed | Ended

MOST_ENDED = 200
"""Calls that are over and can still be asked for."""

MOST_ENDED_BYTES = 64 << 20
"""Of what those sent and received."""

MOST_NOTES = 100
"""Of a call: a recording server that sends rubbish makes one with each datagram."""

_MORE_NOTES = "there is more to note: the log has it"


@dataclass(slots=True, kw_only=True)
class LiveCall:
    """A session on the wire, or one that was.

    Attributes:
        order: What was asked of the line; None where it could not even be opened.
        placed: None where it could not even be begun.
        stage: How far it has come.
        streams: What was agreed on last; empty before the answer.
        notes: What is worth knowing and changed nothing, in words: the first of it.
        size: Bytes of its record, counted once it is over.
    """

    dial: DialSrs
    order: Order | None = None
    placed: Placed | None = None
    stage: SrsStage = SrsStage.DIALLED
    streams: tuple[NegotiatedStream, ...] = ()
    notes: list[str] = field(default_factory=list)
    over: bool = False
    size: int = 0


class LiveCalls:
    """All calls of a server."""

    def __init__(
        self, settings: Settings, *, told: Callable[[SrsReport], None], open_line: Callable[[], Line]
    ) -> None:
        """Place nothing yet.

        Args:
            settings: Of the line.
            told: Takes what comes of calls; never called from within ``ask``.
            open_line: Makes the line, once there is something to place.
        """
        self._settings = settings
        self._told = told
        self._open_line = open_line
        self._line: Line | None = None
        self._calls: OrderedDict[str, LiveCall] = OrderedDict()
        self._closed = False

    def ask(self, effect: AskedOfLine) -> None:
        """Do what the engine asks for."""
        if self._closed:
            return
        match effect:
            case DialSrs():
                self._dial(effect)
            case HangUpSrs():
                self._hang_up(effect)
            case ForgetSrs():
                self._leave_out(effect.namespace)

    def of_session(self, session_id: str) -> tuple[LiveCall, ...]:
        """A recording's calls that are not forgotten, oldest first."""
        return tuple(call for call in self._calls.values() if call.dial.session_id == session_id)

    async def close(self, secs: float) -> None:
        """Hang up everywhere and let go of the line.

        Args:
            secs: How long recording servers may take to answer.
        """
        self._closed = True
        if self._line is not None:
            await self._line.close(secs)

    def _dial(self, dial: DialSrs) -> None:
        call = self._calls[dial.dial_id] = LiveCall(dial=dial)
        try:
            self._line = self._line or self._open_line()
            call.order = order_for(dial, self._settings)
            call.placed = self._line.place(
                call.order, lambda report: self._came(call, report), seed=dial.seed.to_bytes(16)
            )
        except (SiprecError, CertificateUnusable) as error:
            loop = asyncio.get_running_loop()
            loop.call_soon(self._came, call, Failed(why=_why(error), reason=str(error)))
            loop.call_soon(self._came, call, Over())

    def _hang_up(self, effect: HangUpSrs) -> None:
        call = self._calls.get(effect.dial_id)
        if call is not None and call.placed is not None:
            call.stage = SrsStage.HUNG_UP
            call.placed.hang_up()

    def _came(self, call: LiveCall, report: Report) -> None:
        match report:
            case Noted():
                _note(call, report.text)
            case Over():
                self._is_over(call)
            case _:
                self._tell(call, report)

    def _tell(self, call: LiveCall, report: _Told) -> None:
        if isinstance(report, (Answered, MediaChanged)):
            call.streams = report.streams
        told = _report(call.dial, report)
        if told is None or self._closed:
            return
        call.stage = told.stage
        self._told(told)

    def _is_over(self, call: LiveCall) -> None:
        call.over = True
        packets = call.placed.record.packets if call.placed else ()
        call.size = sum(len(packet.data) for packet in packets)
        self._forget()

    def _leave_out(self, namespace: str) -> None:
        """Show nothing of a namespace any more; what is still being hung up on comes to its end unseen."""
        for dial_id, call in list(self._calls.items()):
            if call.dial.namespace == namespace:
                del self._calls[dial_id]

    def _forget(self) -> None:
        """Keep as many calls that are over as may be, the latest."""
        ended = [(dial_id, call) for dial_id, call in self._calls.items() if call.over]
        room, kept = MOST_ENDED_BYTES, 0
        for dial_id, call in reversed(ended):
            room, kept = room - call.size, kept + 1
            if room < 0 or kept > MOST_ENDED:
                del self._calls[dial_id]


def _note(call: LiveCall, text: str) -> None:
    logger.info("srs", extra={"fields": {"dial_id": call.dial.dial_id, "note": text}})
    if len(call.notes) < MOST_NOTES:
        call.notes.append(text if len(call.notes) < MOST_NOTES - 1 else _MORE_NOTES)


def _why(error: Exception) -> SrsReason:
    if isinstance(error, Unreachable):
        return SrsReason.REFUSED
    return SrsReason.TLS if isinstance(error, CertificateUnusable) else SrsReason.MEDIA


_STAGES: Mapping[type[_Told], SrsStage] = {
    Ringing: SrsStage.RINGING,
    Answered: SrsStage.ANSWERED,
    MediaChanged: SrsStage.MEDIA_CHANGED,
    Failed: SrsStage.FAILED,
    Ended: SrsStage.ENDED,
}


def _report(dial: DialSrs, told: _Told) -> SrsReport | None:
    """What the engine is told; None of an end that it asked for itself."""
    stage = _STAGES[type(told)]
    if isinstance(told, MediaChanged):
        words = _in_words(told.streams)
        return SrsReport(namespace=dial.namespace, dial_id=dial.dial_id, stage=stage, reason=words)
    why = told.why if isinstance(told, (Failed, Ended)) else None
    if why is None and isinstance(told, Ended):
        return None
    return SrsReport(
        namespace=dial.namespace,
        dial_id=dial.dial_id,
        stage=stage,
        why=why,
        status=told.status,
        reason=told.reason,
    )


def _in_words(streams: tuple[NegotiatedStream, ...]) -> str:
    """``inbound sent, outbound not sent``."""
    return ", ".join(f"{one.label or 'stream'} {'sent' if one.sending else 'not sent'}" for one in streams)
