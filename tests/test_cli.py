"""The command line, in this process where nothing has to run, else as a user starts it."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from emulator.certificates import issue, new_authority
from emulator.cli.group import commands
from emulator.core.signing import Signer, parse_seed
from emulator.testing import running_emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    import aiohttp
    from click.testing import Result

    from emulator.web.server import Server
    from tests.conftest import WebhookApp

ROOT = Path(__file__).parent.parent
OPENAPI = ROOT.parent / "shared" / "spec" / "telnyx-openapi-siprec.yml"
COMMAND = [sys.executable, "-m", "emulator"]
BOUND_SECS = 30.0
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("SIPREC_EMULATOR_") and name not in {"NO_COLOR", "FORCE_COLOR"}
} | {"PYTHONPATH": str(ROOT)}


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SIPREC_EMULATOR_")]:
        monkeypatch.delenv(name)


def invoke(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(commands, arguments, env=environ)


@contextlib.contextmanager
def started(*arguments: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """A command that runs until the block is left."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT | environ,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=BOUND_SECS)


def read_until(process: subprocess.Popen[str], pattern: str) -> list[str]:
    """The lines of standard output up to the first that holds the pattern."""
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if re.search(pattern, line):
            return lines
    raise AssertionError(f"{pattern} did not come: {lines}")


def url_of(line: str) -> str:
    return line.removeprefix("listening on ")


# --- help and version ---


@pytest.mark.parametrize("command", ["serve", "demo", "validate", "health", "tail", "keygen", "schema"])
def test_every_command_has_help(command: str) -> None:
    assert command in invoke("--help").output
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: commands {command}")


def test_help_names_the_variable_of_each_setting() -> None:
    output = re.sub(r"\s+", " ", invoke("serve", "--help").output)
    assert "[env var: SIPREC_EMULATOR_WEBHOOK_URL]" in output
    assert "[env var: SIPREC_EMULATOR_CONFIG]" in output


def test_the_version_is_the_distributions() -> None:
    assert re.fullmatch(r"siprec-emulator \d+\.\d+\.\d+\n", invoke("--version").output)


def test_an_unknown_command_is_status_2() -> None:
    assert invoke("sreve").exit_code == 2


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["health", "--port", "1"]])
def test_help_and_health_import_nothing_heavy(arguments: list[str]) -> None:
    """A container asks for its health every few seconds."""
    script = (
        "import sys\nfrom emulator.cli import main\n"
        f"try: main({arguments!r})\nexcept SystemExit: pass\n"
        "heavy = {'aiohttp', 'jsonschema', 'jsonschema_rs', 'yaml', 'rich', 'nacl', 'uvloop'}\n"
        "print(sorted(heavy & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=ENVIRONMENT
    )
    assert done.stderr.endswith("[]\n")


# --- settings ---


