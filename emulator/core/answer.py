"""What an operation comes to: a reply, what the journal wants to know of it, and what a scenario makes of it.

Owns the shape, and the laying of a scripted answer over the standard one. Must not know an operation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emulator.core import documents
from emulator.core.draws import draw
from emulator.core.effects import Reply
from emulator.core.scenario.model import RespondError, RespondFault

if TYPE_CHECKING:
    from emulator.core.journal import Selected
    from emulator.core.models import HeaderList
    from emulator.core.scenario.model import Answer as Respond
    from emulator.core.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A reply and what the journal wants to know of it.

    Attributes:
        selected: How the scenario was chosen, where one was asked.
        session_id: The session that the request began, stopped or met.
        hint: What Telnyx would not say.
        call_control_id: Of the call that it is about, where the path does not say.
    """

    reply: Reply
    selected: Selected | None = None
    session_id: str | None = None
    hint: str = ""
    call_control_id: str | None = None


def scripted(turn: Turn, respond: Respond, accepted: Reply) -> Reply:
    """An answer as a scenario, or an injected fault, wants it.

    Args:
        turn: At hand; draws the delay.
        respond: What is wanted.
        accepted: The standard answer, which acceptance and a faulty connection carry; its headers go with any.
    """
    delay = draw(respond.delay, turn.namespace.randomness)
    match respond:
        case RespondError():
            retry = ("x-should-retry", "true" if respond.sdk_retry else "false")
            body = documents.error_document(respond.items) if respond.items else b""
            headers = _laid_over(accepted.headers, (retry, *respond.headers))
            return Reply(status=respond.status, body=body, headers=headers, delay=delay)
        case RespondFault():
            return replace(accepted, delay=delay, fault=respond.fault, trickle=respond.over)
        case _:
            return replace(accepted, delay=delay) if delay else accepted


def _laid_over(below: HeaderList, above: HeaderList) -> HeaderList:
    """Two lists as one; of a name that both have, ``above`` counts."""
    given = {name.lower() for name, _ in above}
    return (*above, *((name, value) for name, value in below if name.lower() not in given))
