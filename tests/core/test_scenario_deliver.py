"""Loading ``deliver`` and ``sign``: how one webhook goes, what becomes of its attempts, how it is signed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emulator.core.draws import Uniform
from emulator.core.effects import SIGNED_WELL, DeliveryPolicy, Order, Signing, SignMode, Simulate
from emulator.core.errors import ScenarioError
from emulator.core.models import MILLISECOND, MINUTE, SECOND
from emulator.core.scenario.grammar import Grammar
from emulator.core.scenario.load import load_scenario
from emulator.core.scenario.model import USUAL_DELIVERY, Deliver, Emit, Scenario, ScriptedAttempt

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "scenario.schema.json").read_bytes())
GRAMMAR = Grammar(SCHEMA)
HEAD = "version: 1\nname: x\n"


def load(body: str) -> Scenario:
    """A scenario called ``x``."""
    return load_scenario(HEAD + body, file="s.yaml", grammar=GRAMMAR)


def load_emit(more: str) -> Emit:
    """A step that emits siprec.failed with ``more``."""
    (step,) = load(f"timeline: [{{emit: siprec.failed{more}}}]").timeline
    assert isinstance(step, Emit)
    return step


def complaints(more: str) -> list[str]:
    """``line:column: message`` of each problem of such a step; ``more`` starts at 3:32."""
    with pytest.raises(ScenarioError) as caught:
        load_emit(more)
    return [str(problem).removeprefix("s.yaml:") for problem in caught.value.problems]


def test_a_plain_step_is_delivered_and_signed_as_usual() -> None:
    """Once, at once, to the usual URLs, with the right key and stamp."""
    step = load_emit("")
    assert (step.deliver, step.signing) == (USUAL_DELIVERY, SIGNED_WELL)
    assert Deliver() == USUAL_DELIVERY
    assert (Deliver().delay, Deliver().copies, Deliver().attempts) == (0, 1, ())
    assert Signing(mode=SignMode.GOOD, skew=0) == SIGNED_WELL


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{delay: 2s}", Deliver(delay=2 * SECOND)),
        ("{delay: {uniform: {min: 1s, max: 2s}}}", Deliver(delay=Uniform(low=SECOND, high=2 * SECOND))),
        ("{copies: 0}", Deliver(copies=0)),
        ("{copies: 3.0, gap: 10ms}", Deliver(copies=3, gap=10 * MILLISECOND)),
        ("{copies: 2, same_id: false}", Deliver(copies=2, same_id=False)),
        ("{url: 'https://a.test:8443/x?y=1'}", Deliver(url="https://a.test:8443/x?y=1")),
        ("{attempts: [{simulate: none}]}", Deliver(attempts=(ScriptedAttempt(simulate=Simulate.NONE),))),
        ("{attempts: [{url: 'http://a'}]}", Deliver(attempts=(ScriptedAttempt(url="http://a"),))),
    ],
)
def test_what_is_left_out_is_as_usual(written: str, expected: Deliver) -> None:
    """Each key changes one thing."""
    assert load_emit(f", deliver: {written}").deliver == expected


@pytest.mark.parametrize("simulate", list(Simulate))
def test_each_thing_that_can_become_of_an_attempt_is_read(simulate: Simulate) -> None:
    """By its name."""
    deliver = load_emit(f", deliver: {{attempts: [{{simulate: {simulate.value}}}, {{url: 'http://b'}}]}}").deliver
    assert deliver.attempts == (ScriptedAttempt(simulate=simulate), ScriptedAttempt(url="http://b"))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{copis: 2}", "3:44: deliver has no key 'copis'; did you mean 'copies'?"),
        ("{}", "3:43: it is empty: fill it in, or leave it out"),
        ("{copies: -1}", "3:52: -1 is below 0, the least"),
        ("{copies: 101}", "3:52: 101 is above 100, the most"),
        ("{same_id: 1}", "3:53: expected true or false, found a whole number"),
        ("{attempts: []}", "3:54: the list needs at least 1"),
        ("{attempts: [{}]}", "3:55: it is empty: fill it in, or leave it out"),
        ("{attempts: [{simulate: lost}]}", "3:66: 'lost' is not allowed here: none, drop, ack_lost, timeout"),
        ("{delay: 30h}", "3:51: '30h' is longer than 24h, the longest duration there is"),
        ("{gap: {uniform: {min: 2s, max: 1s}}}", "3:74: 'max' is shorter than 'min'"),
        ("{url: /hook}", "3:49: a webhook's URL is absolute and begins with http:// or https://"),
        ("{url: 'ftp://a'}", "3:49: a webhook's URL is absolute and begins with http:// or https://"),
        ("{url: ''}", "3:49: a webhook's URL is absolute and begins with http:// or https://"),
        ("{url: '${vars.u}'}", "3:49: templates are filled in in payloads and durations, not here"),
        (
            "{attempts: [{simulate: drop}, {url: 'x'}]}",
            "3:79: a webhook's URL is absolute and begins with http:// or https://",
        ),
    ],
)
def test_a_wrong_delivery_is_told_at_its_place(written: str, expected: str) -> None:
    """One complaint for one mistake."""
    (problem,) = complaints(f", deliver: {written}")
    assert problem.startswith(expected)


# --- sign ---


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{mode: good}", SIGNED_WELL),
        ("{mode: wrong_key}", Signing(mode=SignMode.WRONG_KEY)),
        ("{mode: none}", Signing(mode=SignMode.NONE)),
        ("{timestamp_skew: 10m}", Signing(skew=10 * MINUTE)),
        ("{timestamp_skew: -1.5s}", Signing(skew=-1500 * MILLISECOND)),
        ("{timestamp_skew: -0s}", SIGNED_WELL),
        ("{mode: wrong_key, timestamp_skew: -10m}", Signing(mode=SignMode.WRONG_KEY, skew=-10 * MINUTE)),
    ],
)
def test_a_signature_may_be_wrong_or_of_another_time(written: str, expected: Signing) -> None:
    """A minus is the past: what a receiver sees of a webhook that was held back or replayed."""
    assert load_emit(f", sign: {written}").signing == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{mode: bad}", "3:47: 'bad' is not allowed here: good, wrong_key, none"),
        ("{}", "3:40: it is empty: fill it in, or leave it out"),
        (
            "{timestamp_skew: --1s}",
            "3:57: a skew is a duration such as 10m, with a minus for the past: '--1s' is not",
        ),
        ("{timestamp_skew: -30h}", "3:57: '30h' is longer than 24h, the longest duration there is"),
        ("{timestamp_skew: '${vars.a}'}", "3:57: a skew is a duration such as 10m, with a minus for the past"),
    ],
)
def test_a_wrong_signature_is_told_at_its_place(written: str, expected: str) -> None:
    """The structure's rules, and the longest duration there is."""
    (problem,) = complaints(f", sign: {written}")
    assert problem.startswith(expected)


