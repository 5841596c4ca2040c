"""Which scenario plays, and why each other one doesn't."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.errors import UnknownScenario
from emulator.core.scenario.model import Match, Matcher, MatchKind, Scenario
from emulator.core.selection import Catalog, Rule, Subject, choose, explain

if TYPE_CHECKING:
    from emulator.core.models import JsonValue


def subject(**changes: JsonValue) -> Subject:
    """A start on call ``v3:abc`` through connector ``x``, with changes."""
    facts = {"call_control_id": "v3:abc", "headers": {}, "body": {"connector_name": "x"}, "connector_name": "x"}
    return Subject(**{**facts, **changes})


def body_is(kind: MatchKind, operand: JsonValue, field: str = "connector_name") -> Match:
    """A match of one body field."""
    return Match(body={field: Matcher(kind=kind, operand=operand)})


PLAIN = Scenario(name="plain")
OTHER = Scenario(name="other")
TO_X = Scenario(name="to-x", match=body_is(MatchKind.EQUALS, "x"))
CATALOG = Catalog.of([PLAIN, OTHER, TO_X])


def test_the_rules_are_asked_in_their_order() -> None:
    """Header, queue, magic connector, match, default: each wins over all that come after it."""
    magic = {"connector_name": "emu:other", "body": {"connector_name": "x"}}
    named = {"headers": {"x-emulator-scenario": "plain"}}
    queued = Scenario(name="queued")
    choices = [
        choose(subject(**named, **magic), CATALOG, "other", queued=queued),
        choose(subject(**magic), CATALOG, "other", queued=queued),
        choose(subject(**magic), CATALOG, "plain"),
        choose(subject(), CATALOG, "plain"),
        choose(subject(body={}), CATALOG, "plain"),
    ]
    assert [(choice.rule, choice.scenario.name) for choice in choices] == [
        (Rule.HEADER, "plain"),
        (Rule.QUEUE, "queued"),
        (Rule.MAGIC_CONNECTOR, "other"),
        (Rule.MATCH, "to-x"),
        (Rule.DEFAULT, "plain"),
    ]
    assert [rule.value for rule in Rule] == [
        "header",
        "queue",
        "magic_connector",
        "magic_callee",
        "match",
        "default",
    ]


def test_a_choice_says_in_words_what_decided() -> None:
    """For the journal."""
    named = choose(subject(headers={"x-emulator-scenario": "plain"}), CATALOG, "other")
    assert named.detail == "the X-Emulator-Scenario header names it"
    magic = choose(subject(connector_name="emu:plain"), CATALOG, "other")
    assert magic.detail == "the connector name 'emu:plain' names it"


@pytest.mark.parametrize(
    ("changes", "source"),
    [
        ({"headers": {"x-emulator-scenario": "plian"}}, "The X-Emulator-Scenario header"),
        ({"connector_name": "emu:plian"}, "The connector name 'emu:plian'"),
    ],
)
def test_a_name_that_is_none_is_refused_with_the_nearest(changes: dict[str, JsonValue], source: str) -> None:
    """422, saying where the name stood and what was probably meant."""
    with pytest.raises(UnknownScenario) as caught:
        choose(subject(**changes), CATALOG, "plain")
    (item,) = caught.value.items
    assert caught.value.status == 422
    assert item.detail == "No scenario named 'plian' is loaded. Did you mean 'plain'?"
    assert item.note is not None
    assert item.note.startswith(source)


@pytest.mark.parametrize("name", ["", "x" * 10_000])
def test_a_magic_connector_must_name_something(name: str) -> None:
    """Neither nothing nor anything huge; the answer stays short."""
    with pytest.raises(UnknownScenario) as caught:
        choose(subject(connector_name=f"emu:{name}"), CATALOG, "plain")
    assert len(str(caught.value)) < 200


def test_a_default_that_is_gone_is_refused() -> None:
    """It may have been deleted through the control API."""
    with pytest.raises(UnknownScenario):
        choose(subject(body={}), CATALOG, "gone")


def test_an_empty_header_names_nothing() -> None:
    """As a template with an unset variable sends it."""
    assert choose(subject(body={}, headers={"x-emulator-scenario": ""}), CATALOG, "plain").rule is Rule.DEFAULT


@pytest.mark.parametrize(
    ("kind", "operand", "value", "holds"),
    [
        (MatchKind.EQUALS, "a", "a", True),
        (MatchKind.EQUALS, "a", "A", False),
        (MatchKind.EQUALS, 1, 1.0, True),
        (MatchKind.EQUALS, 1, True, False),
        (MatchKind.EQUALS, 0, False, False),
        (MatchKind.EQUALS, True, True, True),
        (MatchKind.EQUALS, 1, "1", False),
        (MatchKind.EQUALS, None, None, True),
        (MatchKind.ONE_OF, ("a", 2), 2, True),
        (MatchKind.ONE_OF, ("a", 2), "2", False),
        (MatchKind.PREFIX, "ab", "abc", True),
        (MatchKind.PREFIX, "ab", "Abc", False),
        (MatchKind.PREFIX, "1", 12, False),
        (MatchKind.GLOB, "*-silent", "srs-silent", True),
        (MatchKind.GLOB, "*-silent", "srs-Silent", False),
        (MatchKind.GLOB, "a?c", "abc", True),
        (MatchKind.GLOB, "a[bx]c", "axc", True),
        (MatchKind.GLOB, "a[!bx]c", "axc", False),
        (MatchKind.GLOB, "*", "two\nlines", True),
        (MatchKind.GLOB, "*", ["a"], False),
        (MatchKind.PRESENT, True, None, True),
        (MatchKind.PRESENT, False, None, False),
    ],
)
def test_matchers_compare_as_json_does(kind: MatchKind, operand: JsonValue, value: JsonValue, holds: bool) -> None:
    """Types count, case counts, and only text has a beginning or a shape."""
    catalog = Catalog.of([PLAIN, Scenario(name="m", match=body_is(kind, operand, "field"))])
    rule = choose(subject(body={"field": value}), catalog, "plain").rule
    assert rule is (Rule.MATCH if holds else Rule.DEFAULT)


@pytest.mark.parametrize(
    ("kind", "operand", "holds"),
    [(kind, "x", False) for kind in (MatchKind.EQUALS, MatchKind.GLOB, MatchKind.PREFIX)]
    + [(MatchKind.ONE_OF, (None,), False), (MatchKind.PRESENT, True, False), (MatchKind.PRESENT, False, True)],
)
def test_a_field_that_is_absent_matches_only_its_absence(kind: MatchKind, operand: JsonValue, holds: bool) -> None:
    """It isn't null either."""
    catalog = Catalog.of([PLAIN, Scenario(name="m", match=body_is(kind, operand, "field"))])
    assert (choose(subject(), catalog, "plain").rule is Rule.MATCH) is holds


