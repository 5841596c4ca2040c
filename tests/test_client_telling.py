"""Stories from Python and from the command line, and what happened told again as a scenario."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from emulator.cli.group import commands
from emulator.client import AsyncEmulatorClient, EmulatorClient
from emulator.core.clock import ClockMode
from emulator.core.errors import ControlRefused
from tests.e2e.harness import Emulator, emulating

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "KEY_of_the_stories"
CALL = "v3:told"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """With one recording that has failed."""
    with emulating(clock=ClockMode.MANUAL, seed="tests") as started:
        assert started.start(CALL, key=KEY, headers={"X-Emulator-Scenario": "srs-busy"}).status_code == 200
        EmulatorClient(started.server.url, api_key=KEY).advance(until="idle")
        yield started


@pytest.fixture
def client(emulator: Emulator) -> EmulatorClient:
    return EmulatorClient(emulator.server.url, api_key=KEY)


def test_a_sessions_a_calls_and_a_webhooks_story_are_told(client: EmulatorClient) -> None:
    [session], [webhook] = client.sessions(), client.webhooks()
    story = client.session_story(session["id"])
    assert [one["route"] for one in story["requests"]] == ["siprec_start"]
    assert [one["verdict"] for one in story["webhooks"][0]["tries"]] == ["good"]
    assert client.call_story(CALL)["webhooks"] == story["webhooks"]
    for name in (webhook["seq"], webhook["id"]):
        assert client.webhook_story(name)["webhooks"] == story["webhooks"]


def test_the_async_client_tells_the_same(emulator: Emulator, client: EmulatorClient) -> None:
    [session], [webhook] = client.sessions(), client.webhooks()

    async def told() -> None:
        async with AsyncEmulatorClient(emulator.server.url, api_key=KEY) as other:
            assert await other.session_story(session["id"]) == client.session_story(session["id"])
            assert await other.call_story(CALL) == client.call_story(CALL)
            assert await other.webhook_story(webhook["seq"]) == client.webhook_story(webhook["seq"])
            assert await other.session_scenario(session["id"]) == client.session_scenario(session["id"])

    asyncio.run(told())


def test_a_session_told_again_happens_again(emulator: Emulator, client: EmulatorClient) -> None:
    [session] = client.sessions()
    told = client.session_scenario(session["id"])
    other = EmulatorClient(emulator.server.url, api_key="KEY_of_another_run")
    other.put_scenario(told["text"], told["name"])
    emulator.start("v3:again", key="KEY_of_another_run", headers={"X-Emulator-Scenario": told["name"]})
    other.advance(until="idle")
    [again] = other.sessions()
    assert (again["state"], again["cause"]) == (session["state"], session["cause"]) == ("failed", "user_busy")


def test_there_are_no_stories_of_what_never_was(client: EmulatorClient) -> None:
    for tell in (client.session_story, client.call_story, client.webhook_story, client.session_scenario):
        with pytest.raises(ControlRefused, match="none"):
            tell("none")


def test_the_command_writes_the_scenario(emulator: Emulator, client: EmulatorClient, tmp_path: Path) -> None:
    [session] = client.sessions()
    told = client.session_scenario(session["id"])
    environ = {"SIPREC_EMULATOR_PORT": str(emulator.server.port), "TELNYX_API_KEY": KEY}

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(commands, ["retell", *arguments], env=environ)
        assert done.exit_code == 0, done.output
        return done.stdout

    assert run(session["id"]) == told["text"]
    assert json.loads(run(session["id"], "--json")) == told
    run(session["id"], "--out", str(tmp_path / "again.yaml"))
    assert (tmp_path / "again.yaml").read_text(encoding="utf-8") == told["text"]
    refused = CliRunner().invoke(commands, ["retell", "none"], env=environ)
    assert (refused.exit_code, refused.stdout) == (1, "")
