"""A call's life: every change of its state is in the table below.

Owns what may follow what, and with which cause a call ends when nobody names one. Must not decide when anything
happens: the app, the far end and the timers of ``conduct.py`` do.

::

    ringing ──call.answered──► answered ──call.hangup──► ended
       └───────────────────call.hangup─────────────────► ended

Causes are Telnyx's (CallHangup.hangup_cause); which one goes with which end, its source and its SIP status are
partly seen in real webhooks and partly inferred (docs/fidelity.md).
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from emulator.core.calls.model import CallState, Direction, Ending
from emulator.core.models import EventType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.calls.model import Call
    from emulator.core.models import Instant, JsonValue

_AFTER_EVENT = {
    (CallState.RINGING, EventType.CALL_ANSWERED): CallState.ANSWERED,
    (CallState.RINGING, EventType.CALL_HANGUP): CallState.ENDED,
    (CallState.ANSWERED, EventType.CALL_HANGUP): CallState.ENDED,
}
"""Any other pair leaves the state alone: a scenario may send an event that contradicts it, to try the app."""


class Who(StrEnum):
    """Who ends a call: the app, whoever is at the other end of the leg, or a clock of Telnyx's."""

    APP = "app"
    FAR_END = "far_end"
    TIMEOUT = "timeout"
    TIME_LIMIT = "time_limit"


UNSPECIFIED = "unspecified"
"""The SIP status of a call that no message of the far end ended, as seen when the app hangs up."""

_SIP_OF_CAUSE: Mapping[str, str] = {
    "call_rejected": "603",
    "normal_clearing": "200",
    "originator_cancel": "487",
    "user_busy": "486",
    "not_found": "404",
    "no_answer": "480",
    "timeout": "487",
}

CAUSE_OF_REJECTION: Mapping[str, str] = {
    "CALL_REJECTED": "call_rejected",
    "USER_BUSY": "user_busy",
    "NOT_FOUND": "not_found",
    "TEMPORARILY_UNAVAILABLE": "no_answer",
}
"""What ``reject`` may be told, and the hangup_cause that follows."""


def sip_status(cause: str) -> str:
    """The SIP status that a far end ends a call with for a cause."""
    return _SIP_OF_CAUSE.get(cause, UNSPECIFIED)


def ending(call: Call, who: Who) -> Ending:
    """How a call ends when ``who`` ends it and names no cause."""
    incoming, rings = call.direction is Direction.INCOMING, call.state is CallState.RINGING
    caller = (who is Who.FAR_END) is incoming
    source = "caller" if caller else "callee"
    match who:
        case Who.TIMEOUT:
            return Ending(cause="timeout", source="caller", sip=sip_status("timeout"))
        case Who.TIME_LIMIT:
            return Ending(cause="time_limit", source="unknown", sip=UNSPECIFIED)
        case _ if rings:
            cause = "originator_cancel" if caller else "call_rejected"
            return Ending(cause=cause, source=source, sip=sip_status(cause))
        case Who.APP:
            return Ending(cause="normal_clearing", source=source, sip=UNSPECIFIED)
        case _:
            return Ending(cause="normal_clearing", source=source, sip=sip_status("normal_clearing"))


def rejection(cause: str) -> Ending:
    """How a call ends that the app rejects; ``cause`` as in the body of ``reject``."""
    named = CAUSE_OF_REJECTION.get(cause, "call_rejected")
    return Ending(cause=named, source="callee", sip=sip_status(named))


def overlaid(ends: Ending, payload: Mapping[str, JsonValue]) -> Ending:
    """How a call ends once a scenario has laid its fields over the event's; the SIP status goes with the cause."""
    cause = str(payload.get("hangup_cause") or ends.cause)
    status = ends.sip if cause == ends.cause else sip_status(cause)
    return Ending(
        cause=cause,
        source=str(payload.get("hangup_source") or ends.source),
        sip=str(payload.get("sip_hangup_cause") or status),
    )


def after_event(call: Call, event: EventType, at: Instant, ends: Ending | None = None) -> Call:
    """The call once an event has occurred; the same object when the event changes nothing.

    Args:
        call: As it stands.
        event: One of ``CALL_EVENTS``.
        at: When, in the namespace's time.
        ends: How it ends, for call.hangup.
    """
    state = _AFTER_EVENT.get((call.state, event))
    if state is None:
        return call
    if state is CallState.ANSWERED:
        return replace(call, state=state, answered_at=at)
    return replace(call, state=state, ended_at=at, ending=ends)
