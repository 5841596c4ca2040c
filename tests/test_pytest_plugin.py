"""The pytest plugin in runs of its own: what passes, what fails and in which words, xdist, loops, attaching."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

# imported here, so that a run inside of this one finds them: extensions can't be loaded twice
from emulator.testing import running_emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.client import EmulatorClient
    from emulator.testing import RunningEmulator

PRELUDE = """
import httpx
import pytest

def start(emulator, call="v3:a", action="siprec_start", **body):
    url = f"{emulator.base_url}/calls/{call}/actions/{action}"
    headers = {"Authorization": f"Bearer {emulator.api_key}"}
    return httpx.post(url, json={"connector_name": "srs"} | body, headers=headers)
"""

AWAITED = """
async def start_async(emulator):
    url = f"{emulator.base_url}/calls/v3:a/actions/siprec_start"
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {emulator.api_key}"}) as client:
        assert (await client.post(url, json={})).status_code == 200
    started = await emulator.wait_for_webhook_async("siprec.started")
    assert started.attempts[0].status == 200
    await emulator.assert_no_more_webhooks_async(within="1m")
"""


_APART = (
    *("-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:hypothesispytest"),
    *("-o", "asyncio_default_fixture_loop_scope=function"),
)
"""Without this project's own tools, of which some take a second to be imported."""


@pytest.fixture(autouse=True)
def not_attached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the run that this is part of is attached to."""
    monkeypatch.delenv("SIPREC_EMULATOR_URL", raising=False)


def run(pytester: pytest.Pytester, source: str, *args: str, apart: bool = False) -> pytest.RunResult:
    """Run a file of tests; ``apart``: in a process of its own."""
    pytester.makepyfile(PRELUDE + source)
    go = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
    return go(*_APART, *args)


# --- what it costs ---


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
    shown = pytester.runpytest_inprocess(*_APART, "--fixtures").stdout.str()
    assert "siprec_emulator -- " in shown
    assert "siprec_receiver -- " in shown
    assert (
        "@pytest.mark.siprec(scenario, clock, seed"
        in pytester.runpytest_inprocess(*_APART, "--markers").stdout.str()
    )
    assert "siprec_scenarios (paths)" in pytester.runpytest_inprocess(*_APART, "--help").stdout.str()


# --- passing ---


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


# --- failing ---


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


# --- event loops ---


@pytest.mark.parametrize("scope", ["function", "module", "session"])
def test_tests_of_pytest_asyncio_use_it_in_every_loop_scope(pytester: pytest.Pytester, scope: str) -> None:
    """Blocking fixtures beside awaited ones, and the app in the test's own loop."""
    result = run(
        pytester,
        AWAITED
        + f"""
import asyncio
pytestmark = pytest.mark.asyncio(loop_scope="{scope}")

async def test_it(siprec_emulator):
    await start_async(siprec_emulator)

async def test_again(siprec_emulator, siprec_receiver):
    await start_async(siprec_emulator)
    assert siprec_receiver.got[0].verdict == "good"
""",
    )
    result.assert_outcomes(passed=2)


def test_tests_of_pytest_aiohttp_use_it_with_an_app_in_the_same_loop(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        AWAITED
        + """
from aiohttp import web

async def test_it(siprec_emulator, aiohttp_server):
    got = []

    async def hook(request):
        got.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks", hook)
    server = await aiohttp_server(app)
    siprec_emulator.webhook_url = str(server.make_url("/hooks"))
    await start_async(siprec_emulator)
    assert [one["data"]["event_type"] for one in got] == ["siprec.started"]
""",
        "-o",
        "asyncio_mode=auto",
    )
    result.assert_outcomes(passed=1)


def test_tests_of_anyio_use_it_on_both_of_its_loops(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        AWAITED
        + """
@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_it(siprec_emulator, anyio_backend):
    await start_async(siprec_emulator)
""",
    )
    result.assert_outcomes(passed=2)


def test_a_blocking_wait_in_an_async_test_fails_at_once_and_names_its_twin(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@pytest.mark.asyncio
async def test_it(siprec_emulator):
    siprec_emulator.wait_for_webhook("siprec.started")
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E*RuntimeError: wait_for_webhook() waits*await wait_for_webhook_async(...) instead"]
    )


# --- several processes, and elsewhere ---


def test_each_worker_of_xdist_has_an_emulator_of_its_own(pytester: pytest.Pytester) -> None:
    """Four workers, two tests for each at least; a failing one's report comes through."""
    result = run(
        pytester,
        """
@pytest.mark.parametrize("turn", range(12))
def test_it(siprec_emulator, turn, record_property):
    assert start(siprec_emulator, f"v3:{turn}").status_code == 200
    siprec_emulator.wait_for_webhook("siprec.started", call_control_id=f"v3:{turn}")
    assert len(siprec_emulator.sessions) == 1
    assert turn != 7
""",
        "-n",
        "4",
        apart=True,
    )
    result.assert_outcomes(passed=11, failed=1)
    result.stdout.fnmatch_lines(["*- siprec emulator -*", "*POST /v2/calls/v3:7/actions/siprec_start -> 200*"])


@pytest.fixture
def elsewhere() -> Iterator[RunningEmulator[EmulatorClient]]:
    with running_emulator() as emulator:
        yield emulator


def test_the_same_tests_run_against_an_emulator_that_runs_already(
    pytester: pytest.Pytester, elsewhere: RunningEmulator[EmulatorClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its namespaces are forgotten afterwards, and the project's scenarios are each test's own there."""
    monkeypatch.setenv("SIPREC_EMULATOR_URL", elsewhere.client.base_url)
    pytester.makeini("[pytest]\nsiprec_scenarios = ours.yaml")
    pytester.makefile(".yaml", ours="version: 1\nname: ours\ntimeline: [{emit: siprec.failed}]\n")
    result = run(
        pytester,
        f"""
@pytest.mark.siprec(scenario="ours")
def test_it(siprec_emulator):
    assert siprec_emulator.base_url == "{elsewhere.base_url}"
    start(siprec_emulator)
    siprec_emulator.wait_for_webhook("siprec.failed")
""",
        apart=True,
    )
    result.assert_outcomes(passed=1)
    assert elsewhere.client.namespaces() == []


def test_an_emulator_that_is_not_there_is_an_error_in_words(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIPREC_EMULATOR_URL", "http://127.0.0.1:9")
    result = run(pytester, "def test_it(siprec_emulator): pass\ndef test_again(siprec_emulator): pass\n")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["the SIPREC emulator can't be had: no emulator answers at http://127.0.0.1:9: *"])
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_no_thread_and_no_socket_is_left_after_a_run(pytester: pytest.Pytester) -> None:
    """Warnings are errors there, an unclosed socket's too."""
    result = run(
        pytester,
        """
def test_it(siprec_emulator):
    start(siprec_emulator)
""",
        "-W",
        "error",
        apart=True,
    )
    result.assert_outcomes(passed=1)
    assert result.ret == 0


# --- wider than a test, and several ---


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
