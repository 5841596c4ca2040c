"""A whole run: it fails where a document does not conform, says which, and says how many were checked."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.conformance.metadata import SCHEMA
from tests.conformance.plugin import Tally

ROOT = Path(__file__).parent.parent.parent

ASKED = """
import urllib.request

def start(emulator, call):
    url = f"{emulator.base_url}/calls/{call}/actions/siprec_start"
    headers = {"Authorization": f"Bearer {emulator.api_key}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, b"{}", headers)) as answer:
        assert answer.status == 200

def test_good(siprec_emulator):
    start(siprec_emulator, "v3:a")
    siprec_emulator.wait_for_webhook("siprec.started")
"""
WRONG = """
def test_wrong(siprec_emulator, monkeypatch):
    monkeypatch.setattr("emulator.core.documents.COMMAND_ACCEPTED", b'{"data":{"result":1}}')
    start(siprec_emulator, "v3:wrong")
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Runs tests in a process of its own, with the plugin, as this project's are."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("SIPREC_EMULATOR_URL", raising=False)
    pytester.makeconftest('pytest_plugins = ["tests.conformance.plugin"]')
    return pytester


def pytest_of(run: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    """The outcome of a file of tests."""
    run.makepyfile(source)
    return run.runpytest_subprocess(
        *(
            "-p",
            "no:schemathesis",
            "-p",
            "no:hypothesispytest",
            "-o",
            "asyncio_default_fixture_loop_scope=function",
        ),
        *options,
    )


def test_a_run_in_which_all_conforms_says_how_much_there_was(run: pytest.Pytester) -> None:
    result = pytest_of(run, ASKED)
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["conformance: 1 answers and 1 webhooks, 2 distinct checked (*), * all conform"])


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_run_fails_in_which_one_does_not(run: pytest.Pytester, options: tuple[str, ...]) -> None:
    """Although each of its tests passes; method, path, status, what is wrong and the document are named."""
    if options and importlib.util.find_spec("xdist") is None:
        pytest.skip("pytest-xdist is not installed")
    result = pytest_of(run, ASKED + WRONG, *options)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "*answers and webhooks that do not conform*",
            "POST /v2/calls/v3:wrong/actions/siprec_start -> 200",
            "  first in *::test_wrong",
            "  schemas/response.command_result /data/result: *",
            '  {"data":{"result":1}}',
            "conformance: 2 answers and *, 1 DO NOT CONFORM",
        ]
    )
    if options:
        result.stdout.re_match_lines([r"  gw[01]: \d answers, \d webhooks"])


METADATA = """
from emulator.siprec.metadata.model import Participant, Recording
from emulator.siprec.metadata.writing import written_metadata

def test_good():
    written_metadata(Recording())

def test_invalid_on_purpose():
    nobody = Participant(participant_id="AAAAAAAAAAAAAAAAAAAAAA==", names=())
    written_metadata(Recording(participants=(nobody,)), in_order=False)
"""
INVALID = """
def test_invalid():
    nobody = Participant(participant_id="AAAAAAAAAAAAAAAAAAAAAA==", names=())
    written_metadata(Recording(participants=(nobody,)))
"""


def test_a_run_says_how_much_metadata_was_written_and_which_was_asked_to_be_invalid(run: pytest.Pytester) -> None:
    result = pytest_of(run, METADATA)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["conformance: 2 metadata documents (*), 1 invalid as asked, all valid"])


@pytest.mark.skipif(not SCHEMA.exists(), reason=f"no schema at {SCHEMA}")
@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_run_fails_in_which_metadata_are_not_valid(run: pytest.Pytester, options: tuple[str, ...]) -> None:
    """Although each of its tests passes; the test, what is wrong and the document are named."""
    result = pytest_of(run, METADATA + INVALID, *options)
    result.assert_outcomes(passed=3)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "metadata first in *::test_invalid",
            "  *participant*Missing child element*",
            "  <?xml *<participant *",
            "conformance: 3 metadata documents (2 distinct checked), 1 invalid as asked, 1 ARE NOT VALID",
        ]
    )


def test_a_run_without_servers_says_nothing(run: pytest.Pytester) -> None:
    """There is nothing to be proud of."""
    result = pytest_of(run, "def test_nothing(): pass")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*conformance:*")


def test_what_workers_found_adds_up() -> None:
    """Whether Telnyx's document is there is known to those who checked something."""
    one = Tally(answers=1, webhooks=2, distinct=3, telnyx=2, excused=1, wrong=["a"])
    other = Tally(answers=10, webhooks=20, distinct=30, telnyx=20, wrong=["b"])
    assert one + other == Tally(answers=11, webhooks=22, distinct=33, telnyx=22, excused=1, wrong=["a", "b"])
    assert (one + Tally()).telnyx == 2
    assert (Tally(metadata=1, metadata_distinct=1) + Tally(metadata=2, metadata_distinct=2)).metadata_distinct == 3
    assert "Telnyx's document is not there" in str(Tally() + Tally(distinct=1))
