"""The one-shot queue: whose turn it is, how often, and what a start is told that got none."""

from __future__ import annotations

import orjson
import pytest

from emulator.core.errors import LimitReached
from emulator.core.models import SECOND
from emulator.core.policy import Limits, Policy, Realism
from emulator.core.queue import MAX_QUEUED, Queue
from emulator.core.scenario.model import Match, Matcher, MatchKind, Scenario
from emulator.core.selection import Rule, Subject
from tests.core.engines import CALL, T0, Rig, error_of, header, scenario

A, B, C = (Scenario(name=name) for name in "abc")
SHORT = "timeline: [{emit: siprec.started}]"
NAMED = (("X-Emulator-Scenario", "happy-path"),)


def for_call(call: str) -> Match:
    """Starts on one call."""
    return Match(call_control_id=Matcher(kind=MatchKind.EQUALS, operand=call))


def subject(call: str = CALL) -> Subject:
    """A start on a call."""
    return Subject(call_control_id=call, headers={}, body={})


def take(queue: Queue, call: str = CALL) -> str | None:
    """Let a start have its item; the name of what it plays."""
    item = queue.first(subject(call))
    if item is None:
        return None
    queue.take(item)
    return item.scenario.name


# --- the queue itself ---


def test_what_was_put_first_is_played_first_and_once() -> None:
    queue = Queue()
    assert [queue.put(one).number for one in (A, B, C)] == [1, 2, 3]
    assert [item.scenario.name for item in queue] == ["a", "b", "c"]
    assert [take(queue) for _ in range(4)] == ["a", "b", "c", None]
    assert len(queue) == 0


def test_an_item_plays_as_often_as_it_was_put_for() -> None:
    queue = Queue()
    queue.put(A, times=3)
    queue.put(B)
    assert take(queue) == "a"
    assert [(item.scenario.name, item.left) for item in queue] == [("a", 2), ("b", 1)]
    assert [take(queue) for _ in range(4)] == ["a", "a", "b", None]


def test_an_item_with_a_match_waits_for_its_start_while_others_go_past_it() -> None:
    queue = Queue()
    queue.put(A, for_call("mine"))
    queue.put(B)
    assert take(queue, "yours") == "b"
    assert take(queue, "yours") is None
    assert take(queue, "mine") == "a"


def test_looking_takes_nothing() -> None:
    queue = Queue()
    queue.put(A)
    assert queue.first(subject()) is queue.first(subject())
    assert len(queue) == 1


def test_two_alike_are_two() -> None:
    queue = Queue()
    queue.put(A)
    queue.put(A)
    first = queue.first(subject())
    assert first is not None
    queue.take(first)
    assert [item.number for item in queue] == [2]


def test_what_was_passed_over_says_which_item_and_why() -> None:
    queue = Queue()
    queue.put(A, for_call("mine"))
    chosen = queue.put(B)
    queue.put(C, for_call("hers"))
    (passed,) = queue.passed_over(subject(), chosen)
    assert passed.name == "a"
    assert passed.reason.startswith("queued as 1, but ")
    assert "mine" in passed.reason
    assert [one.name for one in queue.passed_over(subject(), None)] == ["a", "c"]


def test_a_cleared_queue_is_empty_and_counts_on() -> None:
    queue = Queue()
    queue.put(A)
    queue.clear()
    assert take(queue) is None
    assert queue.put(B).number == 2


def test_a_bounded_number_waits() -> None:
    queue = Queue()
    for _ in range(MAX_QUEUED):
        queue.put(A)
    with pytest.raises(LimitReached, match=f"at most {MAX_QUEUED} queued scenarios"):
        queue.put(B)
    take(queue)
    assert queue.put(B).number == MAX_QUEUED + 1


# --- in a namespace ---


def queued(
    rig: Rig, name: str = "short", body: str = SHORT, *, match: Match | None = None, times: int = 1
) -> None:
    """Put a scenario of that body."""
    rig.engine.namespaces.turn("ns", rig.now).namespace.queue.put(scenario(body, name), match, times)


def plays(rig: Rig) -> list[tuple[str, str]]:
    """The rule and the scenario of each start that chose one."""
    chosen = [entry.selected.choice for entry in rig.requests if entry.selected]
    return [(choice.rule.value, choice.scenario.name) for choice in chosen]


