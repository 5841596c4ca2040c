"""The scenario language as a whole: recording servers, the schema itself, and any input."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.effects import Order, SignMode, Simulate, WireFault
from emulator.core.errors import ScenarioError
from emulator.core.models import RECORDING_EVENTS
from emulator.core.scenario.drawing import draw_all, is_random
from emulator.core.scenario.grammar import Grammar
from emulator.core.scenario.load import load_inline, load_scenario
from emulator.core.scenario.model import (
    TELL_CANCELLED,
    TELL_FAILED,
    TELL_STARTED,
    AfterLast,
    Dial,
    RespondSequence,
)
from emulator.core.srs import Misconduct, OneTrack
from emulator.core.yaml_reader import MAX_PROBLEMS

if TYPE_CHECKING:
    from emulator.core.models import JsonValue
    from emulator.core.scenario.model import Scenario

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "scenario.schema.json").read_bytes())
GRAMMAR = Grammar(SCHEMA)
HEAD = "version: 1\nname: x\n"


def load(body: str) -> Scenario:
    """The scenario that is written in ``body``."""
    return load_scenario(HEAD + body, file="s.yaml", grammar=GRAMMAR)


def complaints(body: str) -> list[str]:
    """``line:column: message`` of each problem, lines as in the whole file (``body`` starts at line 3)."""
    with pytest.raises(ScenarioError) as caught:
        load_scenario(HEAD + body, file="s.yaml", grammar=GRAMMAR)
    return [str(problem).removeprefix("s.yaml:") for problem in caught.value.problems]


# --- recording servers ---


@pytest.mark.parametrize(
    ("body", "place"),
    [("{dial: srs}", "4:19"), ("{wait_for: {srs: bye}}", "4:29"), ("{wait_for: {any: [{srs: ended}]}}", "4:36")],
)
def test_only_recordings_have_a_recording_server(body: str, place: str) -> None:
    (told,) = complaints(f"plays: dial\ntimeline: [{body}]")
    assert told == f"{place}: a recording dials its recording server, and this plays a call"


def test_what_a_recording_server_tells_is_not_there_for_calls() -> None:
    (told,) = complaints('plays: dial\ntimeline: [{emit: call.hangup, payload: {x: "${srs.cause}"}}]')
    assert told.endswith("'${srs.cause}' is there in recordings alone: a call has no recording server")


def test_a_dial_may_do_much_wrong() -> None:
    wire = "late_cancel: true, no_refresh: true, missing_label: true, wrong_boundary: true, invalid_metadata: true"
    media = "only_track: outbound, loss: 1, reordering: 0.5, jitter: 20ms, codec_change: 1s, silence: '${vars.x}'"
    scenario = load(f"vars: {{x: 2s}}\ntimeline: [{{dial: srs, at: 1s, wire: {{{wire}, {media}}}}}]")
    (dial,) = scenario.timeline
    assert isinstance(dial, Dial)
    assert dial.at == 1_000_000
    assert dial.misconduct == Misconduct(
        late_cancel=True,
        no_refresh=True,
        missing_label=True,
        wrong_boundary=True,
        invalid_metadata=True,
        only_track=OneTrack.OUTBOUND,
        loss=1.0,
        reordering=0.5,
        jitter=20_000,
        codec_change=1_000_000,
        silence=2_000_000,
    )


def test_a_dial_that_says_nothing_tells_what_comes_of_it_and_does_nothing_wrong() -> None:
    (dial,) = load("timeline: [{dial: srs}]").timeline
    assert dial == Dial(answered=TELL_STARTED, failed=TELL_FAILED, cancelled=TELL_CANCELLED)


def test_a_dial_s_durations_are_drawn_like_any_other() -> None:
    uniform = "{uniform: {min: 1s, max: 9s}}"
    for body in (
        f"{{dial: srs, after: {uniform}}}",
        f"{{dial: srs, at: {uniform}}}",
        f"{{dial: srs, timeout: {uniform}}}",
        f"{{dial: srs, failed: [{{emit: siprec.failed, after: {uniform}}}]}}",
    ):
        scenario = load(f"timeline: [{body}]")
        assert scenario.random
        drawn = draw_all(scenario.timeline, random.Random(1))  # noqa: S311 - a draw, no secret
        assert not is_random(drawn)
        assert drawn == draw_all(scenario.timeline, random.Random(1))  # noqa: S311 - likewise


# --- structure ---


@pytest.mark.parametrize(
    "body",
    [
        "respond: {fault: explode}",
        "respond: {sequence: []}",
        "timeline: [{emit: siprec.failed, after: {uniform: {min: 1s}}}]",
        "timeline: [{emit: siprec.failed, deliver: {copis: 2}}]",
        "timeline: [{emit: siprec.failed, sign: {mode: bad}}]",
        "timeline: [{dial: pbx}]",
        "timeline: [{hangup: srs}]",
        "timeline: [{wait_for: {srs: rang}}]",
        "timeline: [{dial: srs, wire: {}}]",
        "timeline: [{dial: srs, wire: {loss: 2}}]",
        "timeline: [{dial: srs, wire: {lose: 1}}]",
        "timeline: [{dial: srs, after: 1s, at: 1s}]",
        "delivery: {order: per_call}",
    ],
)
def test_a_wrong_use_is_told_once(body: str) -> None:
    assert len(complaints(body)) == 1


@pytest.mark.parametrize(
    "body",
    [
        f"timeline: [{'7, ' * 5000}]",
        "".join(f"wrong{n}: 1\n" for n in range(5000)),
        "timeline: [{emit: siprec.failed, payload: {a: [" + "'${x}', " * 5000 + "]}}]",
    ],
    ids=["violations", "unknown keys", "templates"],
)
def test_the_number_of_complaints_is_bounded(body: str) -> None:
    """A hostile file costs neither time nor a screen: each complaint looks for what was meant, which is slow."""
    assert len(complaints(body)) == MAX_PROBLEMS


# --- the schema itself, and any input ---


def test_the_schema_is_one_and_describes_everything() -> None:
    """Editors show the descriptions: each property has one, its own or that of what it refers to."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == "https://siprec-emulator.dev/schemas/scenario.schema.json"
    silent: list[str] = []

    def visit(node: JsonValue, path: str) -> None:
        if isinstance(node, list):
            for index, inner in enumerate(node):
                visit(inner, f"{path}/{index}")
        if not isinstance(node, dict):
            return
        if node.get("additionalProperties") is False:
            for name, inner in node["properties"].items():
                target = SCHEMA["$defs"].get(inner.get("$ref", "").removeprefix("#/$defs/"), {})
                if "description" not in {**target, **inner}:
                    silent.append(f"{path}/{name}")
        for key, inner in node.items():
            visit(inner, f"{path}/{key}")

    visit(SCHEMA, "")
    assert silent == []


