"""The commands that steer and ask a running server: right use, wrong use, nobody there, and a no."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from emulator.cli.group import commands
from emulator.cli.pairs import fields, matchers
from emulator.core.clock import ClockMode
from emulator.web.credentials import namespace_of
from tests.e2e.harness import Emulator, emulating

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result

    Run = Callable[..., Result]

ROOT = Path(__file__).parent.parent
BEGINNING = "2025-01-01T00:00:00.000000Z"
NOBODY = ["--port", "1"]

EVERY = [
    ["verify", "requests"],
    ["wait", "idle"],
    ["clock", "show", "--key", "k"],
    ["clock", "set", "--mode", "auto", "--key", "k"],
    ["clock", "advance", "1s", "--key", "k"],
    ["queue", "srs-busy", "--key", "k"],
    ["queue", "--key", "k"],
    ["faults", "show", "--key", "k"],
    ["faults", "clear", "--key", "k"],
    ["call", "--key", "k"],
    ["hangup", "v3:x", "--key", "k"],
    ["trigger", "siprec.failed", "--call", "v3:x"],
    ["replay", "1"],
    ["retell", "5b8f1f5e"],
    ["texml", str(ROOT / "examples" / "record.xml"), "--call", "v3:x", "--key", "k"],
    ["reset"],
]
"""Each command once, as it is used rightly."""


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("SIPREC_EMULATOR_", "TELNYX_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """One for all tests here, whose clocks move by hand; each test has a namespace of its own."""
    with emulating(clock=ClockMode.MANUAL, seed="tests") as started:
        yield started


@pytest.fixture
def key() -> str:
    return f"KEY{uuid.uuid4().hex}"


@pytest.fixture
def run(emulator: Emulator, key: str) -> Run:
    """Runs a command against the server, for the test's namespace."""

    def invoke(*arguments: str, **options: Any) -> Result:
        environ = {"SIPREC_EMULATOR_PORT": str(emulator.server.port), "TELNYX_API_KEY": key}
        return CliRunner().invoke(commands, arguments, env={**environ, **options.pop("env", {})}, **options)

    return invoke


@pytest.fixture
def started(emulator: Emulator, key: str) -> str:
    """A call whose recording was accepted; the default scenario emits siprec.started after 400 ms."""
    assert emulator.start("v3:call", key=key, connector_name="c").status_code == 200
    return "v3:call"


