"""Whatever a server says, in whatever order and however spoilt, a session ends and says so once."""

from __future__ import annotations

import pytest

from emulator.siprec.src.actions import Answered, Ended, Failed
from tests.siprec.src.stories import told


@pytest.mark.parametrize("hundred", range(5))
def test_whatever_a_server_says_the_session_ends_and_tells_so_once(hundred: int) -> None:
    stories = [told(seed) for seed in range(100 * hundred, 100 * hundred + 100)]
    for peer in stories:
        assert peer.over
        assert isinstance(peer.outcome(), Ended if peer.told(Answered) else (Ended, Failed))
    assert 10 < sum(bool(peer.told(Answered)) for peer in stories) < 90
