"""``examples/docker``: the tests of its container run as they are, against an emulator and the example app."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from emulator.testing import running_emulator
from tests.example_app import EXAMPLES, serving_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("telnyx", reason="the official SDK is not installed")
BOUND_SECS = 180


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """What compose.yaml tells the tests, of an emulator and an app that run here."""
    with running_emulator(scenarios=[EXAMPLES / "scenarios"]) as emulator, serving_app(emulator.env) as url:
        emulator.client.configure_namespace(webhook_url=f"{url}/webhooks")
        yield {
            "SIPREC_EMULATOR_URL": emulator.base_url.removesuffix("/v2"),
            "TELNYX_BASE_URL": emulator.base_url,
            "TELNYX_API_KEY": emulator.api_key,
            "APP_URL": url,
        }


def passed(file: str, environment: dict[str, str], folder: Path) -> int:
    """Run one file with a pytest that knows nothing of this project's settings; how many tests passed."""
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    chosen = str(EXAMPLES / "docker" / "tests" / file)
    done = subprocess.run(  # noqa: S603 - the project's own file
        [sys.executable, "-m", "pytest", "-c", str(folder / "pytest.ini"), "-p", "no:cacheprovider", "-q", chosen],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=BOUND_SECS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"^(\d+) passed in", done.stdout, re.MULTILINE)
    assert found is not None, done.stdout
    return int(found[1])


def test_the_tests_over_the_client_pass(environment: dict[str, str], tmp_path: Path) -> None:
    assert passed("test_recordings.py", environment, tmp_path) == 4


@pytest.mark.skipif(
    importlib.util.find_spec("emulator.pytest_plugin") is None, reason="the pytest plugin is not part of this tree"
)
def test_the_tests_with_the_fixture_pass(environment: dict[str, str], tmp_path: Path) -> None:
    assert passed("test_with_fixture.py", environment, tmp_path) == 3
