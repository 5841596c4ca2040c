"""The pytest plugin in runs of its own: event loops, several processes, an emulator that runs elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.plugin.runs import AWAITED, run

if TYPE_CHECKING:
    from emulator.client import EmulatorClient
    from emulator.testing import RunningEmulator


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
