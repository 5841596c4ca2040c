"""The page's scripts as such: each is read by an engine that is no browser, and holds nothing that nobody uses."""

from __future__ import annotations

import re
import subprocess

import pytest

from emulator import resources
from tests.judges.programs import program

FILES = resources.page_files()
SCRIPTS = [name for name in FILES if name.endswith(".js")]
BOUND_SECS = 30

EXPORTED = re.compile(r"^export (?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)
IMPORTED = re.compile(r"^import \{([^}]+)\} from '\./([\w.]+)';", re.MULTILINE)


def text(name: str) -> str:
    return FILES[name].decode()


def imported(name: str) -> list[tuple[str, str]]:
    """File and name of all that a script imports."""
    return [
        (found.group(2), one.strip())
        for found in IMPORTED.finditer(text(name))
        for one in found.group(1).split(",")
        if one.strip()
    ]


def without_comments(name: str) -> str:
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text(name), flags=re.DOTALL)


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_is_a_module_without_errors(name: str) -> None:
    command = [program("node"), "--input-type=module", "--check"]
    checked = subprocess.run(command, input=FILES[name], capture_output=True, timeout=BOUND_SECS, check=False)  # noqa: S603 - node
    assert checked.returncode == 0, checked.stderr.decode()


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_imports_what_is_there_and_uses_it(name: str) -> None:
    body = IMPORTED.sub("", without_comments(name))
    for file, one in imported(name):
        assert one in EXPORTED.findall(text(file)), f"{file} has no {one}"
        assert re.search(rf"\b{one}\b", body), f"{one} is not used"


def test_what_a_script_offers_is_wanted_elsewhere() -> None:
    offered = {(name, one) for name in SCRIPTS for one in EXPORTED.findall(text(name))}
    wanted = {pair for name in SCRIPTS for pair in imported(name)}
    assert offered - wanted == set()


def test_nothing_that_fails_is_let_be_whatever_it_is() -> None:
    """Where a call may fail, a mistake in the page must still be told."""
    for name in SCRIPTS:
        assert not re.search(r"catch\(\(\) => (?:\{\s*\}|null)\)", text(name)), name