def document(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


# --- every command ---


@pytest.mark.parametrize("arguments", EVERY, ids=" ".join)
def test_nobody_there_is_a_sentence_and_status_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(commands, [*arguments, *NOBODY])
    assert result.exit_code == 2
    assert result.stderr.startswith("siprec-emulator: no emulator answers at http://127.0.0.1:1: ")
    assert result.stdout == ""


def test_a_token_that_is_refused_is_a_sentence_and_status_1() -> None:
    with emulating(admin_token="hush") as emulator:
        port = str(emulator.server.port)
        for arguments in EVERY:
            result = CliRunner().invoke(commands, [*arguments, "--port", port, "--admin-token", "wrong"])
            assert result.exit_code == 1
            assert result.stderr.startswith("siprec-emulator: the emulator answered 401: ")
        right = CliRunner().invoke(
            commands, ["clock", "show", "--key", "k", "--port", port, "--admin-token", "hush"]
        )
        assert right.exit_code == 0


@pytest.mark.parametrize(
    "command",
    [
        "verify", "wait", "queue", "call", "hangup", "trigger", "replay", "retell", "reset",
        "clock show", "clock set", "clock advance", "faults show", "faults set", "faults clear",
    ],
)  # fmt: skip
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = CliRunner().invoke(commands, [*command.split(), "--help"])
    assert result.exit_code == 0
    example = result.output.partition("Example")[2]
    assert f"siprec-emulator {command}" in example


def test_help_lists_the_commands_in_the_order_in_which_a_newcomer_needs_them() -> None:
    lines = CliRunner().invoke(commands, ["--help"]).output.partition("Commands:\n")[2].splitlines()
    names = [line.split()[0] for line in lines]
    assert names[:4] == ["serve", "demo", "validate", "explain"]
    assert names.index("verify") < names.index("clock") < names.index("trigger") < names.index("reset")


def test_asking_a_server_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom emulator.cli import main\n"
        "for arguments in (['verify', 'requests'], ['clock', 'advance', '1s', '--key', 'k'], ['reset']):\n"
        "    try: main([*arguments, '--port', '1'])\n    except SystemExit: pass\n"
        "heavy = {'aiohttp', 'jsonschema', 'jsonschema_rs', 'yaml', 'rich', 'nacl', 'uvloop', 'orjson'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout == "[]\n"


# --- field=value ---


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_a_value_that_is_json_is_read_as_json(value: Any) -> None:
    assert fields([("a", json.dumps(value))]) == {"a": value}


@given(st.text(alphabet=st.characters(categories=("Lu", "Po"))))
def test_any_other_value_is_text(text: str) -> None:
    """Also what Python alone takes for numbers, such as NaN."""
    assert fields([("a", f"N{text}"), ("b", "NaN"), ("c", "[" * 100_000)]) == {
        "a": f"N{text}",
        "b": "NaN",
        "c": "[" * 100_000,
    }


def test_a_question_nests_what_lies_in_bodies_payloads_and_headers() -> None:
    """Their fields may have dots of their own; elsewhere only counts and statuses are numbers."""
    asked = matchers(
        [
            ("status", "200"),
            ("target", "200"),
            ("body.a.b", "1"),
            ("body.c", "x"),
            ("headers.x-n", "1"),
            ("id", "[1]"),
        ]
    )
    assert asked == {
        "status": 200,
        "target": "200",
        "id": [1],
        "body": {"a.b": 1, "c": "x"},
        "headers": {"x-n": "1"},
    }


# --- whose ---


def test_the_only_namespace_in_use_need_not_be_named() -> None:
    with emulating(clock=ClockMode.MANUAL) as emulator:
        port = str(emulator.server.port)
        nobody = CliRunner().invoke(commands, ["clock", "show", "--port", port])
        assert (nobody.exit_code, "none is in use yet" in nobody.stderr) == (2, True)
        emulator.start("v3:x", key="one", connector_name="c")
        only = CliRunner().invoke(commands, ["clock", "show", "--json", "--port", port])
        assert document(only)["namespace"] == namespace_of("one")
        emulator.start("v3:x", key="two", connector_name="c")
        two = CliRunner().invoke(commands, ["clock", "show", "--port", port])
        assert two.exit_code == 2
        assert all(namespace_of(key) in two.stderr for key in ("one", "two"))


def test_a_namespace_is_named_by_its_id_too(run: Run) -> None:
    other = namespace_of("KEY-of-another")
    assert document(run("clock", "show", "--json", "--namespace", other))["namespace"] == other
    environ = {"SIPREC_EMULATOR_NAMESPACE": other}
    assert document(run("queue", "srs-busy", "--json", env=environ))["scenario"] == "srs-busy"
    assert "the queue is empty" in run("queue").output


def test_a_key_with_spaces_is_wrong_use(run: Run) -> None:
    result = run("reset", "--key", "two words")
    assert (result.exit_code, "an API key has no spaces" in result.stderr) == (2, True)


# --- clock ---


def test_a_clock_is_shown_on_one_line(run: Run, started: str) -> None:
    assert started
    result = run("clock", "show")
    assert (result.exit_code, result.output) == (
        0,
        f"{BEGINNING} manual, next at 2025-01-01T00:00:00.400000Z\n",
    )


def test_a_clock_is_set(run: Run) -> None:
    assert document(run("clock", "set", "--time", "2026-02-03T04:05:06Z", "--json"))["time"].startswith(
        "2026-02-03T04:05:06"
    )
    assert (
        "running at speed 60, nothing falls due"
        in run("clock", "set", "--mode", "running", "--speed", "60").output
    )


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["set"], 2, "say what to set"),
        (["set", "--mode", "fast"], 2, "'fast' is not one of"),
        (["set", "--speed", "many"], 2, "is not a valid float"),
        (["set", "--speed", "0"], 1, "(at /speed)"),
        (["set", "--speed", "nan"], 2, "nan is no speed"),
        (["set", "--speed", "inf"], 2, "inf is no speed"),
        (["advance"], 2, "say how far"),
        (["advance", "1s", "--until", "next"], 2, "by one of them alone"),
        (["advance", "5"], 1, "(at /by)"),
        (["advance", "--to", "2020-01-01T00:00:00Z"], 1, "it only goes forward"),
        (["show", "more"], 2, "unexpected extra argument"),
    ],
)
def test_a_clock_is_used_wrongly(run: Run, arguments: list[str], status: int, said: str) -> None:
    result = run("clock", *arguments)
    assert result.exit_code == status
    assert said in result.stderr