SPICE = [
    *("version: 1", "name: x", "timeline:", "- emit: siprec.started", "  after: 1s", "- end", "respond:", "match"),
    *(
        "{",
        "}",
        "[",
        "]",
        ": ",
        ", ",
        "\n",
        "  ",
        "'",
        '"',
        "body",
        "vars:",
        "null",
        "1",
        "error: 90018",
        "*a",
        "&a ",
    ),
    *(
        "fault: trickle",
        "over: 1s",
        "sequence: ",
        "session: none",
        "headers: ",
        "deliver: ",
        "sign: ",
        "uniform: ",
    ),
    "${vars.x}",
]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=100) | st.text(max_size=60) | st.lists(st.sampled_from(SPICE), max_size=25).map("".join))
def test_no_bytes_do_worse_than_a_scenario_error(source: bytes | str) -> None:
    """Also below a right head, where the semantic checks are reached."""
    for text in (source, HEAD + source if isinstance(source, str) else HEAD.encode() + source):
        try:
            load_scenario(text, file="s", grammar=GRAMMAR)
        except ScenarioError as refused:
            assert refused.problems  # noqa: PT017 - that it may also load is the point


DURATIONS = st.sampled_from(["0s", "250ms", "1.5s", "10m", "24h", "${vars.pause}"])
DISTRIBUTIONS = st.builds(
    lambda ends: {"uniform": {"min": min(ends), "max": max(ends)}},
    st.lists(st.sampled_from(["1s", "2s", "3s"]), min_size=2, max_size=2),
) | st.builds(
    lambda sigma, longest: {"lognormal": {"median": "1s", "sigma": sigma, **longest}},
    st.sampled_from([0.1, 1, 10.0]),
    st.just({}) | st.fixed_dictionaries({"max": st.sampled_from(["1s", "1h", "${vars.pause}"])}),
)
DELAYS = DURATIONS | DISTRIBUTIONS
URLS = st.sampled_from(["http://a", "https://b.test:8443/hook?x=1", "http://[::1]:80/"])
TIMES = st.fixed_dictionaries({}, optional={"after": DELAYS}) | st.fixed_dictionaries({}, optional={"at": DELAYS})
PAYLOADS = st.dictionaries(
    st.text("ab \u00e9:#-", max_size=5),
    st.none() | st.integers(0, 9) | st.sampled_from(["text", "${call.id}", 'a ${request.body.x | "b"}', "${now}"]),
    max_size=3,
)


def _some(**optional: st.SearchStrategy[JsonValue]) -> st.SearchStrategy[dict[str, JsonValue]]:
    """A mapping with at least one of these keys."""
    return st.fixed_dictionaries({}, optional=optional).filter(bool)


