"""What the recording server keeps of one session."""

from __future__ import annotations

from random import Random

from emulator.siprec.capture.record import MOST_MEDIA_BYTES
from emulator.siprec.metadata.violations import Violation, Weight
from emulator.siprec.srs.actions import Began, End, Ended, Objected
from emulator.siprec.srs.keeping import MOST_OBJECTIONS, Kept, media_room

NOW = 1_790_000_000_000_000
VIOLATION = Violation(weight=Weight.MUST, rfc=7865, section="9", sentence="Line 1: no.")


def test_a_client_that_never_does_right_is_told_of_in_bounded_memory() -> None:
    began = Began(session=1, caller="<sip:a@example.com>", call_id="1")
    kept = Kept(began, folder=None, room=0, randomness=Random(3), clock=lambda: NOW)  # noqa: S311 - repeats
    for _ in range(3):
        kept.object(Objected(session=1, message="UPDATE", violations=(VIOLATION,) * (MOST_OBJECTIONS // 2 + 1)))
    summary = kept.finish(Ended(session=1, how=End.CLIENT, status=200), NOW)
    assert len(summary.objections) == MOST_OBJECTIONS


def test_the_captures_of_all_sessions_together_have_a_bound() -> None:
    bound = 4 * MOST_MEDIA_BYTES
    reserved: list[int] = []
    for _ in range(2_000):
        reserved.append(media_room(reserved, bound=bound))
    assert reserved[0] == MOST_MEDIA_BYTES
    assert sum(reserved) <= bound
    # what a session that ends gives back is there for the next
    assert media_room(reserved[4:], bound=bound) == MOST_MEDIA_BYTES
