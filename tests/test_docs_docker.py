"""docs/docker.md: what needs no engine runs, and what an engine is told names what there is."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml

from emulator.config import load
from emulator.options import CA_FILE, OPTIONS
from emulator.testing import running_emulator
from tests.docker_engine import running_engine
from tests.example_app import EXAMPLES, serving_app

pytest.importorskip("telnyx", reason="the official SDK is not installed")
ROOT = EXAMPLES.parent
PAGE = (ROOT / "docs" / "docker.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
BOUND_SECS = 60
VARIABLES = {option.variable for option in OPTIONS}

TAKE_A_VALUE = {"-p", "-v", "-e", "--add-host", "--cap-drop", "--security-opt"}
TAKE_NONE = {"--rm", "--read-only"}


def fenced(language: str) -> list[str]:
    """The examples in one language, in the order of the page."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def commands(program: str) -> list[list[str]]:
    """Every call of a program, as its arguments."""
    lines = "".join(fenced("sh")).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.startswith(f"{program} ")]


def compose(file: str) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
    return parsed


RUNS = [one[2:] for one in commands("docker") if one[1] == "run"]


@pytest.mark.parametrize("arguments", RUNS, ids=" ".join)
def test_a_docker_run_sets_what_there_is(arguments: list[str]) -> None:
    given: dict[str, list[str]] = {}
    left = iter(arguments)
    for word in left:
        if not word.startswith("-"):
            assert word == "siprec-emulator"
            break
        assert word in TAKE_A_VALUE | TAKE_NONE
        given.setdefault(word, []).append(next(left) if word in TAKE_A_VALUE else "")
    assert list(left) == []
    assert given["-p"] == ["127.0.0.1:12111:12111"]
    environ = dict(pair.split("=", 1) for pair in given.get("-e", []))
    assert set(environ) <= VARIABLES
    for volume in given.get("-v", []):
        source, target, mode = volume.replace("$PWD", str(ROOT)).split(":")
        assert mode == "ro"
        environ = {name: source if value == target else value for name, value in environ.items()}
    settings = load(environ=environ).settings
    if settings.webhook_url is not None:
        assert given["--add-host"] == ["host.docker.internal:host-gateway"]


def test_the_hardened_run_asks_for_all_that_the_page_promises() -> None:
    assert any({"--read-only", "--cap-drop", "--security-opt"} <= set(one) for one in RUNS)


def test_every_compose_command_names_a_file_and_services_that_there_are() -> None:
    found = [one[2:] for one in commands("docker") if one[1] == "compose"]
    files = [one[1] if one[0] == "-f" else "compose.yaml" for one in found]
    assert set(files) == {"compose.yaml", "examples/docker/compose.yaml", "examples/scale/compose.yaml"}
    [run] = [one for one in found if "run" in one]
    assert run[-1] in compose(run[1])["services"]


def test_kubectl_makes_what_the_deployment_mounts() -> None:
    make, apply = commands("kubectl")
    manifests = list(yaml.safe_load_all((ROOT / apply[-1]).read_text(encoding="utf-8")))
    [deployment] = [one for one in manifests if one["kind"] == "Deployment"]
    [volume] = deployment["spec"]["template"]["spec"]["volumes"]
    assert make[:4] == ["kubectl", "create", "configmap", volume["configMap"]["name"]]
    assert (ROOT / make[4].removeprefix("--from-file=")).is_dir()


def test_the_file_of_your_own_points_the_app_at_the_emulator() -> None:
    example, _ = fenced("yaml")
    services = yaml.safe_load(example)["services"]
    assert set(services["emulator"]["environment"]) <= VARIABLES
    assert set(services["app"]["environment"]) == {"TELNYX_BASE_URL", "TELNYX_API_KEY", "TELNYX_PUBLIC_KEY"}
    assert services["app"]["depends_on"] == {"emulator": {"condition": "service_healthy"}}


