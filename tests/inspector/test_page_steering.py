"""What is steered on the page: time, replays, events by hand, scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.inspector.inspecting import Inspecting

pytestmark = pytest.mark.asyncio(loop_scope="session")

WRONG = "version: 1\nname: mine\ntimeline:\n  - emit: siprec.begun\n"
RIGHT = """version: 1
name: mine
timeline:
  - {emit: siprec.failed, after: 2s, payload: {failure_cause: no_answer}}
"""


async def test_time_stands_is_stepped_and_goes_on(inspecting: Inspecting) -> None:
    page = inspecting.page
    await page.locator('[data-time="pause"]').click()
    await inspecting.see(page.locator("#clock .mode"), "paused")
    await inspecting.action("sample")
    await inspecting.see(inspecting.rows(), "starting")
    await inspecting.see(page.locator("#clock .next"), "next in 400 ms")
    stands = await page.locator("#clock .time").inner_text()
    await page.locator('[data-time="next"]').click()
    await inspecting.see(inspecting.head, "started")
    await inspecting.see(page.locator("#toasts"), "400 ms passed")
    await inspecting.until(f"document.querySelector('#clock .time').textContent !== '{stands}'")
    await inspecting.press("+")
    await inspecting.see(page.locator("#toasts"), "1 s passed")
    await inspecting.press(">")
    await inspecting.see(page.locator("#toasts"), "30 s passed")
    await inspecting.press("z")
    await inspecting.see(inspecting.head, "stopped")
    await inspecting.see(page.locator("#lanes .ruler"), "+1 h")
    await page.get_by_label("Speed").select_option("10")
    await page.locator('[data-time="pause"]').click()
    await inspecting.see(page.locator("#clock .mode"), "running \N{MULTIPLICATION SIGN}10")


async def test_time_is_paused_by_its_key_while_an_item_is_looked_at(inspecting: Inspecting) -> None:
    """Space presses a button that has the focus, but this one is pressed already."""
    await inspecting.sample()
    await inspecting.marks("siprec.started, attempt 1").click()
    await inspecting.see(inspecting.detail, "The signature is good")
    await inspecting.press("Space")
    await inspecting.see(inspecting.page.locator("#clock .mode"), "paused")
    await inspecting.page.locator('#actions [data-action="faults"]').focus()
    await inspecting.press("Space")
    await inspecting.see(inspecting.dialog, "Faults")


async def test_a_webhook_is_replayed_edited_and_badly_signed(inspecting: Inspecting) -> None:
    await inspecting.sample("srs-busy")
    await inspecting.marks("siprec.failed, attempt 1").click()
    await inspecting.detail.get_by_role("button", name="Replay edited").click()
    payload = inspecting.dialog.get_by_label("Payload")
    text = await payload.input_value()
    await payload.fill(text.replace("user_busy", "edited-by-hand"))
    await inspecting.see(inspecting.dialog.locator(".curl"), '{"set":{"failure_cause":"edited-by-hand"}}')
    await payload.fill("{")
    await inspecting.see(inspecting.dialog, "The payload is no JSON object yet.")
    await payload.fill(text.replace("user_busy", "edited-by-hand"))
    await inspecting.dialog.get_by_label("Signed").select_option("wrong_key")
    await inspecting.dialog.get_by_label("With an event id of its own").check()
    await inspecting.dialog.get_by_role("button", name="Send", exact=True).click()
    again = inspecting.page.locator("#lanes .flags")
    await inspecting.see(again, "sent again")
    await inspecting.see(again, "wrong key")
    await inspecting.marks("siprec.failed, attempt 1").nth(1).click()
    await inspecting.see(inspecting.detail, "edited-by-hand")
    await inspecting.see(inspecting.detail, "The signature is by another key")


async def test_an_event_occurs_by_hand(inspecting: Inspecting) -> None:
    await inspecting.sample("no-answer")
    await inspecting.see(inspecting.head, "starting")
    await inspecting.press("i")
    await inspecting.dialog.get_by_label("Cause").fill("srs_unreachable")
    await inspecting.dialog.get_by_role("button", name="Let it occur").click()
    await inspecting.see(inspecting.head, "srs unreachable")


async def test_a_scenario_is_written_mended_and_played(inspecting: Inspecting) -> None:
    page = inspecting.page
    await inspecting.press("v")
    await page.locator("#yaml").fill(WRONG)
    await inspecting.see(page.locator("#verdict"), "1 thing is wrong")
    assert await page.locator(".gutter .wrong").inner_text() == "4"
    await inspecting.see(page.locator(".problems"), "'siprec.begun' is not an event")
    assert await page.get_by_role("button", name="Apply").is_disabled()
    await page.locator(".problems button").click()
    assert await page.evaluate("[yaml.selectionStart, document.activeElement.id]") == [42, "yaml"]

    await page.locator("#yaml").fill(RIGHT)
    await inspecting.see(page.locator("#verdict"), "mine is right")
    await inspecting.see(page.locator(".outlook"), "siprec.failed")
    await inspecting.see(page.locator(".outlook"), "failure_cause: no_answer")
    await page.get_by_role("button", name="Play it next").click()
    await inspecting.see(page.locator(".names"), "mine")
    await page.locator('.views a[data-view="live"]').click()
    await inspecting.action("sample")
    await inspecting.see(inspecting.head, "plays mine")
    await inspecting.see(inspecting.detail, "mine by the queue")


async def test_what_happened_becomes_a_scenario(inspecting: Inspecting) -> None:
    page = inspecting.page
    await inspecting.sample("duplicate-webhooks")
    await inspecting.see(inspecting.head, "started")
    await inspecting.head.get_by_role("button", name="Edit as scenario").click()
    await inspecting.see(page.locator("#verdict"), "is right")
    assert "deliver: {copies: 2, gap: 200ms}" in await page.locator("#yaml").input_value()


@pytest.mark.parametrize("width", [380, 1280])
async def test_trouble_of_deliveries_is_seen_as_such(inspecting: Inspecting, width: int) -> None:
    await inspecting.page.set_viewport_size({"width": width, "height": 900})
    await inspecting.sample("lost-acknowledgement")
    if width < 900:
        await inspecting.rows("started").first.click()
    await inspecting.marks("attempt 1, failed, ack lost, simulated").wait_for()
    await inspecting.marks("attempt 2, delivered").wait_for()
