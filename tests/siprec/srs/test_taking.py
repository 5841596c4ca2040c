"""A session's media at the recording server."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from emulator.siprec.capture.record import Direction, Packet
from emulator.siprec.sdp.codecs import Codec
from emulator.siprec.sdp.streams import Direction as Flow
from emulator.siprec.sdp.streams import NegotiatedStream
from emulator.siprec.srs.taking import Taking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NOW = 1_790_000_000_000_000


@pytest.fixture
def kept() -> list[Packet]:
    return []


@pytest.fixture
async def taking(kept: list[Packet]) -> AsyncIterator[Taking]:
    made = Taking(folder=None, randomness=Random(3), clock=lambda: NOW, keep=kept.append)  # noqa: S311 - repeats
    assert made.open("127.0.0.1", 1, None)
    yield made
    made.close()


def stream(host: str) -> NegotiatedStream:
    return NegotiatedStream(
        label="inbound",
        active=True,
        direction=Flow.RECVONLY,
        remote=(host, 40_000),
        remote_rtcp=(host, 40_001),
        received_types=((0, Codec.PCMU),),
    )


async def test_a_farewell_goes_to_the_address_that_was_agreed_on(taking: Taking, kept: list[Packet]) -> None:
    taking.follow((stream("127.0.0.1"),))
    taking.leave()
    assert [(one.direction, one.remote) for one in kept] == [(Direction.SENT, ("127.0.0.1", 40_001))]


async def test_nothing_is_sent_to_a_name_which_would_hold_up_every_session_to_look_up(
    taking: Taking, kept: list[Packet]
) -> None:
    taking.follow((stream("localhost"),))
    taking.leave()
    assert kept == []
