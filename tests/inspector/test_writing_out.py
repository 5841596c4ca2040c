"""What the page writes out works elsewhere: curl lines, calls of Telnyx's SDK, scenarios."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest

from emulator.web.credentials import namespace_of

if TYPE_CHECKING:
    from emulator.client import EmulatorClient
    from emulator.testing import RunningEmulator
    from tests.inspector.inspecting import Inspecting

pytestmark = pytest.mark.asyncio(loop_scope="session")

ODD = 'v3:it\'s "odd" $HOME/`id`'
BODY = {
    "connector_name": "it's $HOME `id`",
    "siprec_track": "both_tracks",
    "secure": True,
    "client_state": "c3RhdGU=",
}

COPIED = (
    "(window.copied ??= [], navigator.clipboard.writeText = async (text) => { window.copied.push(text); }, true)"
)


async def copied(inspecting: Inspecting, button: str) -> str:
    """What a button of the chosen item puts onto the clipboard."""
    page = inspecting.page
    await page.evaluate(COPIED)
    count = await page.evaluate("window.copied.length")
    await inspecting.detail.get_by_role("button", name=button, exact=True).first.click()
    await inspecting.until(f"window.copied.length > {count}")
    return str(await page.evaluate("window.copied.at(-1)"))


def ran(emulator: RunningEmulator[EmulatorClient], *command: str) -> str:
    """Run a command as one who follows the page's advice; what it says."""
    done = subprocess.run(  # noqa: S603 - what the page wrote
        command, capture_output=True, text=True, env=os.environ | emulator.env, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def bodies(emulator: RunningEmulator[EmulatorClient]) -> list[Any]:
    """Of the requests of the emulator's own key, with the call of each."""
    shown = emulator.client.requests(namespace=namespace_of(emulator.api_key), view="whole")
    return [(one["call_control_id"], json.loads(one["request"]["body"])) for one in shown]


@pytest.mark.parametrize("button", ["Copy as curl", "Copy as Python"])
async def test_a_request_written_out_is_the_same_request(
    emulator: RunningEmulator[EmulatorClient], inspecting: Inspecting, button: str
) -> None:
    url = f"{emulator.base_url}/calls/{quote(ODD, safe='')}/actions/siprec_start"
    headers = {"Authorization": f"Bearer {emulator.api_key}", "X-Emulator-Scenario": "srs-busy"}
    async with httpx.AsyncClient() as app:
        await app.post(url, json=BODY, headers=headers)
    await inspecting.see(inspecting.rows(), "failed")
    await inspecting.see(inspecting.detail, "siprec_start")
    text = await copied(inspecting, button)
    command = ("sh", "-c", text) if button.endswith("curl") else (sys.executable, "-c", text)
    await asyncio.to_thread(ran, emulator, *command)
    assert bodies(emulator) == [(ODD, BODY), (ODD, BODY)]
    await inspecting.rows("failed").nth(1).wait_for()
    states = [one["scenario"] for one in emulator.client.sessions()]
    assert states == ["srs-busy", "srs-busy"]


async def test_an_attempt_written_out_is_what_was_sent_signature_and_all(
    emulator: RunningEmulator[EmulatorClient], inspecting: Inspecting
) -> None:
    await inspecting.sample("srs-busy")
    await inspecting.marks("siprec.failed, attempt 1").click()
    text = await copied(inspecting, "Copy as curl")
    await asyncio.to_thread(ran, emulator, "sh", "-c", text)
    first, again = emulator.client.received(namespace=namespace_of("KEYDEMO"))
    assert (again["body"], again["verdict"]) == (first["body"], "good")


async def test_each_thing_that_is_done_is_the_call_that_its_curl_line_is(
    emulator: RunningEmulator[EmulatorClient], inspecting: Inspecting
) -> None:
    await inspecting.action("queue")
    await inspecting.dialog.locator('[name="scenario"]').select_option("no-answer")
    line = await inspecting.dialog.locator(".curl code").inner_text()
    await inspecting.dialog.get_by_role("button", name="Queue it").click()
    await inspecting.see(inspecting.page.locator("#actions"), "no-answer")
    await asyncio.to_thread(ran, emulator, "sh", "-c", line)
    await inspecting.see(inspecting.page.locator("#actions"), "no-answer +1")
