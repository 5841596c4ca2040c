"""Faults that are switched on at run time: which rule strikes, how likely and how often, and what comes of it."""

from __future__ import annotations

import random

import orjson
import pytest

from emulator.core.answering import INJECTED
from emulator.core.draws import Uniform
from emulator.core.effects import Send, Signing, SignMode, Simulate, WireFault
from emulator.core.errors import ControlError, ErrorItem
from emulator.core.faults import NO_FAULTS, FaultRules, Faults, RequestFault, WebhookFault
from emulator.core.models import SECOND, EventType, Route
from emulator.core.policy import Policy
from emulator.core.scenario.model import Deliver, RespondError, RespondFault, RespondOk, ScriptedAttempt
from tests.core.engines import CALL, HAPPY, Rig, header

SHORT = "timeline: [{emit: siprec.started}]"
BOTH = "timeline: [{emit: siprec.started}, {emit: siprec.stopped}]"
RESET = RespondFault(fault=WireFault.RESET)
RESET_BUT_DONE = RespondFault(fault=WireFault.RESET, takes_effect=True)
BUSY = RespondError(status=503, items=(ErrorItem(code="10007", title="Busy"),), headers=(("retry-after", "9"),))
BUSY_BUT_DONE = RespondError(status=503, items=(), takes_effect=True, headers=(("retry-after", "9"),))
LATER = RespondOk(delay=2 * SECOND)
UNSIGNED = Signing(mode=SignMode.NONE)
TWICE = Deliver(copies=2)
CONNECTOR = {"name": "c", "host": "srs.test", "port": 5060}


def dice(seed: int = 1) -> random.Random:
    """Bits that repeat."""
    return random.Random(seed)  # noqa: S311 - draws, no secret


def faults(*requests: RequestFault, webhooks: tuple[WebhookFault, ...] = ()) -> Faults:
    """A namespace's faults."""
    made = Faults()
    made.set(FaultRules(requests=requests, webhooks=webhooks))
    return made


def asked(made: Faults, times: int, route: Route = Route.SIPREC_START, seed: int = 1) -> list[bool]:
    """Whether each of so many requests is struck."""
    bits = dice(seed)
    return [made.request(route, bits) is not None for _ in range(times)]


# --- the rules ---


def test_without_rules_nothing_is_struck() -> None:
    made = Faults()
    assert made.rules is NO_FAULTS
    assert made.request(Route.SIPREC_START, dice()) is None
    assert made.webhook(EventType.STARTED, dice()) is None


def test_a_rule_concerns_the_routes_and_events_that_it_names_and_all_where_it_names_none() -> None:
    named = faults(
        RequestFault(answer=RESET, routes=frozenset({Route.SIPREC_STOP, Route.CONNECTOR_READ})),
        webhooks=(WebhookFault(signing=UNSIGNED, events=frozenset({EventType.FAILED})),),
    )
    struck = {route for route in Route if named.request(route, dice())}
    assert struck == {Route.SIPREC_STOP, Route.CONNECTOR_READ}
    assert [kind for kind in EventType if named.webhook(kind, dice())] == [EventType.FAILED]
    every = faults(RequestFault(answer=RESET), webhooks=(WebhookFault(signing=UNSIGNED),))
    assert all(every.request(route, dice()) for route in Route)
    assert all(every.webhook(kind, dice()) for kind in EventType)


def test_rules_that_are_added_come_last_and_leave_the_counts_of_the_others() -> None:
    made = faults(RequestFault(answer=BUSY, count=1), webhooks=(WebhookFault(signing=UNSIGNED),))
    assert asked(made, 2) == [True, False]
    made.add(FaultRules(requests=(RequestFault(answer=RESET),)))
    assert made.request(Route.SIPREC_START, dice()) is RESET
    assert (made.request_strikes, made.webhook_strikes) == ([1, 1], [0])


def test_no_more_than_a_hundred_rules_of_a_kind_are_on() -> None:
    made = faults(*[RequestFault(answer=BUSY)] * 99)
    made.add(FaultRules(requests=(RequestFault(answer=RESET),)))
    with pytest.raises(ControlError) as refused:
        made.add(FaultRules(requests=(RequestFault(answer=RESET),)))
    assert refused.value.status == 422
    assert len(made.rules.requests) == 100


def test_of_several_rules_the_first_that_strikes_counts() -> None:
    made = faults(
        RequestFault(answer=BUSY, routes=frozenset({Route.SIPREC_STOP})),
        RequestFault(answer=LATER, probability=0),
        RequestFault(answer=RESET),
        RequestFault(answer=BUSY),
    )
    assert made.request(Route.SIPREC_START, dice()) is RESET
    assert made.request_strikes == [0, 0, 1, 0]


def test_a_count_is_used_up_and_the_next_rule_follows() -> None:
    made = faults(RequestFault(answer=RESET, count=2), RequestFault(answer=BUSY, count=1))
    answers = [made.request(Route.SIPREC_START, dice()) for _ in range(4)]
    assert answers == [RESET, RESET, BUSY, None]
    assert made.request_strikes == [2, 1]
    hooks = faults(webhooks=(WebhookFault(deliver=TWICE, count=1),))
    assert [hooks.webhook(EventType.STARTED, dice()) is None for _ in range(3)] == [False, True, True]
    assert hooks.webhook_strikes == [1]