def test_the_next_start_plays_what_is_queued_and_the_one_after_does_not() -> None:
    rig = Rig()
    queued(rig)
    assert header(rig.start("one"), "X-Emulator-Scenario") == "short"
    assert header(rig.start("two"), "X-Emulator-Scenario") == "happy-path"
    assert plays(rig) == [("queue", "short"), ("default", "happy-path")]


def test_each_namespace_has_a_queue_of_its_own() -> None:
    rig = Rig()
    queued(rig)
    assert header(rig.start(key="other"), "X-Emulator-Scenario") == "happy-path"
    assert header(rig.start(), "X-Emulator-Scenario") == "short"


def test_the_header_stands_before_the_queue_and_leaves_it_alone() -> None:
    rig = Rig()
    queued(rig)
    rig.start("one", headers=NAMED)
    rig.start("two")
    assert plays(rig) == [("header", "happy-path"), ("queue", "short")]


def test_the_queue_stands_before_a_magic_connector_and_a_match() -> None:
    matching = scenario(f"match: {{body: {{connector_name: 'emu:other'}}}}\n{SHORT}", "matching")
    rig = Rig(scenario(), scenario(SHORT, "other"), matching)
    queued(rig, times=2)
    for call in ("one", "two", "three"):
        rig.start(call, connector_name="emu:other")
    rig.start("four", connector_name="emu:unknown")
    assert plays(rig) == [("queue", "short"), ("queue", "short"), ("magic_connector", "other")]
    assert rig.requests[-1].reply.status == 422


def test_texml_starts_are_played_from_the_queue_too() -> None:
    rig = Rig()
    queued(rig)
    assert header(rig.texml_start(), "X-Emulator-Scenario") == "short"


def test_the_journal_says_what_was_passed_over_in_the_queue() -> None:
    rig = Rig()
    queued(rig, "hers", match=for_call("hers"))
    queued(rig)
    rig.start()
    (entry,) = rig.requests
    assert entry.selected is not None
    assert entry.selected.choice.rule is Rule.QUEUE
    assert [one.name for one in entry.selected.passed_over] == ["hers"]


def test_a_repeated_command_id_takes_nothing_from_the_queue() -> None:
    rig = Rig()
    rig.start("one", command_id="1")
    queued(rig)
    rig.start("one", command_id="1")
    rig.start("two")
    assert plays(rig) == [("default", "happy-path"), ("queue", "short")]


def test_a_start_on_a_recorded_call_takes_nothing_from_the_queue() -> None:
    rig = Rig()
    rig.start("one")
    queued(rig)
    rig.start("one")
    rig.start("two")
    assert plays(rig)[-1] == ("queue", "short")
    assert len(plays(rig)) == 2


def test_an_unknown_scenario_in_the_header_takes_nothing_from_the_queue() -> None:
    rig = Rig()
    queued(rig)
    refused = rig.start(headers=(("X-Emulator-Scenario", "nope"),))
    assert refused.status == 422
    assert "nope" in str(error_of(refused)["detail"])
    rig.start()
    assert plays(rig) == [("queue", "short")]


def test_a_start_that_realism_refuses_takes_nothing_from_the_queue() -> None:
    rig = Rig(policy=Policy(realism=Realism.STRICT))
    queued(rig)
    assert error_of(rig.start())["code"] == "90015"
    assert len(rig.namespace.queue) == 1


def test_a_scenario_that_refuses_was_played() -> None:
    rig = Rig()
    queued(rig, body="respond: {status: 503}")
    assert rig.start("one").status == 503
    assert rig.start("one").status == 200
    assert plays(rig) == [("queue", "short"), ("default", "happy-path")]


def test_a_queued_scenario_is_played_as_it_was_when_it_was_queued() -> None:
    rig = Rig()
    queued(rig, "happy-path")
    rig.engine.namespaces.put_scenario(scenario("respond: {status: 500}", "happy-path"), None, T0)
    assert orjson.loads(rig.start().body) == {"data": {"result": "ok"}}
    rig.run(SECOND)
    assert rig.events == [("siprec.started", 0)]


def test_a_start_that_finds_the_house_full_leaves_its_item_to_the_next() -> None:
    rig = Rig(policy=Policy(limits=Limits(max_sessions=1)))
    rig.start()
    rig.namespace.queue.put(scenario(SHORT, name="queued"))
    assert rig.start("v3:other").status == 503
    assert [item.scenario.name for item in rig.namespace.queue] == ["queued"]
