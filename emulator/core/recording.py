"""siprec_start and siprec_stop, for call control and TeXML alike.

Owns what a start and a stop do to a call's recording. Must not play the timeline (``playback.py`` does) and must
not render answers (``documents.py`` does).

Where Telnyx documents nothing its media layer is followed: a second start and a stop without a session are taken
and change nothing; strict realism refuses both (docs/fidelity.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core import ids, playback, sessions
from emulator.core.calls import conduct
from emulator.core.calls.model import CallState
from emulator.core.choosing import next_answer, select, use
from emulator.core.errors import ApiError, RecordingRefused, TexmlNotFound, UnknownConnector
from emulator.core.models import Route, StartSiprec, StopSiprec
from emulator.core.namespace import Playing
from emulator.core.policy import Realism
from emulator.core.scenario.drawing import draw_all
from emulator.core.scenario.model import ACCEPTED, CallSeen, CommandSeen
from emulator.core.selection import Subject
from emulator.core.timeline import begin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.calls.model import Call
    from emulator.core.journal import Selected
    from emulator.core.models import JsonValue, Session
    from emulator.core.queue import Queued
    from emulator.core.scenario.model import Answer
    from emulator.core.turn import Turn

START_SEEN = CommandSeen(command=Route.SIPREC_START)
STOP_SEEN = CommandSeen(command=Route.SIPREC_STOP)
ANSWERED = (CallSeen(state=CallState.ANSWERED),)

ALREADY_RUNNING = "SIPREC is already running on this call; nothing was started."
NONE_RUNNING = "No SIPREC session is running on this call; nothing was stopped."
DUPLICATE_COMMAND = "This command_id was seen on this call within 60 s; the command was ignored."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a start or stop came to.

    Attributes:
        session: Begun, stopped or met; None when there is none.
        respond: How the scenario wants it answered.
        hint: What Telnyx would not say.
        selected: How the scenario was chosen; None when none was asked.
        scenario: Whose answer it is.
    """

    session: Session | None = None
    respond: Answer = ACCEPTED
    hint: str = ""
    selected: Selected | None = None
    scenario: str | None = None


def start(
    turn: Turn,
    command: StartSiprec,
    document: Mapping[str, JsonValue],
    headers: Mapping[str, str],
    *,
    size: int = 0,
) -> Answered:
    """Begin a recording, unless the call has one, the command came before, or the scenario refuses.

    Args:
        turn: At hand; takes the effects.
        command: What was asked for.
        document: The body's fields as sent, for scenarios to match and quote.
        headers: Lower-case name to value, likewise.
        size: Bytes of the body, which is kept while the timeline runs.

    Returns:
        What it came to.

    Raises:
        UnknownCall, CallNotAnswered, CallEnded: The call is not one that can be recorded.
        UnknownConnector: Strict realism, and the connector was not created.
        RecordingRefused: Strict realism, and the call is being recorded.
        UnknownScenario: The request names a scenario that is not loaded.
        LimitReached: As many sessions run as may.
    """
    namespace = turn.namespace
    try:
        call = namespace.calls.for_command(
            command.call_control_id, turn.policy.realism, namespace.randomness, turn.now
        )
    except ApiError as error:
        raise _in_texml(error, command) from None
    # first of all, so that a name which does not exist is told whatever the call is at
    selected, queued = _select(turn, command, document, headers)
    met = _met(turn, command, call)
    if met is not None:
        return met
    scenario = selected.choice.scenario
    asked = (scenario.name, "start", command.call_control_id)
    respond = next_answer(turn, scenario.respond, asked)
    if not respond.takes_effect:
        use(turn, scenario.respond, asked, queued)
        return Answered(respond=respond, selected=selected, scenario=scenario.name)
    session = sessions.begin(ids.uuid4(namespace.randomness), command, scenario.name, turn.now)
    steps = draw_all(scenario.timeline, namespace.randomness) if scenario.random else scenario.timeline
    run, occurrences = begin(steps, turn.now, ANSWERED if call.state is CallState.ANSWERED else ())
    playing = Playing(run=run, scenario=scenario, document=dict(document), headers=dict(headers), size=size)
    namespace.add_session(session, playing)
    # not before: a start that finds no room leaves its item, and its place in a sequence, to the next
    use(turn, scenario.respond, asked, queued)
    _remember(turn, command, call)
    turn.record_transition(None, session)
    playback.progress(turn, session.id, (run, occurrences))
    conduct.signalled(turn, command.call_control_id, START_SEEN)
    session = namespace.sessions[session.id]
    return Answered(session=session, respond=respond, selected=selected, scenario=scenario.name)


