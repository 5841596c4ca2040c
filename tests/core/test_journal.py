"""The bounded record: entries a kind, bytes over all, and what goes first."""

from __future__ import annotations

from emulator.core.effects import Reply
from emulator.core.journal import Budget, Journal, ReceivedEntry, RequestEntry, StrayEntry
from emulator.core.models import Request, Route


def stray(seq: int, size: int = 0) -> StrayEntry:
    """An entry of so many bytes beside its overhead."""
    return StrayEntry(seq=seq, namespace="n", at=0, method="GET", target="x" * size, status=404, reason="")


def received(seq: int) -> ReceivedEntry:
    """An entry of another kind."""
    return ReceivedEntry(
        seq=seq,
        namespace="n",
        at=0,
        method="POST",
        target="/",
        headers=(("a", "b"),),
        body=b"xyz",
        verdict="",
        reason="",
    )


def journal(budget: Budget, entries: int = 100) -> Journal:
    """An empty journal."""
    return Journal(max_entries=entries, budget=budget)


def seqs(one: Journal) -> list[int]:
    """The strays that are left."""
    return [entry.seq for entry in one.strays]


def test_the_oldest_entry_of_a_kind_goes_first_and_is_counted() -> None:
    one = journal(Budget(limit=1 << 30), entries=2)
    one.record(one.received, received(1))
    for seq in (2, 3, 4):
        one.record(one.strays, stray(seq))
    assert seqs(one) == [3, 4]
    assert len(one.received) == 1
    assert one.evicted == 1
    assert one.strays.get(2) is None
    assert one.strays.get(4) == stray(4)
    assert (one.strays.oldest(), one.requests.oldest()) == (3, None)


def test_bytes_are_counted_through_replacement_eviction_and_clearing() -> None:
    budget = Budget(limit=1 << 30)
    one, other = journal(budget), journal(budget)
    one.record(one.strays, stray(1, 500))
    one.record(one.strays, stray(1, 100))
    other.record(other.received, received(2))
    assert one.bytes == stray(1, 100).size
    assert budget.used == one.bytes + other.bytes == stray(1, 100).size + received(2).size
    one.clear()
    assert (one.bytes, one.evicted, budget.used) == (0, 0, other.bytes)
    other.close()
    assert (budget.used, budget.journals) == (0, [one])


def test_over_the_bytes_the_entry_of_the_lowest_number_goes_whatever_its_kind() -> None:
    budget = Budget(limit=received(1).size + 2 * stray(2).size)
    one = journal(budget)
    one.record(one.received, received(1))
    for seq in (2, 3, 4):
        one.record(one.strays, stray(seq))
    assert len(one.received) == 0
    assert seqs(one) == [2, 3, 4]
    assert one.evicted == 1


def test_whoever_is_over_its_share_loses_and_a_small_neighbour_does_not() -> None:
    budget = Budget(limit=10 * stray(0).size)
    small, greedy = journal(budget), journal(budget)
    small.record(small.strays, stray(1))
    for seq in range(2, 30):
        greedy.record(greedy.strays, stray(seq))
    assert seqs(small) == [1]
    assert budget.used <= budget.limit
    assert greedy.evicted == 28 - len(seqs(greedy)) > 0


def test_a_journal_within_its_share_makes_the_largest_give_way() -> None:
    budget = Budget(limit=10 * stray(0).size)
    greedy, small = journal(budget), journal(budget)
    for seq in range(1, 11):
        greedy.record(greedy.strays, stray(seq))
    small.record(small.strays, stray(11))
    assert seqs(small) == [11]
    assert seqs(greedy) == list(range(2, 11))


def test_an_entry_larger_than_the_whole_budget_does_not_stay() -> None:
    budget = Budget(limit=100)
    one = journal(budget)
    one.record(one.strays, stray(1, 1000))
    assert (seqs(one), one.bytes, budget.used) == ([], 0, 0)
    assert not one.evict_oldest()


def test_settling_ends_when_nothing_is_left_to_evict() -> None:
    budget = Budget(limit=0, used=1)
    one = journal(budget)
    budget.settle(one)
    assert budget.used == 1


def test_a_request_weighs_as_much_as_its_texts() -> None:
    request = Request(
        namespace="n",
        route=Route.SIPREC_START,
        method="POST",
        target="/t",
        headers=(("ab", "cd"),),
        body=b"x" * 50,
    )
    entry = RequestEntry(seq=1, namespace="n", at=0, request=request, reply=Reply(status=200, body=b"y" * 7))
    assert entry.size == 1_000 + 50 + 7 + 2 + 4
