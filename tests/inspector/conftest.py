"""A real Chromium, shared by all tests of a worker, and an emulator and a page of its own for each test.

Every page is watched: a request to another origin, a complaint on its console or an error in its script fails the
test, whatever it is about.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from playwright.async_api import ViewportSize, async_playwright

from emulator.testing import running_emulator
from tests.inspector.inspecting import ARGUMENTS, Inspecting
from tests.judges.programs import program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from playwright.async_api import Browser

    from emulator.client import EmulatorClient
    from emulator.testing import RunningEmulator
    from tests.inspector.inspecting import Opening


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    found = program("chromium")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield started
        await started.close()


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Iterator[RunningEmulator[EmulatorClient]]:
    """An emulator in a thread of its own; an indirect parameter, a dict, changes its settings."""
    with running_emulator(**getattr(request, "param", {})) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def opening(browser: Browser) -> Opening:
    """Opens the page of an emulator, and sees that nothing went wrong in it once it is left."""

    @asynccontextmanager
    async def opened(url: str, **options: Any) -> AsyncIterator[Inspecting]:
        size = ViewportSize(width=options.pop("width", 1280), height=options.pop("height", 900))
        context = await browser.new_context(viewport=size, **options)
        try:
            inspecting = Inspecting(await context.new_page(), url)
            yield inspecting
            assert inspecting.foreign() == []
            assert inspecting.complaints() == []
        finally:
            await context.close()

    return opened


@pytest_asyncio.fixture(loop_scope="session")
async def inspecting(opening: Opening, emulator: RunningEmulator[EmulatorClient]) -> AsyncIterator[Inspecting]:
    """The page of the test's emulator, opened with the key that its samples are sent with."""
    async with opening(emulator.base_url.removesuffix("/v2")) as opened:
        await opened.open()
        yield opened
