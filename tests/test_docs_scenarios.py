"""Every example in docs/scenarios.md is what it says: it loads, or it is refused in the words that follow it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from emulator.core.errors import ScenarioError
from emulator.core.models import EventType
from emulator.core.scenario.grammar import Grammar
from emulator.core.scenario.later import LATER
from emulator.core.scenario.load import load_scenario
from emulator.core.scenario.model import MatchKind
from emulator.core.scenario.paths import LEAVES, TREES

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "scenarios.md").read_text()
GRAMMAR = Grammar(json.loads((ROOT / "schemas" / "scenario.schema.json").read_bytes()))
RIGHT = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
WRONG = re.findall(r"^```yaml wrong\n(.*?)^```\n\n```text\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_no_example_is_overlooked() -> None:
    """Each fenced YAML block is one of the two kinds."""
    assert len(RIGHT) >= 10
    assert len(WRONG) >= 3
    assert len(RIGHT) + len(WRONG) == PAGE.count("```yaml")


@pytest.mark.parametrize("text", RIGHT)
def test_an_example_loads(text: str) -> None:
    """As a reader would paste it."""
    assert load_scenario(text, file="example.yaml", grammar=GRAMMAR).name


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


@pytest.mark.parametrize("name", [*LEAVES, *TREES, *EventType, *MatchKind])
def test_the_page_names_what_the_language_knows(name: str) -> None:
    """Template paths, events and matchers."""
    assert re.search(rf"[`{{ ]{re.escape(name)}\b", PAGE)


@pytest.mark.parametrize("key", sorted({row.key for row in LATER}))
def test_the_page_says_what_this_version_does_not_execute(key: str) -> None:
    """Under the heading that says so; distributions by that name."""
    section = PAGE.split("## In the language, not in this version")[1]
    words = {"uniform": "distributions", "lognormal": "distributions", "fault": "faults", "sequence": "sequences"}
    assert words.get(key, key) in section