def test_every_matcher_of_a_match_must_hold() -> None:
    """Call, headers and body."""
    match = Match(
        call_control_id=Matcher(kind=MatchKind.PREFIX, operand="v3:"),
        headers={"x-test": Matcher(kind=MatchKind.EQUALS, operand="1")},
        body={"connector_name": Matcher(kind=MatchKind.EQUALS, operand="x")},
    )
    catalog = Catalog.of([PLAIN, Scenario(name="all", match=match)])
    right = {"headers": {"x-test": "1"}}
    assert choose(subject(**right), catalog, "plain").scenario.name == "all"
    for wrong in ({}, {**right, "call_control_id": "v2:a"}, {**right, "body": {"connector_name": "y"}}):
        assert choose(subject(**wrong), catalog, "plain").scenario is PLAIN


def test_of_several_that_match_priority_then_name_decides() -> None:
    """And the others are told which."""
    anything = body_is(MatchKind.PRESENT, True)
    scenarios = [
        Scenario(name=name, match=anything, priority=priority) for name, priority in (("a", 0), ("c", 9), ("b", 9))
    ]
    catalog = Catalog.of(scenarios)
    choice = choose(subject(), catalog, "a")
    assert choice.scenario.name == "b"
    assert [(other.name, other.reason) for other in explain(subject(), catalog, choice)] == [
        ("a", "its match holds, but 'b' has priority 9, above its 0"),
        ("c", "its match holds, but 'b' has the same priority and comes first by name"),
    ]


