"""A whole demonstration on the page: once with the mouse, once with nothing but the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.inspector.inspecting import Inspecting

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_demonstration_by_mouse(inspecting: Inspecting) -> None:
    """A sample, its story, a busy recorder, a fault, a call, and everything forgotten."""
    page = inspecting.page
    await inspecting.see(page.locator("#story"), "Point an app here")
    await inspecting.action("sample")
    await inspecting.see(inspecting.rows(), "started")
    await inspecting.marks("siprec.started, attempt 1, delivered").click()
    await inspecting.see(inspecting.detail, "The signature is good")
    await inspecting.head.get_by_role("button", name="Stop").click()
    await inspecting.see(inspecting.head, "stopped")
    await inspecting.marks("siprec.stopped, attempt 1").wait_for()

    await inspecting.action("queue")
    await inspecting.dialog.locator('[name="scenario"]').select_option("srs-busy")
    await inspecting.see(inspecting.dialog.locator(".curl"), """--json '{"scenario":"srs-busy"}'""")
    await inspecting.dialog.get_by_role("button", name="Queue it").click()
    await inspecting.see(page.locator("#actions"), "srs-busy")
    await inspecting.action("sample")
    await inspecting.see(inspecting.head, "user busy")
    await inspecting.see(inspecting.detail, "srs-busy by the queue")

    inspecting.tolerated.add("503")
    await inspecting.action("faults")
    await inspecting.dialog.get_by_role("button", name="siprec_start: 503").click()
    await inspecting.see(inspecting.dialog, "siprec_start: 503 10007 struck 0")
    await inspecting.press("Escape")
    await inspecting.action("sample")
    await page.locator("#tab-requests").click()
    await inspecting.rows("503").click()
    await inspecting.see(inspecting.detail, "Internal server error")

    await inspecting.action("call")
    await inspecting.dialog.get_by_role("button", name="Call", exact=True).click()
    await inspecting.rows("ringing").first.click()
    await inspecting.marks("call.initiated").first.wait_for()

    await inspecting.action("reset")
    await inspecting.dialog.get_by_role("button", name="Forget this namespace").click()
    await inspecting.see(page.locator("#panel"), "No call yet")


async def test_a_demonstration_by_keyboard_alone(inspecting: Inspecting) -> None:
    page = inspecting.page
    await inspecting.press("s")
    await inspecting.see(inspecting.head, "started")
    await inspecting.press("x")
    await inspecting.see(inspecting.head, "stopped")
    await inspecting.press("q")
    await inspecting.dialog.wait_for()
    await inspecting.press("Tab", "Enter")
    await inspecting.dialog.wait_for(state="detached")
    await inspecting.press("s")
    await inspecting.rows("failed").wait_for()

    # down and up in the list, into the story, along its axis
    await inspecting.press("j")
    await inspecting.see(inspecting.head, "stopped")
    await inspecting.press("k")
    await inspecting.see(inspecting.head, "failed")
    await inspecting.press("Enter")
    await inspecting.until("document.activeElement.closest('#lanes') !== null")
    await inspecting.press("ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight")
    await inspecting.see(inspecting.detail, "siprec.failed")
    await inspecting.press("r")
    await inspecting.see(page.locator("#lanes"), "same id again")

    await inspecting.press("/")
    await page.keyboard.type("state:stopped")
    await inspecting.until("document.querySelector('#count').textContent.startsWith('1 of 2')")
    await inspecting.press("Escape", "Escape")
    assert await page.evaluate("document.activeElement.getAttribute('role')") == "listbox"
    await inspecting.press("3")
    await inspecting.rows("siprec_stop").wait_for()
    await inspecting.press("?")
    await inspecting.see(inspecting.dialog, "Replay the webhook")
    await inspecting.press("Escape")
    await inspecting.dialog.wait_for(state="detached")
    await inspecting.press("c")
    await inspecting.see(inspecting.dialog, "/replay?namespace=")
    await inspecting.see(inspecting.dialog, 'Authorization: Bearer $TELNYX_API_KEY"')


@pytest.mark.parametrize("place", ["#namespace", "#search"])
async def test_escape_leads_out_of_a_field_where_the_list_is_empty(inspecting: Inspecting, place: str) -> None:
    """Else keys of one letter would be typed there."""
    await inspecting.page.locator(place).focus()
    await inspecting.press("Escape", "S")
    await inspecting.see(inspecting.dialog, "Send a siprec_start")


async def test_keys_of_one_letter_can_be_switched_off(inspecting: Inspecting) -> None:
    await inspecting.press("?")
    await inspecting.dialog.get_by_label("Keys of one letter work").uncheck()
    await inspecting.press("Escape")
    await inspecting.dialog.wait_for(state="detached")
    await inspecting.press("S")
    assert await inspecting.dialog.count() == 0
    await inspecting.page.locator('.top [data-action="help"]').click()
    await inspecting.dialog.get_by_label("Keys of one letter work").check()
    await inspecting.press("Escape", "S")
    await inspecting.see(inspecting.dialog, "Send a siprec_start")
