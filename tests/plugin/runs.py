"""Runs of pytest inside of this one, with files of tests that use the emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


PRELUDE = """
import httpx
import pytest

def start(emulator, call="v3:a", action="siprec_start", **body):
    url = f"{emulator.base_url}/calls/{call}/actions/{action}"
    headers = {"Authorization": f"Bearer {emulator.api_key}"}
    return httpx.post(url, json={"connector_name": "srs"} | body, headers=headers)
"""

AWAITED = """
async def start_async(emulator):
    url = f"{emulator.base_url}/calls/v3:a/actions/siprec_start"
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {emulator.api_key}"}) as client:
        assert (await client.post(url, json={})).status_code == 200
    started = await emulator.wait_for_webhook_async("siprec.started")
    assert started.attempts[0].status == 200
    await emulator.assert_no_more_webhooks_async(within="1m")
"""


APART = (
    *("-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:hypothesispytest"),
    *("-o", "asyncio_default_fixture_loop_scope=function"),
)
"""Without this project's own tools, of which some take a second to be imported."""


def run(pytester: pytest.Pytester, source: str, *args: str, apart: bool = False) -> pytest.RunResult:
    """Run a file of tests; ``apart``: in a process of its own."""
    pytester.makepyfile(PRELUDE + source)
    go = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
    return go(*APART, *args)