def test_an_advance_tells_each_thing_that_happened(run: Run, started: str) -> None:
    lines = run("clock", "advance", "30s").output.splitlines()
    assert [line.split()[2] for line in lines[:-1]] == ["transition", "webhook", "attempt"]
    assert f"siprec.started {started}" in lines[1]
    assert lines[-1] == "2025-01-01T00:00:30.000000Z is the time now; 3 things happened"
    again = run("clock", "advance", "1s").output
    assert again == "2025-01-01T00:00:31.000000Z is the time now; nothing happened\n"
    moved = document(run("clock", "advance", "--to", "2025-01-01T00:01:00Z", "--json"))
    assert (moved["fired"], moved["to"]) == ([], "2025-01-01T00:01:00.000000Z")


def test_an_advance_goes_to_the_next_thing_and_to_idleness(run: Run, started: str) -> None:
    assert started in run("clock", "advance", "--until", "next").output
    run("clock", "advance", "--until", "idle")
    assert run("clock", "show").output.endswith("nothing falls due\n")


# --- queue and faults ---


def test_a_scenario_is_queued_by_name(emulator: Emulator, run: Run, key: str) -> None:
    assert run("queue", "srs-busy", "--times", "2").output == "1: srs-busy plays the next 2 starts\n"
    assert emulator.start("v3:q", key=key, connector_name="c").headers["X-Emulator-Scenario"] == "srs-busy"
    assert run("queue").output == "1: srs-busy plays the next start\n"
    assert [one["left"] for one in document(run("queue", "--json"))["queued"]] == [1]
    assert run("queue", "--clear").output == "the queue is empty\n"
    assert document(run("queue", "--json")) == {"queued": []}


def test_a_scenario_is_queued_out_of_a_file_for_the_starts_that_it_matches(
    emulator: Emulator, run: Run, key: str, tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("version: 1\nname: mine\ntimeline: [{emit: siprec.failed}]\n", encoding="utf-8")
    result = run("queue", str(file), "--match-body", 'connector_name={"prefix": "front"}')
    assert result.output == "1: mine plays the next start that it matches\n"
    other = emulator.start("v3:q", key=key, connector_name="back")
    assert other.headers["X-Emulator-Scenario"] == "happy-path"
    mine = emulator.start("v3:r", key=key, connector_name="front-desk")
    assert mine.headers["X-Emulator-Scenario"] == "mine"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["none"], 1, "No scenario named 'none' is loaded. (at /scenario)"),
        (["none.yaml"], 2, "can't read none.yaml: No such file or directory"),
        (["srs-busy", "--times", "0"], 2, "is not in the range x>=1"),
        (["--times", "2"], 2, "go with a scenario"),
        (["srs-busy", "--clear"], 2, "--clear without"),
        (["srs-busy", "--match-body", "front"], 2, "'front' is not of the form field=value"),
        (["srs-busy", "--match-body", "a=1", "--match-body", "a=2"], 2, "'a' is given twice"),
    ],
)
def test_the_queue_is_used_wrongly(run: Run, arguments: list[str], status: int, said: str) -> None:
    result = run("queue", *arguments)
    assert result.exit_code == status
    assert said in result.stderr


