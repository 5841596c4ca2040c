"""What happened, told again as a scenario: it loads, and played it comes to the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from emulator.core.effects import DeliveryPolicy, Signing, SignMode
from emulator.core.models import MINUTE, SECOND
from emulator.core.retelling import name_of, retold
from emulator.core.scenario.load import load_scenario
from emulator.core.scenario.model import RespondError
from emulator.resources import scenario_files
from tests.core.engines import GRAMMAR, Rig, scenario

if TYPE_CHECKING:
    from emulator.core.models import JsonValue, Session
    from emulator.core.scenario.model import Scenario

USUAL = DeliveryPolicy()

PECULIAR = """
respond: {status: 503, error: "10007", session: started, delay: 250ms}
respond_stop: {fault: trickle, over: 2s, session: stopped}
delivery: {attempts_per_url: 1, timeout: 5s}
timeline:
  - emit: siprec.started
    after: 1500ms
    payload: {note: "$${not.a.template}", deep: {list: ["on", 1]}}
    deliver: {delay: 1s, copies: 2, gap: 3s, same_id: false, attempts: [{simulate: drop}, {simulate: none}]}
  - wait_for: {command: siprec_stop}
    timeout: 1m
  - {emit: siprec.stopped, after: 50ms, payload: {hangup_cause: timeout}, sign: {mode: none, timestamp_skew: -10m}}
"""


def played(scripted: Scenario, *, stop_after: int | None) -> Rig:
    """A recording by that scenario, over two minutes; every webhook is taken."""
    rig = Rig(scripted)
    rig.start(headers=(("X-Emulator-Scenario", scripted.name),))
    if stop_after is not None:
        rig.run(stop_after)
        rig.stop()
    rig.run(2 * MINUTE)
    rig.deliver_all()
    return rig


def only_session(rig: Rig) -> Session:
    [session] = rig.namespace.sessions.values()
    return session


def told(rig: Rig) -> Scenario:
    """The only recording as a scenario, loaded."""
    text = retold(only_session(rig), rig.namespace, USUAL)
    return load_scenario(text, file="told.yaml", grammar=GRAMMAR)


def came_of(rig: Rig) -> JsonValue:
    """What an app saw of the recording: answers, events and when, and how each was delivered and signed."""
    start = rig.requests[0].at
    return (
        [(one.reply.status, one.reply.fault, one.reply.delay, one.reply.trickle) for one in rig.requests],
        [
            (one.event.type, one.event.occurred_at - start, one.deliver, one.signing, one.repeats is None)
            for one in rig.webhooks
        ],
        only_session(rig).state,
    )


STARTS_NOTHING = {"api-error", "rate-limited"}
"""Their first answer is a refusal, so that there is no recording to tell again."""

PLAYABLE = [
    loaded
    for loaded in (load_scenario(file.read_bytes(), file=file.name, grammar=GRAMMAR) for file in scenario_files())
    if loaded.plays == "recording" and not loaded.random and loaded.name not in STARTS_NOTHING
]


@pytest.mark.parametrize("scripted", PLAYABLE, ids=lambda one: one.name)
@pytest.mark.parametrize("stop_after", [None, 5 * SECOND])
def test_each_built_in_scenario_told_again_comes_to_the_same(scripted: Scenario, stop_after: int | None) -> None:
    first = played(scripted, stop_after=stop_after)
    again = played(told(first), stop_after=stop_after)
    assert came_of(again) == came_of(first)


def test_answers_deliveries_signatures_and_payloads_are_told() -> None:
    first = played(scenario(PECULIAR, name="peculiar"), stop_after=4 * SECOND)
    again = played(told(first), stop_after=4 * SECOND)
    assert came_of(again) == came_of(first)
    [payload] = [one.event.payload for one in again.webhooks if one.event.type == "siprec.started"][:1]
    assert (payload["note"], payload["deep"]) == ("${not.a.template}", {"list": ["on", 1]})
    assert again.webhooks[-1].signing == Signing(mode=SignMode.NONE, skew=-10 * MINUTE)
    policy = told(first).delivery
    assert policy is not None
    assert (policy.attempts_per_url, policy.timeout) == (1, 5 * SECOND)


def test_a_recording_that_still_runs_waits_for_its_stop() -> None:
    rig = Rig()
    rig.start()
    rig.run(SECOND)
    document = yaml.safe_load(retold(only_session(rig), rig.namespace, USUAL))
    assert document["name"] == name_of(only_session(rig))
    assert document["timeline"] == [
        {"emit": "siprec.started", "after": "400ms"},
        {"wait_for": {"command": "siprec_stop"}, "timeout": "1h"},
        {"emit": "siprec.stopped"},
    ]


def test_what_the_journal_has_forgotten_is_missing_and_the_rest_still_loads() -> None:
    rig = Rig()
    rig.start()
    rig.run(SECOND)
    rig.namespace.journal.clear()
    assert told(rig).name == name_of(only_session(rig))


def test_a_refusal_without_a_body_is_told_without_one() -> None:
    body = "respond: {status: 503, error: [], session: started}\ntimeline: [{emit: siprec.failed}]"
    again = told(played(scenario(body, name="empty"), stop_after=None))
    assert again.respond == RespondError(status=503, items=(), takes_effect=True)


def test_a_refusal_without_codes_is_told_by_its_status() -> None:
    """As some that were written out have none."""
    body = "respond: {status: 503, error: {title: Oops}, session: started}\ntimeline: [{emit: siprec.failed}]"
    rig = played(scenario(body, name="codeless"), stop_after=None)
    document = yaml.safe_load(retold(only_session(rig), rig.namespace, USUAL))
    assert document["respond"] == {"status": 503, "session": "started"}