def test_print_config_says_where_each_value_came_from(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("drain: 1s\n", encoding="utf-8")
    result = invoke(
        "serve", "--port", "0", "--config", str(file), "--print-config", SIPREC_EMULATOR_REALISM="strict"
    )
    lines = result.output.splitlines()
    assert "port: 0  # --port" in lines
    assert 'realism: "strict"  # SIPREC_EMULATOR_REALISM' in lines
    assert f'drain: "1s"  # {file}:1' in lines


@pytest.mark.parametrize("command", ["serve", "demo", "health", "tail"])
def test_a_wrong_setting_is_a_sentence_and_status_2_in_every_command(command: str) -> None:
    result = invoke(command, SIPREC_EMULATOR_PORT="many")
    assert result.exit_code == 2
    assert result.output == "siprec-emulator: SIPREC_EMULATOR_PORT: must be a port from 0 to 65535, not 'many'\n"


def test_several_wrong_settings_are_a_line_each() -> None:
    result = invoke("serve", "--port", "x", "--realism", "y")
    assert [line.split(":")[0] for line in result.output.splitlines()] == ["--port", "--realism"]


# --- files ---


def test_the_built_in_scenarios_are_good() -> None:
    count = len(list((ROOT / "scenarios").glob("*.yaml")))
    result = invoke("validate", "--strict", str(ROOT / "scenarios"))
    assert (result.exit_code, result.output) == (0, f"{count} scenarios are good\n")


def test_a_warning_is_told_by_its_place_and_only_strict_minds(tmp_path: Path) -> None:
    """Of one scenario, and of two that match alike."""
    match = "match: {body: {a: 1}}\n"
    one, other = tmp_path / "a.yaml", tmp_path / "b.yaml"
    one.write_text(f"version: 1\nname: a\n{match}", encoding="utf-8")
    other.write_text(
        f"version: 1\nname: b\n{match}timeline: [{{wait_for: {{command: siprec_stop}}}}]\n", encoding="utf-8"
    )
    result = invoke("validate", str(tmp_path))
    waits, alike, good = result.output.splitlines()
    assert waits.startswith(f"{other}:4:13: warning: the timeline never ends by itself")
    assert alike.startswith(f"{other}:3:1: warning: 'a' matches all that 'b' matches")
    assert (result.exit_code, good) == (0, "2 scenarios are good")
    result = invoke("validate", "--strict", str(tmp_path))
    assert (result.exit_code, result.output.splitlines()) == (1, [waits, alike])
    assert invoke("validate", "--strict", str(one)).exit_code == 0


def test_a_wrong_scenario_is_told_by_its_place_and_status_1(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("version: 1\nname: a\ntimelin: []\n", encoding="utf-8")
    result = invoke("validate", str(file))
    assert result.exit_code == 1
    assert result.output.startswith(f"{file}:3:1: ")


def test_a_scenario_file_that_is_not_there_is_status_2(tmp_path: Path) -> None:
    assert invoke("validate", str(tmp_path / "none.yaml")).exit_code == 2


def test_a_scenario_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").mkdir()
    result = invoke("validate", str(tmp_path))
    assert result.exit_code == 1
    assert "can't read" in result.output


def test_schemas_are_listed_and_printed_as_they_are() -> None:
    assert "request.siprec_start" in invoke("schema", "print", "--list").output.splitlines()
    file = ROOT / "schemas" / "request.siprec_start.schema.json"
    assert invoke("schema", "print", "request.siprec_start").output == file.read_text(encoding="utf-8")
    assert "did you mean 'scenario'?" in invoke("schema", "print", "scenrio").output
    assert invoke("schema", "print").exit_code == 2


@pytest.mark.skipif(not OPENAPI.exists(), reason="Telnyx's OpenAPI document is not at hand")
def test_the_schemas_differ_from_telnyxs_document_only_as_listed() -> None:
    result = invoke("schema", "diff", str(OPENAPI))
    assert result.exit_code == 0, result.output


def test_a_document_that_lacks_what_the_schemas_describe_is_status_1(tmp_path: Path) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_text("openapi: 3.1.0\ninfo: {}\npaths: {}\n", encoding="utf-8")
    assert invoke("schema", "diff", str(file)).exit_code == 1


def test_keygen_makes_a_pair_that_belongs_together_and_never_twice() -> None:
    pair = json.loads(invoke("keygen", "--json").output)
    assert Signer(seed=parse_seed(pair["signing_key"])).public_key == pair["public_key"]
    lines = dict(line.split("=", 1) for line in invoke("keygen").output.splitlines())
    assert lines.keys() == {"SIPREC_EMULATOR_SIGNING_KEY", "TELNYX_PUBLIC_KEY"}
    assert lines["SIPREC_EMULATOR_SIGNING_KEY"] != pair["signing_key"]


# --- health and tail ---


async def test_health_finds_the_server_by_the_servers_own_environment(server: Server) -> None:
    environ = {"SIPREC_EMULATOR_PORT": str(server.port), "SIPREC_EMULATOR_HOST": "0.0.0.0"}  # noqa: S104 - as in the image
    result = await asyncio.to_thread(invoke, "health", **environ)
    assert (result.exit_code, result.output) == (0, f"ready at http://127.0.0.1:{server.port}\n")


def test_health_without_a_server_is_status_1_also_after_waiting() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        for arguments in ([], ["--wait", "--timeout", "150ms"]):
            result = invoke("health", "--port", port, *arguments)
            assert result.exit_code == 1
            assert result.output.startswith("no emulator answers at")


async def test_health_of_something_else_is_status_1(webhook_app: WebhookApp) -> None:
    """Here an app that answers every request, and not as an emulator does."""
    webhook_app.statuses.append(404)
    port = webhook_app.url.rpartition(":")[2].partition("/")[0]
    result = await asyncio.to_thread(invoke, "health", "--port", port)
    assert result.exit_code == 1
    assert result.output.startswith("the emulator answered 404: ")


def test_health_refuses_a_timeout_that_is_no_duration() -> None:
    result = invoke("health", "--timeout", "soon")
    assert result.exit_code == 2
    assert "is not a duration" in result.output


def test_an_ipv6_host_is_written_as_urls_write_it() -> None:
    assert "http://[::1]:1" in invoke("health", "--host", "::", "--port", "1").output


@pytest.mark.parametrize("as_json", [False, True])
async def test_tail_prints_one_line_an_event(
    server: Server, http: aiohttp.ClientSession, as_json: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream ends with the server, and tail with it."""
    subscribed = asyncio.Event()
    loop, subscribe = asyncio.get_running_loop(), server.watchers.subscribe
    monkeypatch.setattr(
        server.watchers, "subscribe", lambda *args: (loop.call_soon(subscribed.set), subscribe(*args))[1]
    )
    arguments = ["tail", "--port", str(server.port), *(["--json"] if as_json else [])]
    running = asyncio.create_task(asyncio.to_thread(invoke, *arguments))
    await subscribed.wait()
    async with http.post("/v2/calls/v3:x/actions/siprec_start", json={"connector_name": "c"}):
        pass
    async with http.get("/v2/nowhere%0aforged"):
        pass
    server.watchers.end_all()
    lines = (await running).output.splitlines()
    assert len(lines) == 3
    if as_json:
        assert sorted(json.loads(line)["event"] for line in lines) == ["request", "request", "transition"]
    else:
        assert any(" request    POST /v2/calls/v3:x/actions/siprec_start 200 happy-path" in line for line in lines)
        assert any(" transition v3:x starting" in line for line in lines)


def test_tail_without_a_server_is_a_sentence() -> None:
    result = invoke("tail", "--port", "1")
    assert result.exit_code == 2
    assert result.output.startswith("siprec-emulator: no emulator answers at http://127.0.0.1:1: ")


# --- serve and demo, as processes ---


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_says_its_port_and_ends_cleanly(number: signal.Signals) -> None:
    with started("serve", "--port", "0") as process:
        [line] = read_until(process, "listening")
        port = int(line.rpartition(":")[2])
        assert invoke("health", "--wait", "--port", str(port)).exit_code == 0
        process.send_signal(number)
        _, log = process.communicate(timeout=BOUND_SECS)
        assert process.returncode == 0
    assert all("ts" in json.loads(line) for line in log.splitlines())


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_busy_port_is_one_sentence_and_status_2(command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with started(command, SIPREC_EMULATOR_PORT=str(port)) as process:
            output, log = process.communicate(timeout=BOUND_SECS)
    assert process.returncode == 2
    assert output == ""
    assert len(log.splitlines()) == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in log


def test_the_demo_shows_a_session_and_stays_up() -> None:
    with started("demo", "--port", "0") as process:
        lines = read_until(process, "Ctrl-C")
        text = "\n".join(lines)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=BOUND_SECS)
    assert process.returncode == 0
    assert log == ""
    assert "\x1b" not in text
    parts = [
        "actions/siprec_start",
        '< {"data":{"result":"ok"}}',
        "webhook siprec.started",
        "verdict: good",
        "actions/siprec_stop",
        "webhook siprec.stopped",
        "verdict: good",
        f"TELNYX_BASE_URL={url_of(lines[0])}/v2",
        "TELNYX_API_KEY=",
        "TELNYX_PUBLIC_KEY=",
        "--webhook-url",
    ]
    at = 0
    for part in parts:
        at = text.index(part, at)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--default-scenario", "srs-busy"], "The scenario ends with siprec.failed"),
        (["--default-scenario", "api-error"], "< 4"),
        (["--api-key", "KEYmine", "--admin-token", "hush"], "webhook siprec.stopped"),
        (["--clock", "manual"], "webhook siprec.stopped"),
        (["--webhook-url", "http://127.0.0.1:9/none", "--webhook-attempts", "1"], "failed"),
    ],
)
def test_the_demo_tells_what_it_meets_and_goes_on_to_the_end(arguments: list[str], said: str) -> None:
    with started("demo", "--port", "0", *arguments) as process:
        text = "\n".join(read_until(process, "Ctrl-C"))
        assert said in text
        assert process.poll() is None


def test_serve_with_a_wrong_scenario_is_told_by_its_place(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("version: 2\nname: a\n", encoding="utf-8")
    with started("serve", "--port", "0", "--scenarios", str(file)) as process:
        _, log = process.communicate(timeout=BOUND_SECS)
    assert process.returncode == 2
    assert f"{file}:1:10: " in log
    assert "Traceback" not in log


def test_health_answers_a_container_while_the_server_runs() -> None:
    environ = {"SIPREC_EMULATOR_HOST": "0.0.0.0"}  # noqa: S104 - as in the image
    with started("serve", "--port", "0", **environ) as process:
        [line] = read_until(process, "listening")
        port = line.rpartition(":")[2]
        assert invoke("health", SIPREC_EMULATOR_PORT=port, **environ).exit_code == 0
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=BOUND_SECS)
        connection.request("GET", "/_emulator/ready")
        assert connection.getresponse().status == 200
        connection.close()


# --- TLS ---


@pytest.fixture
def by_tls(tmp_path: Path) -> Iterator[str]:
    """The port of a server by TLS whose authority is kept in a folder called tls."""
    with running_emulator(tls_dir=tmp_path / "tls") as emulator:
        yield emulator.base_url.removesuffix("/v2").rpartition(":")[2]


def test_a_probe_of_this_machine_needs_no_authority(by_tls: str) -> None:
    healthy = invoke("health", "--tls", "--port", by_tls)
    assert (healthy.exit_code, healthy.output) == (0, f"ready at https://127.0.0.1:{by_tls}\n")
    assert invoke("health", SIPREC_EMULATOR_TLS="true", SIPREC_EMULATOR_PORT=by_tls).exit_code == 0
    assert invoke("health", "--port", by_tls).exit_code == 1


def test_a_probe_that_knows_an_authority_believes_no_other(by_tls: str, tmp_path: Path) -> None:
    with running_emulator(tls_dir=tmp_path / "other"):
        found = invoke("health", "--tls", "--port", by_tls, "--tls-ca", str(tmp_path / "other" / "ca.pem"))
    assert found.exit_code == 1
    assert "its certificate is not trusted" in found.output


def test_other_commands_want_an_authority_and_take_it_from_the_servers_folder(by_tls: str, tmp_path: Path) -> None:
    """They send credentials."""
    refused = invoke("reset", "--tls", "--port", by_tls)
    assert refused.exit_code == 2
    assert "its certificate is not trusted" in refused.output
    assert "--tls-ca" in refused.output
    for flags in (["--tls-dir", str(tmp_path / "tls")], ["--tls", "--tls-ca", str(tmp_path / "tls" / "ca.pem")]):
        assert invoke("reset", "--port", by_tls, *flags).exit_code == 0


def test_a_given_certificate_is_enough_whatever_name_it_is_for(tmp_path: Path) -> None:
    """As in a container, whose certificate is for a name by which others call it; another's is refused."""
    now = datetime.now(UTC)
    for name in ("mine", "other"):
        leaf = issue(new_authority(now), ("emulator.test",), now)
        (tmp_path / f"{name}.pem").write_bytes(leaf.certificate_pem + leaf.key_pem)
    with running_emulator(tls_cert=tmp_path / "mine.pem") as emulator:
        port = emulator.base_url.removesuffix("/v2").rpartition(":")[2]
        for command in ("health", "reset"):
            assert invoke(command, "--port", port, "--tls-cert", str(tmp_path / "mine.pem")).exit_code == 0
            refused = invoke(command, "--port", port, "--tls-cert", str(tmp_path / "other.pem"))
            assert refused.exit_code != 0
            assert "its certificate is not trusted" in refused.output
        (tmp_path / "text").write_text("hello")
        wrong = invoke("reset", "--port", port, "--tls-cert", str(tmp_path / "text"))
        assert f"--tls-cert: {tmp_path / 'text'} holds no certificates in PEM" in wrong.output


def test_a_file_that_holds_no_authority_is_told_by_its_flag(by_tls: str, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("hello")
    for command in ("reset", "health"):
        found = invoke(command, "--tls", "--port", by_tls, "--tls-ca", str(text))
        assert found.exit_code == 2
        assert f"--tls-ca: {text} holds no certificates in PEM" in found.output


def test_the_demonstration_runs_by_tls() -> None:
    with started("demo", "--tls", "--port", "0") as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C ends it" in line:
                break
    told = "".join(lines)
    assert "listening on https://127.0.0.1:" in told
    assert told.count("verdict: good") == 2
    assert "export TELNYX_BASE_URL=https://127.0.0.1:" in told
