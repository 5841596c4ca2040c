"""The examples: their page, and those that need another process: apps attached to an emulator, and Node's SDK."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.fixture import SiprecEmulator

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
NODE = EXAMPLES / "node"
BOUND_SECS = 120


@contextmanager
def listening(*command: str, said: Path, **environ: str) -> Iterator[str]:
    """A program that first prints where it listens, until the block is left; yields the URL.

    Args:
        command: Its arguments.
        said: The file that gets what it prints afterwards, and its errors.
        environ: Variables besides those of this process.
    """
    with said.open("w") as output:
        process = subprocess.Popen(  # noqa: S603 - ours
            command, stdout=subprocess.PIPE, stderr=output, text=True, env=os.environ | environ
        )
        try:
            assert process.stdout is not None
            yield process.stdout.readline().removeprefix("listening on ").strip()
        finally:
            process.terminate()
            output.write(process.communicate(timeout=BOUND_SECS)[0])


# --- the page ---


@pytest.mark.parametrize(
    "link", re.findall(r"\]\((?!http)([^)#]+)", (EXAMPLES / "README.md").read_text(encoding="utf-8"))
)
def test_every_file_that_the_page_names_exists(link: str) -> None:
    assert (EXAMPLES / link).is_file()


# --- the apps, attached ---


def test_an_apps_tests_pass_unchanged_against_an_emulator_in_another_process(tmp_path: Path) -> None:
    """As they would against one in a container."""
    log = tmp_path / "log"
    serve = (sys.executable, "-m", "emulator", "serve", "--port", "0", "--log-format", "logfmt")
    with listening(*serve, said=log) as url:
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "examples/apps/test_aiohttp_app.py"],
            env=os.environ | {"SIPREC_EMULATOR_URL": url},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=BOUND_SECS,
            check=False,
        )
    assert ran.returncode == 0, ran.stdout
    assert re.search(r"^\d+ passed in ", ran.stdout, re.MULTILINE)
    assert "route=siprec_start" in log.read_text()


# --- Node ---


@pytest.fixture(scope="module")
def node() -> str:
    """Node, with Telnyx's SDK of exactly the version that the lock file names."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.skip("node and npm are not installed")
    # several workers may want it at once
    with (NODE / "package.json").open() as package:
        fcntl.flock(package, fcntl.LOCK_EX)
        _install(npm)
    return found


def _install(npm: str) -> None:
    installed, locked = NODE / "node_modules" / ".package-lock.json", NODE / "package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= locked.stat().st_mtime:
        return
    command = [npm, "ci", "--no-audit", "--no-fund"]
    ran = subprocess.run(command, cwd=NODE, capture_output=True, text=True, timeout=BOUND_SECS, check=False)  # noqa: S603 - npm
    if ran.returncode != 0:
        pytest.skip(f"npm does not get Telnyx's SDK here: {ran.stderr.strip()[:300]}")


def record(node: str, siprec_emulator: SiprecEmulator) -> subprocess.CompletedProcess[str]:
    """Run the script that starts and stops a recording."""
    return subprocess.run(  # noqa: S603 - ours
        [node, str(NODE / "record_call.mjs"), "v3:example"],
        env=os.environ | siprec_emulator.env,
        capture_output=True,
        text=True,
        timeout=BOUND_SECS,
        check=False,
    )


def test_nodes_sdk_starts_and_stops_a_recording(node: str, siprec_emulator: SiprecEmulator) -> None:
    ran = record(node, siprec_emulator)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("siprec_start: ok\nsiprec_stop: ok\n", "", 0)
    [start] = siprec_emulator.assert_request("siprec_start", connector_name="my-srs")
    assert re.fullmatch(r"[0-9a-f-]{36}", start.body["command_id"])


def test_nodes_sdk_raises_what_telnyx_refuses_as_a_typed_error(node: str, siprec_emulator: SiprecEmulator) -> None:
    siprec_emulator.queue("api-error")
    ran = record(node, siprec_emulator)
    assert (ran.stdout, ran.returncode) == ("the call is over: there is nothing to record\n", 0)
    siprec_emulator.fault(status=403, error="10010")
    ran = record(node, siprec_emulator)
    assert ran.returncode == 1
    assert ran.stderr.startswith("refused: 403 ")
    assert "10010" in ran.stderr


def test_nodes_sdk_verifies_what_the_emulator_signs(
    node: str, siprec_emulator: SiprecEmulator, tmp_path: Path
) -> None:
    """What is signed by another key is refused, and what comes twice is told once."""
    said = tmp_path / "said"
    with listening(node, str(NODE / "receive_webhooks.mjs"), "0", said=said, **siprec_emulator.env) as url:
        siprec_emulator.webhook_url = url
        siprec_emulator.webhook_fault(events=["siprec.started"], sign={"mode": "wrong_key"}, count=1)
        siprec_emulator.webhook_fault(events=["siprec.stopped"], deliver={"copies": 2})
        record(node, siprec_emulator)
        siprec_emulator.wait_for_webhook("siprec.stopped", count=2)
        siprec_emulator.wait_for_webhook("siprec.started", state="failed")
        unsigned = httpx.post(url, content=b"{}")
    assert unsigned.status_code == 401
    lines = said.read_text().splitlines()
    wrong = "refused: Signature verification failed: signature does not match payload"
    assert lines.count(wrong) == 3
    assert lines[-1] == "refused: Missing required header: Telnyx-Signature-Ed25519"
    assert [line for line in lines if not line.startswith("refused")] == ["siprec.stopped normal_clearing"]
