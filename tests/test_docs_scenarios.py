"""Every example in docs/scenarios.md is what it says: it loads, and is told, warned of or refused in its words."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from emulator.cli.group import commands
from emulator.core.controls import Controls
from emulator.core.effects import DeliveryPolicy, Order, SignMode, Simulate, WireFault
from emulator.core.errors import ScenarioError
from emulator.core.models import RECORDING_EVENTS
from emulator.core.outlook_question import ask
from emulator.core.outlook_text import text_lines
from emulator.core.outlook_walk import outlook
from emulator.core.policy import Policy
from emulator.core.scenario.grammar import Grammar
from emulator.core.scenario.load import load_scenario
from emulator.core.scenario.model import AfterLast, MatchKind, SrsDid
from emulator.core.scenario.paths import LEAVES, TREES
from emulator.core.selection import Rule
from emulator.core.srs import Misconduct
from emulator.core.validation import Schemas
from emulator.resources import load_schemas

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "scenarios.md").read_text()
GRAMMAR = Grammar(json.loads((ROOT / "schemas" / "scenario.schema.json").read_bytes()))
RIGHT = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def examples(kind: str) -> list[tuple[str, str]]:
    """Each YAML block of a kind, and the text that follows it."""
    pattern = rf"^```yaml {kind}\n(.*?)^```\n\n```text\n(.*?)^```$"
    return re.findall(pattern, PAGE, re.DOTALL | re.MULTILINE)


WRONG, WARNED, EXPLAINED = (examples(kind) for kind in ("wrong", "warned", "explained"))


def test_no_example_is_overlooked() -> None:
    """Each fenced YAML block is one of the four kinds."""
    assert len(RIGHT) >= 15
    assert len(WRONG) >= 3
    assert len(WARNED) >= 1
    assert len(EXPLAINED) >= 5
    assert len(RIGHT) + len(WRONG) + len(WARNED) + len(EXPLAINED) == PAGE.count("```yaml")


@pytest.mark.parametrize("text", RIGHT)
def test_an_example_loads(text: str) -> None:
    """As a reader would paste it."""
    loaded = load_scenario(text, file="example.yaml", grammar=GRAMMAR)
    assert loaded.warnings == ()


@pytest.mark.parametrize(("text", "said"), EXPLAINED)
def test_an_explained_example_reads_as_it_is_printed(text: str, said: str) -> None:
    """Line for line, and nothing to warn of."""
    loaded = load_scenario(text, file="example.yaml", grammar=GRAMMAR)
    asked = ask(Schemas(load_schemas()), Policy(), plays=loaded.plays)
    assert [line.plain for line in text_lines(outlook(loaded, asked, Policy()))] == said.splitlines()
    assert loaded.warnings == ()


@pytest.mark.parametrize(("text", "said"), WARNED)
def test_a_warned_example_is_warned_of_in_the_words_that_follow_it(text: str, said: str) -> None:
    """As validate prints them."""
    loaded = load_scenario(text, file="warned.yaml", grammar=GRAMMAR)
    found = [str(replace(one, message=f"warning: {one.message}")) for one in loaded.warnings]
    assert found == said.splitlines()


def test_explain_prints_the_page_s_first_example_as_it_stands(tmp_path: Path) -> None:
    """The whole of what the command prints."""
    ((name, said),) = re.findall(r"^```text explained (\S+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    (text,) = [one for one in RIGHT if f"name: {name}\n" in one]
    file = tmp_path / f"{name}.yaml"
    file.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(commands, ["explain", str(file), "--body", '{"connector_name": "my-srs"}'])
    assert result.output == said


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_wrong_example_is_refused_in_the_words_that_follow_it(text: str, said: str) -> None:
    """Message for message."""
    with pytest.raises(ScenarioError) as caught:
        load_scenario(text, file="wrong.yaml", grammar=GRAMMAR)
    assert str(caught.value) == said.rstrip("\n")


@pytest.mark.parametrize("file", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda file: str(file.stem))
def test_the_page_lists_each_built_in_scenario(file: Path) -> None:
    """By name, in the table."""
    assert f"| `{file.stem}`" in PAGE


@pytest.mark.parametrize(
    "name", [*LEAVES, *TREES, *RECORDING_EVENTS, *MatchKind, *WireFault, *Simulate, *SignMode, *AfterLast, *Order]
)
def test_the_page_names_what_the_language_knows(name: str) -> None:
    """Template paths, events, matchers, faults, simulations, signatures, orders."""
    assert re.search(rf"[`{{ ]{re.escape(name)}\b", PAGE)


@pytest.mark.parametrize("name", [*SrsDid, *(one.name for one in fields(Misconduct))])
def test_the_page_says_what_recording_servers_do_and_what_is_done_to_them(name: str) -> None:
    """Under the heading of theirs."""
    section = PAGE.split("## A real recording server")[1].split("\n## ")[0]
    assert re.search(rf"[`{{ ]{re.escape(name)}\b", section)


def test_the_page_lists_each_rule_of_choosing_in_its_order() -> None:
    """From the header to the default."""
    section = PAGE.split("## Which scenario plays")[1].split("###")[0]
    words = {
        Rule.HEADER: "header",
        Rule.QUEUE: "queue",
        Rule.MAGIC_CONNECTOR: "connector",
        Rule.MAGIC_CALLEE: "sip:busy@emu",
        Rule.MATCH: "`match`",
        Rule.DEFAULT: "default",
    }
    listed = [line for line in section.splitlines() if re.match(r"[0-9]\. ", line)]
    assert len(listed) == len(Rule)
    for number, (rule, line) in enumerate(zip(Rule, listed, strict=True), 1):
        assert line.startswith(f"{number}. ")
        assert words[rule] in line


def test_the_page_s_order_to_the_queue_is_taken() -> None:
    """As POST /queue takes it: the scenario, for whom, and how often."""
    (body,) = re.findall(r"--json '(.*)'", PAGE.split("### The queue")[1].split("###")[0])
    file = ROOT / "scenarios" / "rate-limited.yaml"
    known = load_scenario(file.read_bytes(), file=file.name, grammar=GRAMMAR)
    order = Controls(load_schemas()).order(
        json.loads(body), known={known.name: known}, grammar=GRAMMAR, delivery=DeliveryPolicy()
    )
    assert (order.scenario, order.times) == (known, 2)
    assert order.match is not None
