"""Warnings about scenarios that match alike at one priority: what is certain, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emulator.core.scenario.grammar import Grammar
from emulator.core.scenario.lint import lint_together
from emulator.core.scenario.load import load_scenario, load_scenarios

if TYPE_CHECKING:
    from emulator.core.scenario.model import Scenario

ROOT = Path(__file__).parents[2]
GRAMMAR = Grammar(json.loads((ROOT / "schemas" / "scenario.schema.json").read_bytes()))


def test_no_two_built_in_scenarios_match_alike() -> None:
    """Nor do any of them take each other's calls."""
    files = [(file.name, file.read_bytes()) for file in (ROOT / "scenarios").glob("*.yaml")]
    assert lint_together(load_scenarios(files, grammar=GRAMMAR)) == ()


def scenario(name: str, match: str, priority: int = 0) -> Scenario:
    """One of several; its ``match`` stands at line 3."""
    text = f"version: 1\nname: {name}\nmatch: {match}\npriority: {priority}\n"
    return load_scenario(text, file=f"{name}.yaml", grammar=GRAMMAR)


def together(*scenarios: Scenario) -> list[str]:
    """What is said of several scenarios."""
    return list(map(str, lint_together(scenarios)))


EITHER_TAKES_ALL = (
    "b.yaml:3:1: 'a' matches all that 'b' matches, at the same priority 0, and is first by name: it plays, and "
    "'b' never does by its match; give 'b' a higher priority"
)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{body: {a: 1}}", "{body: {a: 1}}"),
        ("{body: {a: 1}}", "{body: {a: 1.0}}"),
        ("{body: {a: 1}}", "{body: {a: {equals: 1}}}"),
        ("{body: {a: 1}}", "{body: {a: {one_of: [1]}}}"),
        ("{body: {a: {one_of: [1, x, null]}}}", "{body: {a: {one_of: [x, null, 1]}}}"),
        ("{headers: {X-A: b}}", "{headers: {x-a: b}}"),
        ("{call_control_id: {glob: 'a*'}}", "{call_control_id: {glob: 'a*'}}"),
        ("{body: {a: {present: true}}}", "{body: {a: {present: true}, b: 1}}"),
        ("{headers: {h: x}}", "{headers: {h: x}, call_control_id: y}"),
    ],
)
def test_a_scenario_whose_calls_another_takes_is_warned_of(first: str, second: str) -> None:
    """Equal comparisons, or more than the first has: its name decides, whichever order they come in."""
    a, b = scenario("a", first), scenario("b", second)
    assert together(a, b) == together(b, a) == [EITHER_TAKES_ALL]


def test_a_scenario_that_is_first_only_by_name_is_warned_of() -> None:
    """It asks for more, and takes some of the other's calls because of its name alone."""
    a, b = scenario("a", "{body: {a: 1, b: 2}}", 3), scenario("b", "{body: {b: 2}}", 3)
    (warning,) = together(a, b)
    assert warning == (
        "b.yaml:3:1: 'b' matches all that 'a' matches, at the same priority 3; where both match, 'a' plays "
        "because it is first by name; say so with a higher priority"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{body: {a: 1}}", "{body: {a: true}}"),
        ("{body: {a: 1}}", "{body: {a: '1'}}"),
        ("{body: {a: 1}}", "{body: {b: 1}}"),
        ("{body: {a: x}}", "{headers: {a: x}}"),
        ("{body: {a: x}}", "{body: {a: {prefix: x}}}"),
        ("{body: {a: {glob: 'x*'}}}", "{body: {a: {glob: '*x'}}}"),
        ("{body: {a: {present: true}}}", "{body: {a: {present: false}}}"),
        ("{body: {a: 1, b: 1}}", "{body: {a: 1, c: 1}}"),
    ],
)
def test_what_does_not_certainly_overlap_is_not_warned_of(first: str, second: str) -> None:
    """Comparisons that differ are not looked into."""
    assert together(scenario("a", first), scenario("b", second)) == []


def test_a_priority_settles_it() -> None:
    """That is what it is for; and without a match there is nothing to settle."""
    match = "{body: {a: 1}}"
    unmatched = load_scenario("version: 1\nname: c", file="c", grammar=GRAMMAR)
    assert together(scenario("a", match), scenario("b", match, 1), unmatched, replace(unmatched, name="d")) == []


def test_of_many_alike_each_is_told_of_the_first() -> None:
    """One warning a scenario, however many there are."""
    found = together(*(scenario(name, "{body: {a: 1}}") for name in "dcba"))
    assert [line.split(" matches")[0] for line in found] == [
        "b.yaml:3:1: 'a'",
        "c.yaml:3:1: 'a'",
        "d.yaml:3:1: 'a'",
    ]


def test_without_its_text_a_scenario_has_no_place() -> None:
    """Its source is named all the same."""
    a, b = (replace(scenario(name, "{body: {a: 1}}"), text="") for name in "ab")
    (warning,) = lint_together((a, b))
    assert (warning.file, warning.line, warning.column) == ("b.yaml", 0, 0)