# --- order and concurrency ---


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{order: free}", DeliveryPolicy(attempts_per_url=5)),
        ("{order: per_session}", DeliveryPolicy(attempts_per_url=5, order=Order.PER_SESSION)),
        ("{concurrency: 4.0}", DeliveryPolicy(attempts_per_url=5, concurrency=4)),
    ],
)
def test_the_order_of_webhooks_and_how_many_at_once_are_read(written: str, expected: DeliveryPolicy) -> None:
    """The rest is the given policy's."""
    base = DeliveryPolicy(attempts_per_url=5)
    loaded = load_scenario(f"{HEAD}delivery: {written}", file="s", grammar=GRAMMAR, delivery=base)
    assert loaded.delivery == expected


def test_order_and_concurrency_that_are_not_written_come_from_the_given_policy() -> None:
    """So that a setting of the server still counts."""
    base = DeliveryPolicy(order=Order.PER_SESSION, concurrency=7)
    loaded = load_scenario(f"{HEAD}delivery: {{failover: false}}", file="s", grammar=GRAMMAR, delivery=base)
    assert loaded.delivery == DeliveryPolicy(order=Order.PER_SESSION, concurrency=7, failover=False)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("order: per_call", "3:19: 'per_call' is not allowed here: free, per_session"),
        ("concurrency: 0", "3:25: 0 is below 1, the least"),
        ("concurrency: 1001", "3:25: 1001 is above 1000, the most"),
    ],
)
def test_a_wrong_order_or_concurrency_is_told_at_its_place(written: str, expected: str) -> None:
    """As everything else."""
    with pytest.raises(ScenarioError) as caught:
        load(f"delivery: {{{written}}}")
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"s.yaml:{expected}")