ATTEMPTS = _some(url=URLS, simulate=st.sampled_from([simulate.value for simulate in Simulate]))
DELIVERS = _some(
    delay=DELAYS,
    copies=st.integers(0, 100),
    gap=DELAYS,
    same_id=st.booleans(),
    url=URLS,
    attempts=st.lists(ATTEMPTS, min_size=1, max_size=3),
)
SIGNS = _some(
    mode=st.sampled_from([mode.value for mode in SignMode]),
    timestamp_skew=st.sampled_from(["0s", "-0s", "10m", "-10m", "-24h", "1.5s"]),
)
EMITS = st.builds(
    lambda event, times, payload, manner: {"emit": event, **times, "payload": payload, **manner},
    st.sampled_from([event.value for event in RECORDING_EVENTS]),
    TIMES,
    PAYLOADS,
    st.fixed_dictionaries({}, optional={"deliver": DELIVERS, "sign": SIGNS}),
)
CONDITIONS = st.sampled_from([{"command": "siprec_stop"}, {"webhook_acked": "siprec.started"}])


def _answers(took: str) -> st.SearchStrategy[JsonValue]:
    """Any one answer of a command whose effect is called ``took``."""
    common = {"delay": DELAYS, "session": st.sampled_from([took, "none"])}
    accepted = st.fixed_dictionaries({}, optional={"result": st.just("ok"), **common})
    headers = st.dictionaries(
        st.sampled_from(["Retry-After", "x-ratelimit-reset", "X-Other"]),
        st.integers(-1, 99) | st.sampled_from(["", "a b", "~"]),
        min_size=1,
    )
    errors = st.sampled_from(["90018", 10011, [], {"detail": "Gone."}, [{"code": 1, "title": "T"}]])
    more = {"error": errors, "sdk_retry": st.booleans(), "headers": headers, **common}
    failed = st.fixed_dictionaries({"status": st.integers(400, 599)}, optional=more)
    faults = st.sampled_from([fault.value for fault in WireFault if fault is not WireFault.TRICKLE])
    faulty = st.fixed_dictionaries({"fault": faults}, optional=common)
    trickling = st.fixed_dictionaries({"fault": st.just("trickle")}, optional={"over": DURATIONS, **common})
    return accepted | failed | faulty | trickling


def _responds(took: str) -> st.SearchStrategy[JsonValue]:
    """Any answer, or a sequence of them."""
    answers = _answers(took)
    return answers | st.fixed_dictionaries(
        {"sequence": st.lists(answers, min_size=1, max_size=3)},
        optional={"after_last": st.sampled_from([after.value for after in AfterLast])},
    )


DELIVERIES = _some(
    timeout=st.sampled_from(["1ms", "2s"]),
    attempts_per_url=st.integers(1, 20),
    failover=st.booleans(),
    order=st.sampled_from([order.value for order in Order]),
    concurrency=st.integers(1, 1000),
)


def _waits(steps: st.SearchStrategy[list[JsonValue]]) -> st.SearchStrategy[JsonValue]:
    return st.builds(
        lambda any_of, timeout, then, on_timeout: {
            "wait_for": {"any": any_of},
            "timeout": timeout,
            "then": then,
            "on_timeout": on_timeout,
        },
        st.lists(CONDITIONS, min_size=1, max_size=2),
        DELAYS,
        steps,
        steps,
    )


TIMELINES = st.recursive(
    st.lists(EMITS, max_size=2), lambda steps: st.lists(_waits(steps), max_size=2), max_leaves=4
)
DOCUMENTS = st.fixed_dictionaries(
    {
        "name": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True),
        "timeline": st.builds(lambda steps, ends: [*steps, "end"] if ends else steps, TIMELINES, st.booleans()),
    },
    optional={"respond": _responds("started"), "respond_stop": _responds("stopped"), "delivery": DELIVERIES},
)
NEVER_RUNS = "no answer under 'respond' starts a session, so this timeline would never run"


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS)
def test_what_the_grammar_generates_loads(written: dict[str, JsonValue]) -> None:
    """Every step and answer written becomes one loaded, loading again gives the same, as a body gives it too."""
    document = {"version": 1, "vars": {"pause": "3s"}, **written}
    text = json.dumps(document, ensure_ascii=False)
    try:
        loaded = load_scenario(text, file="s", grammar=GRAMMAR)
    except ScenarioError as refused:
        # Not the grammar's to see: a timeline that no answer lets begin.
        assert [problem.message for problem in refused.problems] == [NEVER_RUNS]  # noqa: PT017 - most load
        assert written["timeline"]
        return
    assert loaded.name == written["name"]
    assert len(loaded.timeline) == len(written["timeline"])
    assert isinstance(loaded.respond, RespondSequence) == ("sequence" in written.get("respond", {}))
    assert load_scenario(loaded.text, file="s", grammar=GRAMMAR) == loaded
    inline = load_inline(document, root="", grammar=GRAMMAR)
    assert replace(inline, source="s", text=text, warnings=loaded.warnings) == loaded
    # the other comes in the order of the walk, since it has no lines to sort by
    assert sorted(one.message for one in inline.warnings) == sorted(one.message for one in loaded.warnings)
    steps = json.dumps(written["timeline"])
    assert loaded.random == ("uniform" in steps or "lognormal" in steps)
