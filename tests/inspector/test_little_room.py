"""A narrow screen, where the list and the story take turns: keys know which is seen, and dialogs fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.inspector.test_live import choose, start

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from emulator.client import EmulatorClient
    from emulator.testing import RunningEmulator
    from tests.inspector.inspecting import Inspecting, Opening

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLS = ("v3:one", "v3:two", "v3:three")

NOBODY = {"default_scenario": "live", "srs": "127.0.0.1:9", "srs_answer_timeout": "1s"}
"""A recording server that does not answer: the discard port's, which nothing listens on."""


@pytest_asyncio.fixture(loop_scope="session")
async def narrow(opening: Opening, emulator: RunningEmulator[EmulatorClient]) -> AsyncIterator[Inspecting]:
    """The page on a telephone, with its list."""
    async with opening(emulator.base_url.removesuffix("/v2"), width=380, height=760) as opened:
        await opened.open()
        await choose(opened, "")
        await opened.page.locator("#tab-sessions").focus()
        yield opened


async def recorded(inspecting: Inspecting, emulator: RunningEmulator[EmulatorClient]) -> None:
    """Several recordings, in the list."""
    for call in CALLS:
        start(emulator, call)
        await inspecting.rows(call).wait_for()


async def test_searching_from_the_story_leads_to_the_list(
    emulator: RunningEmulator[EmulatorClient], narrow: Inspecting
) -> None:
    """What is typed then is no key of an action."""
    await recorded(narrow, emulator)
    await narrow.rows("v3:one").click()
    await narrow.head.wait_for()
    await narrow.press("/")
    await narrow.page.keyboard.type("two e")
    assert await narrow.page.locator("#search").input_value() == "two e"
    assert await narrow.dialog.count() == 0


async def test_a_list_that_is_asked_for_from_the_story_is_seen(
    emulator: RunningEmulator[EmulatorClient], narrow: Inspecting
) -> None:
    await recorded(narrow, emulator)
    await narrow.rows("v3:one").click()
    await narrow.head.wait_for()
    await narrow.press("3")
    await narrow.rows("siprec_start").first.wait_for()
    assert await narrow.page.evaluate("document.activeElement.id") == "tab-requests"


async def test_keys_walk_through_the_list_and_enter_opens_the_story(
    emulator: RunningEmulator[EmulatorClient], narrow: Inspecting
) -> None:
    await recorded(narrow, emulator)
    await narrow.page.get_by_role("listbox").focus()
    for key in ("ArrowDown", "ArrowDown"):
        await narrow.press(key)
    await narrow.page.get_by_role("option", name="v3:one", selected=True).wait_for()
    await narrow.press("k")
    await narrow.page.get_by_role("option", name="v3:two", selected=True).wait_for()
    await narrow.press("Enter")
    await narrow.see(narrow.head, "v3:two")
    await narrow.head.wait_for()
    await narrow.press("j")
    await narrow.see(narrow.head, "v3:one")
    await narrow.head.wait_for()


async def test_the_list_comes_back_with_what_the_keys_have_chosen_meanwhile(
    emulator: RunningEmulator[EmulatorClient], narrow: Inspecting
) -> None:
    for number in range(30):
        start(emulator, f"v3:{number:02}")
    await narrow.rows("v3:29").click()
    await narrow.see(narrow.head, "v3:29")
    await narrow.press(*("j" * 20))
    await narrow.see(narrow.head, "v3:09")
    await narrow.press("Escape")
    row = narrow.page.get_by_role("option", name="v3:09", selected=True)
    await row.wait_for()
    assert await row.evaluate(
        """row => row.getBoundingClientRect().top >= row.closest('.list').getBoundingClientRect().top
            && row.getBoundingClientRect().bottom <= row.closest('.list').getBoundingClientRect().bottom"""
    )


async def test_enter_leads_from_the_search_to_what_it_found(
    emulator: RunningEmulator[EmulatorClient], inspecting: Inspecting
) -> None:
    await choose(inspecting, "")
    await recorded(inspecting, emulator)
    await inspecting.page.locator("#tab-sessions").focus()
    await inspecting.press("/")
    await inspecting.page.keyboard.type("v3:one")
    await inspecting.press("Enter")
    await inspecting.see(inspecting.head, "v3:one")
    assert await inspecting.page.evaluate("document.activeElement.getAttribute('role')") == "listbox"


@pytest.mark.parametrize("emulator", [NOBODY], indirect=True)
async def test_what_was_on_the_wire_fits(emulator: RunningEmulator[EmulatorClient], narrow: Inspecting) -> None:
    start(emulator, "v3:one")
    await narrow.rows("v3:one").click()
    await narrow.head.get_by_role("button", name="On the wire…").click()
    await narrow.see(narrow.dialog, "INVITE")
    assert await narrow.dialog.evaluate("dialog => dialog.scrollWidth - dialog.clientWidth") == 0


async def test_that_nothing_was_called_yet_is_said_in_a_line_or_two(narrow: Inspecting) -> None:
    await narrow.press("c")
    told, room = [
        await narrow.dialog.locator(one).evaluate("element => element.clientWidth") for one in (".faint", ".calls")
    ]
    assert told == room