def test_a_scenario_without_match_and_one_outvoted_are_told_so() -> None:
    """The reasons that aren't about a field."""
    start = subject(headers={"x-emulator-scenario": "plain"})
    reasons = {other.name: other.reason for other in explain(start, CATALOG, choose(start, CATALOG, "other"))}
    assert reasons == {
        "other": "it has no match: it plays only where it is named or is the default",
        "to-x": "its match holds, but header comes first: the X-Emulator-Scenario header names it",
    }


@pytest.mark.parametrize(
    ("match", "reason"),
    [
        (body_is(MatchKind.GLOB, "*-silent"), "body.connector_name is 'x', not matching glob '*-silent'"),
        (body_is(MatchKind.EQUALS, "y"), "body.connector_name is 'x', not 'y'"),
        (body_is(MatchKind.PREFIX, "y"), "body.connector_name is 'x', not text that starts with 'y'"),
        (body_is(MatchKind.ONE_OF, ("y", 1)), "body.connector_name is 'x', not one of 'y', 1"),
        (body_is(MatchKind.PRESENT, False), "body.connector_name is there, and it must not be there"),
        (body_is(MatchKind.PRESENT, True, "gone"), "body.gone is not there, and it must be there"),
        (body_is(MatchKind.EQUALS, "y", "gone"), "body.gone is not there, not 'y'"),
        (body_is(MatchKind.EQUALS, "1", "n"), "body.n is 1, not '1'"),
        (body_is(MatchKind.EQUALS, 2, "yes"), "body.yes is true, not 2"),
        (body_is(MatchKind.EQUALS, None, "list"), "body.list is a list, not null"),
        (body_is(MatchKind.EQUALS, None, "map"), "body.map is a mapping, not null"),
        (Match(headers={"x-a": Matcher(kind=MatchKind.EQUALS, operand="b")}), "header x-a is not there, not 'b'"),
        (
            Match(call_control_id=Matcher(kind=MatchKind.PREFIX, operand="v2:")),
            "call_control_id is 'v3:abc', not text that starts with 'v2:'",
        ),
    ],
)
def test_a_match_that_fails_is_explained_with_the_facts(match: Match, reason: str) -> None:
    """What was there, and what would have held."""
    catalog = Catalog.of([PLAIN, Scenario(name="m", match=match)])
    start = subject(body={"connector_name": "x", "n": 1, "yes": True, "list": [1], "map": {}})
    (rejection,) = explain(start, catalog, choose(start, catalog, "plain"))
    assert (rejection.name, rejection.reason) == ("m", reason)


def test_an_explanation_stays_short() -> None:
    """Also where the request is long."""
    catalog = Catalog.of([PLAIN, Scenario(name="m", match=body_is(MatchKind.EQUALS, "y", "long"))])
    start = subject(body={"long": "x" * 100_000})
    (rejection,) = explain(start, catalog, choose(start, catalog, "plain"))
    assert len(rejection.reason) < 200


@pytest.mark.parametrize("pattern", ["*a" * 200 + "b", "*?" * 200 + "b", "*[ab]*[ab]" * 50 + "c"])
def test_a_hostile_glob_takes_no_time(pattern: str) -> None:
    """Matching does not backtrack: with backtracking these would take longer than the universe is old."""
    catalog = Catalog.of([PLAIN, Scenario(name="m", match=body_is(MatchKind.GLOB, pattern, "field"))])
    began = time.process_time()
    assert choose(subject(body={"field": "a" * 5000}), catalog, "plain").rule is Rule.DEFAULT
    assert time.process_time() - began < 1


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab[]!-*?&|~^\\\n", max_size=12), st.text(alphabet="ab[]!-*?\n", max_size=12))
def test_no_glob_does_worse_than_not_match(pattern: str, text: str) -> None:
    """Brackets that don't close, ranges that run backwards, set operators: all are text or sets, none an error."""
    catalog = Catalog.of([PLAIN, Scenario(name="m", match=body_is(MatchKind.GLOB, pattern, "field"))])
    assert choose(subject(body={"field": text}), catalog, "plain").rule in {Rule.MATCH, Rule.DEFAULT}
