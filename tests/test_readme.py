"""README.md: its examples do what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from emulator import resources
from emulator.core.scenario.grammar import Grammar
from emulator.core.scenario.load import load_scenario
from tests.e2e.harness import emulating

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def fenced(language: str) -> list[str]:
    """The examples in one language, in the order of the page."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_two_commands_are_make_targets() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in ("run", "test", "check", "bench"):
        assert f"make {command}" in README
        assert f"\n{command}:" in makefile


def test_the_example_of_a_test_passes(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    example, _ = fenced("python")
    monkeypatch.delenv("SIPREC_EMULATOR_URL", raising=False)
    pytester.makepyfile(example)
    result = pytester.runpytest_inprocess(
        "-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function"
    )
    result.assert_outcomes(passed=1)


def test_the_sdk_example_starts_and_stops_a_recording() -> None:
    _, example = fenced("python")
    with emulating() as emulator:
        environment = {
            "TELNYX_BASE_URL": emulator.url,
            "TELNYX_API_KEY": "KEY-anything",
            "TELNYX_PUBLIC_KEY": emulator.public_key,
            "PATH": "/usr/bin:/bin",
        }
        subprocess.run([sys.executable, "-c", example], env=environment, check=True, timeout=60)  # noqa: S603 - ours
        requests = emulator.control("/requests")["data"][1:]  # after the question for the key
    assert [(one["route"], one["status"]) for one in requests] == [("siprec_start", 200), ("siprec_stop", 200)]


def test_the_shell_example_finds_the_public_key() -> None:
    example = next(one for one in fenced("sh") if "TELNYX_PUBLIC_KEY" in one)
    with emulating() as emulator:
        script = example.replace("http://127.0.0.1:12111", emulator.server.url) + 'printf %s "$TELNYX_PUBLIC_KEY"'
        done = subprocess.run(  # noqa: S603 - the lines of the page
            ["/bin/sh", "-c", script],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert done.stdout == emulator.public_key


def test_the_scenario_example_loads_and_is_chosen_by_its_match() -> None:
    (example,) = fenced("yaml")
    scenario = load_scenario(
        example, file="README.md", grammar=Grammar(resources.load_schemas()["scenario.schema.json"])
    )
    with emulating() as emulator:
        emulator.put_scenario(scenario.name, example)
        reply = emulator.start("v3:readme", connector_name="front-desk")
        assert reply.headers["X-Emulator-Scenario"] == scenario.name


@pytest.mark.parametrize("link", re.findall(r"\]\((?!http)([^)]+)\)", README))
def test_every_page_that_is_linked_exists(link: str) -> None:
    assert (ROOT / link).is_file()