def test_the_file_with_tls_lets_the_app_trust_the_authority_that_the_emulator_keeps() -> None:
    """The certificate is for the name that the app calls, and the folder is the same on both sides."""
    _, example = fenced("yaml")
    services = yaml.safe_load(example)["services"]
    emulator, app = services["emulator"], services["app"]
    assert set(emulator["environment"]) <= VARIABLES
    assert urlsplit(app["environment"]["TELNYX_BASE_URL"]).hostname == emulator["hostname"]
    folder = emulator["environment"]["SIPREC_EMULATOR_TLS_DIR"]
    assert app["environment"]["SSL_CERT_FILE"] == f"{folder}/{CA_FILE}"
    assert [one.split(":")[:2] for one in (*emulator["volumes"], *app["volumes"])] == [["./tls", folder]] * 2


def test_the_curls_beside_the_app_show_what_they_say() -> None:
    shown = [one for one in commands("curl") if "-s" not in one]
    assert len(shown) == 3
    with running_emulator(scenarios=[EXAMPLES / "scenarios"]) as emulator, serving_app(emulator.env) as app:
        emulator.client.configure_namespace(webhook_url=f"{app}/webhooks")
        addresses = {"http://127.0.0.1:8080": app, "http://127.0.0.1:12111": emulator.base_url.removesuffix("/v2")}
        for arguments in shown[2], shown[0], shown[1]:
            words = arguments
            for written, real in addresses.items():
                words = [word.replace(written, real) for word in words]
            told = subprocess.run(words, capture_output=True, text=True, timeout=BOUND_SECS, check=True).stdout  # noqa: S603 - the page's
            if arguments is shown[2]:
                assert "v3:other" in told
                emulator.client.wait("webhook", {"event_type": "siprec.failed"}, timeout="10s")
            else:
                assert "siprec.failed" in told


def test_the_example_of_testcontainers_runs() -> None:
    pytest.importorskip("testcontainers", reason="Testcontainers is not installed")
    (example,) = fenced("python")
    with running_engine() as engine:
        environment = {
            "DOCKER_HOST": engine.url,
            "TESTCONTAINERS_CONNECTION_MODE": "docker_host",
            "TESTCONTAINERS_RYUK_DISABLED": "true",
            "PYTHONPATH": str(EXAMPLES / "testcontainers"),
        }
        subprocess.run(  # noqa: S603 - the page's
            [sys.executable, "-c", example],
            cwd=ROOT,
            env=os.environ | environment,
            timeout=BOUND_SECS,
            check=True,
        )
        assert len(engine.containers) == 1


def test_the_loop_over_the_replicas_resets_each_at_its_published_port() -> None:
    (loop,) = [one for one in fenced("sh") if one.startswith("for port in ")]
    services = compose("examples/scale/compose.yaml")["services"]
    published = [one["ports"][0].split(":")[1] for name, one in services.items() if name != "balancer"]
    assert loop.splitlines()[0] == f"for port in {' '.join(published)}; do"
    with ExitStack() as stack:
        emulators = [stack.enter_context(running_emulator()) for _ in published]
        for port, emulator in zip(published, emulators, strict=True):
            key = {"Authorization": f"Bearer {emulator.api_key}"}
            assert httpx.get(f"{emulator.base_url}/public_key", headers=key).status_code == 200
            assert emulator.client.namespaces()
            loop = loop.replace(port, emulator.base_url.rpartition(":")[2].removesuffix("/v2"))
        subprocess.run(["/bin/sh", "-c", loop], stdout=subprocess.DEVNULL, timeout=BOUND_SECS, check=True)  # noqa: S603 - the page's
        assert not any(emulator.client.namespaces() for emulator in emulators)


def test_what_the_balancer_answers_without_a_key_is_listed() -> None:
    configuration = (EXAMPLES / "scale" / "nginx.conf").read_text(encoding="utf-8")
    found = re.search(r"location ~ \^/_emulator/\(([^()]*)\(", configuration)
    assert found is not None
    listed = found[1].replace("\\", "").split("|")
    assert f"({', '.join(f'`{one}`' for one in listed)})" in PAGE.replace("\n", " ")
    assert "X-Emulator-Replica" in configuration


def test_every_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"\bexamples/[\w./-]+\w", PAGE))
    assert len(named) >= 7
    assert all((ROOT / name).exists() for name in named)


def test_the_readme_starts_what_the_page_describes() -> None:
    assert "docker compose up" in README
    assert "[docs/docker.md](docs/docker.md)" in README
