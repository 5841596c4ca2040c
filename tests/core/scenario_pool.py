"""Scenarios for property tests of the engine: the built-in ones, and strategies that make others.

Owns what such a scenario holds: every kind of step, answer and delivery, with short durations. Must not play it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from emulator.core.draws import Lognormal, Uniform
from emulator.core.effects import Backoff, DeliveryPolicy, Order, Signing, SignMode, Simulate, WireFault
from emulator.core.faults import FaultRules, RequestFault, WebhookFault
from emulator.core.models import HOUR, MILLISECOND, RECORDING_EVENTS, SECOND, EventType, Route
from emulator.core.scenario.drawing import is_random
from emulator.core.scenario.load import load_scenario
from emulator.core.scenario.model import (
    TELL_CANCELLED,
    TELL_FAILED,
    TELL_STARTED,
    AfterLast,
    CommandSeen,
    Deliver,
    Dial,
    Emit,
    End,
    Plays,
    RespondError,
    RespondFault,
    RespondOk,
    RespondSequence,
    Scenario,
    ScriptedAttempt,
    SrsDid,
    SrsSeen,
    WaitFor,
    WebhookAcked,
)
from emulator.resources import scenario_files
from tests.core.engines import GRAMMAR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.draws import Delay
    from emulator.core.scenario.model import Answer, Respond, Step

BUILT_IN = tuple(
    one
    for file in scenario_files()
    if (one := load_scenario(file.read_text("utf-8"), file=file.name, grammar=GRAMMAR)).plays is Plays.RECORDING
    and "hangup: call" not in one.text
)
"""Those that leave calls alone: what happens to calls is ``calls/calls_machine.py``'s."""

NAMES = ("made-1", "made-2", "made-3")
"""Few, so that one replaces another while sessions play it."""

FIXED = st.sampled_from((0, 1, 50 * MILLISECOND, SECOND, 5 * SECOND, HOUR))
DELAYS: st.SearchStrategy[Delay] = FIXED | st.sampled_from(
    (
        Uniform(low=0, high=3 * SECOND),
        Lognormal(median=100 * MILLISECOND, sigma=1.0, longest=3 * SECOND),
    )
)
EVENTS = st.sampled_from(RECORDING_EVENTS)

DELIVERIES = st.builds(
    Deliver,
    delay=DELAYS,
    copies=st.integers(0, 3),
    gap=DELAYS,
    same_id=st.booleans(),
    url=st.none() | st.just("http://step.test/hook"),
    attempts=st.lists(
        st.builds(
            ScriptedAttempt,
            url=st.none() | st.just("http://attempt.test/hook"),
            simulate=st.sampled_from(Simulate),
        ),
        max_size=4,
    ).map(tuple),
)
SIGNINGS = st.builds(Signing, mode=st.sampled_from(SignMode), skew=st.sampled_from((0, -SECOND)))

_POLICIES = st.builds(
    DeliveryPolicy,
    timeout=st.sampled_from((100 * MILLISECOND, 2 * SECOND)),
    attempts_per_url=st.integers(1, 3),
    backoff=st.builds(
        Backoff,
        first=st.sampled_from((0, SECOND)),
        factor=st.sampled_from((1.0, 2.0)),
        max=st.sampled_from((0, 3 * SECOND)),
    ),
    failover=st.booleans(),
    order=st.sampled_from((Order.PER_SESSION, Order.PER_SESSION, Order.FREE)),
    concurrency=st.sampled_from((1, 2, None)),
)

ANSWERS: st.SearchStrategy[Answer] = st.one_of(
    st.just(RespondOk()),
    st.builds(RespondOk, delay=DELAYS, takes_effect=st.booleans()),
    st.builds(
        RespondError,
        status=st.sampled_from((429, 500)),
        items=st.just(()),
        delay=DELAYS,
        takes_effect=st.booleans(),
    ),
    st.builds(RespondFault, fault=st.sampled_from(WireFault), delay=DELAYS, takes_effect=st.booleans()),
)
_RESPONDS: st.SearchStrategy[Respond] = st.one_of(
    st.just(RespondOk()),
    ANSWERS,
    st.builds(
        RespondSequence,
        answers=st.lists(ANSWERS, min_size=1, max_size=3).map(tuple),
        after_last=st.sampled_from(AfterLast),
    ),
)

