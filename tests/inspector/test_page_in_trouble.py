"""What stands in the page's way: answers that fail, tabs that nobody looks at, little room, odd text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from emulator.web.credentials import namespace_of
from tests.inspector.test_live import choose, start

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page, Route

    from emulator.client import EmulatorClient
    from emulator.testing import RunningEmulator
    from tests.inspector.inspecting import Inspecting, Opening

pytestmark = pytest.mark.asyncio(loop_scope="session")

TABS = 8
"""More than the connections that a browser opens to a server."""

REVERSED = "\N{RIGHT-TO-LEFT OVERRIDE}abc"

MANUAL = {"clock": "manual", "seed": "page"}
"""Its time begins with 2025."""


async def look_away(page: Page, *, hidden: bool) -> None:
    """Let a page believe that its tab is not the one that is seen, or is it again."""
    await page.evaluate(
        "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        hidden,
    )


@pytest.mark.parametrize(
    "path", ["info", "namespaces", "sessions?*", "queue?*", "clock?*", "scenarios?*", "sessions/*/story?*"]
)
async def test_a_first_answer_that_fails_is_asked_for_again(
    opening: Opening, emulator: RunningEmulator[EmulatorClient], path: str
) -> None:
    start(emulator, "v3:before")
    async with opening(emulator.base_url.removesuffix("/v2")) as inspecting:
        inspecting.tolerated.add("503")
        failed: list[str] = []

        async def once(route: Route) -> None:
            if failed:
                await route.fallback()
                return
            failed.append(route.request.url)
            await route.fulfill(status=503, body='{"errors": [{"detail": "Not just now."}]}')

        await inspecting.page.route(f"**/_emulator/{path}", once)
        await inspecting.open()
        await inspecting.rows("v3:before").wait_for()
        await inspecting.see(inspecting.head, "v3:before")
        assert failed


async def test_tabs_that_nobody_looks_at_leave_their_connection_to_others(
    opening: Opening, emulator: RunningEmulator[EmulatorClient]
) -> None:
    async with opening(emulator.base_url.removesuffix("/v2")) as inspecting:
        await inspecting.open()
        first = inspecting.page
        for _ in range(TABS):
            before = inspecting.page
            inspecting.page = await before.context.new_page()
            await look_away(before, hidden=True)
            await inspecting.open()
        await choose(inspecting, "")
        start(emulator, "v3:meanwhile")
        await inspecting.rows("v3:meanwhile").wait_for()
        inspecting.page = first
        await look_away(first, hidden=False)
        await inspecting.rows("v3:meanwhile").wait_for()


async def test_the_namespace_of_samples_does_not_count_until_it_is_used(
    opening: Opening, emulator: RunningEmulator[EmulatorClient]
) -> None:
    async with opening(emulator.base_url.removesuffix("/v2")) as inspecting:
        await inspecting.open()
        start(emulator, "v3:of-an-app")
        await inspecting.page.reload()
        await inspecting.rows("v3:of-an-app").wait_for()
        assert await inspecting.page.locator("#namespace").input_value() == namespace_of(emulator.api_key)


@pytest.mark.parametrize("emulator", [MANUAL], indirect=True)
async def test_a_webhook_by_itself_is_told_in_the_namespaces_time(inspecting: Inspecting) -> None:
    await inspecting.sample("srs-busy")
    await inspecting.press("z")
    await inspecting.page.locator("#tab-webhooks").click()
    await inspecting.rows("siprec.failed").click()
    await inspecting.see(inspecting.detail, "The signature is good")
    await inspecting.see(inspecting.detail, "2025-01-01 00:00:00.300")
    assert "late" not in await inspecting.detail.inner_text()
    assert await inspecting.page.locator("#lanes .nothing").count() == 0


@pytest.mark.parametrize("emulator", [{"journal_entries": 10}], indirect=True)
async def test_states_that_the_journal_has_forgotten_are_said_to_be(
    emulator: RunningEmulator[EmulatorClient], inspecting: Inspecting
) -> None:
    """Of ten recordings it keeps ten requests, and the twenty changes of state no more."""
    await choose(inspecting, "")
    for number in range(10):
        start(emulator, f"v3:{number}", {"X-Emulator-Scenario": "srs-busy"})
    await inspecting.rows("failed").nth(9).wait_for()
    await inspecting.rows("v3:0").click()
    await inspecting.see(inspecting.head, "v3:0")
    await inspecting.see(inspecting.page.locator("#lanes .states"), "The journal has forgotten them")


async def test_a_page_that_is_magnified_twice_still_has_room_for_its_list(
    opening: Opening, emulator: RunningEmulator[EmulatorClient]
) -> None:
    """Of 1280 by 800 pixels, 640 by 400 are left (WCAG 2.2, 1.4.4)."""
    for number in range(5):
        start(emulator, f"v3:{number}")
    async with opening(emulator.base_url.removesuffix("/v2"), width=640, height=400) as inspecting:
        await inspecting.open()
        row, seen = [
            await one.bounding_box() for one in (inspecting.rows("v3:0"), inspecting.page.locator(".list"))
        ]
        assert row
        assert seen
        assert seen["height"] > 3 * row["height"]
        await inspecting.rows("v3:0").click()
        await inspecting.see(inspecting.head, "v3:0")
        await inspecting.detail.get_by_role("button", name="Copy as curl").scroll_into_view_if_needed()
        assert await inspecting.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


async def test_text_that_turns_around_turns_nothing_but_itself(
    emulator: RunningEmulator[EmulatorClient], inspecting: Inspecting
) -> None:
    await choose(inspecting, "")
    start(emulator, "v3:turned", connector_name=REVERSED)
    facts = inspecting.rows("v3:turned").locator(".facts > *")
    await inspecting.see(facts, REVERSED)
    ends = [box["x"] + box["width"] for one in await facts.all() if (box := await one.bounding_box())]
    assert len(ends) == 4
    assert ends == sorted(ends)


@pytest.mark.parametrize("emulator", [{"admin_token": "secret"}], indirect=True)
async def test_a_wrong_token_is_said_to_be_wrong(
    emulator: RunningEmulator[EmulatorClient], opening: Opening
) -> None:
    async with opening(emulator.base_url.removesuffix("/v2")) as inspecting:
        inspecting.tolerated.add("401")
        await inspecting.page.goto(f"{inspecting.url}/_emulator/")
        await inspecting.dialog.get_by_label("Admin token").fill("guessed")
        await inspecting.press("Enter")
        await inspecting.see(inspecting.dialog, "That was not it.")


async def described(inspecting: Inspecting, way: Locator) -> set[str]:
    """The paths in the description of all calls, which opens in a tab of its own."""
    async with inspecting.page.context.expect_page() as opened:
        await way.click()
    told = json.loads(await (await opened.value).locator("pre").inner_text())
    return set(told["paths"])


@pytest.mark.parametrize("emulator", [{"admin_token": "secret"}], indirect=True)
async def test_the_description_of_all_calls_opens_where_a_token_is_set(
    emulator: RunningEmulator[EmulatorClient], opening: Opening
) -> None:
    """A link would carry no token."""
    async with opening(emulator.base_url.removesuffix("/v2")) as inspecting:
        inspecting.tolerated.add("401")
        await inspecting.page.goto(f"{inspecting.url}/_emulator/")
        await inspecting.dialog.get_by_label("Admin token").fill("secret")
        await inspecting.press("Enter")
        await inspecting.page.wait_for_selector('#link[data-state="open"]')
        await inspecting.press("?")
        way = inspecting.dialog.get_by_role("button", name="openapi.json")
        assert "/_emulator/sessions" in await described(inspecting, way)


async def test_the_description_of_all_calls_is_a_link_where_no_token_is_set(inspecting: Inspecting) -> None:
    await inspecting.press("?")
    way = inspecting.dialog.get_by_role("link", name="openapi.json")
    assert "/_emulator/sessions" in await described(inspecting, way)


@pytest.mark.parametrize("emulator", [{"api_keys": ("KEY_listed",)}], indirect=True)
async def test_a_key_that_is_set_is_not_shown(inspecting: Inspecting) -> None:
    inspecting.tolerated.add("401")
    page = inspecting.page
    await inspecting.see(page.locator(".welcome"), "TELNYX_API_KEY=KEYDEMO")
    await inspecting.action("sample")
    await inspecting.see(page.locator("#toasts"), "K sets the API key of samples.")
    await inspecting.press("K")
    await inspecting.dialog.get_by_label("API key of samples").fill("KEY_listed")
    await inspecting.press("Enter")
    await inspecting.see(page.locator(".welcome"), "TELNYX_PUBLIC_KEY")
    await page.wait_for_selector('#link[data-state="open"]')
    assert "KEY_listed" not in await page.locator("body").inner_text()
    await inspecting.action("sample")
    await inspecting.see(inspecting.head, "started")


async def test_deleting_a_scenario_is_asked_for_first(inspecting: Inspecting) -> None:
    page = inspecting.page
    await page.goto(f"{inspecting.url}/_emulator/#scenarios/chaos")
    await inspecting.see(page.locator("#verdict"), "chaos is right")
    await page.get_by_role("button", name="Delete…", exact=True).click()
    await inspecting.see(inspecting.dialog.locator(".curl"), "-X DELETE")
    await inspecting.press("Escape")
    await inspecting.dialog.wait_for(state="detached")
    assert "chaos" in await page.locator(".names").inner_text()


async def test_a_dialog_that_is_closed_leaves_nothing_behind(inspecting: Inspecting) -> None:
    page = inspecting.page
    browser = await page.context.new_cdp_session(page)

    async def listeners() -> int:
        await browser.send("HeapProfiler.collectGarbage")
        counted = await browser.send("Memory.getDOMCounters")
        return int(counted["jsEventListeners"])

    async def opened(times: int) -> None:
        for _ in range(times):
            await inspecting.press("f")
            await inspecting.dialog.wait_for()
            await inspecting.press("Escape")
            await inspecting.dialog.wait_for(state="detached")

    await opened(1)
    before = await listeners()
    await opened(10)
    assert await listeners() < before + 10
