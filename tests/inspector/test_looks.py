"""How it looks and reads: narrow and wide, light and dark, for who sees it and for who hears it."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from emulator.client import EmulatorClient
    from emulator.testing import RunningEmulator
    from tests.inspector.inspecting import Inspecting, Opening

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = Path(__file__).parent / "axe"
BOUND_SECS = 120

SERIOUS = {"serious", "critical"}

DIALOGS = {"S": "start", "f": "faults", "q": "queue", "b": "call", "i": "inject", "e": "edit", "D": "reset"}
"""Keys that open one."""

BEYOND = """Math.max(document.documentElement.scrollWidth - innerWidth,
    ...[...document.querySelectorAll('dialog[open]')].map(one => one.scrollWidth - one.clientWidth))"""
"""Pixels by which the page, or the dialog that is open, is wider than it is seen."""


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core, of exactly the version that the lock file names."""
    npm = shutil.which("npm")
    if npm is None:
        _missing("npm is not installed")
    script = AXE / "node_modules" / "axe-core" / "axe.min.js"
    # several workers may want it at once
    with (AXE / "package.json").open() as package:
        fcntl.flock(package, fcntl.LOCK_EX)
        if not script.exists():
            command = [npm or "", "ci", "--no-audit", "--no-fund"]
            ran = subprocess.run(command, cwd=AXE, capture_output=True, text=True, timeout=BOUND_SECS, check=False)  # noqa: S603 - npm
            if ran.returncode:
                _missing(f"npm does not get axe-core here: {ran.stderr.strip()[:300]}")
    return script.read_text(encoding="utf-8")