_EMITS = st.builds(
    Emit,
    event=EVENTS,
    after=DELAYS,
    at=st.none() | DELAYS,
    deliver=st.just(Deliver()) | DELIVERIES,
    signing=SIGNINGS,
)
_CONDITIONS = st.one_of(
    st.just(CommandSeen(command=Route.SIPREC_STOP)),
    st.builds(WebhookAcked, event=EVENTS),
    st.builds(SrsSeen, did=st.sampled_from(SrsDid)),
)
_PLAIN_STEPS: st.SearchStrategy[Step] = _EMITS | st.just(End())
_WAITS = st.builds(
    WaitFor,
    conditions=st.lists(_CONDITIONS, min_size=1, max_size=2).map(tuple),
    timeout=st.none() | DELAYS,
    then=st.lists(_PLAIN_STEPS, max_size=2).map(tuple),
    on_timeout=st.lists(_PLAIN_STEPS, max_size=2).map(tuple),
)
_BRANCHES = st.lists(_PLAIN_STEPS, max_size=2).map(tuple)
_DIALS = st.builds(
    Dial,
    after=DELAYS,
    answered=st.just(TELL_STARTED) | _BRANCHES,
    failed=st.just(TELL_FAILED) | _BRANCHES,
    cancelled=st.just(TELL_CANCELLED) | _BRANCHES,
)
_STEPS: st.SearchStrategy[Step] = st.one_of(_EMITS, _EMITS, _WAITS, _WAITS, _DIALS, st.just(End()))


def _scenario(
    name: str, steps: tuple[Step, ...], delivery: DeliveryPolicy | None, answers: tuple[Respond, Respond]
) -> Scenario:
    return Scenario(
        name=name,
        respond=answers[0],
        respond_stop=answers[1],
        delivery=delivery,
        timeline=steps,
        random=is_random(steps),
    )


SCENARIOS = st.builds(
    _scenario,
    st.sampled_from(NAMES),
    st.lists(_STEPS, min_size=2, max_size=5).map(tuple),
    st.one_of(_POLICIES, _POLICIES, st.none()),
    st.tuples(_RESPONDS, _RESPONDS),
)

FAULTS = st.builds(
    FaultRules,
    requests=st.lists(
        st.builds(
            RequestFault,
            answer=ANSWERS,
            routes=st.sampled_from((frozenset(), frozenset({Route.SIPREC_STOP}))),
            probability=st.sampled_from((0.5, 1.0)),
            count=st.none() | st.integers(1, 3),
        ),
        max_size=2,
    ).map(tuple),
    webhooks=st.lists(
        st.builds(
            WebhookFault,
            deliver=st.none() | DELIVERIES,
            signing=st.none() | SIGNINGS,
            events=st.sampled_from((frozenset(), frozenset({EventType.STOPPED}))),
            probability=st.sampled_from((0.5, 1.0)),
            count=st.none() | st.integers(1, 3),
        ),
        max_size=2,
    ).map(tuple),
)


# --- what a timeline can come to, told from its steps alone ---


def walks(steps: tuple[Step, ...]) -> frozenset[tuple[EventType, ...]]:
    """Every row of events that a timeline can play from its beginning to its end."""
    return frozenset(events for events, _ in _walks(steps))


def _walks(steps: tuple[Step, ...]) -> set[tuple[tuple[EventType, ...], bool]]:
    """Each with whether an ``end`` ended it."""
    found: set[tuple[tuple[EventType, ...], bool]] = {((), False)}
    for step in steps:
        over = {walk for walk in found if walk[1]}
        going = found - over
        found = over | {(events + more, ended) for events, _ in going for more, ended in _step_walks(step)}
    return found


def _step_walks(step: Step) -> set[tuple[tuple[EventType, ...], bool]]:
    if isinstance(step, Emit):
        return {((step.event,), False)}
    if isinstance(step, End):
        return {((), True)}
    if isinstance(step, Dial):
        return _walks(step.answered) | _walks(step.failed) | _walks(step.cancelled)
    return _walks(step.then) | (set() if step.timeout is None else _walks(step.on_timeout))


def emits(steps: tuple[Step, ...]) -> Iterator[Emit]:
    """Every ``emit`` of a timeline, nested ones included."""
    for step in steps:
        if isinstance(step, Emit):
            yield step
        elif isinstance(step, WaitFor):
            yield from emits((*step.then, *step.on_timeout))
        elif isinstance(step, Dial):
            yield from emits((*step.answered, *step.failed, *step.cancelled))
