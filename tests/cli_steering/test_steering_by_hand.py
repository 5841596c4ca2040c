"""The commands that make things happen by hand: calls, events, webhooks sent again, TeXML."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.web.credentials import namespace_of
from tests.cli_steering.steered import ROOT, document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from tests.e2e.harness import Emulator

    Run = Callable[..., Result]


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
