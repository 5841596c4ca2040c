"""What was told last, for watchers whose connection broke and who come again.

Owns the numbering of events and the bounds of what is remembered. Must not render anything: a note is remembered
as it is, and few are ever told again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.turn import Note

MAX_EVENTS = 5_000
"""How many are remembered: ten seconds of a server that is driven hard."""

MAX_BYTES = 8 << 20
"""What they may hold, as the journal counts an entry; its own bound does not cover what it has evicted."""

_CHANGE_BYTES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event.

    Attributes:
        id: Unique over restarts.
        namespace: Whose; of a change None where it concerns everybody.
        note: What happened; None for a change of what is set.
        what: Of a change, what is set otherwise.
        size: Bytes held, roughly.
    """

    id: str
    namespace: str | None
    note: Note | None = None
    what: str = ""
    size: int = _CHANGE_BYTES

    def concerns(self, namespace: str) -> bool:
        """Whether one who watches that namespace is told of it."""
        return self.namespace is None or self.namespace == namespace


class Recent:
    """The last events of one run of a server, numbered from 1."""

    def __init__(self, run: str) -> None:
        """Remember nothing yet.

        Args:
            run: Names the run; stands before each number.
        """
        self._run = run
        self._sent = 0
        self._told: deque[Told] = deque()
        self._bytes = 0

    @property
    def last_id(self) -> str:
        """Of the last event that was told."""
        return self._id(self._sent)

    def note(self, note: Note) -> Told:
        """Number and remember a note."""
        return self._remember(
            Told(id=self._next(), namespace=note.entry.namespace, note=note, size=note.entry.size)
        )

    def change(self, namespace: str | None, what: str) -> Told:
        """Number and remember a change of what is set."""
        return self._remember(Told(id=self._next(), namespace=namespace, what=what))

    def forget(self) -> None:
        """Remember nothing of what was told so far; who asks for it has missed it."""
        self._told.clear()
        self._bytes = 0
        # a watcher that had everything has missed that it was forgotten
        self._sent += 1

    def since(self, last_id: str) -> Iterator[Told] | None:
        """What was told after an event; None where that is not known (any more).

        Args:
            last_id: As somebody sent it: any text.
        """
        run, _, digits = last_id.rpartition("-")
        if run != self._run or not digits.isascii() or not digits.isdigit() or len(digits) > len(str(self._sent)):
            return None
        behind = self._sent - int(digits)
        if not 0 <= behind <= len(self._told):
            return None
        return islice(tuple(self._told), len(self._told) - behind, None)

    def _next(self) -> str:
        self._sent += 1
        return self._id(self._sent)

    def _id(self, number: int) -> str:
        return f"{self._run}-{number}"

    def _remember(self, told: Told) -> Told:
        self._told.append(told)
        self._bytes += told.size
        while len(self._told) > MAX_EVENTS or self._bytes > MAX_BYTES:
            self._bytes -= self._told.popleft().size
        return told
