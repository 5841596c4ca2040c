"""Loading scenarios: what a file becomes, and every complaint at its place with what was probably meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emulator.core.draws import Lognormal, Uniform
from emulator.core.effects import Backoff, DeliveryPolicy, Order, Signing, SignMode, Simulate, SuccessRule
from emulator.core.errors import ErrorItem, ScenarioError
from emulator.core.models import HOUR, MILLISECOND, MINUTE, SECOND, EventType, Route
from emulator.core.scenario.grammar import Grammar
from emulator.core.scenario.load import INLINE, load_inline, load_scenario, load_scenarios
from emulator.core.scenario.model import (
    CommandSeen,
    Deliver,
    Emit,
    End,
    Match,
    Matcher,
    MatchKind,
    RespondError,
    RespondOk,
    Scenario,
    ScriptedAttempt,
    WaitFor,
    WebhookAcked,
)

if TYPE_CHECKING:
    from emulator.core.models import JsonValue

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "scenario.schema.json").read_bytes())
GRAMMAR = Grammar(SCHEMA)
HEAD = "version: 1\nname: x\n"
DURATION_RULE = "a duration is a number and its unit, such as 250ms, 30s, 10m or 1h"
NAME_RULE = "a name is 1 to 64 letters, digits, '.', '_' and '-', and starts with a letter or digit"


def load(body: str = "", *, head: str = HEAD) -> Scenario:
    """A scenario called ``x`` with ``body`` below its two first lines."""
    return load_scenario(head + body, file="s.yaml", grammar=GRAMMAR)


def complaints(body: str, *, head: str = HEAD) -> list[str]:
    """``line:column: message`` of each problem, lines as in the whole file (``body`` starts at line 3)."""
    with pytest.raises(ScenarioError) as caught:
        load(body, head=head)
    return [str(problem).removeprefix("s.yaml:") for problem in caught.value.problems]


def wrong_scenarios() -> list[tuple[str, list[str]]]:
    """The cases of ``wrong_scenarios.txt``: the body of each and its complaints."""
    text = (Path(__file__).parent / "wrong_scenarios.txt").read_text()
    blocks = [block.splitlines() for block in text.split("\n\n") if not block.startswith("#")]
    return [
        (
            "\n".join(line for line in block if not line.startswith("=> ")),
            [line.removeprefix("=> ") for line in block if line.startswith("=> ")],
        )
        for block in blocks
    ]


# --- what a file becomes ---


def test_a_name_and_a_version_are_a_scenario() -> None:
    """It accepts, and its session ends without events."""
    assert load() == Scenario(name="x", source="s.yaml", text=HEAD)


def test_the_whole_of_the_language_that_runs_is_loaded() -> None:
    """Each construct becomes its frozen value, durations in microseconds, variables resolved."""
    text = """\
version: 1
name: whole
description: All of it.
priority: 7
vars: {pause: 1.5s, who: me, n: 2}
match:
  call_control_id: {prefix: "v3:"}
  headers: {X-Test: "1", X-Run: {present: true}}
  body: {connector_name: {glob: "*-silent"}, port: {one_of: [1, "a", null]}, secure: true, a: {equals: 1.5}}
respond: {result: ok, delay: 20ms}
respond_stop: {status: 503, delay: 1s, sdk_retry: true, headers: {Retry-After: 3}, session: stopped}
delivery:
  timeout: 3s
  attempts_per_url: 4
  backoff: {first: 1s, factor: 1.5, max: 10m}
  failover: false
  success: 200
  order: per_session
  concurrency: 4
timeline:
  - {emit: siprec.started, after: "${vars.pause}", payload: {who: "${vars.who}", list: ["${uuid}", 1]}}
  - wait_for: {any: [{command: siprec_stop}, {webhook_acked: siprec.started}]}
    timeout: 1h
    then:
      - {emit: siprec.stopped, at: 2m}
      - end
    on_timeout:
      - wait_for: {command: siprec_stop}
        timeout: {uniform: {min: 1s, max: "${vars.pause}"}}
  - emit: siprec.failed
    after: {lognormal: {median: 1s, sigma: 0.5, max: 3s}}
    deliver:
      delay: 2s
      copies: 2
      gap: 1s
      same_id: false
      url: http://other.test/hook
      attempts: [{simulate: drop}, {url: "https://third.test/", simulate: ack_lost}, {url: "http://b"}]
    sign: {mode: wrong_key, timestamp_skew: -10m}
