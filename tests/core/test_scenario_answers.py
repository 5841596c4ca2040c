"""Loading ``respond`` and ``respond_stop``: faults, sequences, headers, and whether the command took effect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emulator.core.draws import Lognormal, Uniform
from emulator.core.durations import MAX_DURATION
from emulator.core.effects import WireFault
from emulator.core.errors import ScenarioError
from emulator.core.models import MILLISECOND, SECOND, HeaderList
from emulator.core.scenario.grammar import Grammar
from emulator.core.scenario.load import load_scenario
from emulator.core.scenario.model import (
    ACCEPTED,
    AfterLast,
    Answer,
    RespondError,
    RespondFault,
    RespondOk,
    RespondSequence,
    Scenario,
)

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "scenario.schema.json").read_bytes())
GRAMMAR = Grammar(SCHEMA)
HEAD = "version: 1\nname: x\n"
ACCEPTED_LATER = RespondOk(delay=5 * MILLISECOND)


def load(body: str) -> Scenario:
    """A scenario called ``x``."""
    return load_scenario(HEAD + body, file="s.yaml", grammar=GRAMMAR)


def complaints(body: str) -> list[str]:
    """``line:column: message`` of each problem; ``body`` starts at line 3."""
    with pytest.raises(ScenarioError) as caught:
        load(body)
    return [str(problem).removeprefix("s.yaml:") for problem in caught.value.problems]


def headers_of(written: str) -> HeaderList:
    """What an error answer sends besides."""
    respond = load(f"respond: {written}").respond
    assert isinstance(respond, RespondError)
    return respond.headers


# --- faults ---


@pytest.mark.parametrize("fault", ["reset", "empty", "garbage", "hang"])
def test_a_fault_without_an_answer_takes_no_effect(fault: str) -> None:
    """Nothing was said to have happened; ``session`` says otherwise."""
    assert load(f"respond: {{fault: {fault}}}").respond == RespondFault(fault=WireFault(fault))
    started = load(f"respond: {{fault: {fault}, session: started, delay: 5ms}}").respond
    assert started == RespondFault(fault=WireFault(fault), takes_effect=True, delay=5 * MILLISECOND)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", RespondFault(fault=WireFault.TRICKLE, over=5 * SECOND, takes_effect=True)),
        (", over: 2s", RespondFault(fault=WireFault.TRICKLE, over=2 * SECOND, takes_effect=True)),
        (", session: none", RespondFault(fault=WireFault.TRICKLE, over=5 * SECOND, takes_effect=False)),
    ],
)
def test_an_answer_that_trickles_is_an_answer(written: str, expected: RespondFault) -> None:
    """It took effect, and comes over five seconds unless something else is said."""
    assert load(f"respond: {{fault: trickle{written}}}").respond == expected


def test_only_what_trickles_takes_its_time() -> None:
    """``over`` beside another fault would do nothing."""
    assert complaints("respond: {fault: reset, over: 1s}") == ["3:25: 'over' goes with 'fault: trickle' alone"]


# --- session ---


@pytest.mark.parametrize(
    ("written", "takes_effect"),
    [
        ("{}", True),
        ("{result: ok}", True),
        ("{session: started}", True),
        ("{result: ok, session: none}", False),
        ("{status: 500}", False),
        ("{status: 500, session: started}", True),
        ("{error: 90018, session: none}", False),
    ],
)
def test_an_acceptance_takes_effect_and_an_error_does_not(written: str, takes_effect: bool) -> None:
    """Unless ``session`` says so: what the client sees and what happened are two things."""
    respond = load(f"respond: {written}").respond
    assert not isinstance(respond, RespondSequence)
    assert respond.takes_effect is takes_effect


def test_a_stop_stops_and_a_start_starts() -> None:
    """The word for having taken effect is the command's own; ``none`` is both's."""
    stop = load("respond_stop: {status: 500, session: stopped}").respond_stop
    assert isinstance(stop, RespondError)
    assert stop.takes_effect
    assert load("respond_stop: {session: none}").respond_stop == RespondOk(takes_effect=False)
    assert complaints("respond: {session: stopped}\nrespond_stop: {fault: reset, session: started}") == [
        "3:20: 'stopped' is not what respond can do: started, none",
        "4:39: 'started' is not what respond_stop can do: stopped, none",
    ]
    assert complaints("respond_stop: {sequence: [{result: ok}, {session: started}]}") == [
        "3:51: 'started' is not what respond_stop can do: stopped, none"
    ]


@pytest.mark.parametrize(
    "respond",
    [
        "{fault: hang}",
        "{result: ok, session: none}",
        "{fault: trickle, session: none}",
        "{sequence: [{status: 500}, {fault: reset}]}",
        "{sequence: [{status: 500}], after_last: restart}",
    ],
)
def test_a_timeline_needs_an_answer_that_starts_a_session(respond: str) -> None:
    """Else it would never run."""
    assert complaints(f"respond: {respond}\ntimeline: [end]") == [
        "4:1: no answer under 'respond' starts a session, so this timeline would never run"
    ]


@pytest.mark.parametrize(
    "respond",
    [
        "{fault: reset, session: started}",
        "{fault: trickle}",
        "{sequence: [{status: 500}, {result: ok}]}",
        "{sequence: [{status: 500}, {status: 500, session: started}], after_last: restart}",
        "{sequence: [{status: 500}], after_last: default}",
    ],
)
def test_one_answer_that_starts_a_session_is_enough(respond: str) -> None:
    """Whichever comes first, and where the plain acceptance comes last."""
    assert load(f"respond: {respond}\ntimeline: [end]").timeline


# --- sequences ---


def test_a_sequence_holds_answers_of_any_kind() -> None:
    """Each as it would be alone."""
    written = (
        "{sequence: [{fault: reset}, {result: ok, delay: 5ms}, {status: 500, error: []}], after_last: restart}"
    )
    respond = load(f"respond: {written}").respond
    assert respond == RespondSequence(
        answers=(RespondFault(fault=WireFault.RESET), ACCEPTED_LATER, RespondError(status=500, items=())),
        after_last=AfterLast.RESTART,
    )


@pytest.mark.parametrize(
    ("after_last", "expected"),
    [
        (None, [0, 1, 1, 1, 1]),
        ("repeat_last", [0, 1, 1, 1, 1]),
        ("restart", [0, 1, 0, 1, 0]),
        ("default", [0, 1, None, None, None]),
    ],
)
def test_what_follows_the_last_answer(after_last: str | None, expected: list[int | None]) -> None:
    """The last again where nothing is said, else the first again or plain acceptance."""
    tail = f", after_last: {after_last}" if after_last else ""
    respond = load(f"respond: {{sequence: [{{fault: reset}}, {{delay: 5ms}}]{tail}}}").respond
    assert isinstance(respond, RespondSequence)
    answers: list[Answer] = [RespondFault(fault=WireFault.RESET), ACCEPTED_LATER]
    wanted = [ACCEPTED if index is None else answers[index] for index in expected]
    assert [respond.answer(asked) for asked in range(5)] == wanted


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{sequence: [{sequence: [{result: ok}]}]}", "3:23: an answer has no key 'sequence'"),
        ("{sequence: []}", "3:21: the list needs at least 1"),
        ("{sequence: [{result: ok}], delay: 1s}", "3:37: a sequence of answers has no key 'delay'"),
        ("{result: ok, after_last: restart}", "3:23: an answer has no key 'after_last'"),
        ("{sequence: [{result: ok}], after_last: again}", "3:49: 'again' is not allowed here: repeat_last"),
        ("{sequence: [{status: 200}]}", "3:31: 200 is below 400"),
        ("{fault: explode}", "3:18: 'explode' is not allowed here: reset"),
        ("{fault: reset, status: 500}", "3:25: a faulty answer has no key 'status'"),
        ("{fault: reset, session: sometimes}", "3:34: 'sometimes' is not allowed here: started, stopped, none"),
    ],
)
def test_a_wrong_answer_is_told_at_its_place(written: str, expected: str) -> None:
    """Also within a sequence, which holds no other."""
    (problem,) = complaints(f"respond: {written}")
    assert problem.startswith(expected)


# --- headers ---

RATE_LIMIT = {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}


@pytest.mark.parametrize("written", ["{status: 429}", "{error: 10011}"])
def test_too_many_requests_come_with_the_rate_limit(written: str) -> None:
    """Telnyx's three header fields; nothing is left of the limit."""
    headers = dict(headers_of(written))
    assert set(headers) == RATE_LIMIT
    assert headers["x-ratelimit-remaining"] == "0"
    assert all(value.isdigit() for value in headers.values())


