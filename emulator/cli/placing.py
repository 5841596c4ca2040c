"""Placing one recording session for a person at a terminal: how long it lasts, and what is printed of it.

Owns the lines, the document and the exit status. Must not know SIP: ``emulator.siprec.src`` does.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import click
import orjson

from emulator.cli.ordering import order_of, ways_of
from emulator.cli.playing import demand_playable
from emulator.cli.printing import Printer
from emulator.cli.sip_flags import ports_of
from emulator.core.causes import cause_of
from emulator.core.models import SECOND
from emulator.siprec.capture import pcap
from emulator.siprec.capture.ladder import Ladder
from emulator.siprec.capture.record import MOST_MEDIA_BYTES
from emulator.siprec.media.g711 import SAMPLE_RATE
from emulator.siprec.src.actions import Answered, Ended, Failed, MediaChanged, Noted, Over, Ringing
from emulator.siprec.src.endpoint import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from emulator.cli.ordering import Wanted
    from emulator.core.models import Duration
    from emulator.siprec.capture.record import Packet
    from emulator.siprec.src.actions import Report
    from emulator.siprec.src.placed import Placed
    from emulator.siprec.src.statistics import Counted

DURATION: Duration = 10 * SECOND
"""How long is recorded where nothing is said."""

_FAREWELL_SECS = 5.0
"""How long the server may take to answer a BYE or a CANCEL."""


async def place(wanted: Wanted) -> int:
    """Place the session and see it through.

    Returns:
        The command's status: 0 where it came up and to its end, 1 where it did not.

    Raises:
        click.UsageError: A flag says what can't be.
        CertificateUnusable: A file can't be used.
        Unreachable: No session can be placed.
        OSError: Not everything could be printed.
    """
    order = order_of(wanted)
    demand_playable(inbound=wanted.wav_inbound, outbound=wanted.wav_outbound)
    shown = _Shown(as_json=wanted.as_json)
    caller = Caller(
        ways=ways_of(wanted, order.transport),
        ports=ports_of(wanted.media_ports),
        media_bytes=0 if wanted.pcap is None else MOST_MEDIA_BYTES,
    )
    if wanted.pcap is not None:
        # whoever can't have it is told before anything is recorded
        _write(wanted.pcap, ())
    placed = caller.place(order, shown.tell, passed=None if wanted.as_json else shown.passed)
    loop = asyncio.get_running_loop()
    duration = DURATION if wanted.duration is None else wanted.duration
    recorded = loop.create_task(_recorded(shown, duration))
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, recorded.cancel)
    await asyncio.wait([recorded])
    await caller.close(_FAREWELL_SECS)
    shown.conclude(placed)
    if wanted.pcap is not None:
        _write(wanted.pcap, placed.record.packets)
    shown.check()
    return 0 if shown.up else 1


async def _recorded(shown: _Shown, duration: Duration) -> None:
    """Let it last as long as was wished from its answer on, or until it ends by itself."""
    await shown.settled.wait()
    if shown.up:
        with suppress(TimeoutError):
            async with asyncio.timeout(duration / SECOND):
                await shown.over.wait()


def _write(file: Path, packets: Sequence[Packet]) -> None:
    try:
        with file.open("wb") as capture:
            capture.writelines(pcap.written(packets))
    except OSError as error:
        raise click.BadParameter(f"{file}: {error.strerror or error}", param_hint="--pcap") from None


class _Shown:
    """A session that is printed as it goes.

    Attributes:
        up: Whether it was answered.
        settled: Set once it was answered or never will be.
        over: Set once it is over.
    """

    def __init__(self, *, as_json: bool) -> None:
        """Nothing happened yet."""
        self.up = False
        self.settled = asyncio.Event()
        self.over = asyncio.Event()
        self._as_json = as_json
        self._ladder = Ladder()
        self._outcome: Failed | Ended | None = None
        self._status: int | None = None
        self._notes: list[str] = []
        self._printer = Printer(self._unheard)

    def check(self) -> None:
        """See ``Printer``."""
        self._printer.check()

    def _unheard(self) -> None:
        """Nobody looks on any more: it need not last."""
        self.settled.set()
        self.over.set()

    def passed(self, packet: Packet) -> None:
        """Show a message."""
        for line in self._ladder.lines(packet):
            self._printer.say(line)

    def tell(self, report: Report) -> None:
        """Take a report."""
        match report:
            case Answered():
                self.up, self._status = True, report.status
                self.settled.set()
            case Failed() | Ended():
                self._outcome = report
                self.settled.set()
                self.over.set()
            case Over():
                self.settled.set()
                self.over.set()
            case Noted():
                self._notes.append(report.text)
                self._printer.say(f"siprec-emulator: {report.text}", err=True)
            case Ringing() | MediaChanged():
                pass

    def conclude(self, placed: Placed) -> None:
        """Say what came of it."""
        if self._as_json:
            self._printer.say(orjson.dumps(self._document(placed), option=orjson.OPT_INDENT_2).decode())
            return
        self._printer.say("\n".join(self._lines(placed)))

    def _lines(self, placed: Placed) -> Iterator[str]:
        yield self._ending()
        if self.up:
            yield from (f"  {_track_line(counted)}" for counted in placed.counted)

    def _ending(self) -> str:
        outcome = self._outcome
        if isinstance(outcome, Failed):
            status = f"{outcome.status} " if outcome.status else ""
            event = f"siprec.failed, failure_cause {cause_of(outcome.why, outcome.status)}"
            return f"not recorded: {status}{outcome.reason} (Telnyx: {event})"
        if not self.up:
            return "given up before an answer"
        if outcome is None or outcome.why is None:
            return "recorded, and ended by this side (Telnyx: siprec.started, siprec.stopped)"
        cause = cause_of(outcome.why, outcome.status)
        # a BYE need not say why
        reason = outcome.reason or "the server hung up"
        return f"recorded, and ended: {reason} (Telnyx: siprec.stopped, hangup_cause {cause})"

    def _document(self, placed: Placed) -> dict[str, object]:
        outcome = self._outcome
        why = None if outcome is None else outcome.why
        status = self._status if outcome is None or outcome.status is None else outcome.status
        return {
            "answered": self.up,
            "status": status,
            "ended": None if why is None else why.value,
            "reason": "" if outcome is None else outcome.reason,
            "cause": None if why is None else cause_of(why, status),
            "notes": self._notes,
            "messages": len(placed.record.messages),
            "tracks": [_track_document(counted) for counted in placed.counted] if self.up else [],
        }


def _track_line(counted: Counted) -> str:
    sent, heard = counted.sent, counted.heard
    told = "no report from the server"
    if heard.block is not None:
        told = f"the server has {heard.block.lost} lost, jitter {_in_ms(heard.block.jitter):.1f} ms"
    skipped = f", {sent.skipped} skipped" if sent.skipped else ""
    reports = "one RTCP report" if sent.reports == 1 else f"{sent.reports} RTCP reports"
    return f"{counted.label}: {sent.packets} packets{skipped}, {reports}; {told}"


def _track_document(counted: Counted) -> dict[str, object]:
    sent, heard = counted.sent, counted.heard
    block = heard.block
    return {
        "label": counted.label,
        "ssrc": counted.ssrc,
        "packets": sent.packets,
        "octets": sent.octets,
        "lost_on_purpose": sent.lost,
        "skipped": sent.skipped,
        "rtcp_sent": sent.reports,
        "rtcp_received": heard.packets,
        "lost": None if block is None else block.lost,
        "jitter_ms": None if block is None else _in_ms(block.jitter),
    }


def _in_ms(jitter: int) -> float:
    """RTCP tells jitter in samples."""
    return jitter * 1_000 / SAMPLE_RATE
