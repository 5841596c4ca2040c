"""Warnings: each rule at its place, nothing about what may well be meant, and never a false one of a timeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core import timeline
from emulator.core.effects import DeliveryPolicy
from emulator.core.models import EventType, Route
from emulator.core.scenario.grammar import Grammar
from emulator.core.scenario.load import load_inline, load_scenario
from emulator.core.scenario.model import CommandSeen, WebhookAcked

if TYPE_CHECKING:
    from emulator.core.models import JsonValue
    from emulator.core.scenario.model import Scenario
    from emulator.core.timeline import Occurrence, Signal

ROOT = Path(__file__).parents[2]
GRAMMAR = Grammar(json.loads((ROOT / "schemas" / "scenario.schema.json").read_bytes()))
HEAD = "version: 1\nname: x\n"
STOP = "wait_for: {command: siprec_stop}"
NEVER_REACHED = "this step is never reached: no way out of the 'wait_for' before it leads here"
NEVER_THEN = "'then' never runs: nothing that this waits for can happen"


def never_ends(awaited: str) -> str:
    """What is said of a wait without a timeout."""
    return f"the timeline never ends by itself: this waits for {awaited}, however long; give it a 'timeout'"


def warnings(body: str, delivery: DeliveryPolicy | None = None) -> list[str]:
    """``line:column: message`` of each warning; ``body`` starts at line 3."""
    scenario = load_scenario(HEAD + body, file="s.yaml", grammar=GRAMMAR, delivery=delivery or DeliveryPolicy())
    return [str(warning).removeprefix("s.yaml:") for warning in scenario.warnings]


@pytest.mark.parametrize("file", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda file: file.stem)
def test_no_built_in_scenario_has_a_warning(file: Path) -> None:
    """What comes with the emulator is what it advises."""
    assert load_scenario(file.read_bytes(), file=file.name, grammar=GRAMMAR).warnings == ()


# --- steps that cannot be reached ---


BOTH_END = f"""\
timeline:
  - {STOP}
    timeout: 1s
    then: [end]
    on_timeout: [end]
  - emit: siprec.failed
"""
ONLY_WAY_ENDS = f"""\
timeline:
  - {STOP}
    then: [{{emit: siprec.stopped}}, end]
  - emit: siprec.failed
  - end
"""
NESTED = f"""\
timeline:
  - {STOP}
    timeout: 1s
    on_timeout: [end]
    then:
      - {STOP}
        timeout: 1s
        then: [end]
        on_timeout: [end]
      - emit: siprec.stopped
  - emit: siprec.failed
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (BOTH_END, [f"8:5: {NEVER_REACHED}"]),
        (ONLY_WAY_ENDS, [f"4:5: {never_ends('siprec_stop')}", f"6:5: {NEVER_REACHED}"]),
        (NESTED, [f"12:9: {NEVER_REACHED}", f"13:5: {NEVER_REACHED}"]),
    ],
    ids=["both ways end", "the only way ends", "nested"],
)
def test_what_stands_behind_a_wait_that_ends_on_every_way_is_warned_of(body: str, expected: list[str]) -> None:
    """Once for each list, at the first such step; lists within count."""
    assert warnings(body) == expected


@pytest.mark.parametrize(
    "step",
    [
        f"{{{STOP}, timeout: 1s, then: [end]}}",
        f"{{{STOP}, timeout: 1s, on_timeout: [end]}}",
        f"{{{STOP}, timeout: 1s, on_timeout: [end], then: [{{{STOP}, timeout: 1s, then: [end]}}]}}",
    ],
)
def test_one_way_out_is_enough(step: str) -> None:
    """The usual form: a stop ends it, and else it goes on."""
    assert warnings(f"timeline: [{step}, {{emit: siprec.failed}}]") == []


# --- at that runs backwards ---