def test_a_request_that_a_rule_does_not_concern_uses_up_nothing() -> None:
    made = faults(RequestFault(answer=RESET, routes=frozenset({Route.SIPREC_STOP}), count=1))
    assert asked(made, 3) == [False] * 3
    assert asked(made, 2, Route.SIPREC_STOP) == [True, False]


def test_rules_that_are_replaced_count_anew_also_the_same_ones() -> None:
    made = faults(RequestFault(answer=RESET, count=1))
    assert asked(made, 2) == [True, False]
    made.set(made.rules)
    assert asked(made, 2) == [True, False]
    made.set(NO_FAULTS)
    assert asked(made, 1) == [False]


def test_what_is_certain_or_impossible_draws_nothing() -> None:
    bits = dice()
    before = bits.getstate()
    made = faults(RequestFault(answer=RESET, probability=0.0), RequestFault(answer=BUSY, probability=1.0))
    assert made.request(Route.SIPREC_START, bits) is BUSY
    assert bits.getstate() == before


def test_a_probability_between_strikes_about_as_often_and_repeats_with_its_seed() -> None:
    """A quarter of 2000: between 400 and 600, which chance leaves less than once in a million seeds."""
    struck = asked(faults(RequestFault(answer=RESET, probability=0.25)), 2_000)
    assert 400 < sum(struck) < 600
    assert asked(faults(RequestFault(answer=RESET, probability=0.25)), 2_000) == struck
    assert asked(faults(RequestFault(answer=RESET, probability=0.25)), 2_000, seed=2) != struck


def test_only_strikes_count() -> None:
    struck = asked(faults(RequestFault(answer=RESET, probability=0.5, count=3)), 100)
    assert sum(struck) == 3


# --- answers ---


def test_a_fault_without_effect_answers_and_nothing_begins() -> None:
    rig = Rig(SHORT)
    rig.strike(requests=(RequestFault(answer=BUSY, count=1),))
    reply = rig.start(command_id="1")
    assert (reply.status, header(reply, "x-should-retry"), header(reply, "retry-after")) == (503, "false", "9")
    assert rig.events == []
    (entry,) = rig.requests
    assert (entry.selected, entry.session_id, entry.call_control_id) == (None, None, CALL)
    assert INJECTED in entry.warnings
    assert header(rig.start(command_id="1"), "X-Emulator-Scenario") == "happy-path"
    assert len(rig.events) == 1
    assert INJECTED not in rig.requests[1].warnings


def test_a_fault_with_effect_spoils_the_answer_alone() -> None:
    """Also the journal's entry shows what the request came to."""
    for answer in (RESET_BUT_DONE, BUSY_BUT_DONE):
        rig = Rig(SHORT)
        rig.strike(requests=(RequestFault(answer=answer),))
        reply = rig.start(command_id="1")
        assert len(rig.events) == 1
        (entry,) = rig.requests
        assert entry.session_id in rig.namespace.sessions
        assert entry.selected is not None
        assert INJECTED in entry.warnings
        assert header(reply, "X-Emulator-Scenario") == "happy-path"
        rig.start(command_id="1")
        assert len(rig.events) == 1


def test_a_fault_strikes_a_stop_with_or_without_effect() -> None:
    rig = Rig()
    rig.start()
    rig.run(SECOND)
    stops = frozenset({Route.SIPREC_STOP})
    rig.strike(requests=(RequestFault(answer=RESET, routes=stops, count=1),))
    assert rig.stop().fault is WireFault.RESET
    rig.run(SECOND)
    assert len(rig.events) == 1
    rig.strike(requests=(RequestFault(answer=RESET_BUT_DONE, routes=stops, count=1),))
    assert rig.stop().fault is WireFault.RESET
    rig.run(SECOND)
    assert rig.events[1:] == [("siprec.stopped", 2_050)]


@pytest.mark.parametrize(
    ("answer", "then"), [(RESET, 404), (RESET_BUT_DONE, 200), (BUSY, 404), (BUSY_BUT_DONE, 200)]
)
def test_a_fault_strikes_a_connectors_creation_with_or_without_effect(
    answer: RespondFault | RespondError, then: int
) -> None:
    rig = Rig()
    rig.strike(requests=(RequestFault(answer=answer, routes=frozenset({Route.CONNECTOR_CREATE})),))
    reply = rig.request(Route.CONNECTOR_CREATE, body=CONNECTOR)
    assert (reply.fault, reply.status)[isinstance(answer, RespondError)] in {WireFault.RESET, 503}
    assert rig.request(Route.CONNECTOR_READ, "c", method="GET").status == then


def test_a_fault_answers_also_what_would_have_been_refused() -> None:
    """And the refusal's reasons stay in the journal, where the request was looked at."""
    rig = Rig()
    rig.strike(requests=(RequestFault(answer=RESET_BUT_DONE, count=1), RequestFault(answer=BUSY)))
    assert rig.start(siprec_track="nonsense").fault is WireFault.RESET
    assert rig.start(siprec_track="nonsense").status == 503
    looked_at, struck = rig.requests
    assert looked_at.violations
    assert struck.violations == ()
    assert rig.events == []


