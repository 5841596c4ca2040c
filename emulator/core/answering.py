"""One request to a Telnyx route, from what arrived to the journal's entry with its answer.

Owns the order: an injected fault comes before everything, then the request is read, then carried out. Must not
read bodies (``commands.py``), carry anything out (``operations.py``) or journal: the engine does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core import operations
from emulator.core.answer import scripted
from emulator.core.commands import parse
from emulator.core.errors import ApiError, UnknownScenario
from emulator.core.journal import RequestEntry
from emulator.core.models import Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.models import Request
    from emulator.core.turn import Turn
    from emulator.core.validation import Schemas, Violation

INJECTED = "An injected fault answered in place of the emulator."

_CALL_PARAM: Mapping[Route, int] = {
    Route.SIPREC_START: 0,
    Route.SIPREC_STOP: 0,
    Route.TEXML_SIPREC_START: 1,
    Route.TEXML_SIPREC_UPDATE: 1,
    Route.CALL_READ: 0,
    Route.ANSWER: 0,
    Route.HANGUP: 0,
    Route.REJECT: 0,
    Route.CLIENT_STATE_UPDATE: 0,
}
"""Which of a route's path parameters is the call."""


def answered(turn: Turn, request: Request, schemas: Schemas, public_key: str) -> RequestEntry:
    """Answer a request.

    Args:
        turn: At hand; takes the effects.
        request: Authenticated, its route known.
        schemas: What it is checked against.
        public_key: Base64, for GET /public_key.

    Returns:
        The entry, not yet in the journal; its number is smaller than those of what the request did.
    """
    violations: tuple[Violation, ...] = ()
    warnings: tuple[str, ...] = ()
    problem = ""
    # before the numbers of what it does, so that numbers tell what came of what
    seq = turn.next_seq()
    fault = turn.namespace.faults.request(request.route, turn.namespace.randomness)
    try:
        if fault is not None and not fault.takes_effect:
            answer = operations.struck(turn, fault)
        else:
            parsed = parse(request, schemas, turn.policy)
            violations, warnings = parsed.violations, parsed.warnings
            answer = operations.answer(turn, request, parsed, public_key)
    except ApiError as error:
        answer, violations = operations.refused(error), violations or error.violations
        problem = str(error) if isinstance(error, UnknownScenario) else ""
    reply = answer.reply
    if fault is not None:
        warnings = (*warnings, INJECTED)
        reply = scripted(turn, fault, reply) if fault.takes_effect else reply
    return RequestEntry(
        seq=seq,
        namespace=turn.namespace.id,
        at=turn.now,
        request=request,
        reply=reply,
        call_control_id=answer.call_control_id or _call_in_path(request),
        selected=answer.selected,
        violations=violations,
        warnings=warnings,
        hint=answer.hint,
        problem=problem,
        session_id=answer.session_id,
    )


def _call_in_path(request: Request) -> str | None:
    place = _CALL_PARAM.get(request.route)
    return None if place is None else request.params[place]
