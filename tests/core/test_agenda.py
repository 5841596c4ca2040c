"""What falls due: each timer at its own instant, and the next deadline over all namespaces in wall time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core import held
from emulator.core.agenda import Agenda
from emulator.core.clock import ClockMode, ClockSetting
from emulator.core.effects import Release
from emulator.core.models import HOUR, SECOND
from emulator.core.policy import Policy
from tests.core.engines import KEY, T0, Rig

if TYPE_CHECKING:
    from emulator.core.turn import Turn


def turn(rig: Rig, later: int = 0, key: str = KEY) -> Turn:
    """A turn at a wall time."""
    return rig.engine.namespaces.turn(key, T0 + later)


def released(found: Turn) -> list[int]:
    """The answers that were let go on a turn."""
    return [effect.seq for effect in found.effects if isinstance(effect, Release)]


def test_an_agenda_begins_empty() -> None:
    agenda = Agenda()
    assert agenda.next() is None
    assert agenda.pop_due(T0) is None


def test_the_next_deadline_is_the_earliest_of_all_namespaces_in_wall_time() -> None:
    """One runs at ten times wall time, so that its later timer is the earlier deadline."""
    rig, agenda = Rig(), Agenda()
    rig.set_clock(ClockSetting(speed=10.0), key="fast")
    for key, due in (("slow", T0 + 2 * SECOND), ("fast", T0 + 10 * SECOND)):
        found = turn(rig, key=key)
        found.namespace.timers.set(held.key(1), due)
        assert agenda.done(found) == ()
    assert agenda.next() == T0 + SECOND
    assert agenda.pop_due(T0 + SECOND - 1) is None
    assert agenda.pop_due(T0 + SECOND) == "fast"
    assert agenda.next() == T0 + 2 * SECOND
    agenda.forget("slow")
    assert agenda.next() is None


def test_a_clock_that_stands_has_no_deadline() -> None:
    rig, agenda = Rig(policy=Policy(clock=ClockSetting(mode=ClockMode.MANUAL))), Agenda()
    found = turn(rig)
    found.namespace.timers.set(held.key(1), T0 + 1)
    agenda.done(found)
    assert agenda.next() is None


def test_a_late_look_lets_everything_happen_in_order_and_ends_at_its_own_now() -> None:
    rig, agenda = Rig(), Agenda()
    found = turn(rig, HOUR)
    for seq, due in ((1, T0 + 3), (2, T0 + 1), (3, T0 + HOUR), (4, T0 + HOUR + 1)):
        found.namespace.held.add(seq)
        found.namespace.timers.set(held.key(seq), due)
    agenda.run_due(found)
    assert released(found) == [2, 1, 3]
    assert found.now == T0 + HOUR
    assert found.namespace.held == {4}


def test_one_timer_fires_at_a_time_and_none_that_is_not_due() -> None:
    rig, agenda = Rig(), Agenda()
    found = turn(rig, 5)
    for seq, due in ((1, T0 + 5), (2, T0 + 5), (3, T0 + 6)):
        found.namespace.timers.set(held.key(seq), due)
    for expected in ([1], [1, 2], [1, 2]):
        agenda.run_next(found)
        assert released(found) == expected


def test_what_has_come_of_a_turn_is_given_out() -> None:
    rig, agenda = Rig(), Agenda()
    found = turn(rig, 1)
    found.namespace.timers.set(held.key(7), T0)
    agenda.run_due(found)
    assert agenda.done(found) == (Release(namespace=KEY, seq=7),)
