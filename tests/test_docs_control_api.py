"""docs/control-api.md: every example is run, in order, and answers as the page shows; every route is on the page.

An answer may leave out fields or entries with a line of three dots. What differs from run to run (times, ids,
addresses, keys, numbers) has to be of the same form.
"""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from emulator.web.openapi.control import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.web.server import Server

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "control-api.md").read_text()
ADDRESS = "localhost:12111"
BOUND_SECS = 20

_FENCED = re.compile(r"^```console (\d+)\n\$ (.*?)\n```$", re.DOTALL | re.MULTILINE)
_ELIDED = re.compile(r"^ *\.\.\.$", re.MULTILINE)
_LOOSE_COMMA = re.compile(r",(\s*[}\]])")

_VARYING = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (re.compile(r"(localhost|127\.0\.0\.1):\d+"), "<address>"),
    (re.compile(r"v3:[A-Za-z0-9_-]{54}"), "<call>"),
    (re.compile(r"[A-Za-z0-9+/]{43,}={0,2}"), "<key>"),
    (re.compile(r"^\d+\.\d+\.\d+$"), "<version>"),
    (re.compile(r"^\d{19}$"), "<connection>"),
)

_TOLD_EXACTLY = (".status", ".line", ".column")
"""Numbers that do not vary."""


@dataclass(slots=True)
class Example:
    """A curl line of the page.

    Attributes:
        status: That the page says.
        answer: The text below the line.
    """

    status: int
    answer: str
    method: str = ""
    url: str = ""
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


def read(status: str, text: str) -> Example:
    """Take a block apart: a curl line, whose quotes may span lines, then its answer."""
    quoted, end = False, len(text)
    for place, letter in enumerate(text):
        quoted ^= letter == "'"
        if letter == "\n" and not quoted:
            end = place
            break
    words = iter(shlex.split(text[:end]))
    assert next(words) == "curl"
    example = Example(status=int(status), answer=text[end + 1 :])
    for word in words:
        match word:
            case "-X":
                example.method = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                example.headers[name] = value
            case "--json":
                example.body = next(words)
                example.headers |= {"Content-Type": "application/json", "Accept": "application/json"}
            case "--data-binary":
                example.body = next(words)
                example.headers["Content-Type"] = "application/x-www-form-urlencoded"
            case _:
                example.url = word
    example.method = example.method or ("GET" if example.body is None else "POST")
    return example


EXAMPLES = [read(status, text) for status, text in _FENCED.findall(PAGE)]


def formed(text: str) -> str:
    """A text with what varies replaced by the name of its form."""
    for pattern, name in _VARYING:
        text = pattern.sub(name, text)
    return text


def _alike(shown: Any, got: Any, at: str) -> bool:
    """Whether two values of one type are the same as far as they do not vary."""
    if isinstance(shown, str):
        return formed(shown) == formed(got)
    exact = isinstance(shown, bool) or at.endswith(_TOLD_EXACTLY)
    return shown == got or not exact


def differences(shown: Any, got: Any, *, elided: bool, at: str = "$") -> Iterator[str]:
    """Where an answer is not as the page shows it."""
    if type(shown) is not type(got):
        yield f"{at}: {shown!r} is shown, {got!r} came"
    elif isinstance(shown, dict):
        if shown.keys() != got.keys() and not (elided and shown.keys() < got.keys()):
            yield f"{at}: {sorted(shown)} are shown, {sorted(got)} came"
        for key in shown.keys() & got.keys():
            yield from differences(shown[key], got[key], elided=elided, at=f"{at}.{key}")
    elif isinstance(shown, list):
        if len(shown) != len(got) and not (elided and len(shown) < len(got)):
            yield f"{at}: {len(shown)} are shown, {len(got)} came"
        for one, other in zip(shown, got, strict=False):
            yield from differences(one, other, elided=elided, at=f"{at}[]")
    elif not _alike(shown, got, at):
        yield f"{at}: {shown!r} is shown, {got!r} came"


def as_shown(answer: str, got: str) -> list[str]:
    """Differences of two answers, JSON or not."""
    if not answer.startswith(("{", "[")):
        return [] if answer == got.removesuffix("\n") else [f"{answer!r} is shown, {got!r} came"]
    bare, count = _ELIDED.subn("", answer)
    return list(differences(json.loads(_LOOSE_COMMA.sub(r"\1", bare)), json.loads(got), elided=bool(count)))


async def _settled(server: Server, stream: aiohttp.ClientResponse) -> None:
    """Wait until no webhook is under way, looking again at each event."""
    async with asyncio.timeout(BOUND_SECS):
        while any(namespace.deliveries for namespace in tuple(server.driver.engine.namespaces)):
            await stream.content.readline()


async def test_every_example_answers_as_the_page_shows(server: Server) -> None:
    """Status, fields, types and what does not vary."""
    async with aiohttp.ClientSession() as client, client.get(f"{server.url}/_emulator/events") as stream:
        for example in EXAMPLES:
            url = example.url.replace(ADDRESS, server.url)
            async with client.request(example.method, url, data=example.body, headers=example.headers) as response:
                got = await response.text()
            assert response.status == example.status, (example.url, got)
            assert as_shown(example.answer, got) == [], example.url
            await _settled(server, stream)


def test_no_example_is_overlooked() -> None:
    """Each fenced console block was read."""
    assert len(EXAMPLES) >= 10
    assert len(EXAMPLES) == PAGE.count("```console")


@pytest.mark.parametrize(
    ("method", "path"), [(method.upper(), path) for path, methods in OPERATIONS.items() for method in methods]
)
def test_the_page_has_every_route(method: str, path: str) -> None:
    """As `METHOD /path`, or with its methods in a row."""
    assert re.search(rf"`[A-Z ]*\b{method}\b[A-Z ]* {re.escape(path)}`", PAGE)


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            one["name"]
            for methods in OPERATIONS.values()
            for operation in methods.values()
            for one in operation.query
        }
    ),
)
def test_the_page_has_every_field_of_a_query(name: str) -> None:
    """Filters, paging and the rest."""
    assert f"`{name}`" in PAGE or f"`?{name}=`" in PAGE


@pytest.mark.parametrize(
    ("shown", "got"),
    [
        ('{"a": 1}', '{"a": 1, "b": 2}'),
        ('{"a": 1}', '{"a": "1"}'),
        ('{"a": "x"}', '{"a": "y"}'),
        ('{"a": [1]}', '{"a": []}'),
        ('{\n  "c": 1,\n  ...\n}', '{"a": 1}'),
        ("text", "other"),
        ('{"a": true}', '{"a": false}'),
        ('{"status": 200}', '{"status": 404}'),
    ],
)
def test_the_comparison_can_fail(shown: str, got: str) -> None:
    """An answer that is not as shown is told."""
    assert as_shown(shown, got)