def test_a_delay_is_a_fault_too_and_the_answer_stays_what_it_is() -> None:
    rig = Rig(SHORT)
    rig.strike(requests=(RequestFault(answer=LATER),))
    reply = rig.start()
    assert (reply.status, reply.delay) == (200, 2 * SECOND)
    assert rig.held == [rig.requests[0].seq]
    assert len(rig.events) == 1


def test_an_injected_error_over_a_scripted_one_says_each_header_once() -> None:
    """What the fault says stands."""
    rig = Rig("respond: {status: 429, sdk_retry: true, headers: {retry-after: 1, x-other: kept}}")
    rig.strike(requests=(RequestFault(answer=BUSY_BUT_DONE),))
    reply = rig.start()
    names = [name.lower() for name, _ in reply.headers]
    assert sorted(names) == sorted(set(names))
    assert (header(reply, "x-should-retry"), header(reply, "retry-after")) == ("false", "9")
    assert header(reply, "x-other") == "kept"


def test_faults_are_their_namespaces_own_and_go_with_a_reset() -> None:
    rig = Rig(SHORT)
    rig.strike(requests=(RequestFault(answer=RESET),))
    assert rig.start(key="other").fault is None
    assert rig.start().fault is WireFault.RESET
    rig.engine.reset("ns")
    assert rig.start().fault is None


def test_a_seeded_namespace_is_struck_at_the_same_requests_in_every_run() -> None:
    def struck() -> list[bool]:
        rig = Rig(SHORT, policy=Policy(seed="7"))
        rig.strike(requests=(RequestFault(answer=RESET, probability=0.5),))
        return [rig.start(f"call{number}").fault is not None for number in range(40)]

    first = struck()
    assert len(set(first)) == 2
    assert struck() == first


# --- webhooks ---


def test_a_webhook_fault_changes_how_it_is_delivered_and_signed_and_the_journal_says_so() -> None:
    rig = Rig(BOTH)
    rig.strike(
        webhooks=(WebhookFault(deliver=TWICE, signing=UNSIGNED, events=frozenset({EventType.STOPPED}), count=1),)
    )
    rig.start()
    assert [send.signing.mode for send in rig.sends] == [SignMode.GOOD, SignMode.NONE, SignMode.NONE]
    first, second, third = rig.webhooks
    said = ["injected fault" in "".join(entry.warnings) for entry in (first, second, third)]
    assert said == [False, True, True]
    assert second.event.type is EventType.STOPPED
    assert third.repeats == second.seq


def test_a_webhook_fault_leaves_what_it_says_nothing_of() -> None:
    """Delivery or signature of the step stand where the fault has none."""
    step = "deliver: {url: 'http://step.test/'}, sign: {mode: wrong_key}"
    expected = {
        WebhookFault(signing=UNSIGNED): [("http://step.test/", SignMode.NONE)],
        WebhookFault(deliver=TWICE): [("http://app.test/hook", SignMode.WRONG_KEY)] * 2,
        WebhookFault(): [("http://step.test/", SignMode.WRONG_KEY)],
    }
    for fault, sent in expected.items():
        rig = Rig(f"timeline: [{{emit: siprec.started, {step}}}]")
        rig.strike(webhooks=(fault,))
        rig.start()
        assert [(send.url, send.signing.mode) for send in rig.sends] == sent


def test_an_injected_attempt_is_simulated_for_texml_callbacks_too() -> None:
    rig = Rig(SHORT)
    dropped = Deliver(attempts=(ScriptedAttempt(simulate=Simulate.CONNECT_ERROR),))
    rig.strike(webhooks=(WebhookFault(deliver=dropped),))
    rig.texml_start(b"StatusCallback=http://app.test/cb")
    assert rig.sends == []
    assert rig.simulated == [[Simulate.CONNECT_ERROR]]


def test_an_injected_delay_is_drawn_for_each_webhook() -> None:
    """Between its bounds, and not twice the same."""
    rig = Rig(BOTH)
    rig.strike(webhooks=(WebhookFault(deliver=Deliver(delay=Uniform(low=SECOND, high=9 * SECOND))),))
    rig.start()
    made: list[int] = []
    while (deadline := rig.engine.next_deadline()) is not None:
        rig.tick(deadline - rig.now)
        made.append(deadline - rig.requests[0].at)
    assert len(rig.sends) == len(set(made)) == 2
    assert all(SECOND <= later <= 9 * SECOND for later in made)


def test_a_webhook_fault_with_no_copies_keeps_its_webhooks_back() -> None:
    rig = Rig(HAPPY)
    rig.strike(webhooks=(WebhookFault(deliver=Deliver(copies=0)),))
    rig.start()
    rig.run(SECOND)
    assert not any(isinstance(effect, Send) for effect in rig.effects)
    (entry,) = rig.webhooks
    assert entry.delivery is None
    assert len(entry.warnings) == 2
    assert orjson.dumps(entry.event.payload)
