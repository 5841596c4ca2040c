"""The pytest plugin in runs of its own: what it costs, and what passes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.plugin.runs import APART, run

if TYPE_CHECKING:
    import pytest


def test_loading_the_plugin_imports_nothing_but_itself() -> None:
    """Neither aiohttp nor jsonschema nor any other part of the package, since every pytest run loads it."""
    script = (
        "import sys, pytest; before = set(sys.modules); import emulator.pytest_plugin;"
        " print(sorted(set(sys.modules) - before))"
    )
    found = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)  # noqa: S603
    assert found.stdout.strip() == "['emulator', 'emulator.pytest_plugin']"


def test_a_run_whose_tests_ask_for_no_emulator_imports_none(pytester: pytest.Pytester) -> None:
    source = """
import sys

def test_nothing():
    tops = {"emulator", "aiohttp", "jsonschema", "yaml"}
    loaded = {name for name in sys.modules if name.partition(".")[0] in tops}
    assert loaded == {"emulator", "emulator.pytest_plugin"}
"""
    pytester.makepyfile(source)
    result = pytester.runpytest_subprocess(
        "-p", "no:aiohttp", "-p", "no:hypothesispytest", "-p", "no:schemathesis"
    )
    result.assert_outcomes(passed=1)


def test_the_fixtures_the_mark_and_the_ini_options_are_described(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("")
    shown = pytester.runpytest_inprocess(*APART, "--fixtures").stdout.str()
    assert "siprec_emulator -- " in shown
    assert "siprec_receiver -- " in shown
    assert (
        "@pytest.mark.siprec(scenario, clock, seed"
        in pytester.runpytest_inprocess(*APART, "--markers").stdout.str()
    )
    assert "siprec_scenarios (paths)" in pytester.runpytest_inprocess(*APART, "--help").stdout.str()


def test_a_test_that_goes_well_passes_and_says_nothing(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_it(siprec_emulator):
    assert start(siprec_emulator).status_code == 200
    siprec_emulator.wait_for_webhook("siprec.started")
""",
    )
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*siprec emulator*")


def test_one_server_serves_a_run_and_each_test_a_key(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
seen = []

@pytest.mark.parametrize("turn", range(3))
def test_it(siprec_emulator, turn):
    seen.append((siprec_emulator.base_url, siprec_emulator.api_key))
    assert len(siprec_emulator.client.namespaces()) == 1

def test_they_differ():
    assert (len({url for url, _ in seen}), len({key for _, key in seen})) == (1, 3)
""",
    )
    result.assert_outcomes(passed=4)


def test_a_test_class_of_unittest_can_use_it(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
import unittest

class Recording(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def emulator(self, siprec_emulator):
        self.emulator = siprec_emulator

    def test_it(self):
        assert start(self.emulator).status_code == 200
        self.emulator.wait_for_session("started")
""",
    )
    result.assert_outcomes(passed=1)


def test_ini_options_set_every_tests_emulator_and_scenarios_of_the_project_are_loaded(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeini(
        """
[pytest]
siprec_scenarios = flows
siprec_scenario = ours
siprec_clock = manual
siprec_realism = lenient
siprec_seed = 7
siprec_strict = false
"""
    )
    pytester.mkdir("flows").joinpath("ours.yaml").write_text(
        "version: 1\nname: ours\ntimeline: [{emit: siprec.failed, payload: {failure_cause: decline}}]\n"
    )
    result = run(
        pytester,
        """
def test_it(siprec_emulator):
    [shown] = siprec_emulator.client.namespaces()
    settings, clock = shown["settings"], shown["clock"]
    assert (settings["default_scenario"], settings["realism"], settings["seed"]) == ("ours", "lenient", "7")
    assert (clock["mode"], clock["time"]) == ("manual", "2025-01-01T00:00:00.000000Z")
    assert not siprec_emulator.strict
    start(siprec_emulator)
    siprec_emulator.assert_webhook("siprec.failed", failure_cause="decline")
""",
    )
    result.assert_outcomes(passed=1)


def test_how_long_an_app_may_take_for_a_webhook_is_an_ini_option(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nsiprec_webhook_timeout = 20ms")
    result = run(
        pytester,
        """
def test_it(siprec_emulator):
    siprec_emulator.receiver.fail("hang", count=1)
    start(siprec_emulator)
    assert [one.outcome for one in siprec_emulator.wait_for_webhook("siprec.started").attempts] == [
        "failed", "delivered"
    ]
""",
    )
    result.assert_outcomes(passed=1)


def test_a_setting_of_the_server_that_is_none_is_an_error_in_words(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nsiprec_webhook_timeout = soon")
    result = run(pytester, "def test_it(siprec_emulator): pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["the SIPREC emulator can't be had: *webhook-timeout*'soon'*"])


def test_marks_of_the_module_the_class_and_the_test_come_together(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
pytestmark = pytest.mark.siprec(clock="manual", realism="lenient")

@pytest.mark.siprec(clock="running", scenario="srs-busy")
class TestThem:
    @pytest.mark.siprec(scenario="no-answer")
    def test_it(self, siprec_emulator):
        [shown] = siprec_emulator.client.namespaces()
        assert shown["clock"]["mode"] == "running"
        assert (shown["settings"]["default_scenario"], shown["settings"]["realism"]) == ("no-answer", "lenient")
""",
    )
    result.assert_outcomes(passed=1)
