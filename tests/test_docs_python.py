"""docs/python.md: every example runs, and names everything that it lists."""

from __future__ import annotations

import dataclasses
import re
import unittest
from pathlib import Path
from typing import Any

import pytest

from emulator.core import errors
from emulator.testing import RunningEmulator, running_emulator

PAGE = (Path(__file__).parent.parent / "docs" / "python.md").read_text(encoding="utf-8")
EXAMPLES: list[str] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
ADDRESS = "http://127.0.0.1:12111"


def run(example: str) -> dict[str, Any]:
    """Run an example as a script, and return the names that it leaves."""
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(example, "<docs/python.md>", "exec"), names)  # noqa: S102 - our own page
    return names


@pytest.mark.parametrize("example", [one for one in EXAMPLES if ADDRESS in one])
def test_an_example_of_the_client_runs_against_a_server(example: str) -> None:
    with running_emulator() as emulator:
        assert run(example.replace(ADDRESS, emulator.base_url.removesuffix("/v2")))


@pytest.mark.parametrize("example", [one for one in EXAMPLES if "running_emulator" in one])
def test_an_example_that_brings_its_emulator_runs(example: str) -> None:
    """Those of unittest run no test by themselves, so theirs are run here."""
    cases = [one for one in run(example).values() if isinstance(one, type) and issubclass(one, unittest.TestCase)]
    assert len(cases) == example.count("(unittest.TestCase)")
    for case in cases:
        result = unittest.defaultTestLoader.loadTestsFromTestCase(case).run(unittest.TestResult())
        assert result.testsRun > 0
        assert (result.errors, result.failures) == ([], [])


def test_every_example_is_of_one_of_the_two_kinds() -> None:
    assert EXAMPLES
    assert all((ADDRESS in one) != ("running_emulator" in one) for one in EXAMPLES)


def test_the_table_lists_all_that_is_handed_out() -> None:
    fields = {field.name for field in dataclasses.fields(RunningEmulator)} | {"env"}
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) >= fields


def test_the_errors_that_it_lists_are_client_errors() -> None:
    listed = re.findall(r"^\| `([A-Z]\w+)` \|", PAGE, re.MULTILINE)
    assert listed
    assert all(issubclass(getattr(errors, name), errors.ClientError) for name in listed)
