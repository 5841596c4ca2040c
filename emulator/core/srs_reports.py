"""What a recording server did, as it comes to a session: the timeline goes on, or the recording ends.

Owns the meaning of each report. Must not place or end anything on the wire (``legs.py`` does), and must not say
when steps happen (``timeline.py`` does).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core import legs, playback, timeline
from emulator.core.models import EventType
from emulator.core.playback import Emission
from emulator.core.scenario.model import SrsDid, SrsSeen
from emulator.core.srs import UNANSWERED, HangUpSrs, SrsReason, SrsStage

if TYPE_CHECKING:
    from emulator.core.models import Session
    from emulator.core.srs import SrsReport, Told
    from emulator.core.turn import Turn

_BYE = SrsSeen(did=SrsDid.BYE)
_ENDED = SrsSeen(did=SrsDid.ENDED)
_MEDIA_CHANGED = SrsSeen(did=SrsDid.MEDIA_CHANGED)

_MAY_FOLLOW = {
    SrsStage.RINGING: UNANSWERED,
    SrsStage.ANSWERED: UNANSWERED,
    SrsStage.FAILED: UNANSWERED,
    SrsStage.MEDIA_CHANGED: frozenset({SrsStage.ANSWERED}),
    SrsStage.ENDED: frozenset({SrsStage.ANSWERED}),
}
"""Report to the stages of a leg in which it makes sense; any other is of no account."""

_LAST = frozenset({SrsStage.FAILED, SrsStage.ENDED})


def unknown(report: SrsReport) -> tuple[HangUpSrs, ...]:
    """What is done on a report of a leg that nobody knows any more: a late answer is hung up."""
    if report.stage is not SrsStage.ANSWERED:
        return ()
    return (HangUpSrs(namespace=report.namespace, dial_id=report.dial_id),)


def arrived(turn: Turn, report: SrsReport) -> None:
    """Take in what a recording server did.

    Args:
        turn: At hand; takes the effects.
        report: Of a leg that the namespace knew when the input came; what fell due since may have ended it.
    """
    namespace = turn.namespace
    leg = namespace.legs.get(report.dial_id)
    if leg is None:
        turn.effects += unknown(report)
        return
    if leg.stage not in _MAY_FOLLOW.get(report.stage, frozenset()):
        return
    session, told = namespace.sessions[leg.session_id], legs.told_by(report)
    legs.record(turn, session, leg, report.stage, told=told, why=report.why)
    namespace.playing[session.id] = replace(namespace.playing[session.id], told=told)
    if report.stage in _LAST:
        del namespace.legs[leg.id]
    elif report.stage is not SrsStage.MEDIA_CHANGED:
        namespace.legs[leg.id] = replace(leg, stage=report.stage)
    _go_on(turn, session, report, told)


def _go_on(turn: Turn, session: Session, report: SrsReport, told: Told) -> None:
    run = turn.namespace.playing[session.id].run
    match report.stage:
        case SrsStage.ANSWERED | SrsStage.FAILED:
            answered = report.stage is SrsStage.ANSWERED
            playback.progress(turn, session.id, timeline.dialled(run, turn.now, answered=answered))
        case SrsStage.MEDIA_CHANGED:
            playback.signalled(turn, session.id, _MEDIA_CHANGED)
        case SrsStage.ENDED:
            _ended(turn, session, report, told)
        case _:
            # it rings: nobody waits for that
            pass


def _ended(turn: Turn, session: Session, report: SrsReport, told: Told) -> None:
    """The recording stops with its leg; a timeline that stands at a wait for that says itself what comes of it."""
    run = turn.namespace.playing[session.id].run
    happened = (_BYE, _ENDED) if report.why is SrsReason.BYE else (_ENDED,)
    awaited = next((one for one in happened if timeline.awaits(run, one)), None)
    if awaited is not None:
        playback.signalled(turn, session.id, awaited)
        return
    playback.emit(turn, session, Emission(event=EventType.STOPPED, payload={"hangup_cause": told.cause}))
