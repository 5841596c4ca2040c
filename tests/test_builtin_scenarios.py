"""The built-in scenarios: all load, each says what it is for, and each ends as the facts about Telnyx say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emulator.core.models import HOUR, MILLISECOND, SECOND, EventType
from emulator.core.scenario.grammar import Grammar
from emulator.core.scenario.lint import lint_together
from emulator.core.scenario.load import load_scenario, load_scenarios
from emulator.core.scenario.model import Emit, RespondError, Scenario, WaitFor

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "scenarios").glob("*.yaml"))
GRAMMAR = Grammar(json.loads((ROOT / "schemas" / "scenario.schema.json").read_bytes()))


def builtin(name: str) -> Scenario:
    """One built-in scenario."""
    file = ROOT / "scenarios" / f"{name}.yaml"
    return load_scenario(file.read_bytes(), file=file.name, grammar=GRAMMAR)


def emits(scenario: Scenario) -> list[Emit]:
    """The events on the outermost path."""
    return [step for step in scenario.timeline if isinstance(step, Emit)]


def test_all_load_together() -> None:
    """Their names are their files' names, and differ."""
    loaded = load_scenarios([(file.name, file.read_bytes()) for file in FILES], grammar=GRAMMAR)
    assert [scenario.name for scenario in loaded] == [file.stem for file in FILES]
    assert {scenario.name for scenario in loaded} == {
        "happy-path",
        "srs-busy",
        "srs-declined",
        "no-answer",
        "srs-unreachable",
        "timed-stop",
        "stopped-by-srs",
        "api-error",
        "duplicate-webhooks",
        "out-of-order",
        "flaky-receiver-failover",
        "lost-acknowledgement",
        "bad-signature",
        "stale-timestamp",
        "rate-limited",
        "api-reset-but-started",
        "slow-api",
        "stop-while-ringing",
        "restart-during-stop",
        "chaos",
        "callee-answers",
        "callee-hangs-up",
        "callee-busy",
        "callee-declines",
        "callee-not-found",
        "callee-rings-out",
        "caller-waits",
        "caller-hangs-up",
        "caller-gives-up",
        "caller-hangs-up-while-recording-starts",
        "hangup-while-recording",
        "live",
        "live-secure",
        "live-then-srs-drops",
        "live-no-refresh",
        "live-lossy",
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_each_completes_in_editors_and_says_what_it_is_for(file: Path) -> None:
    """The first line names the schema, a comment follows, and there is a description."""
    first, second, third = file.read_text().splitlines()[:3]
    assert first == "# yaml-language-server: $schema=../schemas/scenario.schema.json"
    assert second == "#"
    assert third.startswith(("# For ", "# The default"))
    assert builtin(file.stem).description


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_each_means_what_it_says(file: Path) -> None:
    """Nothing to warn of, alone or beside the others."""
    assert builtin(file.stem).warnings == ()
    assert lint_together(map(builtin, (one.stem for one in FILES))) == ()


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("srs-busy", "user_busy"),
        ("srs-declined", "decline"),
        ("no-answer", "no_answer"),
        ("srs-unreachable", "normal_temporary_failure"),
    ],
)
def test_a_failure_ends_in_failed_with_its_cause_and_was_never_started(name: str, cause: str) -> None:
    """A refused INVITE gives siprec.failed alone."""
    (failed,) = emits(builtin(name))
    assert failed.event is EventType.FAILED
    assert failed.payload == {"failure_cause": cause}


@pytest.mark.parametrize("name", ["happy-path", "timed-stop", "stopped-by-srs"])
def test_a_recording_starts_after_400_ms_and_stops_with_normal_clearing(name: str) -> None:
    """The two events of a recording that went well."""
    started, stopped = emits(builtin(name))
    assert (started.event, started.after) == (EventType.STARTED, 400 * MILLISECOND)
    assert stopped.event is EventType.STOPPED
    assert stopped.payload == {"hangup_cause": "normal_clearing"}


@pytest.mark.parametrize(("name", "seconds"), [("happy-path", 3600), ("timed-stop", 10), ("no-answer", 60)])
def test_waiting_for_a_stop_has_an_end(name: str, seconds: int) -> None:
    """No built-in leaves a session for ever."""
    (wait,) = [step for step in builtin(name).timeline if isinstance(step, WaitFor)]
    assert wait.timeout == seconds * SECOND
    assert wait.timeout <= HOUR


def test_a_stop_while_it_rings_cancels() -> None:
    """no-answer: siprec.stopped with originator_cancel, then nothing."""
    (wait, _) = builtin("no-answer").timeline
    assert isinstance(wait, WaitFor)
    cancelled = wait.then[0]
    assert isinstance(cancelled, Emit)
    assert (cancelled.event, cancelled.payload) == (EventType.STOPPED, {"hangup_cause": "originator_cancel"})


def test_the_srs_hangs_up_whatever_the_app_does() -> None:
    """stopped-by-srs waits for nothing."""
    assert not [step for step in builtin("stopped-by-srs").timeline if isinstance(step, WaitFor)]


def test_the_api_error_is_the_documented_one() -> None:
    """422, 90018, without source and meta."""
    respond = builtin("api-error").respond
    assert isinstance(respond, RespondError)
    assert respond.status == 422
    (item,) = respond.items
    assert (item.code, item.title) == ("90018", "Call has already ended")
    assert item.detail == "This call is no longer active and can't receive commands."
    assert (item.pointer, item.url) == (None, None)
