"""How the page comes to a browser: its headers, its files, who gets it, and what it consists of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from emulator import resources
from emulator.web.inspector.page import POLICY

if TYPE_CHECKING:
    import aiohttp

API = "/_emulator"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Authorization": ""}
FILES = resources.page_files()


async def test_a_browser_gets_the_page_and_everybody_else_the_links(http: aiohttp.ClientSession) -> None:
    page = await http.get(f"{API}/", headers=BROWSER)
    assert (page.status, page.content_type, page.charset) == (200, "text/html", "utf-8")
    assert await page.read() == FILES["index.html"]
    links = await http.get(f"{API}/")
    assert f"{API}/sessions" in (await links.json())["links"]


async def test_a_browser_is_led_to_the_slash_that_the_pages_paths_rest_on(http: aiohttp.ClientSession) -> None:
    led = await http.get(f"{API}?a=b", headers=BROWSER, allow_redirects=False)
    assert (led.status, led.headers["Location"]) == (308, f"{API}/?a=b")


@pytest.mark.parametrize("path", ["/", "/page/app.js", "/page/page.css", "/page/icon.svg"])
async def test_every_file_is_kept_to_itself(http: aiohttp.ClientSession, path: str) -> None:
    answer = await http.get(API + path, headers=BROWSER)
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-cache"


def test_the_policy_lets_nothing_in_but_the_pages_own_files() -> None:
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))
    assert rules["default-src"] == "'none'"
    assert {rules[one] for one in ("script-src", "style-src", "img-src", "connect-src")} == {"'self'"}
    assert {rules[one] for one in ("base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    assert (rules["require-trusted-types-for"], rules["trusted-types"]) == ("'script'", "'none'")


async def test_what_a_browser_has_is_not_sent_again(http: aiohttp.ClientSession) -> None:
    first = await http.get(f"{API}/page/app.js")
    tag = first.headers["ETag"]
    for known in (tag, f'W/{tag}, "other"'):
        again = await http.get(f"{API}/page/app.js", headers={"If-None-Match": known})
        assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", tag)
    other = await http.get(f"{API}/page/app.js", headers={"If-None-Match": '"other"'})
    assert other.status == 200


@pytest.mark.parametrize("name", ["none.js", "..%2Fpage.py", "%2e%2e%2fpage.py", "static%2Fapp.js"])
async def test_there_are_no_files_but_the_pages(http: aiohttp.ClientSession, name: str) -> None:
    assert (await http.get(f"{API}/page/{name}")).status == 404


@pytest.mark.parametrize("settings", [{"admin_token": "secret"}], indirect=True)
async def test_the_page_is_open_where_a_token_is_set_and_what_it_shows_is_not(http: aiohttp.ClientSession) -> None:
    assert (await http.get(f"{API}/", headers=BROWSER)).status == 200
    assert (await http.get(f"{API}/page/app.js", headers=BROWSER)).status == 200
    for path in ("/", "/info", "/sessions", "/events"):
        assert (await http.get(API + path)).status == 401


# --- what it consists of ---

SCRIPTS = [name for name in FILES if name.endswith(".js")]


def text(name: str) -> str:
    return FILES[name].decode()


def test_the_page_names_no_file_that_there_is_not_and_no_other_place() -> None:
    named = set(re.findall(r'(?:src|href)="([^"#]+)"', text("index.html")))
    assert {f"page/{name}" for name in FILES} >= named
    assert "page/app.js" in named
    for name in FILES:
        assert set(re.findall(r"https?://[^\s\"'`)]+", text(name))) <= {"http://www.w3.org/2000/svg"}, name


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_makes_markup_or_code_of_text(name: str) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|DOMParser"
    assert re.search(forbidden, text(name)) is None


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_says_what_it_owns_is_short_and_imports_what_there_is(name: str) -> None:
    lines = text(name).splitlines()
    assert lines[0].startswith("// ")
    assert len(lines) <= 400
    imported = re.findall(r"from '\./([^']+)'", text(name))
    assert set(imported) <= set(SCRIPTS)


def test_every_script_is_reached_from_the_first() -> None:
    met, ahead = {"app.js"}, ["app.js"]
    while ahead:
        for name in re.findall(r"from '\./([^']+)'", text(ahead.pop())):
            if name not in met:
                met.add(name)
                ahead.append(name)
    assert met == set(SCRIPTS)
