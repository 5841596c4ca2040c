"""The commands that steer and ask a running server: nobody there, a no, help, and whose namespace it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from emulator.cli.group import commands
from emulator.cli.pairs import fields, matchers
from emulator.core.clock import ClockMode
from emulator.web.credentials import namespace_of
from tests.cli_steering.steered import NOBODY, ROOT, document
from tests.e2e.harness import emulating

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Run = Callable[..., Result]


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
