"""docs/pytest.md: every example is a test that passes, and the tables name all that there is."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from emulator.fixture import Receiver, SiprecEmulator
from emulator.fixture.options import WISHES

# imported here, so that a run inside of this one finds it: extensions can't be loaded twice
from emulator.testing import running_emulator

PAGE = (Path(__file__).parent.parent / "docs" / "pytest.md").read_text(encoding="utf-8")
EXAMPLES: list[str] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
WAYS = ("alone", "attached")
OPTIONS = (
    *("-p", "no:cacheprovider", "-o", "asyncio_mode=auto"),
    *("-o", "asyncio_default_fixture_loop_scope=function"),
)


def public(kind: type) -> set[str]:
    """What users are to know of a class; two methods are for the plugin itself."""
    own = {name for name, _ in inspect.getmembers(kind) if not name.startswith("_")} - {
        "must_be_spoken_of",
        "forget",
    }
    return {name for name in own if not name.endswith("_async")}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("example", EXAMPLES, ids=map(str, range(len(EXAMPLES))))
def test_an_example_passes_alone_and_attached(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, example: str, way: str
) -> None:
    pytester.makepyfile(example)
    count = len(re.findall(r"^(?:async )?def test_", example, re.MULTILINE))
    monkeypatch.delenv("SIPREC_EMULATOR_URL", raising=False)
    # an app that is imported in the test may take longer for its first webhook than Telnyx waits
    with running_emulator(webhook_timeout="10s") as elsewhere:
        if way == "attached":
            monkeypatch.setenv("SIPREC_EMULATOR_URL", elsewhere.client.base_url)
        pytester.runpytest_inprocess(*OPTIONS).assert_outcomes(passed=count)
    assert count > 0


def test_the_tables_name_all_that_the_fixtures_hand_out() -> None:
    """Attributes that are set when it is made are in the classes' docstrings alone."""
    named = set(re.findall(r"`(\w+)[`(]", PAGE))
    assert public(SiprecEmulator) - named == set()
    assert public(Receiver) - named == set()
    assert named >= {"base_url", "api_key", "public_key", "client", "receiver", "strict", "url"}


def test_every_twin_for_event_loops_is_named() -> None:
    twins = {
        name
        for kind in (SiprecEmulator, Receiver)
        for name, _ in inspect.getmembers(kind)
        if name.endswith("_async")
    }
    assert twins == set(re.findall(r"`(\w+_async)`", PAGE))


def test_the_settings_are_those_of_the_mark() -> None:
    assert re.findall(r"^\| `(\w+)` \| `siprec_\1` \|", PAGE, re.MULTILINE) == list(WISHES)


def test_the_example_of_ini_options_is_taken(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder of scenarios is loaded and its realism set."""
    monkeypatch.delenv("SIPREC_EMULATOR_URL", raising=False)
    [ini] = re.findall(r"```ini\n(.*?)```", PAGE, re.DOTALL)
    pytester.makeini(ini)
    folder = pytester.path / "tests" / "scenarios"
    folder.mkdir(parents=True)
    (folder / "ours.yaml").write_text("version: 1\nname: ours\ntimeline: [{emit: siprec.failed}]\n")
    pytester.makepyfile("""
        def test_it(siprec_emulator):
            siprec_emulator.use("ours")
            [shown] = siprec_emulator.client.namespaces()
            assert (shown["settings"]["realism"], shown["settings"]["default_scenario"]) == ("strict", "ours")
    """)
    pytester.runpytest_inprocess(*OPTIONS).assert_outcomes(passed=1)
