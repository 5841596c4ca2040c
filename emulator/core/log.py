"""Entries of one kind by number, and by the session and the call that they are about.

Owns their order, what they hold together and how those of one session are found without a walk over all. Must not
know what an entry says.
"""

from __future__ import annotations

from bisect import insort
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Kept(Protocol):
    """What a log keeps."""

    @property
    def seq(self) -> int:
        """Counted over the whole server."""

    @property
    def size(self) -> int:
        """Bytes held, roughly."""


class About(NamedTuple):
    """What an entry is about.

    Attributes:
        session: Its id.
        call: Its ``call_control_id``.
    """

    session: str | None = None
    call: str | None = None


NOTHING = About()

E = TypeVar("E", bound=Kept)


class Log(Generic[E]):
    """Entries of one kind by ``seq``, oldest first, each with its size, which is counted once."""

    def __init__(self, about: Callable[[E], About] = lambda _: NOTHING) -> None:
        """Start empty.

        Args:
            about: What an entry is about.
        """
        # popitem(last=False) stays constant in time, which a plain dict's first key does not
        self._entries: OrderedDict[int, tuple[E, int]] = OrderedDict()
        self._about = about
        self._sessions: dict[str, list[int]] = {}
        self._calls: dict[str, list[int]] = {}

    def __len__(self) -> int:
        """How many entries there are."""
        return len(self._entries)

    def __iter__(self) -> Iterator[E]:
        """Oldest first."""
        return (entry for entry, _ in self._entries.values())

    def __reversed__(self) -> Iterator[E]:
        """Latest first."""
        return (entry for entry, _ in reversed(self._entries.values()))

    def of_session(self, session_id: str) -> Iterator[E]:
        """Those about a session, oldest first."""
        return (self._entries[seq][0] for seq in self._sessions.get(session_id, ()))

    def of_call(self, call_control_id: str) -> Iterator[E]:
        """Those about a call and what is recorded of it, oldest first."""
        return (self._entries[seq][0] for seq in self._calls.get(call_control_id, ()))

    def get(self, seq: int) -> E | None:
        """The entry with that number, None when there is none (any more)."""
        held = self._entries.get(seq)
        return None if held is None else held[0]

    def put(self, entry: E) -> int:
        """Add an entry or replace the one of the same number; returns by how many bytes the log grew."""
        before = self._entries.get(entry.seq)
        size = entry.size
        self._entries[entry.seq] = entry, size
        if before is None:
            self._file(entry)
            return size
        if self._about(before[0]) != self._about(entry):
            self._unfile(before[0])
            self._file(entry)
        return size - before[1]

    def oldest(self) -> int | None:
        """The lowest number, None when empty."""
        return next(iter(self._entries), None)

    def drop_oldest(self) -> int:
        """Remove the oldest entry; returns its bytes."""
        _, (entry, size) = self._entries.popitem(last=False)
        self._unfile(entry)
        return size

    def _file(self, entry: E) -> None:
        session, call = self._about(entry)
        if session is not None:
            _add(self._sessions, session, entry.seq)
        if call is not None:
            _add(self._calls, call, entry.seq)

    def _unfile(self, entry: E) -> None:
        session, call = self._about(entry)
        if session is not None:
            _remove(self._sessions, session, entry.seq)
        if call is not None:
            _remove(self._calls, call, entry.seq)


def _add(index: dict[str, list[int]], key: str, seq: int) -> None:
    # numbers mostly rise: then this is an append
    insort(index.setdefault(key, []), seq)


def _remove(index: dict[str, list[int]], key: str, seq: int) -> None:
    numbers = index[key]
    numbers.remove(seq)
    if not numbers:
        del index[key]
