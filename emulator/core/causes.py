"""Which cause the app is told when a recording server fails or ends a session.

Owns the table from SIP statuses, and from what happens without one, to Telnyx's causes. Must not decide whether an
event occurs.

Telnyx's media layer names causes as FreeSWITCH does, in lower case (its ``sofia_glue.c`` maps the statuses); which
cause goes with a refused connection, a lost one or an expired timer is inferred (docs/fidelity.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.srs import SrsReason

if TYPE_CHECKING:
    from collections.abc import Mapping

NORMAL_CLEARING = "normal_clearing"
ORIGINATOR_CANCEL = "originator_cancel"
UNSPECIFIED = "normal_unspecified"
_TEMPORARY = "normal_temporary_failure"
_TIMER = "recovery_on_timer_expire"

_STATUSES_OF: Mapping[str, tuple[int, ...]] = {
    _TEMPORARY: (400, 481, 500, 503),
    "call_rejected": (401, 402, 403, 407, 608),
    "unallocated_number": (404,),
    "service_unavailable": (405,),
    "service_not_implemented": (406, 415, 501),
    _TIMER: (408, 504),
    "number_changed": (410,),
    "interworking": (413, 414, 416, 420, 421, 423, 505, 513),
    "no_user_response": (480,),
    "exchange_routing_error": (482, 483),
    "invalid_number_format": (484,),
    "no_route_destination": (485, 604),
    "user_busy": (486, 600),
    ORIGINATOR_CANCEL: (487,),
    "incompatible_destination": (488, 606),
    "network_out_of_order": (502,),
    "decline": (603,),
    "unwanted": (607,),
}

_OF_STATUS = {status: cause for cause, statuses in _STATUSES_OF.items() for status in statuses}

_WITHOUT_STATUS: Mapping[SrsReason, str] = {
    SrsReason.NO_TARGET: _TEMPORARY,
    SrsReason.DNS: _TEMPORARY,
    SrsReason.REFUSED: _TEMPORARY,
    SrsReason.TLS: _TEMPORARY,
    SrsReason.LOST: _TEMPORARY,
    SrsReason.SILENCE: _TIMER,
    SrsReason.TIMER: _TIMER,
    SrsReason.NO_ANSWER: "no_answer",
    SrsReason.MEDIA: "incompatible_destination",
    SrsReason.BYE: NORMAL_CLEARING,
}


def cause_of(why: SrsReason | None, status: int | None) -> str:
    """The cause of a failure or an end.

    Args:
        why: What happened; None where nothing is known.
        status: The SIP status; it counts where a response was what happened.
    """
    if why is SrsReason.RESPONSE:
        return _OF_STATUS.get(status or 0, UNSPECIFIED)
    return UNSPECIFIED if why is None else _WITHOUT_STATUS[why]