def test_a_moment_that_has_certainly_passed_is_warned_of() -> None:
    """With how early the step before can end, over the shortest path."""
    body = f"""\
timeline:
  - {{emit: siprec.started, after: 1s}}
  - {STOP}
    timeout: 4s
    then: [{{emit: siprec.stopped, after: 3s}}]
  - {{emit: siprec.failed, at: 3s}}
"""
    (warning,) = warnings(body)
    assert warning == (
        "8:27: 'at' runs backwards: the step before ends 4s after the command at the soonest, so this occurs "
        "right then; give a later 'at', or 'after'"
    )
    assert warnings(body.replace("at: 3s", "at: 4s")) == []


@pytest.mark.parametrize(
    ("before", "at", "warned"),
    [
        ("after: {uniform: {min: 3s, max: 9s}}", "2s", True),
        ("after: {uniform: {min: 3s, max: 9s}}", "5s", False),
        ("at: {uniform: {min: 3s, max: 9s}}", "2s", True),
        ("after: {lognormal: {median: 9s, sigma: 0.1}}", "1s", False),
        ("after: 3s", "{uniform: {min: 1s, max: 2s}}", True),
        ("after: 3s", "{uniform: {min: 1s, max: 4s}}", False),
        ("after: 3s", "{lognormal: {median: 1s, sigma: 1, max: 2s}}", True),
        ("after: 3s", "{lognormal: {median: 1s, sigma: 1}}", False),
        ("at: 3s", "3s", False),
    ],
)
def test_a_moment_that_may_still_come_is_not_warned_of(before: str, at: str, warned: bool) -> None:
    """Drawn durations count from their shortest to their longest."""
    body = f"timeline: [{{emit: siprec.started, {before}}}, {{emit: siprec.stopped, at: {at}}}]"
    assert bool(warnings(body)) is warned


def test_moments_within_lists_count_from_the_command_as_well() -> None:
    """A timeout has passed before ``on_timeout``; a stop may come at once."""
    step = "{wait_for: {command: siprec_stop}, timeout: 5s, KEY: [{emit: siprec.stopped, at: 2s}]}"
    assert warnings(f"timeline: [{step.replace('KEY', 'then')}]") == []
    (warning,) = warnings(f"timeline: [{step.replace('KEY', 'on_timeout')}]")
    assert "the step before ends 5s after the command" in warning


# --- a timeline that never ends ---


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (f"{{{STOP}}}", [f"3:13: {never_ends('siprec_stop')}"]),
        (f"{{{STOP}, timeout: 1s}}", []),
        (f"{{{STOP}, timeout: 1s, then: [{{{STOP}}}]}}", [f"3:68: {never_ends('siprec_stop')}"]),
        (
            "{emit: siprec.failed},\n{wait_for: {any: [{command: siprec_stop}, {webhook_acked: siprec.failed}]}}",
            [f"4:2: {never_ends('siprec_stop or siprec.failed to be acknowledged')}"],
        ),
    ],
)
def test_a_wait_without_a_timeout_is_warned_of(steps: str, expected: list[str]) -> None:
    """With what it waits for: an app that never sends it leaves the session for ever."""
    assert warnings(f"timeline: [{steps}]") == expected


# --- a wait that nobody can satisfy ---


def test_a_stop_that_never_takes_effect_satisfies_nothing() -> None:
    """Its ``then`` is told as well; the timeout's way stays open."""
    body = (
        "respond_stop: {status: 500}\n"
        f"timeline:\n  - {STOP}\n    timeout: 1s\n    then: [{{emit: siprec.stopped}}]\n  - emit: siprec.failed\n"
    )
    assert warnings(body) == [
        "5:15: this can't happen: no answer under 'respond_stop' lets a siprec_stop take effect",
        f"7:5: {NEVER_THEN}",
    ]


@pytest.mark.parametrize(
    "respond_stop",
    [
        "{status: 500, session: stopped}",
        "{sequence: [{status: 500}, {result: ok}]}",
        "{sequence: [{status: 500}], after_last: default}",
        "{fault: trickle}",
    ],
)
def test_a_stop_that_may_take_effect_is_not_warned_of(respond_stop: str) -> None:
    """Whatever the client sees of it."""
    assert warnings(f"respond_stop: {respond_stop}\ntimeline: [{{{STOP}, timeout: 1s, then: [end]}}]") == []


