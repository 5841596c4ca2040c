"""What those who watch are told over HTTP of changes and of what they missed, and what is told of a draft."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from emulator.web.credentials import namespace_of
from tests.web.controlling import API, BOUND_SECS, NOBODY, Control

if TYPE_CHECKING:
    import aiohttp

MINE = namespace_of("KEY_of_the_tests")
START = "/v2/calls/v3:a/actions/siprec_start"

DRAFT = b"""version: 1
name: happy-path
timeline:
  - {emit: siprec.failed, after: 2s}
"""


async def told(stream: aiohttp.ClientResponse, count: int) -> list[tuple[str, str, Any]]:
    """The next events: id, kind and data."""
    found: list[tuple[str, str, Any]] = []
    fields: dict[str, str] = {}
    async with asyncio.timeout(BOUND_SECS):
        while len(found) < count:
            line = (await stream.content.readline()).decode().rstrip("\n")
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "data" in fields:
                found.append((fields["id"], fields["event"], json.loads(fields["data"])))
                fields = {}
    return found


CHANGES: tuple[tuple[str, str, Any, str], ...] = (
    ("PUT", "/clock", {"mode": "manual"}, "clock"),
    ("POST", "/clock/advance", {"by": "1s"}, "clock"),
    ("POST", "/queue", {"scenario": "srs-busy"}, "queue"),
    ("DELETE", "/queue", None, "queue"),
    ("PUT", "/faults", {}, "faults"),
    ("PUT", "/receiver", {}, "receiver"),
    ("PUT", "/connections/1", {}, "connections"),
    ("PUT", "/namespaces/self", {"seed": 7}, "namespaces"),
    ("PUT", f"/namespaces/{MINE}", {}, "namespaces"),
    ("DELETE", "/requests", None, "journal"),
    ("POST", "/reset", None, "reset"),
    ("DELETE", "/namespaces/self", None, "reset"),
)


async def test_each_change_of_what_is_set_is_told(http: aiohttp.ClientSession) -> None:
    async with http.get(f"{API}/events") as stream:
        for method, path, body, _ in CHANGES:
            response = await http.request(method, API + path, json=body)
            assert response.status < 400, (path, await response.text())
        found = await told(stream, len(CHANGES))
    assert [(kind, data) for _, kind, data in found] == [
        ("change", {"namespace": MINE, "what": what}) for *_, what in CHANGES
    ]


async def test_what_concerns_all_is_told_to_all_and_what_is_only_asked_to_nobody(
    http: aiohttp.ClientSession,
) -> None:
    control = Control(http)
    async with http.get(f"{API}/events") as stream:
        await control.refusal("PUT", "/clock", {"mode": "sideways"})
        await control.ask("POST", "/scenarios/happy-path/explain", {})
        await control.ask("POST", "/verify", {"requests": {}, "count": 0})
        await http.post(f"{API}/scenarios/validate", data=DRAFT)
        await http.put(f"{API}/scenarios/happy-path", data=DRAFT, headers=NOBODY)
        [(_, kind, data)] = await told(stream, 1)
    assert (kind, data) == ("change", {"namespace": None, "what": "scenarios"})


async def test_who_lost_the_connection_is_told_what_it_missed(http: aiohttp.ClientSession) -> None:
    async with http.get(f"{API}/events") as stream:
        await http.post(START, json={}, headers={"X-Emulator-Scenario": "api-error"})
        [(first, _, _)] = await told(stream, 1)
    await http.post(START, json={}, headers={"X-Emulator-Scenario": "rate-limited"})
    async with http.get(f"{API}/events", headers={"Last-Event-ID": first}) as again:
        [(_, kind, data), *_] = await told(again, 1)
        assert (kind, data["scenario"]) == ("request", "rate-limited")
    async with http.get(f"{API}/events", headers={"Last-Event-ID": "of-another-run-1"}) as late:
        assert [(kind, data) for _, kind, data in await told(late, 1)] == [("missed", {})]


async def test_a_draft_is_explained_as_if_it_were_loaded(http: aiohttp.ClientSession) -> None:
    answer = await (await http.post(f"{API}/scenarios/validate?explain=true", data=DRAFT)).json()
    outlook = answer["outlook"]
    assert outlook["chosen"]["scenario"] == "happy-path"
    assert [(one["step"], one["at_ms"]) for one in outlook["timeline"]] == [
        ("emit", {"min": 2000, "max": 2000}),
        ("end", {"min": 2000, "max": 2000}),
    ]
    loaded = await Control(http).data("/scenarios/happy-path")
    assert loaded["text"] != DRAFT.decode()


@pytest.mark.parametrize("explain", ["false", ""])
async def test_a_draft_is_explained_to_those_who_ask_alone(http: aiohttp.ClientSession, explain: str) -> None:
    query = f"?explain={explain}" if explain else ""
    answer = await (await http.post(f"{API}/scenarios/validate{query}", data=DRAFT)).json()
    assert set(answer) == {"valid", "problems", "scenario"}
