"""Carries out what a TeXML document asks for, on one call.

Owns the way from an instruction to a recording and what is told of it. Must not hold rules of recordings:
``recording.py`` does. A document is no request to Telnyx (Telnyx fetches it), so it has no answer that a scenario
could spoil: of ``respond`` only counts whether the start takes effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from emulator.core import ids, recording
from emulator.core.commands import texml_start_of
from emulator.core.errors import ApiError
from emulator.core.models import StopSiprec
from emulator.core.texml import StartRecording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.core.recording import Answered
    from emulator.core.texml import Instruction, StopRecording
    from emulator.core.turn import Turn
    from emulator.core.views import View

OTHER_NAME = "The session that records this call is not named so; nothing was stopped."
SCRIPTED = "The scenario refuses the start."


class Result(StrEnum):
    """What came of an instruction.

    NONE: it was taken and changed nothing, as Telnyx takes a second start or a stop of nothing. REFUSED: it was
    not taken.
    """

    STARTED = "started"
    STOPPED = "stopped"
    NONE = "none"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """An instruction and what came of it.

    Attributes:
        session_id: The session that it began, stopped or met.
        scenario: Whose session it is.
        detail: Why nothing came of it; empty where something did.
    """

    instruction: Instruction
    result: Result
    session_id: str | None = None
    scenario: str | None = None
    detail: str = ""


def play(
    turn: Turn, instructions: Iterable[Instruction], *, call: str, account_sid: str | None
) -> tuple[Played, ...]:
    """Carry out a document's instructions, one after the other.

    Args:
        turn: At hand; takes the effects.
        instructions: Of the document.
        call: The call_control_id, TeXML's CallSid.
        account_sid: What callbacks say; None: a UUID that is the namespace's own.

    Returns:
        What came of each; one that is refused ends nothing.
    """
    account = account_sid or ids.uuid5(turn.namespace.id)
    return tuple(_one(turn, one, call, account) for one in instructions)


def _one(turn: Turn, instruction: Instruction, call: str, account: str) -> Played:
    try:
        if isinstance(instruction, StartRecording):
            return _start(turn, instruction, call, account)
        return _stop(turn, instruction, call)
    except ApiError as error:
        return Played(instruction=instruction, result=Result.REFUSED, detail=str(error))


def _start(turn: Turn, instruction: StartRecording, call: str, account: str) -> Played:
    command = texml_start_of(account, call, instruction.fields)
    answered = recording.start(turn, command, instruction.fields, {})
    if answered.hint:
        return _told(instruction, answered, Result.NONE, answered.hint)
    if answered.session is None:
        return _told(instruction, answered, Result.REFUSED, SCRIPTED)
    return _told(instruction, answered, Result.STARTED)


def _stop(turn: Turn, instruction: StopRecording, call: str) -> Played:
    running = turn.namespace.active_session(call)
    named = running.start.texml.name if running is not None and running.start.texml is not None else None
    if running is not None and instruction.name is not None and instruction.name != named:
        return Played(
            instruction=instruction,
            result=Result.NONE,
            session_id=running.id,
            scenario=running.scenario,
            detail=OTHER_NAME,
        )
    answered = recording.stop(turn, StopSiprec(call_control_id=call))
    if answered.hint:
        return _told(instruction, answered, Result.NONE, answered.hint)
    if not answered.respond.takes_effect:
        return _told(instruction, answered, Result.REFUSED, SCRIPTED)
    return _told(instruction, answered, Result.STOPPED)


def _told(instruction: Instruction, answered: Answered, result: Result, detail: str = "") -> Played:
    session = answered.session
    return Played(
        instruction=instruction,
        result=result,
        session_id=session.id if session else None,
        scenario=answered.scenario,
        detail=detail,
    )


def played_view(played: Played) -> View:
    """What came of an instruction as the control API shows it."""
    place = played.instruction.place
    starts = isinstance(played.instruction, StartRecording)
    return {
        "verb": "Start" if starts else "Stop",
        "noun": "Siprec",
        "line": place.line,
        "column": place.column,
        "result": played.result,
        "session_id": played.session_id,
        "scenario": played.scenario,
        "detail": played.detail or None,
    }