"""
    assert load_scenario(text.encode(), file="w.yaml", grammar=GRAMMAR) == Scenario(
        name="whole",
        description="All of it.",
        priority=7,
        vars={"pause": "1.5s", "who": "me", "n": 2},
        match=Match(
            call_control_id=Matcher(kind=MatchKind.PREFIX, operand="v3:"),
            headers={
                "x-test": Matcher(kind=MatchKind.EQUALS, operand="1"),
                "x-run": Matcher(kind=MatchKind.PRESENT, operand=True),
            },
            body={
                "connector_name": Matcher(kind=MatchKind.GLOB, operand="*-silent"),
                "port": Matcher(kind=MatchKind.ONE_OF, operand=(1, "a", None)),
                "secure": Matcher(kind=MatchKind.EQUALS, operand=True),
                "a": Matcher(kind=MatchKind.EQUALS, operand=1.5),
            },
        ),
        respond=RespondOk(delay=20 * MILLISECOND),
        respond_stop=RespondError(
            status=503,
            items=(
                ErrorItem(
                    code="10007",
                    title="Service unavailable",
                    detail="Service unavailable",
                    url="https://developers.telnyx.com/docs/overview/errors/10007",
                ),
            ),
            delay=SECOND,
            sdk_retry=True,
            headers=(("Retry-After", "3"),),
            takes_effect=True,
        ),
        delivery=DeliveryPolicy(
            timeout=3 * SECOND,
            attempts_per_url=4,
            backoff=Backoff(first=SECOND, factor=1.5, max=10 * MINUTE),
            failover=False,
            success=SuccessRule.ONLY_200,
            order=Order.PER_SESSION,
            concurrency=4,
        ),
        timeline=(
            Emit(
                event=EventType.STARTED,
                after=1500 * MILLISECOND,
                payload={"who": "${vars.who}", "list": ["${uuid}", 1]},
            ),
            WaitFor(
                conditions=(CommandSeen(command=Route.SIPREC_STOP), WebhookAcked(event=EventType.STARTED)),
                timeout=HOUR,
                then=(Emit(event=EventType.STOPPED, at=2 * MINUTE), End()),
                on_timeout=(
                    WaitFor(
                        conditions=(CommandSeen(command=Route.SIPREC_STOP),),
                        timeout=Uniform(low=SECOND, high=1500 * MILLISECOND),
                    ),
                ),
            ),
            Emit(
                event=EventType.FAILED,
                after=Lognormal(median=SECOND, sigma=0.5, longest=3 * SECOND),
                deliver=Deliver(
                    delay=2 * SECOND,
                    copies=2,
                    gap=SECOND,
                    same_id=False,
                    url="http://other.test/hook",
                    attempts=(
                        ScriptedAttempt(simulate=Simulate.DROP),
                        ScriptedAttempt(url="https://third.test/", simulate=Simulate.ACK_LOST),
                        ScriptedAttempt(url="http://b"),
                    ),
                ),
                signing=Signing(mode=SignMode.WRONG_KEY, skew=-10 * MINUTE),
            ),
        ),
        random=True,
        source="w.yaml",
        text=text,
    )


def test_what_delivery_leaves_out_comes_from_the_given_policy() -> None:
    """So that a flag still counts beside a scenario that changes one thing."""
    base = DeliveryPolicy(timeout=9 * SECOND, attempts_per_url=5, backoff=Backoff(first=MINUTE, max=MINUTE))
    text = HEAD + "delivery: {failover: false}\n"
    loaded = load_scenario(text, file="s", grammar=GRAMMAR, delivery=base)
    assert loaded.delivery == DeliveryPolicy(
        timeout=9 * SECOND, attempts_per_url=5, backoff=Backoff(first=MINUTE, max=MINUTE), failover=False
    )


def test_a_longer_first_pause_lifts_the_longest_that_was_not_written() -> None:
    """``backoff: {first: 5m}`` alone is no contradiction."""
    delivery = load("delivery: {backoff: {first: 5m}}").delivery
    assert delivery is not None
    assert delivery.backoff == Backoff(first=5 * MINUTE, max=5 * MINUTE)


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    """The control API shows the text as it was written."""
    assert load_scenario(b"\xef\xbb\xbf" + HEAD.encode(), file="s", grammar=GRAMMAR).text == HEAD


def test_a_template_may_escape() -> None:
    """A payload that holds a literal ``${``."""
    assert load('timeline: [{emit: siprec.failed, payload: {a: "$${x}"}}]').timeline


# --- respond.error ---

ENDED = ErrorItem(
    code="90018",
    title="Call has already ended",
    detail="This call is no longer active and can't receive commands.",
)
URL = "https://developers.telnyx.com/docs/overview/errors/"


@pytest.mark.parametrize(
    ("written", "status", "items"),
    [
        ('error: "90018"', 422, (ENDED,)),
        ("error: 90018", 422, (ENDED,)),
        ("error: 90018.0", 422, (ENDED,)),
        ("{error: 90018, status: 409}", 409, (ENDED,)),
        (
            "error: 10009",
            401,
            (
                ErrorItem(
                    code="10009",
                    title="Authentication failed",
                    detail="Could not understand the provided credentials.",
                    url=URL + "10009",
                ),
            ),
        ),
        ("error: [90018, 90018]", 422, (ENDED, ENDED)),
        ("error: []", 422, ()),
        ("{error: [], status: 502}", 502, ()),
        (
            "error: {code: 90018, detail: Gone., pointer: /a~1b, url: u}",
            422,
            (ErrorItem(code="90018", title="Call has already ended", detail="Gone.", pointer="/a~1b", url="u"),),
        ),
        ("error: {code: '1', title: T}", 422, (ErrorItem(code="1", title="T"),)),
        (
            "error: {detail: Resource not found}",
            422,
            (ErrorItem(code=None, title=None, detail="Resource not found"),),
        ),
    ],
)
def test_an_error_is_a_code_or_written_out_or_a_list(
    written: str, status: int, items: tuple[ErrorItem, ...]
) -> None:
    """Title, detail and status come from Telnyx's catalogue where they are left out; codes are text."""
    respond = load(f"respond: {written if written.startswith('{') else '{' + written + '}'}").respond
    assert respond == RespondError(status=status, items=items)


@pytest.mark.parametrize(
    ("status", "code", "title"),
    [
        (401, "10009", "Authentication failed"),
        (403, "10010", "Authorization failed"),
        (404, "10005", "Resource not found"),
        (429, "10011", "Too many requests"),
        (500, "10007", "Internal server error"),
        (503, "10007", "Service unavailable"),
        (418, "10015", "Bad Request"),
        (599, "10007", "Internal server error"),
    ],
)
def test_a_status_alone_brings_the_error_that_goes_with_it(status: int, code: str, title: str) -> None:
    """Documented codes for documented statuses, a general one of the same class for others."""
    respond = load(f"respond: {{status: {status}}}").respond
    assert isinstance(respond, RespondError)
    assert respond.status == status
    assert [(item.code, item.title) for item in respond.items] == [(code, title)]


# --- complaints ---


@pytest.mark.parametrize(("body", "expected"), wrong_scenarios())
def test_what_is_wrong_is_explained_at_its_place(body: str, expected: list[str]) -> None:
    """What is wrong, and what was probably meant: of the structure, and of what the schema can't see."""
    assert complaints(body) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", ["1:1: the file is empty"]),
        ("[]", ["1:1: expected a mapping, found a list"]),
        ("name: x", ["1:1: a scenario needs 'version'"]),
        ("{}", ["1:1: a scenario needs 'name'", "1:1: a scenario needs 'version'"]),
        ("version: 2\nname: x", ["1:10: expected 1, found 2"]),
        (
            "version: 1\nname: a b",
            [f"2:7: {NAME_RULE}: 'a b' is not"],
        ),
    ],
)
def test_the_top_of_a_file_is_checked(head: str, expected: list[str]) -> None:
    """Version and name are needed."""
    assert complaints("", head=head) == expected


