"""A moment of what ``python -m benchmarks.fuzz`` does at length."""

from __future__ import annotations

from itertools import islice

from tests.siprec.fuzz import CORPUS, fuzz
from tests.siprec.mutations import mutants


def test_messages_made_worse_are_read_or_refused_and_nothing_else() -> None:
    tally = fuzz(1_500, seed=1)
    assert tally.messages == 1_500
    assert min(tally.read, tally.values, tally.refused, tally.bodies) > 100


def test_a_seed_tells_the_same_story_again() -> None:
    assert list(islice(mutants(CORPUS, 7), 50)) == list(islice(mutants(CORPUS, 7), 50))
