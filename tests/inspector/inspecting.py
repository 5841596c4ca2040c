"""The live page as a test uses it: what is seen there, what is pressed, and what the browser complained of.

Owns the places of the page's parts. Must not assert anything; every wait is for something that is seen, and has a
bound.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from playwright.async_api import ConsoleMessage, Locator, Page

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""A browser that keeps to itself, and runs as root."""

BOUND_MS = 15_000

Opening: TypeAlias = "Callable[..., AbstractAsyncContextManager[Inspecting]]"
"""Opens the page of an emulator: its URL, and by name the screen's width and height, and Playwright's options."""


class Inspecting:
    """One opened page.

    Attributes:
        page: Playwright's.
        url: The emulator's, without a path.
        tolerated: What the console may say: each answer that is no success is an error to a browser.
    """

    def __init__(self, page: Page, url: str) -> None:
        """Listen to what the browser has to say of it."""
        self.page = page
        self.url = url
        self.tolerated: set[str] = set()
        self._said: list[str] = []
        self._asked: list[str] = []
        page.set_default_timeout(BOUND_MS)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self._said.append(f"error: {error}"))
        page.on("request", lambda request: self._asked.append(request.url))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._said.append(f"{message.type}: {message.text}")

    def foreign(self) -> list[str]:
        """Requests that left the emulator's origin."""
        host = urlsplit(self.url).netloc
        return [one for one in self._asked if not one.startswith("data:") and urlsplit(one).netloc != host]

    def complaints(self) -> list[str]:
        """What the console said, but for what is tolerated."""
        return [one for one in self._said if not any(text in one for text in self.tolerated)]

    async def open(self, place: str = "") -> None:
        """Go there, until the page follows what happens."""
        await self.page.goto(f"{self.url}/_emulator/{place}")
        await self.page.wait_for_selector('#link[data-state="open"]')

    # --- what is seen ---

    def rows(self, text: str = "") -> Locator:
        """Rows of the list that hold a text."""
        return self.page.locator(".list .row:not(.probe)").filter(has_text=text)

    def marks(self, text: str) -> Locator:
        """Items on the time axis whose words hold a text."""
        return self.page.locator(f'#lanes [data-item][aria-label*="{text}"]')

    @property
    def detail(self) -> Locator:
        """The item that is looked at."""
        return self.page.locator("#detail")

    @property
    def head(self) -> Locator:
        """The heading of the story."""
        return self.page.locator("#story-head")

    @property
    def dialog(self) -> Locator:
        """The dialog that is open."""
        return self.page.locator("dialog[open]")

    async def see(self, where: Locator, text: str) -> None:
        """Wait until a text stands there."""
        await where.filter(has_text=text).first.wait_for()

    async def until(self, expression: str) -> None:
        """Wait until an expression of JavaScript is true, looking again with each frame that is drawn."""
        async with asyncio.timeout(BOUND_MS / 1000):
            while not await self.page.evaluate(expression):
                await self.page.evaluate("new Promise(requestAnimationFrame)")

    # --- what is done ---

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            await self.page.keyboard.press(key)

    async def action(self, name: str) -> None:
        """Press the bar's button of an action."""
        await self.page.locator(f'#actions [data-action="{name}"]').click()

    async def sample(self, scenario: str = "", **fields: str) -> None:
        """Send a siprec_start through the page's form."""
        await self.action("start")
        for name, value in fields.items():
            await self.dialog.locator(f'[name="{name}"]').fill(value)
        if scenario:
            await self.dialog.locator('[name="scenario"]').select_option(scenario)
        await self.dialog.get_by_role("button", name="Send", exact=True).click()
        await self.dialog.wait_for(state="detached")