def test_a_file_that_is_no_scenario_is_refused_with_its_place(run: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("timeline: [{emit: siprec.begun}]\n", encoding="utf-8")
    refused = run("queue", str(wrong))
    assert refused.exit_code == 1
    assert "(at /scenario/timeline/0/emit)" in refused.stderr
    wrong.write_text("a: 1\na: 2\n", encoding="utf-8")
    broken = run("queue", str(wrong))
    assert broken.exit_code == 2
    assert broken.stderr.startswith(f"siprec-emulator: {wrong}:2:1: ")
    wrong.write_text("- a\n", encoding="utf-8")
    assert "holds no mapping" in run("queue", str(wrong)).stderr


def test_faults_are_set_out_of_a_file_or_standard_input(
    emulator: Emulator, run: Run, key: str, tmp_path: Path
) -> None:
    assert run("faults", "show").output == "nothing goes wrong\n"
    file = tmp_path / "faults.yaml"
    file.write_text(
        "requests: [{answer: {status: 503}, routes: [siprec_start], count: 5}]\n"
        "webhooks: [{sign: {mode: wrong_key}, deliver: {copies: 2}, probability: 0.5}]\n",
        encoding="utf-8",
    )
    assert run("faults", "set", str(file)).exit_code == 0
    assert emulator.start("v3:f", key=key, connector_name="c").status_code == 503
    requests, webhooks = run("faults", "show").output.splitlines()
    assert requests.startswith("requests (siprec_start), 100%: answer: status 503")
    assert requests.endswith("struck 1 of at most 5")
    assert webhooks.startswith("webhooks (all), 50%: deliver: copies 2")
    assert "sign: mode wrong_key" in webhooks
    replaced = run("faults", "set", "-", "--json", input='{"webhooks": [{"sign": {"mode": "none"}}]}')
    assert document(replaced)["requests"] == []
    assert run("faults", "clear").output == "nothing goes wrong\n"
    assert document(run("faults", "show", "--json")) == {"requests": [], "webhooks": []}


def test_wrong_faults_are_refused_with_their_place(run: Run) -> None:
    result = run("faults", "set", "-", input="{requests: [{}]}")
    assert result.exit_code == 1
    assert "(at /requests/0)" in result.stderr
    assert run("faults", "set", "/nowhere/x").exit_code == 2
    unread = run("faults", "set", "-", input="{")
    assert unread.exit_code == 2
    assert unread.stderr.startswith("siprec-emulator: standard input:")


# --- verify and wait ---


def test_what_happened_is_verified(run: Run, started: str) -> None:
    fields = [
        "status=200",
        f"call_control_id={started}",
        "body.connector_name=c",
        "headers.Content-Type=application/json",
    ]
    result = run("verify", "requests", *fields, "--count", "1")
    assert (result.exit_code, result.output) == (0, "1 match, exactly 1 wanted\n")
    found = document(run("verify", "sessions", 'call_control_id={"prefix": "v3:"}', "--at-most", "3", "--json"))
    assert found == {"count": 1, "wanted": "at most 3"}
    assert run("verify", "requests", "--at-least", "1", "--last", "1h").exit_code == 0


def test_a_call_that_is_named_by_digits_is_meant_as_text(emulator: Emulator, run: Run, key: str) -> None:
    emulator.start("12345", key=key, connector_name="c")
    assert run("verify", "requests", "call_control_id=12345").exit_code == 0


def test_what_did_not_happen_is_status_1_with_what_came_near(run: Run, started: str) -> None:
    result = run("verify", "sessions", f"call_control_id={started}", "state=stopped", "--within", "10ms")
    assert (result.exit_code, result.stdout) == (1, "")
    first, near = result.stderr.splitlines()
    assert first == "Of the sessions 0 match, not at least 1."
    assert near.endswith("state: found 'starting', wanted 'stopped'")
    result = run("verify", "sessions", "state=stopped", "--json")
    assert (result.exit_code, result.stderr) == (1, "")
    no = json.loads(result.stdout)
    assert (no["count"], no["error"]) == (0, first)
    assert no["near_misses"][0]["differences"] == [
        {"field": "state", "expected": "'stopped'", "found": "'starting'"}
    ]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["verify", "happenings"], 2, "'happenings' is not one of"),
        (["verify", "requests", "status"], 2, "'status' is not of the form field=value"),
        (["verify", "requests", "=200"], 2, "'=200' is not of the form field=value"),
        (["verify", "requests", "status=200", "status=201"], 2, "'status' is given twice"),
        (["verify", "requests", "--count", "1", "--at-most", "2"], 2, "--count is exact"),
        (["verify", "requests", "--count", "-1"], 2, "is not in the range"),
        (["verify", "requests", "stat=200"], 1, "requests has no key 'stat'"),
        (["verify", "requests", "--within", "2m"], 1, "(at /within)"),
        (["wait", "happening"], 2, "'happening' is not one of"),
        (["wait", "idle", "state=x"], 2, "idle goes without fields"),
        (["wait", "idle", "--count", "2"], 2, "idle goes without fields"),
        (["wait", "webhook", "--timeout", "soon"], 1, "(at /timeout)"),
    ],
)
def test_a_question_is_put_wrongly(run: Run, arguments: list[str], status: int, said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == status
    assert said in result.stderr


def test_waiting_ends_with_what_was_waited_for(run: Run, started: str) -> None:
    run("clock", "set", "--mode", "auto")
    result = run("wait", "webhook", "event_type=siprec.started")
    assert result.exit_code == 0
    assert result.output.endswith(f"webhook    siprec.started {started} delivered\n")
    assert f"session    {started} started" in run("wait", "session", "state=started").output
    assert run("wait", "idle").output == "nothing is left to do\n"
    assert document(run("wait", "idle", "--json")) == {"idle": True}


def test_waiting_in_vain_is_status_1_with_what_came_near(run: Run, started: str) -> None:
    result = run("wait", "session", f"call_control_id={started}", "state=stopped", "--timeout", "10ms")
    assert result.exit_code == 1
    assert result.stderr.startswith("Of the sessions 0 matched within 10ms, not at least 1.\n  near: ")
    idle = run("wait", "idle", "--timeout", "10ms", "--json")
    assert idle.exit_code == 1
    assert json.loads(idle.stdout)["near_misses"] == []


# --- by hand ---


def test_a_call_comes_in_and_its_far_end_hangs_up(run: Run) -> None:
    call = document(run("call", "--from", "+13125550101", "--to", "sip:me@here", "--header", "X-A=b=c", "--json"))
    assert (call["from"], call["to"], call["state"]) == ("+13125550101", "sip:me@here", "ringing")
    assert call["custom_headers"] == [{"name": "X-A", "value": "b=c"}]
    ended = run("hangup", call["call_control_id"], "--cause", "user_busy")
    assert ended.output == f"{call['call_control_id']}: ended, user_busy, from +13125550101 to sip:me@here\n"
    again = run("hangup", call["call_control_id"])
    assert (again.exit_code, "no longer active" in again.output) == (1, True)
    scripted = run("call", "--scenario", "caller-gives-up", "--name", "Somebody", "--connection", "7", "--json")
    assert document(scripted)["scenario"] == "caller-gives-up"
    wrong = run("call", "--scenario", "srs-busy")
    assert (wrong.exit_code, "plays recordings, not calls that come in" in wrong.output) == (1, True)


def test_an_event_is_triggered_in_the_latest_session_of_a_call(
    emulator: Emulator, run: Run, started: str, key: str
) -> None:
    """A second recording of the call begins once the first has ended."""
    assert run("trigger", "siprec.failed", "--call", started).exit_code == 0
    run("clock", "advance", "1s")
    emulator.http.post(
        f"/v2/calls/{started}/actions/siprec_stop", json={}, headers={"Authorization": f"Bearer {key}"}
    )
    run("clock", "advance", "--until", "idle")
    emulator.start(started, key=key, connector_name="c")
    made = document(
        run(
            "trigger",
            "siprec.failed",
            "--call",
            started,
            "--json",
            "--set",
            "failure_cause=user_busy",
            "--set",
            "tries=3",
            "--set",
            "note=a=b",
            "--remove",
            "client_state",
        )
    )
    sessions = emulator.http.get("/_emulator/sessions", headers={"Authorization": f"Bearer {key}"}).json()["data"]
    assert len(sessions) == 2
    assert made["session_id"] == sessions[-1]["id"]
    payload = made["payload"]
    assert (payload["failure_cause"], payload["tries"], payload["note"]) == ("user_busy", 3, "a=b")
    assert "client_state" not in payload
    line = run("trigger", "siprec.stopped", "--session", sessions[0]["id"]).output
    assert f": siprec.stopped of {started}, " in line


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["trigger", "siprec.failed", "--call", "v3:nobody"], 1, "the call v3:nobody has no recording session"),
        (["trigger", "siprec.failed", "--session", "none"], 1, "There is no session 'none'."),
        (["trigger", "siprec.begun", "--call", "v3:x"], 2, "'siprec.begun' is not one of"),
        (["trigger", "siprec.failed"], 2, "say where: --call or --session"),
        (["trigger", "siprec.failed", "--call", "a", "--session", "b"], 2, "say where: --call or --session"),
        (["trigger", "siprec.failed", "--call", "a", "--set", "cause"], 2, "not of the form field=value"),
        (["trigger", "siprec.failed", "--call", "a", "--set", "b=1", "--set", "b=2"], 2, "'b' is given twice"),
        (["replay", "none"], 1, "The journal holds no webhook 'none'."),
        (["replay"], 2, "Missing argument 'ID'"),
    ],
)
def test_nothing_is_made_to_happen_wrongly(run: Run, arguments: list[str], status: int, said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == status
    assert said in result.stderr


def test_a_call_is_found_in_the_namespace_that_is_named(run: Run, started: str) -> None:
    elsewhere = ["--namespace", namespace_of("KEY-elsewhere")]
    assert run("trigger", "siprec.failed", "--call", started, *elsewhere).exit_code == 1


def test_a_webhook_is_sent_again_as_it_was_or_edited(run: Run, started: str) -> None:
    made = document(run("trigger", "siprec.failed", "--call", started, "--json"))
    again = run("replay", made["id"])
    assert again.exit_code == 0
    assert f": siprec.failed of {started}, " in again.output
    edited = document(
        run(
            "replay",
            str(made["seq"]),
            "--set",
            "failure_cause=no_answer",
            "--remove",
            "call_leg_id",
            "--new-id",
            "--json",
        )
    )
    assert edited["id"] != made["id"]
    assert edited["payload"]["failure_cause"] == "no_answer"
    assert "call_leg_id" not in edited["payload"]


def test_a_webhook_is_sent_again_to_another_url(emulator: Emulator, run: Run, started: str) -> None:
    """Here another namespace's receiver, which keeps what comes once the namespace is in use."""
    elsewhere = namespace_of("KEY-elsewhere")
    run("clock", "show", "--namespace", elsewhere)
    made = document(run("trigger", "siprec.failed", "--call", started, "--json"))
    url = f"{emulator.server.url}/_emulator/receiver/{elsewhere}"
    assert run("replay", made["id"], "--url", url).exit_code == 0
    delivered = run("verify", "webhooks", f"id={made['id']}", "state=delivered", "--count", "2", "--within", "5s")
    assert delivered.exit_code == 0
    [got] = emulator.control("/received", namespace=elsewhere)["data"]
    assert made["id"] in got["body"]


EXAMPLE = str(ROOT / "examples" / "record.xml")


def test_a_texml_document_starts_and_stops_recordings(run: Run, tmp_path: Path) -> None:
    done = run("texml", EXAMPLE, "--call", "v3:mine", "--account-sid", "AC1")
    assert done.exit_code == 0
    session = document(run("texml", EXAMPLE, "--call", "v3:other", "--json"))["verbs"][0]["session_id"]
    assert done.stdout.startswith("4:5 Start Siprec: started, session ")
    assert done.stdout.endswith(" by happy-path\n")
    assert done.stderr == f"{EXAMPLE}:7:3: warning: the emulator skips <Say>\n"
    stop = tmp_path / "stop.xml"
    stop.write_text('<Response><Stop><Siprec name="support"/></Stop></Response>')
    assert (
        run("texml", str(stop), "--call", "v3:other").stdout
        == f"1:17 Stop Siprec: stopped, session {session} by happy-path\n"
    )
    again = run("texml", str(stop), "--call", "v3:third")
    assert (again.exit_code, again.stdout) == (
        0,
        "1:17 Stop Siprec: none (No SIPREC session is running on this call; nothing was stopped.)\n",
    )


def test_a_texml_document_comes_from_standard_input_too(run: Run) -> None:
    done = run("texml", "-", "--call", "v3:a", input="<Response/>")
    assert (done.exit_code, done.stdout) == (0, "nothing to start or to stop\n")


def test_a_wrong_texml_document_is_told_with_its_places_and_status_1(run: Run) -> None:
    wrong = "<Response>\n<Start><Siprec track='left'/></Start></Response>"
    done = run("texml", "-", "--call", "v3:a", input=wrong)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "<stdin>:2:16: track: The value must be one of: both_tracks" in done.stderr
    assert run("texml", "-", "--call", "v3:a", input=b"\xff\xfe").exit_code == 1


def test_a_verb_that_is_refused_is_status_1(run: Run) -> None:
    body = "<Response><Start><Siprec connectorName='emu:api-error'/></Start></Response>"
    done = run("texml", "-", "--call", "v3:a", input=body)
    assert (done.exit_code, done.stdout) == (
        1,
        "1:18 Start Siprec: refused (The scenario refuses the start.)\n",
    )


def test_a_texml_document_wants_a_file_and_a_call(run: Run, tmp_path: Path) -> None:
    assert run("texml", EXAMPLE).exit_code == 2
    for wrong in (tmp_path / "none.xml", tmp_path):
        assert run("texml", str(wrong), "--call", "v3:a").exit_code == 2


# --- reset ---


def test_a_reset_says_what_is_forgotten(run: Run, key: str, started: str) -> None:
    assert started
    assert run("reset").output == f"everything of the namespace {namespace_of(key)} is forgotten\n"
    assert run("verify", "requests", "--count", "0").exit_code == 0
    assert document(run("reset", "--json")) == {"reset": namespace_of(key)}


def test_a_reset_of_nobody_in_particular_is_one_of_all() -> None:
    with emulating() as emulator:
        emulator.start("v3:x", key="one", connector_name="c")
        result = CliRunner().invoke(commands, ["reset", "--port", str(emulator.server.port)])
        assert result.output == "everything of all namespaces is forgotten\n"
        assert emulator.control("/sessions")["data"] == []
