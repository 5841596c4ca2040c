"""A session's leg to the recording server: how it begins, how it is ended, and that none outlives its session.

Owns what is asked of the edge and what the journal says of it. Must not move timelines (``playback.py`` does) and
must not take reports (``srs_reports.py`` does).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.causes import cause_of
from emulator.core.connectors import imagined
from emulator.core.draws import drawn
from emulator.core.journal import SrsEntry
from emulator.core.namespace import Leg
from emulator.core.sessions import ACTIVE
from emulator.core.srs import DialSrs, ForgetSrs, HangUpSrs, SrsAddress, SrsReason, SrsReport, SrsStage, Told

if TYPE_CHECKING:
    from emulator.core.models import Session
    from emulator.core.namespace import Namespace, Playing
    from emulator.core.scenario.model import Dial
    from emulator.core.srs import AskedOfLine
    from emulator.core.turn import Turn

_SEED_BITS = 128


def dial(turn: Turn, session: Session, playing: Playing, step: Dial) -> Playing | None:
    """Place a session on the wire; one that the timeline placed before is ended first.

    Args:
        turn: At hand; takes the effects.
        session: Which plays.
        playing: What it plays.
        step: The timeline's.

    Returns:
        What it plays now; None where there is nothing to dial, which the journal says.
    """
    hang_up(turn, session, playing)
    address = _address(turn, session)
    if address is None or session.state not in ACTIVE:
        return None
    namespace, start = turn.namespace, session.start
    call = namespace.calls[start.call_control_id]
    namespace.dialled += 1
    leg = Leg(
        id=f"{session.id}/{namespace.dialled}", session_id=session.id, address=address, stage=SrsStage.DIALLED
    )
    namespace.legs[leg.id] = leg
    record(turn, session, leg, SrsStage.DIALLED)
    turn.effects.append(
        DialSrs(
            namespace=namespace.id,
            dial_id=leg.id,
            session_id=session.id,
            address=address,
            transport=start.sip_transport,
            secure=start.secure if step.secure is None else step.secure,
            track=start.track,
            parties=call.parties,
            call_uuid=call.call_leg_id,
            sip_call_id=call.call_session_id,
            custom_headers=call.custom_headers,
            metadata_headers=start.include_metadata_custom_headers,
            session_timeout_secs=start.session_timeout_secs,
            answer_timeout=None if step.timeout is None else drawn(step.timeout),
            misconduct=step.misconduct,
            seed=namespace.randomness.getrandbits(_SEED_BITS),
        )
    )
    return replace(playing, leg=leg.id, told=Told())


def _address(turn: Turn, session: Session) -> SrsAddress | None:
    """The connector's, else the one that is set for connectors that are not stored."""
    connector = turn.namespace.connectors.get(session.start.connector_name or "")
    elsewhere = turn.policy.srs
    if connector is None or (elsewhere is not None and imagined(connector)):
        return elsewhere
    fields = connector.fields
    return SrsAddress(host=fields.host.strip("[]"), port=fields.port, app_subdomain=fields.app_subdomain)


def nowhere(turn: Turn, session: Session) -> Told:
    """Journal that there is nothing to dial, and say so to templates."""
    why = SrsReason.NO_TARGET
    told = Told(cause=cause_of(why, None), reason=_why_nowhere(session))
    record(turn, session, None, SrsStage.FAILED, told=told, why=why)
    return told


def _why_nowhere(session: Session) -> str:
    if session.state not in ACTIVE:
        return "The recording is over: no recording server is dialled for it any more."
    name = session.start.connector_name
    what = "The start names no connector" if name is None else f"No connector '{name}' is stored"
    return f"{what}, and no --srs is set: there is no recording server to dial."


def hang_up(turn: Turn, session: Session, playing: Playing) -> None:
    """End a session's leg on the wire, if it has one that is not over."""
    leg = turn.namespace.legs.pop(playing.leg or "", None)
    if leg is None:
        return
    record(turn, session, leg, SrsStage.HUNG_UP)
    turn.effects.append(HangUpSrs(namespace=turn.namespace.id, dial_id=leg.id))


def hang_up_all(namespace: Namespace) -> tuple[HangUpSrs, ...]:
    """End every leg of a namespace: nobody is told but the recording servers."""
    return tuple(HangUpSrs(namespace=namespace.id, dial_id=dial_id) for dial_id in namespace.legs)


def forget_all(namespace: Namespace) -> tuple[AskedOfLine, ...]:
    """End every leg of a namespace that is forgotten, and whatever is still known of those before."""
    forgotten = (ForgetSrs(namespace=namespace.id),) if namespace.dialled else ()
    return (*hang_up_all(namespace), *forgotten)


def told_by(report: SrsReport) -> Told:
    """What a report says to templates and to the journal."""
    cause = cause_of(report.why, report.status) if report.stage in {SrsStage.FAILED, SrsStage.ENDED} else None
    return Told(cause=cause, status=report.status, reason=report.reason or None)


def record(
    turn: Turn,
    session: Session,
    leg: Leg | None,
    stage: SrsStage,
    *,
    told: Told | None = None,
    why: SrsReason | None = None,
) -> None:
    """Journal how far a session on the wire has come.

    Args:
        turn: At hand.
        session: Whose.
        leg: Which; None where there was nothing to dial.
        stage: How far.
        told: By the recording server; None: nothing.
        why: Of a failure or an end.
    """
    told = told or Told()
    turn.record_srs(
        SrsEntry(
            seq=turn.next_seq(),
            namespace=turn.namespace.id,
            at=turn.now,
            session_id=session.id,
            call_control_id=session.start.call_control_id,
            dial_id=leg.id if leg else "",
            stage=stage,
            target=str(leg.address) if leg else "",
            why=why,
            status=told.status,
            cause=told.cause,
            reason=told.reason or "",
        )
    )
