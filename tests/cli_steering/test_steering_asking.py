"""The commands that verify and wait: right use, wrong use, and a no."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli_steering.steered import document

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from tests.e2e.harness import Emulator

    Run = Callable[..., Result]


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