def test_a_wait_that_can_neither_hold_nor_time_out_hides_all_behind_it() -> None:
    """Each cause is told once, at its place."""
    body = "timeline:\n  - wait_for: {webhook_acked: siprec.started}\n  - emit: siprec.failed\n"
    assert warnings(body) == [
        f"4:5: {never_ends('siprec.started to be acknowledged')}",
        "4:15: this can't happen: no step before it emits siprec.started",
        f"5:5: {NEVER_REACHED}",
    ]


def acknowledged(deliver: str, delivery: str = "", default: DeliveryPolicy | None = None) -> list[str]:
    """The warnings of a wait for a webhook that is delivered like this; the wait stands at line 5."""
    body = (
        f"timeline:\n  - {{emit: siprec.started, deliver: {{{deliver}}}}}\n"
        f"  - {{wait_for: {{webhook_acked: siprec.started}}, timeout: 1s}}\n{delivery}"
    )
    return warnings(body, default)


UNACKABLE = [
    "5:16: this can't happen: each siprec.started before it is never sent, or all its attempts are made to fail"
]


@pytest.mark.parametrize(
    ("deliver", "delivery", "expected"),
    [
        ("copies: 0", "", UNACKABLE),
        ("copies: 2", "", []),
        ("attempts: [{simulate: drop}]", "", []),
        ("attempts: [{simulate: drop}]", "delivery: {attempts_per_url: 1}", []),
        ("attempts: [{simulate: drop}]", "delivery: {attempts_per_url: 1, failover: false}", UNACKABLE),
        ("attempts: [{simulate: drop}, {simulate: timeout}]", "delivery: {attempts_per_url: 1}", UNACKABLE),
        ("attempts: [{simulate: drop}, {simulate: none}]", "delivery: {attempts_per_url: 1}", []),
        ("attempts: [{simulate: drop}, {url: 'http://a'}]", "delivery: {attempts_per_url: 1}", []),
        ("attempts: [{simulate: ack_lost}], url: 'http://a'", "delivery: {attempts_per_url: 1}", UNACKABLE),
        (
            "attempts: [{simulate: connect_error}, {simulate: none}]",
            "delivery: {attempts_per_url: 1, failover: false}",
            UNACKABLE,
        ),
    ],
)
def test_a_webhook_that_nobody_can_acknowledge_satisfies_nothing(
    deliver: str, delivery: str, expected: list[str]
) -> None:
    """No copy, or no attempt that is left to the receiver over all URLs that there may be."""
    assert acknowledged(deliver, delivery) == expected


def test_without_a_policy_of_its_own_the_given_one_says_how_many_attempts_there_are() -> None:
    """As when the scenario plays."""
    once = DeliveryPolicy(attempts_per_url=1, failover=False)
    assert acknowledged("attempts: [{simulate: drop}]", default=once) == UNACKABLE
    assert acknowledged("attempts: [{simulate: drop}]") == []


def test_an_event_on_one_way_is_enough_to_be_acknowledged() -> None:
    """Whichever way was taken; also where it ended the wait's own list."""
    ways = "then: [{emit: siprec.started}], on_timeout: [{emit: siprec.failed}]"
    for event in ("siprec.started", "siprec.failed"):
        wait = f"{{wait_for: {{webhook_acked: {event}}}, timeout: 1s}}"
        assert warnings(f"timeline: [{{{STOP}, timeout: 1s, {ways}}}, {wait}]") == []


def test_an_event_on_a_way_that_ended_cannot_be_acknowledged() -> None:
    """It never leads to the wait."""
    ended = f"{{{STOP}, timeout: 1s, then: [{{emit: siprec.started}}, end]}}"
    (warning,) = warnings(
        f"timeline:\n- {ended}\n- {{wait_for: {{webhook_acked: siprec.started}}, timeout: 1s}}\n"
    )
    assert warning == "5:14: this can't happen: no step before it emits siprec.started"


