"""Whatever a client says, in whatever order and however spoilt, each session that began ends once."""

from __future__ import annotations

import pytest

from emulator.siprec.srs.actions import Began, Ended, Flowing
from tests.siprec.srs.stories import sent, told


@pytest.mark.parametrize("hundred", range(3))
def test_whatever_a_client_says_each_session_that_began_ends_once(hundred: int) -> None:
    stories = [told(seed) for seed in range(100 * hundred, 100 * hundred + 100)]
    for caller in stories:
        began = [action.session for action in caller.actions if isinstance(action, Began)]
        assert sorted(action.session for action in caller.actions if isinstance(action, Ended)) == began
        assert not caller.server.busy
        assert caller.server.deadline is None
        assert sent(caller) or not began or caller.manner.answer.name == "SILENT"
    assert sum(bool(caller.of(Flowing)) for caller in stories) > 20