def test_every_violation_is_reported_at_once() -> None:
    """In the order of the file."""
    found = complaints("prio: 1\nrespond: {status: 1}\ntimeline: [x, {emit: y}]\n")
    assert [line.split(": ")[0] for line in found] == ["3:1", "4:19", "5:12", "5:22"]


def test_a_long_value_is_cut_in_messages() -> None:
    """A message stays readable."""
    (problem,) = complaints(f"timeline: [{'e' * 500}]")
    assert len(problem) < 150


def test_where_only_the_compiled_checker_refuses_its_words_are_used() -> None:
    """Python's ``$`` lets a line break at the end through, that of JSON Schema doesn't."""
    (problem,) = complaints("", head='version: 1\nname: "x\\n"\n')
    assert problem.startswith("2:7: ")
    assert "\n" not in problem


def test_words_for_a_keyword_that_the_schema_may_gain() -> None:
    """What has no wording of ours is said in jsonschema's words."""
    grammar = Grammar(
        {"type": "object", "properties": {"a": {"multipleOf": 2}, "b": {"exclusiveMinimum": 0, "pattern": "x"}}}
    )
    with pytest.raises(ScenarioError, match="3 is not a multiple of 2"):
        load_scenario("a: 3", file="s", grammar=grammar)
    with pytest.raises(ScenarioError, match="0 is not above 0"):
        load_scenario("b: 0", file="s", grammar=grammar)
    with pytest.raises(ScenarioError, match="'y' is not of the form x"):
        load_scenario("b: y", file="s", grammar=grammar)


