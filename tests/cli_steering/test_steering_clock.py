"""The commands for the clock, the queue and the faults: right use, wrong use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli_steering.steered import BEGINNING, document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from tests.e2e.harness import Emulator

    Run = Callable[..., Result]


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