def _met(turn: Turn, command: StartSiprec, call: Call) -> Answered | None:
    """What a start comes to that begins nothing: repeated, or on a call that is being recorded."""
    namespace, strict = turn.namespace, turn.policy.realism is Realism.STRICT
    running = namespace.active_session(command.call_control_id)
    if namespace.seen_before(command.call_control_id, command.command_id, turn.now):
        return _ignored(running)
    if strict and command.connector_name not in namespace.connectors:
        raise UnknownConnector("/ConnectorName" if command.texml else "/connector_name")
    if running is None:
        return None
    if strict:
        raise RecordingRefused(ALREADY_RUNNING)
    _remember(turn, command, call)
    return Answered(session=running, hint=ALREADY_RUNNING, scenario=running.scenario)


def _remember(turn: Turn, command: StartSiprec | StopSiprec, call: Call) -> None:
    """What an accepted command leaves with its call."""
    turn.namespace.calls.remember_client_state(call, command.client_state)
    turn.namespace.remember_command(command.call_control_id, command.command_id, turn.now)


def stop(turn: Turn, command: StopSiprec) -> Answered:
    """Tell the call's recording that a stop came; its scenario decides what follows.

    Raises:
        UnknownCall, CallNotAnswered, CallEnded: The call is not one that takes commands.
        RecordingRefused: Strict realism, and nothing is being recorded.
        TexmlNotFound: The TeXML session does not exist, or is another call's.
    """
    namespace, policy = turn.namespace, turn.policy
    if command.siprec_sid is not None:
        return _update(turn, command)
    call = namespace.calls.for_command(command.call_control_id, policy.realism, namespace.randomness, turn.now)
    running = namespace.active_session(command.call_control_id)
    if namespace.seen_before(command.call_control_id, command.command_id, turn.now):
        return _ignored(running)
    if running is None:
        if policy.realism is Realism.STRICT:
            raise RecordingRefused(NONE_RUNNING)
        _remember(turn, command, call)
        return Answered(hint=NONE_RUNNING)
    answer = _respond_stop(turn, running)
    if answer.respond.takes_effect:
        _remember(turn, command, call)
        playback.signalled(turn, running.id, STOP_SEEN)
        conduct.signalled(turn, command.call_control_id, STOP_SEEN)
    return answer


def _ignored(running: Session | None) -> Answered:
    """Taken as Telnyx takes a repeated command: 200, and no second effect."""
    return Answered(session=running, hint=DUPLICATE_COMMAND, scenario=running.scenario if running else None)


def _update(turn: Turn, command: StopSiprec) -> Answered:
    """TeXML names the session itself; a stop of one that is over is taken and changes nothing."""
    session = turn.namespace.sessions.get(command.siprec_sid or "")
    ours = session is not None and session.start.call_control_id == command.call_control_id
    if session is None or session.start.texml is None or not ours:
        if turn.policy.realism is Realism.LENIENT:
            return Answered()
        raise TexmlNotFound
    if not command.stops:
        return Answered(session=session, scenario=session.scenario)
    if session.state not in sessions.ACTIVE:
        return Answered(session=session, hint=NONE_RUNNING, scenario=session.scenario)
    answer = _respond_stop(turn, session)
    if answer.respond.takes_effect:
        playback.signalled(turn, session.id, STOP_SEEN)
        conduct.signalled(turn, command.call_control_id, STOP_SEEN)
    return answer


def _respond_stop(turn: Turn, session: Session) -> Answered:
    scenario = turn.namespace.playing[session.id].scenario
    asked = (scenario.name, "stop", session.start.call_control_id)
    respond = next_answer(turn, scenario.respond_stop, asked)
    use(turn, scenario.respond_stop, asked)
    return Answered(session=session, respond=respond, scenario=scenario.name)


def _select(
    turn: Turn, command: StartSiprec, document: Mapping[str, JsonValue], headers: Mapping[str, str]
) -> tuple[Selected, Queued | None]:
    """The choice, and the queued item that it takes if the start begins something."""
    subject = Subject(
        call_control_id=command.call_control_id,
        headers=headers,
        body=document,
        connector_name=command.connector_name,
    )
    return select(turn, subject)


def _in_texml(error: ApiError, command: StartSiprec) -> ApiError:
    """TeXML has one way to say that a call is not there."""
    return TexmlNotFound() if command.texml else error
