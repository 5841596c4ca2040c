"""``siprec-emulator explain``: what a start would get, told without a server."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from emulator.cli.group import commands
from emulator.resources import scenario_files

if TYPE_CHECKING:
    from click.testing import Result

SCENARIO = """version: 1
name: mine
description: For one connector.
match: {body: {connector_name: srs}}
timeline:
  - emit: siprec.failed
    after: 1s
    payload: {note: "${call.id} ${request.body.connector_name} ${request.headers.x-a}"}
"""


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SIPREC_EMULATOR_")]:
        monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def mine(tmp_path: Path) -> str:
    """A scenario's file."""
    file = tmp_path / "mine.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    return str(file)


def explain(*arguments: str, **environ: str) -> Result:
    """What the command says."""
    return CliRunner().invoke(commands, ["explain", *arguments], env=environ)


def test_a_file_is_explained_for_a_request(mine: str) -> None:
    """The call, the body and the headers reach the payload; the title is the name and what it is for."""
    result = explain(mine, "--call", "v3:x", "--body", '{"connector_name": "srs"}', "--header", "X-A:  7")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "mine: For one connector.",
        "",
        'siprec_start   200 {"data":{"result":"ok"}}',
        "+1s            siprec.failed  failure_cause=normal_temporary_failure  note=v3:x srs 7",
        "               ends",
    ]


def test_without_a_request_the_unknown_is_named(mine: str) -> None:
    """And the match, which does not hold then, is told."""
    lines = explain(mine).output.splitlines()
    assert lines[2].startswith("match          not for this request: ")
    assert any("note=null" in line for line in lines)
    assert lines[-2].strip().startswith("- ${request.body.connector_name} has no value")


@pytest.mark.parametrize("name", [file.stem for file in scenario_files()])
def test_each_built_in_scenario_is_explained_by_its_name(name: str) -> None:
    """Without a path, without a warning."""
    result = explain(name)
    assert result.exit_code == 0
    assert result.output.startswith(f"{name}: ")
    assert "siprec_start" in result.output or "call.initiated" in result.output
    assert "\nwarning" not in result.output


def test_a_file_comes_before_a_built_in_of_its_name(mine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is what was asked for."""
    monkeypatch.chdir(Path(mine).parent)
    Path(mine).rename("happy-path")
    assert explain("happy-path").output.startswith("mine: ")


def test_json_is_one_object(mine: str) -> None:
    """The view of the control API, with the text inside."""
    found = json.loads(explain(mine, "--json").output)
    assert (found["scenario"], found["starts"]) == ("mine", True)
    assert found["timeline"][0]["at_ms"] == {"min": 1000, "max": 1000}
    assert found["text"]


def test_colour_is_for_those_who_want_it(mine: str) -> None:
    """On a terminal without NO_COLOR; the words are the same."""
    plain, coloured = explain(mine).output, explain(mine, FORCE_COLOR="1", TERM="xterm").output
    assert "\x1b[" not in plain
    assert "\x1b[" in coloured
    assert explain(mine, FORCE_COLOR="1", TERM="xterm", NO_COLOR="1").output == plain


def test_a_wrong_file_is_told_by_its_places_and_status_1(tmp_path: Path) -> None:
    """As validate tells them."""
    file = tmp_path / "a.yaml"
    file.write_text("version: 1\nname: a\ntimelin: []\n", encoding="utf-8")
    result = explain(str(file))
    assert result.exit_code == 1
    assert result.output.startswith(f"{file}:3:1: ")


def test_what_this_version_does_not_execute_is_told(tmp_path: Path) -> None:
    """It can't be explained either."""
    file = tmp_path / "a.yaml"
    file.write_text("version: 1\nname: a\ntimeline: [{dial: pbx}]\n", encoding="utf-8")
    assert "expected 'srs', found 'pbx'" in explain(str(file)).output


def test_a_request_that_no_scenario_would_see_is_status_1(mine: str) -> None:
    """With what siprec_start would be answered."""
    result = explain(mine, "--body", '{"client_state": "!"}')
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "siprec_start is refused whatever the scenario, with 422:",
        "  /client_state: 90017 The 'client_state' parameter must be a valid base64 string.",
    ]
    assert "  10015 " in explain(mine, "--body", "{").output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["no-such-thing"], "can't read no-such-thing: No such file or directory"),
        (["happy-path", "--header", "nonsense"], "'nonsense' is not of the form 'Name: value'"),
        (["happy-path", "--header", ": 7"], "': 7' is not of the form 'Name: value'"),
    ],
)
def test_a_mistake_is_a_sentence_and_status_2(arguments: list[str], sentence: str) -> None:
    """Never a traceback."""
    result = explain(*arguments)
    assert result.exit_code == 2
    assert sentence in result.output
