"""The example app against a running server: it is what a reader copies, so it has to work."""

from __future__ import annotations

import asyncio
import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from emulator.core.scenario.grammar import Grammar
from emulator.core.scenario.load import load_scenario
from emulator.resources import load_schemas

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from emulator.config import Settings

telnyx = pytest.importorskip("telnyx", reason="the official SDK is not installed")
EXAMPLES = Path(__file__).parent.parent / "examples"
BOUND_SECS = 20


def example() -> Any:
    spec = importlib.util.spec_from_file_location("example_app", EXAMPLES / "app" / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Pair:
    """The app and the emulator, each knowing the other."""

    def __init__(self, events: list[dict[str, Any]], answered: asyncio.Event, url: str) -> None:
        """Both run already; ``answered`` is set whenever the app has answered a request."""
        self.events, self.url = events, url
        self._answered = answered

    async def until(self, event_type: str) -> None:
        """Wait until the app has taken such an event."""
        async with asyncio.timeout(BOUND_SECS):
            while event_type not in [event["event_type"] for event in self.events]:
                self._answered.clear()
                await self._answered.wait()


@pytest.fixture
async def pair(settings: Settings) -> AsyncIterator[Pair]:
    from emulator.web.server import running  # noqa: PLC0415 - tests of the files need no web edge

    module = example()
    client = telnyx.AsyncTelnyx(api_key="KEYexample", public_key="", base_url="http://unset")
    app, answered = module.make_app(client), asyncio.Event()

    async def note(_request: web.Request, _response: web.StreamResponse) -> None:
        answered.set()

    app.on_response_prepare.append(note)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    own = replace(settings, webhook_url=f"{url}/webhooks", scenarios=(EXAMPLES / "scenarios",))
    async with running(own) as server:
        client.base_url = f"{server.url}/v2"
        client.public_key = server.driver.engine.public_key
        yield Pair(app[module.EVENTS], answered, url)
    await runner.cleanup()
    await client.close()


async def test_the_app_stops_a_recording_once_it_has_started(pair: Pair) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{pair.url}/recordings/v3:a?connector=mine") as answer:
            assert answer.status == 202
        await pair.until("siprec.stopped")
        async with http.get(f"{pair.url}/events") as answer:
            assert [event["event_type"] for event in await answer.json()] == ["siprec.started", "siprec.stopped"]


async def test_the_mounted_scenario_makes_a_busy_connector_fail(pair: Pair) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{pair.url}/recordings/v3:a?connector=my-busy-connector"),
    ):
        pass
    await pair.until("siprec.failed")
    assert pair.events[0]["payload"]["failure_cause"] == "user_busy"


async def test_the_app_refuses_what_telnyx_did_not_sign(pair: Pair) -> None:
    async with aiohttp.ClientSession() as http, http.post(f"{pair.url}/webhooks", json={"data": {}}) as answer:
        assert answer.status == 400
    assert pair.events == []


async def test_a_refused_start_is_told(pair: Pair) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{pair.url}/recordings/v3:a?connector=emu:api-error") as answer,
    ):
        assert answer.status == 502


def test_every_example_scenario_loads() -> None:
    grammar = Grammar(load_schemas()["scenario.schema.json"])
    files = sorted((EXAMPLES / "scenarios").glob("*.yaml"))
    assert files
    for file in files:
        assert load_scenario(file.read_bytes(), file=str(file), grammar=grammar).name == file.stem
