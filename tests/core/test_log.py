"""Entries by number, by session and by call, whatever is added, replaced and dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from emulator.core.log import NOTHING, About, Log

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something to keep."""

    seq: int
    size: int = 1
    about: About = NOTHING


def log() -> Log[Entry]:
    """An empty one."""
    return Log(lambda entry: entry.about)


def seqs(entries: Iterable[Entry]) -> list[int]:
    """Their numbers."""
    return [entry.seq for entry in entries]


def by_number(entries: Iterable[Entry]) -> list[Entry]:
    """As they are found."""
    return sorted(entries, key=lambda entry: entry.seq)


NAMES = st.sampled_from([None, "a", "b"])
ENTRIES = st.builds(
    Entry, seq=st.integers(1, 12), size=st.integers(0, 9), about=st.builds(About, session=NAMES, call=NAMES)
)


@given(st.lists(ENTRIES | st.none(), max_size=40))
def test_what_is_found_by_session_and_by_call_is_what_a_walk_over_all_would_find(
    steps: list[Entry | None],
) -> None:
    """None drops the oldest."""
    one, held = log(), 0
    for step in steps:
        if step is not None:
            held += one.put(step)
        elif len(one):
            held -= one.drop_oldest()
        everything = list(one)
        assert held == sum(entry.size for entry in everything)
        assert list(reversed(one)) == everything[::-1]
        for name in ("a", "b"):
            assert list(one.of_session(name)) == by_number(e for e in everything if e.about.session == name)
            assert list(one.of_call(name)) == by_number(e for e in everything if e.about.call == name)


def test_an_entry_that_is_later_known_to_be_about_a_session_is_found_by_it() -> None:
    one = log()
    one.put(Entry(seq=1, about=About(call="c")))
    one.put(Entry(seq=2, about=About(call="c")))
    one.put(Entry(seq=1, about=About(session="s", call="c")))
    assert seqs(one.of_session("s")) == [1]
    assert seqs(one.of_call("c")) == [1, 2]


def test_what_is_dropped_is_found_no_more_and_leaves_nothing_behind() -> None:
    one = log()
    one.put(Entry(seq=1, about=About(session="s", call="c")))
    one.drop_oldest()
    assert (len(one), one.oldest(), one.get(1)) == (0, None, None)
    assert (seqs(one.of_session("s")), seqs(one.of_call("c"))) == ([], [])
    one.put(Entry(seq=2, about=About(session="s")))
    assert seqs(one.of_session("s")) == [2]


def test_a_log_of_what_is_about_nothing_has_entries_by_number_alone() -> None:
    one: Log[Entry] = Log()
    one.put(Entry(seq=1, about=About(session="s", call="c")))
    assert seqs(one) == [1]
    assert (seqs(one.of_session("s")), seqs(one.of_call("c"))) == ([], [])
