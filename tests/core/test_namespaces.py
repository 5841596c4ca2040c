"""Which namespaces there are, how many may be, and what each sees."""

from __future__ import annotations

import random

import pytest

from emulator.core.clock import REPEATABLE_START, ClockMode, ClockSetting
from emulator.core.errors import LimitReached
from emulator.core.models import SECOND
from emulator.core.namespace import Overrides
from emulator.core.namespaces import Namespaces
from emulator.core.policy import Limits, Policy, Realism
from emulator.core.turn import Addresses
from tests.core.engines import HAPPY, T0, Rig, scenario

SHORT = "timeline: [{emit: siprec.started}]"
FEW = Limits(max_namespaces=2)
MANUAL = ClockSetting(mode=ClockMode.MANUAL)


class Made:
    """Namespaces, and the seeds of the streams that they asked for."""

    def __init__(self, policy: Policy) -> None:
        """Start with none."""
        self.seeds: list[str | None] = []
        self.namespaces = Namespaces(
            policy=policy, scenarios=[scenario()], addresses=Addresses(), randomness=self._randomness
        )

    def _randomness(self, seed: str | None) -> random.Random:
        self.seeds.append(seed)
        return random.Random(seed)  # noqa: S311 - identifiers, no secrets


def made(**policy: object) -> Made:
    """Under a policy with changes."""
    return Made(Policy(**policy))  # type: ignore[arg-type]


def test_a_namespace_is_made_when_it_is_first_named_and_then_is_the_same() -> None:
    namespaces = made().namespaces
    assert (len(namespaces), namespaces.get("a")) == (0, None)
    first = namespaces.turn("a", T0)
    again = namespaces.turn("a", T0 + SECOND)
    assert again.namespace is first.namespace is namespaces.get("a")
    assert (again.now, again.wall) == (T0 + SECOND, T0 + SECOND)
    assert len(namespaces) == 1


def test_the_longest_unused_comes_first_and_a_tick_is_no_use() -> None:
    namespaces = made().namespaces
    for name in ("a", "b", "c", "a"):
        namespaces.turn(name, T0)
    found = namespaces.get("b")
    assert found is not None
    namespaces.turn_of(found, T0)
    assert [one.id for one in namespaces] == ["b", "c", "a"]


def test_the_numbers_of_entries_are_counted_over_all_namespaces() -> None:
    namespaces = made().namespaces
    assert [namespaces.turn(name, T0).next_seq() for name in ("a", "b", "a")] == [1, 2, 3]


def test_a_turn_has_the_namespaces_policy_else_the_servers() -> None:
    namespaces = made().namespaces
    turn = namespaces.turn("a", T0)
    assert turn.policy is namespaces.policy
    own = Policy(realism=Realism.STRICT)
    turn.namespace.overrides = Overrides(policy=own)
    assert namespaces.turn("a", T0).policy is own
    assert namespaces.turn("b", T0).policy is namespaces.policy


def test_a_turn_at_a_wall_time_has_the_namespaces_own_time() -> None:
    turn = made(clock=MANUAL).namespaces.turn("a", T0)
    later = made(clock=ClockSetting(speed=10.0)).namespaces
    later.turn("a", T0)
    assert (turn.now, turn.wall) == (T0, T0)
    fast = later.turn("a", T0 + SECOND)
    assert (fast.now, fast.wall) == (T0 + 10 * SECOND, T0 + SECOND)


# --- seeds ---


def test_with_a_seed_each_namespace_has_a_stream_that_its_name_decides() -> None:
    first, second = made(seed="7"), made(seed="7")
    for name in ("a", "b"):
        first.namespaces.turn(name, T0)
    for name in ("b", "a"):
        second.namespaces.turn(name, T0)
    assert len(set(first.seeds)) == 2
    assert first.seeds == second.seeds[::-1]
    assert None not in first.seeds


def test_without_a_seed_no_stream_has_one() -> None:
    plain = made()
    plain.namespaces.turn("a", T0)
    assert plain.seeds == [None]


def test_an_empty_seed_is_a_seed() -> None:
    seeded = made(seed="", clock=MANUAL)
    assert seeded.namespaces.turn("a", T0).now == REPEATABLE_START
    assert seeded.seeds == ["/a"]


# --- how many ---


def test_the_longest_unused_in_which_nothing_happens_makes_room() -> None:
    namespaces = made(limits=FEW).namespaces
    for name in ("a", "b", "a", "c"):
        namespaces.turn(name, T0)
    assert [one.id for one in namespaces] == ["a", "c"]
    assert namespaces.evicted == 1


@pytest.mark.parametrize("what", ["a timeline", "a delivery", "a held answer"])
def test_a_namespace_in_which_something_happens_makes_no_room(what: str) -> None:
    bodies = {"a timeline": HAPPY, "a delivery": SHORT, "a held answer": "respond: {status: 503, delay: 1s}"}
    rig = Rig(bodies[what], policy=Policy(limits=FEW))
    rig.start(key="a")
    rig.start(key="b")
    with pytest.raises(LimitReached, match="--max-namespaces"):
        rig.engine.namespaces.turn("c", T0)
    assert [one.id for one in rig.engine.namespaces] == ["a", "b"]
    assert rig.engine.namespaces.evicted == 0


def test_one_that_is_forgotten_leaves_nothing_behind() -> None:
    """Neither its journal in the bytes of all, nor its scenarios."""
    namespaces = made().namespaces
    namespaces.put_scenario(scenario(SHORT), "a", T0)
    found = namespaces.get("a")
    assert found is not None
    namespaces.forget(found)
    assert namespaces.get("a") is None
    assert namespaces.visible_scenarios("a") == namespaces.scenarios
    assert namespaces.turn("a", T0).catalog is namespaces.turn("b", T0).catalog


# --- scenarios ---


def test_a_namespaces_scenarios_stand_before_the_servers_and_are_seen_by_nobody_else() -> None:
    namespaces = made().namespaces
    own = scenario(SHORT)
    assert namespaces.put_scenario(own, "a", T0)
    assert namespaces.turn("a", T0).catalog.by_name["happy-path"] is own
    assert namespaces.turn("b", T0).catalog.by_name["happy-path"] is not own
    assert namespaces.visible_scenarios("a")["happy-path"] is own
    assert namespaces.remove_scenario("happy-path", "a")
    assert namespaces.turn("a", T0).catalog.by_name["happy-path"] is not own


def test_a_servers_new_scenario_is_seen_where_there_are_own_ones_too() -> None:
    namespaces = made().namespaces
    namespaces.put_scenario(scenario(SHORT, "own"), "a", T0)
    namespaces.put_scenario(scenario(SHORT, "new"), None, T0)
    assert sorted(namespaces.turn("a", T0).catalog.by_name) == ["happy-path", "new", "own"]
    assert sorted(namespaces.turn("b", T0).catalog.by_name) == ["happy-path", "new"]
    assert not namespaces.remove_scenario("none", None)
