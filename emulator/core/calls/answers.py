"""What the operations of calls answer.

Owns the way from a command to its reply, one function an operation, as ``core/operations.py`` does for recordings.
Must not hold rules of calls (``commands.py`` and ``conduct.py`` do).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.answer import Answer
from emulator.core.calls import conduct
from emulator.core.calls.commands import carry_out
from emulator.core.calls.documents import active_calls_document, call_document, dialled_document
from emulator.core.calls.model import Dial, ListActiveCalls, ReadCall
from emulator.core.documents import COMMAND_ACCEPTED, hint_header
from emulator.core.effects import Reply
from emulator.core.errors import InvalidConnection, UnknownCall
from emulator.core.namespace import COMMAND_ID_WINDOW
from emulator.core.policy import Realism

if TYPE_CHECKING:
    from emulator.core.calls.model import Call, CallCommand
    from emulator.core.turn import Turn

DUPLICATE_DIAL = "This command_id was seen on a dial within 60 s; the command was ignored."


def answer(turn: Turn, command: CallCommand | Dial | ReadCall | ListActiveCalls) -> Answer:
    """Carry out a command and render what comes of it.

    Args:
        turn: At hand; takes the effects.
        command: Which.

    Raises:
        ApiError: The command is refused.
    """
    match command:
        case Dial():
            return _dial(turn, command)
        case ReadCall():
            return _read_call(turn, command)
        case ListActiveCalls():
            return _list_calls(turn, command)
        case _:
            hint = carry_out(turn, command)
            reply = Reply(status=200, body=COMMAND_ACCEPTED, headers=hint_header(hint))
            return Answer(reply=reply, hint=hint)


def _dial(turn: Turn, command: Dial) -> Answer:
    namespace = turn.namespace
    strict = turn.policy.realism is Realism.STRICT
    before = namespace.calls.dialled(command.command_id, turn.now)
    if before is not None:
        return _dialled(before, DUPLICATE_DIAL)
    if strict and command.connection_id not in namespace.connections:
        raise InvalidConnection
    call = conduct.dial(turn, command)
    namespace.calls.remember_dial(command.command_id, call, turn.now + COMMAND_ID_WINDOW)
    return _dialled(call, "")


def _dialled(call: Call, hint: str) -> Answer:
    body = dialled_document(call)
    reply = Reply(status=200, body=body, headers=hint_header(hint))
    return Answer(reply=reply, hint=hint, call_control_id=call.call_control_id)


def _read_call(turn: Turn, command: ReadCall) -> Answer:
    namespace = turn.namespace
    call = namespace.calls.to_show(command.call_control_id, turn.now)
    if call is None and turn.policy.realism is Realism.LENIENT:
        call = namespace.calls.known(command.call_control_id, namespace.randomness, turn.now)
    if call is None:
        raise UnknownCall
    return Answer(reply=Reply(status=200, body=call_document(call, turn.now)))


def _list_calls(turn: Turn, command: ListActiveCalls) -> Answer:
    namespace = turn.namespace
    strict = turn.policy.realism is Realism.STRICT
    if strict and command.connection_id not in {*namespace.connections, namespace.calls.connection_id}:
        raise InvalidConnection
    active = namespace.calls.active(command.connection_id)
    return Answer(reply=Reply(status=200, body=active_calls_document(active, command, turn.now)))