def test_of_several_conditions_only_the_hopeless_one_is_told() -> None:
    """The other still lets ``then`` run."""
    body = "timeline:\n- wait_for:\n    any:\n    - command: siprec_stop\n    - webhook_acked: siprec.failed\n"
    body += "  timeout: 1s\n  then: [end]\n"
    assert warnings(body) == ["7:7: this can't happen: no step before it emits siprec.failed"]


# --- whatever the timeline ---

DURATIONS = st.sampled_from(["0s", "1s", "2s", "3s"])
CONDITIONS: st.SearchStrategy[JsonValue] = st.sampled_from(
    [
        {"command": "siprec_stop"},
        {"webhook_acked": "siprec.started"},
        {"any": [{"webhook_acked": "siprec.failed"}, {"command": "siprec_stop"}]},
    ]
)
EMITS: st.SearchStrategy[JsonValue] = st.builds(
    lambda event, key, when: {"emit": event, key: when},
    st.sampled_from(["siprec.started", "siprec.failed"]),
    st.sampled_from(["after", "at"]),
    DURATIONS,
)


def _listed(steps: list[JsonValue], ends: bool) -> list[JsonValue]:
    return [*steps, "end"] if ends else steps


def _waits(inner: st.SearchStrategy[list[JsonValue]]) -> st.SearchStrategy[JsonValue]:
    waits = st.builds(lambda condition, then: {"wait_for": condition, "then": then}, CONDITIONS, inner)
    late = st.builds(lambda timeout, steps: {"timeout": timeout, "on_timeout": steps}, DURATIONS, inner)
    return st.builds(lambda wait, more: {**wait, **more}, waits, st.just({}) | late)


TIMELINES: st.SearchStrategy[list[JsonValue]] = st.recursive(
    st.builds(_listed, st.lists(EMITS, max_size=2), st.booleans()),
    lambda inner: st.builds(_listed, st.lists(EMITS | _waits(inner), max_size=3), st.booleans()),
    max_leaves=6,
)
SIGNALS: dict[str, Signal] = {
    "stop": CommandSeen(command=Route.SIPREC_STOP),
    "ack started": WebhookAcked(event=EventType.STARTED),
    "ack failed": WebhookAcked(event=EventType.FAILED),
}
SECOND = 1_000_000


def _number(steps: list[JsonValue], numbers: list[int]) -> list[JsonValue]:
    """The same steps, each emit with a number of its own in its payload."""
    numbered: list[JsonValue] = []
    for step in steps:
        if step == "end":
            numbered.append(step)
        elif "emit" in step:
            numbers.append(len(numbers))
            numbered.append({**step, "payload": {"n": numbers[-1]}})
        else:
            lists = {key: _number(step[key], numbers) for key in ("then", "on_timeout") if key in step}
            numbered.append({**step, **lists})
    return numbered


def _numbers_in(value: JsonValue) -> set[int]:
    if isinstance(value, list):
        return set().union(*map(_numbers_in, value))
    if not isinstance(value, dict):
        return set()
    return {value["n"]} if "n" in value else set().union(*map(_numbers_in, value.values()))


def _at(document: JsonValue, pointer: str) -> JsonValue:
    for part in pointer.split("/")[1:]:
        document = document[int(part) if isinstance(document, list) else part]
    return document


def _hidden(document: JsonValue, scenario: Scenario) -> tuple[set[int], set[int]]:
    """The numbers of the emits that never occur, and of those whose ``at`` has passed, as the warnings say."""
    never, late = set[int](), set[int]()
    for warning in scenario.warnings:
        parent, _, last = warning.file.rpartition("/")
        if warning.message == NEVER_REACHED:
            never |= _numbers_in(_at(document, parent)[int(last) :])
        elif warning.message == NEVER_THEN:
            never |= _numbers_in(_at(document, warning.file))
        elif last == "at":
            late |= _numbers_in(_at(document, parent))
    return never, late