def _missing(why: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


async def found(inspecting: Inspecting, axe: str) -> list[str]:
    """What axe-core finds serious, and where."""
    # the page's policy takes no script but its own: this one comes by the debugger
    await inspecting.page.evaluate(axe)
    result = await inspecting.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
        for one in result["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


async def _views(inspecting: Inspecting) -> AsyncIterator[str]:
    """Everything that the page can show, one after the other; yields what each is."""
    page = inspecting.page
    yield "empty"
    await inspecting.sample("lost-acknowledgement", id="v3:one")
    narrow = (page.viewport_size or {"width": 0})["width"] < 900
    await inspecting.rows("started").first.wait_for()
    yield "list"
    if narrow:
        await inspecting.rows("started").first.click()
    await inspecting.marks("attempt 1").first.click()
    await inspecting.see(inspecting.detail, "Attempts")
    yield "webhook"
    await inspecting.marks("siprec_start").first.click()
    await inspecting.see(inspecting.detail, "Which scenario")
    await inspecting.detail.get_by_text("Why not the other").click()
    yield "request"
    for key, dialog in DIALOGS.items():
        await inspecting.press(key)
        await inspecting.dialog.wait_for()
        yield dialog
        await inspecting.press("Escape")
        await inspecting.dialog.wait_for(state="detached")
    await page.locator('.top [data-action="help"]').click()
    yield "help"
    await inspecting.press("Escape")
    await page.locator('.views a[data-view="scenarios"]').click()
    await inspecting.see(page.locator(".outlook"), "siprec_start")
    yield "scenarios"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [380, 1280, 2560])
async def test_nothing_is_out_of_reach_on_any_screen(
    opening: Opening, emulator: RunningEmulator[EmulatorClient], axe: str, width: int, scheme: str
) -> None:
    """Nothing serious to axe-core, and nothing beyond the edge of the screen."""
    url = emulator.base_url.removesuffix("/v2")
    async with opening(url, width=width, color_scheme=scheme) as inspecting:
        await inspecting.open()
        async for view in _views(inspecting):
            assert await found(inspecting, axe) == [], view
            assert await inspecting.page.evaluate(BEYOND) <= 0, view


async def test_light_and_dark_follow_the_system(
    opening: Opening, emulator: RunningEmulator[EmulatorClient]
) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        async with opening(emulator.base_url.removesuffix("/v2"), color_scheme=scheme) as inspecting:
            await inspecting.open()
            grounds.append(
                await inspecting.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
            )
    light, dark = (sum(map(int, one.removeprefix("rgb(").removesuffix(")").split(","))) for one in grounds)
    assert light > 600
    assert dark < 150


async def test_who_hears_the_page_finds_its_way(inspecting: Inspecting) -> None:
    """Landmarks, a list that says where one is, words for each shape, and focus that comes back."""
    page = inspecting.page
    for landmark in (page.get_by_role("banner"), page.get_by_role("navigation"), page.get_by_role("main")):
        assert await landmark.count() >= 1
    for call in ("v3:one", "v3:two"):
        await inspecting.sample(id=call)
    row = page.get_by_role("option", name="v3:one")
    for one in (row, page.get_by_role("option", name="v3:two")):
        await one.wait_for()
    await page.get_by_role("listbox", name="Sessions").focus()
    await inspecting.press("End")
    await page.get_by_role("option", name="v3:one", selected=True).wait_for()
    assert await row.get_attribute("aria-posinset") == "2"
    assert await row.get_attribute("aria-setsize") == "2"
    active = await page.get_by_role("listbox").get_attribute("aria-activedescendant")
    assert active == await row.get_attribute("id")
    faults = page.locator('#actions [data-action="faults"]')
    await faults.focus()
    await inspecting.press("Enter")
    await inspecting.dialog.wait_for()
    await inspecting.press("Escape")
    await inspecting.dialog.wait_for(state="detached")
    assert await faults.evaluate("element => element === document.activeElement")


async def test_who_hears_the_page_is_not_told_the_time_all_the_time(inspecting: Inspecting) -> None:
    """A timer is read when it is asked for (WAI-ARIA 1.2, timer); a long identifier is one word."""
    page = inspecting.page
    await page.get_by_role("timer", name="Time of the namespace").wait_for()
    assert await page.locator("output, #clock [aria-live]").count() == 0
    await inspecting.sample(id="v3:long-enough-to-be-cut-in-two-where-room-is-short")
    named = re.compile(
        r"^v3:long-enough-to-be-cut-in-two-where-room-is-short, [\d:.]+, started, happy-path, my-srs"
    )
    await page.get_by_role("option", name=named).wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_what_is_chosen_is_seen_in_colours_that_are_forced(
    opening: Opening, emulator: RunningEmulator[EmulatorClient], scheme: str
) -> None:
    url = emulator.base_url.removesuffix("/v2")
    async with opening(url, forced_colors="active", color_scheme=scheme) as inspecting:
        await inspecting.open()
        for call in ("v3:one", "v3:two"):
            await inspecting.sample(id=call)
            await inspecting.see(inspecting.head, call)
        await inspecting.rows("v3:one").click()
        await inspecting.see(inspecting.page.locator('.row[aria-selected="true"]'), "v3:one")
        for kind in ('.row[aria-selected="{}"]', '[role=tab][aria-selected="{}"]'):
            grounds = {
                await inspecting.page.locator(kind.format(chosen)).first.evaluate(
                    "element => getComputedStyle(element).backgroundColor"
                )
                for chosen in ("true", "false")
            }
            assert len(grounds) == 2, kind


@pytest.mark.parametrize("width", [380, 1280])
async def test_the_scenario_in_the_editor_is_seen_among_the_names(
    opening: Opening, emulator: RunningEmulator[EmulatorClient], width: int
) -> None:
    async with opening(emulator.base_url.removesuffix("/v2"), width=width, height=700) as inspecting:
        await inspecting.open("#scenarios/timed-stop")
        await inspecting.see(inspecting.page.locator("#verdict"), "timed-stop is right")
        name = inspecting.page.locator(".names [aria-current]")
        await inspecting.see(name, "timed-stop")
        assert await name.evaluate(
            """name => ['.names', '.catalogue'].every(one => {
                const [own, all] = [name, name.closest(one)].map(each => each.getBoundingClientRect());
                return own.top >= all.top && own.bottom <= all.bottom;
            })"""
        )
        assert await inspecting.page.evaluate("document.documentElement.scrollTop") == 0


MOVED = """
    window.moved = [];
    for (const kind of ['transitionrun', 'animationstart'])
        document.addEventListener(kind, event => window.moved.push(event.target.className), true);
"""

MOVING = """[...document.querySelectorAll('*')].filter(one =>
    [null, '::before', '::after', '::backdrop'].map(part => getComputedStyle(one, part)).some(style =>
        style.scrollBehavior === 'smooth' || style.animationName !== 'none'
        || /[1-9]/.test(style.transitionDuration))
).map(one => one.className)"""


@pytest.mark.parametrize(("wanted", "moves"), [("reduce", False), ("no-preference", True)])
async def test_nothing_moves_for_who_wants_no_motion(
    opening: Opening, emulator: RunningEmulator[EmulatorClient], wanted: str, *, moves: bool
) -> None:
    """No transition, no animation, no smooth scrolling; what fades for others shows that the test would see it."""
    async with opening(emulator.base_url.removesuffix("/v2"), reduced_motion=wanted) as inspecting:
        page = inspecting.page
        await page.add_init_script(MOVED)
        await inspecting.open()
        able = {name async for _ in _views(inspecting) for name in await page.evaluate(MOVING)}
        assert able == ({"outlook"} if moves else set())
        await page.locator("#yaml").fill("version: none")
        await page.locator(".outlook.stale").wait_for()
        await page.evaluate("new Promise(requestAnimationFrame)")
        running = "document.getAnimations().length + window.moved.length"
        await inspecting.until(f"{running} > 0" if moves else f"{running} === 0")


async def test_the_last_words_on_the_axis_have_room(inspecting: Inspecting) -> None:
    page = inspecting.page
    await inspecting.sample()
    await inspecting.see(inspecting.head, "started")
    await inspecting.press("+")
    await inspecting.see(page.locator("#toasts"), "1 s passed")
    await inspecting.press("x")
    await inspecting.see(page.locator("#lanes"), "stopped · normal clearing")
    beyond = await page.evaluate(
        """[...document.querySelectorAll('#lanes .bar-state, #lanes .flag')].map(one =>
            one.getBoundingClientRect().right - one.closest('.canvas').getBoundingClientRect().right)"""
    )
    assert len(beyond) >= 3
    assert max(beyond) <= 0