def test_a_written_header_stands_in_for_the_usual_one_in_any_case() -> None:
    """Names of header fields know no case (RFC 9110 section 5.1)."""
    headers = headers_of("{status: 429, headers: {X-RateLimit-Reset: 30, Retry-After: '30'}}")
    assert [name.lower() for name, _ in headers].count("x-ratelimit-reset") == 1
    assert {("X-RateLimit-Reset", "30"), ("Retry-After", "30")} < set(headers)
    assert {name.lower() for name, _ in headers} == {*RATE_LIMIT, "retry-after"}


def test_other_errors_bring_no_headers_of_their_own() -> None:
    """Whole numbers become text, also those that are written with a point."""
    assert headers_of("{status: 503}") == ()
    assert headers_of("{status: 503, headers: {a: 1.0, b: x y, c: -2}}") == (("a", "1"), ("b", "x y"), ("c", "-2"))


@pytest.mark.parametrize(
    "name",
    [
        *("Connection", "content-length", "Content-Type", "DATE", "Server", "Transfer-Encoding"),
        *("X-Should-Retry", "x-emulator-scenario", "X-Emulator-Hint"),
    ],
)
def test_what_the_emulator_writes_itself_is_refused(name: str) -> None:
    """``sdk_retry`` says x-should-retry; the rest would break the answer."""
    assert complaints(f"respond: {{status: 500, headers: {{{name}: a}}}}") == [
        f"3:34: the emulator writes '{name}' itself"
    ]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("{A: 1, a: 2}", "3:40: the header 'a' stands here twice: case is one"),
        ("{a b: 1}", "3:34: this is no name of an HTTP header: 'a b' is not"),
        ('{a: "b\\r\\nc: d"}', "3:37: a header's value is a number or printable ASCII text"),
        ("{a: \u00e4}", "3:37: a header's value is a number or printable ASCII text"),
        ("{a: true}", "3:37: a header's value is a number or printable ASCII text"),
        ("{}", "3:33: it is empty: fill it in, or leave it out"),
        ('{a: "${vars.b}"}', "3:37: templates are filled in in payloads and durations, not here"),
    ],
)
def test_a_wrong_header_is_told_at_its_place(headers: str, expected: str) -> None:
    """No line break gets into an answer's head."""
    (problem,) = complaints(f"respond: {{status: 500, headers: {headers}}}")
    assert problem.startswith(expected)


