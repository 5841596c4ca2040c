"""The control API as a test uses it: one call, one line; and the scenarios whose times the tests know.

Owns how a test asks. Must not assert anything but the status that the test names.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from emulator.core.signing import Verdict, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    import aiohttp

    from emulator.web.server import Server
    from tests.conftest import Hook

BOUND_SECS = 20
API = "/_emulator"
BEGINNING = "2025-03-01T00:00:00.000000Z"

OTHER = {"Authorization": "Bearer KEY_of_another"}
NOBODY = {"Authorization": ""}

TALK = """
version: 1
name: talk
description: Starts after 400 ms; ends 50 ms after a stop, or after a minute.
timeline:
  - {emit: siprec.started, after: 400ms}
  - wait_for: {command: siprec_stop}
    timeout: 1m
    then:
      - {emit: siprec.stopped, after: 50ms, payload: {hangup_cause: normal_clearing}}
      - end
  - {emit: siprec.stopped, payload: {hangup_cause: time_limit}}
"""
"""Its last event is 60.4 s after an accepted start that nobody stops."""


class Control:
    """The control API of a server, with an API key.

    Attributes:
        http: A client with the key; its base is the server.
    """

    def __init__(self, http: aiohttp.ClientSession) -> None:
        """Ask by this client."""
        self.http = http

    async def ask(
        self, method: str, path: str, body: Any = None, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> Any:
        """One request; the answer's JSON, None without a body."""
        async with asyncio.timeout(BOUND_SECS):
            response = await self.http.request(method, API + path, json=body, headers=headers)
            text = await response.read()
            assert response.status == status, (method, path, text)
            return await response.json() if text else None

    async def data(self, path: str, *, headers: dict[str, str] | None = None) -> Any:
        """What a GET shows."""
        return (await self.ask("GET", path, headers=headers))["data"]

    async def refusal(self, method: str, path: str, body: Any, status: int = 422) -> tuple[str | None, str]:
        """The pointer and the detail of a refusal."""
        [found] = (await self.ask(method, path, body, status=status))["errors"]
        return found.get("source", {}).get("pointer"), found["detail"]

    async def load(self, name: str = "talk", text: str = TALK, *, headers: dict[str, str] | None = None) -> None:
        """Load a scenario and make it the namespace's default."""
        async with self.http.put(f"{API}/scenarios/{name}", data=text.encode(), headers=headers) as response:
            assert response.status in {200, 201}, await response.text()
        await self.configure(default_scenario=name, headers=headers)

    async def configure(self, *, headers: dict[str, str] | None = None, **settings: Any) -> Any:
        """Set the key's own namespace."""
        return (await self.ask("PUT", "/namespaces/self", settings, headers=headers))["data"]

    async def clock(self, mode: str, *, headers: dict[str, str] | None = None, **rest: Any) -> Any:
        """Let the clock go in a mode, from ``BEGINNING`` on."""
        body = {"mode": mode, "time": BEGINNING, **rest}
        return (await self.ask("PUT", "/clock", body, headers=headers))["data"]

    async def advance(self, **how: str) -> Any:
        """Move the clock; the account of it."""
        return (await self.ask("POST", "/clock/advance", how))["data"]

    async def verdict(self, hook: Hook) -> Verdict:
        """On a webhook's signature, by the key that the emulator shows, at the second of the stamp."""
        key = (await self.ask("GET", "/public-key"))["public_key"]
        return verify(key, tuple(hook.headers.items()), hook.body, stamp_of(hook))

    async def start(self, call: str = "v3:a", *, headers: dict[str, str] | None = None, **body: Any) -> Any:
        """siprec_start; the response, read."""
        return await self._command("siprec_start", call, body, headers)

    async def stop(self, call: str = "v3:a", *, headers: dict[str, str] | None = None) -> Any:
        """siprec_stop."""
        return await self._command("siprec_stop", call, {}, headers)

    async def _command(self, action: str, call: str, body: Any, headers: dict[str, str] | None) -> Any:
        async with asyncio.timeout(BOUND_SECS):
            response = await self.http.post(f"/v2/calls/{call}/actions/{action}", json=body, headers=headers)
            await response.read()
            return response


def stamp_of(hook: Hook) -> int:
    """The second at which a webhook says that it was signed; 0 where it says none."""
    return next((int(value) for name, value in hook.headers.items() if name.lower() == "telnyx-timestamp"), 0)


async def nobody_waits(server: Server) -> None:
    """Until the server lets nobody wait any more."""
    await until(lambda: not server._waits._waiters)  # noqa: SLF001 - there is no other place that tells


async def somebody_waits(server: Server, count: int = 1) -> None:
    """Until so many wait."""
    await until(lambda: len(server._waits._waiters) >= count)  # noqa: SLF001 - there is no other place that tells


async def until(holds: Callable[[], object]) -> None:
    """Let the loop turn until it is so."""
    async with asyncio.timeout(BOUND_SECS):
        while not holds():  # noqa: ASYNC110 - what a server keeps to itself has no event
            await asyncio.sleep(0)
