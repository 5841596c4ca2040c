"""The pytest plugin in runs of its own: what fails, and in which words."""

from __future__ import annotations

import pytest

from tests.plugin.runs import run


def test_a_failing_test_tells_what_happened_in_its_emulator(pytester: pytest.Pytester) -> None:
    """The timeline in order, with what the app answered, and nothing of another test's."""
    result = run(
        pytester,
        """
def test_other(siprec_emulator):
    start(siprec_emulator, "v3:other")

def test_it(siprec_emulator):
    siprec_emulator.queue("srs-busy")
    siprec_emulator.receiver.answer(500, count=1)
    start(siprec_emulator, client_state="c2VjcmV0")
    siprec_emulator.wait_for_webhook("siprec.failed")
    siprec_emulator.wait_for_webhook("siprec.started", timeout=0.01)
""",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            ">*siprec_emulator.wait_for_webhook(*siprec.started*timeout=0.01)",
            "E*AssertionError: siprec.started delivered within 0.01s: 0 so far",
            "*- siprec emulator -*",
            "namespace *, seed *; auto clock at +*s, nothing falls due",
            "*+0.000s  POST /v2/calls/v3:a/actions/siprec_start -> 200, scenario srs-busy by queue",
            "*+0.000s  session * starting",
            "*session * starting -> failed (user_busy)",
            "*webhook siprec.failed failure_cause=user_busy: delivered",
            "*attempt 1 at http://127.0.0.1:*/_emulator/receiver/* answered 500 in * ms",
            "*attempt 2 at http://127.0.0.1:*/_emulator/receiver/* answered 200 in * ms",
        ]
    )
    result.stdout.no_fnmatch_line("*v3:other*")
    # the assertion's own line is shown, and none of the fixture's
    result.stdout.no_fnmatch_line("*loops.py*")


def test_a_start_that_no_match_took_is_told_with_the_scenario_that_came_nearest(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_it(siprec_emulator):
    siprec_emulator.load({"name": "mine", "match": {"body": {"connector_name": "ours"}}, "timeline": []})
    start(siprec_emulator)
    assert False
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*near misses:*", "*no match took it; mine wants *'ours', found 'srs'"])


def test_a_test_that_passed_fails_for_a_request_that_no_route_took(pytester: pytest.Pytester) -> None:
    """In its own call, so that it counts as failed and not as an error of its teardown."""
    result = run(
        pytester,
        """
def test_it(siprec_emulator):
    start(siprec_emulator, action="siprec_begin")

@pytest.mark.siprec(strict=False)
def test_marked(siprec_emulator):
    start(siprec_emulator, action="siprec_begin")

def test_at_run_time(siprec_emulator):
    siprec_emulator.strict = False
    start(siprec_emulator, action="siprec_begin")
""",
    )
    result.assert_outcomes(failed=1, passed=2)
    result.stdout.fnmatch_lines(
        [
            "something went wrong that this test does not speak of (siprec(strict=False) lets it pass):",
            "  No route takes POST /v2/calls/v3:a/actions/siprec_begin; the nearest is *siprec_*",
            "*- siprec emulator -*",
        ]
    )


def test_a_test_that_passed_fails_for_a_scenario_that_went_wrong(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_template(siprec_emulator):
    siprec_emulator.use({"timeline": [{"emit": "siprec.failed", "payload": {"x": "${request.body.no}"}}]})
    start(siprec_emulator)

def test_name(siprec_emulator):
    assert start(siprec_emulator, connector_name="emu:nothing").status_code == 422
""",
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["*${request.body.no} has no value and no fallback*", "*No scenario named 'nothing'*"]
    )


def test_what_goes_wrong_while_other_fixtures_end_fails_too_and_nothing_is_told_twice(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
@pytest.fixture
def app(siprec_emulator):
    yield
    start(siprec_emulator, action="at_the_end")

def test_it(app):
    pass

def test_failing(app, siprec_emulator):
    start(siprec_emulator, action="before")
    assert False
""",
    )
    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_it*", "*No route takes *at_the_end*"])
    # pytest's summary says it again where the variable CI is set
    said = [line for line in result.outlines if line.startswith("something went wrong that this test does not")]
    assert len(said) == 1


def test_a_fixture_that_fails_after_the_emulator_was_made_is_told_of_it(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@pytest.fixture
def app(siprec_emulator):
    start(siprec_emulator)
    raise RuntimeError("no app")

def test_it(app):
    pass
""",
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*- siprec emulator -*", "*siprec_start -> 200*"])


def test_a_test_that_is_skipped_or_expected_to_fail_stays_so(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_skipped(siprec_emulator):
    start(siprec_emulator, action="wrong")
    pytest.skip("later")

@pytest.mark.xfail(strict=True)
def test_known(siprec_emulator):
    start(siprec_emulator, action="wrong")
    assert False
""",
    )
    result.assert_outcomes(skipped=1, xfailed=1)


def test_a_report_that_cannot_be_made_says_why_and_hides_no_failure(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_it(siprec_emulator, monkeypatch):
    def refuse(*_, **__):
        from emulator.core.errors import ControlUnreachable
        raise ControlUnreachable("http://x", "gone")

    monkeypatch.setattr(type(siprec_emulator.client), "requests", refuse)
    assert False, "the failure itself"
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the failure itself*", "what happened there can't be told: *gone*"])


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("clok='manual'", "siprec_emulator: the mark 'siprec' has no 'clok'; did you mean 'clock'?*"),
        ("'manual'", "siprec_emulator: the mark 'siprec' takes keywords alone*"),
        ("clock='fast'", "siprec_emulator: the emulator answered 422: *'fast'*"),
        ("scenario='srs-bsy'", "siprec_emulator: the emulator answered 422: No scenario named 'srs-bsy'*"),
        ("clock=5", "siprec_emulator: clock is a mode or a mapping, such as*not 5"),
        ("strict='no'", "siprec_emulator: strict is True or False, not 'no'"),
        ("seed=1.5", "siprec_emulator: seed is a text or a whole number, not 1.5"),
        ("scenario=5", "siprec_emulator: a scenario is a name, YAML, a Path or a mapping, not 5"),
        ("scenario=__import__('pathlib').Path('nope.yaml')", "siprec_emulator: *No such file*nope.yaml*"),
        ("realism='loose'", "siprec_emulator: the emulator answered 422: *'loose'*"),
    ],
)
def test_a_wrong_mark_is_an_error_in_words_without_a_traceback(
    pytester: pytest.Pytester, mark: str, said: str
) -> None:
    result = run(pytester, f"@pytest.mark.siprec({mark})\ndef test_it(siprec_emulator): pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([said])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_a_scenario_of_the_project_that_is_none_is_an_error_with_its_place(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nsiprec_scenarios = ours.yaml")
    pytester.makefile(".yaml", ours="version: 1\nname: ours\ntimeline: [{emit: siprec.begun}]\n")
    result = run(pytester, "def test_it(siprec_emulator): pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["the SIPREC emulator can't be had: *ours.yaml:3:*'siprec.begun'*"])
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")
