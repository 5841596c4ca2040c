"""A project's test suite with the pytest fixture: 200 tests, in each of which scripted minutes pass.

Each test starts a recording that nobody answers, one that Telnyx refuses, one whose first answer is a 503 that the
SDK tries again, and one that runs ten minutes until it is stopped; webhooks go to the built-in receiver. The suite
is written anew, and run by a pytest of its own: on one core, and by four workers.

The SDK takes 20 ms to make a client, most of it for the certificates of a connection that is not encrypted here.
So the suite is measured with a client for each test, and with one that its tests share.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

from benchmarks.processes import SERVER_CORE, pinned

TESTS = 200
FILES = 10
ROUNDS = 3

_APART = ("-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:hypothesispytest")
"""Without this project's own tools, which take a second or two to be imported."""

_CONFTEST = {
    "a client each": """
        @pytest.fixture
        def sdk(siprec_emulator):
            with Telnyx(api_key=siprec_emulator.api_key, base_url=siprec_emulator.base_url) as client:
                yield client
        """,
    "a shared client": """
        @pytest.fixture(scope="session")
        def shared():
            with Telnyx(api_key="none") as client:
                yield client

        @pytest.fixture
        def sdk(shared, siprec_emulator):
            return shared.with_options(api_key=siprec_emulator.api_key, base_url=siprec_emulator.base_url)
        """,
}

_TEST = """
    def test_recordings_{number}(siprec_emulator, sdk):
        actions = sdk.calls.actions
        siprec_emulator.queue("no-answer")
        actions.start_siprec("v3:silent", connector_name="srs")
        siprec_emulator.wait_for_webhook("siprec.failed", failure_cause="no_answer")

        siprec_emulator.queue("api-error")
        with pytest.raises(UnprocessableEntityError, match="90018"):
            actions.start_siprec("v3:gone", connector_name="srs")

        siprec_emulator.fault(status=503, error="10007", sdk_retry=True, headers=AT_ONCE, count=1)
        actions.start_siprec("v3:long", connector_name="srs", extra_body={{"command_id": "start"}})
        siprec_emulator.wait_for_webhook("siprec.started", call_control_id="v3:long")
        siprec_emulator.advance("10m")
        actions.stop_siprec("v3:long")
        siprec_emulator.wait_for_webhook("siprec.stopped", hangup_cause="normal_clearing")
        siprec_emulator.assert_request("siprec_start", count=4)
        siprec_emulator.assert_no_more_webhooks()
    """

_HEAD = """
    import pytest
    from telnyx import Telnyx, UnprocessableEntityError

    AT_ONCE = {"retry-after-ms": "1"}  # the SDK's own pause is half a second of real time
    """


def write(folder: Path, client: str) -> None:
    """Write the suite.

    Args:
        folder: Where.
        client: How its tests come by a client of the SDK.
    """
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "conftest.py").write_text(textwrap.dedent(_HEAD) + textwrap.dedent(_CONFTEST[client]))
    for file in range(FILES):
        tests = (textwrap.dedent(_TEST).format(number=number) for number in range(file, TESTS, FILES))
        (folder / f"test_recordings_{file}.py").write_text(textwrap.dedent(_HEAD) + "\n".join(tests))


def run(folder: Path, *arguments: str, one_core: bool) -> tuple[float, float]:
    """Run the suite, which must pass.

    Args:
        folder: Where it is.
        arguments: For pytest.
        one_core: Whether it has one core alone.

    Returns:
        Seconds from the start of pytest's process to its end, and seconds of CPU time, which is steadier on a
        machine that is shared.
    """
    command = [
        *(pinned(SERVER_CORE) if one_core else []),
        *(sys.executable, "-m", "pytest", "-q", *_APART, *arguments),
    ]
    began, cpu = time.perf_counter(), _cpu_secs()
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    took = time.perf_counter() - began
    assert re.search(rf"^{TESTS} passed", ran.stdout, re.MULTILINE), ran.stdout[-3000:]
    return took, _cpu_secs() - cpu


def _cpu_secs() -> float:
    """Of the programs that were run so far and have ended."""
    times = os.times()
    return times.children_user + times.children_system


def main() -> None:
    """Print the seconds, the best of the rounds."""
    print(f"{f'suite of {TESTS} tests':32} {'secs':>8} {'cpu secs':>8} {'ms each':>8}")
    for client in _CONFTEST:
        with tempfile.TemporaryDirectory() as name:
            write(Path(name), client)
            for how, arguments in (("one core", ()), ("-n 4", ("-n", "4"))):
                one_core = not arguments
                took, cpu = min(run(Path(name), *arguments, one_core=one_core) for _ in range(ROUNDS))
                print(f"{f'{client}, {how}':32} {took:8.1f} {cpu:8.1f} {took / TESTS * 1000:8.1f}")


if __name__ == "__main__":
    main()
