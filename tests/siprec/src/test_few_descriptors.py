"""Recording sessions where descriptors run out: each that finds none says so, and what there are, goes on."""

from __future__ import annotations

import errno
import resource
import socket
from random import Random
from typing import TYPE_CHECKING

import pytest

from emulator.core.errors import Unreachable
from emulator.core.srs import SrsReason
from emulator.siprec.media.ports import PortRange, open_ports
from emulator.siprec.net.link import Destination, Transport
from emulator.siprec.net.udp import UdpLink, listen_udp
from emulator.siprec.src.actions import Answered, Ended, Failed, Over
from tests.siprec.net.peers import Ears
from tests.siprec.src.on_sockets import Heard, calling, order_to, recording

if TYPE_CHECKING:
    from collections.abc import Callable

SESSIONS = 8
PER_SESSION = 10
"""Two for SIP over UDP, and two for each track; the server, in the same process, has those of the tracks too."""


class Room:
    """Descriptors for so many sockets more; a search for a port takes one for a moment."""

    def __init__(self, left: int) -> None:
        """None was taken yet."""
        self.left = left
        self.asked = 0

    def demand(self, _: int) -> None:
        """Take one."""
        self.asked += 1
        if self.asked > self.left:
            raise OSError(errno.EMFILE, "too many open files: sessions leave some")


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Room]:
    def given(left: int) -> Room:
        made = Room(left)
        monkeypatch.setattr("emulator.siprec.net.sockets.demand_room", made.demand)
        return made

    return given


@pytest.mark.parametrize("left", [0, 1])
async def test_a_link_without_a_descriptor_leaves_nothing_open(left: int, room: Callable[[int], Room]) -> None:
    room(left)
    destination = Destination(address=("127.0.0.1", 5_070), transport=Transport.UDP, name="127.0.0.1")
    with pytest.raises(Unreachable, match="by UDP: too many open files: sessions leave some"):
        UdpLink(destination, Ears())


def test_no_port_is_searched_for_without_a_descriptor(room: Callable[[int], Room]) -> None:
    few = room(0)
    with pytest.raises(Unreachable, match="too many open files"):
        open_ports("127.0.0.1", randomness=Random(1), within=PortRange(first=20_000, last=40_000))  # noqa: S311 - no secret
    assert few.asked == 1


async def test_a_listener_on_every_address_answers_though_it_can_not_tell_its_own(
    room: Callable[[int], Room],
) -> None:
    ears = Ears()
    listening = listen_udp(("0.0.0.0", 0), ears)  # noqa: S104 - what is tried
    try:
        destination = Destination(
            address=("127.0.0.1", listening.local[1]), transport=Transport.UDP, name="127.0.0.1"
        )
        link = UdpLink(destination, Ears())
        try:
            link.send(b"OPTIONS sip:a@b SIP/2.0\r\n\r\n")
            await ears.message()
            room(0)
            assert ears.heard[0][1].local == ("127.0.0.1", listening.local[1])
        finally:
            link.close()
    finally:
        listening.close()


async def test_each_session_comes_up_or_fails_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    async with recording() as server, calling() as caller:
        most = (_next_descriptor() + 3 * PER_SESSION) * 3 // 2
        monkeypatch.setattr(resource, "getrlimit", lambda _: (most, most))
        heard = [Heard() for _ in range(SESSIONS)]
        placed = []
        for one in heard:
            placed.append(caller.place(order_to(server), one))
            await one.until(Answered, Failed)
        failed = [report for one in heard for report in one.outcomes if isinstance(report, Failed)]
        up = [one for one in heard if isinstance(one.outcomes[0], Answered)]
        assert up
        assert failed
        assert len(up) + len(failed) == SESSIONS
        for report in failed:
            # the server is in the same process, and may be the one that has none left
            assert (report.why, report.status) in ((SrsReason.REFUSED, None), (SrsReason.RESPONSE, 503))
            assert report.status or "too many open files: sessions leave" in report.reason
        for session in placed:
            session.hang_up()
        for one in heard:
            await one.until(Over)
        assert [[type(report) for report in one.outcomes] for one in up] == [[Answered, Ended, Over]] * len(up)


def _next_descriptor() -> int:
    """The number that the next one gets."""
    with socket.socket() as probe:
        return probe.fileno()
