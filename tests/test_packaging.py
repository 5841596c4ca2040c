"""What users get: the wheel outside the checkout, and files that have to agree with each other."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import signal
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from emulator.config import load
from emulator.core.signing import Signer, parse_seed

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
BOUND_SECS = 60.0


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))


def made(name: str) -> set[str]:
    """The make targets that a file calls; its comments call none."""
    lines = [line for line in text(name).splitlines() if not line.startswith("#")]
    return set(re.findall(r"\bmake ([a-z-]+)", "\n".join(lines)))


def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(text("compose.yaml"))["services"]
    return parsed


# --- the wheel ---


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the backend that is installed here, so that nothing is fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", f"from hatchling.build import build_wheel; build_wheel({str(folder)!r})"],
        cwd=ROOT,
        check=True,
        timeout=BOUND_SECS,
    )
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in a fresh environment: the wheel's own files, with the dependencies of this environment."""
    folder = tmp_path_factory.mktemp("clean") / "env"
    make = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(make, check=True, timeout=BOUND_SECS)  # noqa: S603 - our own command
    python = folder / "bin" / "python"
    site = sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)})
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run(install, check=True, timeout=BOUND_SECS)  # noqa: S603 - our own command
    Path(site, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / "bin" / "siprec-emulator"


@contextlib.contextmanager
def outside(command: Path, *arguments: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The installed command where no checkout can be found; ended when the block is left."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [command, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=BOUND_SECS)


def test_the_wheel_holds_schemas_scenarios_the_page_and_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        f"emulator/{path.relative_to(ROOT)}"
        for kind in ("schemas", "scenarios")
        for path in ROOT.glob(f"{kind}/*")
    }
    expected |= {str(path.relative_to(ROOT)) for path in (ROOT / "emulator/web/inspector/static").iterdir()}
    assert expected <= names
    assert "emulator/py.typed" in names
    assert not any(name.startswith(("tests", "benchmarks", "examples")) for name in names)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("schema", "print", "scenario"), '"title": "a scenario"'),
        (("schema", "print", "--list"), "request.siprec_start"),
        (("validate", str(ROOT / "scenarios")), "36 scenarios are good"),
        (("--version",), "siprec-emulator "),
    ],
)
def test_the_installed_command_needs_no_checkout(
    command: Path, arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    with outside(command, *arguments, folder=tmp_path) as process:
        output, log = process.communicate(timeout=BOUND_SECS)
    assert process.returncode == 0, log
    assert said in output


def test_the_installed_server_runs_from_any_folder(command: Path, tmp_path: Path) -> None:
    with outside(command, "serve", "--port", "0", folder=tmp_path) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        port = line.rpartition(":")[2].strip()
        with outside(command, "health", "--wait", "--port", port or "0", folder=tmp_path) as health:
            answer, complaint = health.communicate(timeout=BOUND_SECS)
        server.send_signal(signal.SIGTERM)
        _, log = server.communicate(timeout=BOUND_SECS)
    assert line == f"listening on http://127.0.0.1:{port}\n", log
    assert (health.returncode, answer) == (0, f"ready at http://127.0.0.1:{port}\n"), complaint + log
    assert server.returncode == 0, log


def test_the_installed_plugin_gives_a_test_its_emulator(command: Path, tmp_path: Path) -> None:
    """Found by pytest itself, from the wheel's own files, where no checkout is."""
    (tmp_path / "test_it.py").write_text(
        "import emulator\n"
        "def test_it(siprec_emulator):\n"
        f"    assert emulator.__file__.startswith({str(command.parent.parent)!r})\n"
        "    assert siprec_emulator.client.health()\n"
    )
    flags = ("-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function")
    done = subprocess.run(  # noqa: S603 - our own command
        [command.parent / "python", "-m", "pytest", "-q", *flags],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=BOUND_SECS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


# --- files that agree ---


@pytest.mark.parametrize("name", [".github/workflows/ci.yml", ".ci/run", "README.md", "CONTRIBUTING.md"])
def test_the_make_targets_that_are_called_exist(name: str) -> None:
    assert made(name)
    assert made(name) <= targets()


def test_the_workflow_and_the_script_run_the_same_targets() -> None:
    assert made(".github/workflows/ci.yml") == made(".ci/run") == {"check", "coverage", "test"}


def test_the_workflow_tests_every_python_that_is_promised() -> None:
    matrix = yaml.safe_load(text(".github/workflows/ci.yml"))["jobs"]["check"]["strategy"]["matrix"]["python"]
    assert matrix == re.findall(r"Python :: (3\.\d+)\"", text("pyproject.toml"))


def test_the_hooks_check_what_make_check_does() -> None:
    hooks = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    check = text("Makefile").partition("check: venv")[2].partition("\n\n")[0]
    tools = {hook["entry"].removeprefix(".venv/bin/").split(" ")[0] for hook in hooks}
    assert all(f"$(BIN)/{tool}" in check for tool in tools)


def test_the_image_is_healthy_by_its_own_command_and_runs_as_nobody() -> None:
    dockerfile = text("Dockerfile")
    assert re.search(r'^HEALTHCHECK .*CMD \["siprec-emulator", "health"\]$', dockerfile, re.MULTILINE)
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", dockerfile, re.MULTILINE)
    variables = dict(re.findall(r"(SIPREC_EMULATOR_\w+)=(\S+)", dockerfile))
    settings = load(environ=variables).settings
    assert f"EXPOSE {settings.port}\n" in dockerfile
    assert settings.host == "0.0.0.0"  # noqa: S104 - in a container that is the point


def test_the_build_context_holds_what_the_image_copies() -> None:
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.*) \S+$", text("Dockerfile"), re.MULTILINE)
        for name in line.split()
    }
    let_in = {line[1:] for line in text(".dockerignore").splitlines() if line.startswith("!")}
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)


def test_compose_sets_what_the_emulator_knows_and_the_app_waits_for_its_health() -> None:
    services = compose()
    environ = dict(services["emulator"]["environment"])
    [mounted] = services["emulator"]["volumes"]
    folder, target, mode = mounted.split(":")
    assert (target, mode) == (environ["SIPREC_EMULATOR_SCENARIOS"], "ro")
    settings = load(environ=environ | {"SIPREC_EMULATOR_SCENARIOS": str(ROOT / folder)}).settings
    assert settings.webhook_url == "http://app:8080/webhooks"
    assert services["app"]["depends_on"]["emulator"]["condition"] == "service_healthy"
    assert services["emulator"]["ports"] == [f"127.0.0.1:{settings.port}:{settings.port}"]
    assert services["app"]["environment"]["TELNYX_BASE_URL"] == f"http://emulator:{settings.port}/v2"
    assert services["emulator"]["read_only"] is True


def test_the_app_in_compose_knows_the_key_that_the_emulator_signs_with() -> None:
    services = compose()
    seed = parse_seed(services["emulator"]["environment"]["SIPREC_EMULATOR_SIGNING_KEY"])
    assert Signer(seed=seed).public_key == services["app"]["environment"]["TELNYX_PUBLIC_KEY"]
    assert b"sample" in seed, "nobody should take it for a secret"
    assert base64.b64encode(seed).decode() in text("compose.yaml")