def test_lists_and_mappings_have_their_bounds() -> None:
    """A message for each."""
    assert complaints(f"timeline: [{'end, ' * 201}]") == ["3:11: the list has over 200"]
    many = ", ".join(f"v{n}: 1" for n in range(101))
    assert complaints(f"vars: {{{many}}}") == ["3:7: it has over 100 keys"]


def test_what_is_beyond_a_lists_bound_is_not_looked_at() -> None:
    """It would only cost time: a body of a mebibyte holds tens of thousands of steps."""
    assert complaints(f"timeline: [{'end, ' * 200}never]") == ["3:11: the list has over 200"]
    assert complaints(f"timeline: [{'end, ' * 199}never, end]")[0] == "3:11: the list has over 200"
    assert len(complaints(f"timeline: [{'end, ' * 199}never, end]")) == 2


def test_a_path_that_resembles_nothing_lists_what_there_is() -> None:
    """All roots are named."""
    (problem,) = complaints('timeline: [{emit: siprec.started, payload: {a: "${zzzzzz}"}}]')
    assert problem.startswith("3:48: '${zzzzzz}' names nothing; there are call.id, ")
    assert problem.endswith("request.body.x, request.headers.x and vars.x")


def test_a_name_too_long_to_compare_gets_no_guess() -> None:
    """Comparing is slow, and a name that long is no typing error."""
    (problem,) = complaints(f"respond: {{error: {'n' * 300}}}")
    assert "did you mean" not in problem


@pytest.mark.parametrize(
    "path", ["request.body", "request.body.a.b", "request.headers.x-a", "now", "seq", "uuid", "session.id"]
)
def test_a_path_that_can_exist_is_accepted(path: str) -> None:
    """The request decides what is below its body and headers."""
    assert load(f'timeline: [{{emit: siprec.started, payload: {{a: "${{{path}}}"}}}}]').timeline


