"""docs/calls.md: every example runs, and the tables say what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from emulator.core.calls.life import CAUSE_OF_REJECTION
from emulator.core.models import CALL_EVENTS
from emulator.web.routes import ROUTES

PAGE = (Path(__file__).parent.parent / "docs" / "calls.md").read_text(encoding="utf-8")
EXAMPLES: list[str] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs(example: str) -> None:
    """As a script."""
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(example, "<docs/calls.md>", "exec"), names)  # noqa: S102 - our own page


def test_no_example_is_overlooked() -> None:
    assert len(EXAMPLES) == PAGE.count("```python") == 2


def test_the_page_lists_every_operation_of_calls() -> None:
    routes = [one for one in ROUTES if "siprec" not in one.lower() and "/calls" in one.lower()]
    routes += [one for one in ROUTES if "active_calls" in one]
    for route in routes:
        shown = route.replace("/calls/{}/actions", ".../actions").replace("{}", "{id}")
        assert f"`{shown}`" in PAGE, shown


def test_the_page_lists_every_event_and_cause() -> None:
    assert all(f"| `{event}` |" in PAGE for event in CALL_EVENTS)
    assert all(f"`{cause}`" in PAGE for cause in CAUSE_OF_REJECTION.values())
