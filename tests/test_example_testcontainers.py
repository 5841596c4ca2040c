"""``examples/testcontainers``: its tests run as they are, with Testcontainers and a stand-in for the engine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emulator.options import OPTIONS
from tests.docker_engine import running_engine

if TYPE_CHECKING:
    from tests.docker_engine import Container

pytest.importorskip("telnyx", reason="the official SDK is not installed")
pytest.importorskip("testcontainers", reason="Testcontainers is not installed")
EXAMPLE = Path(__file__).parent.parent / "examples" / "testcontainers"
BOUND_SECS = 60


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Container:
    """The container that the example's tests made, once they have passed."""
    folder = tmp_path_factory.mktemp("testcontainers")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    with running_engine() as engine:
        environment = {
            "DOCKER_HOST": engine.url,
            "TESTCONTAINERS_CONNECTION_MODE": "docker_host",
            # it ends what a killed test run leaves behind, in a container of its own
            "TESTCONTAINERS_RYUK_DISABLED": "true",
            "HOME": str(folder),
        }
        chosen = [str(folder / "pytest.ini"), "-p", "no:cacheprovider", "-q", str(EXAMPLE)]
        done = subprocess.run(  # noqa: S603 - the project's own file
            [sys.executable, "-m", "pytest", "-c", *chosen],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=BOUND_SECS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert re.search(r"^2 passed in", done.stdout, re.MULTILINE), done.stdout
        [only] = engine.containers.values()
        assert only.process is None, "it was removed by the example itself"
        return only


def test_its_tests_pass_with_one_container_that_they_remove(container: Container) -> None:
    assert container.request["Image"] == "siprec-emulator:latest"


def test_the_container_is_hardened_as_the_image_allows(container: Container) -> None:
    assert container.host_config["ReadonlyRootfs"] is True
    assert container.host_config["CapDrop"] == ["ALL"]
    assert container.host_config["SecurityOpt"] == ["no-new-privileges:true"]
    assert all(bind.endswith(":ro") for bind in container.host_config["Binds"])


def test_the_container_knows_the_host_by_a_name_and_sends_its_webhooks_there(container: Container) -> None:
    assert container.host_config["ExtraHosts"] == ["host.docker.internal:host-gateway"]
    assert any("WEBHOOK_URL=http://host.docker.internal:" in pair for pair in container.request["Env"])


def test_its_variables_are_settings(container: Container) -> None:
    variables = {pair.partition("=")[0] for pair in container.request["Env"]}
    assert variables == {"SIPREC_EMULATOR_WEBHOOK_URL", "SIPREC_EMULATOR_SCENARIOS"}
    assert variables <= {option.variable for option in OPTIONS}
