"""What an app may tell a call: answer, hang up, reject, client_state_update.

Owns which command is taken when, and what it answers. Must not let anything happen to a call itself
(``conduct.py`` does).

A command whose command_id the call knows is ignored, whatever the call is at by then: a client that tries again
gets the answer that was lost. What Telnyx documents nothing about (an answer to an answered call, say) is taken
and changes nothing; strict realism refuses it (docs/fidelity.md).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.calls import conduct, life
from emulator.core.calls.model import AnswerCall, CallState, Direction, HangUp, RejectCall
from emulator.core.errors import AnswerOfOutbound, CommandRefused
from emulator.core.policy import Realism

if TYPE_CHECKING:
    from emulator.core.calls.model import Call, CallCommand
    from emulator.core.turn import Turn

DUPLICATE_COMMAND = "This command_id was seen on this call within 60 s; the command was ignored."
NOT_RINGING = "The call does not ring any more; nothing was changed."
NOT_INCOMING = "The call did not come in; nothing was changed."


def carry_out(turn: Turn, command: CallCommand) -> str:
    """Do what a command asks of its call.

    Args:
        turn: At hand; takes the effects.
        command: Which.

    Returns:
        What Telnyx would not say; empty where there is nothing.

    Raises:
        UnknownCall: Strict realism, and there is no such call.
        CallEnded: It is over.
        AnswerOfOutbound: It was dialled, and can't be answered from here.
        CommandRefused: Strict realism, and the command would change nothing.
    """
    namespace = turn.namespace
    command_id = None if not isinstance(command, AnswerCall | HangUp | RejectCall) else command.command_id
    if namespace.seen_before(command.call_control_id, command_id, turn.now):
        return DUPLICATE_COMMAND
    rings = isinstance(command, AnswerCall | RejectCall)
    call = namespace.calls.for_command(
        command.call_control_id,
        turn.policy.realism,
        namespace.randomness,
        turn.now,
        unknown=CallState.RINGING if rings else CallState.ANSWERED,
        while_ringing=True,
    )
    hint = _useless(command, call)
    if hint and turn.policy.realism is Realism.STRICT:
        raise CommandRefused(hint)
    call = namespace.calls.remember_client_state(call, command.client_state)
    namespace.remember_command(command.call_control_id, command_id, turn.now)
    if not hint:
        _do(turn, command, call)
    return hint


def _useless(command: CallCommand, call: Call) -> str:
    """Why a command would change nothing; empty where it would."""
    outgoing = call.direction is Direction.OUTGOING
    if outgoing and isinstance(command, AnswerCall):
        raise AnswerOfOutbound
    if outgoing and isinstance(command, RejectCall):
        return NOT_INCOMING
    if isinstance(command, AnswerCall | RejectCall) and call.state is not CallState.RINGING:
        return NOT_RINGING
    return ""


def _do(turn: Turn, command: CallCommand, call: Call) -> None:
    match command:
        case AnswerCall():
            if command.hooks is not None:
                call = replace(call, hooks=command.hooks)
                turn.namespace.calls.update(call)
            conduct.answer(turn, call)
        case HangUp():
            conduct.end(turn, call, life.ending(call, life.Who.APP))
        case RejectCall():
            conduct.end(turn, call, life.rejection(command.cause))