def _play(scenario: Scenario, moves: list[str]) -> list[Occurrence]:
    """What occurs when these signals come, one a second; an event is acknowledged only after it occurred."""
    run, occurred = timeline.begin(scenario.timeline, 0)
    seen = list(timeline.events(occurred))
    for second, move in enumerate(moves):
        now = second * SECOND
        run, occurred = timeline.tick(run, now)
        seen += timeline.events(occurred)
        happened = SIGNALS.get(move)
        acked = isinstance(happened, WebhookAcked) and happened.event in {one.step.event for one in seen}
        if isinstance(happened, CommandSeen) or acked:
            assert happened is not None
            run, occurred = timeline.signal(run, happened, now)
            seen += timeline.events(occurred)
    while run.due is not None:
        run, occurred = timeline.tick(run, run.due)
        seen += timeline.events(occurred)
    endless = any("never ends by itself" in warning.message for warning in scenario.warnings)
    assert run.ended or endless
    return seen


@settings(max_examples=150, deadline=None)
@given(TIMELINES, st.lists(st.sampled_from([*SIGNALS, "nothing"]), max_size=6))
def test_no_run_shows_a_warning_to_be_false(steps: list[JsonValue], moves: list[str]) -> None:
    """What is said never to run never does, what runs backwards is late, and what never waits for ever ends."""
    document = {"timeline": _number(steps, [])}
    scenario = load_inline(document, root="", grammar=GRAMMAR)
    never, late = _hidden(document, scenario)
    for one in _play(scenario, moves):
        assert one.step.payload["n"] not in never
        if one.step.payload["n"] in late:
            assert isinstance(one.step.at, int)
            assert one.at > one.step.at


# --- recording servers ---


def test_a_dial_is_not_warned_of_and_a_wait_after_it_can_hold() -> None:
    body = "timeline: [{dial: srs}, {wait_for: {srs: bye}, timeout: 1m}, {emit: siprec.stopped}]"
    assert warnings(body) == []


def test_a_recording_server_that_was_not_dialled_does_nothing() -> None:
    for did in ("bye", "ended", "media_changed"):
        body = f"timeline: [{{wait_for: {{srs: {did}}}, timeout: 1m}}, {{dial: srs}}]"
        assert warnings(body) == ["3:23: this can't happen: no step before it dials the recording server"]


def test_a_wait_for_a_recording_server_s_end_after_it_failed_is_hopeless() -> None:
    body = "timeline: [{dial: srs, failed: [{wait_for: {srs: bye}, timeout: 1m}]}]"
    assert warnings(body) == ["3:44: this can't happen: no step before it dials the recording server"]


def test_an_endless_wait_for_a_recording_server_is_told_in_words() -> None:
    (told,) = warnings("timeline: [{dial: srs}, {wait_for: {srs: media_changed}}]")
    assert told.endswith(never_ends("the recording server to change its media"))


def test_what_a_recording_server_tells_has_no_value_before_it_was_dialled() -> None:
    payload = '{note: [{x: "${srs.status}"}, 1]}'
    early, late = (f"{{emit: siprec.{event}, payload: {payload}}}" for event in ("started", "failed"))
    body = f"timeline: [{early}, {{dial: srs, failed: []}}, {late}]"
    (told,) = warnings(body)
    assert told == "3:35: no recording server was dialled before it, so that what it tells has no value"


def test_what_cancels_a_dial_may_never_come() -> None:
    refused = "respond_stop: {status: 500}\ntimeline: [{dial: srs%s}, {emit: siprec.stopped}]"
    assert warnings(refused % "") == []
    assert warnings(refused % ", cancelled: [end]") == [
        "4:24: 'cancelled' never runs: no answer under 'respond_stop' lets a siprec_stop take effect"
    ]


def test_a_step_behind_a_dial_that_leads_nowhere_is_never_reached() -> None:
    body = "timeline: [{dial: srs, answered: [end], failed: [end], cancelled: [end]}, {emit: siprec.stopped}]"
    assert warnings(body) == ["3:75: this step is never reached: no way out of the 'dial' before it leads here"]


def test_a_dial_s_at_may_run_backwards() -> None:
    (told,) = warnings("timeline: [{emit: siprec.started, after: 2s}, {dial: srs, at: 1s}]")
    assert "'at' runs backwards" in told
