"""What the operations of calls answer.

Owns the way from a command to its reply, one function an operation, as ``core/operations.py`` does for recordings.
Must not hold rules of calls (``commands.py`` and ``conduct.py`` do).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.answer import Answer, scripted
from emulator.core.calls.beginnings import dial
from emulator.core.calls.commands import carry_out
from emulator.core.calls.documents import active_calls_document, call_document, dialled_document
from emulator.core.calls.model import Dial, ListActiveCalls, ReadCall
from emulator.core.documents import COMMAND_ACCEPTED, hint_header
from emulator.core.effects import Reply
from emulator.core.errors import InvalidConnection, UnknownCall
from emulator.core.namespace import COMMAND_ID_WINDOW
from emulator.core.policy import Realism

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.calls.model import CallCommand
    from emulator.core.models import JsonValue, Request
    from emulator.core.turn import Turn

DUPLICATE_DIAL = "This command_id was seen on a dial within 60 s; the command was ignored."


def answer(
    turn: Turn,
    request: Request,
    command: CallCommand | Dial | ReadCall | ListActiveCalls,
    document: Mapping[str, JsonValue],
) -> Answer:
    """Carry out a command and render what comes of it.

    Args:
        turn: At hand; takes the effects.
        request: As it arrived.
        command: Which.
        document: The body's fields as sent.

    Raises:
        ApiError: The command is refused.
    """
    match command:
        case Dial():
            return _dial(turn, request, command, document)
        case ReadCall():
            return _read_call(turn, command)
        case ListActiveCalls():
            return _list_calls(turn, command)
        case _:
            hint = carry_out(turn, command)
            reply = Reply(status=200, body=COMMAND_ACCEPTED, headers=hint_header(hint))
            return Answer(reply=reply, hint=hint)


def _dial(turn: Turn, request: Request, command: Dial, document: Mapping[str, JsonValue]) -> Answer:
    namespace = turn.namespace
    before = namespace.calls.dialled(command.command_id, turn.now)
    if before is not None:
        reply = Reply(status=200, body=dialled_document(before), headers=hint_header(DUPLICATE_DIAL))
        return Answer(reply=reply, hint=DUPLICATE_DIAL, call_control_id=before.call_control_id)
    if turn.policy.realism is Realism.STRICT and command.connection_id not in namespace.connections:
        raise InvalidConnection
    headers = {name.lower(): value for name, value in request.headers}
    came_to = dial(turn, command, document, headers, size=len(request.body))
    call, respond = came_to.call, came_to.respond
    if respond.takes_effect:
        namespace.calls.remember_dial(command.command_id, call, turn.now + COMMAND_ID_WINDOW)
    named = (("X-Emulator-Scenario", call.scenario or ""),)
    return Answer(
        reply=scripted(turn, respond, Reply(status=200, body=dialled_document(call), headers=named)),
        selected=came_to.selected,
        call_control_id=call.call_control_id if respond.takes_effect else None,
    )


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
