"""The clock of recording sessions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from emulator.siprec.clock import steady_wall
from emulator.siprec.srs.endpoint import RecordingServer, Wishes

if TYPE_CHECKING:
    import pytest

HOUR_NS = 3_600 * 1_000_000_000


def test_time_goes_on_although_the_wall_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    began, counted = time.time_ns(), time.monotonic_ns()
    clock = steady_wall()
    monkeypatch.setattr(time, "time_ns", lambda: began - HOUR_NS)
    monkeypatch.setattr(time, "monotonic_ns", lambda: counted + HOUR_NS)
    assert abs((began + HOUR_NS) // 1_000 - clock()) < 1_000_000


async def test_the_recording_server_counts_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    began, counted = time.time_ns(), time.monotonic_ns()
    server = RecordingServer(Wishes())
    before = server.now()
    monkeypatch.setattr(time, "time_ns", lambda: began - HOUR_NS)
    monkeypatch.setattr(time, "monotonic_ns", lambda: counted + HOUR_NS)
    assert server.now() - before > HOUR_NS // 1_000 - 1_000_000
