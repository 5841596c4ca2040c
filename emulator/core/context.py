"""What templates may look up: the paths of ``scenario/paths.py`` and their values.

Owns which value stands under which path. Must not render anything (``template.py`` does) and must not make a
value: those that cost something, or differ each time, are made when a path reaches them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.core.calls.model import Call
    from emulator.core.models import JsonValue, StartSiprec
    from emulator.core.scenario.model import Scenario
    from emulator.core.srs import Told
    from emulator.core.template import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What is made for one event; an outlook has placeholders here.

    Attributes:
        uuid: Another each time it is asked for.
        seq: Counts the namespace's events.
        now: The namespace's time, as webhooks write it.
    """

    session_id: str | None
    event_id: str
    uuid: str | Callable[[], str]
    seq: int | str
    now: str | Callable[[], str]


def context_of(
    start: StartSiprec | None,
    call: Call,
    scenario: Scenario,
    *,
    document: Mapping[str, JsonValue],
    headers: Mapping[str, str],
    made: Made,
    told: Told | None = None,
) -> Context:
    """The context of one event's templates.

    Args:
        start: The command that began the session; None for an event of the call itself.
        call: Whose.
        scenario: What plays.
        document: The start's body.
        headers: The start's headers, names in lower case.
        made: What is made for this event.
        told: By the recording server that the timeline dialled; None where it dialled none.
    """
    context: Context = {
        "request": {"body": document, "headers": headers},
        "call": {
            "id": call.call_control_id,
            "control_id": call.call_control_id,
            "leg_id": call.call_leg_id,
            "session_id": call.call_session_id,
            "connection_id": call.connection_id,
            "client_state": call.client_state,
            "direction": call.direction,
            "from": call.parties.caller,
            "to": call.parties.callee,
        },
        "event": {"id": made.event_id},
        "vars": scenario.vars,
        "uuid": made.uuid,
        "seq": made.seq,
        "now": made.now,
    }
    if start is None:
        return context
    session = {
        "id": made.session_id,
        "connector_name": start.connector_name,
        "track": start.track,
        "scenario": scenario.name,
    }
    srs = {"cause": told.cause, "status": told.status, "reason": told.reason} if told else {}
    return {**context, "session": session, "srs": srs}