@pytest.mark.parametrize("answer", ["result: ok", "fault: reset"])
def test_only_errors_have_headers(answer: str) -> None:
    """An acceptance is Telnyx's, and a fault has no head."""
    (problem,) = complaints(f"respond: {{{answer}, headers: {{a: b}}}}")
    assert "has no key 'headers'" in problem


# --- distributions ---


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{uniform: {min: 1s, max: 2s}}", Uniform(low=SECOND, high=2 * SECOND)),
        ('{uniform: {min: "${vars.p}", max: "${vars.p}"}}', Uniform(low=SECOND, high=SECOND)),
        ("{lognormal: {median: 1s, sigma: 1}}", Lognormal(median=SECOND, sigma=1.0, longest=MAX_DURATION)),
        (
            "{lognormal: {median: 1s, sigma: 0.5, max: 1s}}",
            Lognormal(median=SECOND, sigma=0.5, longest=SECOND),
        ),
    ],
)
def test_a_delay_may_be_drawn(written: str, expected: Uniform | Lognormal) -> None:
    """Of any answer; variables count within it."""
    scenario = load(
        f"vars: {{p: 1s}}\nrespond: {{delay: {written}}}\nrespond_stop: {{status: 500, delay: {written}}}"
    )
    assert scenario.respond == RespondOk(delay=expected)
    assert isinstance(scenario.respond_stop, RespondError)
    assert scenario.respond_stop.delay == expected


def test_only_the_timelines_durations_are_drawn_for_a_session() -> None:
    """An answer's delay is drawn when it answers."""
    drawn = "{uniform: {min: 1s, max: 2s}}"
    assert not load(f"respond: {{delay: {drawn}}}\ntimeline: [{{emit: siprec.failed}}]").random
    assert load(f"timeline: [{{emit: siprec.failed, after: {drawn}}}]").random
    assert load(f"timeline: [{{emit: siprec.failed, deliver: {{gap: {drawn}}}}}]").random


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{uniform: {min: 2s, max: 1s}}", ["3:43: 'max' is shorter than 'min'"]),
        ("{lognormal: {median: 2s, sigma: 1, max: 1s}}", ["3:58: 'max' is shorter than 'median'"]),
        (
            "{uniform: {min: 30h, max: 40h}}",
            [
                "3:34: '30h' is longer than 24h, the longest duration there is",
                "3:44: '40h' is longer than 24h, the longest duration there is",
            ],
        ),
        (
            '{uniform: {min: "${vars.a}", max: 1s}}',
            ["3:34: 'vars.a' is not declared under vars; this scenario declares none"],
        ),
        ("{uniform: {min: 1s}}", ["3:28: uniform needs 'max'"]),
        ("{lognormal: {median: 1s, sigma: 0}}", ["3:50: 0 is not above 0"]),
        ("{lognormal: {median: 1s, sigma: 11}}", ["3:50: 11 is above 10, the most"]),
        ("{normal: {mean: 1s}}", None),
        ("{uniform: {min: 1s, max: 2s}, lognormal: {median: 1s, sigma: 1}}", None),
    ],
)
def test_a_wrong_distribution_is_told_at_its_place(written: str, expected: list[str] | None) -> None:
    """What the schema can't see, and what it can."""
    found = complaints(f"respond: {{delay: {written}}}")
    assert found == expected if expected else found
