"""What is told of a session at the recording server once it is over, for people and for programs.

Owns the words and the fields. Must not open files: ``endpoint.py`` writes what is made here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.core.models import MILLISECOND, SECOND
from emulator.siprec.media.g711 import SAMPLE_RATE
from emulator.siprec.metadata.violations import Weight
from emulator.siprec.srs.actions import End

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from emulator.core.models import Duration
    from emulator.siprec.metadata.violations import Violation
    from emulator.siprec.srs.taking import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """What a message did against the RFCs.

    Attributes:
        message: Such as ``INVITE``.
    """

    message: str
    violation: Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something of this machine's hinders a session: the disk, its ports, a library.

    Attributes:
        session: Its number.
        reason: In words.
    """

    session: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One session that is over.

    Attributes:
        number: Counted from 1.
        caller, call_id: As the INVITE said.
        how: How it ended.
        status: What its INVITE was answered with; 0 where it was not.
        lasted: From its INVITE to its end.
        documents: How many metadata documents came.
        folder: Where its files are; None where none are kept.
    """

    number: int
    caller: str
    call_id: str
    how: End
    status: int
    lasted: Duration
    tracks: tuple[Track, ...]
    objections: tuple[Objection, ...]
    documents: int
    folder: Path | None

    @property
    def clean(self) -> bool:
        """Whether nothing that an RFC forbids was seen."""
        return not any(one.violation.weight is Weight.MUST for one in self.objections)


def lines(summary: Summary) -> Iterator[str]:
    """For people, a line at a time."""
    yield f"session {summary.number}: {_ending(summary)} after {summary.lasted / SECOND:.1f} s"
    for track in summary.tracks:
        yield f"  {track.label}: {_heard(track)}"
    for objection in summary.objections:
        yield f"  {objection.violation.weight}: {objection.message}: {objection.violation}"
    if not summary.objections:
        yield "  nothing against RFC 7866 and RFC 7865 was seen"
    if summary.folder is not None:
        yield f"  kept in {summary.folder}"


def document(summary: Summary) -> dict[str, Any]:
    """For programs: what ``session.json`` holds."""
    return {
        "session": summary.number,
        "from": summary.caller,
        "call_id": summary.call_id,
        "ended": summary.how.value,
        "status": summary.status,
        "seconds": summary.lasted / SECOND,
        "metadata_documents": summary.documents,
        "tracks": [_track(track) for track in summary.tracks],
        "violations": [_violation(objection) for objection in summary.objections],
    }


def _ending(summary: Summary) -> str:
    return {
        End.CLIENT: "the client hung up",
        End.SERVER: "this server hung up",
        End.CANCELLED: "the client cancelled",
        End.REFUSED: f"refused with {summary.status}",
        End.EXPIRED: "no refresh came, so that this server hung up",
        End.UNACKNOWLEDGED: "no ACK came, so that this server hung up",
        End.LOST: "the client was gone",
    }[summary.how]


def _heard(track: Track) -> str:
    sources = track.arrived.sources
    packets = sum(source.packets for source in sources)
    lost = sum(max(0, source.lost) for source in sources)
    if not packets:
        return "no packet came"
    sound = f"{track.samples / SAMPLE_RATE:.1f} s of sound, " if track.samples else ""
    reports = "one RTCP report" if track.arrived.reports == 1 else f"{track.arrived.reports} RTCP reports"
    return f"{sound}{packets} packets, {lost} lost, {reports}"


def _track(track: Track) -> dict[str, Any]:
    return {
        "label": track.label,
        "file": None if track.file is None else track.file.name,
        "seconds": track.samples / SAMPLE_RATE,
        "rtcp_reports": track.arrived.reports,
        "rtcp_bye": track.arrived.left,
        "garbled": track.arrived.garbled,
        "unknown_payload_type": track.arrived.unknown,
        "sources": [
            {
                "ssrc": source.ssrc,
                "packets": source.packets,
                "lost": source.lost,
                "duplicates": source.duplicates,
                "reordered": source.reordered,
                "jitter_ms": source.jitter / MILLISECOND,
            }
            for source in track.arrived.sources
        ],
    }


def _violation(objection: Objection) -> dict[str, Any]:
    violation = objection.violation
    return {
        "message": objection.message,
        "weight": violation.weight.value,
        "rfc": violation.rfc,
        "section": violation.section,
        "sentence": violation.sentence,
    }
