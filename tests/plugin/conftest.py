"""What every run of the plugin begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

# imported here, so that a run inside of this one finds them: extensions can't be loaded twice
from emulator.testing import running_emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.client import EmulatorClient
    from emulator.testing import RunningEmulator


@pytest.fixture(autouse=True)
def not_attached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the run that this is part of is attached to."""
    monkeypatch.delenv("SIPREC_EMULATOR_URL", raising=False)


@pytest.fixture
def elsewhere() -> Iterator[RunningEmulator[EmulatorClient]]:
    with running_emulator() as emulator:
        yield emulator
