"""A client that falls silent because it is told to: nothing it does may tell the SRS that it is gone."""

from __future__ import annotations

import pytest

from emulator.core.srs import Misconduct
from emulator.siprec.net.link import Transport
from emulator.siprec.src.actions import Ended
from emulator.siprec.src.state import Phase
from tests.siprec.src.peer import Peer, up


def fallen_silent(transport: Transport = Transport.UDP) -> Peer:
    """A client that fell silent long ago."""
    peer = up(misconduct=Misconduct(silence=5_000_000), transport=transport)
    peer.pass_time(60)
    return peer


def test_a_client_that_plays_dead_answers_nothing_and_never_says_bye() -> None:
    peer = fallen_silent()
    sent = len(peer.sent)
    peer.ask("OPTIONS")
    peer.hang_up()
    assert len(peer.sent) == sent
    assert peer.outcome() == Ended()
    assert peer.over


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
def test_its_way_stays_open_after_a_stop_since_closing_it_would_tell(transport: Transport) -> None:
    """Three times 64*T1, 96 s: as long as any session that is over may take."""
    peer = fallen_silent(transport)
    peer.hang_up()
    phases = []
    for seconds in (90, 10):
        peer.pass_time(seconds)
        phases.append(peer.conduct.phase)
    assert phases == [Phase.LEAVING, Phase.OVER]


def test_it_is_gone_once_the_srs_has_said_bye() -> None:
    peer = fallen_silent(Transport.TCP)
    peer.hang_up()
    peer.ask("BYE")
    assert peer.response().status == 200
    assert peer.conduct.phase is Phase.OVER
