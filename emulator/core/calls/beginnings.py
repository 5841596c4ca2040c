"""How calls begin: one comes in, or the app dials one, and a scenario is chosen for its far end.

Owns the making of a call and the choice. Must not let anything happen to one that has begun (``conduct.py`` does).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emulator.core.calls import conduct
from emulator.core.calls.model import Direction
from emulator.core.choosing import next_answer, select, use
from emulator.core.namespace import Playing
from emulator.core.scenario.model import ACCEPTED, Plays
from emulator.core.selection import HEADER, Subject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.calls.model import Call, Dial, Parties
    from emulator.core.journal import Selected
    from emulator.core.models import HeaderList, JsonValue
    from emulator.core.scenario.model import Answer, Scenario
    from emulator.core.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A call that comes in.

    Attributes:
        connection_id: To which connection; None: to the one that is declared, else to the namespace's own.
        custom_headers: Of its INVITE.
        scenario: What its far end plays; None leaves that to the rules.
    """

    parties: Parties
    connection_id: str | None = None
    custom_headers: HeaderList = ()
    scenario: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialled:
    """What a dial came to.

    Attributes:
        call: As it began; one that never did where the scenario lets none begin.
        respond: How the scenario wants it answered.
        selected: How the scenario was chosen.
    """

    call: Call
    respond: Answer = ACCEPTED
    selected: Selected


def arrive(turn: Turn, arrival: Arrival) -> Call:
    """Let a call come in.

    Args:
        turn: At hand; takes the effects.
        arrival: Which.

    Returns:
        The call, as its far end's first steps left it.

    Raises:
        UnknownScenario, WrongScenario: There is no such scenario, or it is for something else.
        LimitReached: As many are alive as may be.
    """
    namespace, parties = turn.namespace, arrival.parties
    namespace.calls.check_room()
    connection_id = arrival.connection_id or namespace.usual_connection
    document: dict[str, JsonValue] = {
        "from": parties.caller,
        "to": parties.callee,
        "connection_id": connection_id,
        "caller_id_name": parties.caller_name or parties.caller,
        "custom_headers": [{"name": name, "value": value} for name, value in arrival.custom_headers],
    }
    call = replace(
        namespace.calls.announced(namespace.randomness, turn.now),
        direction=Direction.INCOMING,
        parties=parties,
        connection_id=connection_id,
        custom_headers=arrival.custom_headers,
    )
    subject = Subject(
        call_control_id=call.call_control_id,
        headers={HEADER: arrival.scenario} if arrival.scenario else {},
        body=document,
        named_by="the field 'scenario'",
        plays=Plays.INBOUND,
    )
    selected, queued = select(turn, subject)
    scenario = selected.choice.scenario
    use(turn, scenario.respond, (), queued)
    playing = _playing(turn, scenario, document, {})
    conduct.begin(turn, _of(call, scenario), playing)
    return namespace.calls[call.call_control_id]


def dial(
    turn: Turn, command: Dial, document: Mapping[str, JsonValue], headers: Mapping[str, str], *, size: int = 0
) -> Dialled:
    """Dial, unless the scenario lets no call begin.

    Args:
        turn: At hand; takes the effects.
        command: Whom, for which connection.
        document: The body's fields as sent, for scenarios to match and quote.
        headers: Lower-case name to value, likewise.
        size: Bytes of the body, which is kept while the timeline runs.

    Raises:
        UnknownScenario, WrongScenario: The request names a scenario that is not loaded, or is for something else.
        LimitReached: As many calls are alive as may be.
    """
    namespace = turn.namespace
    call = _dialled(turn, command)
    subject = Subject(
        call_control_id=call.call_control_id,
        headers=headers,
        body=document,
        plays=Plays.DIAL,
        callee=command.parties.callee,
    )
    selected, queued = select(turn, subject)
    scenario = selected.choice.scenario
    asked = (scenario.name, "dial")
    respond = next_answer(turn, scenario.respond, asked)
    if respond.takes_effect:
        namespace.calls.check_room()
        namespace.check_room(size)
    # not before: a dial that finds no room leaves its item, and its place in a sequence, to the next
    use(turn, scenario.respond, asked, queued)
    call = _of(call, scenario)
    if respond.takes_effect:
        playing = _playing(turn, scenario, document, headers, size=size)
        conduct.begin(turn, call, playing, rings_for=command.timeout)
    return Dialled(call=call, respond=respond, selected=selected)


def _dialled(turn: Turn, command: Dial) -> Call:
    calls = turn.namespace.calls
    call = calls.announced(turn.namespace.randomness, turn.now)
    linked = calls.get(command.link_to) if command.link_to else None
    return replace(
        call,
        call_session_id=linked.call_session_id if linked else call.call_session_id,
        direction=Direction.OUTGOING,
        parties=command.parties,
        connection_id=command.connection_id,
        client_state=command.client_state,
        custom_headers=command.custom_headers,
        hooks=command.hooks,
        time_limit=command.time_limit,
    )


def _of(call: Call, scenario: Scenario) -> Call:
    return replace(call, scenario=scenario.name, delivery=scenario.delivery)


def _playing(
    turn: Turn,
    scenario: Scenario,
    document: Mapping[str, JsonValue],
    headers: Mapping[str, str],
    *,
    size: int = 0,
) -> Playing:
    return Playing(
        run=conduct.run_of(turn, scenario),
        scenario=scenario,
        document=dict(document),
        headers=dict(headers),
        size=size,
    )
