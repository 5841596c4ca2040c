"""What a program that drives an emulator is told when a question is not answered as wanted."""

from __future__ import annotations

from emulator.core.errors import ClientError, NotVerified, WaitTimeout

NEAR = {
    "entry": {"id": "e1", "event_type": "siprec.started", "state": None, "namespace": "n"},
    "held": 1,
    "differences": [
        {"field": "state", "expected": "'delivered'", "found": "'failed'"},
        {"field": "a", "expected": "5", "found": "not there"},
    ],
}


def test_each_near_miss_is_a_line_with_what_differs() -> None:
    """What names the entry comes first; what it has not is left out."""
    error = NotVerified("none match", count=0, near_misses=[NEAR])
    assert str(error).splitlines() == [
        "none match",
        "  near: e1 siprec.started: state: found 'failed', wanted 'delivered'; a: found not there, wanted 5",
    ]
    assert (error.count, error.near_misses) == (0, [NEAR])


def test_nothing_in_an_entry_breaks_a_line_or_steers_a_terminal() -> None:
    """Control characters are shown as escapes."""
    error = WaitTimeout("late", count=2, near_misses=[{"entry": {"target": "/a\n\x1b[2J"}}])
    assert str(error) == "late\n  near: /a\\n\\x1b[2J: "
    assert isinstance(error, ClientError)
