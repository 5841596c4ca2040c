"""The pytest plugin in runs of its own: fixtures of a wider scope, and several emulators."""

from __future__ import annotations

import pytest

from emulator.testing import running_emulator
from tests.plugin.runs import run


def test_a_factory_opens_emulators_for_fixtures_of_a_wider_scope_and_several_at_once(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeini("[pytest]\nsiprec_realism = strict\n")
    result = run(
        pytester,
        """
@pytest.fixture(scope="module")
def shared(siprec_emulator_factory):
    with siprec_emulator_factory(scenario="srs-busy", realism="standard") as emulator:
        yield emulator

@pytest.mark.parametrize("turn", [1, 2])
def test_it(shared, turn):
    assert start(shared, call=f"v3:{turn}").status_code == 200
    shared.wait_for_webhook("siprec.failed", count=turn)
    assert len(shared.sessions) == turn

def test_two(shared, siprec_emulator, siprec_emulator_factory):
    with siprec_emulator_factory() as one, siprec_emulator_factory() as other:
        assert len({each.namespace for each in (shared, siprec_emulator, one, other)}) == 4
        assert start(one).status_code == 422  # in a strict project a call has to have begun
        assert (len(one.requests), other.requests) == (1, ())
    assert siprec_emulator.client.namespaces()
""",
    )
    result.assert_outcomes(passed=3)


def test_a_block_that_is_strict_fails_for_what_nobody_scripted(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_strict(siprec_emulator_factory):
    with siprec_emulator_factory() as emulator:
        start(emulator, action="siprec_strat")

def test_lenient(siprec_emulator_factory):
    with siprec_emulator_factory(strict=False) as emulator:
        start(emulator, action="siprec_strat")

def test_misspelt(siprec_emulator_factory):
    with pytest.raises(ValueError, match="has no 'clok'; did you mean 'clock'"):
        siprec_emulator_factory(clok="manual").__enter__()
""",
    )
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*something went wrong that nobody scripted (strict=False lets it pass):"])


def test_an_emulator_that_dies_under_a_test_is_told_once_and_in_words(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_emulator() as elsewhere, monkeypatch.context() as patch:
        patch.setenv("SIPREC_EMULATOR_URL", elsewhere.client.base_url)
        result = run(
            pytester,
            """
from emulator.client.wire import Wire
from emulator.core.errors import ControlUnreachable

def test_it(siprec_emulator, monkeypatch_of_the_run):
    def nobody(*_, **__):
        raise ControlUnreachable("http://there", "Connection refused")
    monkeypatch_of_the_run.setattr(Wire, "carry_out", nobody)
    siprec_emulator.wait_for_webhook("siprec.started")

@pytest.fixture(scope="module")
def monkeypatch_of_the_run():
    with pytest.MonkeyPatch.context() as patch:
        yield patch
""",
        )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*no emulator answers at http://there: Connection refused"])


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://127.0.0.1:99999", "http://"])
def test_an_address_that_is_none_is_an_error_in_words(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("SIPREC_EMULATOR_URL", url)
    result = run(pytester, "def test_it(siprec_emulator): pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"the SIPREC emulator can't be had: SIPREC_EMULATOR_URL: *'{url}'*"])
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_a_test_that_runs_again_is_as_strict_as_the_first_time(pytester: pytest.Pytester) -> None:
    """As pytest-rerunfailures does it, with the same item."""
    pytester.makeconftest(
        """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    runtestprotocol(item, nextitem=nextitem, log=False)
    item._initrequest()
"""
    )
    result = run(
        pytester,
        """
turns = []

def test_it(siprec_emulator):
    turns.append(1)
    assert len(turns) > 1
    start(siprec_emulator, action="siprec_strat")
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["something went wrong that this test does not speak of*"])
