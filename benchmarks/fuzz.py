"""The parsers of SIP, SDP and multipart under fire: ``python -m benchmarks.fuzz --messages 200000``.

Many messages made worse, each of which must be read or refused; sessions with peers that say anything, each of
which must end and say so once; then hostile inputs of two sizes, where four times the bytes must not cost much
more than four times the time. Ends with status 1 where something does not hold.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from emulator.siprec.src.actions import Answered
from emulator.siprec.srs.actions import Began, Ended, Flowing
from tests.siprec.fuzz import fuzz
from tests.siprec.hostile import hostiles
from tests.siprec.src import stories as client_stories
from tests.siprec.srs import stories as server_stories

if TYPE_CHECKING:
    from tests.siprec.hostile import Hostile

ROUNDS = 3
GROWTH = 4
MOST = 9.0
"""Between linear time, which is 4, and quadratic, which is 16."""

LEAST = 0.001
"""Seconds for the large input below which its growth can't be told from noise, and harms nobody."""


def _once(hostile: Hostile, size: int) -> float:
    began = time.process_time()
    hostile.read(size)
    return time.process_time() - began


def growth(hostile: Hostile) -> tuple[float, float]:
    """How many times as long four times the bytes take, and the seconds of those; the best of some rounds."""
    small = min(_once(hostile, hostile.small) for _ in range(ROUNDS))
    large = min(_once(hostile, hostile.small * GROWTH) for _ in range(ROUNDS))
    return large / max(small, LEAST / GROWTH), large


def _hostile() -> bool:
    measured = [(*growth(hostile), hostile) for hostile in hostiles()]
    measured.sort(key=lambda one: one[0], reverse=True)
    print(f"{len(measured)} hostile inputs, {GROWTH} times the bytes; those that grow most:")
    for times, seconds, hostile in measured[:5]:
        print(f"  {times:5.1f} times as long, {1000 * seconds:7.1f} ms  {hostile.name[:80]!a}")
    return measured[0][0] <= MOST


def _clients(stories: int, seed: int) -> None:
    answered = 0
    for number in range(seed, seed + stories):
        peer = client_stories.told(number)
        assert peer.over, f"the client of story {number} has no end"
        peer.outcome()
        answered += bool(peer.told(Answered))
    print(f"{stories} clients of servers that say anything: each ended and said so once; {answered} were up")


def _servers(stories: int, seed: int) -> None:
    recorded = 0
    for number in range(seed, seed + stories):
        caller = server_stories.told(number)
        server_stories.sent(caller)
        assert not caller.server.busy, f"the server of story {number} has no end"
        assert len(caller.of(Began)) == len(caller.of(Ended)), f"story {number} did not end once"
        recorded += bool(caller.of(Flowing))
    print(f"{stories} servers of clients that say anything: each session ended once; {recorded} recorded")


def main(messages: int, stories: int, seed: int) -> bool:
    """Run it, and say whether all held.

    Args:
        messages: How many to make worse.
        stories: How many sessions to play of either side.
        seed: The same gives the same.
    """
    began = time.perf_counter()
    tally = fuzz(messages, seed)
    took = time.perf_counter() - began
    slow, size = tally.slowest
    print(f"{tally.messages} messages in {took:.0f} s: {tally.read} read; header values: {tally.values} read,")
    print(f"{tally.refused} refused; {tally.bodies} bodies read; no exception but the parsers' own")
    print(f"slowest message: {1000 * slow:.1f} ms for {size} bytes")
    _clients(stories, seed)
    _servers(stories, seed)
    return _hostile()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--stories", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    sys.exit(0 if main(chosen.messages, chosen.stories, chosen.seed) else 1)
