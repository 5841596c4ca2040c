"""Makes the pictures of docs/inspector.md (``make screenshots``), or of every view on every screen.

Owns the scenes. Seeded and with a clock that stands, each run makes the same pictures. Port 12111 has to be free.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from playwright.async_api import ViewportSize, async_playwright

from emulator.testing import running_emulator
from tests.inspector.inspecting import ARGUMENTS, Inspecting
from tests.inspector.pngs import small

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

    from emulator.client import EmulatorClient
    from emulator.testing import RunningEmulator

PORT = 12111
KEY = "KEYDEMO"
NAMESPACE = "2e7ee3b71093"
"""What the key opens."""

IMAGES = Path("docs/images")
SCREENS = ((380, 800), (1280, 800), (2560, 1440))
SCHEMES = ("light", "dark")
MANY = 5_000
SETTLING_MS = 700

PLAYED = (
    "happy-path",
    "srs-busy",
    "duplicate-webhooks",
    "slow-api",
    "stale-timestamp",
    "no-answer",
    "lost-acknowledgement",
)

WRONG = """version: 1
name: busy-then-late
description: The recorder is busy; the app hears of it twice.
match: {body: {connector_name: front-desk}}
timeline:
  - emit: siprec.failed
    after: 2s
    payload: {failure_cause: user_busy}
    deliver: {copies: two}
"""


def start(base_url: str, call: str, scenario: str = "", **body: object) -> None:
    """A siprec_start, as an app sends it that does not wait for a slow answer."""
    url = f"{base_url}/calls/{call}/actions/siprec_start"
    headers = {"Authorization": f"Bearer {KEY}"} | ({"X-Emulator-Scenario": scenario} if scenario else {})
    with suppress(httpx.ReadTimeout):
        httpx.post(url, json={"connector_name": "front-desk", **body}, headers=headers, timeout=1)


def stop(base_url: str, call: str) -> None:
    """And its end."""
    httpx.post(f"{base_url}/calls/{call}/actions/siprec_stop", json={}, headers={"Authorization": f"Bearer {KEY}"})


def play(emulator: RunningEmulator[EmulatorClient]) -> None:
    """What the pictures show: recordings of several kinds, one request that is refused, a call."""
    client = emulator.client
    for number, scenario in enumerate(PLAYED):
        call = f"v3:call-{number + 1}-{scenario}"
        start(emulator.base_url, call, scenario)
        client.advance("1500ms", namespace=NAMESPACE)
        if scenario not in {"no-answer", "stale-timestamp"}:
            stop(emulator.base_url, call)
            client.advance("2500ms", namespace=NAMESPACE)
    start(
        emulator.base_url,
        "v3:call-8-invalid",
        session_timeout_secs=5,
        siprec_track="sideways",
        client_state="no base64!",
    )
    client.advance("4s", namespace=NAMESPACE)


@asynccontextmanager
async def shown(browser: Browser, url: str, screen: tuple[int, int], scheme: str) -> AsyncIterator[Inspecting]:
    """The page of an emulator on a screen."""
    size = ViewportSize(width=screen[0], height=screen[1])
    context = await browser.new_context(viewport=size, color_scheme="dark" if scheme == "dark" else "light")
    inspecting = Inspecting(await context.new_page(), url)
    await inspecting.open()
    yield inspecting
    await context.close()


async def keep(inspecting: Inspecting, file: Path) -> None:
    """Take a picture once nothing moves any more."""
    await inspecting.page.wait_for_timeout(SETTLING_MS)
    await inspecting.page.evaluate("document.querySelector('#toasts').replaceChildren()")
    await asyncio.to_thread(file.write_bytes, small(await inspecting.page.screenshot(animations="disabled")))


async def retries(inspecting: Inspecting) -> None:
    """A recording whose webhooks were tried again."""
    await inspecting.rows("lost-acknowledgement").first.click()
    await inspecting.marks("attempt 2").first.click()
    await inspecting.see(inspecting.detail, "Attempts")


async def invalid(inspecting: Inspecting) -> None:
    """A request that was refused, with what is wrong in its body."""
    await inspecting.page.locator("#tab-requests").click()
    await inspecting.rows("invalid").first.click()
    await inspecting.see(inspecting.detail, "things wrong with the body")


async def wrong(inspecting: Inspecting) -> None:
    """The editor, with a line that is wrong."""
    page = inspecting.page
    await page.locator('.views a[data-view="scenarios"]').click()
    await page.locator("#yaml").fill(WRONG.replace("two", "2"))
    await inspecting.see(page.locator("#verdict"), "is right")
    await page.locator("#yaml").fill(WRONG)
    await inspecting.see(page.locator("#verdict"), "wrong")


async def replayed(inspecting: Inspecting) -> None:
    """The dialog of a replay that is edited, with its curl line."""
    await retries(inspecting)
    await inspecting.press("e")
    await inspecting.see(inspecting.dialog, "curl")


VIEWS = {"retries": retries, "invalid": invalid, "scenarios": wrong, "replay": replayed}

PICTURES = (
    ("live", retries, (1280, 860), "light"),
    ("invalid", invalid, (1280, 800), "dark"),
    ("scenarios", wrong, (1280, 720), "light"),
    ("narrow", retries, (380, 760), "dark"),
)


async def document(browser: Browser, folder: Path) -> None:
    """The pictures of the documentation."""
    with running_emulator(port=PORT, seed="page", clock="manual") as emulator:
        url = emulator.base_url.removesuffix("/v2")
        async with shown(browser, url, (1280, 760), "light") as inspecting:
            await keep(inspecting, folder / "first.png")
        play(emulator)
        for name, view, screen, scheme in PICTURES:
            async with shown(browser, url, screen, scheme) as inspecting:
                await view(inspecting)
                await keep(inspecting, folder / f"{name}.png")


async def every(browser: Browser, folder: Path) -> None:
    """Every view on every screen, light and dark, and the lists empty and long: to be looked at."""
    with running_emulator(port=PORT, seed="page", clock="manual") as emulator:
        url = emulator.base_url.removesuffix("/v2")
        await _on_all(browser, url, folder, "empty")
        play(emulator)
        await _on_all(browser, url, folder, *VIEWS)
        for number in range(MANY):
            start(emulator.base_url, f"v3:many-{number}")
        emulator.client.advance("1s", namespace=NAMESPACE)
        await _on_all(browser, url, folder, "long")


async def _on_all(browser: Browser, url: str, folder: Path, *names: str) -> None:
    for name in names:
        for screen in SCREENS:
            for scheme in SCHEMES:
                async with shown(browser, url, screen, scheme) as inspecting:
                    if name in VIEWS:
                        await VIEWS[name](inspecting)
                    await keep(inspecting, folder / f"{name}-{screen[0]}-{scheme}.png")


async def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--every", metavar="FOLDER", type=Path, help="all views on all screens instead, into a folder"
    )
    folder: Path | None = parser.parse_args().every
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(ARGUMENTS))
        (folder or IMAGES).mkdir(parents=True, exist_ok=True)
        await (document(browser, IMAGES) if folder is None else every(browser, folder))
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
