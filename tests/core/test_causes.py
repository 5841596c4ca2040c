"""Which cause the app is told, row by row."""

from __future__ import annotations

import pytest

from emulator.core.causes import cause_of
from emulator.core.srs import SrsReason

ROWS = {
    "normal_temporary_failure": (400, 481, 500, 503),
    "call_rejected": (401, 402, 403, 407, 608),
    "unallocated_number": (404,),
    "service_unavailable": (405,),
    "service_not_implemented": (406, 415, 501),
    "recovery_on_timer_expire": (408, 504),
    "number_changed": (410,),
    "interworking": (413, 414, 416, 420, 421, 423, 505, 513),
    "no_user_response": (480,),
    "exchange_routing_error": (482, 483),
    "invalid_number_format": (484,),
    "no_route_destination": (485, 604),
    "user_busy": (486, 600),
    "originator_cancel": (487,),
    "incompatible_destination": (488, 606),
    "network_out_of_order": (502,),
    "decline": (603,),
    "unwanted": (607,),
    "normal_unspecified": (301, 302, 305, 380, 411, 422, 436, 491, 493, 580, 699),
}
"""As in FreeSWITCH's sofia_glue.c, whose names Telnyx's causes are."""

PAIRS = [(status, cause) for cause, statuses in ROWS.items() for status in statuses]


@pytest.mark.parametrize(("status", "cause"), PAIRS)
def test_each_status_of_a_failure_has_its_cause(status: int, cause: str) -> None:
    assert cause_of(SrsReason.RESPONSE, status) == cause


@pytest.mark.parametrize(
    ("why", "cause"),
    [
        (SrsReason.NO_ANSWER, "no_answer"),
        (SrsReason.SILENCE, "recovery_on_timer_expire"),
        (SrsReason.TIMER, "recovery_on_timer_expire"),
        (SrsReason.REFUSED, "normal_temporary_failure"),
        (SrsReason.DNS, "normal_temporary_failure"),
        (SrsReason.TLS, "normal_temporary_failure"),
        (SrsReason.LOST, "normal_temporary_failure"),
        (SrsReason.NO_TARGET, "normal_temporary_failure"),
        (SrsReason.MEDIA, "incompatible_destination"),
        (SrsReason.BYE, "normal_clearing"),
    ],
)
def test_what_happens_without_a_status_has_its_cause(why: SrsReason, cause: str) -> None:
    """A status that came with it, such as the 487 after a CANCEL, doesn't count."""
    assert cause_of(why, None) == cause_of(why, 487) == cause


@pytest.mark.parametrize("why", SrsReason)
def test_nothing_that_can_happen_is_without_a_cause(why: SrsReason) -> None:
    assert cause_of(why, None)


def test_what_nobody_knows_is_unspecified() -> None:
    assert cause_of(None, None) == "normal_unspecified"
