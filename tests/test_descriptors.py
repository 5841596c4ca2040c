"""Where descriptors are few, recording sessions and webhooks leave some for the commands that come in."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys

import pytest

from emulator import descriptors
from emulator.descriptors import demand_room, for_webhooks, limit


def allowed(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (most, most))


@pytest.mark.parametrize(("most", "last"), [(90, 59), (256, 170), (1_024, 767), (65_536, 65_279)])
def test_sessions_leave_a_third_of_them_and_256_at_the_most(
    most: int, last: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed(monkeypatch, most)
    demand_room(last)
    with pytest.raises(OSError, match=rf"of {most} \(ulimit -n\)") as told:
        demand_room(last + 1)
    assert told.value.errno == errno.EMFILE


@pytest.mark.parametrize(("most", "webhooks"), [(2, 1), (256, 64), (1_024, 256), (65_536, 1_024)])
def test_webhooks_under_way_take_a_quarter_of_them_at_the_most(
    most: int, webhooks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed(monkeypatch, most)
    assert for_webhooks(1_024) == webhooks


def test_a_process_without_a_limit_has_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed(monkeypatch, resource.RLIM_INFINITY)
    assert limit() == 65_536


def test_the_limit_is_raised_to_what_the_system_allows() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    least = 64 if hard == resource.RLIM_INFINITY else min(64, hard)
    script = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({least}, {hard}))\n"
        "from emulator.descriptors import limit, raise_limit; raise_limit(); print(limit())"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)  # noqa: S603 - our own script
    assert int(said.stdout) == (65_536 if hard == resource.RLIM_INFINITY else max(least, min(hard, 65_536)))


def test_a_new_descriptor_has_the_lowest_number_that_is_free() -> None:
    """What ``demand_room`` rests on, from POSIX.1."""
    first, second = os.pipe()
    os.close(first)
    again = os.dup(second)
    os.close(second)
    os.close(again)
    assert again == first
    assert descriptors.limit() > first