def test_steps_nest_to_a_bound() -> None:
    """Eight lists within each other, not nine."""

    def nested(depth: int) -> str:
        step = "end"
        for _ in range(depth - 1):
            step = f"{{wait_for: {{command: siprec_stop}}, then: [{step}]}}"
        return f"timeline: [{step}]"

    assert load(nested(8)).timeline
    (problem,) = complaints(nested(9))
    assert problem.endswith("steps are nested deeper than 8 lists")


# --- several files ---


def test_several_files_report_together_and_names_differ() -> None:
    """One run shows what is wrong in each."""
    files = [("a.yaml", HEAD), ("b.yaml", HEAD), ("c.yaml", "name: c"), ("d.yaml", "version: 1\nname: d\n")]
    with pytest.raises(ScenarioError) as caught:
        load_scenarios(files, grammar=GRAMMAR)
    assert [str(problem) for problem in caught.value.problems] == [
        "b.yaml:2:7: the name 'x' is taken by a.yaml",
        "c.yaml:1:1: a scenario needs 'version'",
    ]
    loaded = load_scenarios([files[3], files[0]], grammar=GRAMMAR)
    assert [scenario.name for scenario in loaded] == ["d", "x"]


# --- out of a body ---


def inline(value: JsonValue) -> Scenario:
    """A scenario that stands at ``/scenario`` in a request's body."""
    return load_inline(value, root="/scenario", grammar=GRAMMAR)


def inline_complaints(value: JsonValue) -> list[str]:
    """``pointer: message`` of each problem."""
    with pytest.raises(ScenarioError) as caught:
        inline(value)
    return [str(problem) for problem in caught.value.problems]


def test_a_scenario_within_a_body_needs_neither_version_nor_name() -> None:
    """Its text is what the control API shows of it, and loads as a file as well."""
    loaded = inline({"timeline": [{"emit": "siprec.failed"}]})
    assert (loaded.name, loaded.source) == (INLINE, INLINE)
    assert loaded.timeline == (Emit(event=EventType.FAILED),)
    assert load_scenario(loaded.text, file=INLINE, grammar=GRAMMAR) == loaded
    assert inline({"version": 1, "name": "mine"}).name == "mine"


def test_places_within_a_body_are_json_pointers() -> None:
    """From the root of the body (RFC 6901): nobody numbers the lines of a request."""
    assert inline_complaints({"timeline": [{"emit": "siprec.failed", "after": "soon"}]}) == [
        f"/scenario/timeline/0/after: {DURATION_RULE}: 'soon' is not"
    ]
    assert inline_complaints({"vars": {"a": "${b}"}, "timeline": ["end", "end"]}) == [
        "/scenario/timeline/1: this step is never reached: 'end' stands before it",
        "/scenario/vars/a: templates are filled in in payloads and durations, not here",
    ]
    (problem,) = inline_complaints({"a/b": 1})
    assert problem.startswith("/scenario/a~1b: a scenario has no key 'a/b'; it has version, name, ")
    assert inline_complaints([]) == ["/scenario: expected a mapping, found a list"]


def test_what_an_inline_delivery_leaves_out_comes_from_the_given_policy() -> None:
    """As for a file."""
    base = DeliveryPolicy(attempts_per_url=5)
    loaded = load_inline({"delivery": {"failover": False}}, root="", grammar=GRAMMAR, delivery=base)
    assert loaded.delivery == DeliveryPolicy(attempts_per_url=5, failover=False)


# --- warnings ---


def test_a_scenario_brings_its_warnings() -> None:
    """It loads all the same; of several each keeps its own."""
    waits = "version: 1\nname: w\ntimeline:\n  - wait_for: {command: siprec_stop}\n"
    quiet, loud = load_scenarios([("a.yaml", HEAD), ("b.yaml", waits)], grammar=GRAMMAR)
    assert quiet.warnings == ()
    (warning,) = loud.warnings
    assert str(warning).startswith("b.yaml:4:5: the timeline never ends by itself")
    (warning,) = inline({"timeline": [{"wait_for": {"command": "siprec_stop"}}]}).warnings
    assert str(warning).startswith("/scenario/timeline/0/wait_for: the timeline never ends by itself")
