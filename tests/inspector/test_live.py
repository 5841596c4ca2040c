"""What others do appears by itself; what is lost is filled; what anybody writes shows as text."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest

from emulator.testing import running_emulator
from emulator.web.credentials import namespace_of

if TYPE_CHECKING:
    from emulator.client import EmulatorClient
    from emulator.testing import RunningEmulator
    from tests.inspector.inspecting import Inspecting, Opening

pytestmark = pytest.mark.asyncio(loop_scope="session")

MARKUP = "<img src=x onerror=document.title='hit'><b>bold</b>"

EVIL = f"""version: 1
name: evil
description: "{MARKUP}"
match: {{body: {{connector_name: {{glob: "*img*"}}}}}}
timeline:
  - {{emit: siprec.failed, payload: {{failure_cause: "{MARKUP}"}}}}
"""


def start(
    emulator: RunningEmulator[EmulatorClient], call: str, headers: dict[str, str] | None = None, **body: Any
) -> httpx.Response:
    """A siprec_start, as an app sends it."""
    authorization = {"Authorization": f"Bearer {emulator.api_key}"}
    url = f"{emulator.base_url}/calls/{quote(call, safe='')}/actions/siprec_start"
    return httpx.post(url, json=body, headers={**authorization, **(headers or {})})


async def choose(inspecting: Inspecting, namespace: str) -> None:
    """Show a namespace, once the page knows of it."""
    await inspecting.page.locator("#namespace").focus()
    await inspecting.page.locator(f'#namespace option[value="{namespace}"]').wait_for(state="attached")
    await inspecting.page.locator("#namespace").select_option(namespace)
    await inspecting.page.wait_for_selector('#link[data-state="open"]')


async def test_what_an_app_does_appears_by_itself(
    emulator: RunningEmulator[EmulatorClient], inspecting: Inspecting
) -> None:
    await choose(inspecting, "")
    start(emulator, "v3:from-an-app", connector_name="my-srs")
    await inspecting.see(inspecting.rows("v3:from-an-app"), "started")
    await inspecting.see(inspecting.rows("v3:from-an-app"), "my-srs")
    await inspecting.see(inspecting.head, "v3:from-an-app")
    await inspecting.until("document.querySelector('#said').textContent.includes('Recording')")


async def test_an_invalid_request_points_into_its_body(
    emulator: RunningEmulator[EmulatorClient], inspecting: Inspecting
) -> None:
    await choose(inspecting, "")
    start(emulator, "v3:invalid", session_timeout_secs=5, siprec_track="sideways")
    await inspecting.page.locator("#tab-requests").click()
    await inspecting.rows("2 invalid").click()
    await inspecting.detail.get_by_role("button", name="/session_timeout_secs").click()
    marked = inspecting.detail.locator("mark")
    assert sorted(await marked.all_inner_texts()) == ['"sideways"', "5"]
    assert await inspecting.page.evaluate("document.activeElement.tagName") == "MARK"
    rings = await marked.evaluate_all("marks => marks.map(one => getComputedStyle(one).outlineColor)")
    assert len(set(rings)) == 2


async def test_markup_shows_as_text_wherever_it_comes_from(
    emulator: RunningEmulator[EmulatorClient], inspecting: Inspecting
) -> None:
    """In a call's id, a connector's name, a client_state, a header, a scenario, a cause and a search."""
    page = inspecting.page
    await choose(inspecting, "")
    emulator.client.put_scenario(EVIL, "evil")
    assert start(emulator, "v3:refused", client_state=MARKUP).status_code == 422
    await page.locator("#tab-requests").click()
    await inspecting.rows("v3:refused").click()
    await inspecting.see(inspecting.detail.locator("mark"), MARKUP)
    await page.locator("#tab-sessions").click()
    start(emulator, f"v3:{MARKUP}", {"X-Odd": MARKUP}, connector_name=MARKUP)
    await inspecting.rows("<img src=x").first.click()
    await inspecting.see(inspecting.head, f"v3:{MARKUP}")
    await inspecting.detail.get_by_text("Headers").first.click()
    await inspecting.see(inspecting.detail.locator(".headers").first, MARKUP)
    await inspecting.marks("siprec.failed, attempt 1").click()
    await inspecting.see(inspecting.detail, MARKUP)
    await inspecting.head.get_by_role("link", name="evil").click()
    await inspecting.until("document.querySelector('#yaml').value.includes('onerror')")
    await inspecting.see(page.locator(".outlook"), MARKUP)
    await page.goto(f"{inspecting.url}/_emulator/#live")
    await page.locator("#search").fill(MARKUP)
    assert await page.locator("img, b:text-is('bold')").count() == 0
    assert "hit" not in await page.title()


async def test_a_lost_connection_is_told_and_what_was_missed_is_filled(
    opening: Opening, emulator: RunningEmulator[EmulatorClient]
) -> None:
    """The connection breaks, not the server: the stream goes on where it was."""
    async with opening(emulator.base_url.removesuffix("/v2")) as inspecting:
        inspecting.tolerated.add("ERR_INTERNET_DISCONNECTED")
        page = inspecting.page
        await inspecting.open()
        await choose(inspecting, "")
        start(emulator, "v3:before")
        await inspecting.rows("v3:before").wait_for()
        await page.context.set_offline(True)
        await page.evaluate("window.dispatchEvent(new Event('offline'))")
        await page.context.set_offline(False)
        start(emulator, "v3:after")
        await inspecting.rows("v3:after").wait_for()


async def test_it_comes_back_when_the_server_does(opening: Opening) -> None:
    """Another run of the server: what was there is gone, and what is there is shown."""
    with running_emulator() as emulator:
        url = emulator.base_url.removesuffix("/v2")
        port = int(url.rpartition(":")[2])
        opened = opening(url)
        inspecting = await opened.__aenter__()
        inspecting.tolerated.add("net::ERR_")
        await inspecting.open()
        await choose(inspecting, "")
        await asyncio.to_thread(start, emulator, "v3:of-the-first-run")
        await inspecting.rows("v3:of-the-first-run").wait_for()
    try:
        await inspecting.page.wait_for_selector('#link[data-state="lost"]')
        await inspecting.see(inspecting.page.locator("#link"), "Lost, trying again")
        with running_emulator(port=port) as again:
            start(again, "v3:of-the-second-run")
            await inspecting.page.wait_for_selector('#link[data-state="open"]')
            await inspecting.rows("v3:of-the-second-run").wait_for()
            assert await inspecting.rows("v3:of-the-first-run").count() == 0
    finally:
        await opened.__aexit__(None, None, None)


@pytest.mark.parametrize("emulator", [{"admin_token": "secret"}], indirect=True)
async def test_the_token_is_asked_for_where_one_is_set(
    emulator: RunningEmulator[EmulatorClient], opening: Opening
) -> None:
    async with opening(emulator.base_url.removesuffix("/v2")) as inspecting:
        inspecting.tolerated.add("401")
        page = inspecting.page
        await page.goto(f"{inspecting.url}/_emulator/")
        await inspecting.see(inspecting.dialog, "has an admin token")
        await inspecting.dialog.get_by_label("Admin token").fill("secret")
        await inspecting.press("Enter")
        await page.wait_for_selector('#link[data-state="open"]')
        await inspecting.action("sample")
        await inspecting.see(inspecting.head, "started")
        await inspecting.press("c")
        await inspecting.dialog.get_by_label("Also what it only reads").check()
        shown = await inspecting.dialog.inner_text()
        assert "$SIPREC_EMULATOR_ADMIN_TOKEN" in shown
        assert "secret" not in shown


@pytest.mark.parametrize("place", ["#live/%E0%A4%A/x", "#live/nothing/x", "#nowhere", "#scenarios/%zz"])
async def test_an_address_that_nobody_meant_does_no_harm(inspecting: Inspecting, place: str) -> None:
    await inspecting.page.goto(f"{inspecting.url}/_emulator/{place}")
    await inspecting.page.reload()
    await inspecting.page.wait_for_selector('#link[data-state="open"]')


async def test_a_link_leads_to_its_recording(
    emulator: RunningEmulator[EmulatorClient], inspecting: Inspecting
) -> None:
    await choose(inspecting, "")
    start(emulator, "v3:linked")
    await inspecting.page.locator("#tab-requests").click()
    await inspecting.rows("v3:linked").click()
    await inspecting.head.get_by_role("link", name="Its recording").click()
    await inspecting.see(inspecting.head, "Recording of")
    await inspecting.page.reload()
    await inspecting.see(inspecting.head, "v3:linked")


async def test_a_long_list_has_in_the_document_what_is_seen_and_finds_all(
    emulator: RunningEmulator[EmulatorClient], inspecting: Inspecting
) -> None:
    page = inspecting.page
    await choose(inspecting, "")
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {emulator.api_key}"}) as app:
        for number in range(200):
            await app.post(f"{emulator.base_url}/calls/v3:many-{number:03}/actions/siprec_start", json={})
    await inspecting.see(page.locator("#count"), "200 sessions")
    assert await inspecting.rows().count() < 60
    await page.get_by_role("listbox").focus()
    await inspecting.press("End")
    await inspecting.see(inspecting.head, "v3:many-000")
    await inspecting.rows("v3:many-000").wait_for()
    await page.locator("#search").fill("many-123")
    await inspecting.see(page.locator("#count"), "1 of 200 sessions")
    # what is looked at stays while others come
    start(emulator, "v3:later")
    await inspecting.see(page.locator("#count"), "1 of 201 sessions")
    await inspecting.see(inspecting.head, "v3:many-000")


async def test_a_namespace_shows_its_own_and_no_other(
    emulator: RunningEmulator[EmulatorClient], inspecting: Inspecting
) -> None:
    start(emulator, "v3:mine")
    await choose(inspecting, namespace_of(emulator.api_key))
    await inspecting.rows("v3:mine").wait_for()
    start(replace(emulator, api_key="KEY_other"), "v3:other")
    start(emulator, "v3:mine-too")
    await inspecting.rows("v3:mine-too").wait_for()
    assert await inspecting.rows("v3:other").count() == 0
